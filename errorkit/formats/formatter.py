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

from errorkit import _headers, error, formats, keys
from errorkit.error import Error
from errorkit.formats import api_sig, choice, compute, negotiation
from errorkit.formats.maker import bad
from errorkit.formats.reader import MAX_ERRORS, Reader
from errorkit.formats.viewer import Viewer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# They describe the body that is replaced; RFC 9110 section 8.
_REPLACED = frozenset(
    [
        'content-type',
        'content-length',
        'content-encoding',
        'content-md5',
        'etag',
        'digest',
        'content-digest',
        'repr-digest',
        # not of the entity, but of how its bytes would have been sent
        'transfer-encoding',
        # ours says the same
        'x-content-type-options',
        'openstack-error-code',
        # for us, see answering.reshaping
        'x-errorkit',
    ]
)
# Those of them that each webob error has, as it spells them.
_WEBOBS = frozenset(['Content-Type', 'Content-Length'])

_NOSNIFF = ('X-Content-Type-Options', 'nosniff')
_NO_STORE = ('Cache-Control', 'no-store')


class Formatter(Reader):
    """How a service says its errors.

    :param service_type: the prefix of default codes, such as ``volume``
    :param code_version: the microversion that shows ``code``, such as
        ``1.23``; None shows it always
    :param version_headers: sent where no version has been parsed
    :param format: the JSON the service speaks: ``errors``, ``compute`` or
        ``bridge``; one of them for each path prefix; or a function from
        environ to one of them
    :param compute_fault: the key of a compute fault whose status has none of
        its own
    :param show_upstream: show a client the ``UpstreamError`` entries too
    :param code_header: send the code of a JSON answer as the header
        ``OpenStack-Error-Code`` too
    :param show_trace_id: give errors the id of the client's ``traceparent``
    :param reading: the options of ``Reader``
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        service_type: str | None = None,
        *,
        code_version: str | None = None,
        version_headers: tuple[tuple[str, str], ...] = (),
        format: choice.Format = 'errors',
        compute_fault: str = compute.FALLBACK,
        show_upstream: bool = False,
        code_header: bool = True,
        show_trace_id: bool = False,
        **reading: Any,
    ) -> None:
        super().__init__(service_type, **reading)
        try:
            chosen = choice.chooser(format)
        except ValueError as exc:
            raise bad('format', format, f'{exc} are') from exc
        self._format: choice.Choose | str = chosen
        if (
            not isinstance(compute_fault, str)
            or not compute_fault.isascii()
            or not compute_fault.isidentifier()
        ):
            raise bad('compute_fault', compute_fault, 'an ASCII name is')
        self.compute_fault = compute_fault
        self._constant_fault = (
            f'"{compute_fault}": {{"code": 500, '
            f'"message": "{_CONSTANT_DETAIL}"}}'
        )
        for option, value in (
            ('show_upstream', show_upstream),
            ('code_header', code_header),
            ('show_trace_id', show_trace_id),
        ):
            if type(value) is not bool:
                raise bad(option, value, 'True and False are')
        self._sends_code = code_header
        self.version_headers = version_headers
        self._viewer = Viewer(
            self.service_type,
            self.catalog,
            code_version,
            show_upstream,
            show_trace_id,
        )

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
        shown, cut, language, vary = self._viewer.shown(errors, environ)
        kind = negotiation.negotiate(accept)
        retry_after = None
        code = None
        if self._sends_code and kind in ('json', 'problem'):
            code = shown[0].code
        if kind == 'json':
            kind = self.json_kind(environ)
            if kind != 'errors' and errors[0].status in compute.RETRIED:
                headers = list(headers)
                retry_after = _retry_after(headers)
        content_type, more, body = formats.dump(
            kind,
            shown,
            cut,
            language=language or 'en',
            fallback=self.compute_fault,
            retry_after=retry_after,
        )
        head = [
            ('Content-Type', content_type),
            ('Content-Length', str(len(body))),
            _NOSNIFF,
            *more,
        ]
        if code:
            head.append((keys.CODE_HEADER, code))
        if language:
            head.append(('Content-Language', language))
        versions: tuple[tuple[str, str], ...] = ()
        if versioned:
            versions = environ.get(keys.VERSION_HEADERS, self.version_headers)
        cached = False
        for name, value in headers:
            if name in _WEBOBS:
                continue
            lowered = name.lower()
            if lowered in _REPLACED or (
                versions and lowered in _names_of(versions)
            ):
                continue
            if lowered == 'content-language' and language:
                continue
            if lowered == 'vary':
                vary = f'{vary}, {value}'
                continue
            cached = cached or lowered == 'cache-control'
            _headers.check_header(name, value)
            head.append((name, value))
        if not cached:
            head.append(_NO_STORE)
        head += _last_headers(vary, versions)
        return _status_line(errors[0].status), head, body

    def constant(
        self, environ: WSGIEnvironment
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return a 500 made beforehand, for when ``respond`` has failed."""
        request_id = environ.get(keys.REQUEST_ID)
        entry = _CONSTANT
        if type(request_id) is str and request_id.isascii():
            entry = f'{entry[:-1]}, "request_id": "{request_id}"}}'
        try:
            kind = self.json_kind(environ)
        except Exception:  # of anybody's function
            kind = 'errors'
        parts = []
        if kind != 'errors':
            parts.append(self._constant_fault)
        if kind != 'compute':
            parts.append(f'"errors": [{entry}]')
        body = f'{{{", ".join(parts)}}}'.encode('ascii')
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
        shown = self._viewer.shown(errors, environ)[0]
        return formats.dump(
            self.json_kind(environ), shown, fallback=self.compute_fault
        )[2]

    def alters(
        self, errors: Sequence[Error], environ: WSGIEnvironment
    ) -> bool:
        """Tell whether this client may not read the codes as they are."""
        # No more than these are shown at once.
        for start in range(0, len(errors), MAX_ERRORS):
            part = errors[start : start + MAX_ERRORS]
            shown = self._viewer.shown(part, environ)[0]
            if any(
                one.code != given.code
                for one, given in zip(shown, part, strict=False)
            ):
                return True
        return False

    def json_kind(self, environ: WSGIEnvironment) -> str:
        """Return which JSON is spoken here, a name of ``choice.NAMES``."""
        chosen = self._format
        return chosen if isinstance(chosen, str) else chosen(environ)


def _retry_after(headers: Iterable[tuple[str, str]]) -> str | None:
    for name, value in headers:
        if name.lower() == 'retry-after':
            return value
    return None


@functools.lru_cache(maxsize=256)
def _last_headers(
    vary: str, versions: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Return the headers of the version, and all that the answer varies by."""
    listed = ', '.join(
        [vary, *(value for name, value in versions if name == 'Vary')]
    )
    others = [item for item in versions if item[0] != 'Vary']
    return (*others, ('Vary', _merged(listed)))


def _merged(vary: str) -> str:
    if ',' not in vary:
        return vary
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


_CONSTANT_DETAIL = 'The server met an unexpected condition.'
_CONSTANT = (
    '{"status": 500, "title": "Internal Server Error", '
    f'"detail": "{_CONSTANT_DETAIL}"}}'
)
