# SPDX-License-Identifier: Apache-2.0
"""Which values are never repeated: ``writeOnly`` and ``format: password``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

#: A keyword and the schema it stands in, which an error has passed.
Passed = tuple[str, Any]


def is_secret(passed: list[Passed], path: Sequence[Any], root: Any) -> bool:
    """Tell whether one of a value's schemas says that it stays unsaid.

    All schemas that apply to the value, or to what it lies in, count. A
    reference that is not found in the root may lead anywhere, so it counts
    as well, unless the error came through it: then what it led to has been
    passed.

    :param passed: what the error has passed, innermost first
    :param path: from the root to the value
    """
    beside: list[Any] = []
    for keyword, schema in passed:
        if isinstance(schema, Mapping):
            if _says_secret(schema):
                return True
            beside += _beside(schema, root, keyword)
    done = {id(schema) for _, schema in passed}
    for one in _closure(beside, root, done):
        if one is None or _says_secret(one):
            return True
    level: list[Any] = [root]
    for part in (*path, None):
        found = [
            one for one in _closure(level, root, set()) if one is not None
        ]
        if any(map(_says_secret, found)):
            return True
        level = [inner for one in found for inner in _inside(one, part)]
    return False


def _closure(
    schemas: list[Any], root: Any, seen: set[int]
) -> Iterator[Mapping[str, Any] | None]:
    """Yield schemas and those applied beside them; None: not known which."""
    todo = list(schemas)
    while todo:
        one = todo.pop()
        if one is None:
            yield None
        elif isinstance(one, Mapping) and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += _beside(one, root)


def _inside(schema: Mapping[str, Any], part: Any) -> Iterator[Any]:
    """Yield what a schema has for a property or an item."""
    if isinstance(part, str):
        declared = schema.get('properties', {})
        patterns = schema.get('patternProperties', {})
        matching = [
            inner
            for pattern, inner in patterns.items()
            if re.search(pattern, part)
        ]
        yield from matching
        if part in declared:
            yield declared[part]
        elif not matching:
            yield schema.get('additionalProperties', True)
        yield schema.get('unevaluatedProperties', True)
    elif part is not None:
        for name in _ITEMS:
            inner = schema.get(name, True)
            if isinstance(inner, (list, tuple)):
                yield from inner
            else:
                yield inner


def _says_secret(schema: Mapping[str, Any]) -> bool:
    return schema.get('writeOnly') is True or (
        schema.get('format') == 'password'
    )


def _beside(
    schema: Mapping[str, Any], root: Any, through: str = ''
) -> Iterator[Any]:
    """Yield the schemas applied to the same value; None: not known which."""
    for name in _SEVERAL:
        listed = schema.get(name, ())
        if isinstance(listed, (list, tuple)):
            yield from listed
    for name in _SINGLE:
        if name in schema:
            yield schema[name]
    for name in _BY_NAME:
        named = schema.get(name, ())
        if isinstance(named, Mapping):
            yield from named.values()
    for name in _REFERENCES:
        if name in schema and name != through:
            yield resolved(schema[name], root) if name == '$ref' else None


# The last three, and dependencies, are of older drafts.
_SEVERAL = ('allOf', 'anyOf', 'oneOf', 'extends', 'type', 'disallow')
_SINGLE = ('if', 'then', 'else', 'not', 'extends')
_BY_NAME = ('dependentSchemas', 'dependencies')
_ITEMS = (
    'items',
    'prefixItems',
    'additionalItems',
    'unevaluatedItems',
    'contains',
)
_REFERENCES = ('$ref', '$dynamicRef', '$recursiveRef')


def resolved(reference: Any, root: Any) -> Any:
    """Return the part of a schema that a local reference names, or None."""
    if not isinstance(reference, str) or not reference.startswith('#'):
        return None
    found = root
    if reference == '#':
        return found
    if not reference.startswith('#/'):
        return None
    for part in reference[2:].split('/'):
        name = unquote(part).replace('~1', '/').replace('~0', '~')
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, (list, tuple)) and name.isdecimal():
            if int(name) >= len(found):
                return None
            found = found[int(name)]
        else:
            return None
    return found
