# SPDX-License-Identifier: Apache-2.0
"""The records that belong to an id, and those of failures, of very many.

A log is read as often as it takes to know all ids of the tree, within bounds:
once for the id that was asked for, once for those that its records name, and
again only when that has shown ids in places far from all others. Time is
linear in the size of the logs; memory depends on the size of the tree alone,
and for failures on nothing.
"""

from __future__ import annotations

import bisect
import dataclasses
import datetime
import itertools
from collections.abc import Iterator, Sequence

from errorkit import ids
from errorkit.trace import blocks, scan
from errorkit.trace.blocks import Segment, segments
from errorkit.trace.files import Progress, Source, Sources
from errorkit.trace.kin import Kin
from errorkit.trace.records import Record
from errorkit.trace.workers import Workers

#: What one process reads before it tells what it has found, in bytes.
SEGMENT = 32 << 20
#: Around each record of a tree so many bytes, before and behind, are
#: searched at once for further ids.
NEAR = 2 << 20
#: The logs are read so many times at most. Services that call each other need
#: few; a client that names the id of its last answer as that of its next
#: request makes a chain without end.
READINGS = 20
#: Between two of them, what is near is read so many times at most.
NEAR_READINGS = 10
#: What one process reads of failures before it tells what it has found, in
#: bytes. Of some logs each line is one.
FAILURES = 4 << 20
#: In plain logs that are more than this together, in bytes, no lines are
#: counted: that would be a sixth of the time.
COUNTED = 1 << 30
_LATEST = datetime.datetime.max.replace(tzinfo=datetime.UTC)


def tree(
    request_id: str, sources: Sources, progress: Progress | None = None
) -> list[Record]:
    """Return all records of the tree of requests that an id belongs to.

    By the global id that they share, by the calls that were logged ("used
    request id", in both directions), and by the ids in access logs. A record
    of another request that only names an id in its text is not of the tree.

    :param request_id: a local or a global id
    :param progress: is told how far the reading is
    :returns: by time, then by source and line; those without a time last.
        The lines of plain logs are 0 where there is more than 1 GiB to read
    :raises ValueError: it has not the form of an id
    """
    if not ids.is_valid(request_id, strict=False):
        raise ValueError('not a request id: req- and a UUID, in lower case')
    with Workers(sources.size) as workers:
        search = _Search(request_id, sources, workers, progress)
        search.run()
        return search.records()


def errors(
    sources: Sources, progress: Progress | None = None
) -> Iterator[Record]:
    """Yield the records that tell that a request failed.

    Those with a status from 400 on, and those with a level of an error
    that have a request id. A request that failed may give several, and the
    caller puts them together by ``request_id``; a line of an access log may
    have none.

    :param progress: is told how far the reading is
    :returns: in the order of the sources and, in each, of its lines
    """
    parts = [
        part for source in sources for part in segments(source, FAILURES)
    ]
    told = _Told(progress)
    told.expect(sum(part.size for part in parts))
    with Workers(sources.size) as workers:
        results: Iterator[scan.Found | None] = (
            workers.run(scan.some_failures, parts) if workers.several
            else itertools.repeat(None, len(parts))
        )
        lines, seen = 0, set[int]()
        for part, found in zip(parts, results, strict=True):
            if not part.start:
                lines, seen = 0, set()
            # A record may be seen from two parts.
            end = part.start + part.size - blocks.BEFORE
            before, seen = seen, set()
            # What is too much to be handed over is read here.
            one = found or scan.failures(part)
            for offset, record in one:
                if part.end is not None and offset >= end:
                    seen.add(offset)
                if offset not in before:
                    yield dataclasses.replace(
                        record, line=lines + record.line
                    )
            if one.problem:
                sources.tell(
                    part.source.name, one.problem, partly=one.partly
                )
            lines += one.lines
            told.did(part.size)


