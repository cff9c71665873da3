# SPDX-License-Identifier: Apache-2.0
"""FaultWrapper: whatever goes wrong inside becomes one clean answer.

It stands outside the auth layer, so that a failing auth layer is an error of
ours too. It holds the status of a response until the first chunk is in hand:
what fails before that is answered with a 500 that says nothing private, what
fails later is logged and cut off. It never reads the request's body, keeps no
exception and changes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from errorkit import _paste, codes, current, error, keys
from errorkit._wsgi.body import check_chunk
from errorkit.answering import Answering, Policy
from errorkit.domain import Known
from errorkit.exceptions import ConfigError
from errorkit.formats import choice, compute, negotiation
from errorkit.formats.formatter import Formatter
from errorkit.observers import Observed, Observers, named

if TYPE_CHECKING:
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

# Bound once: the success path of every request runs through here.
_FORMATTER = keys.FORMATTER
_VERSION_HEADERS = keys.VERSION_HEADERS
_HTTP_ACCEPT = 'HTTP_ACCEPT'
_inner_accept = negotiation.inner


class FaultWrapper:
    """WSGI middleware: exceptions and error responses, answered in one shape.

    :param application: the wrapped WSGI application
    :param service_type: the prefix of default codes, such as ``volume``
    :param code_version: the microversion that shows ``code``; None: always
    :param catalog: the service's ``Catalog``
    :param default_codes: for a status, the code of an error that has none,
        such as ``{405: 'volume.method_not_allowed'}``
    :param detail_style: ``plain`` or ``webob``, see ``Formatter``
    :param max_detail: how many characters of a text are sent
    :param exceptions: for an exception class, what it becomes: a status and
        a code, or a ``Known``; found by class, over the MRO
    :param format: the JSON the service speaks: ``errors``, ``compute`` or
        ``bridge``; one of them for each path prefix; or a function from
        environ to one of them
    :param compute_fault: the key of a compute fault whose status has none of
        its own
    :param show_upstream: show clients the ``UpstreamError`` entries too
    :param code_header: send the code of a JSON answer as the header
        ``OpenStack-Error-Code`` too
    :param show_trace_id: give errors the id of the client's ``traceparent``
    :param reshape: which errors of other layers are answered in our format:
        ``all``, those that are not JSON (``non-json``), or ``none``
    :param observers: told of every error, see ``errorkit.observers``
    :param base_exceptions: ``answer`` those that are not an ``Exception``
        with a 500 where that is right, or ``reraise`` them all
    :param notes_claims: note what the client says of itself, for
        ``Context``; False where no auth layer stands between the two
    :param formatter: in place of all options about how errors are said
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        service_type: str | None = None,
        code_version: str | None = None,
        catalog: codes.Catalog | None = None,
        default_codes: Mapping[int, str] | None = None,
        detail_style: str = 'plain',
        max_detail: int = error.MAX_DETAIL,
        exceptions: Mapping[
            type[BaseException], Known | tuple[int, str] | int
        ]
        | None = None,
        format: choice.Format = 'errors',
        compute_fault: str = compute.FALLBACK,
        show_upstream: bool = False,
        code_header: bool = True,
        show_trace_id: bool = False,
        reshape: str = 'all',
        observers: Observed = (),
        base_exceptions: str = 'answer',
        notes_claims: bool = True,
        formatter: Formatter | None = None,
    ) -> None:
        if base_exceptions not in ('answer', 'reraise'):
            raise ConfigError(
                'errorkit#fault_wrap',
                'base_exceptions',
                base_exceptions,
                'allowed: answer, reraise',
            )
        if reshape not in ('all', 'non-json', 'none'):
            raise ConfigError(
                'errorkit#fault_wrap',
                'reshape',
                reshape,
                'allowed: all, non-json, none',
            )
        self.application = application
        self.formatter = formatter or Formatter(
            service_type,
            code_version=code_version,
            catalog=catalog,
            default_codes=default_codes,
            detail_style=detail_style,
            max_detail=max_detail,
            exceptions=exceptions,
            format=format,
            compute_fault=compute_fault,
            show_upstream=show_upstream,
            code_header=code_header,
            show_trace_id=show_trace_id,
        )
        self._adds_version = bool(self.formatter.version_headers)
        self.observers = Observers(observers)
        self._notes_claims = notes_claims
        self._policy = Policy(
            self.formatter,
            self.observers,
            base_exceptions == 'reraise',
            reshape,
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if self._notes_claims:
            current.note_claims(environ)
        if _FORMATTER in environ:
            # Wrapped twice: the outer one sees it all.
            return self.application(environ, start_response)
        environ[_FORMATTER] = self.formatter
        accept = environ.get(_HTTP_ACCEPT)
        widened = _inner_accept(accept)
        if widened is not None:
            environ[keys.ACCEPT] = accept
            environ[_HTTP_ACCEPT] = widened
        call = Answering(self._policy, environ, start_response)
        try:
            body = call.body = self.application(environ, call)
            if type(body) is list or type(body) is tuple:
                for chunk in body:
                    if type(chunk) is not bytes:
                        check_chunk(chunk)
                if call.is_plain() and (
                    not self._adds_version or _VERSION_HEADERS in environ
                ):
                    call.commit()
                    return body
                return call.reply(body, None)
            chunks = iter(body)
            if not call.chunk:
                for chunk in chunks:
                    if type(chunk) is not bytes:
                        check_chunk(chunk)
                    if chunk:
                        call.chunk = chunk
                        break
            return call.reply(body, chunks)
        except BaseException as exc:
            return call.failed(exc)
        finally:
            # The environ may go through another stack after this one.
            environ.pop(_FORMATTER, None)
            if widened is not None:
                negotiation.restore(environ)


PASTE_OPTIONS: dict[str, _paste.Converter] = {
    'service_type': _paste.text,
    'code_version': _paste.text,
    'catalog': _paste.loaded,
    'default_codes': _paste.statuses,
    'detail_style': _paste.text,
    'max_detail': _paste.integer,
    'exceptions': _paste.loaded,
    'format': _paste.word_or_by_prefix,
    'compute_fault': _paste.text,
    'show_upstream': _paste.boolean,
    'code_header': _paste.boolean,
    'show_trace_id': _paste.boolean,
    'reshape': _paste.text,
    'observers': named.listed,
    'base_exceptions': _paste.text,
}

paste_filter = _paste.filter_factory(
    'fault_wrap', FaultWrapper, PASTE_OPTIONS
)
