# SPDX-License-Identifier: Apache-2.0
"""A part of a log is looked through; what one process does for the others."""

from __future__ import annotations

import dataclasses

from errorkit.trace import around, blocks, packing
from errorkit.trace.blocks import Segment
from errorkit.trace.lines import services
from errorkit.trace.records import Record
from errorkit.trace.wanted import Failures, Wanted, ids_of

#: A level that a failed request's record has.
BAD_LEVELS = frozenset(('ERROR', 'CRITICAL', 'FATAL'))
_FAILURES = Failures()


@dataclasses.dataclass(slots=True)
class Found:
    """What a part of a log holds.

    :param records: by the offset of their first byte; where lines were
        counted, their lines are those of this part
    :param lines: how many there are, where they were counted
    :param problem: why the part was not read to its end, or None
    :param partly: some of it was read
    """

    records: dict[int, Record]
    lines: int = 0
    problem: str | None = None
    partly: bool = False


def for_ids(task: tuple[Segment, frozenset[str]]) -> Found:
    """Return the records that hold one of some ids.

    Lines are counted in packed logs, where that costs little beside the
    unpacking.
    """
    segment, wanted = task
    counted = segment.source.packing is not None
    return _scan(segment, ids_of(wanted), counted)


def for_failures(segment: Segment) -> Found:
    """Return the records that tell that a request failed, lines counted."""
    found = _scan(segment, _FAILURES, True)
    found.records = {
        offset: record for offset, record in found.records.items()
        if is_failure(record)
    }
    return found


def is_failure(record: Record) -> bool:
    """Tell whether a record says that a request failed."""
    if record.status is not None and record.status >= 400:
        return True
    return record.request_id is not None and record.level in BAD_LEVELS


def _scan(segment: Segment, wanted: Wanted, counted: bool) -> Found:
    source = segment.source
    named = services.of_file(source.name)
    found = Found({})
    try:
        for block in blocks.read(segment):
            if places := wanted.places(block.data, block.end):
                lines = _Lines(block)
                for group in around.groups(
                    block, places, source.written, wanted.matches
                ):
                    if counted:
                        group.line = found.lines + lines.number(group.offset)
                    record = group.record(
                        source.name, named, source.written
                    )
                    # A record may be seen from two blocks: whole from one.
                    other = found.records.get(group.offset)
                    if other is None or len(other.text) < len(record.text):
                        found.records[group.offset] = record
            if counted:
                found.lines += block.data.count(b'\n', 0, block.end)
            found.partly = True
    except packing.BROKEN as exc:
        reason = exc.strerror if isinstance(exc, OSError) else None
        found.problem = reason or str(exc) or type(exc).__name__
    return found


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
