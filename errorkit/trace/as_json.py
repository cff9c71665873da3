# SPDX-License-Identifier: Apache-2.0
"""A tree, or a list of failures, as JSON whose shape is a promise.

The spans are one flat list, each behind its parent: a tree that is ten
thousand levels deep would break its readers. Members are added, and never
changed or removed, while ``version`` stays.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator
from typing import Any

from errorkit.trace.failures import Failure
from errorkit.trace.records import Record
from errorkit.trace.spans import Span, Tree

VERSION = 1


def tree_lines(tree: Tree) -> Iterator[str]:
    """Yield the lines of the JSON of a tree, one for each span."""
    head = {
        'version': VERSION,
        'id': tree.wanted,
        'started': _stamp(tree.started),
        'duration': tree.duration,
        'asked': tree.asked,
        'culprit': tree.culprit,
        'shifts': [
            {'clock': shift.clock, 'seconds': shift.seconds}
            for shift in tree.shifts
        ],
    }
    yield from _listed(head, 'spans', map(_span, tree.spans))


def failure_lines(failures: Iterable[Failure]) -> Iterator[str]:
    """Yield the lines of the JSON of failures, one for each."""
    yield from _listed(
        {'version': VERSION},
        'failures',
        (
            {
                'timestamp': _stamp(one.timestamp),
                'code': one.code,
                'status': one.status,
                'service': one.service,
                'host': one.host,
                'method': one.method,
                'path': one.path,
                'request_id': one.request_id,
                'global_request_id': one.global_request_id,
                'message': one.message,
            }
            for one in failures
        ),
    )


def _listed(
    head: dict[str, Any], name: str, values: Iterable[dict[str, Any]]
) -> Iterator[str]:
    start = f'{_text(head)[:-1]}, {_text(name)}: ['
    for value in values:
        yield start
        start = _text(value) + ','
    if start.endswith('['):
        yield start
    else:
        yield start[:-1]
    yield ']}'


def _text(value: Any) -> str:
    # DEL is the one control character that JSON may hold as it is.
    return json.dumps(value).replace('\x7f', '\\u007f')


def _stamp(stamp: datetime.datetime | None) -> str | None:
    return None if stamp is None else stamp.isoformat()


def _span(span: Span) -> dict[str, Any]:
    return {
        'position': span.position,
        'parent': span.parent,
        'depth': span.depth,
        'kind': span.kind.value,
        'link': None if span.link is None else span.link.value,
        'request_id': span.request_id,
        'global_request_id': span.global_request_id,
        'service': span.service,
        'other_services': list(span.others),
        'host': span.host,
        'method': span.method,
        'path': span.path,
        'started': _stamp(span.started),
        'begin': span.begin,
        'duration': span.duration,
        'measured': span.measured,
        'until': span.until,
        'shift': span.shift,
        'status': span.status,
        'code': span.code,
        'failed': span.failed,
        'error': span.error,
        'records': [
            _record(record, begin)
            for record, begin in zip(span.records, span.offsets, strict=True)
        ],
    }


def _record(record: Record, begin: float | None) -> dict[str, Any]:
    return {
        'source': record.source,
        'line': record.line,
        'timestamp': _stamp(record.timestamp),
        'begin': begin,
        'host': record.host,
        'service': record.service,
        'pid': record.pid,
        'level': record.level,
        'logger': record.logger,
        'message': record.message,
        'traceback': record.traceback,
        'user_id': record.user_id,
        'project_id': record.project_id,
        'code': record.code,
        'status': record.status,
        'trace_id': record.trace_id,
        'text': record.text,
    }
