# SPDX-License-Identifier: Apache-2.0
"""Writes messages, and never harms or holds up who has one to write.

What goes wrong with the store is counted, and logged with all that was to be
kept: the log then is where the message is.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
from typing import Any

from errorkit import log
from errorkit.outcomes.fields import Fields
from errorkit.outcomes.guard import SAID, Called, Guard
from errorkit.outcomes.records import Message
from errorkit.outcomes.store import MessageStore

LOG = logging.getLogger('errorkit.outcomes')

#: What can become of a message, beside the failures of a ``Guard``.
STORED = 'stored'
JOINED = 'joined'
NO_PROJECT = 'no_project'
_SAID = {NO_PROJECT: 'there is no project to keep it for', **SAID}
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


class Writer:
    """Writes to one store.

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
        self._guard = Guard(
            store, 'user messages', budget, failures, seconds,
            (STORED, JOINED, NO_PROJECT, LATE),
        )

    @property
    def counters(self) -> dict[str, int]:
        """How often what became of a message, in this process."""
        return self._guard.counters

    def write(self, message: Message) -> Created:
        """Keep a message in a transaction of the store's own."""
        called = self._guard.call(
            functools.partial(self.store.add, message),
            functools.partial(self._late, message),
        )
        if called.failure is not None:
            return self.dropped(message, called.failure, called.raised)
        self._guard.count(STORED)
        return Created(STORED, message.id)

    def join(self, message: Message, connection: Any) -> Created:
        """Keep a message in the transaction of a connection.

        :raises Exception: what the store raises: who owns the transaction
            has to know that it is spoilt
        """
        self.store.add(message, connection)
        self._guard.count(JOINED)
        return Created(JOINED, message.id)

    def dropped(
        self,
        message: Message,
        outcome: str,
        raised: BaseException | None = None,
    ) -> Created:
        """Log and count a message that is not kept."""
        self._guard.count(outcome)
        log.say(
            LOG,
            logging.ERROR,
            'user message not stored, %s: %s',
            _SAID[outcome],
            Fields(message),
            raised=raised,
        )
        return Created(outcome, message.id)

    def _late(self, message: Message, called: Called) -> None:
        if called.raised is not None:
            log.say(
                LOG, logging.ERROR,
                'user message %s was not stored after all', message.id,
                raised=called.raised,
            )
            return
        self._guard.count(LATE)
        log.say(
            LOG, logging.INFO, 'user message %s was stored after all',
            message.id,
        )
