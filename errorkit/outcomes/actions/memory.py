# SPDX-License-Identifier: Apache-2.0
"""Actions, events and faults in memory: for one process, until it ends."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from errorkit.outcomes.actions import selecting
from errorkit.outcomes.actions.kept import Kept, KeptEvent, begun, event_begun
from errorkit.outcomes.actions.memory_reading import Reading
from errorkit.outcomes.actions.memory_rows import Clock
from errorkit.outcomes.actions.records import (
    DONE,
    IN_PROGRESS,
    LATE,
    MISSING,
    Action,
    Ended,
    Ending,
    Event,
    Swept,
)
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.store import MessageStore


def utc_now() -> datetime.datetime:
    """Return the time, aware, in UTC."""
    return datetime.datetime.now(datetime.UTC)


class MemoryActions(Reading):
    """Keeps them in dicts, under one lock.

    An ``ActionStore``.

    :param maximum: how many actions, events and faults at most. What is kept
        stays, so a full store begins nothing new.
    :param messages: where the message of an ending is kept; None: in a store
        of its own, ``self.messages``
    :param clock: returns the time, aware, in UTC
    """

    #: Nothing here waits for anything, see ``outcomes.writer.Writer``.
    bounded = True

    def __init__(
        self,
        maximum: int = 100_000,
        messages: MessageStore | None = None,
        clock: Clock = utc_now,
    ) -> None:
        super().__init__(maximum, clock)
        self.messages = MemoryStore() if messages is None else messages

    def start(
        self, action: Action, lease: float, connection: Any = None
    ) -> str:
        """Keep a new action, or take over the one with this id.

        :raises StoreFull: there are ``maximum`` rows already
        :raises TypeError: there is no transaction to join here
        """
        _refuse(connection)
        with self._lock:
            now, until = self._times(lease)
            kept = self._actions.get(action.id)
            if kept is not None and not action.token:
                kept.lose(now)
                alive = kept.action.status == IN_PROGRESS
                return DONE if alive else LATE
            if kept is not None:
                return kept.take(action.token, action.host, until, now)
            self._add(Kept(begun(action, now), until))
            return DONE

    def take_over(
        self,
        id: str,
        token: str,
        host: str | None,
        lease: float,
        connection: Any = None,
    ) -> str:
        """Make a token the one that may finish an action.

        :raises TypeError: there is no transaction to join here
        """
        _refuse(connection)
        with self._lock:
            now, until = self._times(lease)
            kept = self._actions.get(id)
            if kept is None:
                return MISSING
            return kept.take(token, host, until, now)

    def start_event(
        self, event: Event, lease: float, connection: Any = None
    ) -> str:
        """Keep a new event; its action's lease becomes as long at least.

        :raises StoreFull: there are ``maximum`` rows already
        :raises TypeError: there is no transaction to join here
        """
        _refuse(connection)
        with self._lock:
            now, until = self._times(lease)
            kept = self._actions.get(event.action_id)
            if kept is None:
                return MISSING
            if event.id not in kept.events:
                self._make_room()
                kept.events[event.id] = KeptEvent(
                    event_begun(event, now), until
                )
                self._due_events[event.id] = kept
                kept.lengthen(until, now)
                kept.change(updated_at=now)
            return DONE

    def renew(
        self,
        actions: Mapping[str, str],
        events: Mapping[str, tuple[str, float]],
        lease: float,
    ) -> None:
        """Say that these are alive; who renews an event, its action, too."""
        with self._lock:
            now, until = self._times(lease)
            for id, token in actions.items():
                kept = self._actions.get(id)
                if kept is not None and kept.action.token == token:
                    kept.lengthen(until, now)
            for id, (token, seconds) in events.items():
                kept = self._due_events.get(id)
                if kept is not None:
                    until = now + datetime.timedelta(seconds=seconds)
                    kept.renew_event(id, token, until, now)

    def end(self, ending: Ending, connection: Any = None) -> Ended:
        """Write what has ended, all of it or nothing.

        :raises TypeError: there is no transaction to join here
        :raises ValueError: the fault or an event is another action's
        """
        _refuse(connection)
        ending.check()
        with self._lock:
            now = self._clock()
            kept = self._actions.get(ending.action_id)
            if kept is None:
                return Ended(MISSING, (MISSING,) * len(ending.events))
            found = kept.found(ending, now)
            answers = tuple(
                kept.event_found(one, now) for one in ending.events
            )
            recorded = ending.is_recorded(found, answers) and (
                ending.fault is None or kept.has_event(ending)
            )
            if recorded and ending.message is not None:
                # First, because it alone can fail.
                self.messages.add(ending.message)
            before = len(kept.events) + len(kept.faults)
            kept.end(ending, found, answers, now)
            if recorded and ending.fault is not None:
                fault = dataclasses.replace(ending.fault, created_at=now)
                kept.faults.setdefault(fault.id, fault)
            self._count += len(kept.events) + len(kept.faults) - before
            self._settled(kept, ending)
            return Ended(found, answers, recorded)

    def sweep(self, batch: int) -> Swept:
        """Write ``lost`` where a lease is over, and tell it once."""
        with self._lock:
            now = self._clock()
            rows = 0
            for id, kept in [*self._due_events.items()]:
                if rows < batch and kept.lose_event(id, now):
                    rows += 1
                if kept.events[id].event.status != IN_PROGRESS:
                    del self._due_events[id]
            told: list[Action] = []
            for kept in [*self._due.values()]:
                if len(told) < batch and kept.lose(now):
                    del self._due[kept.action.id]
                    told.append(kept.action)
            return Swept(rows + len(told), tuple(told))

    def purge(self, before: datetime.datetime, batch: int) -> int:
        """Delete actions that are final, or lost, and older than a time."""
        with self._lock:
            now = self._clock()
            old = [
                kept
                for kept in self._actions.values()
                if selecting.time(kept.action.updated_at) < before
                and not kept.is_alive(now)
            ][: max(0, batch)]
            for kept in old:
                self._forget(kept)
            return len(old)


def _refuse(connection: Any) -> None:
    if connection is not None:
        raise TypeError('the store in memory has no connections')
