# SPDX-License-Identifier: Apache-2.0
"""The text of query parameters becomes the values a schema declares."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from errorkit.validation.sentences import NOT_UTF_8, REPEATED
from errorkit.validation.wording import Violation

# ASCII only and whole: int() and float() take more than a number.
_INTEGER = re.compile(r'-?[0-9]{1,4000}')
_NUMBER = re.compile(r'-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')
_BOOLEANS = {'true': True, 'false': False, '1': True, '0': False}


def pairs_of(query: Any) -> tuple[list[tuple[str, Any]], list[Violation]]:
    """Return the parameters of a query, and those that are not UTF-8.

    :param query: a MultiDict, a mapping to texts or lists of texts, or the
        query string as WSGI has it
    :raises TypeError: it is none of these
    """
    if isinstance(query, str):
        return _parsed(query)
    if hasattr(query, 'getall'):
        return list(query.items()), []
    if not isinstance(query, Mapping):
        raise TypeError(
            'a query is a mapping or a query string, not '
            f'{type(query).__name__}'
        )
    pairs = []
    for name, value in query.items():
        if isinstance(value, (list, tuple)):
            pairs += [(name, one) for one in value]
        else:
            pairs.append((name, value))
    return pairs, []


def _parsed(query: str) -> tuple[list[tuple[str, Any]], list[Violation]]:
    pairs: list[tuple[str, Any]] = []
    bad: dict[str, Violation] = {}
    try:
        raw = query.encode('latin-1')  # as PEP 3333 says
    except UnicodeEncodeError:
        raw = query.encode('utf-8', 'surrogatepass')
    for part in raw.split(b'&'):
        if not part:
            continue
        name, _, value = part.replace(b'+', b' ').partition(b'=')
        name, value = unquote_to_bytes(name), unquote_to_bytes(value)
        known = name.decode('utf-8', 'replace')
        try:
            pairs.append((name.decode('utf-8'), value.decode('utf-8')))
        except UnicodeDecodeError:
            bad[known] = Violation((known,), 'encoding', NOT_UTF_8)
    return pairs, list(bad.values())


def converted(
    pairs: list[tuple[str, Any]], validator: Any
) -> tuple[dict[str, Any], list[Violation]]:
    """Return the parameters by name, and those given twice without a need.

    What cannot be converted stays text, for the schema to refuse.

    :param pairs: names and texts, in order
    :param validator: of the schema, whose root is an object
    """
    grouped: dict[str, list[Any]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    root: _Placed = validator.schema, validator._resolver
    found: dict[str, Any] = {}
    repeated = []
    for name, values in grouped.items():
        schemas = list(_schemas_of(name, root))
        items = _item_schemas(schemas)
        if items is not None:
            found[name] = [_value(one, items, validator) for one in values]
            continue
        if len(values) > 1:
            repeated.append(Violation((name,), 'repeated', REPEATED))
        found[name] = _value(values[0], schemas, validator)
    return found, repeated


#: A schema, and the resolver of the references in it.
_Placed = tuple[Any, Any]


def _flat(schemas: Iterable[_Placed]) -> Iterator[_Placed]:
    """Yield schemas with what they refer to and what ``allOf`` adds."""
    seen: set[int] = set()
    todo = list(schemas)[::-1]
    while todo:
        one, resolver = todo.pop()
        if not isinstance(one, Mapping) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one, resolver
        if '$ref' in one:
            try:
                led = resolver.lookup(one['$ref'])
            except Exception:  # the schema's own use of it raises, and says so
                continue
            todo.append((led.contents, led.resolver))
        todo.extend(
            (inner, resolver) for inner in reversed(one.get('allOf', ()))
        )


def _schemas_of(name: str, root: _Placed) -> Iterator[_Placed]:
    """Yield the schemas that a root schema has for a property."""
    for one, resolver in _flat([root]):
        declared = one.get('properties', {})
        patterns = one.get('patternProperties', {})
        matching = [
            schema
            for pattern, schema in patterns.items()
            if re.search(pattern, name)
        ]
        if name in declared:
            matching.append(declared[name])
        elif not matching and 'additionalProperties' in one:
            matching.append(one['additionalProperties'])
        for schema in matching:
            yield schema, resolver


def _types(schema: Mapping[str, Any]) -> list[str]:
    given = schema.get('type', ())
    if isinstance(given, str):
        return [given]
    return [kind for kind in given if isinstance(kind, str)]


def _item_schemas(schemas: list[_Placed]) -> list[_Placed] | None:
    """Return the schemas of an array's items, or None where it is none."""
    flat = list(_flat(schemas))
    for one, resolver in list(flat):
        for branch in (*one.get('anyOf', ()), *one.get('oneOf', ())):
            flat.extend(_flat([(branch, resolver)]))
    if not any('array' in _types(one) for one, _ in flat):
        return None
    return [(one['items'], at) for one, at in flat if 'items' in one]


def _value(text: Any, schemas: list[_Placed], validator: Any) -> Any:
    """Return a text as the first declared type that it can be."""
    if not isinstance(text, str):
        return text
    flat = list(_flat(schemas))
    types = {kind for one, _ in flat for kind in _types(one)}
    if 'string' in types:
        return text
    for kind, convert in _CONVERTERS.items():
        if kind in types:
            value = convert(text)
            if value is not None:
                return value
    for one, resolver in flat:
        for branch in (*one.get('anyOf', ()), *one.get('oneOf', ())):
            value = _value(text, [(branch, resolver)], validator)
            placed = validator.evolve(schema=branch, _resolver=resolver)
            if placed.is_valid(value):
                return value
    return text


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value):
        return None
    found = _integer(text)
    return value if found is None else found


def _boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower() if text.isascii() else text)


_CONVERTERS = {
    'integer': _integer,
    'number': _number,
    'boolean': _boolean,
}
