# SPDX-License-Identifier: Apache-2.0
"""A value as a sentence shows it: as JSON writes it, and cut.

Of an object or a list only its kind is shown. What has words of its own is a
``Text``, so that it comes out in the language of the sentence around it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from errorkit._i18n import Text, _

#: How much of a value or a name is shown, in characters.
MAX_VALUE = 80
MAX_LIST = 10
_MAX_TEXT = 500
ELLIPSIS = '\N{HORIZONTAL ELLIPSIS}'

A_NUMBER = _('a number')
_AN_OBJECT = _('an object')
_AN_ARRAY = _('an array')
_A_VALUE = _('a value')
_CONSTANTS = {None: 'null', True: 'true', False: 'false'}
_AT_THE_BEGINNING: dict[str, str] = {
    A_NUMBER: _('A number'),
    _AN_OBJECT: _('An object'),
    _AN_ARRAY: _('An array'),
    _A_VALUE: _('A value'),
}
_KINDS = {
    'array': _AN_ARRAY,
    'boolean': _('true or false'),
    'integer': _('an integer'),
    'null': 'null',
    'number': A_NUMBER,
    'object': _AN_OBJECT,
    'string': _('a string'),
}
# A validator of the service's own may have further types.
_OTHER_KIND = _('a value of a permitted type')

AND = _('%(first)s and %(last)s')
OR = _('%(first)s or %(last)s')
_COMMA = '%(first)s, %(last)s'


def shown(value: Any) -> str:
    """Return a value as JSON writes it, cut; of a container only its kind."""
    kind = type(value)
    if value is None or kind is bool:
        return _CONSTANTS[value]
    if isinstance(value, str):
        quoted = json.dumps(str.__str__(value)[:MAX_VALUE], ensure_ascii=False)
        if len(quoted) > MAX_VALUE or len(value) > MAX_VALUE:
            quoted = f'{quoted[: MAX_VALUE - 2]}{ELLIPSIS}"'
        return quoted
    if isinstance(value, Mapping):
        return _AN_OBJECT
    if isinstance(value, (list, tuple)):
        return _AN_ARRAY
    if kind is int or kind is float:
        try:
            return cut(json.dumps(value), MAX_VALUE)
        except ValueError:  # more digits than Python converts
            return A_NUMBER
    return _A_VALUE


def subject(value: Any) -> str:
    """Return a value as a sentence begins with it."""
    text = shown(value)
    return _AT_THE_BEGINNING.get(text, text)


def cut(text: str, limit: int = _MAX_TEXT) -> str:
    """Return a text, its end replaced by an ellipsis where it is long."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def listed(values: Iterable[Any], last: str) -> str:
    """Return values as ``"a", "b" and "c"``; ten of them at most.

    :param last: what joins the last one, ``AND`` or ``OR``
    """
    texts: list[str] = []
    for value in values:
        if len(texts) == MAX_LIST:
            return _joined([*texts, ELLIPSIS], _COMMA)
        texts.append(shown(value))
    if len(texts) > 1:
        texts[:-1] = [_joined(texts[:-1], _COMMA)]
    return _joined(texts, last)


def kinds(types: Any) -> str:
    """Return what the type or types of a schema are called."""
    names = (_KINDS.get(str(one), _OTHER_KIND) for one in each(types))
    return _joined(list(dict.fromkeys(names)), OR)


def each(types: Any) -> Iterator[Any]:
    """Yield the types that a schema names, one or several."""
    yield from types if isinstance(types, (list, tuple)) else (types,)


def _joined(texts: list[str], join: str) -> str:
    """Return texts as one, in whatever language it is asked for."""
    if not texts:
        return ''
    return functools.reduce(
        lambda first, last: Text(join, first=first, last=last), texts
    )
