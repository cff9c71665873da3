# SPDX-License-Identifier: Apache-2.0
"""An error's body is read, as far as it may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from errorkit._wsgi.body import check_chunk
from errorkit.formats import webob_body
from errorkit.formats.reader import MAX_BODY

# webob's own bodies may be longer, for their text is in memory as it is: this
# much of what is still to be made is read, in case it is one of them.
_MAX_WEBOB = 16 * 1024 * 1024
# Empty chunks are no bytes, and can go on for ever.
_MAX_CHUNKS = 16384


def read(
    body: Iterable[bytes],
    chunks: Iterator[bytes] | None,
    head: bytes,
    may_be_webobs: bool,
) -> tuple[bytes, bool]:
    """Read a body to its end or to the limit.

    :param body: what the application returned
    :param chunks: its iterator, when iterating has begun
    :param head: what is in hand of it
    :param may_be_webobs: webob may have made it: then there may be more
    :returns: what was read, and whether that is all
    """
    if chunks is None and type(body) in (list, tuple):
        return head + b''.join(body), True
    limit = MAX_BODY
    parts = [head]
    size = len(head)
    for count, chunk in enumerate(body if chunks is None else chunks):
        if type(chunk) is not bytes:
            check_chunk(chunk)
        parts.append(chunk)
        size += len(chunk)
        if size > limit or count >= _MAX_CHUNKS:
            found = b''.join(parts)
            if size > _MAX_WEBOB or count >= _MAX_CHUNKS or not (
                may_be_webobs and webob_body.begins(found)
            ):
                return found, False
            limit = _MAX_WEBOB
            parts = [found]
    return b''.join(parts), True
