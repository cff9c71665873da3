# SPDX-License-Identifier: Apache-2.0
"""Writes messages, and never harms or holds up who has one to write.

What goes wrong with the store is counted, and logged with all that was to be
kept: the log then is where the message is.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import logging
import os
import threading
import weakref
from typing import Any

from errorkit import log
from errorkit.outcomes import handoff
from errorkit.outcomes.breaker import Breaker
from errorkit.outcomes.records import Message
from errorkit.outcomes.store import MessageStore

LOG = logging.getLogger('errorkit.outcomes')

#: What can become of a message, and why it was not kept.
STORED = 'stored'
JOINED = 'joined'
NO_PROJECT = 'no_project'
STORE_FAILED = 'store_failed'
STORE_BUSY = 'store_busy'
BREAKER_OPEN = 'breaker_open'
TIMED_OUT = 'timed_out'
_SAID = {
    NO_PROJECT: 'there is no project to keep it for',
    STORE_FAILED: 'the store failed',
    STORE_BUSY: 'too many wait for the store',
    BREAKER_OPEN: 'the store has failed again and again',
    TIMED_OUT: 'the store did not answer in time; it may come to be stored',
}
OUTCOMES = (STORED, JOINED, *_SAID)
#: Stored after all, of those that had timed out.
LATE = 'late'


@dataclasses.dataclass(frozen=True, slots=True)
class Created:
    """What became of a message. True if it is kept.

    :param outcome: ``stored``; ``joined``, and it is kept when its
        transaction is; or why it was not: ``no_project``, ``store_failed``,
        ``store_busy``, ``breaker_open``, and ``timed_out``, after which it
        may come to be stored
    :param id: of the message
    """

    outcome: str
    id: str

    def __bool__(self) -> bool:
        return self.outcome in (STORED, JOINED)

    @property
    def reason(self) -> str | None:
        """Why it was not kept, in words; None if it was."""
        return _SAID.get(self.outcome)


class _State:
    """What belongs to one process."""

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker
        self.hands = handoff.Handoff()
        self.lock = threading.Lock()
        self.counts = dict.fromkeys((*OUTCOMES, LATE), 0)

    def count(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1


_WRITERS: weakref.WeakSet[Writer] = weakref.WeakSet()


class Writer:
    """Writes to one store.

    A store that says of itself ``bounded = True`` comes back in time, as one
    in memory does, or one in a file that waits for a lock so long and no
    longer. It is called in the caller's thread, any other in one of
    ``handoff``: that takes some microseconds.

    :param store: where the messages are kept
    :param budget: seconds that a caller waits at most
    :param failures: see ``breaker.Breaker``
    :param seconds: see ``breaker.Breaker``
    """

    def __init__(
        self,
        store: MessageStore,
        budget: float,
        failures: int,
        seconds: float,
    ) -> None:
        self.store = store
        # What comes after the wait is of the budget, too.
        self._wait = budget * 0.95
        self._bounded = getattr(store, 'bounded', False) is True
        self._breaker = functools.partial(Breaker, failures, seconds)
        self._state = _State(self._breaker())
        _WRITERS.add(self)

    def _renew(self) -> None:
        # The child of a fork has none of the threads, and of the locks those
        # that were held are held for ever.
        self._state.hands.forget()
        self._state = _State(self._breaker())

    @property
    def counters(self) -> dict[str, int]:
        """How often what became of a message, in this process."""
        state = self._state
        with state.lock:
            return dict(state.counts)

    def write(self, message: Message) -> Created:
        """Keep a message in a transaction of the store's own."""
        state = self._state
        if not state.breaker.allows():
            return self.dropped(message, BREAKER_OPEN)
        try:
            if self._bounded:
                self.store.add(message)
            else:
                state.hands.run(
                    functools.partial(self.store.add, message),
                    self._wait,
                    functools.partial(_late, state, message),
                )
        except handoff.Unfinished:
            return self._failed(state, message, TIMED_OUT)
        except handoff.Busy:
            return self._failed(state, message, STORE_BUSY)
        except Exception as exc:
            return self._failed(state, message, STORE_FAILED, exc)
        _succeeded(state)
        state.count(STORED)
        return Created(STORED, message.id)

    def join(self, message: Message, connection: Any) -> Created:
        """Keep a message in the transaction of a connection.

        :raises Exception: what the store raises: who owns the transaction
            has to know that it is spoilt
        """
        self.store.add(message, connection)
        self._state.count(JOINED)
        return Created(JOINED, message.id)

    def dropped(
        self,
        message: Message,
        outcome: str,
        raised: BaseException | None = None,
    ) -> Created:
        """Log and count a message that is not kept."""
        self._state.count(outcome)
        log.say(
            LOG,
            logging.ERROR,
            'user message not stored, %s: %s',
            _SAID[outcome],
            _Fields(message),
            raised=raised,
        )
        return Created(outcome, message.id)

    def _failed(
        self,
        state: _State,
        message: Message,
        outcome: str,
        raised: BaseException | None = None,
    ) -> Created:
        if state.breaker.failed():
            log.say(
                LOG, logging.WARNING,
                'the store of user messages has failed again and again; it '
                'is left alone for a while',
            )
        return self.dropped(message, outcome, raised)


def _succeeded(state: _State) -> None:
    if state.breaker.succeeded():
        log.say(LOG, logging.WARNING, 'the store of user messages is back')


def _late(
    state: _State, message: Message, error: BaseException | None
) -> None:
    if error is not None:
        log.say(
            LOG, logging.ERROR, 'user message %s was not stored after all',
            message.id, raised=error,
        )
        return
    _succeeded(state)
    state.count(LATE)
    log.say(
        LOG, logging.INFO, 'user message %s was stored after all', message.id
    )


class _Fields:
    """All fields of a message, as JSON, when a handler asks for them."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def __str__(self) -> str:
        return json.dumps({
            field.name: _plain(getattr(self._message, field.name))
            for field in dataclasses.fields(self._message)
        })


def _plain(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value


def _renew_all() -> None:
    for writer in list(_WRITERS):
        writer._renew()


os.register_at_fork(after_in_child=_renew_all)
