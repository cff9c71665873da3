# SPDX-License-Identifier: Apache-2.0
"""The codes of one service: declared once, and checked there and then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from errorkit.codes import declaring, forms
from errorkit.codes.code import CAUSES, RETRIES, ErrorCode, Version
from errorkit.exceptions import InvalidCode, UndeclaredCode

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
        if not forms.is_valid_service_type(service_type):
            raise InvalidCode(
                f'{service_type!r} cannot be the prefix of error codes'
            )
        self.service_type = service_type
        self.help_base = help_base
        self.strict = strict
        self._codes: dict[str, ErrorCode] = {}
        self._aliases: dict[str, ErrorCode] = {}
        #: A code has another name in some microversions.
        self.renames = False
        #: How often each undeclared code was used, the first 1,000 of them.
        self.undeclared: dict[str, int] = {}
        self.default = self.define(
            forms.undefined(service_type),
            status=range(400, 600),
            meaning='No code has been given to this error yet.',
        )
        for reason, status, meaning in _OWN:
            self.define(
                f'{service_type}.{reason}', status=status, meaning=meaning
            )
        #: The codes that errorkit itself answers with.
        self.built_in = frozenset(self._codes)

    def define(
        self,
        code: str,
        *,
        status: int | range | tuple[int, ...] | list[int],
        title: str | None = None,
        meaning: str = '',
        help: str | None = None,
        since: str | Version | None = None,
        cause: str | None = None,
        retry: str | None = None,
        deprecated_since: str | Version | None = None,
        replaced_by: str | None = None,
        retired: bool = False,
        renames: Mapping[str | Version, str] | None = None,
        text: str | None = None,
        params: Mapping[str, type] | None = None,
    ) -> ErrorCode:
        """Declare a code.

        :param code: ``<service_type>.<resource>.<reason>`` or shorter
        :param status: the HTTP status it comes with, or several
        :param title: the stable name of this kind of error; without it the
            status' own title is sent
        :param meaning: what it means to the client, for documentation
        :param help: a URL explaining it, in place of ``help_base`` + code
        :param since: the microversion it is published with, such as
            ``1.23``; for documentation and the lock, it gates nothing
        :param cause: who can mend it, ``user`` or ``service``; by default
            the status tells
        :param retry: whether trying again may help: ``never``, ``same``,
            ``after-refresh`` or ``later``
        :param deprecated_since: the microversion from which clients should
            not rely on it
        :param replaced_by: the code to look for instead
        :param retired: it is sent no more; the declaration stays, so that
            the string is never used again
        :param renames: from which microversion on which string is sent in
            its place, ``{(1, 30): 'placement.new'}``; old clients get the
            old one, and so do all clients of a service without microversions
        :param text: the text of ``ErrorCode.error``, with ``%(name)s`` for
            its parameters, or ``%(name)d``, ``f`` and ``r`` with a width; a
            lazy oslo.i18n message is translated for the reader
        :param params: the text's parameters and their types,
            ``{'name': str}``; ``float`` takes an int too
        :returns: the code, a ``str``
        :raises InvalidCode: the form, the prefix or a value is wrong, or the
            code is declared already
        """
        self._check_new(code)
        statuses = declaring.statuses(code, status)
        for member, value in (
            ('title', title), ('help', help), ('text', text)
        ):
            declaring.check_type(code, member, value, (str, type(None)))
        declaring.check_type(code, 'meaning', meaning, (str,))
        declaring.check_type(code, 'retired', retired, (bool,))
        if cause is None:
            cause = 'user' if statuses[0] < 500 else 'service'
        declaring.check_word(code, 'cause', cause, CAUSES)
        if retry is not None:
            declaring.check_word(code, 'retry', retry, RETRIES)
        if replaced_by is not None and not forms.is_valid(replaced_by):
            raise InvalidCode(
                f'{code!r}: replaced_by {replaced_by!r} is not a code'
            )
        renamed = self._renamed(code, {} if renames is None else renames)
        params = {} if params is None else params
        declaring.check_params(code, text, params)
        if help is None and self.help_base is not None:
            help = self.help_base + code
        declared = ErrorCode(
            code,
            statuses=statuses,
            title=title,
            meaning=meaning,
            help=help,
            since=declaring.version(code, 'since', since),
            cause=cause,
            retry=retry,
            deprecated_since=declaring.version(
                code, 'deprecated_since', deprecated_since
            ),
            replaced_by=replaced_by,
            retired=retired,
            renames=renamed,
            text=text,
            params=dict(params),
        )
        self._codes[code] = declared
        for _, name in renamed:
            self._aliases[name] = declared
            self.renames = True
        return declared

    def _check_new(self, code: str) -> None:
        if not forms.is_valid(code):
            raise InvalidCode(
                f'{code!r} is not a valid code: two or more labels of a-z, '
                f'0-9, _ and -, joined by dots, at most {forms.MAX_LENGTH} '
                'characters'
            )
        if not code.startswith(self.service_type + '.'):
            raise InvalidCode(
                f'{code!r} does not begin with {self.service_type!r} and a dot'
            )
        if code in self._codes or code in self._aliases:
            raise InvalidCode(f'{code!r} is declared twice')

    def _renamed(
        self, code: str, renames: Mapping[str | Version, str]
    ) -> tuple[tuple[Version, str], ...]:
        declaring.check_type(code, 'renames', renames, (Mapping,))
        found: dict[Version, str] = {}
        for since, name in renames.items():
            version = declaring.version(code, 'renames', since)
            assert version is not None
            self._check_new(name)
            if name == code or name in found.values():
                raise InvalidCode(f'{name!r} is declared twice')
            found[version] = name
        return tuple(sorted(found.items()))

    def find(self, code: str) -> ErrorCode | None:
        """Return the declared code, or None.

        :param code: its string, or one that it was renamed to
        """
        return self._codes.get(code) or self._aliases.get(code)

    def objection(self, code: str, status: int) -> str | None:
        """Return what speaks against using a code with a status, or None."""
        declared = self.find(code)
        if declared is None:
            return 'is not declared'
        if declared.retired:
            return 'is retired'
        if status not in declared.statuses:
            return f'is not declared for status {status}'
        return None

    def note_undeclared(
        self, code: str, objection: str = 'is not declared'
    ) -> bool:
        """Count the use of a code that is not declared, or not like that.

        :param objection: what is wrong with it, in words
        :returns: True the first time, so that it is logged once
        :raises UndeclaredCode: the catalog is strict
        """
        if self.strict:
            raise UndeclaredCode(
                f'{code!r} {objection} in the catalog of '
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
