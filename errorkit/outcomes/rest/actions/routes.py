# SPDX-License-Identifier: Apache-2.0
"""Which actions a path is about: all of a resource, or one."""

from __future__ import annotations

from typing import NamedTuple

from errorkit.outcomes.fitting import is_fit
from errorkit.outcomes.rest.actions.presets import Preset


class Route(NamedTuple):
    """What a path names.

    :param project_id: the project in it, None where it has none
    :param resource_id: of the resource
    :param request_id: of an action; None: the list
    """

    project_id: str | None
    resource_id: str
    request_id: str | None


def find(path: str, preset: Preset) -> Route | None:
    """Return what a path names, or None.

    :param path: PATH_INFO, as PEP 3333 has it; the project may stand first
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
    if parts[:1] != [preset.collection] or parts[2:3] != [preset.actions]:
        project_id = parts.pop(0) if parts else ''
        if not is_fit(project_id):
            return None
    if (
        parts[:1] != [preset.collection]
        or parts[2:3] != [preset.actions]
        or len(parts) > 4
    ):
        return None
    return Route(project_id, parts[1], parts[3] if len(parts) == 4 else None)
