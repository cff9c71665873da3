# SPDX-License-Identifier: Apache-2.0
"""What every database can keep: decided here, before one of them is asked.

The databases differ in what they refuse, cut or quietly change, so nothing
reaches them on which they would differ.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping

from errorkit.exceptions import ErrorkitError

#: The longest text of a message's parameters, as JSON in ASCII.
PARAMS_WIDTH = 65535
# The years that MariaDB documents for DATETIME.
_FIRST = datetime.datetime(1000, 1, 1)


class UnfitValue(ErrorkitError, ValueError):
    """A value that no column can keep; the text names the column only."""


def is_storable(value: object) -> bool:
    """Tell whether a value is text that a database may be asked for.

    :param value: anything; NUL and lone surrogates are no such text
    """
    if not isinstance(value, str) or '\0' in value:
        return False
    return value.isascii() or _is_encodable(value)


def text(column: str, value: object, width: int) -> str:
    """Return a text that fits a column.

    :param column: its name, for the error
    :param width: of the column, in code points
    :raises UnfitValue: it is too long, has a NUL or a lone surrogate, or is
        not a ``str``
    """
    if not isinstance(value, str):
        raise UnfitValue(f'{column} is not a text')
    if len(value) > width:
        raise UnfitValue(f'{column} has more than {width} characters')
    if not is_storable(value):
        raise UnfitValue(f'{column} has a NUL or a lone surrogate')
    return value


def moment(column: str, value: object) -> datetime.datetime:
    """Return a time in UTC without its zone, as it is stored.

    :param column: its name, for the error
    :param value: an aware ``datetime``
    :raises UnfitValue: it is not, or it is before the year 1000
    """
    if not isinstance(value, datetime.datetime) or value.tzinfo is None:
        raise UnfitValue(f'{column} is not a time with a zone')
    if value.tzinfo is not datetime.UTC:
        try:
            value = value.astimezone(datetime.UTC)
        except OverflowError:
            raise UnfitValue(f'{column} is out of range') from None
    stored = value.replace(tzinfo=None)
    if stored < _FIRST:
        raise UnfitValue(f'{column} is out of range')
    return stored


def params(values: Mapping[str, str | int]) -> str:
    """Return the parameters of a message as they are stored.

    :raises UnfitValue: they are too long, or JSON has no form for them
    """
    if not values:
        return '{}'
    try:
        stored = json.dumps(dict(values), separators=(',', ':'))
    except (TypeError, ValueError, RecursionError):
        raise UnfitValue('params has no form in JSON') from None
    if len(stored) > PARAMS_WIDTH:
        raise UnfitValue(f'params has more than {PARAMS_WIDTH} characters')
    return stored


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
