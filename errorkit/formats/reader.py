# SPDX-License-Identifier: Apache-2.0
"""What was raised, or answered by another layer, becomes Errors."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import webob.exc

from errorkit import domain, error, keys
from errorkit.domain import Known
from errorkit.error import Error, MultiError, UpstreamError
from errorkit.formats import foreign, undecodable, webob_body
from errorkit.formats.foreign import reasons
from errorkit.formats.maker import MAX_TITLE, Maker

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: A body over this many bytes is replaced, not parsed.
MAX_BODY = 65536
#: More errors than this in one response are cut off.
MAX_ERRORS = 20
# What webob's errors have that have a template in place of a text.
_UNSAID = {
    kind.code: kind.explanation
    for kind in (
        webob.exc.HTTPMethodNotAllowed,
        webob.exc.HTTPNotAcceptable,
        webob.exc.HTTPUnsupportedMediaType,
        webob.exc.HTTPNotImplemented,
    )
}


class Reader(Maker):
    """Reads an exception or a response once, and keeps nothing of it.

    :param service_type: see ``Maker``, as are the options in ``making``
    :param exceptions: an ``ExceptionRegistry``; or for an exception class,
        what it becomes: a ``Known``, a pair of status and code, or a status
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        service_type: str | None = None,
        *,
        exceptions: Mapping[
            type[BaseException], Known | tuple[int, str] | int
        ]
        | None = None,
        **making: Any,
    ) -> None:
        super().__init__(service_type, **making)
        self._known = domain.table_of({} if exceptions is None else exceptions)
        for known in self._known.values():
            if known.code is not None:
                self.check_declared('exceptions', known.status, known.code)

    def errors_of(
        self, raised: Any, environ: WSGIEnvironment
    ) -> tuple[tuple[Error, ...], list[tuple[str, str]]] | None:
        """Return the errors an exception stands for, and its headers.

        :param raised: the exception; never changed, and not kept
        :param environ: of the request
        :returns: None when it stands for none: a bug, or a webob exception
            that is a response of its own (a redirect, or an error to which
            its author gave a JSON body)
        """
        # Not isinstance: an exception may say it is of another class.
        kind = type(raised)
        if issubclass(kind, webob.exc.WSGIHTTPException):
            if raised.status < '4':
                return None
            headers = raised.headerlist
            # webob gives it two itself.
            if len(headers) > 2 and _opts_out(headers):
                return None
            if raised.has_body:
                return self._of_own_body(raised, environ)
            return (self.from_webob(raised, environ),), headers
        if issubclass(kind, webob.exc.HTTPException):
            return None
        if issubclass(kind, MultiError):
            first = raised.errors[0]
            headers = [] if isinstance(first, Error) else first.headerlist
            read = tuple(
                self._one_of(one, environ) for one in _shown(raised.errors)
            )
            if isinstance(first, UpstreamError):
                # The response's own error is ours to say.
                read = (self.make(first.status, environ), *read)
            return read, headers
        found = domain.known(raised, self._known)
        if found is None:
            if undecodable.is_clients(raised, environ):
                return (self.make(400, environ),), []
            return None
        detail = found.detail
        if detail is None and found.safe:
            detail = error.words_of(raised, self._max_detail)
        made = self.make(
            found.status,
            environ,
            detail=detail or error.explanation_of(found.status),
            code=found.code,
        )
        return (made,), list(found.headers)

    def _of_own_body(
        self, raised: webob.exc.WSGIHTTPException, environ: WSGIEnvironment
    ) -> tuple[tuple[Error, ...], list[tuple[str, str]]] | None:
        """Return the errors of an exception that was given a body.

        :returns: None when that is JSON, or too much to look at
        """
        content_type = raised.content_type or ''
        given = raised.app_iter
        if raised.detail and not content_type.endswith(('/json', '+json')):
            return (self.from_webob(raised, environ),), raised.headerlist
        if (
            content_type.endswith(('/json', '+json'))
            or type(given) is not list
            or sum(map(len, given)) > MAX_BODY
        ):
            return None
        errors = foreign.load(
            _number(raised.status), content_type, b''.join(given)
        )
        code = raised.comment
        if code:
            errors = tuple(
                dataclasses.replace(one, code=one.code or code)
                for one in errors
            )
        read = self.from_foreign(raised.status, errors, environ)
        return read, raised.headerlist

    def _one_of(
        self,
        one: Error | webob.exc.WSGIHTTPException,
        environ: WSGIEnvironment,
    ) -> Error:
        if isinstance(one, Error):
            return self.complete(one, environ)
        return self.from_webob(one, environ)

    def from_webob(
        self, raised: webob.exc.WSGIHTTPException, environ: WSGIEnvironment
    ) -> Error:
        """Return the Error a webob exception stands for."""
        status = _number(raised.status)
        explanation = raised.explanation
        if not explanation or _UNSAID.get(status) == explanation:
            explanation = _explanation(status)
        return self.make(
            status,
            environ,
            title=raised.title,
            detail=raised.detail,
            explanation=explanation,
            code=raised.comment,
        )

    def from_body(
        self,
        status: str,
        found: webob_body.Found,
        environ: WSGIEnvironment,
        title: str | None = None,
    ) -> Error:
        """Return the Error a webob handler has turned into a response."""
        number = _number(status)
        return self.make(
            number,
            environ,
            title=title or status[4:],
            detail=found.detail,
            explanation=found.explanation or _explanation(number),
            code=found.comment,
        )

    def from_foreign(
        self,
        status: str,
        errors: tuple[Error, ...],
        environ: WSGIEnvironment,
    ) -> tuple[Error, ...]:
        """Return the Errors of another layer's response.

        :param status: the response's status line
        :param errors: what its body told; none stand for the status alone
        """
        number, reason = _number(status), status[4:]
        reason = _title(number, reason)
        if not errors:
            return (self.make(number, environ, title=reason),)
        return tuple(
            self.make(
                number,
                environ,
                title=_title(number, one.title) or reason,
                detail=one.detail,
                code=one.code,
                source=one.source,
                links=one.links,
            )
            for one in errors
        )

    def complete(self, given: Error, environ: WSGIEnvironment) -> Error:
        """Return an author's own Error with what he left to us."""
        if isinstance(given, UpstreamError):
            return dataclasses.replace(
                given,
                title=self.text(given.title, MAX_TITLE),
                detail=self.text(given.detail, self._max_detail),
                # Of any size, and not of our making.
                extra=None,
            )
        made = self.make(
            given.status,
            environ,
            title=given.title,
            detail=given.detail,
            code=given.code,
        )
        return dataclasses.replace(
            given,
            title=made.title,
            detail=made.detail,
            code=made.code,
            request_id=made.request_id,
            links=given.links or made.links,
            retry=given.retry or made.retry,
        )


def _shown(
    errors: Sequence[Error | webob.exc.WSGIHTTPException],
) -> Iterator[Error | webob.exc.WSGIHTTPException]:
    """Leave out what no client can be shown, of any number of errors."""
    # One more of our own than is shown, so that the cut is seen; those of
    # other services may be hidden, and do not count then.
    left = {True: MAX_ERRORS, False: MAX_ERRORS + 1}
    for one in errors:
        kind = isinstance(one, UpstreamError)
        if left[kind]:
            left[kind] -= 1
            yield one


def _opts_out(headers: list[tuple[str, str]]) -> bool:
    return any(keys.is_opt_out(name, value) for name, value in headers)


def _title(status: int, title: str) -> str:
    """Return a title that says more than the status, else nothing."""
    return '' if reasons.repeats(status, title) else title


@functools.lru_cache(maxsize=256)
def _number(status: str) -> int:
    return int(status[:3])


def _explanation(status: int) -> str:
    """Return the explanation of an error of webob's: not translated.

    What webob makes of it says on HEAD not whether there was a text, and has
    the same headers on both.
    """
    return str(error.explanation_of(status))
