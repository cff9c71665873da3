# SPDX-License-Identifier: Apache-2.0
"""Errors become the response, in a format that the client accepts.

One Formatter holds a service's choices. FaultWrapper makes it and leaves it
in environ, so that every layer inside answers alike; a layer that stands
alone makes its own.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from errorkit import error, formats, keys
from errorkit.error import Error
from errorkit.formats import api_sig, choice, compute, negotiation
from errorkit.formats.answer_headers import (
    NO_STORE,
    NOSNIFF,
    completed,
    retry_after_of,
)
from errorkit.formats.maker import bad
from errorkit.formats.reader import MAX_ERRORS, Reader
from errorkit.formats.viewer import Viewer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


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
    ) -> list[bytes]:
        """Answer a request with errors, as a WSGI application would.

        :param errors: the response's own error first
        :param environ: of the request
        :param start_response: called once
        :param headers: those of what was raised; the ones that describe its
            body are left out
        :returns: the body, empty for HEAD
        :raises InvalidResponse: a header cannot be sent; nothing was started
        """
        status, head, body = self.respond(errors, environ, headers)
        environ[keys.ANSWERED] = errors, body
        start_response(status, head)
        return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]

    def respond(
        self,
        errors: Sequence[Error],
        environ: WSGIEnvironment,
        headers: Iterable[tuple[str, str]] = (),
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
                retry_after = retry_after_of(headers)
        content_type, more, body = formats.dump(
            kind,
            shown,
            cut,
            language=language or 'en',
            fallback=self.compute_fault,
            retry_after=retry_after,
        )
        own = [
            ('Content-Type', content_type),
            ('Content-Length', str(len(body))),
            NOSNIFF,
            *more,
        ]
        if code:
            own.append((keys.CODE_HEADER, code))
        if language:
            own.append(('Content-Language', language))
        versions = environ.get(keys.VERSION_HEADERS, self.version_headers)
        whole = completed(own, headers, language, vary, versions)
        return _status_line(errors[0].status), whole, body

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
        own = [
            ('Content-Type', api_sig.CONTENT_TYPE),
            ('Content-Length', str(len(body))),
            NO_STORE,
            NOSNIFF,
            *environ.get(keys.VERSION_HEADERS, self.version_headers),
        ]
        return _status_line(500), own, body

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


@functools.cache
def _status_line(status: int) -> str:
    return f'{status} {error.title_of(status)}'


_CONSTANT_DETAIL = 'The server met an unexpected condition.'
_CONSTANT = (
    '{"status": 500, "title": "Internal Server Error", '
    f'"detail": "{_CONSTANT_DETAIL}"}}'
)
