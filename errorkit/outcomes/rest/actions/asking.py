# SPDX-License-Identifier: Apache-2.0
"""Whose actions a caller sees, and how much of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from errorkit.outcomes.actions import Actions
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.listed import Listed
from errorkit.outcomes.rest import policy as policies
from errorkit.outcomes.rest.actions.gating import Wanted
from errorkit.outcomes.rest.actions.refusals import Refusals
from errorkit.outcomes.rest.actions.routes import Route
from errorkit.outcomes.rest.policy import Policy

GET_ALL, GET, DETAILS = 'action:get_all', 'action:get', 'action:details'
ACTIVE, DELETED = 'active', 'deleted'


class Sees:
    """What one caller sees of one resource.

    :param get: returns an action by its request id
    :param get_all: returns a page
    :param details: he sees what is for admins
    """

    def __init__(
        self,
        get: Callable[[str], Action],
        get_all: Callable[..., Listed[Action]],
        details: bool,
    ) -> None:
        self.action = get
        self._get_all = get_all
        self.details = details

    def actions(self, wanted: Wanted) -> Listed[Action]:
        """Return a page of the actions."""
        return self._get_all(
            wanted.parameters.get('marker'),
            wanted.parameters.get('limit'),
            changes_since=wanted.since,
            changes_before=wanted.before,
        )


class Asking:
    """Asks for the actions on resources of one type, as a caller may.

    :param actions: where they are
    :param resource_type: of the resources
    :param resource: see ``ActionPages``, as is the policy
    :param allows: the policy
    :param refusals: what is raised
    """

    def __init__(
        self,
        actions: Actions,
        resource_type: str,
        resource: Callable[[Any, str], str | None] | None,
        allows: Policy,
        refusals: Refusals,
    ) -> None:
        self._actions = actions
        self._type = resource_type
        self._resource = resource
        self._allows = allows
        self._refusals = refusals

    def may_see(self, context: Any, route: Route, *, deleted: bool) -> Sees:
        """Return what a caller sees of the resource of a path.

        :param deleted: of a deleted one, too
        :raises webob.exc.HTTPException: nothing; why is said
        """
        rule = GET_ALL if route.request_id is None else GET
        target = policies.target_of(context)
        if not self._allows(context, rule, target):
            raise self._refusals.forbidden(rule)
        actions, what = self._actions, (self._type, route.resource_id)
        sees_all = actions.sees_all(context) is True
        if sees_all:
            sees = Sees(
                functools.partial(actions.get_of_any_project, context, *what),
                functools.partial(
                    actions.get_all_of_any_project, context, *what
                ),
                bool(self._allows(context, DETAILS, target)),
            )
        else:
            sees = Sees(
                functools.partial(actions.get, context, *what),
                functools.partial(actions.get_all, context, *what),
                # Owners are told why, and never where.
                False,
            )
        if self._resource is not None:
            state = self._resource(context, route.resource_id)
        else:
            known = actions.get_all_of_any_project if sees_all else (
                actions.get_all
            )
            state = ACTIVE if known(context, *what, None, 1) else None
        if state not in (ACTIVE, DELETED) or (
            state == DELETED and not deleted
        ):
            raise self._refusals.no_resource(route.resource_id)
        return sees
