# SPDX-License-Identifier: Apache-2.0
"""A body that is in one of our JSON formats: recognised, its id added."""

from __future__ import annotations

import json
from typing import Any

from errorkit.error import Error
from errorkit.formats import api_sig, bridge, compute, problem
from errorkit.formats.foreign import private


def is_problem(content_type: str) -> bool:
    """Tell whether a Content-Type says problem details (RFC 9457)."""
    kind = content_type.partition(';')[0].strip().lower()
    return kind == problem.CONTENT_TYPE


def load(
    data: Any, fallback: str = compute.FALLBACK
) -> tuple[Error, ...] | None:
    """Read a parsed body that is in one of our formats.

    Problem details are not among them: their Content-Type tells.

    :param data: what the JSON held
    :param fallback: a further key that is known to name a fault
    :returns: None when it is in none of them
    """
    return (
        api_sig.load(data)
        or bridge.load(data, fallback)
        or compute.load(data, fallback)
    )


def serves(
    kind: str, data: Any, fallback: str = compute.FALLBACK
) -> bool:
    """Tell whether a known body will do where a format is spoken.

    :param kind: ``errors``, where each of them will; ``compute``, where
        the fault has to be first; or ``bridge``, where both have to be there
    :param data: what the JSON held
    """
    if kind == 'errors' or bridge.load(data, fallback) is not None:
        return True
    return kind == 'compute' and compute.load(data, fallback) is not None


def is_public(data: Any) -> bool:
    """Tell whether a known body holds nothing that no client may read.

    :param data: what the JSON held
    """
    todo = [data]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if any(private.is_member(name) for name in value):
                return False
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, str) and private.is_text(value):
            return False
    return True


def with_id(
    data: Any, request_id: str | None, is_problem: bool
) -> bytes | None:
    """Return a known body with the request id where it has none yet.

    :param data: what the JSON held
    :param request_id: of this response
    :param is_problem: they are problem details
    :returns: None when nothing lacks, or the format has no place for it
    """
    entries = [data] if is_problem else data.get('errors', ())
    if request_id is None or all('request_id' in entry for entry in entries):
        return None
    for entry in entries:
        # Behind the detail, as in our own.
        rest = {}
        for name in [*entry]:
            if name not in api_sig.LEADING:
                rest[name] = entry.pop(name)
        entry.setdefault('request_id', request_id)
        entry.update(rest)
    try:
        return api_sig.without_markup(json.dumps(data)).encode('ascii')
    except (ValueError, RecursionError):  # it goes out as it is
        return None
