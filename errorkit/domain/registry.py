# SPDX-License-Identifier: Apache-2.0
"""The exception classes that a service registers, and checks of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import webob.exc

from errorkit import codes
from errorkit.domain.registration import Known, Refused
from errorkit.exceptions import ConfigError

_Class = TypeVar('_Class', bound=type[BaseException])


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
            _check_class(kind)
            if kind in self._known:
                raise Refused(kind, 'a class that is not registered yet')
            given: Any = headers
            made = Known.of(Known(status, code, safe, given, detail))
            _check_declared(made)
        except Refused as exc:
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


def _check_class(kind: Any) -> None:
    """Refuse what cannot be registered.

    :raises ValueError: saying what could
    """
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        raise Refused(kind, 'an exception class')
    if issubclass(kind, webob.exc.HTTPException):
        raise Refused(kind, 'an exception class that is not of webob.exc')


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
        raise Refused(
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
            _check_class(kind)
            table[kind] = Known.of(value)
        except Refused as exc:
            raise _bad(exc.value, f'{exc} is') from exc
    return table


def _bad(value: object, allowed: str) -> ConfigError:
    return ConfigError('errorkit', 'exceptions', value, f'{allowed} allowed')
