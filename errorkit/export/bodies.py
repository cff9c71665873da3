# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of a service's error bodies, its codes as an enum."""

from __future__ import annotations

import copy
from typing import Any

from errorkit.codes import Catalog
from errorkit.formats import schemas

#: The JSON that a service may speak, and the name of its schema.
BODIES = {
    'errors': 'ErrorResponse',
    'bridge': 'BridgeResponse',
    'compute': 'ComputeFault',
}

_ABOUT = {
    'errors': 'What every error is answered with.',
    'bridge': 'What every error is answered with: a fault, and errors.',
    'compute': 'What every error is answered with: a fault under a name.',
}


def sent(catalog: Catalog) -> list[str]:
    """Return the strings that may be sent as ``code``, sorted.

    They are the declared codes and what they are renamed to. A retired code
    is sent no more.
    """
    found: set[str] = set()
    for code in catalog.values():
        if not code.retired:
            found.add(str(code))
            found.update(name for _, name in code.renames)
    return sorted(found)


def components(
    catalog: Catalog, body: str, place: str
) -> dict[str, dict[str, Any]]:
    """Return the schemas by their names, the body's own first.

    :param body: one of ``BODIES``
    :param place: where they will stand, such as ``#/$defs``
    """
    code = {
        'type': 'string',
        'description': 'The stable code; what a program goes by.',
        'enum': sent(catalog),
    }
    error = copy.deepcopy(schemas.ENTRY)
    error['description'] = 'One thing that went wrong.'
    error['properties']['code'] = code
    to_error = {'$ref': f'{place}/Error'}
    problem = copy.deepcopy(schemas.PROBLEM)
    problem['description'] = (
        'The same as problem details (RFC 9457), for a client that names '
        'application/problem+json in its Accept.'
    )
    problem['properties']['code'] = code
    problem['properties']['errors']['items'] = to_error
    response = copy.deepcopy(schemas.SCHEMAS[body])
    response['description'] = _ABOUT[body]
    if body != 'compute':
        response['properties']['errors']['items'] = to_error
    return {BODIES[body]: response, 'Error': error, 'Problem': problem}


def schema(catalog: Catalog, body: str = 'errors') -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an ``application/json`` error.

    :param body: one of ``BODIES``
    """
    found = components(catalog, body, '#/$defs')
    name = BODIES[body]
    made = {
        '$schema': 'https://json-schema.org/draft/2020-12/schema',
        'title': f'An error of {catalog.service_type}',
        **found[name],
    }
    if body != 'compute':
        made['$defs'] = {'Error': found['Error']}
    return made
