# SPDX-License-Identifier: Apache-2.0
"""Secrets by their name: the words whose value is one, and those it is not."""

from __future__ import annotations

import re

from errorkit.secrets import values
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
    'samlresponse',
)
# The end of a name: "assertion failed", "jwt.exceptions" are none.
_END = r'(?![\w.-])'
_BEGIN = '(?<![a-z0-9])'
_IS = r'%(?:25){0,4}+3[da]'
# Words too short or too common to be a secret's name wherever they stand.
_WORDS = {
    'pw': re.compile(
        f'(?:{_BEGIN}|(?<=admin)|(?<=bind)|(?<=db)|(?<=ldap)|(?<=root)'
        f'|(?<=user))pw{_END}'
    ),
    'jwt': re.compile(f'{_BEGIN}jwt{_END}'),
    'otp': re.compile(
        f'(?:{_BEGIN}|(?<={_BEGIN}[th]))otp(?:[_-]?code)?{_END}'
    ),
    'credential': re.compile(f'credentials?{_END}'),
    'verifier': re.compile(
        '(?:(?<=code)|(?<=oauth)|(?<=code[_-])|(?<=oauth[_-]))'
        f'verifier{_END}'
    ),
    'sig': re.compile(
        '(?:(?<=[?&])|(?<=amp;)|(?<=%26)|(?<=%3f)|(?<=%2526)|(?<=%253f))'
        f'sig(?:=|{_IS})'
    ),
    'assertion': re.compile(
        r'assertion(?:[ \t]{0,4}=|\\{0,16}["\'][ \t]{0,4}[]:,=]'
        f'|{_IS}|>)'
    ),
}
# These may begin where a capital letter does: bindPw, userOTP.
_CAMEL = re.compile('(?<=[a-z])(?:P[Ww]|J[Ww][Tt]|O[Tt][Pp])' + _END)
# SQL, which is written so; "the volume identified by 'x'" is a sentence.
_SQL = 'IDENTIFIED'
_SQL_TAIL = re.compile(
    r'[ \t]{1,4}(?:WITH[ \t]{1,4}[\w"\'`]{1,40}[ \t]{1,4})?(?:BY|AS)'
    r'(?:[ \t]{1,4}(?:PASSWORD|VALUES))?'
    r'(?=[ \t]{1,4}\\{0,16}["\'])'
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
_BLANK = r'[ \t\xa0]'
# All that stands between the name and its value; a _ is a blank in it.
_TAIL = re.compile(
    r'(?P<name>[\w.-]{0,40}+)(?P<close>\\{0,16}+["\']|%(?:25){0,4}+22)?\]?'
    # An equals sign or colon as it is, or in the escapes of a URL, of JSON,
    # of Python behind such a blank, and of HTML.
    rf'(?:{_IS}'
    r'|\\\\{0,15}+(?:u00|x)(?:3[da]|a0_{0,4}+[=:]{1,3}+)'
    r'|&#(?:61|58|x3[da]);'
    r'|_{0,4}+:_?(?:str|bytes)(?:_?\|_?none)?_?='
    r'|_{0,4}+(?:=>|[=:]{1,3}+)'
    r'|(?P<comma>,)(?=_{0,8}[bru]?\\{0,16}["\'])'
    # An argument: quoted, or what is hardly the name of a variable.
    r'|(?P<call>\()(?=_{0,8}[bru]?\\{0,16}["\']'
    r'|(?=[^\s()"\'.,=<>]{4,64}\))[^\s()"\'.,=<>]{0,63}[0-9])'
    r'|(?P<tag>>)(?=[^\s<>])'
    r'|(?P<space>_{1,4}+)(?=\\{0,16}["\']))'
    r'_{0,8}+'
    # A block of YAML, which begins on the next line, maybe of a traceback.
    r'(?:[|>][+-]?_{0,4}+(?:\r|\\{1,4}+r)?(?:\n|\\{1,4}+n)'
    r'[ \t|]{1,32}+)?'.replace('_', _BLANK)
)
# What may be called with a password, but for a class: its text says why.
_CALLS = frozenset(
    ['password', 'passwd', 'passphrase', 'passcode', 'passkey', 'pwd', 'pw']
)
_CLASS = re.compile(r'\b[A-Z]\w*\Z')
_OPTION = re.compile(r'--[\w-]{0,29}\Z')
_OPTION_TAIL = re.compile(r'(?P<name>[\w-]{0,40}+)[ \t]{1,8}+(?!-)')


def without_named(text: str, low: str) -> str:
    """Mask the values that stand behind the name of a secret.

    :param low: the text in small letters
    """
    if len(low) != len(text):
        # A letter whose small form is two: positions would not agree.
        low = text.translate(_SMALL)
    hits = _hits(text, low)
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


def _hits(text: str, low: str) -> list[tuple[int, int]]:
    """Return where words that begin or end a secret's name stand."""
    found: list[tuple[int, int]] = []
    for stem in _STEMS:
        if stem in low:
            found += _places(stem, low)
    if 'key' in low:
        for at, end in _places('key', low):
            if _KEY_OF.search(low[max(0, at - 14) : at]):
                found.append((at, end))
    for word in _WORDS:
        if word in low:
            name = _WORDS[word]
            for at, end in _places(word, low):
                if name.match(low, at) or _CAMEL.match(text, at):
                    found.append((at, end))
    if _SQL in text:
        for at, end in _places(_SQL, text):
            tail = _SQL_TAIL.match(text, end)
            if tail is not None:
                found.append((at, tail.end()))
    found.sort()
    return found


def _places(word: str, text: str) -> list[tuple[int, int]]:
    found = []
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        found.append((at, end))
        at = text.find(word, end)
    return found


def _span(text: str, low: str, at: int, end: int) -> tuple[int, int] | None:
    """Return from where to where the value of a name is secret."""
    if (
        low.startswith('pass', at)
        and not low.startswith(('word', 'wd', 'phrase', 'code', 'key'), end)
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
    called = tail.groupdict().get('call')
    if called and not _is_call(text, low, at, tail.end('name')):
        return None
    if low.startswith('/', at - 1) and low[tail.end() - 1] in ' \t>':
        return None  # the end of a path, or of an element
    arguments = values.items(text, tail.end()) if called else None
    if arguments is not None:
        return arguments
    whole_line = low.startswith(_LINES, at)
    return values.span(text, low, at, tail.end(), whole_line)


def _is_call(text: str, low: str, at: int, end: int) -> bool:
    """Tell whether a name is that of a function which is given a password."""
    if low[at:end] not in _CALLS:
        return False
    # InvalidPassword('…') has a text that says why; Password('…') has none.
    return not _CLASS.search(text[max(0, at - 64) : at])
