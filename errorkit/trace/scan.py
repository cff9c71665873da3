# SPDX-License-Identifier: Apache-2.0
"""A part of a log is looked through; what one process does for the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Protocol

from errorkit.trace import around, blocks, packing
from errorkit.trace.blocks import Segment
from errorkit.trace.kin import Kin
from errorkit.trace.lines import services
from errorkit.trace.outcome import is_error
from errorkit.trace.records import Record
from errorkit.trace.wanted import Failures, Ids, Wanted, ids_of

_FAILURES = Failures()
#: What a process hands over at once, in bytes, about.
_MOST = 8 << 20
#: A record's share of them, besides its text.
_OF_RECORD = 500


@dataclasses.dataclass(slots=True)
class Found:
    """What a part of a log holds.

    :param records: each with the offset of its first byte, ascending; where
        lines were counted, their lines are those of this part
    :param lines: how many there are, where they were counted
    :param problem: why the part was not read to its end, or None
    :param partly: some of it was read
    """

    records: Sequence[tuple[int, Record]]
    lines: int = 0
    problem: str | None = None
    partly: bool = False

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        return iter(self.records)


def for_ids(task: tuple[Segment, frozenset[str], frozenset[str]]) -> Found:
    """Return the records that hold one of some ids.

    And those that hold an id that such a record tells of, where they stand
    in the same block or further on: a chain of calls is found at once.
    Lines are counted in packed logs, where that costs little beside the
    unpacking.

    :param task: the segment, the ids, and those that are known besides, for
        which nobody looks again
    """
    segment, wanted, known = task
    reading = Reading(
        segment,
        _Related(wanted, known),
        counted=segment.source.packing is not None,
    )
    return reading.found(list(reading))


def failures(segment: Segment) -> Reading:
    """Return the reading of the records that tell that a request failed.

    Lines are counted.
    """
    return Reading(segment, _Failed(), counted=True)


def some_failures(segment: Segment) -> Found | None:
    """Return what ``failures`` reads, unless that is more than 8 MiB."""
    reading, records, size = failures(segment), [], 0
    for offset, record in reading:
        size += _OF_RECORD + 2 * len(record.text)
        if size > _MOST:
            return None
        records.append((offset, record))
    return reading.found(records)


def is_failure(record: Record) -> bool:
    """Tell whether a record says that a request failed."""
    if record.status is not None and record.status >= 400:
        return True
    return record.request_id is not None and is_error(record)


class _Search(Protocol):
    """What is looked for in a part of a log, and may grow."""

    def next(self) -> Wanted | None:
        """Return what to look for in this block now; None: no more."""

    def begin(self) -> Wanted:
        """Return what to look for when a block begins."""

    def take(self, record: Record) -> bool:
        """Tell whether a record is one of those."""


class _Failed:
    """The records of requests that failed."""

    def begin(self) -> Wanted:
        return _FAILURES

    def next(self) -> Wanted | None:
        return None

    def take(self, record: Record) -> bool:
        return is_failure(record)


class _Related:
    """The records of some ids, and of those that they tell of."""

    def __init__(
        self, wanted: frozenset[str], known: frozenset[str]
    ) -> None:
        self._kin = Kin(*wanted, *known)
        self._all = set(wanted)
        self._wanted = ids_of(wanted)
        self._grown = False

    def begin(self) -> Wanted:
        if self._grown:
            self._wanted, self._grown = Ids(self._all), False
        return self._wanted

    def next(self) -> Wanted | None:
        new, self._kin.new = self._kin.new, set()
        if not new:
            return None
        self._all |= new
        self._grown = True
        return Ids(new)

    def take(self, record: Record) -> bool:
        # One that is of no use now may be of the tree for its reader.
        self._kin.take(record)
        return True


class Reading:
    """The records that are looked for in a part of a log, while it is read.

    To be iterated over once: gives each with the offset of its first byte,
    ascending, and holds no more than those of a block.

    :param counted: whether the lines are
    """

    def __init__(
        self, segment: Segment, search: _Search, *, counted: bool
    ) -> None:
        self._segment = segment
        self._search = search
        self._counted = counted
        self._named = services.of_file(segment.source.name)
        self._held: dict[int, Record] = {}
        #: See ``Found``; complete at the end.
        self.lines = 0
        self.problem: str | None = None
        self.partly = False

    def found(self, records: Sequence[tuple[int, Record]]) -> Found:
        """Return what was found: these, and what is known of the reading."""
        return Found(records, self.lines, self.problem, self.partly)

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        try:
            for block in blocks.read(self._segment):
                # Of what stands further back no block tells more.
                yield from self._complete(block.offset - blocks.BEFORE)
                wanted: Wanted | None = self._search.begin()
                lines = _Lines(block)
                while wanted is not None:
                    if places := wanted.places(block.data, block.end):
                        self._read(block, wanted, places, lines)
                    wanted = self._search.next()
                if self._counted:
                    self.lines += block.data.count(b'\n', 0, block.end)
                self.partly = True
        except packing.BROKEN as exc:
            reason = exc.strerror if isinstance(exc, OSError) else None
            self.problem = reason or str(exc) or type(exc).__name__
        yield from self._complete(None)

    def _read(
        self,
        block: blocks.Block,
        wanted: Wanted,
        places: list[int],
        lines: _Lines,
    ) -> None:
        source, named = self._segment.source, self._named
        for group in around.groups(
            block, places, source.written, wanted.matches
        ):
            if self._counted:
                group.line = self.lines + lines.number(group.offset)
            record = group.record(source.name, named, source.written)
            if not self._search.take(record):
                continue
            # A record may be seen from two blocks: whole from one.
            other = self._held.get(group.offset)
            if other is None or len(other.text) < len(record.text):
                self._held[group.offset] = record

    def _complete(self, end: int | None) -> Iterator[tuple[int, Record]]:
        """Yield the records that begin before an offset, and forget them."""
        for offset in sorted(self._held):
            if end is not None and offset >= end:
                return
            yield offset, self._held.pop(offset)


class _Lines:
    """Numbers the lines of a block, counting on from the last one asked for.

    :param block: its first line is 1
    """

    def __init__(self, block: blocks.Block) -> None:
        self._block = block
        self._place = self._count = 0

    def number(self, offset: int) -> int:
        """Return the number of the line that begins at an offset."""
        place = offset - self._block.offset
        if place < 0:
            return 1 - self._block.before().count(b'\n', place)
        if place < self._place:
            self._place = self._count = 0
        self._count += self._block.data.count(b'\n', self._place, place)
        self._place = place
        return 1 + self._count


def count(task: tuple[Segment, list[int]]) -> list[int]:
    """Return how many lines end before some places of a plain log.

    :param task: the segment, and offsets in it, ascending
    :returns: for each place the lines since the segment's start; then those
        of the whole segment
    """
    segment, places = task
    counts, lines, place = [], 0, segment.start
    end = segment.end if segment.end is not None else places[-1]
    try:
        with open(segment.source.path, 'rb', buffering=0) as stream:
            stream.seek(place)
            for stop in (*places, end):
                while place < stop:
                    chunk = stream.read(min(blocks.SIZE, stop - place))
                    if not chunk:
                        break
                    lines += chunk.count(b'\n')
                    place += len(chunk)
                counts.append(lines)
    except OSError:
        counts += [lines] * (len(places) + 1 - len(counts))
    return counts
