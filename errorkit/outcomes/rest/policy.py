# SPDX-License-Identifier: Apache-2.0
"""Who may list, show and delete messages: the owner's project, or an admin.

A policy is called with the context, the action and what it is done to, and
tells whether it is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from errorkit.outcomes.reading import attribute, is_admin, tenant_of

#: The actions, named as cinder's rules are.
GET_ALL, GET, DELETE = 'message:get_all', 'message:get', 'message:delete'

Target = Mapping[str, str | None]
Policy = Callable[[Any, str, Target], object]


def owner_or_admin(
    sees_all: Callable[[Any], bool] = is_admin,
) -> Policy:
    """Return the policy that holds if there is no other.

    :param sees_all: tells who is an admin
    """

    def is_allowed(context: Any, action: str, target: Target) -> bool:
        own = tenant_of(attribute(context, 'project_id'))
        if own is not None and own == target['project_id']:
            return True
        return sees_all(context) is True

    return is_allowed


def target_of(context: Any) -> Target:
    """Return the caller himself as what something is done to."""
    return {
        'project_id': attribute(context, 'project_id'),
        'user_id': attribute(context, 'user_id'),
    }
