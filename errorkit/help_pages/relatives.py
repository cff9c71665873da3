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
    own = _strings(code)
    found = [
        name
        for name, other in known.items()
        if code.replaced_by in _strings(other) or other.replaced_by in own
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


def renamed(known: Mapping[str, ErrorCode]) -> set[str]:
    """Return the strings that codes are renamed to."""
    return {name for code in known.values() for _, name in code.renames}


def _strings(code: ErrorCode) -> set[str]:
    """Return all that a code is sent as."""
    return {str(code), *(name for _, name in code.renames)}
