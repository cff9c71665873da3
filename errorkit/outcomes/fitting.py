# SPDX-License-Identifier: Apache-2.0
"""Which values a store can keep, on every database in the same way."""

from __future__ import annotations

import re

#: Characters of the widest column of ids.
WIDTH = 255
# NUL is not kept by PostgreSQL, lone surrogates by nobody; other control
# characters are in no id and would only harm who reads a log.
_UNFIT = re.compile('[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]')


def is_fit(value: object, width: int = WIDTH) -> bool:
    """Tell whether a value is a text that every database keeps as it is.

    :param width: in characters
    """
    return (
        type(value) is str
        and len(value) <= width
        and _UNFIT.search(value) is None
    )


def id_of(value: object, width: int = WIDTH) -> str | None:
    """Return an id as a store is asked for it; None for what can be none.

    It is never cut or mended: that might be the id of another.
    """
    plain = str.__str__(value) if isinstance(value, str) else ''
    return plain if plain and is_fit(plain, width) else None


def fitted(value: object, width: int = WIDTH) -> str | None:
    """Return a value as a text that every database keeps as it is.

    A message with an id that is cut still tells its user something, and one
    that is refused does not.

    :returns: None for None, and for what cannot be made a text
    """
    if value is None:
        return None
    try:
        text = str.__str__(value) if isinstance(value, str) else str(value)
        return _UNFIT.sub('\N{REPLACEMENT CHARACTER}', text[:width])
    except Exception:  # of a foreign __str__
        return None
