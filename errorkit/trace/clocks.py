# SPDX-License-Identifier: Apache-2.0
"""How far the clocks of hosts are apart, from what must lie within what.

A callee begins after its caller has begun, and its answer is there before
the caller logs the call. Where the stamps say otherwise a clock is wrong. The
call is logged right after the answer, so the end is what is made to meet.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import os
from collections.abc import Iterable

from errorkit.trace.grouping import Group, extent, is_access, micros
from errorkit.trace.records import Record
from errorkit.trace.spans import Kind

#: A request's last line is written after its answer has gone: on a busy
#: machine so many microseconds later, and no clock is wrong for that.
LATE = 250_000


def clock_of(record: Record) -> str:
    """Return the name of the clock that a record was stamped by.

    Where the host is not known, the logs of one service in one folder are
    taken to be of one.
    """
    return record.host or _named(record.service, record.source)


@functools.lru_cache(1024)
def _named(service: str | None, source: str) -> str:
    folder = os.path.dirname(source)
    return f'{service or "?"} in {folder}' if folder else service or source


@dataclasses.dataclass(frozen=True, slots=True)
class _Bound:
    """What one call says of two clocks, in microseconds.

    Each pair is the least and the most to be added to this clock's stamps,
    beyond what is added to the other's.

    :param other: the clock that is compared with
    :param whole: all of the callee's request lies within the call
    :param start: its begin does; the body of an answer may be long
    """

    other: str
    whole: tuple[float, float]
    start: tuple[float, float]

    def turned(self, clock: str) -> _Bound:
        """Return what it says of the other clock."""
        return _Bound(
            clock,
            (-self.whole[1], -self.whole[0]),
            (-self.start[1], -self.start[0]),
        )


def offsets(groups: Iterable[Group]) -> dict[str, int]:
    """Return what is to be added to each clock's stamps, in microseconds.

    :param groups: each behind its parent; the first one's clock is taken to
        be right
    :returns: every clock that has stamped a record
    """
    bounds: dict[str, list[_Bound]] = {}
    extents = _Extents()
    for one in groups:
        for record in one.records:
            bounds.setdefault(clock_of(record), [])
        for clock, bound in _bounds(one, extents):
            bounds.setdefault(clock, []).append(bound)
            bounds.setdefault(bound.other, []).append(bound.turned(clock))
    placed: dict[str, int] = {}
    for clock, told in bounds.items():
        placed[clock] = _placed(told, placed) if placed else 0
    return placed


def _placed(bounds: list[_Bound], placed: dict[str, int]) -> int:
    known = [bound for bound in bounds if bound.other in placed]
    low, high = -math.inf, math.inf
    for told in ('whole', 'start'):
        pairs = [(placed[x.other], getattr(x, told)) for x in known]
        low = max((base + pair[0] for base, pair in pairs), default=-math.inf)
        high = min((base + pair[1] for base, pair in pairs), default=math.inf)
        if low <= high:
            break
    if low - LATE <= 0 <= high + LATE:
        return 0
    # Where no shift will do: an answer comes before its call is logged.
    if high < math.inf:
        return int(high)
    return int(low) if low > -math.inf else 0


class _Extents:
    """When each request began and was answered, by each clock."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, int]] = {}

    def of(self, one: Group, clock: str) -> tuple[int | None, int | None]:
        """Return begin and end, in microseconds, by one clock."""
        begins = self._known.get(one.order)
        if begins is None:
            begins = self._known[one.order] = _begins(one)
        answer, end = one.answer, None
        if answer and not is_access(answer) and clock_of(answer) == clock:
            end = micros(answer)
        return begins.get(clock), end


def _begins(one: Group) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in one.records:
        if is_access(record):  # whole seconds are no measure
            continue
        stamp = micros(record)
        if record is one.answer:
            stamp = extent(record)[0] or stamp
        if stamp is not None:
            clock = clock_of(record)
            found[clock] = min(stamp, found.get(clock, stamp))
    return found


def _bounds(one: Group, extents: _Extents) -> Iterable[tuple[str, _Bound]]:
    """Return the clock of a callee, and what its call says of it."""
    parent = one.parent
    if parent is None or not one.own:
        return
    told = _teller(one)
    if told is None:
        return
    clock = clock_of(told)
    begin, end = extents.of(one, clock)
    if one.call is not None:
        other = clock_of(one.call)
        called = micros(one.call)
    else:
        caller = _teller(parent)
        if caller is None or parent.kind is not Kind.REQUEST:
            return
        other, called = clock_of(caller), None
    if other == clock or begin is None:
        return
    since, _ = extents.of(parent, other)
    low = -math.inf if since is None else since - begin
    start = whole = math.inf
    if called is not None:
        start = called - begin
        # Without its last line, a request may go on behind its answer.
        whole = start if end is None else called - end
    yield clock, _Bound(other, (low, whole), (low, start))


def _teller(one: Group) -> Record | None:
    """Return the record whose clock is the request's own."""
    for record in (one.answer, *one.records):
        if record and record.timestamp and not is_access(record):
            return record
    return None