class _Told:
    """Tells the caller how far the reading is."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._done = self._total = 0

    def expect(self, size: int) -> None:
        self._total += size
        self.did(0)

    def did(self, size: int) -> None:
        self._done += size
        if self._progress is not None:
            self._progress(self._done, self._total)


class _Search:
    """The search for a tree."""

    def __init__(
        self,
        request_id: str,
        sources: Sources,
        workers: Workers,
        progress: Progress | None,
    ) -> None:
        self._kin = Kin(request_id)
        self._sources = sources
        self._places = {one: place for place, one in enumerate(sources)}
        self._workers = workers
        self._told = _Told(progress)
        self._found: dict[tuple[int, int], Record] = {}

    def run(self) -> None:
        """Search until no new ids are found, or often enough."""
        searched: set[str] = set()
        for _ in range(READINGS):
            new = self._kin.known - searched
            if not new:
                return
            before = set(self._found)
            self._read(
                [
                    part for source in self._sources
                    for part in segments(source, SEGMENT)
                ],
                new, searched,
            )
            searched |= new
            self._read_near(set(self._found) - before, searched)
        if self._kin.known - searched:
            self._sources.tell(
                'the tree',
                f'the logs were read {READINGS} times, and still show '
                'further ids',
                partly=True,
            )

    def _read(
        self, parts: Sequence[Segment], wanted: set[str], known: set[str]
    ) -> None:
        """Find the records with some ids in some parts of the logs.

        :param known: ids that nobody looks for again
        """
        self._told.expect(sum(part.size for part in parts))
        new, old = frozenset(wanted), frozenset(known)
        tasks = [(part, new, old) for part in parts]
        found = self._workers.run(scan.for_ids, tasks)
        held: list[tuple[tuple[int, int], Record]] = []
        for part, one in zip(parts, found, strict=True):
            if one.problem:
                self._sources.tell(
                    part.source.name, one.problem, partly=one.partly
                )
            place = self._places[part.source]
            held += (
                ((place, offset), record)
                for offset, record in one
            )
            self._told.did(part.size)
        # A record may belong to the tree by an id that another tells.
        count = -1
        while held and count != len(held):
            count = len(held)
            # To and fro: a chain may go either way.
            held = [one for one in reversed(held) if not self._take(*one)]

    def _take(self, place: tuple[int, int], record: Record) -> bool:
        if not self._kin.take(record):
            return False
        other = self._found.get(place)
        if other is None or len(other.text) < len(record.text):
            self._found[place] = record
        return True

    def _read_near(
        self, places: set[tuple[int, int]], searched: set[str]
    ) -> None:
        """Search for new ids where records of the tree have been found.

        Most of a tree stands close together: its ids are known after this,
        before the logs are read as a whole again.
        """
        known = set(searched)
        for _ in range(NEAR_READINGS):
            new = self._kin.known - known
            if not new or not places:
                return
            before = set(self._found)
            self._read(self._near(places), new, known)
            known |= new
            places = set(self._found) - before | places

    def _near(self, places: set[tuple[int, int]]) -> list[Segment]:
        """Return the parts of the plain logs that are near some records."""
        parts: list[Segment] = []
        for number, offset in sorted(places):
            source = self._sources[number]
            if source.packing is not None:
                continue
            start, end = max(offset - NEAR, 0), offset + NEAR
            if parts and parts[-1].source is source and (
                start <= (parts[-1].end or 0)
            ):
                start = parts.pop().start
            parts.append(Segment(source, start, end, end - start))
        return parts

    def records(self) -> list[Record]:
        """Return what was found, its lines counted, in order."""
        numbered = self._numbered()
        return sorted(
            numbered,
            key=lambda one: (
                one.timestamp is None, one.timestamp or _LATEST,
                one.source, one.line,
            ),
        )

    def _numbered(self) -> Iterator[Record]:
        """Yield the records with the numbers of their lines."""
        by_source: dict[int, list[int]] = {}
        for number, offset in sorted(self._found):
            by_source.setdefault(number, []).append(offset)
        for number, offsets in by_source.items():
            source = self._sources[number]
            if source.packing is None and self._sources.size <= COUNTED:
                lines = self._lines(source, offsets)
                for offset, line in zip(offsets, lines, strict=True):
                    record = self._found[number, offset]
                    yield dataclasses.replace(record, line=line)
            else:
                for offset in offsets:
                    yield self._found[number, offset]

    def _lines(self, source: Source, offsets: list[int]) -> list[int]:
        """Return the numbers of the lines that begin at some offsets."""
        tasks = []
        for start in range(0, offsets[-1] + 1, SEGMENT):
            end = min(start + SEGMENT, offsets[-1])
            inside = offsets[
                bisect.bisect_left(offsets, start):
                bisect.bisect_left(offsets, start + SEGMENT)
            ]
            tasks.append((Segment(source, start, end, 0), inside))
        lines, before = [], 1
        for counts in self._workers.run(scan.count, tasks):
            lines += [before + one for one in counts[:-1]]
            before += counts[-1]
        return lines
