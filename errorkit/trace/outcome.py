# SPDX-License-Identifier: Apache-2.0
"""What came of a request: its first error, its code, where a failure began."""

from __future__ import annotations

from errorkit.trace.records import Record
from errorkit.trace.spans import Kind, Span

#: The levels of what has failed.
LEVELS = ('ERROR', 'CRITICAL', 'FATAL', 'ALERT', 'EMERGENCY')


def is_error(record: Record) -> bool:
    """Tell whether a record tells of an error by its level."""
    return (record.level or '').upper() in LEVELS


def is_warning(record: Record) -> bool:
    """Tell whether a record warns by its level."""
    return (record.level or '').upper() in ('WARNING', 'WARN')


def first_error(records: list[Record], status: int | None) -> int | None:
    """Return the position of the record that first tells what went wrong.

    :param status: of the response; below 400 only errors count
    """
    for position, record in enumerate(records):
        if is_error(record):
            return position
    if status is None or status < 400:
        return None
    for position, record in enumerate(records):
        if (
            record.traceback
            or is_warning(record)
            or (record.code and record.method is None)
        ):
            return position
    for position, record in enumerate(records):
        if record.status == status:
            return position
    return None


def code_of(
    records: list[Record], answer: Record | None, error: int | None
) -> str | None:
    """Return the error code of a request.

    :param answer: the record of its end
    :param error: the position of the first error
    """
    if answer is not None and answer.code:
        return answer.code
    if error is not None and records[error].code:
        return records[error].code
    return next((record.code for record in records if record.code), None)


def asked(spans: list[Span], wanted: str | None) -> int | None:
    """Return the span whose local id was asked for, if there is one.

    :param wanted: the id that was asked for, or None
    """
    for span in spans:
        if (
            span.request_id is not None
            and span.request_id == wanted
            and span.kind is not Kind.CALLER
        ):
            return span.position
    return None


def culprit(spans: list[Span], start: int | None = None) -> int | None:
    """Return the span that a failure began in, as far as a tree can tell.

    A service answers with an error right after its callee did, so that the
    last failed child counts. Who has no parent, or a client for one, failed
    by itself: of those the first counts.

    :param start: the span that was asked for: only it, and what is below it,
        is looked at; where it went well, who has called it in its place. One
        without logs stands for its caller, which tells what came of it
    """
    if start is not None and spans[start].kind is Kind.MISSING:
        start = spans[start].parent
    if start is not None and spans[start].kind is Kind.REQUEST:
        failed = _around(spans, spans[start])
    else:
        failed = _beginnings(spans)
    found = min(failed, key=_ended, default=None)
    while found is not None:
        failed = [
            spans[child] for child in found.children if spans[child].failed
        ]
        if not failed:
            return found.position
        found = max(failed, key=_ended)
    return None


def _around(spans: list[Span], span: Span) -> list[Span]:
    """Return a request if it has failed, or the nearest around it that has."""
    while not span.failed:
        if span.parent is None or (
            spans[span.parent].kind is not Kind.REQUEST
        ):
            return []
        span = spans[span.parent]
    return [span]


def _beginnings(spans: list[Span]) -> list[Span]:
    """Return the failed spans that no request has called."""
    failed = [span for span in spans if span.parent is None and span.failed]
    return failed or [
        spans[child]
        for span in spans
        if span.parent is None and span.kind is not Kind.REQUEST
        for child in span.children
        if spans[child].failed
    ]


def _ended(span: Span) -> tuple[float, int]:
    return span.end or 0.0, span.position
