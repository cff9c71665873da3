# SPDX-License-Identifier: Apache-2.0
"""Packed logs: told by their first bytes, read as a stream."""

from __future__ import annotations

import contextlib
import gzip
import importlib
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol, cast

_MAGIC = (
    (b'\x1f\x8b', 'gzip'),
    (b'\xfd7zXZ\x00', 'xz'),
    (b'\x28\xb5\x2f\xfd', 'zstd'),
)
#: So many first bytes tell how a file is packed.
MAGIC_LENGTH = max(len(magic) for magic, _ in _MAGIC)
#: Packed bytes that are read at once.
_PIECE = 1 << 16
#: What unpacking xz may take, in bytes: twice what ``xz -9`` needs. zstd has
#: such a bound by itself.
_XZ_MEMORY = 128 << 20
#: What a stream raises that is broken, or cannot be read.
BROKEN: tuple[type[Exception], ...] = (
    OSError, ImportError, EOFError, lzma.LZMAError, zlib.error,
)


class ZstdMissing(ImportError):
    """Neither Python nor an installed package reads zstd."""


class BrokenZstd(OSError):
    """A zstd stream is damaged."""


def packing_of(start: bytes) -> str | None:
    """Return how a file is packed: ``gzip``, ``xz``, ``zstd``, or None.

    :param start: its first ``MAGIC_LENGTH`` bytes
    """
    for magic, name in _MAGIC:
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
    :raises ZstdMissing: it needs the extra ``trace``
    """
    if packing == 'gzip':
        unzipped = gzip.GzipFile(fileobj=stream)
        return _Unpacked(stream, unzipped, unzipped.read1)
    if packing == 'xz':
        buffered = io.BufferedReader(_Xz(stream), _PIECE)
        return _Unpacked(stream, buffered, buffered.read1)
    if packing == 'zstd':
        unpacking = _Zstd(stream)
        return _Unpacked(stream, unpacking, unpacking.read)
    return stream


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
                part = self._read(left)
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


class _Xz(io.RawIOBase):
    """The bytes of an xz file of one or more streams, in bounded memory.

    :param stream: packed
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._unpacker = self._next()

    @staticmethod
    def _next() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

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
                    raise EOFError('it ends before its end-of-stream marker')
            data = self._unpacker.decompress(packed, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)


class _Zstd:
    """The bytes of a zstd stream of one or more frames.

    :param stream: packed
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._reader, self._errors = _zstd_reader(stream)
        self._left = b''

    def read(self, size: int) -> bytes:
        """Return at most so many bytes; fewer, or none, at the end."""
        try:
            return cast(bytes, self._reader.read(size))
        except self._errors as exc:
            raise BrokenZstd(str(exc)) from exc

    def readline(self, limit: int) -> bytes:
        """Return the bytes to the end of the line, at most so many."""
        parts, length = [], 0
        while length < limit:
            chunk = self._left or self.read(1 << 16)
            if not chunk:
                break
            end = chunk.find(b'\n', 0, limit - length) + 1
            take = end or limit - length
            parts.append(chunk[:take])
            self._left = chunk[take:]
            length += len(parts[-1])
            if end:
                break
        return b''.join(parts)

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()


def _zstd_reader(
    stream: BinaryIO,
) -> tuple[Any, tuple[type[Exception], ...]]:
    """Return a reader, and what it raises for a damaged stream."""
    try:  # from Python 3.14 on
        module = importlib.import_module('compression.zstd')
    except ImportError:
        pass
    else:
        return module.ZstdFile(stream), (module.ZstdError, EOFError)
    try:
        module = importlib.import_module('zstandard')
    except ImportError:
        raise ZstdMissing(
            'zstd needs the package zstandard: '
            "pip install 'errorkit[trace]'",
            name='zstandard',
        ) from None
    reader = module.ZstdDecompressor().stream_reader(
        stream, read_across_frames=True
    )
    return reader, (module.ZstdError,)
