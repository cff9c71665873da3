# SPDX-License-Identifier: Apache-2.0
"""What the lint finds, and how a finding is written."""

from __future__ import annotations

import dataclasses
import io
import sys

#: The ids and what they stand for. An id keeps its meaning for good.
KINDS = {
    'E100': 'a file cannot be read',
    'E101': 'a code is used and not declared',
    'E102': 'a code is declared and never used',
    'E103': 'a webob error has no code',
    'E104': 'a code is declared twice',
    'E105': 'the parameters are not the declared ones',
    'E106': 'the code is not declared for this status',
    'E107': 'a retired code is used',
    'E108': 'a code is declared where the catalog does not know of it',
    'E109': 'a code is raised, which is no exception',
}


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One finding.

    :param path: the file, as it was named
    :param line: from 1
    :param column: from 1
    :param id: one of ``KINDS``
    :param text: what is wrong, one line
    """

    path: str
    line: int
    column: int
    id: str
    text: str

    def __str__(self) -> str:
        return printable(
            f'{self.path}:{self.line}:{self.column}: {self.id} {self.text}'
        )


def print_anything() -> None:
    """Escape what the encoding of the terminal has no form for."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')


def printable(text: str) -> str:
    """Return a text that a terminal can show: source is not trusted."""
    if text.isascii() and text.isprintable():
        return text
    return ''.join(
        char if char.isprintable()
        else char.encode('unicode_escape').decode('ascii')
        for char in text
    )
