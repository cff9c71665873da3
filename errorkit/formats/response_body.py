# SPDX-License-Identifier: Apache-2.0
"""The body of a response of any HTTP library, of 1 MiB at most.

No library is imported: a response is known by its attributes. requests has
``iter_content``, urllib3 ``stream`` and ``data``, httpx ``content``, webob
``body``, http.client ``read``.
"""

from __future__ import annotations

import inspect
from typing import Any

#: A longer body is none: the response's status and headers alone are told.
MAX_BODY = 1024 * 1024
# Of a compressed body so much is decompressed at once, whoever does that.
_CHUNK = 16 * 1024


def read(response: Any) -> bytes:
    """Return a response's body. Never raises.

    A stream that nobody has read is read here, and stays readable where the
    library has a place to keep what was read (requests, urllib3).

    :param response: of requests, httpx, urllib3, webob, http.client or
        another library whose response is like one of theirs
    :returns: no bytes where the body cannot be had any more, or is longer
        than 1 MiB; a stream of that is closed
    """
    try:
        body = _read(response)
        # A subclass may say anything of its length.
        fits = isinstance(body, bytes) and bytes.__len__(body) <= MAX_BODY
        return body if fits else b''
    except Exception:  # a stream that was closed, or broke
        return b''


def _read(response: Any) -> Any:
    for chunks, kept in (('iter_content', '_content'), ('stream', '_body')):
        stream = attribute(response, chunks)
        if callable(stream) and not inspect.iscoroutinefunction(stream):
            return _of_stream(response, stream, kept)
    for name in ('content', 'body'):
        found = attribute(response, name)
        if isinstance(found, bytes):
            return found
    return _of_file(response) or attribute(response, 'data')


def _of_stream(response: Any, stream: Any, kept: str) -> Any:
    held = attribute(response, kept)
    if isinstance(held, bytes):
        return held
    parts = []
    size = 0
    for chunk in stream(_CHUNK):
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            return _too_long(response)
    body = b''.join(parts)
    if hasattr(response, kept):
        # For whoever asks for it later.
        setattr(response, kept, body)
    return body


def _of_file(response: Any) -> Any:
    read = attribute(response, 'read')
    if not callable(read) or inspect.iscoroutinefunction(read):
        return b''
    found = read(MAX_BODY + 1)
    if len(found) > MAX_BODY:
        return _too_long(response)
    # http.client says nothing of a body that is shorter than it should be.
    missing = attribute(response, 'length')
    if type(missing) is int and missing > 0:
        return b''
    return found


def _too_long(response: Any) -> bytes:
    # Else its rest would be taken for a body, by who asks once more.
    close = attribute(response, 'close')
    if callable(close) and not inspect.iscoroutinefunction(close):
        close()
    return b''


def attribute(response: Any, name: str) -> Any:
    """Return an attribute of any object, or None where it cannot be had."""
    try:
        return getattr(response, name, None)
    except Exception:  # a stream that was closed, or never read
        return None
