# SPDX-License-Identifier: Apache-2.0
"""One step of an action, from its begin to its end."""

from __future__ import annotations

import uuid
from typing import Protocol

from errorkit.outcomes.actions.caught import is_end
from errorkit.outcomes.actions.entering import Ends, RecordedBlock
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


class EventBlock(RecordedBlock['EventBlock']):
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
        super().__init__()
        self._live = live
        self._name = name
        self._deadline = deadline
        self._heartbeat = heartbeat

    def _begin(self) -> tuple[EventBlock, Ends]:
        begun = self._start()

        def ends(raised: BaseException | None) -> None:
            if begun is not None:
                self._end(*begun, raised)
            elif raised is not None and not is_end(raised):
                self._live.failed_alone(raised)

        return self, ends

    def _start(self) -> tuple[str, str] | None:
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
