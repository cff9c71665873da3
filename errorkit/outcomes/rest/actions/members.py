# SPDX-License-Identifier: Apache-2.0
"""Actions, events and faults as they go over the wire."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from errorkit.outcomes.actions.records import (
    ERROR,
    LOST,
    SUCCESS,
    Action,
    Event,
    Fault,
)

_RESULTS = {SUCCESS: 'Success', ERROR: 'Error', LOST: 'Error'}


def host_id(project_id: str, host: str | None) -> str:
    """Return what tells hosts apart, and does not name them: as nova's.

    :returns: 56 hexadecimal digits; empty, where there is no host
    """
    if not host:
        return ''
    return hashlib.sha224((project_id + host).encode()).hexdigest()


def nova_action(
    action: Action, resource_id: str, updated: bool
) -> dict[str, Any]:
    """Return nova's members of an action.

    :param resource_id: the name of the member with the resource's id
    :param updated: with ``updated_at``
    """
    shown: dict[str, Any] = {
        'action': action.action,
        resource_id: action.resource_id,
        'request_id': action.request_id,
        'user_id': action.user_id,
        'project_id': action.project_id,
        'start_time': naive(action.start_time),
        'message': action.message,
    }
    if updated:
        shown['updated_at'] = naive(action.updated_at)
    return shown


def nova_event(
    event: Event,
    action: Action,
    *,
    admin: bool,
    hosts: bool,
    details: bool,
) -> dict[str, Any]:
    """Return nova's members of an event.

    :param admin: with ``traceback``, and where they are due ``host`` and
        ``details``
    :param hosts: with ``hostId``
    :param details: ``details`` are due
    """
    shown: dict[str, Any] = {
        'event': event.event,
        'start_time': naive(event.start_time),
        'finish_time': naive(event.finish_time),
        'result': _RESULTS.get(event.status),
    }
    if admin:
        shown['traceback'] = event.traceback
    if hosts:
        shown['hostId'] = host_id(action.project_id, event.host)
        if admin:
            shown['host'] = event.host
    if admin and details:
        shown['details'] = event.message
    return shown


def neutral_action(
    action: Action, resource_id: str, links: list[dict[str, str]]
) -> dict[str, Any]:
    """Return all that its owner may know of an action."""
    return _without_none({
        'action': action.action,
        'resource_type': action.resource_type,
        resource_id: action.resource_id,
        'request_id': action.request_id,
        'global_request_id': action.global_request_id,
        'user_id': action.user_id,
        'project_id': action.project_id,
        'status': action.status,
        'code': action.code,
        'start_time': zulu(action.start_time),
        'updated_at': zulu(action.updated_at),
        'finish_time': zulu(action.finish_time),
        'links': links,
    })


def neutral_event(
    event: Event,
    action: Action,
    links: list[dict[str, str]],
    *,
    admin: bool,
) -> dict[str, Any]:
    """Return what may be known of an event.

    :param admin: all there is; the owner reads why it failed, and not where
    """
    shown = {
        'event': event.event,
        'status': event.status,
        'code': event.code,
        'message': event.message,
        'start_time': zulu(event.start_time),
        'finish_time': zulu(event.finish_time),
        'host_id': host_id(action.project_id, event.host) or None,
        'links': links or None,
    }
    if admin:
        shown |= {
            'host': event.host,
            'details': event.details,
            'traceback': event.traceback,
            'late_status': event.late_status,
        }
    return _without_none(shown)


def fault(fault: Fault, links: list[dict[str, str]]) -> dict[str, Any]:
    """Return all there is of a fault, for admins."""
    return _without_none({
        'id': fault.id,
        'resource_type': fault.resource_type,
        'resource_id': fault.resource_id,
        'project_id': fault.project_id,
        'user_id': fault.user_id,
        'request_id': fault.request_id,
        'global_request_id': fault.global_request_id,
        'action_id': fault.action_id,
        'event_id': fault.event_id,
        'code': fault.code,
        'error_code': fault.error_code,
        'message': fault.message,
        'details': fault.details,
        'host': fault.host,
        'created_at': zulu(fault.created_at),
        'links': links or None,
    })


def naive(time: datetime.datetime | None) -> str | None:
    """Return a time in UTC with microseconds and no offset, as nova's."""
    if time is None:
        return None
    utc = time.astimezone(datetime.UTC).replace(tzinfo=None)
    return utc.isoformat(timespec='microseconds')


def zulu(time: datetime.datetime | None) -> str | None:
    """Return a time in UTC with microseconds and ``Z`` (RFC 3339)."""
    return None if time is None else f'{naive(time)}Z'


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in members.items() if value is not None
    }
