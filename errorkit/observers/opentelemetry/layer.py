# SPDX-License-Identifier: Apache-2.0
"""Spans: a middleware that tells the live span how a request has ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import webob.exc
from opentelemetry import trace

from errorkit import _headers, _paste, keys, log
from errorkit._wsgi.body import Body
from errorkit.observers import of_failure
from errorkit.observers.opentelemetry import telling
from errorkit.observers.process import PerProcess
from errorkit.observers.quiet import Quiet

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

LOG = logging.getLogger('errorkit.observers.opentelemetry')


class Spans:
    """WSGI middleware: the ids, the status and the code on the live span.

    It belongs just inside whatever makes the span: around the whole stack
    where that is around it, or around the application where the
    instrumentation is inside ``FaultWrapper``. There it records the
    exceptions itself, since their span is over before ``FaultWrapper`` knows
    of them.

    It puts the span in the place of the client's ``traceparent`` in environ,
    so that the log, ``trace_id`` and outbound calls have the live trace.

    :param application: the wrapped WSGI application
    """

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self._quiet = PerProcess(lambda: Quiet(LOG))

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        span = trace.get_current_span()
        context = span.get_span_context()
        if not context.is_valid:
            return self.application(environ, start_response)
        self._try(telling.pass_on, context, environ)
        if not span.is_recording():
            return self.application(environ, start_response)
        request = _Request(span, environ)

        def start(
            status: str,
            headers: _headers.Headers,
            exc_info: OptExcInfo | None = None,
        ) -> _headers.Write:
            request.status = status
            if exc_info is None:
                return start_response(status, headers)
            try:
                return start_response(status, headers, exc_info)
            finally:
                exc_info = None  # PEP 3333: no circular reference

        try:
            body = self.application(environ, start)
        except BaseException as exc:
            self._try(request.raised, exc)
            raise
        if request.status:
            self._try(request.describe)
        if (
            type(body) is list
            or type(body) is tuple
            # Another of ours that stands for a list: RequestLog's.
            or (isinstance(body, Body) and hasattr(body, '__len__'))
        ):
            return body

        def broke_off(raised: BaseException, closing: bool) -> BaseException:
            if not closing:
                self._try(request.broke_off, raised)
            return raised

        def closed(stream: Body) -> None:
            if request.status:
                self._try(request.describe)

        stream = Body(body)
        stream.guard = broke_off
        if not request.status:
            # A generator starts the response when it is iterated.
            stream.on_close(closed)
        return stream

    def _try(self, tell: Callable[..., None], *args: object) -> None:
        """Tell a span something; whatever comes of it, the request goes on."""
        try:
            tell(*args)
        except Exception as exc:  # of the SDK, or of a processor in it
            self._quiet.get().say('a span could not be told', raised=exc)


class _Request:
    """One request, and the span that is told of it."""

    #: The status line, once it is known.
    status = ''

    def __init__(self, span: trace.Span, environ: WSGIEnvironment) -> None:
        self._span = span
        self._environ = environ
        #: Of the FaultWrapper outside, which will answer what is raised.
        self._formatter: Any = environ.get(keys.FORMATTER)

    def describe(self) -> None:
        """Tell the span how the request was answered."""
        status = int(self.status[:3])
        self._set(status, self._code(status) if status >= 400 else None)

    def raised(self, raised: BaseException) -> None:
        """Tell the span of an exception that passes, to be answered."""
        status, code, is_bug = 500, None, True
        try:
            if self._formatter is not None:
                status, code, is_bug = self._read(raised)
        except Exception:  # whoever answers it meets the same
            is_bug = True
        self._set(status, code)
        if is_bug:
            self._add(raised)

    def broke_off(self, raised: BaseException) -> None:
        """Tell the span of a body that died."""
        code = self._fault_code()
        told = getattr(self._span, 'attributes', None) or {}
        if code or telling.ERROR_TYPE not in told:
            kind = log.class_name(type(raised))
            self._span.set_attribute(telling.ERROR_TYPE, code or kind)
        self._span.set_status(telling.FAILED, code)
        self._add(raised)

    def _fault_code(self) -> str | None:
        """Return the code of a bug, where a FaultWrapper is outside."""
        if self._formatter is None:
            return None
        code: str | None = self._formatter.make(500, self._environ).code
        return code

    def _read(self, raised: Any) -> tuple[int, str | None, bool]:
        """Return how FaultWrapper will answer: status, code, whether a bug."""
        found = self._formatter.errors_of(raised, self._environ)
        if found is not None:
            return found[0][0].status, found[0][0].code, False
        if issubclass(type(raised), webob.exc.HTTPException):
            return int(raised.status[:3]), None, False
        return 500, self._fault_code(), True

    def _code(self, status: int) -> str | None:
        """Return the code that this status was answered with, if known."""
        get = self._environ.get
        for found in (
            get(keys.ERROR),
            # What an inner layer leaves for the FaultWrapper outside.
            get(keys.ANSWERED, _NOTHING)[0][0],
            get(keys.FORMATTED, _NOTHING[0])[0],
        ):
            if found is not None and found.status == status:
                code: str | None = found.code
                return code
        return None

    def _set(self, status: int, code: str | None) -> None:
        get = self._environ.get
        telling.describe(
            self._span,
            status,
            code,
            get(keys.REQUEST_ID),
            get(keys.GLOBAL_REQUEST_ID),
        )

    def _add(self, raised: BaseException) -> None:
        if self._formatter is None:
            return  # what passes here was told by SpanErrors
        telling.add_exception(
            self._span,
            of_failure(
                raised, kind='aborted', service=self._formatter.service_type
            ),
        )


_NOTHING: tuple[tuple[None], bytes] = ((None,), b'')


paste_filter = _paste.filter_factory('opentelemetry', Spans, {})
