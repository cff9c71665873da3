# SPDX-License-Identifier: Apache-2.0
"""A message before it is kept: what its writer says, and its context."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from errorkit.outcomes.composing import composed
from errorkit.outcomes.exceptions import InvalidLevel
from errorkit.outcomes.fitting import fitted
from errorkit.outcomes.permitted import LEVELS, Permitted
from errorkit.outcomes.reading import attribute, tenant_of
from errorkit.outcomes.records import Message


def draft(
    permitted: Permitted,
    context: Any,
    event_id: str | None,
    project_id: str | None,
    resource_type: str | None,
    resource_uuid: object,
    level: str,
    *,
    action: str | None,
    detail: str | None,
    exception: BaseException | None,
    params: Mapping[str, object] | None,
    request_id: str | None,
    now: datetime.datetime,
    ttl: datetime.timedelta,
) -> tuple[Message, bool]:
    """Return a message, and whether it has a project to be kept for.

    :param now: when it is made
    :param ttl: for how long it is kept; the others are those of
        ``messages.API.create``
    :raises InvalidMessage: it is not permitted
    """
    if level not in LEVELS:
        raise InvalidLevel(f'{level!r} is none of {", ".join(LEVELS)}')
    event, of_type, values = composed(
        permitted, event_id, resource_type, action=action, detail=detail,
        exception=exception, params=params,
    )
    if project_id is None:
        project_id = attribute(context, 'project_id')
    if request_id is None:
        request_id = attribute(context, 'request_id')
    tenant = tenant_of(project_id)
    message = Message(
        id=str(uuid.uuid4()),
        # A tenant's name that is cut may be that of another.
        project_id=tenant or fitted(project_id) or '',
        event_id=event,
        message_level=level,
        created_at=now,
        expires_at=now + ttl,
        request_id=fitted(request_id),
        resource_type=None if of_type is None else str(of_type),
        resource_uuid=fitted(resource_uuid),
        user_id=fitted(attribute(context, 'user_id')),
        global_request_id=fitted(attribute(context, 'global_request_id')),
        params=values,
    )
    return message, tenant is not None
