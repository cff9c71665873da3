# SPDX-License-Identifier: Apache-2.0
"""Known: one registration of an exception class, and what is right in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from errorkit import _headers, codes
from errorkit.exceptions import InvalidResponse


@dataclass(frozen=True, slots=True)
class Known:
    """What a registered exception class becomes.

    :param status: the HTTP status, 400 to 599
    :param code: the error code
    :param safe: show the exception's text; without it the client reads the
        standard explanation of the status
    :param headers: headers of the response, pairs of name and value
    :param detail: shown in place of the exception's text; may be a lazy
        message, translated for each reader
    """

    status: int
    code: str | None = None
    safe: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    detail: str | None = None

    @classmethod
    def of(cls, value: Known | tuple[int, str] | int) -> Known:
        """Return what a value in ``exceptions=`` stands for.

        :param value: a ``Known``, a pair of status and code, or a status
        :raises ValueError: it is none of these, or a part of it is bad; the
            text says what would have been right
        """
        if isinstance(value, int):
            value = cls(value)
        elif isinstance(value, tuple) and len(value) == 2:
            value = cls(*value)
        if not isinstance(value, cls):
            raise Refused(
                value, 'a Known, a pair of status and code, or a status'
            )
        if isinstance(value.headers, Iterator):  # it can be read once
            value = replace(value, headers=tuple(value.headers))
        for member, is_right, right in _RULES:
            part = getattr(value, member)
            if not is_right(part):
                raise Refused(_shown(member, part), right)
        if value.safe and value.detail is not None:
            raise Refused(value.detail, 'safe or detail, not both,')
        return cls(
            int(value.status),
            value.code,
            value.safe,
            tuple((name, text) for name, text in value.headers),
            value.detail,
        )


class Refused(ValueError):
    """A part of a registration is bad; the text says what is right.

    :param value: the part; of headers nothing, since they may hold secrets
    """

    def __init__(self, value: object, right: str) -> None:
        super().__init__(right)
        self.value = value


def _shown(member: str, value: Any) -> object:
    """Return a bad part as a message may repeat it: of headers the names."""
    if member != 'headers':
        return value
    try:
        return [name for name, _ in value]
    except (TypeError, ValueError):
        return type(value)


def _are_headers(headers: Any) -> bool:
    try:
        for name, value in headers:
            _headers.check_header(name, value)
    except (InvalidResponse, TypeError, ValueError):
        return False
    return not isinstance(headers, str)


_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    (
        'status',
        lambda status: isinstance(status, int) and 400 <= status <= 599,
        'a status from 400 to 599',
    ),
    (
        'code',
        lambda code: code is None or codes.is_valid(code),
        'a code of two or more labels of a-z, 0-9, _ and -, joined by dots',
    ),
    ('safe', lambda safe: isinstance(safe, bool), 'safe=True or safe=False'),
    (
        'headers',
        _are_headers,
        'headers as pairs of a name and a value that can be sent',
    ),
    (
        'detail',
        lambda detail: detail is None or isinstance(detail, str),
        'a text as detail',
    ),
)
