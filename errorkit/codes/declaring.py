# SPDX-License-Identifier: Apache-2.0
"""What the members of a declaration may be; anything else is InvalidCode."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterable, Mapping
from typing import Any

from errorkit import versions
from errorkit.codes.code import Version
from errorkit.exceptions import InvalidCode

_PARAMETER = re.compile(
    r'%(?:%|\((\w+)\)[0-9]{0,3}(?:\.[0-9]{1,3})?([sdfr]))'
)
# %d of a float fails for infinity, so it wants whole numbers.
_KINDS: dict[str, type] = {'d': numbers.Integral, 'f': numbers.Real}


def statuses(code: str, given: object) -> tuple[int, ...]:
    """Return the statuses of a code, each of an error and there once."""
    listed: tuple[object, ...]
    if isinstance(given, int) or not isinstance(given, Iterable):
        listed = (given,)
    else:
        listed = tuple(given)
    found: list[int] = []
    for one in listed:
        if not isinstance(one, int) or not 400 <= one <= 599:
            raise InvalidCode(
                f'{code!r}: {one!r} is not the status of an error'
            )
        if one in found:
            raise InvalidCode(f'{code!r} has the status {one} twice')
        found.append(one)
    if not found:
        raise InvalidCode(f'{code!r} has no status')
    return tuple(found)


def check_type(
    code: str, member: str, value: object, allowed: tuple[type, ...]
) -> None:
    """Refuse a value of another type."""
    if not isinstance(value, allowed):
        kinds = ' or '.join(_NAMES.get(kind, 'None') for kind in allowed)
        raise InvalidCode(
            f'{code!r}: {member} is {value!r:.80}, and has to be {kinds}'
        )


_NAMES: dict[type, str] = {
    str: 'a text', bool: 'True or False', Mapping: 'a mapping'
}


def check_word(
    code: str, member: str, value: str, allowed: tuple[str, ...]
) -> None:
    """Refuse a value that is none of those allowed."""
    if value not in allowed:
        raise InvalidCode(
            f'{code!r}: {member} is {value!r}, and has to be one of '
            f'{", ".join(allowed)}'
        )


def version(
    code: str, member: str, given: str | Version | None
) -> Version | None:
    """Return a microversion as numbers; None stays None."""
    if given is None:
        return None
    try:
        if isinstance(given, str):
            return versions.parse(given)
        major, minor = given
        return versions.parse(f'{major}.{minor}')
    except (TypeError, ValueError) as exc:
        raise InvalidCode(f'{code!r}: {member}: {exc}') from exc


def check_params(
    code: str, text: str | None, params: Mapping[str, Any]
) -> None:
    """Refuse a text that its declared parameters cannot fill in."""
    check_type(code, 'params', params, (Mapping,))
    for name, kind in params.items():
        if not isinstance(name, str) or not name.isidentifier() or (
            name in ('status', 'headers')
        ):
            raise InvalidCode(f'{code!r}: a parameter cannot be {name!r}')
        if not isinstance(kind, type):
            raise InvalidCode(f'{code!r}: the type of {name!r} is no class')
    found = [] if text is None else [*_PARAMETER.finditer(text)]
    used = {one[1] for one in found} - {None}
    if not params:
        if used:
            raise InvalidCode(
                f'{code!r}: the text has parameters, params none'
            )
        if found:
            raise InvalidCode(
                f'{code!r}: without params the text is sent as it stands, '
                'with both signs of its %%: write %'
            )
        return
    if text is not None and '%' in _PARAMETER.sub('', text):
        raise InvalidCode(
            f'{code!r}: the text has a % that is neither %(name)s nor %%'
        )
    if used != set(params):
        wrong = ', '.join(sorted(used ^ set(params)))
        raise InvalidCode(
            f'{code!r}: text and params do not agree about: {wrong}'
        )
    for one in found:
        wanted = _KINDS.get(one[2])
        if wanted is not None and not issubclass(params[one[1]], wanted):
            raise InvalidCode(
                f'{code!r}: {one[0]} does not go with a '
                f'{params[one[1]].__name__}: write %({one[1]})s'
            )
