# SPDX-License-Identifier: Apache-2.0
"""A message is written when a block or a function raises; nothing else.

The exception passes as it is, whatever becomes of the message. A failure is
an ``Exception``: what ends a task, a generator or a process (cancellation,
``GeneratorExit``, ``KeyboardInterrupt``, ``SystemExit``) is none, and neither
is the ``StopIteration`` that says an iterator has no more.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from errorkit import current, log
from errorkit.outcomes import beside
from errorkit.outcomes.composing import composed
from errorkit.outcomes.declared import Event
from errorkit.outcomes.decorating import Block, told
from errorkit.outcomes.exceptions import InvalidLevel, InvalidParams
from errorkit.outcomes.permitted import LEVELS, Permitted

LOG = logging.getLogger('errorkit.outcomes')

_NO_FAILURES = (StopIteration, StopAsyncIteration)


class Creates(Protocol):
    """What a capture asks of ``messages.API``."""

    permitted: Permitted

    @property
    def create(self) -> Callable[..., object]:
        """Create a message."""


class Capture(Block):
    """Writes a message when its block, or the function it decorates, raises.

    It serves ``with`` and ``async with``, and as a decorator functions,
    coroutine functions, generators and asynchronous ones; it can be used
    again, and by many at once. In a coroutine the message is written in a
    thread, and waited for.

    As a decorator it does not know yet what it will be about. So ``context``,
    ``project_id``, ``resource_uuid`` and ``params`` may be functions, which
    are called with the arguments of the call that has failed.

    :param api: where the message goes
    :param context: see ``API.create``, as are the others; None: the one that
        is current when the failure happens
    :param event: what the failure means where the exception's class does
        not say; None with ``action``, or where only mapped exceptions are
        to give a message
    :raises InvalidMessage: event, type, level, action or detail are not
        permitted
    """

    def __init__(
        self,
        api: Creates,
        context: Any,
        event: str | None,
        *,
        project_id: Any = None,
        resource_type: str | None = None,
        resource_uuid: Any = None,
        level: str = 'ERROR',
        action: str | None = None,
        detail: str | None = None,
        params: Any = None,
        request_id: str | None = None,
    ) -> None:
        if level not in LEVELS:
            raise InvalidLevel(f'{level!r} is none of {", ".join(LEVELS)}')
        self._api = api
        self._subject = (context, project_id, resource_uuid, params)
        self._event = event
        self._keywords = {
            'resource_type': resource_type,
            'level': level,
            'action': action,
            'detail': detail,
            'request_id': request_id,
        }
        self._only_mapped = event is None and action is None
        if not self._only_mapped:
            # A mistake here is told at once, and not when there is a failure.
            try:
                composed(
                    api.permitted, event, resource_type, action=action,
                    detail=detail,
                    params=None if callable(params) else params,
                )
            except InvalidParams:
                if not callable(params):
                    raise

    def __enter__(self) -> Capture:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if raised is not None:
            self._failed(raised)

    async def __aenter__(self) -> Capture:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if isinstance(raised, Exception):
            await beside.run(functools.partial(self._failed, raised))

    def _failed(self, raised: BaseException) -> None:
        if not isinstance(raised, Exception) or (
            isinstance(raised, _NO_FAILURES)
        ):
            return
        try:
            meanings = self._api.permitted.meanings
            if self._only_mapped and meanings.of(raised, Event) is None:
                return
            of_context, of_project, of_resource, of_params = self._subject
            context, resource_uuid, params = (
                told(one, *self._arguments)
                for one in (of_context, of_resource, of_params)
            )
            # None would be the project of the context.
            project_id = told(of_project, *self._arguments, '')
            if context is None:
                context = current.current()
            self._api.create(
                context,
                self._event,
                project_id,
                resource_uuid=resource_uuid,
                params=params,
                exception=raised,
                **self._keywords,
            )
        except Exception as exc:  # the one that was raised has to pass
            log.say(
                LOG, logging.ERROR, 'no user message for a failure, %s',
                log.class_name(type(raised)), raised=exc,
            )
