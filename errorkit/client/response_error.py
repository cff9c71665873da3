# SPDX-License-Identifier: Apache-2.0
"""ResponseError, the exception that a response with an error becomes.

It holds records and texts only, never the response: it can be pickled,
copied and kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Protocol
from weakref import WeakValueDictionary

from errorkit import ids, keys, masking
from errorkit.client import origins, waiting
from errorkit.client.headers import Pairs
from errorkit.codes import ErrorCode
from errorkit.error import ELLIPSIS, Error
from errorkit.exceptions import ErrorkitError
from errorkit.formats.checked import is_id

# What a caller may need of the headers. Location, Set-Cookie and whatever
# else may hold a secret is not among them.
_HEADERS = frozenset(
    [
        'allow',
        'content-type',
        'date',
        'openstack-api-version',
        'ratelimit',
        'ratelimit-policy',
        'retry-after',
        'server',
        'www-authenticate',
        'x-openstack-nova-api-version',
        keys.CODE_HEADER.lower(),
    ]
)
_MAX_VALUE = 1024
# So that the code and the id behind it are seen.
_MAX_SHOWN = 1024


class Finder(Protocol):
    """A catalog: it knows the class of a code."""

    def class_of(
        self, code: str | None, status: int
    ) -> type[ResponseError]:
        """Return the class to raise for a response."""


class ResponseError(ErrorkitError):
    """A service has answered with an error.

    ``str`` of it is one line, safe to log: status, title, detail, code and
    request id.

    :param errors: as ``parse`` has read them, the response's own first
    :param headers: the response's; of them few are kept
    :param method: the request's, in capitals, or None where unknown
    :param request_id: as the headers have it
    :param origin: scheme, host and port of who has answered, where known
    """

    #: The code of a class that a catalog has made, with what it declares.
    declared: ClassVar[ErrorCode | None] = None
    # Of what was pickled by an older release.
    _origin: str = ''

    errors: tuple[Error, ...]
    """All of them, the response's own first."""
    method: str | None
    """The method of the request, where the response knew it."""
    headers: dict[str, str]
    """Some of the response's, by their names in lower case."""
    request_id: str | None
    """The local id of the request at the service that answered."""
    retry_after: float | None
    """For how many seconds the service asks to wait, when it answered."""

    def __init__(
        self,
        errors: Iterable[Error],
        headers: Pairs | None = None,
        method: str | None = None,
        request_id: str | None = None,
        origin: str = '',
    ) -> None:
        self.errors = tuple(errors)
        self.method = method
        self._origin = origin
        told = headers or []
        self.headers = {}
        for name, value in told:
            if name in _HEADERS or _is_id_header(name, value):
                self.headers.setdefault(name, value[:_MAX_VALUE])
        self.request_id = request_id or self.error.request_id
        self.retry_after = waiting.seconds(told)
        super().__init__(self._line())

    @property
    def error(self) -> Error:
        """The response's own error."""
        return self.errors[0]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.error.status

    @property
    def code(self) -> str | None:
        """The code, as the service has sent it."""
        return self.error.code

    @property
    def title(self) -> str:
        """The kind of error."""
        return self.error.title

    @property
    def detail(self) -> str:
        """This occurrence in words, or an empty string."""
        return self.error.detail

    @property
    def retry(self) -> str | None:
        """Whether trying again may help, or None where nobody has said.

        ``never``, ``same``, ``after-refresh`` or ``later``: what the answer
        says, else what the catalog does.
        """
        declared = self.declared
        return self.error.retry or (declared.retry if declared else None)

    @property
    def help(self) -> str | None:
        """A page that explains the code, or None.

        Absolute, where the response knew its URL.
        """
        for rel, href in self.error.links:
            if rel == 'help':
                return href
        found = self.declared.help if self.declared else None
        return found and origins.absolute(found, self._origin)

    def _line(self) -> str:
        error = self.error
        shown = f'{error.status} {error.title}'
        if error.detail:
            shown += f': {_short(error.detail)}'
        named = ', '.join(
            one for one in (error.code, self.request_id) if one
        )
        if named:
            shown += f' ({named})'
        if len(self.errors) > 1:
            shown += f' (+{len(self.errors) - 1} more)'
        return masking.one_line(shown)

    def __reduce__(self) -> tuple[Any, ...]:
        kind = type(self)
        # What a user has derived from a code's class can be imported.
        made_of = vars(kind).get('_made_of')
        if made_of is not None:
            kind = next(
                one for one in kind.__mro__ if '_made_of' not in vars(one)
            )
        how = kind, made_of, self.status, self.args
        return _restored, how, self.__dict__


#: The catalogs that are loaded in this process, by their digests.
FINDERS: WeakValueDictionary[str, Finder] = WeakValueDictionary()


def _restored(
    kind: type[ResponseError],
    made_of: tuple[str, str] | None,
    status: int,
    args: tuple[Any, ...],
) -> ResponseError:
    """Make an exception anew.

    :param kind: its class, or where a catalog made that, the base of it that
        can be imported
    :param made_of: the catalog's digest and the code
    """
    if made_of is not None:
        digest, code = made_of
        finder = FINDERS.get(digest)
        if finder is not None:
            kind = finder.class_of(code, status)
    made: ResponseError = kind.__new__(kind, *args)
    return made


def _is_id_header(name: str, value: str) -> bool:
    return len(value) == ids.LENGTH and name.endswith('-request-id') and (
        is_id(value)
    )


def _short(text: str) -> str:
    if len(text) > _MAX_SHOWN:
        return text[: _MAX_SHOWN - 1] + ELLIPSIS
    return text
