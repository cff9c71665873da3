# SPDX-License-Identifier: Apache-2.0
"""Which requests failed: one entry for each, of all that its records say."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import heapq
from collections.abc import Iterable

from errorkit.trace.outcome import is_error
from errorkit.trace.records import Record

_OLDEST = datetime.datetime.min.replace(tzinfo=datetime.UTC)
#: Of a message, so many characters are kept.
_MESSAGE = 500
#: More requests than are asked for are kept until the older ones go.
_SPARE = 10_000


@dataclasses.dataclass(slots=True)
class Failure:
    """A request that failed.

    :param timestamp: of the last record that says so
    :param code: the error code
    :param status: of its response
    :param service: who answered it
    :param host: where
    :param method: such as ``POST``
    :param path: with its query
    :param request_id: the local id; None where a server logged none
    :param global_request_id: the caller's
    :param message: of its first error; without one, of the last record
    """

    timestamp: datetime.datetime | None = None
    code: str | None = None
    status: int | None = None
    service: str | None = None
    host: str | None = None
    method: str | None = None
    path: str | None = None
    request_id: str | None = None
    global_request_id: str | None = None
    message: str | None = None
    error: bool = False
    _since: datetime.datetime = _OLDEST

    def add(self, record: Record) -> None:
        """Take over what a record knows more."""
        if record.timestamp is not None:
            self.timestamp = max(
                record.timestamp, self.timestamp or record.timestamp
            )
        error = is_error(record)
        first = error and (
            not self.error or (record.timestamp or _OLDEST) < self._since
        )
        for name in _FROM_ANY:
            if getattr(self, name) is None:
                setattr(self, name, getattr(record, name))
        if record.method is not None and self.method is None:
            # The record of the end knows best who answered, and what.
            for name in _FROM_END:
                setattr(
                    self, name, getattr(record, name) or getattr(self, name)
                )
        elif first and self.method is None:
            # Records come in the order of the files, not of time.
            for name in _FROM_FIRST:
                setattr(
                    self, name, getattr(record, name) or getattr(self, name)
                )
        if first:
            self._since = record.timestamp or _OLDEST
            self.error = True
        if first or self.message is None:
            self.message = record.message[:_MESSAGE]

    @property
    def age(self) -> tuple[datetime.datetime, str]:
        """What sorts failures by time."""
        return self.timestamp or _OLDEST, self.request_id or ''

    @property
    def kind(self) -> str:
        """What it is listed under: its code, or what is nearest to one."""
        if self.code:
            return self.code
        return f'status {self.status}' if self.status else 'errors logged'


_FROM_ANY = ('code', 'request_id', 'global_request_id', 'status', 'service',
             'host')
_FROM_FIRST = ('service', 'host')
_FROM_END = ('method', 'path', 'status', 'service', 'host')


@dataclasses.dataclass(frozen=True, slots=True)
class Failures:
    """The newest of the requests that failed, and how many there are.

    :param newest: the newest first
    :param counts: of every kind, those that are not among them too
    """

    newest: tuple[Failure, ...]
    counts: dict[str, int]


def collect(records: Iterable[Record], limit: int) -> Failures:
    """Put the records of failed requests together by their local id.

    The memory it takes does not grow with what is read.

    :param records: such that tell of a failure, in any order; those of one
        request not too far apart
    :param limit: how many requests are wanted
    """
    counts: collections.Counter[str] = collections.Counter()
    known: dict[object, Failure] = {}
    for record in records:
        # A line without an id is a request of its own.
        key = record.request_id or object()
        one = known.get(key)
        if one is None:
            if len(known) >= limit + _SPARE:
                known = _newest(known, limit + _SPARE // 2, counts)
            one = known[key] = Failure()
        one.add(record)
    newest = _newest(known, limit, counts).values()
    for one in newest:
        counts[one.kind] += 1
    return Failures(
        tuple(sorted(newest, key=lambda one: one.age, reverse=True)),
        dict(counts),
    )


def _newest(
    known: dict[object, Failure],
    limit: int,
    counts: collections.Counter[str],
) -> dict[object, Failure]:
    """Return the newest ones; the others are only counted."""
    kept = dict(
        heapq.nlargest(limit, known.items(), key=lambda pair: pair[1].age)
    )
    for key, one in known.items():
        if key not in kept:
            counts[one.kind] += 1
    return kept
