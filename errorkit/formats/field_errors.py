# SPDX-License-Identifier: Apache-2.0
"""What others put below ``errors`` in problem details (RFC 9457).

The RFC leaves that member to its users. Its own second example is a list of
objects with a ``pointer`` (section 3); ASP.NET has an object with a list of
texts for each field.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from errorkit.error import Error
from errorkit.formats import foreign
from errorkit.formats.foreign import shapes

#: Of more entries in a list no more are read.
MAX = 100


def read(status: int, errors: Any) -> tuple[Error, ...]:
    """Return one Error for each thing that is wrong. Never raises.

    :param status: the response's
    :param errors: the member's value, of any type
    :returns: none where it holds no errors; a title or detail is empty
        where an entry says none
    """
    found: Iterable[Error] = ()
    if isinstance(errors, dict):
        found = shapes.read_members(status, {'errors': errors})
    elif isinstance(errors, list):
        found = (
            foreign.read(status, foreign.Parsed('json', one))[0]
            for one in errors[:MAX]
            if isinstance(one, (dict, str))
        )
    return tuple(
        one for one in found if one.detail or one.title or one.source
    )
