# SPDX-License-Identifier: Apache-2.0
"""The bytes of a body, of 1 MiB at most, decompressed if nobody did it."""

from __future__ import annotations

import zlib
from typing import Any

from errorkit.client.headers import Pairs, first
from errorkit.formats.response_body import MAX_BODY
from errorkit.formats.upstream import is_text

# RFC 1952 and RFC 1950, told apart by their first bytes; then RFC 1951, which
# is what some send as ``deflate``.
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_DEFLATE = -zlib.MAX_WBITS
_COMPRESSED = frozenset(['gzip', 'x-gzip', 'deflate'])


def of(body: Any, headers: Pairs) -> tuple[bytes, str]:
    """Return a body's bytes and its Content-Type. Never raises.

    :param body: bytes or the like, a str, or None; anything else is no body
    :param headers: the response's
    :returns: no bytes where there are none, or too many, or nobody can tell
        what they mean
    """
    content_type = first(headers, 'content-type')
    try:
        if isinstance(body, str):
            # The charset was that of the bytes.
            content_type = content_type.partition(';')[0]
            return _encoded(body), content_type
        if isinstance(body, (bytes, bytearray, memoryview)):
            # The length of a memoryview counts items, not bytes.
            if memoryview(body).nbytes > MAX_BODY:
                return b'', content_type
            coding = first(headers, 'content-encoding').strip().lower()
            return _decoded(bytes(body), coding), content_type
    except Exception:  # a subclass that is none, a view that was released
        pass
    return b'', content_type


def _encoded(body: str) -> bytes:
    if str.__len__(body) > MAX_BODY:
        return b''
    data = str.encode(body, 'utf-8', 'replace')
    return data if len(data) <= MAX_BODY else b''


def _decoded(body: bytes, coding: str) -> bytes:
    """Undo a Content-Encoding, where the library has not done it."""
    if not coding or coding == 'identity' or is_text(body):
        return body
    if coding in _COMPRESSED:
        for format in (_GZIP_OR_ZLIB, _DEFLATE):
            try:
                stream = zlib.decompressobj(format)
                # One byte more tells that there would be more.
                found = stream.decompress(body, MAX_BODY + 1)
            except zlib.error:
                continue
            if stream.eof and len(found) <= MAX_BODY:
                return found
    return b''
