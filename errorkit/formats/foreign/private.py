# SPDX-License-Identifier: Apache-2.0
"""What no client may read of a body: tracebacks, debug pages, secrets."""

from __future__ import annotations

import functools
import json
from typing import Any

# Members whose name, without its underlines and hyphens, is one of these.
_NAMES = frozenset(
    [
        'apikey',
        'authorization',
        'backtrace',
        'callstack',
        'cookie',
        'credentials',
        'debug',
        'environ',
        'exc',
        'excinfo',
        'exctype',
        'excvalue',
        'frames',
        'locals',
        'passwd',
        'sql',
        'stack',
        'trace',
        'vars',
    ]
)
_PARTS = (
    'adminpass',
    'debuginfo',
    'innerexception',
    'password',
    'privatekey',
    'secret',
    'stacktrace',
    'traceback',
)
#: Members that a form may have as well: what is wrong with them is told.
_ASKED = ('password', 'passwd', 'token', 'secret', 'apikey')

# What only a debug page or a stack has: anywhere, in a text of several
# lines, and in one where a line's end is written as an escape.
_MARKS = (
    'Traceback (most recent call last',
    'Background on this error at: http',
)
# Of PHP, Rust and Go; one character of each is looked for first.
_MARKS_OF_COLONS = ('Fatal error: Uncaught ', 'stack backtrace:')
_MARKS_OF_QUOTES = ("' panicked at ",)
_MARKS_OF_BRACKETS = ('goroutine 1 [', '[SQL: ')
_MARKS_OF_LINES = (
    # of JavaScript, .NET, Java, Ruby and PHP
    '\n    at ',
    '\n   at ',
    '\n\tat ',
    '\n\tfrom ',
    '\nStack trace:',
    '\n  File "',
    'Django Version:',
    'seeing this error because you have ',
)
# A line of a stack, or the space that stands for it on a page.
_STACK_LINES = ('    at ', '   at ', '\tat ', '  File "')
_STACK_SPACE = '\xa0at '
_MARKS_OF_ESCAPES = ('\\n    at ', '\\tat ')
_FILE = ('File "', "File '", 'File \\"')
_LINE = ('", line ', "', line ")
# What only they have in a page: a word to look for, and what it is part of.
_PAGE_MARKS = (
    (
        'raceback',
        ('"traceback', '>Traceback<', 'full_traceback', _MARKS[0]),
    ),
    ('exception_value', ('"exception_value', 'pre.exception_value')),
    ('ebugger', ('__debugger__', 'Debugger</title>')),
    ('because you have <', ('<code>DEBUG =',)),
    ('Exception Report', ('Exception Report</b>', 'Exception Report</p>')),
)

# What ends a member's name, in JSON and in what Python prints.
_COLONS = ('":', '" :', "':")
# What would be hidden in JSON that is cut short or broken.
_BROKEN = (
    'traceback',
    'debug',
    'stack',
    'trace',
    'exc',
    'pass',
    'token',
    'secret',
    'key',
    'sql',
    'cookie',
    'auth',
    'cred',
    'environ',
    'locals',
    '\\u00',
)


# The same in a value that a sentence quotes, and where a word may be a part
# of any other.
_QUOTED = (
    *_PARTS,
    'token',
    'api',
    'auth',
    'cred',
    'cookie',
    'environ',
)


def is_member(name: str) -> bool:
    """Tell whether what stands under a name is not for clients."""
    return _is_member(name[:64])


@functools.lru_cache(maxsize=1024)
def _is_member(name: str) -> bool:
    bare = name.lower().replace('_', '').replace('-', '')
    return (
        bare in _NAMES
        or bare.startswith('exception')
        or bare.endswith(('token', 'tokens'))
        or any(part in bare for part in _PARTS)
    )


def is_asked(name: str) -> bool:
    """Tell whether a private name may be that of a form's field."""
    bare = name[:128].lower()
    return any(part in bare for part in _ASKED)


def is_text(text: str) -> bool:
    """Tell whether a text holds a traceback, or what a debugger shows."""
    for mark in _MARKS:
        if mark in text:
            return True
    # One character is found much faster than a word.
    return (
        ('\n' in text and _has_any(text, _MARKS_OF_LINES))
        or ('\\' in text and _has_any(text, _MARKS_OF_ESCAPES))
        or ('[' in text and _has_any(text, _MARKS_OF_BRACKETS))
        or (':' in text and _has_any(text, _MARKS_OF_COLONS))
        or ("'" in text and _has_any(text, _MARKS_OF_QUOTES))
        or ('"' in text and ('debuginfo"' in text))
        or _STACK_SPACE in text
        or text.startswith(_STACK_LINES)
        or (
            ('"' in text or "'" in text)
            and ', in ' in text
            and _has_any(text, _LINE)
            and _has_any(text, _FILE)
        )
        or (text[:1] in _OPENING and is_broken(text))
    )


_OPENING = ('{', '[')


def is_page(text: str) -> bool:
    """Tell whether a page is a debugger's, by its markup."""
    for word, marks in _PAGE_MARKS:
        if word in text and _has_any(text, marks):
            return True
    return False


def is_broken(text: str) -> bool:
    """Tell whether what looks like JSON, unread, may hold private members."""
    if not _has_any(text, _COLONS):
        return False
    lowered = text.lower()
    # A value is quoted, and a sentence about it follows.
    tail = lowered[max(lowered.rfind('}'), lowered.rfind(']')) + 1 :]
    if len(tail) < len(text) and tail[:1] == ' ' and tail[1:2].isalpha():
        return _has_any(lowered, _QUOTED)
    return _has_any(lowered, _BROKEN)


def _has_any(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)


def compact(data: Any) -> str:
    """Return JSON that nobody here knows as a text, without its secrets.

    :raises RecursionError: it is nested too deeply
    """
    data = _public(data)
    if data is None or data == '' or data == {} or data == []:
        return ''
    if isinstance(data, str):
        return data
    text = json.dumps(data, ensure_ascii=False, separators=(',', ':'))
    # Not is_text as a whole: what opens it is no sign of broken JSON.
    return '' if is_text(' ' + text) else text


def _public(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            name: _public(value)
            for name, value in data.items()
            if not is_member(name)
        }
    if isinstance(data, list):
        return [_public(value) for value in data]
    if isinstance(data, str) and is_text(data):
        return ''
    return data
