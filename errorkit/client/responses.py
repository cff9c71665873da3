# SPDX-License-Identifier: Apache-2.0
"""What can be had of a response object, whatever library made it.

No library is imported: a response is known by its attributes. requests has
``status_code`` and ``iter_content``, httpx ``status_code`` and ``content``,
urllib3 ``status`` and ``data``, webob ``status_int`` and ``body``,
http.client ``status`` and ``read``; an exception of theirs has ``response``.
"""

from __future__ import annotations

import inspect
from typing import Any

from errorkit.client import headers as _headers
from errorkit.client import origins, parsing
from errorkit.client.content import MAX_BODY
from errorkit.client.headers import Pairs
from errorkit.formats.upstream import attribute

_CHUNK = 64 * 1024


def inner(failed: Any) -> Any:
    """Return the response that an exception was raised for, or the object."""
    if is_a(failed, BaseException):
        response = attribute(failed, 'response')
        if response is not None:
            return response
    return failed


def status(response: Any) -> int:
    """Return the status from 0 to 999; 0 where the object has none."""
    for name in ('status_code', 'status_int', 'status', 'http_status'):
        found = attribute(response, name)
        if is_a(found, int):
            return parsing.number_of(found)
    return 0


def headers(response: Any) -> Pairs:
    """Return the headers, none where they cannot be had."""
    return _headers.pairs(attribute(response, 'headers'))


def method(response: Any) -> str | None:
    """Return the method of the request, where the response knows it."""
    found = attribute(attribute(response, 'request'), 'method')
    return str.__str__(found) if is_a(found, str) else None


def origin(response: Any) -> str:
    """Return who has answered, see ``origins.of``; empty where unknown."""
    return origins.of(attribute(response, 'url'))


def body(response: Any) -> bytes:
    """Return the body, or nothing where it cannot be had any more.

    A stream of requests, urllib3 or http.client that nobody has read is
    read here, to a little over 1 MiB at most.
    """
    try:
        chunks = attribute(response, 'iter_content')
        if callable(chunks):
            return _of_requests(response, chunks)
        for name in ('content', 'body'):
            found = attribute(response, name)
            if isinstance(found, bytes):
                return found
        found = _read(response)
        if not found:
            found = attribute(response, 'data')
        return found if isinstance(found, bytes) else b''
    except Exception:  # a stream that was closed, or broke
        return b''


def _of_requests(response: Any, chunks: Any) -> bytes:
    # Read as a whole it is kept, for whoever asks for it later.
    told = headers(response)
    length = _headers.first(told, 'content-length')
    if (
        length.isdecimal()
        and len(length) < 8
        and int(length) <= MAX_BODY
        and not _headers.first(told, 'content-encoding')
    ):
        found = response.content
        return found if isinstance(found, bytes) else b''
    parts = []
    size = 0
    for chunk in chunks(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            break
    return b''.join(parts)


def _read(response: Any) -> Any:
    read = attribute(response, 'read')
    if not callable(read) or inspect.iscoroutinefunction(read):
        return b''
    found = read(MAX_BODY + 1)
    # http.client says nothing of a body that is shorter than it should be.
    missing = attribute(response, 'length')
    if is_a(missing, int) and missing > 0 and len(found) <= MAX_BODY:
        return b''
    return found


def is_a(value: Any, kind: type) -> bool:
    """Tell whether a value is of a class, by its type alone.

    What ``isinstance`` asks too, its ``__class__``, may fail or lie.
    """
    return issubclass(type(value), kind)
