# SPDX-License-Identifier: Apache-2.0
"""Which messages a path is about: all of a project, or one."""

from __future__ import annotations

from typing import NamedTuple

from errorkit.outcomes.fitting import is_fit

COLLECTION = 'messages'
#: Whether the project is the first part of a path.
PROJECT = ('required', 'optional', 'absent')


class Route(NamedTuple):
    """What a path names.

    :param project_id: the project in it, None where it has none
    :param id: of a message; None: the list
    """

    project_id: str | None
    id: str | None


def find(path: str, project: str) -> Route | None:
    """Return what a path names, or None.

    :param path: PATH_INFO, as PEP 3333 has it
    :param project: one of ``PROJECT``
    """
    try:
        parts = path.encode('latin-1').decode('utf-8').split('/')
    except UnicodeError:
        return None
    if len(parts) > 2 and not parts[-1]:
        parts.pop()
    if parts.pop(0) or not all(parts):
        return None
    project_id = None
    named = project == 'required' or (
        project == 'optional' and parts[:1] != [COLLECTION]
    )
    if named and parts:
        project_id = parts.pop(0)
        if not is_fit(project_id):
            return None
    if parts[:1] != [COLLECTION] or len(parts) > 2:
        return None
    return Route(project_id, parts[1] if len(parts) == 2 else None)
