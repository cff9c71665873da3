# SPDX-License-Identifier: Apache-2.0
"""A scanner of tags: where each begins and ends, in one pass.

The standard library's is quadratic in places, on the oldest Python supported
(CPython issue 135462). This one finds the next ``<``, and reads a tag with a
pattern that cannot go back and never passes the following ``<``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

# A text and the tag behind it, unless that holds < or > in a quoted value.
# Possessive: no way back.
_TAG = re.compile(
    r'([^<]*+)<(/?)([a-zA-Z][a-zA-Z0-9:._-]*+|[!?](?!-|\[))'
    r'''((?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+)>'''
).match
# A text whose < begin no tag: a < b.
_TEXT = re.compile(r'[^<]*+(?:<(?!/?[a-zA-Z]|[!?])[^<]*+)++').match
_NAME = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9:._-]*+)').match
_NUMBER = re.compile(r'&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?')

#: Text in front of a tag; ``/`` or nothing; the tag's name; what follows it.
#: The name is ``!`` or ``?`` where there was a comment or a declaration, and
#: ``!-`` where there was none and the text just goes on.
Token = tuple[str, str, str, str]


def tokens(text: str, raw: frozenset[str]) -> Iterator[Token]:
    """Take a page apart. Comments, declarations and raw elements are gone.

    The last token has no name.

    :param text: of HTML or XML
    :param raw: names, in lower case, of elements whose content is not text
    """
    at = 0
    token: Any
    while True:
        match = _TAG(text, at)
        if match is not None:
            token = match.groups()
            at = match.end()
        else:
            lt = text.find('<', at)
            if lt < 0:
                yield text[at:], '', '', ''
                return
            token, at = _odd(text, at, lt)
        yield token
        name = token[2]
        if not name.islower():
            if not name and at >= len(text):
                return
            name = name.lower()
        if name in raw and not token[1] and token[3][-1:] != '/':
            at = _after(text, at, name)


def _odd(text: str, at: int, lt: int) -> tuple[Token, int]:
    """Read what is no plain tag; return it and where the text goes on."""
    before = text[at:lt]
    size = len(text)
    if text.startswith('<!--', lt):
        # One that is not closed hides the rest, as in a browser.
        end = text.find('-->', lt + 4)
        return (before, '', '!', ''), size if end < 0 else end + 3
    if text.startswith('<![CDATA[', lt):
        end = text.find(']]>', lt)
        if end < 0:
            end = size
        data = html.escape(text[lt + 9 : end], False)
        return (before + data, '', '!-', ''), min(end + 3, size)
    match = _TEXT(text, at)
    if match is not None:
        return (match[0], '', '!-', ''), match.end()
    named = _NAME(text, lt)
    end = _end(text, lt) + 1
    if named is None:
        # A declaration that never ends is a text.
        if not end:
            return (text[at:], '', '', ''), size
        return (before, '', '!', ''), end
    if not end:
        return (before, '', '', ''), size
    close, name = named.groups()
    return (before, close, name, text[named.end() : end - 1]), end


def _end(text: str, at: int) -> int:
    """Return where the ``>`` of a tag is, or -1. Values may hold one."""
    while True:
        gt = text.find('>', at)
        equals = text.find('=', at, gt)
        if gt < 0 or equals < 0:
            return gt
        at = equals + 1
        quote = text[at : at + 1]
        if quote in ('"', "'"):
            # Without a second quote there is none in the rest of the text,
            # so this is looked for in vain twice at most.
            at = text.find(quote, at + 1) + 1 or at


def _after(text: str, at: int, name: str) -> int:
    """Return where the text goes on behind a raw element."""
    while True:
        at = text.find('</', at)
        if at < 0:
            return len(text)
        at += 2
        if text[at : at + len(name)].lower() == name:
            end = text.find('>', at) + 1
            return end or len(text)


def resolved(text: str) -> str:
    """Return a text with its entities resolved."""
    first, *pieces = text.split('&')
    if not pieces:
        return text
    if len(pieces) > _FEW:
        return _many_resolved(text, len(pieces))
    found = [first]
    for piece in pieces:
        name, _, rest = piece.partition(';')
        character = _COMMON.get(name)
        if character is None:
            return _unescaped(text)
        found += character, rest
    return ''.join(found)


def _many_resolved(text: str, count: int) -> str:
    present = []
    for name in _COMMON:
        found = text.count(f'&{name};')
        if found:
            present.append(name)
            count -= found
    if count:
        return _unescaped(text)
    for name in present:
        text = text.replace(f'&{name};', _COMMON[name])
    return text


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:
        # A number longer than Python reads, and than there are characters.
        return html.unescape(_NUMBER.sub('\ufffd', text))


_FEW = 12
# All that frameworks write when they escape; the last one must be the last.
_COMMON = {
    'lt': '<',
    'gt': '>',
    'quot': '"',
    '#34': '"',
    '#39': "'",
    '#x27': "'",
    'amp': '&',
}
