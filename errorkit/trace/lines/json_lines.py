# SPDX-License-Identifier: Apache-2.0
"""A JSON object that is a record: errorkit's, oslo.log's, a log engine's."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from errorkit import ids
from errorkit.trace.lines import stamps

# A member of a Record, and the names that formats have for it, dots for an
# object in an object. The first that is there is taken.
_TEXTS = {
    'host': ('hostname', 'host', 'host.name', 'host.hostname'),
    'service': ('service', 'service.name', 'binary', 'program', 'programname'),
    'level': ('level', 'levelname', 'log.level', 'log_level', 'severity'),
    'logger': ('logger', 'name', 'logger_name', 'log.logger', 'python_module'),
    'message': ('message', 'msg', 'Payload', 'log'),
    'traceback': ('traceback', 'error.stack_trace', 'exc_text'),
    'user_id': ('user_id', 'context.user_id', 'context.user', 'user.id'),
    'project_id': (
        'project_id', 'context.project_id', 'context.project',
        'context.tenant', 'tenant_id',
    ),
    'code': ('code', 'extra.code', 'error.code'),
    'trace_id': ('trace_id', 'trace.id', 'context.trace_id', 'extra.trace_id'),
    'method': ('method', 'http.request.method'),
    'path': ('path', 'url.original'),
}
_IDS = {
    name: (name, f'context.{name}', f'extra.{name}')
    for name in ('request_id', 'global_request_id')
}
_NUMBERS = {
    'pid': ('pid', 'process', 'process.pid', 'Pid'),
    'status': ('status', 'extra.status', 'http.response.status_code'),
}
_TIMES = (
    'created', 'timestamp', '@timestamp', 'asctime', 'time', 'Timestamp',
)
#: What an object must have to be a record.
_MARKS = frozenset([*_TIMES, *_TEXTS['message']])


def load(text: str) -> dict[str, Any] | None:
    """Return the object that a line is, or None where it is no record."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or _MARKS.isdisjoint(found):
        return None
    return found


def fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a Record that a JSON object fills.

    :param document: of any shape; what has the wrong type is passed over
    """
    found: dict[str, Any] = {}
    inner = any(type(value) is dict for value in document.values())
    for name, places in _TEXTS.items():
        for place in places:
            value = _at(document, place, inner)
            if isinstance(value, str) and value and value != '-':
                found[name] = plain(value)
                break
    for name, places in _IDS.items():
        for place in places:
            value = _at(document, place, inner)
            if isinstance(value, str) and ids.is_valid(value, strict=False):
                found[name] = value
                break
    for name, places in _NUMBERS.items():
        for place in places:
            number = _whole(_at(document, place, inner))
            if number is not None:
                found[name] = number
                break
    if 'level' in found:
        found['level'] = found['level'].upper()
    if not 100 <= found.get('status', 100) <= 599:
        del found['status']
    when = _time(document)
    if when is not None:
        found['timestamp'] = when
    return found


def plain(text: str) -> str:
    """Write what UTF-8 cannot hold as an escape."""
    if text.isascii():
        return text
    return text.encode('utf-8', 'backslashreplace').decode('utf-8')


def _at(document: Mapping[str, Any], place: str, inner: bool) -> Any:
    """Return the member at a place, nested or with dots in its name.

    :param inner: there are objects in the object
    """
    if place in document:
        return document[place]
    if inner and '.' in place:
        outer, _, rest = place.partition('.')
        value = document.get(outer)
        if type(value) is dict:
            return _at(value, rest, True)
    return None


def _whole(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value) if len(value) < 12 else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < 10**12 else None
    return None


def _time(document: Mapping[str, Any]) -> datetime.datetime | None:
    for place in _TIMES:
        value = document.get(place)
        when = None
        if isinstance(value, str):
            when = stamps.iso(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            try:
                when = stamps.epoch(float(value))
            except OverflowError:
                continue
        if when is not None:
            return when
    return None
