# SPDX-License-Identifier: Apache-2.0
"""The arguments of a list: checked, and made the page a store is asked for.

What is allowed is what cinder allows, and the same on every database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from errorkit._i18n import _
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.fitting import WIDTH, is_fit
from errorkit.outcomes.records import SORTABLE, Order

#: No more than this is left out before a page, as in cinder.
MAX_OFFSET = 2**31 - 1
DIRECTIONS = ('asc', 'desc')
#: What the value of a filter has to be.
A_TEXT = _(
    'a text of at most %(most)s characters, none of them a control character',
    most=str(WIDTH),
)
#: What clients call a column that is kept under another name.
_ALIASES = {'guaranteed_until': 'expires_at'}


def number(name: str, value: object, most: int | None = None) -> int:
    """Return a number of rows.

    :param name: of the argument
    :param value: an int, or one in decimal digits
    :param most: a greater one is refused
    :raises InvalidInput: it is none, or negative
    """
    if isinstance(value, str) and value.isascii() and value.isdigit():
        # int() of many digits takes its time, and none so long differs.
        found = int(value) if len(value) <= 20 else 10**20
    elif type(value) is int and value >= 0:
        found = value
    else:
        raise InvalidInput(name, value, _('a whole number, 0 or more'))
    if most is not None and found > most:
        raise InvalidInput(
            name, value, _('a whole number, %(most)s at most', most=str(most))
        )
    return found


def filters_of(
    given: Mapping[str, object] | None, *allowed: str
) -> dict[str, str]:
    """Return the values to filter by.

    :param given: by their names
    :param allowed: those that there are
    :raises InvalidInput: of ``filters``, its value all names that are not
        known; or of a filter, whose value no message can have
    """
    found = {}
    unknown = [
        name for name in given or () if name not in allowed
    ]
    if unknown:
        raise InvalidInput(
            'filters',
            tuple(sorted(map(str, unknown))),
            f'filters are {", ".join(allowed)}',
        )
    for name, value in (given or {}).items():
        text = str.__str__(value) if isinstance(value, str) else value
        if not is_fit(text):
            raise InvalidInput(name, value, A_TEXT)
        found[name] = str(text)
    return found


def order_of(
    sort_keys: Sequence[str] | None, sort_dirs: Sequence[str] | None
) -> tuple[Order, ...]:
    """Return the order of a list, the last key of which is ``id``.

    As cinder has it: a key without a direction has that of the first, or
    ``desc``, and so have ``created_at`` and ``id``, which are added.

    :raises InvalidInput: of ``sort_keys`` or ``sort_dirs``
    """
    names = _words('sort_keys', sort_keys, (*SORTABLE, *_ALIASES))
    directions = _words('sort_dirs', sort_dirs, DIRECTIONS)
    if len(directions) > len(names) and names:
        raise InvalidInput('sort_dirs', sort_dirs, 'one for each key')
    first = directions[0] if directions else 'desc'
    directions += [first] * (len(names) - len(directions))
    chosen: dict[str, Order] = {}
    for name, direction in [
        *zip(names, directions, strict=False),
        ('created_at', first),
        ('id', first),
    ]:
        column = _ALIASES.get(name, name)
        chosen.setdefault(column, Order(column, direction == 'desc'))
        if column == 'id':
            break  # No two have the same: what follows decides nothing.
    return tuple(chosen.values())


def _words(
    name: str, given: Sequence[str] | None, allowed: tuple[str, ...]
) -> list[str]:
    words = [] if given is None else given
    if not isinstance(words, (list, tuple)) or any(
        not isinstance(word, str) or word not in allowed for word in words
    ):
        raise InvalidInput(name, given, f'of {", ".join(allowed)}')
    return [str(word) for word in words]
