# SPDX-License-Identifier: Apache-2.0
"""One step of an action, from its begin to its end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, TypeVar

from errorkit.outcomes import decorating
from errorkit.outcomes.actions.caught import is_end
from errorkit.outcomes.actions.entering import entered, exited, unharmed
from errorkit.outcomes.actions.failures import Failure
from errorkit.outcomes.actions.means import Work
from errorkit.outcomes.actions.records import (
    ERROR,
    MISSING,
    SUCCESS,
    Ending,
    Event,
    EventEnd,
)
from errorkit.outcomes.actions.subjects import check_name

_Function = TypeVar('_Function', bound=Callable[..., Any])


class Whole(Work, Protocol):
    """The action that a step is of."""

    def flush(self) -> None:
        """Write the failures that were caught."""

    def event_failed(
        self, end: EventEnd, raised: BaseException, failure: Failure
    ) -> None:
        """Note an event's failure.

        :param end: of the event
        :param raised: what was raised in it
        :param failure: the same in words
        """

    def failed_alone(self, raised: BaseException) -> None:
        """Note the failure of an event that has no action."""


class EventBlock:
    """One step of an action; it can be used again, once it is over.

    :param live: the action
    :param name: see ``Live.event``, as are the others
    """

    def __init__(
        self, live: Whole, name: str, deadline: float | None, heartbeat: bool
    ) -> None:
        check_name('name', name)
        if deadline is not None and not deadline > 0:
            raise ValueError(f'deadline={deadline!r} is not above 0 seconds')
        self._live = live
        self._name = name
        self._deadline = deadline
        self._heartbeat = heartbeat
        self._running: list[tuple[str, str] | None] = []

    def __enter__(self) -> EventBlock:
        self._running.append(self._begin())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        running = self._running.pop()
        if running is not None:
            unharmed(raised, lambda: self._end(*running, raised))
        elif raised is not None and not is_end(raised):
            unharmed(raised, lambda: self._live.failed_alone(raised))

    async def __aenter__(self) -> EventBlock:
        await entered(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await exited(self, raised)

    def __call__(self, function: _Function) -> _Function:
        """Return a function whose every call is such a step."""
        return decorating.decorated(
            function,
            lambda args, kwargs: EventBlock(
                self._live, self._name, self._deadline, self._heartbeat
            ),
        )

    def _begin(self) -> tuple[str, str] | None:
        live, means = self._live, self._live.means
        if live.action is None:
            return None
        live.flush()
        event = Event(
            id=str(uuid.uuid4()),
            action_id=live.action.id,
            event=str(self._name),
            host=means.host,
            token=str(uuid.uuid4()),
        )
        lease = means.lease
        if self._deadline is not None:
            lease = self._deadline
            if self._heartbeat:
                lease = min(lease, means.lease)
        outcome = means.writer.start_event(event, lease, live.connection)
        if outcome == MISSING:
            return None
        if self._heartbeat:
            means.heartbeat.add_event(event.id, event.token, self._deadline)
        return event.id, event.token

    def _end(self, id: str, token: str, raised: BaseException | None) -> None:
        live, means = self._live, self._live.means
        assert live.action is not None
        if raised is None or is_end(raised):
            means.heartbeat.remove(id)
            live.flush()
            means.writer.end(
                Ending(
                    live.action.id, events=(EventEnd(id, token, SUCCESS),)
                ),
                live.connection,
            )
            return
        failure = means.reads(raised)
        live.event_failed(
            EventEnd(
                id, token, ERROR, failure.code, failure.message,
                failure.details, failure.traceback,
            ),
            raised,
            failure,
        )
