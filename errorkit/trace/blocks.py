# SPDX-License-Identifier: Apache-2.0
"""A log in blocks of whole lines, and what stands around a block.

A plain file is read in segments, so that several processes can share it; a
packed one from its beginning to its end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
from collections.abc import Callable, Iterator

from errorkit.trace import packing
from errorkit.trace.files import Source

#: A block's size, in bytes, but for a line that is longer: what fits into
#: the processor's cache is searched fastest.
SIZE = 256 << 10
#: A longer line is cut, and an id at the cut is not seen.
MAX_LINE = 8 << 20
#: So many bytes before and behind a block are looked at for the rest of a
#: record.
BEFORE = 64 << 10
AFTER = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """A part of a log: the lines that begin in it.

    :param start: in bytes, 0 in a packed one
    :param end: in bytes; None: the end of the log
    :param size: for the progress, in bytes of the file
    """

    source: Source
    start: int
    end: int | None
    size: int


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """Some lines of a log, there until the next ones are read.

    :param offset: of its first byte in the unpacked log
    :param data: holds whole lines
    :param end: of them in the data
    :param before: gives some whole lines that stand before it
    :param after: gives some whole lines that stand behind it
    """

    offset: int
    data: bytes | bytearray
    end: int
    before: Callable[[], bytes]
    after: Callable[[], bytes]


def segments(source: Source, size: int) -> list[Segment]:
    """Cut a log into parts that can be read each for itself.

    :param size: of a part, in bytes
    """
    if source.packing is not None:
        return [Segment(source, 0, None, source.size)]
    # A log that is written to has grown since: the last part has no end.
    starts = range(0, max(source.size, 1), size)
    return [
        Segment(
            source, start,
            None if start == starts[-1] else start + size,
            min(size, source.size - start),
        )
        for start in starts
    ]


def read(segment: Segment) -> Iterator[Block]:
    """Yield the blocks of a part of a log.

    :raises OSError: as ``Source.open`` and reading do; and what is in
        ``packing.BROKEN``
    """
    if segment.source.packing is None:
        return _read_plain(segment)
    return _read_packed(segment.source)


def _read_plain(segment: Segment) -> Iterator[Block]:
    with open(segment.source.path, 'rb', buffering=0) as stream:
        offset = segment.start
        if offset:
            offset = _next_line(stream, offset - 1)
        # One for all blocks: memory that is new costs more than reading.
        buffer = bytearray(SIZE)
        while segment.end is None or offset < segment.end:
            stream.seek(offset)
            length = stream.readinto(buffer) or 0
            if not length:
                return
            end = buffer.rfind(b'\n', 0, length) + 1
            if not end and length == len(buffer) < MAX_LINE:
                buffer = bytearray(2 * length)
                continue
            end = end or length
            if segment.end is not None and offset + end > segment.end:
                last = buffer.find(b'\n', segment.end - offset - 1, end)
                end = last + 1 or end
            yield Block(
                offset, buffer, end,
                functools.partial(_before, stream, offset),
                functools.partial(_after, stream, offset + end),
            )
            offset += end


def _next_line(stream: io.FileIO, offset: int) -> int:
    """Return where the first line begins that begins behind an offset."""
    stream.seek(offset)
    while chunk := stream.read(SIZE):
        end = chunk.find(b'\n')
        if end >= 0:
            return offset + end + 1
        offset += len(chunk)
    return offset


def _before(stream: io.FileIO, offset: int) -> bytes:
    start = max(offset - BEFORE, 0)
    stream.seek(start)
    data = stream.read(offset - start) or b''
    return data[data.find(b'\n') + 1:] if start else data


def _after(stream: io.FileIO, offset: int) -> bytes:
    stream.seek(offset)
    return _whole(stream.read(AFTER) or b'')


def _whole(data: bytes) -> bytes:
    # Of a shorter piece the end of the log is the end of its last line.
    if len(data) < AFTER:
        return data
    return data[:data.rfind(b'\n') + 1]


def _read_packed(source: Source) -> Iterator[Block]:
    """Yield blocks, each of them when the next one is known."""
    before, offset, held = b'', 0, b''
    with contextlib.closing(source.open()) as stream:
        rest = b''
        broken = None
        # The next block is all that is known of what stands behind one.
        while True:
            try:
                chunk = stream.read(AFTER)
            except packing.BROKEN as exc:  # after all that was unpacked
                chunk, broken = b'', exc
            if not chunk:
                break
            rest += chunk
            end = rest.rfind(b'\n', max(0, len(rest) - len(chunk))) + 1
            if not end and len(rest) < MAX_LINE:
                continue
            data, rest = rest[:end or None], rest[end:] if end else b''
            if held:
                yield _held(held, before, offset, data)
                before = (before + held)[-BEFORE:]
                offset += len(held)
            held = data
        if held:
            yield _held(held, before, offset, rest)
            before = (before + held)[-BEFORE:]
            offset += len(held)
        if rest:
            yield _held(rest, before, offset, b'')
        if broken is not None:
            raise broken


def _held(data: bytes, before: bytes, offset: int, after: bytes) -> Block:
    begin = 0 if len(before) == offset else before.find(b'\n') + 1
    after = after[:AFTER]
    return Block(
        offset, data, len(data), lambda: before[begin:],
        lambda: _whole(after),
    )
