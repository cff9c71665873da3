# SPDX-License-Identifier: Apache-2.0
"""``{"errors": [...]}``, the format of the API-SIG errors guideline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from errorkit.error import Error

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

# A browser that sniffs must find no markup; inside a JSON string the escape
# means the same character.
_NO_MARKUP = (('<', '\\u003c'), ('>', '\\u003e'), ('&', '\\u0026'))


def dump(errors: Sequence[Error], truncated: bool = False) -> bytes:
    """Return the body, ASCII only.

    :param errors: the response's own error first
    :param truncated: mark the last one: there were more
    """
    entries = [_entry(error) for error in errors]
    if truncated:
        entries[-1] = f'{entries[-1][:-1]}, "truncated": true}}'
    text = '{"errors": [' + ', '.join(entries) + ']}'
    for character, escape in _NO_MARKUP:
        text = text.replace(character, escape)
    return text.encode('ascii')


def _entry(error: Error) -> str:
    # json.dumps costs five times as much as its own C string encoder, and
    # an entry has always the same few members.
    code = f'"code": {quoted(error.code)}, ' if error.code else ''
    entry = (
        f'{{{code}"status": {error.status:d}, "title": {quoted(error.title)}, '
        f'"detail": {quoted(error.detail)}'
    )
    if error.request_id:
        entry += f', "request_id": {quoted(error.request_id)}'
    if (
        error.links
        or error.source
        or error.max_version
        or error.retry
        or error.trace_id
        or error.extra
    ):
        rest = json.dumps(_rest(error), default=_shown)
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


def _shown(value: object) -> str:
    return str(value)
