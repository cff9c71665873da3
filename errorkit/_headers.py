# SPDX-License-Identifier: Apache-2.0
"""Which status lines and headers may be sent, and Vary's merging."""

from __future__ import annotations

import re
from collections.abc import Callable

from errorkit.exceptions import InvalidResponse

Headers = list[tuple[str, str]]
Write = Callable[[bytes], object]

# RFC 9110: a name is a token, a value is visible characters, blanks and
# obs-text; PEP 3333 adds that both are latin-1.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r'[\t\x20-\x7e\x80-\xff]*')
_STATUS = re.compile(r'[1-9][0-9]{2}(?: [\x20-\x7e\x80-\xff]*)?')

#: Names found good before, as spelled; a few dozen in a service's life.
_good_names: set[str] = set()
_MAX_NAMES = 1000
#: The same for status lines, each with its number.
_good_statuses: dict[str, int] = {}


def is_name(name: object) -> bool:
    """Tell whether a value can be the name of a header."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def check_head(status: str, headers: Headers) -> int:
    """Refuse a status line or header that HTTP or PEP 3333 has no place for.

    :returns: the status as a number
    :raises InvalidResponse: naming the header, never its value
    """
    try:
        for name, value in headers:
            if name not in _good_names:
                _check_name(name)
            if not (value.isascii() and value.isprintable()):
                _check_value(name, value)
        code = _good_statuses.get(status)
        if code is None:
            code = _check_status(status)
        return code
    except (TypeError, ValueError, AttributeError) as exc:
        if isinstance(exc, InvalidResponse):
            raise
        raise InvalidResponse('status and headers are not strings') from None


def check_header(name: str, value: str) -> None:
    """Refuse one header, as ``check_head`` does.

    :raises InvalidResponse: naming the header, never its value
    """
    check_head('500', [(name, value)])


def _check_status(status: str) -> int:
    if not _STATUS.fullmatch(status):
        raise InvalidResponse('the status line is not valid')
    code = int(status[:3])
    if len(_good_statuses) < _MAX_NAMES:
        _good_statuses[status] = code
    return code


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidResponse(f'invalid header name {ascii(name)[:80]}')
    if len(_good_names) < _MAX_NAMES:
        _good_names.add(name)


def _check_value(name: str, value: str) -> None:
    if not _VALUE.fullmatch(value):
        raise InvalidResponse(f'invalid value of the header {name[:80]}')


def with_vary(headers: Headers, *names: str) -> Headers:
    """Return headers whose one Vary names these too.

    :param headers: not changed
    :param names: of request headers; those named already are not repeated
    """
    kept = []
    listed: list[str] = []
    for name, value in headers:
        if name.lower() == 'vary':
            listed += [item.strip() for item in value.split(',')]
        else:
            kept.append((name, value))
    known = {item.lower() for item in listed}
    if '*' not in known:
        listed += [name for name in names if name.lower() not in known]
    kept.append(('Vary', ', '.join(item for item in listed if item)))
    return kept
