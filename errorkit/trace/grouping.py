# SPDX-License-Identifier: Apache-2.0
"""Records are put together by the request that they belong to."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable

from errorkit.trace.records import Record
from errorkit.trace.spans import Kind, Link

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
#: A request does not take longer; what says so is no duration.
_LONGEST = 365 * 86400.0


class Group:
    """The records of one request, while the tree is being made.

    :param request_id: None for lines that belong to no request
    :param order: in which it was met
    """

    __slots__ = (
        'answer', 'begin', 'call', 'callers', 'children', 'end', 'first',
        'global_id', 'link', 'order', 'own', 'parent', 'records',
        'request_id', 'until',
    )

    def __init__(self, request_id: str | None, order: int) -> None:
        self.request_id = request_id
        self.order = order
        self.records: list[Record] = []
        self.first = math.inf
        self.own = False
        self.global_id: str | None = None
        self.answer: Record | None = None
        self.callers: list[tuple[Group, Record]] = []
        self.parent: Group | None = None
        self.link: Link | None = None
        self.call: Record | None = None
        self.children: list[Group] = []
        self.begin: int | None = None
        self.end: int | None = None
        self.until: int | None = None

    @property
    def kind(self) -> Kind:
        """What it stands for."""
        if self.request_id is None:
            return Kind.OTHER
        if self.own:
            return Kind.REQUEST
        return Kind.MISSING if self.callers else Kind.CALLER


def group(records: Iterable[Record]) -> list[Group]:
    """Put records together by their local id, and find who calls whom.

    A record that has no local id stands with the owner of its global id;
    one that has neither, with the others of its host and service.

    :returns: in the order in which they were met, with no parents yet
    """
    found: dict[object, Group] = {}

    def named(key: object, request_id: str | None) -> Group:
        one = found.get(key)
        if one is None:
            one = found[key] = Group(request_id, len(found))
        return one

    calls: list[tuple[Group, Record, str]] = []
    for record in records:
        request_id = record.request_id or record.global_request_id
        if request_id:
            one = named(request_id, request_id)
        else:
            one = named((record.host, record.service), None)
        one.records.append(record)
        stamp = micros(record)
        if stamp is not None and stamp < one.first:
            one.first = stamp
        if record.request_id:
            one.own = True
            given = record.global_request_id
            if given and given != record.request_id:
                one.global_id = one.global_id or given
        if record.call is not None and record.call.request_id:
            calls.append((one, record, record.call.request_id))
    for one, record, called in calls:
        callee = named(called, called)
        if callee is not one:
            callee.callers.append((one, record))
    for one in list(found.values()):
        one.answer = _answer(one.records)
        if one.global_id and not one.callers:
            named(one.global_id, one.global_id)
    return list(found.values())


def _answer(records: list[Record]) -> Record | None:
    """Return the record that tells the most of a request's end."""
    best, most = None, -1
    for record in records:
        if record.method is None and record.path is None:
            continue
        told = (
            8 * (record.duration is not None)
            + 4 * (record.status is not None)
            + 2 * (not is_access(record))
            + (record.timestamp is not None)
        )
        if told > most:
            best, most = record, told
    return best


def micros(record: Record) -> int | None:
    """Return a record's stamp in microseconds since 1970."""
    if record.timestamp is None:
        return None
    return (record.timestamp - _EPOCH) // _MICROSECOND


def moment(stamp: int) -> datetime.datetime | None:
    """Return the time of a stamp; None where no calendar has it."""
    try:
        return _EPOCH + stamp * _MICROSECOND
    except OverflowError:
        return None


def taken(record: Record | None) -> int | None:
    """Return how long a request took by its record, in microseconds."""
    if record is None or record.duration is None:
        return None
    seconds = record.duration
    if not math.isfinite(seconds) or not 0 <= seconds <= _LONGEST:
        return None
    return round(seconds * 1e6)


def is_access(record: Record) -> bool:
    """Tell whether a record is a line of a server's access log.

    Such a line is stamped with the begin of its request, in whole seconds.
    """
    return record.level is None and record.logger is None


def extent(answer: Record) -> tuple[int | None, int | None]:
    """Return begin and end of a request by its record, in microseconds.

    :returns: None for what it does not tell
    """
    stamp, duration = micros(answer), taken(answer)
    if stamp is None:
        return None, None
    if is_access(answer):
        return stamp, None if duration is None else stamp + duration
    return None if duration is None else stamp - duration, stamp
