# SPDX-License-Identifier: Apache-2.0
"""The headers of W3C Trace Context, read: whose trace a request belongs to.

They are only read and passed on as they came; where a client sent none, none
is made. https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEADER = 'traceparent'
STATE_HEADER = 'tracestate'

#: A tracestate of more characters is not passed on; 512 are required to be.
MAX_STATE = 2048
_MAX_ENTRIES = 32
_MAX_FUTURE = 256

_FIELDS = re.compile(
    '([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})'
)
_LENGTH = 55
_ENTRY = re.compile(
    '[a-z0-9][a-z0-9_*/@-]{0,255}=[ -+\\--<>-~]{0,255}[!-+\\--<>-~]'
)


@dataclass(frozen=True, slots=True)
class Traceparent:
    """Whose trace a request belongs to.

    :param trace_id: 32 lower-case hexadecimal digits, not all zero
    :param parent_id: of the span that made the request, 16 such digits
    :param sampled: the caller may have recorded it
    """

    trace_id: str
    parent_id: str
    sampled: bool


def parse(value: str) -> Traceparent | None:
    """Read a ``traceparent`` header.

    Version 00 is exactly 55 characters; a later version begins with the same
    fields, and may go on after a hyphen (section 3.2.2 and 4.3 there).

    :returns: None where it is not a valid one
    """
    if not _LENGTH <= len(value) <= _MAX_FUTURE:
        return None
    found = _FIELDS.match(value)
    if found is None:
        return None
    version, trace_id, parent_id, flags = found.groups()
    if len(value) > _LENGTH and (
        version == '00'
        or value[_LENGTH] != '-'
        or not (value.isascii() and value.isprintable())
    ):
        return None
    if version == 'ff' or not trace_id.strip('0') or not parent_id.strip('0'):
        return None
    return Traceparent(trace_id, parent_id, bool(int(flags, 16) & 1))


def state(value: str) -> str | None:
    """Return a ``tracestate`` header as it came, None where it is not valid.

    :param value: entries ``vendor=what it likes``, 32 at most
    """
    if len(value) > MAX_STATE:
        return None
    entries = [entry.strip(' \t') for entry in value.split(',')]
    named = [entry for entry in entries if entry]
    if not named or len(named) > _MAX_ENTRIES:
        return None
    return value if all(map(_ENTRY.fullmatch, named)) else None
