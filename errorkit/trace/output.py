# SPDX-License-Identifier: Apache-2.0
"""What is printed, as far as whoever reads it can show it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TextIO

from errorkit.trace.progress import is_terminal
from errorkit.trace.safe import fitted
from errorkit.trace.text import Look

#: A complaint is no longer than this.
_LONGEST = 1000


def look() -> Look:
    """Return what the standard output can show."""
    try:
        '│├└─…'.encode(_encoding(sys.stdout))
        plain = False
    except (UnicodeEncodeError, LookupError):
        plain = True
    # https://no-color.org: whatever it is set to, but nothing.
    coloured = is_terminal(sys.stdout) and not os.environ.get('NO_COLOR')
    return Look(shutil.get_terminal_size().columns, coloured, plain)


def put(lines: Iterator[str]) -> None:
    """Print lines on the standard output."""
    for line in lines:
        _put(sys.stdout, line)


def say(said: str) -> None:
    """Tell the user something, on the standard error."""
    _put(sys.stderr, fitted(f'errorkit trace: {said}', _LONGEST))


def write(name: str, page: str) -> None:
    """Write a page, in UTF-8.

    :param name: of a file; ``-`` is the standard output
    :raises OSError: it cannot be written
    """
    if name != '-':
        with open(name, 'w', encoding='utf-8') as file:
            file.write(page)
        return
    raw = getattr(sys.stdout, 'buffer', None)
    if raw is None:  # somebody has put a text in its place
        sys.stdout.write(page)
        return
    sys.stdout.flush()
    raw.write(page.encode())


def _put(stream: TextIO, line: str) -> None:
    encoding = _encoding(stream)
    shown = line.encode(encoding, 'backslashreplace').decode(encoding)
    stream.write(f'{shown}\n')


def _encoding(stream: TextIO) -> str:
    return getattr(stream, 'encoding', None) or 'utf-8'
