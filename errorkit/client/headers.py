# SPDX-License-Identifier: Apache-2.0
"""The headers of a response, whatever library holds them, as pairs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

Pairs = list[tuple[str, str]]

# No response of a service has as many; the rest of them is not looked at.
_MAX_HEADERS = 1000
_MAX_NAME = 256
_MAX_VALUE = 8192
_MAX_NUMBER = 10**18


def pairs(headers: Any) -> Pairs:
    """Return names, in lower case, and values. Never raises.

    :param headers: a mapping, pairs, ``email.message.Message`` or what an
        HTTP library has; names and values are str or bytes, a value may be a
        number or a list of values too. What is none of these is left out
    """
    found: Pairs = []
    try:
        for item in itertools.islice(_items(headers), _MAX_HEADERS):
            _add(found, item)
    except Exception:  # no headers at all
        pass
    return found


def first(headers: Pairs, name: str) -> str:
    """Return the first value of a header, or an empty string.

    :param name: in lower case
    """
    return next((value for one, value in headers if one == name), '')


def _items(headers: Any) -> Iterable[Any]:
    # The plain items of httpx join what was sent as two headers.
    for name in ('multi_items', 'items'):
        listed = getattr(headers, name, None)
        if callable(listed):
            items: Iterable[Any] = listed()
            return items
    pairs: Iterable[Any] = headers
    return pairs


def _add(found: Pairs, item: Any) -> None:
    try:
        name, value = item
        told = _text(name)
        if not told or len(told) > _MAX_NAME:
            return
        values = value[:8] if isinstance(value, (list, tuple)) else (value,)
        for one in values:
            text = _text(one)
            if text is not None:
                found.append((told.lower(), text[:_MAX_VALUE]))
    except Exception:  # the others may be good
        return


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        # A subclass may lie about itself.
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray)):
        return value[:_MAX_VALUE].decode('latin-1')
    if type(value) is int and abs(value) < _MAX_NUMBER:
        return str(value)
    return None
