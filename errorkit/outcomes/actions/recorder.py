# SPDX-License-Identifier: Apache-2.0
"""Records actions: what was accepted, its steps, and what became of them.

::

    actions = Actions(store, messages=messages)
    with actions.record(context, 'extend', VOLUME, volume_id,
                        on_failure=EXTEND_FAILED) as action:
        with action.event('reserve'):
            ...

A failure inside ends the event and the action with ``error``, records the
fault and writes the user message: one request id, one code, one transaction
where the messages are in the same database.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import socket
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from errorkit import current, domain, ids, log
from errorkit.domain import Known
from errorkit.exceptions import ConfigError
from errorkit.observers import Observed
from errorkit.outcomes.actions import failures
from errorkit.outcomes.actions.blocks import (
    ActionBlock,
    LooseEvent,
    innermost,
)
from errorkit.outcomes.actions.failing import Failing
from errorkit.outcomes.actions.heartbeat import Heartbeat
from errorkit.outcomes.actions.reading import Reader
from errorkit.outcomes.actions.recording import (
    EventBlock,
    Live,
    Means,
    Subject,
    check_name,
)
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.actions.stores import find
from errorkit.outcomes.actions.writer import ActionWriter
from errorkit.outcomes.composing import composed
from errorkit.outcomes.declared import Action as PermittedAction
from errorkit.outcomes.decorating import told
from errorkit.outcomes.exceptions import InvalidParams
from errorkit.outcomes.fitting import fitted
from errorkit.outcomes.messages import API
from errorkit.outcomes.reading import attribute, is_admin, tenant_of

_WHERE = 'errorkit.outcomes.actions.Actions'
LOG = logging.getLogger('errorkit.outcomes')

#: Of the ids of actions: the same action, started again, has the same.
_NAMESPACE = uuid.UUID('5c9f6a0e-1d63-5b0a-9a54-0d6a8f7c2b11')
_TYPE_WIDTH = 36


class Actions(Reader):
    """Records and reads the actions on a service's resources.

    :param store: an ``ActionStore``; ``memory``; the address of a database,
        which needs the extra ``db``; or ``module:attribute``
    :param messages: where the user messages of failures go; None: there are
        none
    :param exceptions: what the service's own exceptions become, as
        ``FaultWrapper`` has it: their status, code, and whether they are safe
    :param observers: told of every failure, see ``errorkit.observers``
    :param service_type: of the service, for the observers; None: that of the
        messages
    :param lease: seconds after its last sign of life that an event or action
        counts as lost; it is renewed three times as often
    :param hand_over: seconds that an accepted action may wait for a worker
    :param host: the name of this machine
    :param budget: seconds that a call takes at most, whatever the store does
    :param breaker_failures: after so many failures in a row the store is
        left alone
    :param breaker_seconds: for so long at first
    :param max_limit: rows of a page at most
    :param cursor_key: signs the markers of pages
    :param sees_all: tells whether a context may see all projects
    :raises ConfigError: one of them cannot be
    """

    def __init__(
        self,
        store: ActionStore | str = 'memory',
        *,
        messages: API | None = None,
        exceptions: Mapping[
            type[BaseException], Known | tuple[int, str] | int
        ]
        | None = None,
        observers: Observed | None = None,
        service_type: str | None = None,
        lease: float = 60.0,
        hand_over: float = 3600.0,
        host: str | None = None,
        budget: float = 2.0,
        breaker_failures: int = 5,
        breaker_seconds: float = 5.0,
        max_limit: int = 1000,
        cursor_key: bytes = b'',
        sees_all: Callable[[Any], bool] = is_admin,
    ) -> None:
        for option, value, most in (
            ('lease', lease, 86400),
            ('hand_over', hand_over, 30 * 86400),
            ('budget', budget, 3600),
            ('breaker_failures', breaker_failures, 1_000_000),
            ('breaker_seconds', breaker_seconds, 86400),
            ('max_limit', max_limit, 100_000),
        ):
            _check(
                option, value,
                type(value) in (int, float) and 0 < value <= most,
                f'a number above 0, {most} at most, is',
            )
        _check('messages', messages, messages is None
               or isinstance(messages, API), 'a messages.API, or None, is')
        _check('cursor_key', type(cursor_key).__name__,
               isinstance(cursor_key, bytes) and len(cursor_key) <= 64,
               '64 bytes at most are')
        super().__init__(find(store), max_limit, cursor_key, sees_all)
        self.messages = messages
        known = domain.table_of({} if exceptions is None else exceptions)
        writer = ActionWriter(
            self.store, budget, breaker_failures, breaker_seconds
        )
        self._means = Means(
            writer,
            Heartbeat(self.store, lease),
            lease,
            hand_over,
            fitted(host) or fitted(socket.gethostname()) or '-',
            functools.partial(failures.read, registered=known),
            failing := Failing(writer, messages, observers, service_type),
        )
        #: Writes the message of an action that is lost; for ``sweep``.
        self.tell_lost = failing.tell_lost

    @property
    def counters(self) -> dict[str, int]:
        """How often what became of what was written, in this process."""
        return self._means.writer.guard.counters

    def start(
        self,
        context: Any,
        name: str,
        resource_type: str,
        resource_id: object,
        *,
        project_id: str | None = None,
        request_id: str | None = None,
        on_failure: str | None = None,
        connection: Any = None,
    ) -> Live:
        """Say that an action is accepted, and leave it to a worker.

        He continues it by ``record`` with the same name, or ``resume``, in a
        context of the same request id. If nobody does within ``hand_over``,
        it counts as lost.

        :param context: of the request
        :param name: of the action, such as ``extend``
        :param resource_type: such as ``VOLUME``
        :param resource_id: of the resource
        :param project_id: whose it is; None: the context's
        :param request_id: in place of the context's
        :param on_failure: the permitted message of its failure
        :param connection: the service's own database connection or session,
            whose transaction it joins
        """
        self._check(name, resource_type, on_failure)
        subject = _subject(
            context, resource_type, resource_id, project_id, request_id
        )
        action = self._new(subject, context, name, on_failure)
        if action is not None:
            # A worker may have been faster, and goes on with it.
            action = dataclasses.replace(action, token='')
            self._means.writer.start(
                action, self._means.hand_over, connection
            )
        return Live(
            self._means, action, context, subject, connection=connection,
            on_failure=on_failure,
        )

    def record(
        self,
        context: Any,
        name: str,
        resource_type: str,
        resource_id: Any,
        *,
        project_id: Any = None,
        request_id: Any = None,
        on_failure: str | None = None,
        params: Any = None,
        details: Callable[[BaseException], str | None] | None = None,
        finish: bool = True,
        connection: Any = None,
    ) -> ActionBlock:
        """Record an action from here to the end of a block or function.

        Where it was started before, by the same request on the same
        resource, it is continued. As a decorator this does not know yet what
        it will be about: so ``context``, ``resource_id``, ``project_id``,
        ``request_id`` and ``params`` may be functions, which are called with
        the arguments of each call.

        :param context: of the request; None: the current one
        :param name: of the action, such as ``extend``
        :param resource_type: such as ``VOLUME``
        :param resource_id: of the resource
        :param project_id: whose it is; None: the context's
        :param request_id: in place of the context's
        :param on_failure: the permitted message of a failure, where its
            exception does not mean one
        :param params: the values of that message's parameters
        :param details: tells what the resource's users may read of a failure
            beside its message; None, or what returns None: nothing
        :param finish: False: when the block ends well, somebody else goes on
        :param connection: see ``start``
        :raises InvalidMessage: the message is not permitted
        :raises ValueError: name or type have a form that no store keeps
        """
        self._check(name, resource_type, on_failure)

        def opens(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Live:
            who = self._context(context, args, kwargs)
            subject = _subject(who, resource_type, *(
                told(one, args, kwargs)
                for one in (resource_id, project_id, request_id)
            ))
            action = self._new(subject, who, name, on_failure)
            if action is not None:
                self._means.writer.start(
                    action, self._means.lease, connection
                )
            return Live(
                self._means, action, who, subject, connection=connection,
                on_failure=on_failure, params=told(params, args, kwargs),
                tells=details,
            )

        return ActionBlock(opens, finish)

    def resume(
        self,
        context: Any,
        resource_type: str,
        resource_id: Any,
        *,
        project_id: Any = None,
        request_id: Any = None,
        on_failure: str | None = None,
        params: Any = None,
        details: Callable[[BaseException], str | None] | None = None,
        finish: bool = True,
        connection: Any = None,
    ) -> ActionBlock:
        """Continue the newest action of a request on a resource.

        For a worker who does not know its name. If there is none, that is
        logged, and of a failure only the message is written.

        :param on_failure: None: that of who started it
        """
        self._check('-', resource_type, on_failure)

        def opens(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Live:
            who = self._context(context, args, kwargs)
            subject = _subject(who, resource_type, *(
                told(one, args, kwargs)
                for one in (resource_id, project_id, request_id)
            ))
            found = self._found(subject)
            if found is not None:
                self._means.writer.take_over(
                    found, self._means.lease, connection
                )
            return Live(
                self._means, found, who, subject, connection=connection,
                on_failure=on_failure or _event_of(found),
                params=told(params, args, kwargs), tells=details,
            )

        return ActionBlock(opens, finish)

    def event(
        self,
        context: Any,
        name: str,
        resource_type: str,
        resource_id: Any,
        *,
        project_id: Any = None,
        request_id: Any = None,
        on_failure: str | None = None,
        params: Any = None,
        deadline: float | None = None,
        heartbeat: bool = True,
        connection: Any = None,
    ) -> LooseEvent:
        """Record a step of an action that others began, and will finish.

        Inside the block of that action it is the same as ``action.event``.

        :param name: of the step
        :param deadline: see ``Live.event``, as is ``heartbeat``
        """
        self._check(name, resource_type, on_failure)

        def opens(args: tuple[Any, ...], kwargs: dict[str, Any]) -> EventBlock:
            who = self._context(context, args, kwargs)
            subject = _subject(who, resource_type, *(
                told(one, args, kwargs)
                for one in (resource_id, project_id, request_id)
            ))
            live = self._around(subject)
            if live is None:
                live = Live(
                    self._means, self._found(subject), who, subject,
                    connection=connection, on_failure=on_failure,
                    params=told(params, args, kwargs),
                )
            return live.event(name, deadline=deadline, heartbeat=heartbeat)

        return LooseEvent(opens)

    def _check(
        self, name: str, resource_type: str, on_failure: str | None
    ) -> None:
        """Tell a mistake at once, and not when there is a failure."""
        check_name('name', name)
        check_name('resource_type', resource_type, _TYPE_WIDTH)
        if on_failure is not None:
            if self.messages is None:
                raise ConfigError(
                    _WHERE, 'on_failure', on_failure,
                    'only with messages it is allowed',
                )
            # Values of parameters are known when there is a failure.
            with contextlib.suppress(InvalidParams):
                composed(self.messages.permitted, on_failure, resource_type)

    def _context(
        self, given: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        found = told(given, args, kwargs)
        return current.current() if found is None else found

    def _new(
        self,
        subject: Subject,
        context: Any,
        name: str,
        on_failure: str | None,
    ) -> Action | None:
        """Return an action to be started; None: it has no project."""
        tenant, resource = subject.project_id, subject.resource_id
        if tenant is None or not resource:
            log.say(
                LOG, logging.WARNING,
                'an action %s is not recorded: it has no %s',
                name, 'resource' if tenant else 'project',
            )
            return None
        request = subject.request_id or ids.generate()
        named = '\0'.join(
            (tenant, subject.resource_type, resource, request, name)
        )
        return Action(
            id=str(uuid.uuid5(_NAMESPACE, named)),
            project_id=tenant,
            resource_type=subject.resource_type,
            resource_id=resource,
            request_id=request,
            action=str(name),
            user_id=fitted(attribute(context, 'user_id')),
            global_request_id=fitted(
                attribute(context, 'global_request_id')
            ),
            host=self._means.host,
            token=str(uuid.uuid4()),
            failure_event=self._event_of(on_failure, subject),
        )

    def _event_of(
        self, on_failure: str | None, subject: Subject
    ) -> str | None:
        """Return the id of a message, as it is kept with an action."""
        if isinstance(on_failure, PermittedAction) and self.messages:
            permitted = self.messages.permitted
            return permitted.compose(
                subject.resource_type, on_failure, permitted.unknown_error
            )
        return None if on_failure is None else str(on_failure)

    def _found(self, subject: Subject) -> Action | None:
        """Return the action that is to be continued, with a new token."""
        request, resource = subject.request_id, subject.resource_id
        found = None
        if request and resource:
            found = self._means.writer.find(
                subject.project_id, subject.resource_type, resource, request
            )
        if found is None:
            log.say(
                LOG, logging.WARNING,
                'there is no action of request %s on %s %s: nothing is '
                'recorded of it', request, subject.resource_type, resource,
            )
            return None
        return dataclasses.replace(
            found, token=str(uuid.uuid4()), host=self._means.host
        )

    def _around(self, subject: Subject) -> Live | None:
        """Return the action whose block is open here, if it is this one."""
        live = innermost()
        while live is not None:
            own = live.subject
            if live.means is self._means and own == dataclasses.replace(
                subject, project_id=subject.project_id or own.project_id
            ):
                return live
            live = live.outer
        return None


def _event_of(action: Action | None) -> str | None:
    return None if action is None else action.failure_event


def _subject(
    context: Any,
    resource_type: str,
    resource_id: object,
    project_id: object,
    request_id: object,
) -> Subject:
    if project_id is None:
        project_id = attribute(context, 'project_id')
    if request_id is None:
        request_id = attribute(context, 'request_id')
    return Subject(
        str(resource_type),
        fitted(resource_id) or None,
        tenant_of(project_id),
        fitted(request_id) or None,
    )


def _check(option: str, value: object, right: bool, allowed: str) -> None:
    if not right:
        raise ConfigError(_WHERE, option, value, f'{allowed} allowed')
