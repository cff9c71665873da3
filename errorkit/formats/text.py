# SPDX-License-Identifier: Apache-2.0
r"""The facts of an error as lines of plain text.

The detail stands as it was written. All else is one line each, in which
``\n`` and ``\\`` are a line break and a backslash, and in a name ``\x3a`` is
a colon. A line of asterisks is between two errors; one in a detail is quoted.
What comes back is what went in, but for this:

* ``extra``, and that the list was cut, are not in it;
* a lone surrogate comes back as the escape that it is shown as, ``\ud800``;
* an empty member comes back as None, and what is no text as its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from errorkit.error import ELLIPSIS, Error, text_of

CONTENT_TYPE = 'text/plain; charset=utf-8'

_BETWEEN = '\n* * *\n\n'
_MORE = f'{ELLIPSIS}\n'

# A line of a detail that is a rule, quoted or not, is quoted once more.
_rule_line = re.compile(r'^>*\* \* \*$', re.MULTILINE)
_quoted_line = re.compile(r'^>(>*\* \* \*)$', re.MULTILINE)


def dump(errors: Sequence[Error], truncated: bool = False) -> bytes:
    """Return the lines, UTF-8.

    :param errors: the response's own error first
    :param truncated: say that there were more
    """
    lines = _paragraph(errors[0])
    for error in errors[1:]:
        lines += _BETWEEN + _paragraph(error)
    if truncated:
        lines += _BETWEEN + _MORE
    return lines.encode('utf-8', 'backslashreplace')


def _paragraph(error: Error) -> str:
    title, detail = error.title, error.detail
    if '\\' in title or '\n' in title:
        title = _line(title)
    if '*' in detail:
        detail = _rule_line.sub(r'>\g<0>', detail)
    lines = f'{error.status} {title}\n\n{detail}\n\n'
    for name, value in facts(error):
        if name not in _FIXED:
            name = _line(name).replace(':', '\\x3a')
        if '\\' in value or '\n' in value:
            value = _line(value)
        lines += f'{name}: {value}\n'
    return lines


def _line(text: str) -> str:
    return text.replace('\\', '\\\\').replace('\n', '\\n')


def load(text: str) -> tuple[Error, ...] | None:
    """Read our own lines back. Linear; never raises.

    :param text: a whole body
    :returns: None when it is not one of ours
    """
    if text[3:4] != ' ' or not text.endswith('\n'):
        return None
    parts = text.split(_BETWEEN)
    if len(parts) > 1 and parts[-1] == _MORE:
        parts.pop()
    errors = []
    for part in parts:
        error = _loaded(part)
        if error is None:
            return None
        errors.append(error)
    return tuple(errors)


def _loaded(part: str) -> Error | None:
    heading, blank, rest = part.partition('\n\n')
    # The facts hold no empty line, so the last one there is begins them.
    detail, found, listed = rest.rpartition('\n\n')
    if not blank or not found or '\n' in heading:
        return None
    lines = listed.split('\n')
    if lines.pop():
        return None
    if '*' in detail:
        detail = _quoted_line.sub(r'\1', detail)
    read = []
    for line in lines:
        name, colon, value = line.partition(': ')
        if not colon:
            return None
        read.append((_unescaped(name), _unescaped(value)))
    return restored(_unescaped(heading), detail, read)


_escape = re.compile(r'\\(\\|n|x3a)')
_ESCAPED = {'\\': '\\', 'n': '\n', 'x3a': ':'}


def _unescaped(text: str) -> str:
    if '\\' not in text:
        return text
    return _escape.sub(lambda found: _ESCAPED[found[1]], text)


_MEMBERS = {
    'code': 'code',
    'request id': 'request_id',
    'trace id': 'trace_id',
    'retry': 'retry',
    'min version': 'min_version',
    'max version': 'max_version',
}
_HELP = 'help'
_FIXED = frozenset([*_MEMBERS, _HELP])
_SOURCE = 'source '
_LINK = 'link '


def facts(error: Error) -> list[tuple[str, str]]:
    """Return what an error tells beside its heading and its detail.

    :returns: names and values in the order to show them; a name is one of
        few, or it begins with ``source`` or ``link``
    """
    found = []
    if error.code:
        found.append(('code', error.code))
    if error.request_id:
        found.append(('request id', error.request_id))
    if error.trace_id:
        found.append(('trace id', _text(error.trace_id)))
    if error.source and isinstance(error.source, Mapping):
        for name, value in error.source.items():
            found.append((f'{_SOURCE}{name}', _text(value)))
    if error.retry:
        found.append(('retry', _text(error.retry)))
    if error.min_version:
        found.append(('min version', _text(error.min_version)))
    if error.max_version:
        found.append(('max version', _text(error.max_version)))
    for rel, href in error.links:
        found.append((_HELP if rel == _HELP else f'{_LINK}{rel}', href))
    return found


def _text(value: object) -> str:
    return value if type(value) is str else text_of(value)


def restored(
    heading: str, detail: str, facts: Iterable[tuple[str, str]]
) -> Error | None:
    """Return the error that was written so.

    :param heading: status and title
    :param facts: as ``facts`` gave them
    :returns: None when nothing of ours was
    """
    status, space, title = heading.partition(' ')
    if not space or not re.fullmatch('[45][0-9][0-9]', status):
        return None
    members: dict[str, Any] = {}
    source: dict[str, str] = {}
    links = []
    for name, value in facts:
        member = _MEMBERS.get(name)
        if member is not None:
            if member in members or not value:
                return None
            members[member] = value
        elif name.startswith(_SOURCE):
            source[name[len(_SOURCE) :]] = value
        elif name == _HELP or name.startswith(_LINK):
            links.append((name.removeprefix(_LINK), value))
        else:
            return None
    return Error(
        int(status),
        title,
        detail,
        links=tuple(links),
        source=source or None,
        **members,
    )
