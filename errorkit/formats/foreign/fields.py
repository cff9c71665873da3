# SPDX-License-Identifier: Apache-2.0
"""What is wrong with each field of a request, as frameworks nest it.

Django REST framework writes ``{"name": ["…"], "disks": [{}, {"size":
["…"]}]}``; others put the same under ``errors``, with a text in place of the
list. FastAPI gives a flat list whose items say their ``loc``.
"""

from __future__ import annotations

import urllib.parse
from typing import Any

from errorkit.error import Error
from errorkit.formats.foreign import private

#: One more than is shown, so that the cut is seen.
MAX = 21
_MAX_DEPTH = 32
_MAX_POINTER = 1024
#: Members that speak of the object they stand in.
_OF_ALL = frozenset(
    ['non_field_errors', 'nonFieldErrors', '__all__', '_schema', 'base']
)


def read(status: int, data: Any, lenient: bool = False) -> list[Error]:
    """Return one Error a message, with a pointer to its field.

    :param status: the response's
    :param data: a dict, or a list of dicts
    :param lenient: a text may stand where a list of texts is expected
    :returns: an empty list when this is something else
    """
    found: list[Error] = []
    return found if _walk(status, data, '', 0, lenient, found) else []


def _walk(
    status: int,
    data: Any,
    pointer: str,
    depth: int,
    lenient: bool,
    found: list[Error],
) -> bool:
    """Add the Errors below a pointer; tell whether all had the shape."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(data, dict):
        for name, value in data.items():
            if len(found) >= MAX:
                break
            if name in _OF_ALL:
                below = pointer
            else:
                below = f'{pointer}/{escaped(name)}'
                if private.is_member(name):
                    if private.is_asked(name):
                        _asked(status, value, below, found)
                    continue
            if isinstance(value, str):
                if not lenient:
                    return False
                value = [value]
            elif not isinstance(value, (dict, list)):
                return False
            if not _walk(status, value, below, depth + 1, lenient, found):
                return False
        return True
    if data and isinstance(data[0], str):
        return _texts(status, data, pointer, found)
    for index, value in enumerate(data):
        if len(found) >= MAX:
            break
        if not isinstance(value, dict):
            return False
        below = f'{pointer}/{index}'
        if not _walk(status, value, below, depth + 1, lenient, found):
            return False
    return True


def _texts(
    status: int, texts: list[Any], pointer: str, found: list[Error]
) -> bool:
    source = None
    if pointer and len(pointer) <= _MAX_POINTER:
        source = {'pointer': pointer}
    for text in texts[: MAX - len(found)]:
        if not isinstance(text, str):
            return False
        if private.is_text(text):
            # The lines of a traceback: the others are no better.
            found.append(Error(status, '', '', source=source))
            break
        found.append(Error(status, '', text, source=source))
    return True


def _asked(
    status: int, value: Any, pointer: str, found: list[Error]
) -> None:
    """Tell that a password is wrong, but never which it was.

    A list of sentences speaks of the field. Whatever else may be its value.
    """
    if not isinstance(value, list) or len(pointer) > _MAX_POINTER:
        return
    for text in value[: MAX - len(found)]:
        if not isinstance(text, str):
            return
        shown = text if text.count(' ') > 1 and text[-1] in '.!?' else ''
        if private.is_text(shown):
            shown = ''
        found.append(
            Error(status, '', shown, source={'pointer': pointer})
        )


def escaped(name: str) -> str:
    """Return a name as part of a JSON pointer (RFC 6901, section 3)."""
    return name.replace('~', '~0').replace('/', '~1')


def source_of(loc: Any) -> dict[str, str] | None:
    """Return where FastAPI's ``loc`` points to: ``["body", "name"]``."""
    if not isinstance(loc, list) or not 0 < len(loc) <= _MAX_DEPTH:
        return None
    if not all(type(part) in (str, int) for part in loc):
        return None
    place, *path = map(str, loc)
    if place == 'body':
        return {'pointer': ''.join('/' + escaped(part) for part in path)}
    if path and place in ('query', 'path'):
        return {'parameter': path[0]}
    if path and place == 'header':
        return {'header': path[0]}
    return None


def pointer_of(pointer: Any) -> dict[str, str] | None:
    """Return where the ``pointer`` of RFC 9457's own example points to."""
    if not isinstance(pointer, str) or len(pointer) > _MAX_POINTER:
        return None
    # There it is a fragment of a URI (RFC 6901, section 6).
    if pointer.startswith('#'):
        pointer = urllib.parse.unquote(pointer[1:])
    return {'pointer': pointer} if pointer[:1] in ('/', '') else None
