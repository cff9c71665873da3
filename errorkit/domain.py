# SPDX-License-Identifier: Apache-2.0
"""What the exceptions of a service's own domain become, by their class.

An exception is looked up by its class and bases, never by what it says of
itself: libraries give theirs a ``code`` or a ``status`` that is of another
service's answer. A registration is checked when it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import webob.exc

from errorkit import _headers, codes
from errorkit.exceptions import ConfigError, InvalidResponse

_Class = TypeVar('_Class', bound=type[BaseException])


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
            raise _Refused(
                value, 'a Known, a pair of status and code, or a status'
            )
        for member, is_right, right in _RULES:
            part = getattr(value, member)
            if not is_right(part):
                raise _Refused(_shown(member, part), right)
        if value.safe and value.detail is not None:
            raise _Refused(value.detail, 'safe or detail, not both,')
        return cls(
            int(value.status),
            value.code,
            value.safe,
            tuple((name, text) for name, text in value.headers),
            value.detail,
        )


class _Refused(ValueError):
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


class ExceptionRegistry(Mapping[type[BaseException], Known]):
    """What a service's exceptions become; given as ``exceptions=``.

    It may be filled at any time: an application that was wrapped before
    sees what is registered later.
    """

    def __init__(self) -> None:
        self._known: dict[type[BaseException], Known] = {}

    def register(
        self,
        kind: type[BaseException],
        status: int,
        code: str | None = None,
        *,
        safe: bool = False,
        headers: Iterable[tuple[str, str]] = (),
        detail: str | None = None,
    ) -> None:
        """Say what an exception class and its subclasses become.

        :param kind: the class
        :param status: see ``Known``, as are the others
        :raises ConfigError: one of them has a bad value, the code is a
            declared one and not declared for the status, the class is
            registered already, or it is a ``webob.exc`` exception, which has
            a status of its own
        """
        try:
            check_class(kind)
            if kind in self._known:
                raise _Refused(kind, 'a class that is not registered yet')
            given: Any = headers
            if isinstance(given, Iterator):
                given = tuple(given)  # it can be read once
            made = Known.of(Known(status, code, safe, given, detail))
            _check_declared(made)
        except _Refused as exc:
            name = getattr(kind, '__qualname__', 'kind')
            raise ConfigError(
                'errorkit.ExceptionRegistry',
                str(name),
                exc.value,
                f'{exc} is allowed',
            ) from exc
        self._known[kind] = made

    def becomes(
        self,
        status: int,
        code: str | None = None,
        *,
        safe: bool = False,
        headers: Iterable[tuple[str, str]] = (),
        detail: str | None = None,
    ) -> Callable[[_Class], _Class]:
        """Return a class decorator that registers an exception class.

        ::

            @EXCEPTIONS.becomes(404, codes.VOLUME_NOT_FOUND)
            class VolumeNotFound(Exception):
                ...

        :param status: see ``register``, as are the others
        :raises ConfigError: as by ``register``
        """

        def decorate(kind: _Class) -> _Class:
            self.register(
                kind, status, code, safe=safe, headers=headers, detail=detail
            )
            return kind

        return decorate

    def __getitem__(self, kind: type[BaseException]) -> Known:
        return self._known[kind]

    def __iter__(self) -> Iterator[type[BaseException]]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __repr__(self) -> str:
        return f'<ExceptionRegistry of {len(self._known)}>'


def check_class(kind: Any) -> None:
    """Refuse what cannot be registered.

    :raises ValueError: saying what could
    """
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        raise _Refused(kind, 'an exception class')
    if issubclass(kind, webob.exc.HTTPException):
        raise _Refused(kind, 'an exception class that is not of webob.exc')


def _check_declared(made: Known) -> None:
    """Refuse a declared code with a status it is not declared for.

    A code that is a plain string says nothing of its statuses, nor does one
    that no catalog has made: those are compared where there is a catalog.

    :raises ValueError: saying what would have been right
    """
    if not isinstance(made.code, codes.ErrorCode):
        return
    statuses = made.code.statuses
    if statuses and made.status not in statuses:
        some = ', '.join(map(str, statuses[:6]))
        more = ' and more' if len(statuses) > 6 else ''
        raise _Refused(
            made.status, f'a status {made.code} is declared for, {some}{more},'
        )


def table_of(
    exceptions: Mapping[type[BaseException], Known | tuple[int, str] | int],
) -> dict[type[BaseException], Known]:
    """Return what ``known`` looks exceptions up in.

    :param exceptions: a registry, whose own live table is returned, or a
        mapping, which is checked and copied
    :raises ConfigError: an entry is bad
    """
    if isinstance(exceptions, ExceptionRegistry):
        return exceptions._known
    table = {}
    if not isinstance(exceptions, Mapping):
        raise _bad(exceptions, 'classes and statuses are')
    for kind, value in exceptions.items():
        try:
            check_class(kind)
            table[kind] = Known.of(value)
        except _Refused as exc:
            raise _bad(exc.value, f'{exc} is') from exc
    return table


def _bad(value: object, allowed: str) -> ConfigError:
    return ConfigError('errorkit', 'exceptions', value, f'{allowed} allowed')


def known(
    error: BaseException, registered: Mapping[type[BaseException], Known]
) -> Known | None:
    """Find what an exception was registered as, by class, over the MRO.

    An unregistered one whose ``safe`` attribute is True is a 500 that shows
    its text. Its other attributes choose nothing.
    """
    if not registered:
        return Known(500, None, True) if _is_safe(error) else None
    try:
        found = next(
            filter(None, map(registered.get, _mro(type(error)))), None
        )
    except Exception:  # of a metaclass
        found = None
    if found is None:
        return Known(500, None, True) if _is_safe(error) else None
    if not found.safe and found.detail is None and _is_safe(error):
        return Known(found.status, found.code, True, found.headers)
    return found


_mro = type.__dict__['__mro__'].__get__


def _is_safe(error: BaseException) -> bool:
    try:
        return getattr(error, 'safe', False) is True
    except Exception:  # an attribute may be a property that fails
        return False
