# SPDX-License-Identifier: Apache-2.0
"""Text of logs made fit to be seen: no control, no reordering, one line.

Whoever can make a service log something could otherwise move the cursor of
the terminal it is read in, hide a line, or write one that nobody logged.
"""

from __future__ import annotations

import unicodedata

_SHORT = {0x09: '\\t', 0x0A: '\\n', 0x0D: '\\r'}
#: A terminal stacks marks on one character, as many as there are.
_PER_COLUMN = 4
_MARKS = frozenset(['Mn', 'Me'])


class _Escapes(dict[int, str | int]):
    """What each character is shown as, found when it is first seen.

    ``str.isprintable`` is False for the controls, the separators but the
    space, what formats or reorders (Cf), surrogates, what is private or not
    assigned.
    """

    def __missing__(self, code: int) -> str | int:
        shown: str | int = code
        if not chr(code).isprintable():
            shown = _SHORT.get(code) or (
                f'\\x{code:02x}'
                if code < 0x100
                else f'\\u{code:04x}'
                if code < 0x10000
                else f'\\U{code:08x}'
            )
        self[code] = shown
        return shown


_ESCAPES = _Escapes()


def escaped(text: str) -> str:
    """Write every character as an escape that is not plainly seen.

    :returns: one line, that any encoding of Unicode has a form for
    """
    if not text.isprintable():
        text = text.translate(_ESCAPES)
    return text if text.isascii() else _unstacked(text)


def _unstacked(text: str) -> str:
    """Escape the marks on a character beyond those a script needs."""
    marks = 0
    shown = []
    for character in text:
        if unicodedata.category(character) in _MARKS:
            marks += 1
            if marks > _PER_COLUMN:
                character = f'\\u{ord(character):04x}'
        else:
            marks = 0
        shown.append(character)
    return ''.join(shown)


def escaped_lines(text: str) -> str:
    """Do the same to each line of a text, and leave its line feeds."""
    return '\n'.join(map(escaped, text.split('\n')))


def width(text: str) -> int:
    """Return how many columns of a terminal an escaped text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in 'WF' else 1


def fitted(
    text: str, columns: int, mark: str = '\N{HORIZONTAL ELLIPSIS}'
) -> str:
    """Escape a text, and cut it where it is too wide, visibly.

    :param columns: that it may take
    :param mark: what stands for the rest
    """
    # One character takes one column at least, or is a mark on one that does.
    most = max(columns, 1) * (_PER_COLUMN + 1)
    shown = escaped(text[: most + 1])
    if len(text) <= most and width(shown) <= columns:
        return shown
    left = columns - width(mark)
    if left < 0:
        return mark[: max(columns, 0)]
    kept = []
    for character in shown:
        left -= _columns(character)
        if left < 0:
            break
        kept.append(character)
    return ''.join(kept) + mark
