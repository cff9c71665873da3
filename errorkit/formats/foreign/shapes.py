# SPDX-License-Identifier: Apache-2.0
"""JSON bodies of errors, in the shapes that are found in the field.

A shape is known by its members' names and types, not by who sent it. What is
shown is what stands where a person's text is expected; a body of no known
shape is shown whole, but for its private members.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from errorkit.error import Error
from errorkit.formats.foreign import fields, members, plain, private

_MAX_DEPTH = 8
# Where a text for people stands, the most telling first.
_TEXTS = (
    'message',
    'msg',
    'detail',
    'description',
    'error_description',
    'faultstring',
    'error_message',
    'errorMessage',
    'error',
    'errors',
    'explanation',
    'reason',
)
# Where more errors stand, or the one error does.
_NESTED = frozenset(
    ['error', 'errors', 'detail', 'message', 'msg', 'error_message']
)
_ASKED = _NESTED | {'fault'}
# What may stand beside a title that is the only text.
_MACHINE = frozenset(
    [
        'code',
        'status',
        'statusCode',
        'type',
        'instance',
        'link',
        'links',
        'id',
        'request_id',
        'timestamp',
        'title',
    ]
)


def read(status: int, data: Any) -> tuple[Error, ...]:
    """Return the Errors a JSON value stands for, at least one.

    :param status: the response's
    :param data: what ``json.loads`` returned
    """
    if isinstance(data, str):
        return (Error(status, '', plain.detail(status, data)),)
    found = _any(status, data, 0)
    if found:
        return tuple(found[: fields.MAX])
    return (Error(status, '', private.compact(data)),)


def _any(
    status: int, data: Any, depth: int, lenient: bool = False
) -> list[Error]:
    """Return the Errors of a dict or a list; none of an unknown shape.

    Each object is asked once: two ways down at each level would be many.

    :param lenient: a field's text may stand alone, without a list
    """
    if depth > _MAX_DEPTH or not data:
        return []
    if isinstance(data, list):
        return _list(status, data, depth)
    if not isinstance(data, dict):
        return []
    found = _entry(status, data, depth)
    if found is None and len(data) == 1:
        found = _fault(status, data, depth)
    if found is None:
        found = _of_reasons(status, data) or fields.read(
            status, data, lenient
        )
        if not found and not depth:
            found = _lowered(status, data)
    return found


def _of_reasons(status: int, data: dict[str, Any]) -> list[Error]:
    """Read what a health check says: ``{"reasons": [...]}``.

    What stands beside it is about the machine, and for no client.
    """
    reasons = data.get('reasons')
    if not isinstance(reasons, list):
        return []
    texts = [
        one.get('reason') if isinstance(one, dict) else one
        for one in reasons[: fields.MAX]
    ]
    told = '\n'.join(text for text in texts if isinstance(text, str))
    return [Error(status, '', plain.detail(status, told))] if told else []


def _list(status: int, data: list[Any], depth: int) -> list[Error]:
    if isinstance(data[0], str):
        if not all(isinstance(one, str) for one in data[: fields.MAX]):
            return []
        return fields.read(status, {'non_field_errors': data})
    found: list[Error] = []
    for one in data[: fields.MAX]:
        entries = _entry(status, one, depth) if isinstance(one, dict) else None
        if entries is None:
            return fields.read(status, data)
        found += entries
    return found


def _fault(
    status: int, data: dict[str, Any], depth: int
) -> list[Error] | None:
    """Read ``{"itemNotFound": {…}}``: the key is a class, or says as much."""
    ((name, value),) = data.items()
    if name in _ASKED or private.is_member(name):
        return None
    if isinstance(value, dict):
        return _entry(status, value, depth + 1, nested=True)
    if isinstance(value, str) and name.endswith(('Error', 'Fault')):
        return [Error(status, '', plain.detail(status, value))]
    return None


def _lowered(status: int, data: dict[str, Any]) -> list[Error]:
    """Read ``{"Message": …}`` as if it were in lower case."""
    if not any(name[:1].isupper() for name in data):
        return []
    lowered = {name.lower(): value for name, value in data.items()}
    return _entry(status, lowered, 0) or []


def _entry(
    status: int, data: dict[str, Any], depth: int, nested: bool = False
) -> list[Error] | None:
    """Read an object that has texts of its own, or errors below it.

    :param nested: it stands in a fault: without a text it is none
    :returns: None when it has neither
    """
    if depth > _MAX_DEPTH:
        return None
    texts: list[str] = []
    below: list[Any] = []
    get = data.get
    for name in _TEXTS:
        value = get(name)
        if not value:
            continue
        if isinstance(value, str):
            inner = _encoded(value) if value[0] == '{' else None
            if inner is None:
                texts.append(value)
            else:
                below.append(inner)
        elif name in _NESTED and isinstance(value, (dict, list)):
            below.append(value)
    fault = get('fault')
    if isinstance(fault, dict) and fault:
        below.append(fault)
    title = get('title')
    if not isinstance(title, str):
        title = ''
    if not texts:
        if nested and not title:
            return None
        if below:
            if not title and 'errors' not in data and _is_form(data):
                return None
        elif _is_bare(data, title):
            return [members.own(status, data, title, texts, False)]
        else:
            return None
    found = _below(status, below, depth) if below else []
    if not found:
        if not texts and not title:
            return None
        return [members.own(status, data, title, texts, False)]
    if len(data) == 1:
        return found
    own = members.own(status, data, title, texts, True)
    if own.detail:
        return [own, *(one for one in found if _is_new(one, own))]
    first = found[0]
    found[0] = dataclasses.replace(
        first,
        title=first.title or own.title,
        code=first.code or own.code,
        request_id=first.request_id or own.request_id,
        links=first.links or own.links,
    )
    return found


def _is_bare(data: dict[str, Any], title: str) -> bool:
    """Tell whether an object has a title or a code, and no more to say."""
    if title and ('type' in data or 'status' in data):
        return True
    return bool(data) and all(
        name in _MACHINE
        and (name in ('link', 'links') or not isinstance(value, (dict, list)))
        and (title or not isinstance(value, str) or ' ' not in value)
        for name, value in data.items()
        if value
    )


def _is_form(data: dict[str, Any]) -> bool:
    """Tell whether ``detail`` or ``message`` is a field among others."""
    return (
        len(data) > 1
        and all(isinstance(value, (dict, list)) for value in data.values())
        and bool(fields.read(0, data))
    )


def _is_new(one: Error, own: Error) -> bool:
    return one.source is not None or one.detail not in ('', own.detail)


def _below(status: int, below: list[Any], depth: int) -> list[Error]:
    found: list[Error] = []
    for value in below:
        if len(found) >= fields.MAX:
            break
        found += _any(status, value, depth + 1, lenient=True)
    return found


def _encoded(text: str) -> dict[str, Any] | None:
    """Return the object that a text is the JSON of."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_members(
    status: int, data: dict[str, Any]
) -> tuple[Error, ...]:
    """Return the Error of members found elsewhere than in JSON, if any."""
    return tuple(_entry(status, data, 0) or ())
