# SPDX-License-Identifier: Apache-2.0
"""Where the value of a secret's name begins and ends."""

from __future__ import annotations

import re

from errorkit.secrets.forms import MASK

_OPENING = re.compile(r'[bBfFrRuU]{0,2}(\\{0,16}+)("""|\'\'\'|["\'])')
_SCHEME = re.compile(
    r'(?:basic|bearer|negotiate|token)[ \t]{1,4}+([a-z0-9._~+/=*-]++)'
    r'(?=[\s,;"\')\]}]|\Z)'
)
#: So much in brackets is a value, where there are no brackets in it.
_MAX_BRACKETS = 512
_NO_VALUE = re.compile(r'[\s<]|\A/')
_CLOSING = {'[': ']', '(': ')', '{': '}'}
_AFTER_QUOTE = frozenset(['', *' \t\r\n,;:.)]}>&"\'\\'])
_BETWEEN = re.compile(r'[\s,]{0,64}+')
# A mark that may end a value ends it before a space, another mark or the
# next name; elsewhere it is part of the value.
_UNQUOTED = re.compile(
    r'(?![{\[(])(?:[^\s&"\'<>,;)\]}]'
    r'|[,;)\]}](?![\s,;)\]}"\'.]|\Z|[\w.-]{1,40}+["\']?[=:]))++'
)
_NOTHING = frozenset(['none', 'null', 'true', 'false', MASK])


def span(
    text: str, low: str, name: int, at: int, whole_line: bool
) -> tuple[int, int] | None:
    """Return from where to where a value goes, or None: it is no secret.

    :param low: the text in small letters
    :param name: where its name begins
    :param at: where the value does
    :param whole_line: it is that of a header
    """
    opening = _OPENING.match(text, at)
    if opening is not None:
        start = opening.end()
        end = _end_of_quoted(text, start, len(opening[1]), opening[2])
        return (start, end) if end > start else None
    first = text[at : at + 1]
    if whole_line and first == '{':
        end = text.find('}', at)
        return (at + 1, end if end >= 0 else len(text))
    if first == '<' and text[at - 1] == '=':
        end = text.find('>', at, at + _MAX_BRACKETS)
        value = text[at + 1 : end] if end > at + 1 else ' '
        return None if _NO_VALUE.search(value) else (at + 1, end)
    if first in _CLOSING:
        listed = items(text, at + 1) if first != '{' else None
        return listed or _in_brackets(text, at)
    if whole_line:
        scheme = _SCHEME.match(low, at)
        if scheme is not None:
            return scheme.span(1)
        return at, _end_of_line(text, low, name, at)
    found = _UNQUOTED.match(text, at)
    if found is None or found[0].lower() in _NOTHING:
        return None
    return found.span()


def _end_of_quoted(text: str, at: int, escapes: int, quote: str) -> int:
    """Return where a quoted value ends, the text's end if nowhere.

    :param escapes: how many backslashes stand before its quote
    """
    while (end := text.find(quote, at)) >= 0:
        before = end
        while before > at and text[before - 1] == '\\':
            before -= 1
        slashes = end - before
        if slashes <= escapes:
            return before
        if not escapes and not slashes % 2:
            # Escaped backslashes, or a quote that was escaped twice.
            after = end + len(quote)
            if text[after : after + 1] in _AFTER_QUOTE:
                return end
        at = end + 1
    return len(text)


def items(text: str, at: int) -> tuple[int, int] | None:
    """Return the span of a list of quoted values."""
    start = None
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr] # it matches
        opening = _OPENING.match(text, at)
        if opening is None:
            break
        start = at if start is None else start
        end = _end_of_quoted(
            text, opening.end(), len(opening[1]), opening[2]
        )
        at = end + len(opening[1]) + len(opening[2])
    if start is None:
        return None
    return start, min(at, len(text))


def _in_brackets(text: str, at: int) -> tuple[int, int] | None:
    """Return the span of what is in brackets, if it is one short value."""
    first = text[at]
    end = text.find(_CLOSING[first], at, at + _MAX_BRACKETS)
    if end <= at + 1 or first in text[at + 1 : end]:
        return None
    return at + 1, end


def _end_of_line(text: str, low: str, name: int, at: int) -> int:
    # In -H 'Cookie: a=b' it is the quote before the name that ends it.
    while name and (low[name - 1].isalnum() or low[name - 1] in '_-'):
        name -= 1
        if at - name > 128:
            break
    quote = text[name - 1 : name]
    end = text.find(quote if quote in ('"', "'") else '\n', at)
    return end if end >= 0 else len(text)
