# SPDX-License-Identifier: Apache-2.0
"""Calls a store, and lets it neither break nor hold up who calls."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from errorkit import log
from errorkit.outcomes import handoff
from errorkit.outcomes.breaker import Breaker

LOG = logging.getLogger('errorkit.outcomes')

#: What can become of a call, beside what its caller makes of its success.
STORE_FAILED = 'store_failed'
STORE_BUSY = 'store_busy'
BREAKER_OPEN = 'breaker_open'
TIMED_OUT = 'timed_out'
#: The same in words.
SAID = {
    STORE_FAILED: 'the store failed',
    STORE_BUSY: 'too many wait for the store',
    BREAKER_OPEN: 'the store has failed again and again',
    TIMED_OUT: 'the store did not answer in time; it may come to be stored',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Called:
    """What became of a call.

    :param failure: None, or why there is no answer: one of ``SAID``
    :param answer: what the store returned
    :param raised: what it raised
    """

    failure: str | None = None
    answer: Any = None
    raised: BaseException | None = None


Late = Callable[[Called], object]


class _State:
    """What belongs to one process."""

    def __init__(
        self, kept: str, breaker: Breaker, counted: Iterable[str]
    ) -> None:
        self._kept = kept
        self.breaker = breaker
        self.hands = handoff.Handoff()
        self.lock = threading.Lock()
        self.counts = dict.fromkeys(counted, 0)

    def succeeded(self) -> None:
        """Note that the store has answered."""
        if self.breaker.succeeded():
            log.say(
                LOG, logging.WARNING, 'the store of %s is back', self._kept
            )

    def failed(self) -> None:
        """Note that it has not."""
        if self.breaker.failed():
            log.say(
                LOG, logging.WARNING,
                'the store of %s has failed again and again; it is left '
                'alone for a while', self._kept,
            )


_GUARDS: weakref.WeakSet[Guard] = weakref.WeakSet()


class Guard:
    """Calls one store, within a budget, and leaves it alone when it fails.

    A store that says of itself ``bounded = True`` comes back in time, as one
    in memory does, or one in a file that waits for a lock for its ``budget``
    and no longer. It is called in the caller's thread, any other in one of
    ``handoff``, as is one whose budget is the greater: that takes some
    microseconds.

    :param store: the store
    :param kept: what is kept there, for the log
    :param budget: seconds that a caller waits at most
    :param failures: see ``breaker.Breaker``
    :param seconds: see ``breaker.Breaker``
    :param counted: names of what is counted, see ``count``
    """

    def __init__(
        self,
        store: object,
        kept: str,
        budget: float,
        failures: int,
        seconds: float,
        counted: Iterable[str] = (),
    ) -> None:
        # What comes after the wait is of the budget, too.
        self._wait = budget * 0.95
        self._bounded = (
            getattr(store, 'bounded', False) is True
            and getattr(store, 'budget', 0.0) <= budget
        )
        self._make = functools.partial(
            _state, kept, failures, seconds, (*counted, *SAID)
        )
        self._state = self._make()
        _GUARDS.add(self)

    @property
    def counters(self) -> dict[str, int]:
        """How often what became of a call, in this process."""
        state = self._state
        with state.lock:
            return dict(state.counts)

    def count(self, name: str) -> None:
        """Count once more."""
        state = self._state
        with state.lock:
            state.counts[name] = state.counts.get(name, 0) + 1

    def call(
        self, work: Callable[[], Any], late: Late | None = None
    ) -> Called:
        """Call the store, in this thread's contextvars.

        :param work: does it
        :param late: called, in another thread, if it ends after its caller
            has left
        """
        state = self._state
        if not state.breaker.allows():
            return Called(BREAKER_OPEN)
        answers: list[Any] = []
        try:
            if self._bounded:
                answers.append(work())
            else:
                state.hands.run(
                    lambda: answers.append(work()),
                    self._wait,
                    functools.partial(_late, state, late),
                )
        except handoff.Unfinished:
            return self._failed(state, TIMED_OUT)
        except handoff.Busy:
            return self._failed(state, STORE_BUSY)
        except Exception as exc:
            return self._failed(state, STORE_FAILED, exc)
        state.succeeded()
        return Called(answer=answers[0])

    def _failed(
        self,
        state: _State,
        failure: str,
        raised: BaseException | None = None,
    ) -> Called:
        state.failed()
        return Called(failure, None, raised)

    def _renew(self) -> None:
        # The child of a fork has none of the threads, and of the locks those
        # that were held are held for ever.
        self._state.hands.forget()
        self._state = self._make()


def _state(
    kept: str, failures: int, seconds: float, counted: tuple[str, ...]
) -> _State:
    return _State(kept, Breaker(failures, seconds), counted)


def _late(
    state: _State, late: Late | None, error: BaseException | None
) -> None:
    if error is not None:
        called = Called(TIMED_OUT, None, error)
    else:
        state.succeeded()
        called = Called()
    if late is not None:
        late(called)


def _renew_all() -> None:
    for guard in list(_GUARDS):
        guard._renew()


os.register_at_fork(after_in_child=_renew_all)
