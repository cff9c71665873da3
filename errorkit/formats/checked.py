# SPDX-License-Identifier: Apache-2.0
"""What a service said of an error, without what cannot be true or is private.

Nobody vouches for a service's answer: it may come from a proxy, or from one
that was broken into.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from errorkit import codes, error, ids, keys, versions
from errorkit.error import Error
from errorkit.formats import known
from errorkit.formats.foreign import links, private

#: In lower case.
CODE_HEADER = keys.CODE_HEADER.lower()
_ID_HEADER = keys.REQUEST_ID_HEADER.lower()
_ID_ENDING = '-request-id'
_MAX_TITLE = 256
_MAX_WORD = 256
_MAX_LINKS = 8
_MAX_DEPTH = 32
_MAX_MEMBERS = 1000
_MAX_EXTRA = 64 * 1024


def checked(
    told: Error,
    status: int | None = None,
    *,
    code: str | None = None,
    request_id: str | None = None,
) -> Error:
    """Return an error with members that have the form they should have.

    :param told: as it was read
    :param status: the response's, for its own error; None for a further one
    :param code: the header's, for an error whose body has none
    :param request_id: the headers', as ``id_of`` has found it
    :returns: title and detail are cut where they are too long, the title is
        never empty; any other member that is too long, no such thing, or
        private is left out. The copy can be pickled
    """
    title = told.title
    if status is not None and told.status != status:
        title = ''
    number = told.status if status is None else status
    if codes.is_valid(told.code):
        code = told.code
    elif not codes.is_valid(code):
        code = None
    if is_id(told.request_id):
        request_id = told.request_id
    return dataclasses.replace(
        told,
        status=number,
        title=_words(title, _MAX_TITLE) or error.title_of(number),
        detail=_words(told.detail, error.MAX_DETAIL),
        code=code,
        request_id=request_id,
        links=tuple(
            link
            for link in told.links
            if _is_word(link[0]) and links.is_page(link[1])
        )[:_MAX_LINKS],
        source=_source(told.source),
        retry=told.retry if told.retry in codes.RETRIES else None,
        max_version=_version(told.max_version),
        min_version=_version(told.min_version),
        trace_id=told.trace_id if _is_word(told.trace_id) else None,
        extra=told.extra if _is_small(told.extra) else None,
    )


def is_id(value: str | None) -> bool:
    """Tell whether a value is a request id, of any version of UUID."""
    return value is not None and ids.is_valid(value, strict=False)


def id_of(headers: Iterable[tuple[str, str]]) -> str | None:
    """Return the request id that headers carry, or None.

    The standard header's, else one of any header whose name ends in
    ``-Request-Id`` and does not speak of the global id.

    :param headers: names, in lower case, and values
    """
    compat = None
    for name, value in headers:
        if not name.endswith(_ID_ENDING) or not is_id(value):
            continue
        if name == _ID_HEADER:
            return value
        if 'global' not in name:
            compat = compat or value
    return compat


def _words(text: str, limit: int) -> str:
    return '' if private.is_text(text) else error.text_of(text, limit)


def _is_word(text: str | None) -> bool:
    return text is not None and len(text) <= _MAX_WORD


def _source(source: Mapping[str, str] | None) -> dict[str, str] | None:
    found = {
        name: where
        for name, where in (source or {}).items()
        if name in ('pointer', 'parameter', 'header') and _is_word(where)
    }
    return found or None


def _version(version: str | None) -> str | None:
    try:
        versions.parse(version or '')
    except ValueError:
        return None
    return version


def _is_small(extra: Mapping[str, Any] | None) -> bool:
    """Tell whether members can be copied and pickled, and are public."""
    todo: list[tuple[Any, int]] = [(extra, 0)]
    count = size = 0
    while todo:
        value, depth = todo.pop()
        count += 1
        if isinstance(value, dict):
            size += sum(map(len, value))
            todo += [(one, depth + 1) for one in value.values()]
        elif isinstance(value, list):
            todo += [(one, depth + 1) for one in value]
        elif isinstance(value, str):
            size += len(value)
        if count > _MAX_MEMBERS or depth > _MAX_DEPTH or size > _MAX_EXTRA:
            return False
    return known.is_public(extra)
