# SPDX-License-Identifier: Apache-2.0
"""Records become a tree of requests."""

from __future__ import annotations

from collections.abc import Iterable

from errorkit.trace import clocks, parents
from errorkit.trace.grouping import (
    Group,
    extent,
    group,
    is_access,
    micros,
    moment,
    taken,
)
from errorkit.trace.outcome import (
    asked,
    code_of,
    culprit,
    first_error,
    is_error,
)
from errorkit.trace.records import Record
from errorkit.trace.spans import Kind, Shift, Span, Tree


def build(records: Iterable[Record], wanted: str | None = None) -> Tree:
    """Return the tree, or the trees, of some records.

    Linear but for the sorting; nothing recurses, however deep it is.

    :param records: of any requests; each is in the result once, even where
        two are equal
    :param wanted: the id that was asked for
    """
    groups = group(records)
    parents.link(groups)
    for one in groups:
        one.children.sort(key=_began)
    roots = [one for one in groups if one.parent is None]
    roots.sort(key=_began)
    ordered = _ordered(roots)
    shifts = clocks.offsets(ordered)
    for one in ordered:
        one.records.sort(key=lambda record: _moved(record, shifts))
        _measure(one, shifts)
    # A caller without records lasts as long as what it has called.
    for one in reversed(ordered):
        one.children.sort(key=_began)
        if one.kind is Kind.CALLER:
            known = [one, *one.children]
            begins = [x.begin for x in known if x.begin is not None]
            ends = [x.end for x in known if x.end is not None]
            one.begin = min(begins, default=None)
            one.end = max(ends, default=None)
    roots.sort(key=_began)
    return _flat(_ordered(roots), shifts, wanted)


def _began(one: Group) -> tuple[float, int]:
    begin = one.first if one.begin is None else one.begin
    return begin, one.order


def _ordered(roots: list[Group]) -> list[Group]:
    found, waiting = [], roots[::-1]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(reversed(one.children))
    return found


def _moved(record: Record, shifts: dict[str, int]) -> float:
    stamp = micros(record)
    if stamp is None:
        return float('inf')
    return stamp + shifts[clocks.clock_of(record)]


def _measure(one: Group, shifts: dict[str, int]) -> None:
    """Set when a request began and ended, the clocks set right."""
    stamps = [
        stamp + shifts[clocks.clock_of(record)]
        for record in one.records
        if (stamp := micros(record)) is not None
    ]
    one.until = max(stamps, default=None)
    if one.kind is Kind.MISSING and one.call is not None and not stamps:
        stamp = micros(one.call)
        if stamp is not None:
            one.begin = stamp + shifts[clocks.clock_of(one.call)]
            one.end = one.until = one.begin
        return
    if not stamps:
        return
    one.begin, one.end = min(stamps), one.until
    if one.answer is not None:
        shift = shifts[clocks.clock_of(one.answer)]
        begin, end = extent(one.answer)
        if end is not None:
            one.end = end + shift
        if begin is not None:
            one.begin = begin + shift
        if one.end is not None:
            one.begin = min(one.begin, one.end)
    late = _late(one, shifts)
    one.begin -= late
    if one.end is not None:
        one.end -= late


def _late(one: Group, shifts: dict[str, int]) -> int:
    """Return how long after its answer a request's last line was written.

    In microseconds: its caller has logged the call by then.
    """
    stamp = None if one.call is None else micros(one.call)
    if one.call is None or one.answer is None or stamp is None:
        return 0
    if one.end is None or is_access(one.answer):
        return 0
    late = int(one.end - stamp - shifts[clocks.clock_of(one.call)])
    return late if 0 < late <= clocks.LATE else 0


def _flat(
    ordered: list[Group], shifts: dict[str, int], wanted: str | None
) -> Tree:
    positions = {one.order: at for at, one in enumerate(ordered)}
    stamps = [one.begin for one in ordered if one.begin is not None]
    stamps += [
        stamp + shifts[clocks.clock_of(record)]
        for one in ordered
        for record in one.records
        if (stamp := micros(record)) is not None
    ]
    zero = min(stamps, default=0)
    stamps += [one.end for one in ordered if one.end is not None]
    spans: list[Span] = []
    for one in ordered:
        above = None if one.parent is None else positions[one.parent.order]
        depth = 0 if above is None else spans[above].depth + 1
        children = tuple(positions[child.order] for child in one.children)
        spans.append(
            _span(one, positions[one.order], above, children, depth, zero,
                  shifts)
        )
    start = asked(spans, wanted)
    return Tree(
        wanted=wanted,
        spans=tuple(spans),
        shifts=tuple(
            Shift(clock, by / 1e6) for clock, by in shifts.items() if by
        ),
        started=moment(zero) if stamps else None,
        duration=(max(stamps, default=zero) - zero) / 1e6,
        asked=start,
        culprit=culprit(spans, start),
    )


def _span(
    one: Group,
    position: int,
    parent: int | None,
    children: tuple[int, ...],
    depth: int,
    zero: int,
    shifts: dict[str, int],
) -> Span:
    records, answer = one.records, one.answer
    teller = answer or (records[0] if records else None)
    call = one.call.call if one.call is not None else None
    status = answer.status if answer else None
    if status is None:
        told = [x.status for x in records if x.status is not None]
        status = told[-1] if told else None
    error = first_error(records, status)
    names = [teller.service if teller else None]
    names += [call.service] if call else []
    # One log of many services tells it by the loggers of some records alone.
    service = next(filter(None, [*names, *(x.service for x in records)]), None)
    shift = shifts[clocks.clock_of(teller)] if teller else 0
    duration = None
    measured = taken(answer) is not None
    if one.begin is not None and one.end is not None:
        duration = (one.end - one.begin) / 1e6
    if one.kind in (Kind.MISSING, Kind.OTHER):
        duration = None
    method, path = (answer.method, answer.path) if answer else (None, None)
    if answer is None and call is not None and one.kind is Kind.MISSING:
        method, path = call.method, call.url
    return Span(
        position=position,
        parent=parent,
        children=children,
        depth=depth,
        kind=one.kind,
        link=one.link,
        request_id=one.request_id,
        global_request_id=one.global_id,
        service=service,
        others=tuple(
            dict.fromkeys(
                x.service for x in records if x.service not in (None, service)
            )
        ),
        host=(teller.host if teller else None)
        or next((x.host for x in records if x.host), None),
        method=method,
        path=path,
        started=None if one.begin is None else moment(one.begin - shift),
        begin=_seconds(one.begin, zero),
        duration=duration,
        measured=measured,
        until=_seconds(one.until, zero),
        shift=shift / 1e6,
        status=status,
        code=code_of(records, answer, error),
        failed=(status is not None and status >= 400)
        or (error is not None and is_error(records[error])),
        error=error,
        records=tuple(records),
        offsets=tuple(
            _seconds(
                None
                if (stamp := micros(record)) is None
                else stamp + shifts[clocks.clock_of(record)],
                zero,
            )
            for record in records
        ),
        call=one.call,
    )


def _seconds(stamp: int | None, zero: int) -> float | None:
    return None if stamp is None else (stamp - zero) / 1e6
