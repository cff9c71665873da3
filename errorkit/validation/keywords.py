# SPDX-License-Identifier: Apache-2.0
"""Keywords of JSON Schema that stand in for some of jsonschema's own.

A client can make those raise or take quadratic time, or their errors do not
say which properties they are about.
"""

from __future__ import annotations

import fractions
import functools
import importlib
import math
import numbers
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Keyword = Callable[[Any, Any, Any, Any], Any]


@functools.cache
def library() -> Any:
    """Return jsonschema.

    :raises ImportError: it is not installed
    """
    try:
        return importlib.import_module('jsonschema')
    except ImportError as exc:
        raise ImportError(
            'errorkit.validate needs jsonschema: '
            "pip install 'errorkit[jsonschema]'",
            name='jsonschema',
        ) from exc


def replacing() -> dict[Keyword, Keyword]:
    """Return the keywords here, each by the one it stands in for."""
    stock = library().Draft202012Validator.VALIDATORS
    return {
        stock['additionalProperties']: _additional_properties,
        stock['dependentRequired']: _dependent_required,
        stock['format']: _format,
        stock['multipleOf']: _multiple_of,
        stock['required']: _required,
        stock['uniqueItems']: _unique_items,
    }


def traced(name: str, keyword: Keyword) -> Keyword:
    """Note in each error the keywords and schemas that it passes."""

    def traced(
        validator: Any, value: Any, instance: Any, schema: Any
    ) -> Iterator[Any]:
        for error in keyword(validator, value, instance, schema) or ():
            if hasattr(error, 'errorkit_passed'):
                error.errorkit_passed.append((name, schema))
            else:
                error.errorkit_passed = [(name, schema)]
            yield error

    return traced


def limiting(name: str, keyword: Keyword) -> Keyword:
    """Have a keyword that sets limits to numbers refuse NaN and infinity.

    They count as no numbers, so without a ``type`` nothing else would.
    """
    if name not in _LIMITS:
        return keyword

    def limiting(
        validator: Any, limit: Any, instance: Any, schema: Any
    ) -> Iterator[Any]:
        if isinstance(instance, numbers.Number) and not is_finite(instance):
            error = library().ValidationError('not a number')
            error.errorkit_no_number = True
            yield error
        else:
            yield from keyword(validator, limit, instance, schema) or ()

    return limiting


_LIMITS = frozenset([
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
    'divisibleBy',
])


def is_finite(value: Any) -> bool:
    """Tell numbers from NaN and infinity, which JSON does not have."""
    if isinstance(value, int):
        return True
    try:
        return math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _additional_properties(
    validator: Any, allowed: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    """Go through the further properties in their order, not in a set's."""
    if not validator.is_type(instance, 'object') or allowed is True:
        return
    declared = schema.get('properties', ())
    patterns = [re.compile(one) for one in schema.get('patternProperties', ())]
    extras = [
        name
        for name in instance
        if name not in declared
        and not any(pattern.search(name) for pattern in patterns)
    ]
    if allowed is False:
        if extras:
            yield _error_about(extras)
        return
    for name in extras:
        yield from validator.descend(instance[name], allowed, path=name)


def _required(
    validator: Any, names: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    if not validator.is_type(instance, 'object'):
        return
    for name in names:
        if name not in instance:
            yield _error_about([name])


def _dependent_required(
    validator: Any, needs: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    if not validator.is_type(instance, 'object'):
        return
    for name, needed in needs.items():
        if name in instance:
            for one in needed:
                if one not in instance:
                    yield _error_about([one])


def _error_about(names: list[Any]) -> Any:
    error = library().ValidationError('properties')
    error.errorkit_names = names
    return error


def _format(
    validator: Any, name: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    """Check a format; a parser that a value makes fail does not know it."""
    if validator.format_checker is None:
        return
    try:
        validator.format_checker.check(instance, name)
    except (
        library().exceptions.FormatError,
        ValueError,
        ArithmeticError,
        LookupError,
        RecursionError,
    ):
        yield library().ValidationError(f'not a {name}')


def _multiple_of(
    validator: Any, factor: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    """Divide; numbers that no float can hold are divided as fractions."""
    if not validator.is_type(instance, 'number'):
        return
    try:
        if isinstance(factor, float):
            quotient = instance / factor
            failed = quotient != int(quotient)
        else:
            failed = bool(instance % factor)
    except (ArithmeticError, TypeError, ValueError):
        quotient = fractions.Fraction(instance) / fractions.Fraction(factor)
        failed = quotient.denominator != 1
    if failed:
        yield library().ValidationError('not a multiple')


def _unique_items(
    validator: Any, wanted: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    """Compare by hash: jsonschema compares objects pair by pair."""
    if not wanted or not validator.is_type(instance, 'array'):
        return
    seen = set()
    for item in instance:
        key = _key(item)
        if key in seen:
            yield library().ValidationError('not unique')
            return
        seen.add(key)


def _key(value: Any) -> Any:
    """Return what is equal for what JSON Schema calls equal.

    Numbers are texts here: a client can choose integers of one hash.
    """
    if value is None or isinstance(value, (bool, str)):
        return type(value).__name__, value
    if isinstance(value, Mapping):
        return 'object', frozenset(
            (name, _key(member)) for name, member in value.items()
        )
    if isinstance(value, (list, tuple)):
        return 'array', tuple(map(_key, value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return 'number', str(value)
