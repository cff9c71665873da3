# SPDX-License-Identifier: Apache-2.0
"""What a span is told: attributes, a status, an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import trace

from errorkit import keys
from errorkit.observers import ErrorRecord

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# OpenTelemetry's semantic conventions, 1.23 and later.
ERROR_TYPE = 'error.type'
_STATUS_CODE = 'http.response.status_code'

FAILED = trace.StatusCode.ERROR


def describe(
    span: trace.Span,
    status: int | None,
    code: str | None,
    request_id: str | None,
    global_request_id: str | None,
) -> None:
    """Tell a span what a request has come to.

    :param status: None where the response had begun, and then broke off
    :param code: of the error, where it is known
    """
    # The ids' names in environ are what they are called everywhere.
    attributes: dict[str, str | int] = {}
    if request_id:
        attributes[keys.REQUEST_ID] = request_id
    if global_request_id:
        attributes[keys.GLOBAL_REQUEST_ID] = global_request_id
    if status is not None:
        attributes[_STATUS_CODE] = status
    if status is None or status >= 400:
        attributes[ERROR_TYPE] = code or str(status or 500)
        if status is not None and status >= 500:
            # Of a server's span, no 4xx is a failure of the server.
            span.set_status(FAILED, code)
    span.set_attributes(attributes)


def add_exception(span: trace.Span, record: ErrorRecord) -> None:
    """Record an exception; not by ``record_exception``, which masks nothing.

    Its event has the same name and the same attributes.
    """
    attributes = {
        'exception.type': record.exception,
        'exception.message': record.exception_message,
        'exception.stacktrace': record.traceback,
    }
    span.add_event(
        'exception',
        {name: text for name, text in attributes.items() if text},
    )


def pass_on(context: trace.SpanContext, environ: WSGIEnvironment) -> None:
    """Make a span what the request is part of, for all that is inside."""
    environ[keys.HTTP_TRACEPARENT] = (
        f'00-{context.trace_id:032x}-{context.span_id:016x}'
        f'-{context.trace_flags:02x}'
    )
    if context.trace_state:
        environ[keys.HTTP_TRACESTATE] = context.trace_state.to_header()
    else:
        environ.pop(keys.HTTP_TRACESTATE, None)
