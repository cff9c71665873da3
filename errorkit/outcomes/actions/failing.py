# SPDX-License-Identifier: Apache-2.0
"""What is written and told when an action has failed, all of it at once."""

from __future__ import annotations

import dataclasses
import logging
import uuid

from errorkit import log
from errorkit.observers import Observed, Observers
from errorkit.outcomes import telling
from errorkit.outcomes.actions import drafting
from errorkit.outcomes.actions.failures import Failure
from errorkit.outcomes.actions.means import Work
from errorkit.outcomes.actions.records import MISSING, Action, Ending
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
        work: Work,
        raised: BaseException,
        failure: Failure,
        ending: Ending,
        event_id: str,
    ) -> None:
        """Record a failure; see ``means.Fails``."""
        message = self._message(work, raised)
        code = failure.code
        if code is None and message is not None and self._messages:
            code = self._messages.permitted.code_of(message.event_id)
        action = work.action
        # Where the store raises, too: in one database it fares no better.
        is_due = action is None or not self._shares
        try:
            if action is not None:
                ending = dataclasses.replace(
                    drafting.coded(ending, event_id, code),
                    fault=drafting.fault_of(
                        work, action, raised, failure, code, event_id
                    ),
                    message=message if self._shares else None,
                )
                ended = self._writer.end(ending, work.connection)
                if ended is not None:
                    # Of what somebody else works on, he tells.
                    is_due = ended.action == MISSING or (
                        ended.recorded and not self._shares
                    )
        finally:
            if is_due:
                self._keep(message)
            self._tell(work, raised, failure, code)

    def tell_lost(self, action: Action) -> None:
        """Write the message of an action that is lost, and tell of it.

        However often it is done: it is one message. One with parameters is
        not written, but logged: nobody knows their values any more.
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
        except InvalidMessage as exc:
            # It was declared once; or it has parameters, and nobody knows
            # their values.
            log.say(
                LOG, logging.ERROR,
                'no user message for lost action %s of request %s on %s %s',
                action.id, action.request_id, action.resource_type,
                action.resource_id, raised=exc,
            )
            return None
        return dataclasses.replace(
            message,
            id=str(uuid.uuid5(uuid.UUID(action.id), 'lost')),
            user_id=action.user_id,
            global_request_id=action.global_request_id,
        )

    def _message(self, work: Work, raised: BaseException) -> Message | None:
        messages = self._messages
        if messages is None:
            return None
        meant = messages.permitted.meanings.of(raised, PermittedEvent)
        if work.on_failure is None and meant is None:
            return None
        action, subject = work.action, work.subject
        try:
            message, has_project = messages.composed(
                work.context,
                work.on_failure,
                # None would be the project of the context.
                subject.project_id or ''
                if action is None
                else action.project_id,
                _declared(messages, subject.resource_type),
                subject.resource_id,
                exception=raised,
                params=work.params,
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
        work: Work,
        raised: BaseException,
        failure: Failure,
        code: str | None,
    ) -> None:
        telling.tell(
            self._observers,
            raised,
            # A worker's context need not be that of the request.
            work.context if work.action is None else work.action,
            kind='action',
            service=self._service_of(code),
            code=code,
            status=failure.status,
            detail=failure.message,
            resource_type=work.subject.resource_type,
            resource_uuid=work.subject.resource_id,
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
