# SPDX-License-Identifier: Apache-2.0
"""``{"errors": [...]}``, the format of the API-SIG errors guideline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from errorkit.error import Error, text_of

CONTENT_TYPE = 'application/json'

#: Members an author's ``extra`` cannot replace.
RESERVED = frozenset(
    [
        'code',
        'status',
        'title',
        'detail',
        'request_id',
        'links',
        'source',
        'retry',
        'max_version',
        'min_version',
        'trace_id',
        'truncated',
        'localized',
    ]
)

_NO_MARKUP = (('<', '\\u003c'), ('>', '\\u003e'), ('&', '\\u0026'))


def dump(errors: Sequence[Error], truncated: bool = False) -> bytes:
    """Return the body, ASCII only.

    :param errors: the response's own error first
    :param truncated: mark the last one: there were more
    """
    entries = _entry(errors[0])
    for error in errors[1:]:
        entries += ', ' + _entry(error)
    if truncated:
        entries = f'{entries[:-1]}, "truncated": true}}'
    # A browser that sniffs must find no markup; inside a JSON string the
    # escape means the same character.
    if '<' in entries or '>' in entries or '&' in entries:
        for character, escape in _NO_MARKUP:
            entries = entries.replace(character, escape)
    return f'{{"errors": [{entries}]}}'.encode('ascii')


def _entry(error: Error) -> str:
    # json.dumps costs five times as much as its own C string encoder, and
    # an entry has always the same few members.
    code = f'"code": {quoted(error.code)}, ' if error.code else ''
    request_id = error.request_id
    named = f', "request_id": {quoted(request_id)}' if request_id else ''
    entry = (
        f'{{{code}"status": {error.status}, "title": {quoted(error.title)}, '
        f'"detail": {quoted(error.detail)}{named}'
    )
    if (
        error.links
        or error.source
        or error.max_version
        or error.retry
        or error.trace_id
        or error.extra
    ):
        rest = _as_json(_rest(error))
        if rest != '{}':
            entry += f', {rest[1:-1]}'
    return entry + '}'


def _rest(error: Error) -> dict[str, Any]:
    rest: dict[str, Any] = {}
    if error.links:
        rest['links'] = [
            {'rel': rel, 'href': href} for rel, href in error.links
        ]
    for name in _OPTIONAL:
        value = getattr(error, name)
        if value is not None:
            rest[name] = dict(value) if isinstance(value, Mapping) else value
    if error.extra:
        for name, value in error.extra.items():
            if name not in RESERVED:
                rest[str(name)] = value
    return rest


_OPTIONAL = ('source', 'retry', 'max_version', 'min_version', 'trace_id')


def _as_json(value: dict[str, Any]) -> str:
    try:
        return json.dumps(value, default=_shown, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # A member JSON has no form for: its text instead.
        return json.dumps(
            {name: _plain(member) for name, member in value.items()}
        )


def _plain(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return _shown(value)
    return value


def _shown(value: object) -> str:
    return text_of(value)
