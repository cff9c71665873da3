# SPDX-License-Identifier: Apache-2.0
"""Packed logs: told by their first bytes, read as a stream."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

from errorkit.trace import zstd

_MAGIC = (
    (b'\x1f\x8b', 'gzip'),
    (b'\xfd7zXZ\x00', 'xz'),
    (b'BZh', 'bzip2'),
    (zstd.MAGIC, 'zstd'),
    (zstd.PARALLEL, 'zstd'),
)
#: What is not read, but known: in plain text nothing begins like this.
_FOREIGN = (
    (b'\x04\x22\x4d\x18', 'lz4'),
    (b'\x02\x21\x4c\x18', 'lz4'),
    (b'\x1f\x9d', 'compress'),
    (b'PK\x03\x04', 'zip'),
    (b'7z\xbc\xaf\x27\x1c', '7-Zip'),
)
#: So many first bytes tell how a file is packed.
MAGIC_LENGTH = max(len(magic) for magic, _ in (*_MAGIC, *_FOREIGN))
#: Bytes that are read, or unpacked, at once.
_PIECE = 1 << 16
#: What unpacking xz may take, in bytes: twice what ``xz -9`` needs. zstd has
#: such a bound by itself.
_XZ_MEMORY = 128 << 20
#: What a stream raises that is broken, or cannot be read.
BROKEN: tuple[type[Exception], ...] = (
    OSError, ImportError, EOFError, lzma.LZMAError, zlib.error,
)


def packing_of(start: bytes) -> str | None:
    """Return how a file is packed.

    :param start: its first ``MAGIC_LENGTH`` bytes
    :returns: ``gzip``, ``xz``, ``bzip2``, ``zstd``, or None
    """
    return _told(start, _MAGIC)


def foreign(start: bytes) -> str | None:
    """Return how a file is packed that cannot be read for that.

    :param start: as of ``packing_of``
    :returns: the name of a program, or None
    """
    return _told(start, _FOREIGN)


def _told(
    start: bytes, known: tuple[tuple[bytes, str], ...]
) -> str | None:
    for magic, name in known:
        if start.startswith(magic):
            return name
    return None


class Stream(Protocol):
    """The bytes of a log."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""

    def readline(self, limit: int, /) -> bytes:
        """Return the bytes to the end of the line, at most so many."""

    def close(self) -> None:
        """Close it, and what it reads from."""


def unpacked(stream: BinaryIO, packing: str | None) -> Stream:
    """Return the stream of what is packed in a stream.

    :param stream: at its beginning; the one that is returned closes it
    :param packing: as from ``packing_of``
    :raises zstd.ZstdMissing: it needs the extra ``trace``
    """
    if packing == 'gzip':
        unzipped = gzip.GzipFile(fileobj=stream)
        return _Unpacked(stream, unzipped, unzipped.read1)
    if packing == 'xz':
        return _buffered(stream, _Streams(stream, 'an xz', _unxz))
    if packing == 'bzip2':
        return _buffered(
            stream, _Streams(stream, 'a bzip2', bz2.BZ2Decompressor)
        )
    if packing == 'zstd':
        return _buffered(stream, zstd.Zstd(stream))
    return stream


def _buffered(packed: BinaryIO, raw: io.RawIOBase) -> Stream:
    buffered = io.BufferedReader(raw, _PIECE)
    return _Unpacked(packed, buffered, buffered.read1)


class _Unpacked:
    """An unpacked stream that closes the packed one too.

    :param read: as ``read1``: what is unpacked at once, so that nothing that
        stands before a damage is lost
    """

    def __init__(
        self,
        packed: BinaryIO,
        stream: Stream,
        read: Callable[[int], bytes],
    ) -> None:
        self._packed = packed
        self._stream = stream
        self._read = read
        self._broken: Exception | None = None
        self.readline = stream.readline

    def read(self, size: int) -> bytes:
        """Return so many bytes; fewer at the end and before a damage."""
        parts, left = [], size
        while left and self._broken is None:
            try:
                # All that one call unpacks is lost where it finds a damage.
                part = self._read(min(left, _PIECE))
            except EOFError as exc:
                # Each library says it in words of its own.
                self._broken = EOFError(f'the file is cut short: {exc}')
                break
            except BROKEN as exc:
                self._broken = exc
                break
            if not part:
                break
            parts.append(part)
            left -= len(part)
        if self._broken is not None and not parts:
            raise self._broken
        return b''.join(parts)

    def close(self) -> None:
        """Close both."""
        with contextlib.closing(self._packed):
            self._stream.close()


def _unxz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


class _Streams(io.RawIOBase):
    """The bytes of a file of one or more streams, in bounded memory.

    :param stream: packed
    :param name: of such a stream, with its article
    :param unpacker: makes what unpacks one of them
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        unpacker: Callable[[], lzma.LZMADecompressor | bz2.BZ2Decompressor],
    ) -> None:
        self._stream = stream
        self._name = name
        self._next = unpacker
        self._unpacker = self._next()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes; none at the end."""
        while True:
            packed = b''
            if self._unpacker.eof:
                # Zeros may stand between streams, and at the end.
                packed = self._unpacker.unused_data.lstrip(b'\0')
                while not packed:
                    piece = self._stream.read(_PIECE)
                    if not piece:
                        return 0
                    packed = piece.lstrip(b'\0')
                self._unpacker = self._next()
            elif self._unpacker.needs_input:
                packed = self._stream.read(_PIECE)
                if not packed:
                    raise EOFError(f'it ends within {self._name} stream')
            data = self._unpacker.decompress(packed, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)
