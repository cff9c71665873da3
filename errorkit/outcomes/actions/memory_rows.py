# SPDX-License-Identifier: Apache-2.0
"""The rows in memory, by what they are found by; how many there may be."""

from __future__ import annotations

import datetime
import os
import threading
import weakref
from collections.abc import Callable

from errorkit.outcomes.actions.kept import Kept
from errorkit.outcomes.actions.records import (
    ERROR,
    IN_PROGRESS,
    SUCCESS,
    Ending,
)
from errorkit.outcomes.exceptions import StoreFull

Clock = Callable[[], datetime.datetime]

_STORES: weakref.WeakSet[Rows] = weakref.WeakSet()


class Rows:
    """What ``MemoryActions`` keeps; to be touched under its lock.

    :param maximum: how many actions, events and faults at most
    :param clock: returns the time, aware, in UTC
    """

    def __init__(self, maximum: int, clock: Clock) -> None:
        self.maximum = maximum
        self._clock = clock
        self._actions: dict[str, Kept] = {}
        self._resources: dict[tuple[str, str], dict[str, Kept]] = {}
        # Those that nobody has been told of when they are lost.
        self._due: dict[str, Kept] = {}
        # The actions of the events that are in progress.
        self._due_events: dict[str, Kept] = {}
        self._count = 0
        self._start_anew()
        _STORES.add(self)

    def _start_anew(self) -> None:
        self._lock = threading.Lock()

    def _times(
        self, lease: float
    ) -> tuple[datetime.datetime, datetime.datetime]:
        """Return the time, and the end of a lease that begins now."""
        now = self._clock()
        return now, now + datetime.timedelta(seconds=lease)

    def _make_room(self) -> None:
        if self._count >= self.maximum:
            raise StoreFull(f'{self.maximum} rows are kept already')
        self._count += 1

    def _add(self, kept: Kept) -> None:
        """Keep a new action.

        :raises StoreFull: there are ``maximum`` rows already
        """
        self._make_room()
        action = kept.action
        key = action.resource_type, action.resource_id
        self._resources.setdefault(key, {})[action.id] = kept
        self._actions[action.id] = self._due[action.id] = kept

    def _settled(self, kept: Kept, ending: Ending) -> None:
        for one in ending.events:
            beside = kept.events.get(one.id)
            if beside is not None and beside.event.status != IN_PROGRESS:
                self._due_events.pop(one.id, None)
        if kept.action.status in (SUCCESS, ERROR):
            self._due.pop(kept.action.id, None)

    def _forget(self, kept: Kept) -> None:
        action = kept.action
        del self._actions[action.id]
        self._due.pop(action.id, None)
        for id in kept.events:
            self._due_events.pop(id, None)
        self._count -= 1 + len(kept.events) + len(kept.faults)
        key = action.resource_type, action.resource_id
        del self._resources[key][action.id]
        if not self._resources[key]:
            del self._resources[key]


def _after_fork() -> None:
    for store in list(_STORES):
        store._start_anew()


os.register_at_fork(after_in_child=_after_fork)
