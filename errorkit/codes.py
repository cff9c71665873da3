# SPDX-License-Identifier: Apache-2.0
"""Stable error codes and the catalog that declares them.

A code is what a client branches on. Its string never changes once published
and is never used again for another meaning; the symbol that holds it may be
renamed. A catalog is checked when it is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from errorkit.exceptions import InvalidCode, UndeclaredCode

MAX_LENGTH = 128
_LABELS = re.compile(r'[a-z0-9_-]+(?:\.[a-z0-9_-]+)+')
_SERVICE_TYPE = re.compile(r'[a-z0-9_-]+(?:\.[a-z0-9_-]+)*')


def is_valid(code: object) -> bool:
    """Tell whether a value has the form of a code.

    At least two labels of ``a-z``, ``0-9``, ``_`` and ``-``, joined by dots,
    128 characters at most (API-SIG errors guideline, made whole-string).
    """
    return (
        isinstance(code, str)
        and len(code) <= MAX_LENGTH
        and _LABELS.fullmatch(code) is not None
    )


def is_valid_service_type(service_type: object) -> bool:
    """Tell whether a value can be the prefix of codes."""
    return (
        isinstance(service_type, str)
        and len(service_type) < MAX_LENGTH // 2
        and _SERVICE_TYPE.fullmatch(service_type) is not None
    )


def undefined(service_type: str) -> str:
    """Return the code of an error that nobody gave one."""
    return f'{service_type}.undefined_code'


#: What errorkit itself answers, of every service.
_OWN = (
    (
        'request_id.invalid',
        400,
        'The X-Openstack-Request-Id header does not hold a request id.',
    ),
    (
        'microversion.invalid',
        400,
        'The microversion asked for is malformed.',
    ),
    (
        'microversion.unsupported',
        406,
        'The microversion asked for is not supported.',
    ),
)


class ErrorCode(str):
    """A declared code: the string itself, and what the catalog says of it.

    Being a str, it is all a handler writes:
    ``raise webob.exc.HTTPConflict(detail, comment=codes.NAME_EXISTS)``.
    """

    __slots__ = ('help', 'meaning', 'statuses', 'title')
    #: The HTTP statuses the code may come with, the usual one first.
    statuses: tuple[int, ...]
    #: The stable name of this kind of error; None for the status' own.
    title: str | None  # type: ignore[assignment] # hides str.title, which no code needs
    #: What it means to the client, for documentation.
    meaning: str
    #: A URL that explains the code, or None.
    help: str | None

    def __new__(
        cls,
        code: str,
        *,
        statuses: tuple[int, ...] = (),
        title: str | None = None,
        meaning: str = '',
        help: str | None = None,
    ) -> ErrorCode:
        self = super().__new__(cls, code)
        self.statuses = statuses
        self.title = title
        self.meaning = meaning
        self.help = help
        return self

    @property
    def status(self) -> int | None:
        """The HTTP status the code usually comes with."""
        return self.statuses[0] if self.statuses else None

    def __reduce__(self) -> tuple[object, ...]:
        return (
            _error_code,
            (str(self), self.statuses, self.title, self.meaning, self.help),
        )


def _error_code(
    code: str,
    statuses: tuple[int, ...],
    title: str | None,
    meaning: str,
    help: str | None,
) -> ErrorCode:
    return ErrorCode(
        code, statuses=statuses, title=title, meaning=meaning, help=help
    )


class Catalog(Mapping[str, ErrorCode]):
    """The codes of one service.

    :param service_type: the prefix of every code, the service's type in the
        service types authority, such as ``volume``
    :param help_base: a URL; a code's help link is this with the code added
    :param strict: raise ``UndeclaredCode`` when an undeclared code is used;
        for tests, since it turns the answer into an exception
    :raises InvalidCode: the service type cannot begin a code
    """

    def __init__(
        self,
        service_type: str,
        *,
        help_base: str | None = None,
        strict: bool = False,
    ) -> None:
        if not is_valid_service_type(service_type):
            raise InvalidCode(
                f'{service_type!r} cannot be the prefix of error codes'
            )
        self.service_type = service_type
        self.help_base = help_base
        self.strict = strict
        self._codes: dict[str, ErrorCode] = {}
        #: How often each undeclared code was used, the first 1,000 of them.
        self.undeclared: dict[str, int] = {}
        self.default = self.define(
            undefined(service_type),
            status=range(400, 600),
            meaning='No code has been given to this error yet.',
        )
        for reason, status, meaning in _OWN:
            self.define(
                f'{service_type}.{reason}', status=status, meaning=meaning
            )

    def define(
        self,
        code: str,
        *,
        status: int | range | tuple[int, ...] | list[int],
        title: str | None = None,
        meaning: str = '',
        help: str | None = None,
    ) -> ErrorCode:
        """Declare a code.

        :param code: ``<service_type>.<resource>.<reason>`` or shorter
        :param status: the HTTP status it comes with, or several
        :param title: the stable name of this kind of error; without it the
            status' own title is sent
        :param meaning: what it means to the client, for documentation
        :param help: a URL explaining it, in place of ``help_base`` + code
        :returns: the code, a ``str``
        :raises InvalidCode: the form, the prefix or a status is wrong, or
            the code is declared already
        """
        if not is_valid(code):
            raise InvalidCode(
                f'{code!r} is not a valid code: two or more labels of a-z, '
                f'0-9, _ and -, joined by dots, at most {MAX_LENGTH} '
                'characters'
            )
        if not code.startswith(self.service_type + '.'):
            raise InvalidCode(
                f'{code!r} does not begin with {self.service_type!r} and a dot'
            )
        if code in self._codes:
            raise InvalidCode(f'{code!r} is declared twice')
        statuses = (status,) if isinstance(status, int) else tuple(status)
        for one in statuses:
            if not isinstance(one, int) or not 400 <= one <= 599:
                raise InvalidCode(
                    f'{code!r}: {one!r} is not the status of an error'
                )
        if not statuses:
            raise InvalidCode(f'{code!r} has no status')
        if help is None and self.help_base is not None:
            help = self.help_base + code
        declared = ErrorCode(
            code, statuses=statuses, title=title, meaning=meaning, help=help
        )
        self._codes[code] = declared
        return declared

    def find(self, code: str) -> ErrorCode | None:
        """Return the declared code, or None."""
        return self._codes.get(code)

    def note_undeclared(self, code: str) -> bool:
        """Count the use of a code that is not declared.

        :returns: True the first time, so that it is logged once
        :raises UndeclaredCode: the catalog is strict
        """
        if self.strict:
            raise UndeclaredCode(
                f'{code!r} is not declared in the catalog of '
                f'{self.service_type!r}'
            )
        seen = self.undeclared.get(code, 0)
        if seen or len(self.undeclared) < 1000:
            self.undeclared[code] = seen + 1
        return not seen

    def __getitem__(self, code: str) -> ErrorCode:
        return self._codes[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)
