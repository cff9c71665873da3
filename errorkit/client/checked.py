# SPDX-License-Identifier: Apache-2.0
"""What a service said of an error, without what cannot be true or is private.

Nobody vouches for a service's answer: it may come from a proxy, or from one
that was broken into.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from errorkit import codes, error, ids, versions
from errorkit.error import Error
from errorkit.formats import known
from errorkit.formats.foreign import links, private

_MAX_TITLE = 256
_MAX_WORD = 256
_MAX_LINKS = 8
_MAX_DEPTH = 32
_MAX_MEMBERS = 1000


def checked(told: Error, status: int | None = None) -> Error:
    """Return an error with members that have the form they should have.

    :param told: as it was read
    :param status: the response's, for its own error; None for a further one
    """
    title = told.title
    if status is not None and told.status != status:
        title = ''
    number = told.status if status is None else status
    return dataclasses.replace(
        told,
        status=number,
        title=_words(title, _MAX_TITLE) or error.title_of(number),
        detail=_words(told.detail, error.MAX_DETAIL),
        code=told.code if codes.is_valid(told.code) else None,
        request_id=told.request_id if is_id(told.request_id) else None,
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
    count = 0
    while todo:
        value, depth = todo.pop()
        count += 1
        if count > _MAX_MEMBERS or depth > _MAX_DEPTH:
            return False
        if isinstance(value, dict):
            todo += [(one, depth + 1) for one in value.values()]
        elif isinstance(value, list):
            todo += [(one, depth + 1) for one in value]
    return known.is_public(extra)
