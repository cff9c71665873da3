# SPDX-License-Identifier: Apache-2.0
"""``assert_error``: a response is the error it should be, in a sound form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from errorkit import ids, keys
from errorkit.testing import codes_seen, responses
from errorkit.testing.members import Members, Unsound, read
from errorkit.testing.responses import Response

ANY: Any = type('Any', (), {'__repr__': lambda self: 'ANY'})()
_MAX_SHOWN = 2000
_MAX_VALUE = 500
_style = re.compile(r'<style>.*</style>', re.DOTALL)


def assert_error(
    response: Any,
    *,
    status: int | None = None,
    code: str | None = ANY,
    title: str = ANY,
    detail: str | re.Pattern[str] = ANY,
    source: Mapping[str, str] | None = ANY,
    count: int | None = None,
    kind: str | None = None,
    request_id_header: str | None = keys.REQUEST_ID_HEADER,
    **members: Any,
) -> dict[str, Any]:
    """Check that a response is an error in one of errorkit's formats.

    Besides what is asked for, the body has to follow its schema, to say the
    response's status, and to have the request id of the header.

    :param response: of WebOb, WebTest, Flask's, Django's or Falcon's test
        client, requests, httpx or urllib3
    :param status: the HTTP status; None: any error
    :param code: the error's code; None: it has none
    :param title: its title
    :param detail: its text; a pattern, or a text between slashes, is looked
        for in it
    :param source: where the cause lies; None: it does not say
    :param count: how many errors there are; None: any number
    :param kind: the media type, such as ``text/html``; None: any of ours
    :param request_id_header: the header with the request id; None where no
        ``RequestId`` is outside
    :param members: further members of the error, such as ``retry='later'``;
        None: it has no such member
    :returns: the members of the response's own error
    :raises AssertionError: it is not so; the first line says what, and the
        response follows
    :raises TypeError: this is no response
    """
    __tracebackhide__ = True  # of pytest's reports
    answer = responses.read(response)
    expected: dict[str, Any] = {'code': code, 'title': title}
    expected |= {'detail': detail, 'source': source, **members}
    try:
        found = _sound(answer, status, kind, request_id_header)
        own = found[0]
        for name, value in expected.items():
            if value is not ANY and not _matches(own.get(name), value):
                raise Unsound(
                    f'{name} is {_cut(repr(own.get(name)))}, '
                    f'not {_shown(value)}'
                )
        if count is not None and len(found) != count:
            raise Unsound(_number(len(found), count))
    except Unsound as exc:
        raise AssertionError(f'{exc}\n\n{_whole(answer)}') from None
    codes_seen.note(one.get('code') for one in found)
    return own


def _sound(
    answer: Response, status: int | None, kind: str | None, header: str | None
) -> Members:
    """Return the members of each error, and check what always holds."""
    if status is not None and answer.status != status:
        raise Unsound(f'the status is {answer.status}, not {status}')
    if not 400 <= answer.status <= 599:
        raise Unsound(f'{answer.status} is not the status of an error')
    if kind is not None and answer.kind != kind:
        raise Unsound(f'the type is {answer.kind or "absent"}, not {kind}')
    found = read(answer)
    said = found[0]['status']
    if said != answer.status:
        raise Unsound(f'the body says status {said}, not {answer.status}')
    if header is not None:
        _check_id(answer, found[0], header)
    return found


def _check_id(answer: Response, own: dict[str, Any], name: str) -> None:
    header = one_id(answer, name)
    if 'title' not in own:
        return  # a compute fault has no place for it
    body = own.get('request_id')
    if body != header:
        raise Unsound(
            f'{name} is {header}, and the body has '
            f'{body or "no request id"}'
        )


def one_id(answer: Response, name: str) -> str:
    """Return the request id of a header.

    :raises Unsound: it is not there exactly once, or is no request id
    """
    values = answer.all(name)
    if not values:
        raise Unsound(f'there is no {name}')
    if len(values) > 1:
        raise Unsound(f'there are {len(values)} {name}: {values}')
    if not ids.is_valid(values[0]):
        raise Unsound(f'{name} is no request id: {_cut(repr(values[0]))}')
    return values[0]


def _matches(found: Any, expected: Any) -> bool:
    pattern = _pattern(expected)
    if pattern is not None:
        return isinstance(found, str) and pattern.search(found) is not None
    return bool(found == expected)


def _pattern(expected: Any) -> re.Pattern[str] | None:
    if isinstance(expected, re.Pattern):
        return expected
    if isinstance(expected, str) and re.fullmatch('/.+/', expected, re.S):
        return re.compile(expected[1:-1])
    return None


def _shown(expected: Any) -> str:
    pattern = _pattern(expected)
    if pattern is not None:
        return f'/{_cut(pattern.pattern)}/'
    return _cut(repr(expected))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else f'{text[:_MAX_VALUE]}…'


def _number(found: int, expected: int) -> str:
    there = 'there is 1 error' if found == 1 else f'there are {found} errors'
    return f'{there}, not {expected}'


def _whole(answer: Response) -> str:
    """Return the response as it may stand in a report."""
    head = ''.join(f'{name}: {value}\n' for name, value in answer.headers)
    body = answer.body.decode('utf-8', 'backslashreplace')
    if answer.kind == 'text/html':
        body = _style.sub('<style>…</style>', body)
    if len(body) > _MAX_SHOWN:
        body = f'{body[:_MAX_SHOWN]}…'
    return f'{answer.status}\n{head}\n{body or "(no body)"}'
