# SPDX-License-Identifier: Apache-2.0
"""What is wrong with an error's body, by the JSON Schema of its format."""

from __future__ import annotations

from errorkit.formats.schemas import SCHEMA, SCHEMAS

try:
    import jsonschema
except ImportError as exc:
    raise ImportError(
        "errorkit.testing needs jsonschema: pip install 'errorkit[testing]'",
        name='jsonschema',
    ) from exc

__all__ = ['SCHEMA', 'SCHEMAS', 'violations']

_MAX_SHOWN = 120
_VALIDATORS = {
    name: jsonschema.Draft202012Validator(schema)
    for name, schema in SCHEMAS.items()
}


def violations(body: object, format: str = 'errors') -> list[str]:
    """Return what is wrong with a body that has been read as JSON.

    :param format: ``errors``, ``compute``, ``bridge`` or ``problem``
    :returns: one line each, with the place; empty when nothing is
    """
    try:
        return [
            f'{found.json_path}: {found.message}'[:_MAX_SHOWN]
            for found in _VALIDATORS[format].iter_errors(body)
        ]
    except RecursionError:
        return ['$: it is nested too deeply']
