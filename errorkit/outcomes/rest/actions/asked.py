# SPDX-License-Identifier: Apache-2.0
"""The query of a list of actions or faults, checked."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from errorkit._i18n import _
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.validation import query as reading

#: Longer than any time that is meant.
_LONGEST = 64
_FIRST = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def read(query: str, known: Iterable[str]) -> dict[str, str]:
    """Return the parameters of a query.

    :param query: QUERY_STRING, as PEP 3333 has it
    :param known: their names
    :raises InvalidInput: a parameter is not known, is not UTF-8 or comes
        twice
    """
    if not query:
        return {}
    pairs, bad = reading.pairs_of(query)
    if bad:
        raise InvalidInput(str(bad[0].path[0]), None, _('it is not UTF-8'))
    names = tuple(known)
    unknown = sorted({name for name, value in pairs} - set(names))
    if unknown:
        raise InvalidInput(
            'query', tuple(unknown), f'parameters are {", ".join(names)}'
        )
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidInput(name, value, _('it is given more than once'))
        found[name] = value
    return found


def time(name: str, found: dict[str, str]) -> datetime.datetime | None:
    """Return a parameter that is a time, aware; None if it is not there.

    :raises InvalidInput: it is no time in ISO 8601, or before 1970
    """
    value = found.get(name)
    if value is None:
        return None
    # A "+" that nobody escaped has become a blank.
    text = value.replace(' ', '+') if 'T' in value else value
    try:
        if len(text) > _LONGEST or not text.isascii():
            raise ValueError(name)
        read = datetime.datetime.fromisoformat(text)
        if read.tzinfo is None:
            read = read.replace(tzinfo=datetime.UTC)
        read = read.astimezone(datetime.UTC)
        if read < _FIRST:
            raise ValueError(name)
    except (ValueError, OverflowError):
        raise InvalidInput(
            name, value,
            _(
                'a time in ISO 8601, such as %(example)s',
                example='2026-11-22T10:00:00Z',
            ),
        ) from None
    return read
