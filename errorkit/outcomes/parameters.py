# SPDX-License-Identifier: Apache-2.0
"""The parameters of permitted texts: numbers, words and ids, never a text.

A kind is one of

* ``int``, of 64 bits with a sign;
* ``bool``, read as ``true`` or ``false``;
* a tuple of words, of which the value is one;
* ``uuid.UUID``;
* a compiled pattern that the whole value matches. Whatever the pattern
  allows, the value is 64 characters of ``A-Z a-z 0-9 . _ : -`` at most: an id
  of one's own, and neither a sentence nor a path.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from errorkit.outcomes.exceptions import InvalidDeclaration, InvalidParams

Kind = type[int] | type[bool] | type[uuid.UUID] | tuple[str, ...] | (
    re.Pattern[str]
)
Value = str | int

_PLACE = re.compile(r'%(?:%|\(([A-Za-z_][A-Za-z0-9_]*)\)([sd]))')
_ID = re.compile(r'[A-Za-z0-9._:-]{1,64}')
_MOST = 2**63


def check_declared(text: str, params: Mapping[str, Kind]) -> None:
    """Refuse a text and kinds that do not fit each other.

    :raises InvalidDeclaration: saying why
    """
    for name, kind in params.items():
        _check_kind(name, kind)
    used = {
        found[1]: found[2] for found in _PLACE.finditer(text) if found[1]
    }
    if not params:
        if used:
            raise InvalidDeclaration('the text has parameters, params none')
        return
    if '%' in _PLACE.sub('', text):
        raise InvalidDeclaration(
            'the text has a % that is none of %(name)s, %(name)d and %%'
        )
    if set(used) != set(params):
        wrong = ', '.join(sorted(set(used) ^ set(params)))
        raise InvalidDeclaration(f'text and params do not agree on: {wrong}')
    for name, letter in used.items():
        if letter == 'd' and params[name] is not int:
            raise InvalidDeclaration(f'%({name})d is not declared as int')


def _check_kind(name: str, kind: Any) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise InvalidDeclaration(f'a parameter cannot be named {name!r}')
    if kind in (int, bool, uuid.UUID):
        return
    if isinstance(kind, tuple):
        if kind and all(type(word) is str and word for word in kind):
            return
    elif isinstance(kind, re.Pattern) and isinstance(kind.pattern, str):
        return
    raise InvalidDeclaration(
        f'{name!r} has to be int, bool, uuid.UUID, a tuple of words or a '
        'compiled pattern'
    )


def checked(
    kinds: Mapping[str, Kind], given: Mapping[str, object]
) -> dict[str, Value]:
    """Return the values as they are kept.

    :param kinds: of all parameters
    :param given: their values, all of them and no other
    :raises InvalidParams: naming the parameter; its value may be anything
        and is not repeated
    """
    if set(given) != set(kinds):
        wrong = ', '.join(sorted(map(repr, set(given) ^ set(kinds))))
        raise InvalidParams(f'missing or unknown parameters: {wrong}')
    return {name: _checked(name, kinds[name], given[name]) for name in kinds}


def _checked(name: str, kind: Kind, value: object) -> Value:
    if kind is bool:
        if value is True or value is False:
            return value
    elif kind is int:
        if type(value) is int and -_MOST <= value < _MOST:
            return value
    elif kind is uuid.UUID:
        if type(value) is uuid.UUID:
            return str(value)
        if isinstance(value, str) and _is_uuid(str.__str__(value)):
            return str.__str__(value)
    elif isinstance(kind, tuple):
        for word in kind:
            if isinstance(value, str) and str.__eq__(word, value) is True:
                return word
    elif isinstance(kind, re.Pattern) and isinstance(value, str):
        plain = str.__str__(value)
        if _ID.fullmatch(plain) and kind.fullmatch(plain):
            return plain
    raise InvalidParams(f'parameter {name!r} is not {_wanted(kind)}')


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _wanted(kind: Kind) -> str:
    if isinstance(kind, tuple):
        return f'one of {", ".join(kind)}'
    if isinstance(kind, re.Pattern):
        return f'an id of the form {kind.pattern}'
    return {int: 'an int of 64 bits', bool: 'a bool'}.get(kind, 'a UUID')


def filled(text: str, params: Mapping[str, Value]) -> str:
    """Return a text with its values.

    :raises Exception: the text, or its translation, asks for others
    """
    return text % {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in params.items()
    }
