# SPDX-License-Identifier: Apache-2.0
"""The bytes of a zstd file, and whether it came to its end.

The packages' own streams end alike where a file is cut short and where it is
whole; what unpacks single frames tells.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

MAGIC = b'\x28\xb5\x2f\xfd'
#: What a file of pzstd begins with: a frame that holds nothing of the log.
PARALLEL = b'\x50\x2a\x4d\x18'
#: Packed bytes that are unpacked at once. Four may hold 128 KiB (RFC 8878,
#: section 3.1.1.2), and so these 32 MiB at the most.
_PIECE = 1024


class ZstdMissing(ImportError):
    """Neither Python nor an installed package reads zstd."""


class BrokenZstd(OSError):
    """A zstd stream is damaged."""


class _Unpacker(Protocol):
    """Unpacks one frame."""

    @property
    def eof(self) -> bool:
        """It came to the frame's end."""

    @property
    def unused_data(self) -> bytes:
        """What stood behind that."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return what some bytes of it hold."""


class Zstd(io.RawIOBase):
    """The bytes of a zstd file of one or more frames.

    :param stream: packed
    :raises ZstdMissing: it needs the extra ``trace``
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._next, self._errors = _library()
        self._unpacker = self._next()
        self._left = b''

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes; none at the end.

        :raises EOFError: the file is cut short
        :raises BrokenZstd: it is damaged
        """
        while not self._left:
            is_over = self._unpacker.eof
            packed = self._unpacker.unused_data if is_over else b''
            packed = packed or self._stream.read(_PIECE)
            if not packed and is_over:
                return 0
            if not packed:
                raise EOFError('it ends within a zstd frame')
            if is_over:
                self._unpacker = self._next()
            try:
                self._left = self._unpacker.decompress(packed)
            except self._errors as exc:
                raise BrokenZstd(str(exc)) from exc
        length = min(len(buffer), len(self._left))
        buffer[:length] = self._left[:length]
        self._left = self._left[length:]
        return length


def _library() -> tuple[
    Callable[[], _Unpacker], tuple[type[Exception], ...]
]:
    """Return what makes unpackers, and what these raise for a damage."""
    try:  # from Python 3.14 on
        module = importlib.import_module('compression.zstd')
    except ImportError:
        pass
    else:
        return module.ZstdDecompressor, (module.ZstdError, EOFError)
    try:
        module = importlib.import_module('zstandard')
    except ImportError:
        raise ZstdMissing(
            'zstd needs the package zstandard: '
            "pip install 'errorkit[trace]'",
            name='zstandard',
        ) from None
    return module.ZstdDecompressor().decompressobj, (module.ZstdError,)
