# SPDX-License-Identifier: Apache-2.0
"""Errors become the response: format, gate of the code, language, headers.

One Formatter holds a service's choices. FaultWrapper makes it and leaves it
in environ, so that every layer inside answers alike; a layer that stands
alone makes its own.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import microversion_parse

from errorkit import _headers, _i18n, error, formats, keys
from errorkit.error import Error
from errorkit.formats import api_sig
from errorkit.formats.reader import MAX_ERRORS, Reader, bad

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# They describe the body that is replaced; RFC 9110 section 8.
_ENTITY_HEADERS = frozenset(
    [
        'content-type',
        'content-length',
        'content-encoding',
        'content-md5',
        'etag',
        # not of the entity, but of how its bytes would have been sent
        'transfer-encoding',
    ]
)

_NOSNIFF = ('X-Content-Type-Options', 'nosniff')
_NO_STORE = ('Cache-Control', 'no-store')


class Formatter(Reader):
    """How a service says its errors.

    :param service_type: the prefix of default codes, such as ``volume``
    :param code_version: the microversion that shows ``code``, such as
        ``1.23``; None shows it always
    :param version_headers: sent where no version has been parsed
    :param reading: the options of ``Reader``
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        service_type: str | None = None,
        *,
        code_version: str | None = None,
        version_headers: tuple[tuple[str, str], ...] = (),
        **reading: Any,
    ) -> None:
        super().__init__(service_type, **reading)
        self.version_headers = version_headers
        self._version_key = keys.microversion(self.service_type)
        self._code_version = _version(code_version)

    def answer(
        self,
        errors: Sequence[Error],
        environ: WSGIEnvironment,
        start_response: StartResponse,
        headers: Iterable[tuple[str, str]] = (),
        versioned: bool = True,
    ) -> list[bytes]:
        """Answer a request with errors, as a WSGI application would.

        :param errors: the response's own error first
        :param environ: of the request
        :param start_response: called once
        :param headers: those of what was raised; the ones that describe its
            body are left out
        :param versioned: add the version's headers; the handler inside
            Microversion leaves that to it
        :returns: the body, empty for HEAD
        :raises InvalidResponse: a header cannot be sent; nothing was started
        """
        status, head, body = self.respond(
            errors, environ, headers, versioned
        )
        environ[keys.ANSWERED] = errors, body
        start_response(status, head)
        return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]

    def respond(
        self,
        errors: Sequence[Error],
        environ: WSGIEnvironment,
        headers: Iterable[tuple[str, str]] = (),
        versioned: bool = True,
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return the status line, the headers and the body of an answer."""
        accept = environ.get('HTTP_ACCEPT')
        if keys.ACCEPT in environ:
            accept = environ[keys.ACCEPT]
        shown, language, vary = self._shown(errors, environ)
        content_type, more, body = formats.content(
            formats.negotiate(accept),
            shown,
            len(errors) > MAX_ERRORS,
            language or 'en',
        )
        head = [
            ('Content-Type', content_type),
            ('Content-Length', str(len(body))),
            _NOSNIFF,
            *more,
        ]
        if language:
            head.append(('Content-Language', language))
        versions: tuple[tuple[str, str], ...] = ()
        if versioned:
            versions = environ.get(keys.VERSION_HEADERS, self.version_headers)
        ours = _names_of(versions) if versions else ()
        cached = False
        for name, value in headers:
            lowered = name.lower()
            if lowered in _ENTITY_HEADERS or lowered in ours:
                continue
            if lowered == 'vary':
                vary = f'{vary}, {value}'
                continue
            cached = cached or lowered == 'cache-control'
            _headers.check_header(name, value)
            head.append((name, value))
        if not cached:
            head.append(_NO_STORE)
        for item in versions:
            if item[0] == 'Vary':
                vary = f'{vary}, {item[1]}'
            else:
                head.append(item)
        if ',' in vary:
            vary = _merged(vary)
        head.append(('Vary', vary))
        return _status_line(errors[0].status), head, body

    def constant(
        self, environ: WSGIEnvironment
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return a 500 made beforehand, for when ``respond`` has failed."""
        body = _CONSTANT
        request_id = environ.get(keys.REQUEST_ID)
        if type(request_id) is str and request_id.isascii():
            body = _CONSTANT_WITH_ID % request_id.encode('ascii')
        head = [
            ('Content-Type', api_sig.CONTENT_TYPE),
            ('Content-Length', str(len(body))),
            _NO_STORE,
            _NOSNIFF,
            *environ.get(keys.VERSION_HEADERS, self.version_headers),
        ]
        return _status_line(500), head, body

    def as_json(
        self, errors: Sequence[Error], environ: WSGIEnvironment
    ) -> bytes:
        """Return the JSON body of errors, for whoever sends it himself."""
        shown, _, _ = self._shown(errors, environ)
        return formats.content('application/json', shown, False, 'en')[2]

    def _shown(
        self, errors: Sequence[Error], environ: WSGIEnvironment
    ) -> tuple[Sequence[Error], str | None, str]:
        """Return errors as this client may read them.

        :returns: the errors, their language or None, and the Vary
        """
        if len(errors) > MAX_ERRORS:
            errors = errors[:MAX_ERRORS]
        language, vary = None, 'Accept'
        for one in errors:
            if type(one.detail) is not str:
                errors, language, vary = self._localized(errors, environ)
                break
        if not self._shows_code(environ):
            # The help link would tell it.
            errors = [_with(one, one.detail, None, ()) for one in errors]
        return errors, language, vary

    def _localized(
        self, errors: Sequence[Error], environ: WSGIEnvironment
    ) -> tuple[Sequence[Error], str | None, str]:
        language = None
        translated = []
        for one in errors:
            if language is None and _i18n.is_translatable(one.detail):
                language = formats.choose_language(
                    environ.get('HTTP_ACCEPT_LANGUAGE'),
                    _i18n.languages(_i18n.domain_of(one.detail)),
                )
            if language is not None:
                detail = _i18n.translate(one.detail, language)
                one = _with(one, detail, one.code, one.links)
            translated.append(one)
        if language is not None:
            language = language.replace('_', '-')
        return translated, language, 'Accept, Accept-Language'

    def _shows_code(self, environ: WSGIEnvironment) -> bool:
        if self._code_version is None:
            return True
        version = environ.get(self._version_key)
        return version is not None and version >= self._code_version


@functools.lru_cache(maxsize=256)
def _merged(vary: str) -> str:
    listed = [item.strip() for item in vary.split(',')]
    if '*' in listed:
        return '*'
    # The first spelling of each, in order.
    named = {item.lower(): item for item in reversed(listed) if item}
    return ', '.join(reversed(named.values()))


@functools.lru_cache(maxsize=256)
def _names_of(versions: tuple[tuple[str, str], ...]) -> frozenset[str]:
    return frozenset(name.lower() for name, _ in versions) - {'vary'}


@functools.cache
def _status_line(status: int) -> str:
    return f'{status} {error.title_of(status)}'


def _with(
    given: Error,
    detail: str,
    code: str | None,
    links: tuple[tuple[str, str], ...],
) -> Error:
    # dataclasses.replace takes five times as long.
    return Error(
        given.status,
        given.title,
        detail,
        code,
        given.request_id,
        links,
        given.source,
        given.retry,
        given.max_version,
        given.min_version,
        given.trace_id,
        given.extra,
    )


def _version(value: str | None) -> microversion_parse.Version | None:
    if value is None:
        return None
    try:
        return microversion_parse.parse_version_string(value)
    except TypeError as exc:
        raise bad('code_version', value, 'a version such as 1.23 is') from exc


_CONSTANT = (
    b'{"errors": [{"status": 500, "title": "Internal Server Error", '
    b'"detail": "The server met an unexpected condition."}]}'
)
_CONSTANT_WITH_ID = _CONSTANT[:-3] + b', "request_id": "%s"}]}'
