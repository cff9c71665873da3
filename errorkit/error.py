# SPDX-License-Identifier: Apache-2.0
"""Error, the record everything that goes wrong becomes, and its exceptions.

An ``Error`` is one entry of ``errors[]``. It is read once from whatever was
raised and never refers back to it: an exception may be a module-level object
that many threads raise at the same time.
"""

from __future__ import annotations

import http
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import webob.exc

from errorkit import _i18n
from errorkit._i18n import _

#: What a client learns of a bug. Nothing else, ever.
FAULT_DETAIL = _(
    'The server met an unexpected condition and could not complete the '
    'request. Give the request id when you report it.'
)

#: How much of an author's or a client's text is shown, in characters.
MAX_DETAIL = 8192
ELLIPSIS = '\N{HORIZONTAL ELLIPSIS}'

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Error:
    """One thing that went wrong, as a client is told of it.

    Members that are None or empty are left out of every format.

    :param status: the HTTP status, a number
    :param title: the kind of error; the same for every occurrence
    :param detail: this occurrence, in words
    :param code: the stable code, ``service.resource.reason``
    :param request_id: the local id of the request that failed
    :param links: pairs of ``rel`` and ``href``
    :param source: where the cause lies: ``{'pointer': '/name'}``,
        ``{'parameter': 'limit'}`` or ``{'header': 'If-Match'}``
    :param retry: ``never``, ``same``, ``after-refresh`` or ``later``
    :param max_version: the newest supported microversion, on a version 406
    :param min_version: the oldest supported microversion, on a version 406
    :param trace_id: the id of the distributed trace
    :param extra: further members; they cannot replace the ones above
    """

    status: int
    title: str
    detail: str
    code: str | None = None
    request_id: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    source: Mapping[str, str] | None = None
    retry: str | None = None
    max_version: str | None = None
    min_version: str | None = None
    trace_id: str | None = None
    extra: Mapping[str, Any] | None = None


class MultiError(Exception):
    """Several errors at once; the first one's status is the response's.

    :param errors: ``Error`` records or ``webob.exc`` exceptions, one at
        least
    :raises ValueError: there is none
    """

    def __init__(
        self, errors: Iterable[Error | webob.exc.WSGIHTTPException]
    ) -> None:
        self.errors = tuple(errors)
        if not self.errors:
            raise ValueError('a MultiError needs one error at least')
        super().__init__(self.errors)

    def __str__(self) -> str:
        return f'{len(self.errors)} errors'


@dataclass(frozen=True, slots=True)
class Known:
    """What a registered exception class becomes.

    :param status: the HTTP status, 400 to 599
    :param code: the error code
    :param safe: show the exception's text; without it the client reads the
        standard explanation of the status
    :param headers: headers of the response
    """

    status: int
    code: str | None = None
    safe: bool = False
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, value: Known | tuple[int, str] | int) -> Known:
        """Return what a value in ``exceptions=`` stands for.

        :param value: a ``Known``, a pair of status and code, or a status
        :raises ValueError: it is none of these
        """
        if isinstance(value, int):
            value = cls(value)
        elif isinstance(value, tuple) and len(value) == 2:
            value = cls(*value)
        if not isinstance(value, cls) or not 400 <= value.status <= 599:
            raise ValueError('a status from 400 to 599, and a code or None')
        return value


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
    if not found.safe and _is_safe(error):
        return Known(found.status, found.code, True, found.headers)
    return found


_mro = type.__dict__['__mro__'].__get__


def _is_safe(error: BaseException) -> bool:
    try:
        return getattr(error, 'safe', False) is True
    except Exception:  # an attribute may be a property that fails
        return False


def text_of(value: object, limit: int = MAX_DETAIL) -> str:
    """Return what an author gave as a text, cut, without ever raising.

    :param value: a str, bytes, a lazy message, an exception or anything
    :param limit: how many characters are kept; a cut shows as an ellipsis
    """
    try:
        if isinstance(value, bytes):
            value = value[: 4 * limit].decode('utf-8', 'replace')
        elif not isinstance(value, str):
            value = str(value)
        elif type(value) is not str and not _i18n.is_translatable(value):
            value = str.__str__(value)
    except Exception:  # whatever a foreign __str__ does
        return ''
    if len(value) > limit:
        return str.__str__(value)[: limit - 1] + ELLIPSIS
    return value


def title_of(status: int) -> str:
    """Return the title of a status: HTTP's own reason phrase."""
    return _TITLES.get(status) or f'Error {status}'


def explanation_of(status: int) -> str:
    """Return the standard explanation of a status."""
    if status == 500:
        return FAULT_DETAIL
    found = webob.exc.status_map.get(status)
    if found is None:
        found = webob.exc.status_map.get(status // 100 * 100)
    return (found.explanation if found else '') or title_of(status)


_TITLES = {status.value: status.phrase for status in http.HTTPStatus}
_TITLES.update(
    {
        status: kind.title
        for status, kind in webob.exc.status_map.items()
        if status >= 400
    }
)
