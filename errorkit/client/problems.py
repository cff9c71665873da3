# SPDX-License-Identifier: Apache-2.0
"""The further errors of problem details (RFC 9457, section 3.2).

The RFC leaves the member ``errors`` to its users: there are lists of objects
with a ``pointer``, and objects with a list of texts for each field.
"""

from __future__ import annotations

import dataclasses
import urllib.parse
from typing import Any

from errorkit.error import Error
from errorkit.formats import foreign, known
from errorkit.formats.foreign.body import Parsed


def further(
    status: int, content_type: str, body: bytes, limit: int
) -> list[Error]:
    """Return what stands below ``errors`` in a body of problem details.

    :param status: the response's
    :param limit: how many are wanted at most
    :returns: an empty list when this is something else
    """
    if not known.is_problem(content_type):
        return []
    parsed = foreign.parse(content_type, body)
    if parsed.kind != 'json' or not isinstance(parsed.data, dict):
        return []
    errors = parsed.data.get('errors')
    if isinstance(errors, list):
        return [_one(status, error) for error in errors[:limit]]
    if isinstance(errors, dict) and errors:
        data = Parsed('json', {'errors': errors})
        return list(foreign.read(status, data))[:limit]
    return []


def _one(status: int, error: Any) -> Error:
    told = foreign.read(status, Parsed('json', error))[0]
    pointer = error.get('pointer') if isinstance(error, dict) else None
    if isinstance(pointer, str) and told.source is None:
        # In the RFC's own example it is a fragment of a URI (RFC 6901, 6).
        if pointer.startswith('#'):
            pointer = urllib.parse.unquote(pointer[1:])
        if pointer[:1] in ('/', ''):
            told = dataclasses.replace(told, source={'pointer': pointer})
    return told
