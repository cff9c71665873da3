# SPDX-License-Identifier: Apache-2.0
"""The codes that somebody who looks at one may have meant."""

from __future__ import annotations

from collections.abc import Mapping

from errorkit.codes import ErrorCode

MAX = 12


def of(code: ErrorCode, known: Mapping[str, ErrorCode]) -> list[str]:
    """Return the codes related to one, sorted, at most twelve.

    First the code that replaces it and those that it replaces; then the
    others of its resource, ``volume.snapshot.*``, or where it has none those
    of the same usual status. Retired ones are left out, and so is what may
    come with any status.

    :param known: all codes by their strings
    """
    found = [
        name
        for name, other in known.items()
        if name == code.replaced_by or other.replaced_by == code
    ]
    parent = code.rpartition('.')[0]
    for name, other in known.items():
        if name == code or name in found or other.retired:
            continue
        if '.' in parent:
            is_near = name.startswith(parent + '.')
        else:
            is_near = other.status == code.status
        if is_near and len(other.statuses) < 100 > len(code.statuses):
            found.append(name)
    return sorted(found[:MAX])
