# SPDX-License-Identifier: Apache-2.0
"""Error, the record everything that goes wrong becomes, and its exceptions.

An ``Error`` is one entry of ``errors[]``. It is read once from whatever was
raised and never refers back to it: an exception may be a module-level object
that many threads raise at the same time.
"""

from __future__ import annotations

import dataclasses
import http
import importlib
import re
import sys
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

    @staticmethod
    def from_response(response: Any) -> UpstreamError:
        """Return why another service has refused.

        ::

            raise MultiError([
                webob.exc.HTTPBadGateway(detail, comment=codes.NO_IMAGE),
                Error.from_response(response),
            ])

        :param response: a response with a status from 400 to 599, of
            requests, httpx, urllib3, http.client or webob; its body is read
            where it has not been yet, 1 MiB at most
        :returns: the first of its errors, in whatever format they came, with
            that service's code and request id
        :raises ValueError: the response is no error
        """
        # It knows the formats, which in their turn are made of this module's
        # records: found when it is asked for, and no sooner.
        reader = importlib.import_module('errorkit.formats.upstream')
        found: UpstreamError = reader.from_response(response)
        return found


@dataclass(frozen=True, slots=True)
class UpstreamError(Error):
    """An error that another service has answered with.

    It keeps that service's code and request id. As a further error of a
    ``MultiError`` it says why; a client is shown it only where the service
    asked for that (``show_upstream``), the log always is.
    """


#: An Error in the making, for ``made.__class__ = Error`` once it is filled: a
#: frozen dataclass takes four times as long to be made. Only the same slots
#: in both classes allow it.
Draft: Any = dataclasses.make_dataclass(
    'Draft',
    [
        (one.name, one.type, dataclasses.field(default=one.default))
        for one in dataclasses.fields(Error)
    ],
    slots=True,
)


class MultiError(Exception):
    """Several errors at once; the first one's status is the response's.

    :param errors: ``Error`` records or ``webob.exc`` exceptions, one at
        least
    :raises ValueError: there is none, or one that is no error
    """

    def __init__(
        self, errors: Iterable[Error | webob.exc.WSGIHTTPException]
    ) -> None:
        self.errors = tuple(errors)
        if not self.errors:
            raise ValueError('a MultiError needs one error at least')
        for one in self.errors:
            if not _is_error(one):
                raise ValueError(
                    'a MultiError takes Error records and webob.exc errors, '
                    'each with a status from 400 to 599'
                )
        super().__init__(self.errors)

    def __str__(self) -> str:
        return f'{len(self.errors)} errors'


def _is_error(one: object) -> bool:
    if isinstance(one, Error):
        return isinstance(one.status, int) and 400 <= one.status <= 599
    return isinstance(one, webob.exc.WSGIHTTPException) and (
        '4' <= one.status[:1] <= '5'
    )


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


def words_of(raised: BaseException, limit: int = MAX_DETAIL) -> str:
    """Return what a safe exception says, and no traceback behind it.

    One of another process, as RPC brings it, has that process's traceback in
    its own text.

    :param limit: as of ``text_of``
    """
    return text_of(_TRACEBACK.split(text_of(raised, sys.maxsize))[0], limit)


_TRACEBACK = re.compile(
    r'(?:\A|\n)[ +|]*+(?:Exception Group )?'
    r'Traceback \(most recent call last\):'
)


def title_of(status: int) -> str:
    """Return the title of a status: HTTP's own reason phrase."""
    return _TITLES.get(status) or f'Error {status}'


def explanation_of(status: int) -> str:
    """Return the standard explanation of a status."""
    if status == 500:
        return FAULT_DETAIL
    if status in _EXPLANATIONS:
        return _EXPLANATIONS[status]
    found = webob.exc.status_map.get(status)
    if found is None:
        found = webob.exc.status_map.get(status // 100 * 100)
    return (found.explanation if found else '') or title_of(status)


# webob has templates for these, which quote the request, and no text.
_EXPLANATIONS = {
    405: _('The method is not allowed for this resource.'),
    406: _('The resource cannot be had in a form that the request accepts.'),
    415: _('The media type of the request is not supported.'),
    501: _('The method of the request is not implemented by this server.'),
}
_TITLES = {status.value: status.phrase for status in http.HTTPStatus}
_TITLES.update(
    {
        status: kind.title
        for status, kind in webob.exc.status_map.items()
        if status >= 400
    }
)
