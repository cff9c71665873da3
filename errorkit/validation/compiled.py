# SPDX-License-Identifier: Apache-2.0
"""A JSON Schema made ready, and kept for the next time.

Nothing is ever fetched: a ``$ref`` finds what the schema, or the registry of
a ready validator, holds.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any

from errorkit.validation import keywords
from errorkit.validation.keywords import library

#: How many schemas are kept ready. Past it the least used one goes.
MAX_COMPILED = 256


class _Same:
    """An object as a key, by its identity; the key keeps it alive."""

    __slots__ = ('value',)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value


def validator_of(schema: Any, format_checker: Any = None) -> Any:
    """Return the validator of a schema, the same one each time.

    :param schema: a dict, a boolean or a jsonschema validator; known by its
        identity, so that it must not be changed later
    :param format_checker: in place of that of the schema's draft
    :raises jsonschema.SchemaError: the schema is none
    :raises ImportError: jsonschema is not installed
    """
    return _compiled(_Same(schema), _Same(format_checker))


@functools.lru_cache(maxsize=MAX_COMPILED)
def _compiled(schema_key: _Same, checker_key: _Same) -> Any:
    jsonschema = library()
    schema, checker = schema_key.value, checker_key.value
    registry = importlib.import_module('referencing').Registry()
    if isinstance(schema, (Mapping, bool)):
        kind = jsonschema.Draft202012Validator
        if isinstance(schema, Mapping):
            kind = jsonschema.validators.validator_for(schema, default=kind)
        kind.check_schema(schema)
        if checker is None:
            checker = kind.FORMAT_CHECKER
    elif hasattr(schema, 'iter_errors') and hasattr(schema, 'schema'):
        kind = type(schema)
        # A validator made without a registry would fetch what it lacks.
        if schema._registry is not kind(True)._registry:
            registry = schema._registry
        if checker is None:
            checker = schema.format_checker
        schema = schema.schema
    else:
        raise TypeError(
            'a schema is a dict, a boolean or a jsonschema validator, not '
            f'{type(schema).__name__}'
        )
    if isinstance(schema, Mapping):
        # jsonschema would change to its own class wherever it meets this.
        schema = {
            name: value for name, value in schema.items() if name != '$schema'
        }
    return _class(kind)(
        schema, format_checker=checker, registry=registry
    )


@functools.lru_cache(maxsize=32)
def _class(kind: Any) -> Any:
    """Return a validator class whose keywords are fit for a service."""
    jsonschema = library()
    ours = keywords.replacing()
    is_type = kind.TYPE_CHECKER.is_type
    return jsonschema.validators.extend(
        kind,
        {
            name: keywords.traced(
                name, keywords.limiting(name, ours.get(keyword, keyword))
            )
            for name, keyword in kind.VALIDATORS.items()
        },
        type_checker=kind.TYPE_CHECKER.redefine(
            'number',
            lambda _, value: (
                is_type(value, 'number') and keywords.is_finite(value)
            ),
        ),
    )
