# SPDX-License-Identifier: Apache-2.0
"""What was raised becomes Errors: text, title, code and link of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import webob.exc

from errorkit import _i18n, codes, domain, error, keys
from errorkit.domain import Known
from errorkit.error import Error, MultiError, UpstreamError
from errorkit.exceptions import ConfigError
from errorkit.formats import composed, foreign, undecodable, webob_body
from errorkit.formats.coder import Coder
from errorkit.formats.foreign import reasons

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: A body over this many bytes is replaced, not parsed.
MAX_BODY = 65536
#: More errors than this in one response are cut off.
MAX_ERRORS = 20
_MAX_TITLE = 256
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
_TEXTS = (str, _i18n.Text)


class Reader:
    """A service's codes and texts: reads an exception once, keeps nothing.

    :param service_type: the prefix of default codes, such as ``volume``
    :param catalog: the service's codes; gives titles and help links, and
        notes undeclared ones
    :param default_codes: for a status, the code of an error without one
    :param detail_style: ``plain`` sends the author's text alone, ``webob``
        the composed string that placement's clients know
    :param max_detail: how many characters of a text are sent
    :param exceptions: an ``ExceptionRegistry``; or for an exception class,
        what it becomes: a ``Known``, a pair of status and code, or a status
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        service_type: str | None = None,
        *,
        catalog: codes.Catalog | None = None,
        default_codes: Mapping[int, str] | None = None,
        detail_style: str = 'plain',
        max_detail: int = error.MAX_DETAIL,
        exceptions: Mapping[
            type[BaseException], Known | tuple[int, str] | int
        ]
        | None = None,
    ) -> None:
        if catalog is not None and not isinstance(catalog, codes.Catalog):
            raise bad('catalog', catalog, 'an errorkit.Catalog is')
        if service_type is None:
            service_type = catalog.service_type if catalog else 'errorkit'
        if not codes.is_valid_service_type(service_type):
            raise bad('service_type', service_type, 'a-z, 0-9, - and _ are')
        if detail_style not in ('plain', 'webob'):
            raise bad('detail_style', detail_style, 'plain and webob are')
        if not isinstance(max_detail, int) or max_detail < 1:
            raise bad('max_detail', max_detail, 'a number above 0 is')
        self.service_type = service_type
        for status, code in (default_codes or {}).items():
            if not codes.is_valid(code):
                raise bad('default_codes', {status: code}, 'valid codes are')
        self.catalog = catalog
        self._coder = Coder(service_type, catalog, default_codes or {})
        self._composes = detail_style == 'webob'
        self._max_detail = max_detail
        self._known = domain.table_of({} if exceptions is None else exceptions)

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
            if raised.has_body:
                return self._of_own_body(raised, environ)
            return (self.from_webob(raised, environ),), raised.headerlist
        if issubclass(kind, webob.exc.HTTPException):
            return None
        if issubclass(kind, MultiError):
            first = raised.errors[0]
            # One more than is shown, so that the cut is seen.
            shown = raised.errors[: MAX_ERRORS + 1]
            headers = [] if isinstance(first, Error) else first.headerlist
            read = tuple(self._one_of(one, environ) for one in shown)
            if type(first) is UpstreamError:
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
            detail = error.text_of(raised, self._max_detail)
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
            int(raised.status[:3]), content_type, b''.join(given)
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
        status = int(raised.status[:3])
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
        number = int(status[:3])
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
        number, reason = int(status[:3]), status[4:]
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
        if type(given) is UpstreamError:
            return dataclasses.replace(
                given,
                title=self._text(given.title, _MAX_TITLE),
                detail=self._text(given.detail, self._max_detail),
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

    def make(
        self,
        status: int,
        environ: WSGIEnvironment,
        *,
        title: Any = None,
        detail: Any = None,
        explanation: Any = '',
        code: object = None,
        source: Mapping[str, str] | None = None,
        links: tuple[tuple[str, str], ...] = (),
        versions: tuple[str | None, str | None] = (None, None),
    ) -> Error:
        """Return an Error with code, title, links and request id.

        :param status: the HTTP status
        :param environ: of the request: its id, its microversion
        :param title: used where the catalog has none
        :param detail: the author's text, of any type
        :param explanation: used where there is no detail
        :param code: used when it is a valid code, else the default one is
        :param source: where in the request the cause lies
        :param links: used where the catalog has none
        :param versions: the oldest and the newest, of a version 406
        """
        chosen, declared = self._coder.choose(status, code)
        retry = None
        if declared is not None:
            title = declared.title or title
            retry = declared.retry
            if declared.help:
                links = (('help', declared.help),)
        limit = self._max_detail
        # text_of, spelled out for what nearly every text is.
        if type(detail) is not str and type(detail) is not _i18n.Text:
            detail = self._text(detail, limit)
        shown = detail or explanation or error.explanation_of(status)
        if self._composes:
            shown = self._composed(status, explanation, detail, environ)
        if type(shown) not in _TEXTS or len(shown) > limit:
            shown = error.text_of(shown, limit)
        if type(title) is not str or len(title) > _MAX_TITLE:
            title = self._text(title, _MAX_TITLE)
        if not title:
            title = error.title_of(status)
        made = error.Draft(
            status,
            title,
            shown,
            chosen,
            environ.get(keys.REQUEST_ID),
            links,
            source,
            retry,
            versions[1],
            versions[0],
        )
        made.__class__ = Error
        finished: Error = made
        return finished

    def _text(self, value: Any, limit: int) -> str:
        """Return what an author gave, or nothing where that is nothing."""
        try:
            if not value:
                return ''
        except Exception:  # of a foreign __bool__
            return ''
        return error.text_of(value, limit)

    def _composed(
        self, status: int, explanation: Any, detail: Any, environ: Any
    ) -> str:
        """Return placement's string; of a lazy text, a lazy one."""

        def compose(text: object) -> str:
            return composed.composed(
                status,
                error.text_of(explanation, self._max_detail),
                error.text_of(text, self._max_detail),
                environ,
            )

        if _i18n.is_translatable(detail):
            return _i18n.Derived(detail, compose)
        return compose(detail or '')


def _title(status: int, title: str) -> str:
    """Return a title that says more than the status, else nothing."""
    return '' if reasons.repeats(status, title) else title


def _explanation(status: int) -> str:
    """Return the explanation of an error that was meant: not translated."""
    return str(error.explanation_of(status))


def bad(option: str, value: object, allowed: str) -> ConfigError:
    """Return the error of an option of the whole stack."""
    return ConfigError('errorkit', option, value, f'{allowed} allowed')
