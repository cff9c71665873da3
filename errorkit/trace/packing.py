# SPDX-License-Identifier: Apache-2.0
"""Packed logs: told by their first bytes, read as a stream."""

from __future__ import annotations

import contextlib
import gzip
import importlib
import lzma
import zlib
from typing import Any, BinaryIO, Protocol, cast

_MAGIC = (
    (b'\x1f\x8b', 'gzip'),
    (b'\xfd7zXZ\x00', 'xz'),
    (b'\x28\xb5\x2f\xfd', 'zstd'),
)
#: So many first bytes tell how a file is packed.
MAGIC_LENGTH = max(len(magic) for magic, _ in _MAGIC)
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
        return _Unpacked(stream, gzip.GzipFile(fileobj=stream))
    if packing == 'xz':
        return _Unpacked(stream, lzma.LZMAFile(stream))
    if packing == 'zstd':
        return _Unpacked(stream, _Zstd(stream))
    return stream


class _Unpacked:
    """An unpacked stream that closes the packed one too."""

    def __init__(self, packed: BinaryIO, stream: Stream) -> None:
        self._packed = packed
        self._stream = stream
        self.read = stream.read
        self.readline = stream.readline

    def close(self) -> None:
        """Close both."""
        with contextlib.closing(self._packed):
            self._stream.close()


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
