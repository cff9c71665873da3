# SPDX-License-Identifier: Apache-2.0
"""What is written and told when an action has failed, all of it at once."""

from __future__ import annotations

import dataclasses
import logging
import uuid
from collections.abc import Callable

from errorkit import error, log, secrets
from errorkit.observers import Observed, Observers
from errorkit.outcomes import telling
from errorkit.outcomes.actions import failures
from errorkit.outcomes.actions.failures import Failure
from errorkit.outcomes.actions.recording import Live
from errorkit.outcomes.actions.records import (
    MISSING,
    Action,
    Ending,
    Fault,
)
from errorkit.outcomes.actions.writer import ActionWriter
from errorkit.outcomes.declared import Event as PermittedEvent
from errorkit.outcomes.exceptions import InvalidMessage
from errorkit.outcomes.messages import API
from errorkit.outcomes.records import Message

LOG = logging.getLogger('errorkit.outcomes')


class Failing:
    """Records failures: the ending, the fault, the message, the observers.

    :param writer: of the store
    :param messages: where the user messages go, or None
    :param observers: who is told, or None
    :param service_type: of the service, or None
    """

    def __init__(
        self,
        writer: ActionWriter,
        messages: API | None,
        observers: Observed | None,
        service_type: str | None,
    ) -> None:
        self._service = service_type
        self._writer = writer
        self._messages = messages
        self._observers = Observers(() if observers is None else observers)
        # In one database it is one transaction.
        url = _url_of(writer.store)
        self._shares = url is not None and url == _url_of(
            None if messages is None else messages.store
        )

    def __call__(
        self,
        live: Live,
        raised: BaseException,
        failure: Failure,
        ending: Ending,
        event_id: str,
    ) -> None:
        """Record a failure; see ``recording.Fails``."""
        message = self._message(live, raised)
        code = failure.code
        if code is None and message is not None and self._messages:
            code = self._messages.permitted.code_of(message.event_id)
        action = live.action
        if action is None:
            self._keep(message)
        else:
            ending = dataclasses.replace(
                _coded(ending, event_id, code),
                fault=_fault(action, raised, failure, code, event_id, live),
                message=message if self._shares else None,
            )
            ended = self._writer.end(ending, live.connection)
            if ended is None:
                # In one database it would fare no better.
                is_due = not self._shares
            elif ended.action == MISSING:
                is_due = True
            else:
                # Of what somebody else works on, he tells.
                is_due = ended.recorded and not self._shares
            if is_due:
                self._keep(message)
        self._tell(live, raised, failure, code)

    def tell_lost(self, action: Action) -> None:
        """Write the message of an action that is lost, and tell of it.

        However often it is done: it is one message.
        """
        code = None
        if self._messages is not None and action.failure_event is not None:
            code = self._messages.permitted.code_of(action.failure_event)
            self._keep(self._message_of_lost(self._messages, action))
        telling.tell(
            self._observers,
            None,
            action,
            kind='action',
            service=self._service_of(code),
            code=code,
            detail='Nothing was heard of the worker in time.',
            resource_type=action.resource_type,
            resource_uuid=action.resource_id,
        )

    def _message_of_lost(
        self, messages: API, action: Action
    ) -> Message | None:
        try:
            message, _ = messages.composed(
                None,
                action.failure_event,
                action.project_id,
                _declared(messages, action.resource_type),
                action.resource_id,
                request_id=action.request_id,
            )
        except InvalidMessage as exc:  # it was declared once
            log.say(
                LOG, logging.WARNING, 'no user message for a lost action',
                raised=exc,
            )
            return None
        return dataclasses.replace(
            message,
            id=str(uuid.uuid5(uuid.UUID(action.id), 'lost')),
            user_id=action.user_id,
            global_request_id=action.global_request_id,
        )

    def _message(self, live: Live, raised: BaseException) -> Message | None:
        messages = self._messages
        if messages is None:
            return None
        meant = messages.permitted.meanings.of(raised, PermittedEvent)
        if live.on_failure is None and meant is None:
            return None
        action, subject = live.action, live.subject
        try:
            message, has_project = messages.composed(
                live.context,
                live.on_failure,
                subject.project_id if action is None else action.project_id,
                _declared(messages, subject.resource_type),
                subject.resource_id,
                exception=raised,
                params=live.params,
                request_id=subject.request_id
                if action is None
                else action.request_id,
            )
        except InvalidMessage as exc:
            log.say(
                LOG, logging.ERROR, 'no user message for a failure, %s',
                log.class_name(type(raised)), raised=exc,
            )
            return None
        return message if has_project else None

    def _keep(self, message: Message | None) -> None:
        if message is not None and self._messages is not None:
            self._messages.keep(message)

    def _tell(
        self,
        live: Live,
        raised: BaseException,
        failure: Failure,
        code: str | None,
    ) -> None:
        telling.tell(
            self._observers,
            raised,
            # A worker's context need not be that of the request.
            live.context if live.action is None else live.action,
            kind='action',
            service=self._service_of(code),
            code=code,
            status=failure.status,
            detail=failure.message,
            resource_type=live.subject.resource_type,
            resource_uuid=live.subject.resource_id,
        )

    def _service_of(self, code: str | None) -> str:
        if self._service is not None:
            return self._service
        if self._messages is not None:
            return self._messages.permitted.service_type
        return 'errorkit' if code is None else code.partition('.')[0]


def _url_of(store: object) -> object:
    database = getattr(store, 'database', None)
    return None if database is None else getattr(database, 'url', None)


def _declared(messages: API, resource_type: str) -> str | None:
    known = messages.permitted.resource_types
    return resource_type if resource_type in known else None


def _coded(ending: Ending, event_id: str, code: str | None) -> Ending:
    """Return an ending whose failed event has the code of the failure."""
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


def _fault(
    action: Action,
    raised: BaseException,
    failure: Failure,
    code: str | None,
    event_id: str,
    live: Live,
) -> Fault:
    told = None if live.tells is None else _told(live.tells, raised)
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
        host=live.means.host,
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
