# SPDX-License-Identifier: Apache-2.0
"""Secrets by their name: where the value of a password begins and ends."""

from __future__ import annotations

import re

from errorkit.secrets.forms import MASK

#: The value of a header goes to the end of its line.
_LINES = ('authorization', 'cookie')
_STEMS = (
    *_LINES,
    'pass',
    'pwd',
    'token',
    'secret',
    'signature',
    '_sig',
    'sessionid',
    'session_id',
)
_KEY_OF = re.compile(
    '(?:api|access|account|auth|ceph|cipher|crypto?|encryption|fernet|hmac|'
    r'master|private|shared|signing|ssl|subscription|temp[_-]?url)[_-]?\Z'
)
# In front of "pass" these make words that are none of a secret.
_WORD_WITH_PASS = ('com', 'by', 'sur', 'tres')
_NOT_SECRET = (
    '_at',
    'count',
    'driver',
    'endpoint',
    'expiration',
    'expires',
    'file',
    'length',
    'limit',
    'name',
    'path',
    'policy',
    'provider',
    '_ref',
    'size',
    'timeout',
    'ttl',
    'type',
    'uri',
    'url',
)
# All that stands between the name and its value.
_TAIL = re.compile(
    r'(?P<name>[\w.-]{0,40}+)(?P<close>\\{0,16}+["\'])?\]?'
    r'(?:%3[da]'
    r'|[ \t]{0,4}+:[ \t]?(?:str|bytes)(?:[ \t]?\|[ \t]?none)?[ \t]?='
    r'|[ \t]{0,4}+(?:=>|[=:]{1,3}+)'
    r'|(?P<comma>,)(?=[ \t]{0,8}[bru]?\\{0,16}["\'])'
    r'|(?P<tag>>)(?=[^\s<>])'
    r'|(?P<space>[ \t]{1,4}+)(?=["\']))'
    r'[ \t]{0,8}+'
    # A block of YAML, which begins on the next line, maybe of a traceback.
    r'(?:[|>][+-]?[ \t]{0,4}+(?:\r|\\{1,4}+r)?(?:\n|\\{1,4}+n)'
    r'[ \t|]{1,32}+)?'
)
_OPTION = re.compile(r'--[\w-]{0,29}\Z')
_OPTION_TAIL = re.compile(r'(?P<name>[\w-]{0,40}+)[ \t]{1,8}+(?!-)')
_OPENING = re.compile(r'[bBfFrRuU]{0,2}(\\{0,16}+)("""|\'\'\'|["\'])')
_SCHEME = re.compile(
    r'(?:basic|bearer|negotiate|token)[ \t]{1,4}+([a-z0-9._~+/=*-]++)'
    r'(?=[\s,;"\')\]}]|\Z)'
)
#: So much in brackets is a value, where there are no brackets in it.
_MAX_BRACKETS = 512
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


def without_named(text: str) -> str:
    """Mask the values that stand behind the name of a secret."""
    low = text.lower()
    if len(low) != len(text):
        # A letter whose small form is two: positions would not agree.
        low = text.translate(_SMALL)
    hits = _hits(low)
    if not hits:
        return text
    parts = []
    done = 0
    for at, end in hits:
        if at < done:
            continue
        span = _span(text, low, at, end)
        if span is not None:
            parts += [text[done : span[0]], MASK]
            done = span[1]
    parts.append(text[done:])
    return ''.join(parts)


_SMALL = {code: code + 32 for code in range(ord('A'), ord('Z') + 1)}


def _hits(low: str) -> list[tuple[int, int]]:
    """Return where words that begin or end a secret's name stand."""
    found = []
    for stem in _STEMS:
        at = low.find(stem)
        while at >= 0:
            found.append((at, at + len(stem)))
            at = low.find(stem, at + len(stem))
    at = low.find('key')
    while at >= 0:
        if _KEY_OF.search(low[max(0, at - 14) : at]):
            found.append((at, at + 3))
        at = low.find('key', at + 3)
    found.sort()
    return found


def _span(text: str, low: str, at: int, end: int) -> tuple[int, int] | None:
    """Return from where to where the value of a name is secret."""
    if (
        low.startswith('pass', at)
        and not low.startswith(('word', 'wd', 'phrase', 'code'), end)
        and low[end : end + 1].isalpha()
    ):
        return None  # passed, passing
    if (
        low.startswith('pass', at)
        and low.endswith(_WORD_WITH_PASS, 0, at)
        and text[at].islower()
    ):
        return None  # compass, bypass
    tail = _TAIL.match(low, end)
    if tail is None or (tail['comma'] and not tail['close']) or (
        tail['space'] and tail['close']
    ):
        if not _OPTION.search(low[max(0, at - 31) : at]):
            return None
        tail = _OPTION_TAIL.match(low, end)
        if tail is None:
            return None
    if tail['name'].endswith(_NOT_SECRET):
        return None
    if low.startswith('/', at - 1) and low[tail.end() - 1] in ' \t>':
        return None  # the end of a path, or of an element
    whole_line = low.startswith(_LINES, at)
    return _value(text, low, at, tail.end(), whole_line)


def _value(
    text: str, low: str, name: int, at: int, whole_line: bool
) -> tuple[int, int] | None:
    opening = _OPENING.match(text, at)
    if opening is not None:
        start = opening.end()
        end = _end_of_quoted(text, start, len(opening[1]), opening[2])
        return (start, end) if end > start else None
    first = text[at : at + 1]
    if whole_line and first == '{':
        end = text.find('}', at)
        return (at + 1, end if end >= 0 else len(text))
    if first in _CLOSING:
        listed = _items(text, at + 1) if first != '{' else None
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


def _items(text: str, at: int) -> tuple[int, int] | None:
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
