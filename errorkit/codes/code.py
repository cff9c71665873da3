# SPDX-License-Identifier: Apache-2.0
"""One declared code: a str, with what its catalog says of it."""

from __future__ import annotations

import functools
import http
from collections.abc import Iterable, Mapping
from typing import Any

import webob.exc

from errorkit.exceptions import InvalidCode

Version = tuple[int, int]

CAUSES = ('user', 'service')
#: Whether trying again may help: not at all, with the same request, after
#: reading the resource anew, or some time later.
RETRIES = ('never', 'same', 'after-refresh', 'later')


class ErrorCode(str):
    """A declared code: the string itself, and what the catalog says of it.

    Being a str, it is all a handler writes:
    ``raise webob.exc.HTTPConflict(detail, comment=codes.NAME_EXISTS)``; or it
    makes the exception itself, see ``error``.
    """

    #: The HTTP statuses the code may come with, the usual one first.
    statuses: tuple[int, ...]
    #: The stable name of this kind of error; None for the status' own.
    title: str | None  # type: ignore[assignment] # hides str.title, which no code needs
    #: What it means to the client, for documentation.
    meaning: str
    #: A URL that explains the code, or None.
    help: str | None
    #: The microversion it was published with, or None: always there.
    since: Version | None
    #: Who can mend it: ``user`` or ``service``.
    cause: str
    #: One of ``RETRIES``, or None where it depends.
    retry: str | None
    #: The microversion from which it is deprecated, or None.
    deprecated_since: Version | None
    #: The code to look for instead, or None.
    replaced_by: str | None
    #: It is sent no more, and its string is never used again.
    retired: bool
    #: From which microversion on which string is sent in its place.
    renames: tuple[tuple[Version, str], ...]
    #: The text of ``error``, with ``%(name)s`` for its parameters, or None.
    text: str | None
    #: The parameters of the text and their types.
    params: Mapping[str, type]

    def __new__(cls, code: str, **members: Any) -> ErrorCode:
        self = super().__new__(cls, code)
        self.__dict__.update(_NOTHING)
        self.__dict__.update(members)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f'{name} of a declared code cannot be changed')

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (str(self), dict(self.__dict__))

    @property
    def status(self) -> int | None:
        """The HTTP status the code usually comes with."""
        return self.statuses[0] if self.statuses else None

    def at(self, version: Version | None) -> str:
        """Return the string that a client of a microversion knows.

        :param version: the microversion; None: there is none, because the
            client or the service knows none, and a rename never begins
        """
        sent = str(self)
        if version is not None:
            for since, name in self.renames:
                if version >= since:
                    sent = name
        return sent

    def error(
        self,
        detail: str | None = None,
        /,
        *,
        status: int | None = None,
        headers: Iterable[tuple[str, str]] | None = None,
        **params: Any,
    ) -> webob.exc.WSGIHTTPException:
        """Return the webob exception that says this code, to be raised.

        ``raise codes.NAME_EXISTS.error(name=name)``

        :param detail: the text, in place of the declared one
        :param status: one of ``statuses``; None: the usual one
        :param headers: of the response
        :param params: the values of the declared text, all of them
        :raises TypeError: a parameter is missing, unknown or of another type
        :raises InvalidCode: the code is retired, or has not this status
        """
        if self.retired:
            raise InvalidCode(f'{str(self)!r} is retired')
        if status is None:
            status = self.statuses[0]
        elif status not in self.statuses:
            raise InvalidCode(
                f'{str(self)!r} is not declared for status {status}'
            )
        if params or (detail is None and self.params):
            if detail is not None:
                raise TypeError(
                    f'{str(self)!r}: a text and values for the declared one'
                )
            self._check(params)
        if detail is None and self.text is not None:
            detail = self.text % params if params else self.text
        return _class(status)(
            detail,
            headers=None if headers is None else list(headers),
            comment=self,
        )

    def _check(self, params: Mapping[str, object]) -> None:
        for name, kind in self.params.items():
            if name not in params:
                raise TypeError(f'{str(self)!r}: {name!r} has to be given')
            value = params[name]
            if not fits(value, kind):
                raise TypeError(
                    f'{str(self)!r}: {name!r} is a {type(value).__name__}, '
                    f'and has to be a {kind.__name__}'
                )
        for name in params:
            if name not in self.params:
                raise TypeError(f'{str(self)!r} has no parameter {name!r}')


def fits(value: object, kind: type) -> bool:
    """Tell whether a value may be given for a parameter of a type.

    An int may for a float, as in annotations (PEP 484); a bool is no int.
    """
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _restored(code: str, members: dict[str, Any]) -> ErrorCode:
    return ErrorCode(code, **members)


_NOTHING: dict[str, Any] = {
    'statuses': (),
    'title': None,
    'meaning': '',
    'help': None,
    'since': None,
    'cause': 'user',
    'retry': None,
    'deprecated_since': None,
    'replaced_by': None,
    'retired': False,
    'renames': (),
    'text': None,
    'params': {},
}


@functools.cache
def _class(status: int) -> type[webob.exc.WSGIHTTPException]:
    """Return webob's class of a status, or one for a status it has not."""
    found: type[webob.exc.WSGIHTTPException] | None
    found = webob.exc.status_map.get(status)
    if found is None:
        base = webob.exc.status_map[status // 100 * 100]
        try:
            title = http.HTTPStatus(status).phrase
        except ValueError:
            title = f'Error {status}'
        members = {'code': status, 'title': title}
        found = type(f'HTTP{status}', (base,), members)
    return found
