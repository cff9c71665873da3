# SPDX-License-Identifier: Apache-2.0
"""One action in memory, with its events and faults, and what may become of it.

The same decisions as ``sql.endings`` and ``sql.losses`` make in SQL.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    FAILED,
    IN_PROGRESS,
    LATE,
    LOST,
    MISSING,
    SUPERSEDED,
    Action,
    Ending,
    Event,
    EventEnd,
    Fault,
)


@dataclasses.dataclass(slots=True)
class KeptEvent:
    """An event and the end of its lease."""

    event: Event
    lease_until: datetime.datetime

    def is_alive(self, now: datetime.datetime) -> bool:
        """Tell whether it is in progress, and its lease not over."""
        return self.event.status == IN_PROGRESS and self.lease_until > now


@dataclasses.dataclass(slots=True)
class Kept:
    """An action, the end of its lease, and what belongs to it.

    :param action: as it is now
    :param lease_until: the end of its lease
    :param events: by their ids
    :param faults: by their ids
    """

    action: Action
    lease_until: datetime.datetime
    events: dict[str, KeptEvent] = dataclasses.field(default_factory=dict)
    faults: dict[str, Fault] = dataclasses.field(default_factory=dict)

    def is_alive(self, now: datetime.datetime) -> bool:
        """Tell whether it is in progress, and its lease not over."""
        return self.action.status == IN_PROGRESS and self.lease_until > now

    def lengthen(
        self, until: datetime.datetime, now: datetime.datetime
    ) -> None:
        """Make its lease as long at least, if it is not over."""
        if self.is_alive(now):
            self.lease_until = max(self.lease_until, until)

    def take(
        self,
        token: str,
        host: str | None,
        until: datetime.datetime,
        now: datetime.datetime,
    ) -> str:
        """Give it to who has a token, if it is alive; see ``take_over``."""
        self.lose(now)
        if self.action.status != IN_PROGRESS:
            return LATE
        self.change(token=token, host=host)
        for beside in self.events.values():
            if beside.event.status == IN_PROGRESS:
                until = max(until, beside.lease_until)
        self.lease_until = until
        return DONE

    def renew_event(
        self,
        id: str,
        token: str,
        until: datetime.datetime,
        now: datetime.datetime,
    ) -> None:
        """Lengthen the lease of an event, and its own with it."""
        beside = self.events[id]
        if beside.is_alive(now) and beside.event.token == token:
            beside.lease_until = max(beside.lease_until, until)
            self.lengthen(until, now)

    def lose(self, now: datetime.datetime) -> bool:
        """Tell whether it is lost, and make it so if it is due."""
        if self.action.status == IN_PROGRESS and self.lease_until <= now:
            self.change(
                status=LOST, message=FAILED, updated_at=now,
                finish_time=self.lease_until,
            )
        return self.action.status == LOST

    def lose_event(self, id: str, now: datetime.datetime) -> bool:
        """Tell whether an event has become lost just now."""
        beside = self.events[id]
        if beside.event.status != IN_PROGRESS or beside.lease_until > now:
            return False
        beside.event = dataclasses.replace(
            beside.event, status=LOST, finish_time=beside.lease_until
        )
        if self.action.status == IN_PROGRESS:
            self.change(message=FAILED, updated_at=now)
        return True

    def found(self, ending: Ending, now: datetime.datetime) -> str:
        """Return what an ending finds of it."""
        action = self.action
        if ending.status is None:
            return DONE
        if self.is_alive(now):
            return DONE if action.token == ending.token else SUPERSEDED
        # Ended so before: the answer was lost.
        done = (action.token, action.status) == (ending.token, ending.status)
        return DONE if done else LATE

    def event_found(self, one: EventEnd, now: datetime.datetime) -> str:
        """Return what an ending finds of an event."""
        beside = self.events.get(one.id)
        if beside is None:
            return MISSING
        event = beside.event
        if beside.is_alive(now):
            return DONE if event.token == one.token else SUPERSEDED
        done = (event.token, event.status) == (one.token, one.status)
        return DONE if done else LATE

    def has_event(self, ending: Ending) -> bool:
        """Tell whether the event of an ending's fault is one of its own."""
        assert ending.fault is not None
        id = ending.fault.event_id
        return id in self.events or any(
            event.id == id for event in ending.late_events
        )

    def end(
        self,
        ending: Ending,
        found: str,
        answers: tuple[str, ...],
        now: datetime.datetime,
    ) -> None:
        """Write what has ended.

        :param found: as ``found`` returned it
        :param answers: as ``event_found`` returned them
        """
        failed = False
        for one, answer in zip(ending.events, answers, strict=True):
            if answer == DONE:
                self._end_event(one, now)
                failed |= one.status == ERROR
            elif answer == LATE:
                self._note_late_event(one, now)
        for event in ending.late_events:
            event = dataclasses.replace(
                event, start_time=now, finish_time=now, late_status=None
            )
            self.events.setdefault(event.id, KeptEvent(event, now))
            failed |= event.status == ERROR
        # This is its end, or was: that says when, and only once.
        own = ending.status is not None and found == DONE
        if not own and (
            DONE in answers
            or ending.late_events
            or (ending.status is None and ending.events)
        ):
            self.change(updated_at=now)
        if failed and (own or self.action.status == IN_PROGRESS):
            self.change(message=FAILED)
        if ending.status is None:
            return
        if found == LATE:
            self.lose(now)
            if self.action.late_status is None:
                self.change(late_status=ending.status)
        elif found == DONE and self.action.status == IN_PROGRESS:
            self.change(
                status=ending.status, code=ending.code, finish_time=now,
                updated_at=now,
            )
            if ending.status == ERROR:
                self.change(message=FAILED)

    def _end_event(self, one: EventEnd, now: datetime.datetime) -> None:
        beside = self.events[one.id]
        if beside.event.status == IN_PROGRESS:
            beside.event = dataclasses.replace(
                beside.event, status=one.status, code=one.code,
                message=one.message, details=one.details,
                traceback=one.traceback, finish_time=now,
            )

    def _note_late_event(self, one: EventEnd, now: datetime.datetime) -> None:
        self.lose_event(one.id, now)
        beside = self.events[one.id]
        if beside.event.late_status is None:
            beside.event = dataclasses.replace(
                beside.event, late_status=one.status
            )

    def change(self, **members: Any) -> None:
        """Replace members of the action."""
        self.action = dataclasses.replace(self.action, **members)


def begun(action: Action, now: datetime.datetime) -> Action:
    """Return an action as it begins."""
    return dataclasses.replace(
        action, status=IN_PROGRESS, code=None, message=None, start_time=now,
        updated_at=now, finish_time=None, late_status=None,
    )


def event_begun(event: Event, now: datetime.datetime) -> Event:
    """Return an event as it begins."""
    return dataclasses.replace(
        event, status=IN_PROGRESS, code=None, message=None, details=None,
        traceback=None, start_time=now, finish_time=None, late_status=None,
    )
