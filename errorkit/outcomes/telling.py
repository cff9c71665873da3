# SPDX-License-Identifier: Apache-2.0
"""Tells the observers what became of an accepted request."""

from __future__ import annotations

import logging
from typing import Any

from errorkit import error, log
from errorkit.error import Error
from errorkit.observers import Observers
from errorkit.observers.record import made_of, of_failure
from errorkit.outcomes.reading import attribute

LOG = logging.getLogger('errorkit.outcomes')

def tell(
    observers: Observers,
    raised: BaseException | None,
    who: Any,
    *,
    kind: str,
    service: str,
    code: str | None,
    detail: str,
    status: int = 500,
    resource_type: str | None = None,
    resource_uuid: str | None = None,
) -> None:
    """Tell of a failure; never raises.

    :param raised: what was raised, or None
    :param who: has the ids, the user and the project: a context, or what is
        kept of the request
    :param kind: ``action`` or ``message``
    :param service: its type, such as ``volume``
    :param code: the error code; None: ``<service>.undefined_code``
    :param detail: fit for a user
    :param status: as an HTTP status
    :param resource_type: of the resource, as is its id
    """
    if not observers.present:
        return
    try:
        if raised is not None:
            record = of_failure(
                raised, kind=kind, service=service, code=code, status=status,
                detail=detail, context=who, resource_type=resource_type,
                resource_uuid=resource_uuid,
            )
        else:
            ids = {
                name: attribute(who, name)
                for name in (
                    'request_id', 'global_request_id', 'user_id', 'project_id'
                )
            }
            made = Error(
                status, error.title_of(status), detail,
                code or f'{service}.undefined_code', ids['request_id'],
            )
            record = made_of(
                made, None, None, bug=False, status=None, method='', path='',
                duration=0.0, kind=kind, service=service,
                resource_type=resource_type, resource_uuid=resource_uuid,
                **ids,
            )
        observers.tell(record, raised)
    except Exception as exc:  # an observer never harms who works
        log.say(
            LOG, logging.ERROR, 'observers are not told of a failure',
            raised=exc,
        )
