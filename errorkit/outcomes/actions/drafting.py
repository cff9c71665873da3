# SPDX-License-Identifier: Apache-2.0
"""Drafts what is kept of a failure: its fault, and an ending with its code."""

from __future__ import annotations

import dataclasses
import logging
import uuid
from collections.abc import Callable

from errorkit import error, log, secrets
from errorkit.outcomes.actions import failures
from errorkit.outcomes.actions.failures import Failure
from errorkit.outcomes.actions.means import Work
from errorkit.outcomes.actions.records import Action, Ending, Fault

LOG = logging.getLogger('errorkit.outcomes')


def coded(ending: Ending, event_id: str, code: str | None) -> Ending:
    """Return an ending whose failed event has the code of the failure.

    :param ending: without it
    :param event_id: the event that has failed
    :param code: the error code, or None
    """
    return dataclasses.replace(
        ending,
        code=code,
        events=tuple(
            dataclasses.replace(one, code=code) if one.id == event_id else one
            for one in ending.events
        ),
        late_events=tuple(
            dataclasses.replace(one, code=code) for one in ending.late_events
        ),
    )


def fault_of(
    work: Work,
    action: Action,
    raised: BaseException,
    failure: Failure,
    code: str | None,
    event_id: str,
) -> Fault:
    """Return the fault that a failure leaves.

    :param work: whose failure it is
    :param action: that of the work
    :param raised: what was raised
    :param failure: the same in words
    :param code: the error code, or None
    :param event_id: the event that has failed
    """
    told = None if work.tells is None else _told(work.tells, raised)
    return Fault(
        id=str(uuid.uuid4()),
        project_id=action.project_id,
        resource_type=action.resource_type,
        resource_id=action.resource_id,
        action_id=action.id,
        event_id=event_id,
        request_id=action.request_id,
        code=failure.status,
        message=failure.message,
        global_request_id=action.global_request_id,
        user_id=action.user_id,
        error_code=code,
        details=told or failure.traceback,
        public=told is not None,
        host=work.means.host,
    )


def _told(
    tells: Callable[[BaseException], str | None], raised: BaseException
) -> str | None:
    try:
        text = tells(raised)
        if text is None:
            return None
        # Masked before the cut, which could part a secret from its name.
        text = secrets.mask(error.text_of(text, 4 * error.MAX_DETAIL))
        return failures.storable(error.text_of(text)) or None
    except Exception as exc:
        log.say(
            LOG, logging.WARNING, 'the details of a failure are missing',
            raised=exc,
        )
        return None
