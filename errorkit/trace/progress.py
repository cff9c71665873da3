# SPDX-License-Identifier: Apache-2.0
"""A progress bar on a terminal, and nothing where there is none."""

from __future__ import annotations

import os
import shutil
import sys
import time
from types import TracebackType
from typing import TextIO

#: Seconds between two looks of the bar.
_EVERY = 0.1


class Bar:
    """Say how many bytes have been read; call it with both numbers.

    A context manager: the line is clear again afterwards.

    :param stream: where it is drawn, if that is a terminal; standard error
        if None
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shown = is_terminal(self._stream)
        self._next = 0.0
        self._drawn = False

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._stream.write('\r\x1b[K')
            self._stream.flush()

    def __call__(self, done: int, total: int) -> None:
        """Draw the bar, ten times a second at most.

        :param done: bytes read
        :param total: of how many
        """
        if not self._shown:
            return
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        part = min(done / total, 1.0) if total > 0 else 0.0
        told = f' {part:4.0%} of {_size(total)}'
        columns = shutil.get_terminal_size().columns
        room = min(max(columns - len(told) - 3, 0), 40)
        full = int(part * room)
        self._stream.write(f'\r[{"#" * full:<{room}}]{told}\x1b[K')
        self._stream.flush()
        self._drawn = True


def _size(number: int) -> str:
    size, unit = float(number), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    return f'{size:.{1 if unit else 0}f} {_UNITS[unit]}'


_UNITS = ('bytes', 'KiB', 'MiB', 'GiB', 'TiB')


def is_terminal(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that can be drawn on."""
    try:
        return stream.isatty() and os.environ.get('TERM') != 'dumb'
    except (AttributeError, ValueError):  # closed, or none at all
        return False
