# SPDX-License-Identifier: Apache-2.0
"""Opens the blocks that actions are recorded by."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from errorkit.outcomes.actions.blocks import ActionBlock, LooseEvent
from errorkit.outcomes.actions.due import check_message, id_of_message
from errorkit.outcomes.actions.finding import around, kept
from errorkit.outcomes.actions.means import Means
from errorkit.outcomes.actions.recording import Live
from errorkit.outcomes.actions.steps import EventBlock
from errorkit.outcomes.actions.subjects import (
    About,
    check_name,
    new_action,
    subject_of,
)
from errorkit.outcomes.decorating import told
from errorkit.outcomes.messages import API

_TYPE_WIDTH = 36


class Recorder:
    """The half of ``Actions`` that records.

    :param means: what it takes
    :param messages: where the user messages of failures go, or None
    """

    def __init__(self, means: Means, messages: API | None) -> None:
        self._means = means
        self.messages = messages

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
        :param on_failure: the permitted message of its failure; one with
            parameters is not written when the action is lost
        :param connection: the service's own database connection or session,
            whose transaction it joins
        """
        self._check(name, resource_type, on_failure)
        subject = subject_of(
            context, resource_type, resource_id, project_id, request_id
        )
        action = new_action(
            subject, context, name, self._means.host,
            id_of_message(self.messages, on_failure, resource_type),
        )
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
            exception does not mean one; one with parameters is not written
            when the action is lost
        :param params: the values of that message's parameters
        :param details: tells what the resource's users may read of a failure
            beside its message; None, or what returns None: nothing
        :param finish: False: when the block ends well, somebody else goes on
        :param connection: see ``start``
        :raises InvalidMessage: the message is not permitted, or messages
            declare resource types, and not this one
        :raises ValueError: name or type have a form that no store keeps
        """
        self._check(name, resource_type, on_failure)
        about = About(
            context, resource_type, resource_id, project_id, request_id
        )

        def opens(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Live:
            who, subject = about.of_call(args, kwargs)
            action = new_action(
                subject, who, name, self._means.host,
                id_of_message(self.messages, on_failure, resource_type),
            )
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
        about = About(
            context, resource_type, resource_id, project_id, request_id
        )

        def opens(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Live:
            who, subject = about.of_call(args, kwargs)
            found = kept(self._means, subject)
            if found is not None:
                self._means.writer.take_over(
                    found, self._means.lease, connection
                )
            return Live(
                self._means, found, who, subject, connection=connection,
                on_failure=on_failure
                or (None if found is None else found.failure_event),
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
        about = About(
            context, resource_type, resource_id, project_id, request_id
        )

        def opens(args: tuple[Any, ...], kwargs: dict[str, Any]) -> EventBlock:
            who, subject = about.of_call(args, kwargs)
            live = around(self._means, subject)
            if live is None:
                live = Live(
                    self._means, kept(self._means, subject), who, subject,
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
        check_message(self.messages, on_failure, resource_type)
