# SPDX-License-Identifier: Apache-2.0
"""SpanErrors: what an error was, on the span that is current."""

from __future__ import annotations

from opentelemetry import trace

from errorkit.observers import ErrorRecord
from errorkit.observers.opentelemetry import telling


class SpanErrors:
    """An inline observer: an error is told to the span that is current.

    ``error.type``, ``http.response.status_code`` and both ids; from status
    500 on the span's status is an error, and a bug is recorded as its
    exception, secrets masked. Of what becomes of an accepted request later,
    the span of a worker gets the exception.
    """

    inline = True
    name = 'opentelemetry'

    def __call__(
        self, record: ErrorRecord, raised: BaseException | None
    ) -> None:
        """Tell the current span, if there is one.

        :param record: of the error
        :param raised: left alone
        """
        span = trace.get_current_span()
        if not span.is_recording():
            return
        if record.kind in ('response', 'aborted'):
            telling.describe(
                span,
                record.status,
                record.code,
                record.request_id,
                record.global_request_id,
            )
            if record.status is None:
                span.set_status(telling.FAILED, record.code)
        if record.exception is not None:
            telling.add_exception(span, record)
