# SPDX-License-Identifier: Apache-2.0
"""Microversions as text: one of them, a list, a range."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: API-SIG: no sign, no leading zero, no white space.
pattern = re.compile(r'([1-9][0-9]*)\.([1-9][0-9]*|0)')
_MAX_LENGTH = 18


def expand(versions: str | Iterable[str]) -> list[str]:
    """Return every version of a list or of a range such as ``1.0-1.39``.

    :param versions: a range, or versions apart by commas or blanks, or a
        list of versions
    :raises ValueError: it is none of these, or names no version
    """
    if not isinstance(versions, str):
        listed = [str(version) for version in versions]
    elif '-' in versions:
        first, _, last = (part.strip() for part in versions.partition('-'))
        low, high = parse(first), parse(last)
        if low[0] != high[0] or low > high:
            raise ValueError(
                'a range stays within one major version, lowest first'
            )
        listed = [f'{low[0]}.{minor}' for minor in range(low[1], high[1] + 1)]
    else:
        listed = versions.replace(',', ' ').split()
    if not listed:
        raise ValueError('there is no version in it')
    return sorted(set(listed), key=parse)


def parse(text: str) -> tuple[int, int]:
    """Return the two numbers of a version.

    :raises ValueError: it is not one
    """
    found = pattern.fullmatch(text)
    if found is None or len(text) > _MAX_LENGTH:
        raise ValueError(f'{text[:40]!r} is not a version such as 1.39')
    return int(found[1]), int(found[2])
