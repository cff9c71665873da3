# SPDX-License-Identifier: Apache-2.0
"""What an observer is: the protocols, and the counts that are kept of it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from errorkit.exceptions import ErrorkitError
from errorkit.observers.record import ErrorRecord


class Observer(Protocol):
    """Is told of every error; may raise, but should return soon.

    It is called in a thread of its own, from a queue. Two attributes are
    looked for, and neither needs to be there: ``name``, which stands in the
    log and in the counts, and ``accepts``, a function that is given each
    record in the request's thread and returns False for one that need not be
    queued; it has to be quick.
    """

    def __call__(self, record: ErrorRecord, /) -> object:
        """Take note of an error.

        :param record: frozen; may be pickled
        """


class InlineObserver(Protocol):
    """Is told in the request's own thread and context: it has to be quick.

    For what has to see the live exception or the current span. What it
    raises is logged and counted, and changes nothing.
    """

    #: True: there is no queue.
    inline: bool

    def __call__(
        self, record: ErrorRecord, raised: BaseException | None, /
    ) -> object:
        """Take note of an error.

        :param record: frozen
        :param raised: the exception where it is of interest to an operator,
            from status 500 on; it may be neither kept nor changed
        """


class Counts(NamedTuple):
    """What became of an observer's records in this process.

    :param told: taken without an exception
    :param dropped: never told, the queue was full
    :param failed: the observer raised
    """

    told: int = 0
    dropped: int = 0
    failed: int = 0


class Undelivered(ErrorkitError):
    """An observer could not pass a record on, and says why in one line.

    It counts as failed, and is logged without a traceback.

    :param reason: the line
    :param logged: the observer has logged it already
    """

    def __init__(self, reason: str = '', *, logged: bool = False) -> None:
        super().__init__(reason)
        self.logged = logged


def name_of(observer: object) -> str:
    """Return an observer's name: its ``name``, its own, or its class's."""
    for attribute in ('name', '__name__'):
        found = getattr(observer, attribute, None)
        if isinstance(found, str):
            return found
    return type(observer).__name__
