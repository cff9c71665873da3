# SPDX-License-Identifier: Apache-2.0
"""What another service has answered: read in every format, as its error."""

from __future__ import annotations

from typing import Any

from errorkit import error
from errorkit.error import Error, UpstreamError
from errorkit.formats import (
    checked,
    foreign,
    html,
    known,
    problem,
    response_body,
    text,
)
from errorkit.formats.response_body import attribute

# Of the further errors few are asked for a text.
_MAX_MORE = 20


def load(
    status: int, content_type: str, body: bytes
) -> tuple[Error, ...]:
    """Read an error's body, in whatever format it is.

    :param status: the response's
    :param content_type: the response's, or empty
    :param body: the whole body
    :returns: the response's own error first; a title or detail is empty
        where the body says none. Nothing is raised, whatever the bytes
    """
    parsed = foreign.parse(content_type, body)
    found = None
    if parsed.kind == 'json' and known.is_problem(content_type):
        found = problem.load(parsed.data, status)
    elif parsed.kind == 'json':
        found = known.load(parsed.data)
    elif parsed.kind == 'page':
        found = html.load(parsed.data)
    elif parsed.kind == 'text':
        found = text.load(parsed.data)
    return found or foreign.read(status, parsed)


def from_response(response: Any) -> UpstreamError:
    """See ``Error.from_response``."""
    status = _status(response)
    headers = _headers(response)
    body = response_body.read(response)
    if headers.get('content-encoding') and not is_text(body):
        body = b''  # nobody has decoded it
    told, *more = load(status, headers.get('content-type', ''), body)
    own = checked.checked(
        told,
        status,
        code=headers.get(checked.CODE_HEADER),
        request_id=checked.id_of(headers.items()),
    )
    detail, source = own.detail, own.source
    if not detail:
        # What is wrong with a field says more than the status does.
        for one in map(checked.checked, more[:_MAX_MORE]):
            if one.detail and one.code in (None, own.code):
                detail, source = one.detail, source or one.source
                break
    return UpstreamError(
        status,
        own.title,
        detail or str(error.explanation_of(status)),
        own.code,
        own.request_id,
        own.links,
        source,
        own.retry,
        own.max_version,
        own.min_version,
        own.trace_id,
        own.extra,
    )


def _status(response: Any) -> int:
    for name in ('status_code', 'status_int', 'status'):
        status = attribute(response, name)
        if isinstance(status, int) and 400 <= status <= 599:
            return int(status)
    raise ValueError('the response has no status from 400 to 599')


def _headers(response: Any) -> dict[str, str]:
    """Return the headers by their names in lower case, the first of each."""
    found: dict[str, str] = {}
    headers = attribute(response, 'headers')
    try:
        items = headers.items() if hasattr(headers, 'items') else headers
        for name, value in items:
            if isinstance(name, str) and isinstance(value, str):
                found.setdefault(name.lower(), value)
    except Exception:  # not headers at all
        pass
    return found


def is_text(body: bytes) -> bool:
    """Tell whether a body is UTF-8: nobody has to decompress it."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
