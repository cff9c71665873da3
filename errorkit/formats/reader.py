# SPDX-License-Identifier: Apache-2.0
"""What was raised becomes Errors: text, title, code and link of each."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import webob.exc

from errorkit import _i18n, codes, error, keys, log
from errorkit.error import Error, Known, MultiError
from errorkit.exceptions import ConfigError
from errorkit.formats import composed, webob_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LOG = logging.getLogger('errorkit.formatter')

#: More errors than this in one response are cut off.
MAX_ERRORS = 20
_MAX_TITLE = 256
_TEXTS = (str, _i18n.Text)
#: How many valid codes are remembered as such.
_MAX_SEEN = 1000


class Reader:
    """A service's codes and texts: reads an exception once, keeps nothing.

    :param service_type: the prefix of default codes, such as ``volume``
    :param catalog: the service's codes; gives titles and help links, and
        notes undeclared ones
    :param default_codes: for a status, the code of an error without one
    :param detail_style: ``plain`` sends the author's text alone, ``webob``
        the composed string that placement's clients know
    :param max_detail: how many characters of a text are sent
    :param exceptions: for an exception class, what it becomes: a ``Known``,
        a pair of status and code, or a status
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
        self._catalog = catalog
        self._undefined = codes.undefined(service_type)
        self._default_codes = dict(default_codes or {})
        for status, code in self._default_codes.items():
            if not codes.is_valid(code):
                raise bad('default_codes', {status: code}, 'valid codes are')
        self._seen: set[str] = set()
        self._composes = detail_style == 'webob'
        self._max_detail = max_detail
        self._known = {}
        if not isinstance(exceptions or {}, Mapping):
            raise bad('exceptions', exceptions, 'classes and statuses are')
        for kind, value in (exceptions or {}).items():
            try:
                self._known[kind] = Known.of(value)
            except ValueError as exc:
                raise bad('exceptions', value, f'{exc} is') from exc

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
            if raised.status < '4' or (
                raised.has_body and raised.content_type == 'application/json'
            ):
                return None
            return (self.from_webob(raised, environ),), raised.headerlist
        if issubclass(kind, webob.exc.HTTPException):
            return None
        if issubclass(kind, MultiError):
            first = raised.errors[0]
            # One more than is shown, so that the cut is seen.
            shown = raised.errors[: MAX_ERRORS + 1]
            headers = [] if isinstance(first, Error) else first.headerlist
            return tuple(self._one_of(one, environ) for one in shown), headers
        found = error.known(raised, self._known)
        if found is None:
            return None
        detail = error.text_of(raised, self._max_detail) if found.safe else ''
        made = self.make(
            found.status,
            environ,
            detail=detail or error.explanation_of(found.status),
            code=found.code,
        )
        return (made,), list(found.headers)

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
        return self.make(
            status,
            environ,
            title=raised.title,
            detail=raised.detail,
            explanation=raised.explanation or _explanation(status),
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

    def complete(self, given: Error, environ: WSGIEnvironment) -> Error:
        """Return an author's own Error with what he left to us."""
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
        :param versions: the oldest and the newest, of a version 406
        """
        chosen = self._code(status, code)
        links: tuple[tuple[str, str], ...] = ()
        if self._catalog is not None:
            declared = self._catalog.find(chosen)
            if declared is not None:
                title = declared.title or title
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
        return Error(
            status,
            title,
            shown,
            chosen,
            environ.get(keys.REQUEST_ID),
            links,
            source,
            None,
            versions[1],
            versions[0],
        )

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

    def _code(self, status: int, code: Any) -> str:
        if code is not None and isinstance(code, str):
            if type(code) is not str:
                # An ErrorCode, an enum's member, or what lies about itself.
                code = str.__str__(code)
            if code in self._seen:
                return str(code)
            if codes.is_valid(code):
                return self._noted(code)
            if code:
                log.say(LOG, logging.DEBUG, 'a comment is not a valid code')
        elif code is not None:
            log.say(LOG, logging.DEBUG, 'a comment is not a valid code')
        return self._default_codes.get(status, self._undefined)

    def _noted(self, code: str) -> str:
        """Return a code, remembered as valid if the catalog has it."""
        catalog = self._catalog
        if catalog is None or catalog.find(code) is not None:
            if len(self._seen) < _MAX_SEEN:
                self._seen.add(code)
        elif catalog.note_undeclared(code):
            log.say(
                LOG,
                logging.WARNING,
                'the code %s is not declared in its catalog',
                code,
            )
        return code


def _explanation(status: int) -> str:
    """Return the explanation of an error that was meant: not translated."""
    return str(error.explanation_of(status))


def bad(option: str, value: object, allowed: str) -> ConfigError:
    """Return the error of an option of the whole stack."""
    return ConfigError('errorkit', option, value, f'{allowed} allowed')
