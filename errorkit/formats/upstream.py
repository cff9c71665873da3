# SPDX-License-Identifier: Apache-2.0
"""What another service has answered: read in every format, as its error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errorkit import codes, error, ids, keys, versions
from errorkit.error import Error, UpstreamError
from errorkit.formats import foreign, html, known, problem, text
from errorkit.formats.foreign import links, private

# More of an answer is not read: its status alone is told.
_MAX_BODY = 1024 * 1024
_MAX_TITLE = 256
_MAX_WORD = 256
_MAX_LINKS = 8
_ID_HEADERS = (
    keys.REQUEST_ID_HEADER.lower(),
    'x-compute-request-id',
    'x-request-id',
)


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
    body = _body(response)
    if headers.get('content-encoding') and not _is_text(body):
        body = b''  # nobody has decoded it
    told = load(status, headers.get('content-type', ''), body)[0]
    named = (told.request_id, *(headers.get(name) for name in _ID_HEADERS))
    # Nobody vouches for what it says, or how long that is.
    return UpstreamError(
        status,
        _words(told.title, _MAX_TITLE if told.status == status else 0)
        or error.title_of(status),
        _words(told.detail, error.MAX_DETAIL)
        or str(error.explanation_of(status)),
        told.code if codes.is_valid(told.code) else None,
        next((one for one in named if one and ids.is_valid(one, False)), None),
        tuple(link for link in told.links if _is_link(link))[:_MAX_LINKS],
        _source(told.source),
        told.retry if told.retry in codes.RETRIES else None,
        _version(told.max_version),
        _version(told.min_version),
        told.trace_id if _is_short(told.trace_id) else None,
        told.extra,
    )


def _words(text: str, limit: int) -> str:
    return '' if not limit or private.is_text(text) else text[:limit]


def _is_short(text: str | None) -> bool:
    return text is not None and len(text) <= _MAX_WORD


def _is_link(link: tuple[str, str]) -> bool:
    return _is_short(link[0]) and links.is_page(link[1])


def _source(source: Mapping[str, str] | None) -> dict[str, str] | None:
    found = {
        name: where
        for name, where in (source or {}).items()
        if name in ('pointer', 'parameter', 'header') and _is_short(where)
    }
    return found or None


def _version(version: str | None) -> str | None:
    try:
        versions.parse(version or '')
    except ValueError:
        return None
    return version


def _attribute(response: Any, name: str) -> Any:
    try:
        return getattr(response, name, None)
    except Exception:  # a stream that was closed, or never read
        return None


def _status(response: Any) -> int:
    for name in ('status_code', 'status_int', 'status'):
        status = _attribute(response, name)
        if isinstance(status, int) and 400 <= status <= 599:
            return int(status)
    raise ValueError('the response has no status from 400 to 599')


def _headers(response: Any) -> dict[str, str]:
    """Return the headers by their names in lower case, the first of each."""
    found: dict[str, str] = {}
    headers = _attribute(response, 'headers')
    try:
        items = headers.items() if hasattr(headers, 'items') else headers
        for name, value in items:
            if isinstance(name, str) and isinstance(value, str):
                found.setdefault(name.lower(), value)
    except Exception:  # not headers at all
        pass
    return found


def _body(response: Any) -> bytes:
    """Return the body, or nothing where it cannot be had any more."""
    for name in ('content', 'body', 'data'):
        body = _attribute(response, name)
        if isinstance(body, bytes):
            return body if len(body) <= _MAX_BODY else b''
    return b''


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
