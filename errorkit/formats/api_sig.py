# SPDX-License-Identifier: Apache-2.0
"""``{"errors": [...]}``, the format of the API-SIG errors guideline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from errorkit.error import Error, text_of

CONTENT_TYPE = 'application/json'

#: The members before the request id.
LEADING = ('code', 'status', 'title', 'detail')

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
    ]
)

_NO_MARKUP = (('<', '\\u003c'), ('>', '\\u003e'), ('&', '\\u0026'))


def dump(errors: Sequence[Error], truncated: bool = False) -> bytes:
    """Return the body, ASCII only.

    :param errors: the response's own error first
    :param truncated: mark the last one: there were more
    """
    listed = without_markup(entries(errors, truncated))
    return f'{{"errors": [{listed}]}}'.encode('ascii')


def entries(errors: Sequence[Error], truncated: bool = False) -> str:
    """Return the objects of the list, ASCII only."""
    listed = _entry(errors[0])
    for error in errors[1:]:
        listed += ', ' + _entry(error)
    if truncated:
        listed = f'{listed[:-1]}, "truncated": true}}'
    return listed


def without_markup(text: str) -> str:
    """Return JSON in which a browser that sniffs finds no markup.

    Inside a JSON string the escape means the same character.
    """
    if '<' in text or '>' in text or '&' in text:
        for character, escape in _NO_MARKUP:
            text = text.replace(character, escape)
    return text


def load(data: Any) -> tuple[Error, ...] | None:
    """Read a parsed body. That it was cut, ``truncated``, is lost.

    :param data: what the JSON held
    :returns: None when it is not a body of this format
    """
    if type(data) is not dict or type(data.get('errors')) is not list:
        return None
    loaded = [_loaded(entry) for entry in data['errors']]
    if not loaded or None in loaded:
        return None
    return tuple(error for error in loaded if error is not None)


def _loaded(entry: Any) -> Error | None:
    if type(entry) is not dict:
        return None
    status = entry.get('status')
    if type(status) is not int or not 400 <= status <= 599:
        return None
    if type(entry.get('title')) is not str or (
        type(entry.get('detail')) is not str
    ):
        return None
    known: dict[str, Any] = {'links': ()}
    extra = {}
    for name, value in entry.items():
        if name in _TEXTS:
            if type(value) is not str:
                return None
            known[name] = value
        elif name == 'links':
            known[name] = _links(value)
        elif name == 'source':
            known[name] = value
        elif name not in RESERVED:
            extra[name] = value
    if known['links'] is None or not _is_source(known.get('source')):
        return None
    return Error(status, **known, extra=extra or None)


def _links(value: Any) -> tuple[tuple[str, str], ...] | None:
    if type(value) is not list:
        return None
    links = []
    for link in value:
        if type(link) is not dict or not (
            type(link.get('rel')) is type(link.get('href')) is str
        ):
            return None
        links.append((link['rel'], link['href']))
    return tuple(links)


def _is_source(value: Any) -> bool:
    return value is None or (
        type(value) is dict
        and all(type(where) is str for where in value.values())
    )


def _entry(error: Error) -> str:
    # json.dumps costs five times as much as its own C string encoder, and
    # an entry has always the same few members.
    code = f'"code": {quoted(error.code)}, ' if error.code else ''
    request_id = error.request_id
    named = f', "request_id": {quoted(request_id)}' if request_id else ''
    more = ''
    if (
        error.links
        or error.source
        or error.max_version
        or error.min_version
        or error.retry
        or error.trace_id
        or error.extra
    ):
        rest = _as_json(_rest(error))
        if rest != '{}':
            more = f', {rest[1:-1]}'
    return (
        f'{{{code}"status": {error.status}, "title": {quoted(error.title)}, '
        f'"detail": {quoted(error.detail)}{named}{more}}}'
    )


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


_TEXTS = frozenset(
    [
        'code',
        'title',
        'detail',
        'request_id',
        'retry',
        'max_version',
        'min_version',
        'trace_id',
    ]
)
_OPTIONAL = ('source', 'retry', 'max_version', 'min_version', 'trace_id')


def _as_json(value: dict[str, Any]) -> str:
    try:
        return _ENCODER.encode(value)
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


def _shown(value: object) -> str | None:
    """Return a value that JSON has no form for as its text.

    Not an exception's, which is nobody's business, nor the address that an
    object has in place of one.
    """
    kind = type(value)
    if issubclass(kind, BaseException) or (
        kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__
    ):
        return None
    return text_of(value)


# json.dumps would make an encoder for each error.
_ENCODER = json.JSONEncoder(default=_shown, allow_nan=False)
