# SPDX-License-Identifier: Apache-2.0
"""Who is told when an error happened.

An observer is called by a thread of its own, from a bounded queue, after the
response has begun. It can fail, hang or be slow: no request waits for it, and
what it costs it is logged, once a minute with a count. One that has to run in
the request's thread says so, and has to be quick.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable
from typing import Any

from errorkit.exceptions import ConfigError
from errorkit.observers.courier import (
    FLUSH,
    QUEUE_SIZE,
    QUEUE_TEXT,
    Courier,
)
from errorkit.observers.guard import Guard
from errorkit.observers.observer import (
    Counts,
    InlineObserver,
    Observer,
    Undelivered,
)
from errorkit.observers.quiet import QUIET
from errorkit.observers.record import KINDS, ErrorRecord, of_failure

__all__ = [
    'FLUSH',
    'KINDS',
    'QUEUE_SIZE',
    'QUEUE_TEXT',
    'QUIET',
    'Counts',
    'ErrorRecord',
    'InlineObserver',
    'Observed',
    'Observer',
    'Observers',
    'Undelivered',
    'all_counts',
    'of_failure',
]

Told = Courier | Guard


class Observers:
    """The observers of a service, each with its own queue and thread.

    A service makes one, gives it to ``wrap(observers=…)`` and tells it in
    its workers too.

    :param observers: ``Observer`` and ``InlineObserver`` callables; or
        ``Observers``, whose queues are then shared
    :raises ConfigError: one of them is not callable
    """

    def __init__(self, observers: Observed = ()) -> None:
        listed: list[Any] = [observers]
        if not isinstance(observers, Observers) and isinstance(
            observers, Iterable
        ):
            listed = list(observers)
        self._told: list[Told] = []
        for observer in listed:
            if isinstance(observer, Observers):
                self._told += observer._told
            elif not callable(observer) or observer is observers:
                raise ConfigError(
                    'errorkit#fault_wrap',
                    'observers',
                    observer,
                    'allowed: functions that take an ErrorRecord',
                )
            elif getattr(observer, 'inline', False):
                self._told.append(Guard(observer))
            else:
                self._told.append(Courier(observer))
        _LISTENING.update(self._told)
        #: There is one at least.
        self.present = bool(self._told)

    @property
    def dropped(self) -> int:
        """How many records no observer could take."""
        return sum(told.counts().dropped for told in self._told)

    def counts(self) -> dict[str, Counts]:
        """Return what became of each observer's records in this process.

        :returns: by name; what is of one name is added up
        """
        return _sum(self._told)

    def tell(
        self, record: ErrorRecord, raised: BaseException | None = None
    ) -> None:
        """Tell every observer, in order; what they raise is logged.

        It waits for no queue. What ends a process, in its main thread,
        passes from an inline observer.

        :param raised: the live exception, for inline observers alone
        """
        for told in self._told:
            told.put(record, raised)

    def flush(self, timeout: float = FLUSH) -> bool:
        """Wait until every queue is empty.

        :param timeout: seconds, for all of them together
        :returns: False when the time ran out
        """
        end = time.monotonic() + timeout
        # Each is given its turn, also after one that ran out of time.
        return not [one for one in self._told if not one.flush(end)]


#: What ``observers=`` takes everywhere.
Observed = Observers | Iterable[Observer | InlineObserver | Observers]

_LISTENING: weakref.WeakSet[Told] = weakref.WeakSet()


def all_counts() -> dict[str, Counts]:
    """Return the counts of all observers there are in this process.

    :returns: by name; what is of one name is added up
    """
    return _sum(list(_LISTENING))


def flush_all(seconds: float) -> tuple[str, ...]:
    """Wait until all observers of this process have been told what waits.

    :param seconds: so long in all, at most
    :returns: the names of those that have not been
    """
    end = time.monotonic() + seconds
    late = {told.name for told in list(_LISTENING) if not told.flush(end)}
    return tuple(sorted(late))


def _sum(listed: Iterable[Told]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for told in listed:
        before, counts = found.get(told.name, Counts()), told.counts()
        found[told.name] = Counts(*map(sum, zip(before, counts, strict=True)))
    return found
