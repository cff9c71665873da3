# SPDX-License-Identifier: Apache-2.0
"""Error bodies that others wrote, read only: JSON, pages and plain text.

Nothing here raises, whatever the bytes; all of it is linear in their number.
A person's text is kept as it is. What a debugger or a server adds for the
developer is not: tracebacks, settings, comments, signatures.
"""

from __future__ import annotations

from errorkit.error import Error
from errorkit.formats.foreign import page, plain, shapes
from errorkit.formats.foreign.body import Parsed, parse

__all__ = ['Parsed', 'load', 'parse', 'read']


def read(status: int, parsed: Parsed) -> tuple[Error, ...]:
    """Return the Errors a body stands for.

    :param status: the response's own, a number; none in the body counts
    :param parsed: what ``parse`` made of the body
    :returns: one at least, 21 at most. What the body does not say is empty
        or None, also where it only repeats the status, or is private. The
        texts are whole: cutting them is up to the caller.
    """
    kind, data = parsed
    try:
        if kind == 'json':
            return shapes.read(status, data)
        if kind == 'page':
            return page.read(status, data)
        if kind == 'text':
            return plain.read(status, data)
    except Exception:  # nested too deeply, most likely
        pass
    return (Error(status, '', ''),)


def load(
    status: int, content_type: str, body: bytes
) -> tuple[Error, ...]:
    """Return the Errors a body stands for: ``read`` of ``parse``.

    :param status: the response's status, a number
    :param content_type: its Content-Type, or an empty string
    :param body: the whole body
    """
    return read(status, parse(content_type, body))
