# SPDX-License-Identifier: Apache-2.0
"""The text of a traceback: of a bounded size, and without secrets.

Whatever the exception is, and whatever its own methods do.
"""

from __future__ import annotations

import traceback
from typing import Any

from errorkit import secrets

#: A traceback is cut to so many characters, and each line of it.
MAX_TRACEBACK = 32 * 1024
MAX_LINE = 4 * 1024
# So much of an exception's text is looked at. What is masked is masked
# before a cut, which could leave a secret without the name before it.
_MAX_TEXT = 128 * 1024


def traceback_of(exc_info: Any) -> str:
    """Return the text of a traceback, whatever the exception does.

    :param exc_info: a triple of class, exception and traceback
    :returns: at most 32 KiB, the middle left out of a longer one, secrets
        masked; where the exception cannot be formatted, its frames and the
        name of its class; where its secrets cannot be masked, that name
    """
    kind, raised, tb = exc_info
    try:
        told = traceback.TracebackException(kind, raised, tb)
        _shorten(told)
        text = ''.join(map(_line, told.format()))
    except Exception:  # of a foreign __str__, __cause__, __notes__, ...
        text = ''.join(traceback.format_tb(tb)) + class_name(kind)
    text = secrets.mask(text.rstrip('\n'))
    if text == secrets.UNMASKED:
        text = f'{class_name(kind)}: {text}'
    return _cut(text, MAX_TRACEBACK)


def _shorten(told: Any) -> None:
    # format() indents and joins all of a text before it could be cut here.
    waiting, seen = [told], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if type(getattr(one, '_str', None)) is str:
            one._str = _line(one._str)
        waiting += [one.__cause__, one.__context__]
        waiting += one.exceptions or () if hasattr(one, 'exceptions') else ()


def _line(text: str) -> str:
    if len(text) <= MAX_LINE:
        return text
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + ' [...]'
    return _cut(secrets.mask(text), MAX_LINE)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f'{text[:half]} [...] {text[-half:]}'


def said_by(raised: BaseException, limit: int) -> str:
    """Return what an exception says of itself, secrets masked.

    :param limit: characters; a cut shows as an ellipsis
    :returns: empty where it fails to say it
    """
    try:
        text = str.__str__(str(raised))
    except BaseException:  # of a foreign __str__, as in ``traceback``
        return ''
    # Masked before the cut, which could take a secret's name away.
    text = secrets.mask(text[: 4 * limit])
    return text if len(text) <= limit else text[: limit - 1] + _ELLIPSIS


_ELLIPSIS = '\N{HORIZONTAL ELLIPSIS}'


def class_name(kind: type) -> str:
    """Return module and name of a class, past what its metaclass does."""
    parts = []
    for name in ('__module__', '__qualname__'):
        try:
            part = type.__dict__[name].__get__(kind)
        except Exception:  # a module that is a property, or none at all
            part = '?'
        parts.append(part if type(part) is str else '?')
    return '.'.join(parts)
