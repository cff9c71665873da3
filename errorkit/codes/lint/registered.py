# SPDX-License-Identifier: Apache-2.0
"""The codes of exceptions that are registered, and of statuses without one.

They are given to ``ExceptionRegistry.becomes`` and ``register``, to ``Known``,
and to errorkit's wrappers as ``exceptions=`` and ``default_codes=``. Functions
of others with these names are told from them by what they are imported from.
"""

from __future__ import annotations

import ast
import http
from collections.abc import Iterator
from typing import NamedTuple

from errorkit.codes.lint.names import Names
from errorkit.codes.lint.scopes import Place, Scope
from errorkit.codes.lint.values import (
    Class,
    Display,
    External,
    Member,
    Value,
)

_REGISTRIES = {
    'errorkit.ExceptionRegistry', 'errorkit.domain.ExceptionRegistry',
}
_KNOWN = {'errorkit.Known', 'errorkit.domain.Known'}
_WRAPPERS = {
    'errorkit.wrap', 'errorkit.pipeline.wrap',
    'errorkit.FaultWrapper', 'errorkit.fault_wrap.FaultWrapper',
}
#: These take ``exceptions=`` alone.
_ACTIONS = {
    'errorkit.outcomes.actions.Actions',
    'errorkit.outcomes.actions.service.Actions',
}
#: Where the status stands among the arguments; the code is behind it.
_METHODS = {'becomes': 0, 'register': 1}
#: How many classes a registry's own class is derived by.
_DEPTH = 10


class Given(NamedTuple):
    """A code that is given, and where.

    :param code: what stands for it
    :param scope: where that is to be looked up
    :param status: what it is given for; None if that cannot be told
    """

    code: ast.expr
    scope: Scope
    status: int | None


def registered(place: Place, names: Names) -> Iterator[Given]:
    """Yield the codes that a call registers."""
    call, scope = place.node, place.scope
    assert isinstance(call, ast.Call)
    callee = names.of(call.func, scope)
    if isinstance(callee, Member):
        first = _METHODS.get(callee.name)
        if first is not None and _is_registry(callee, names):
            yield from _arguments(call, first, scope, names)
    elif isinstance(callee, External):
        if callee.name in _KNOWN:
            yield from _arguments(call, 0, scope, names)
        elif callee.name in _WRAPPERS:
            yield from _tables(call, scope, names, is_wrapper=True)
        elif callee.name in _ACTIONS:
            yield from _tables(call, scope, names, is_wrapper=False)


def _is_registry(method: Member, names: Names) -> bool:
    made = names.of(method.of.call.func, method.of.scope)
    for _ in range(_DEPTH):
        if not isinstance(made, Class):
            break
        # A registry of the service's own, unless it has its own method.
        inner = made.scope
        assert isinstance(inner.node, ast.ClassDef)
        assert inner.parent is not None
        if method.name in inner.names or len(inner.node.bases) != 1:
            return False
        made = names.of(inner.node.bases[0], inner.parent)
    return isinstance(made, External) and made.name in _REGISTRIES


def _arguments(
    call: ast.Call, first: int, scope: Scope, names: Names
) -> Iterator[Given]:
    status = _argument(call, first, 'status')
    code = _argument(call, first + 1, 'code')
    if code is not None:
        yield Given(code, scope, _number(status, scope, names))


def _argument(call: ast.Call, index: int, name: str) -> ast.expr | None:
    before = call.args[:index + 1]
    if len(before) > index:
        if any(isinstance(one, ast.Starred) for one in before):
            return None
        return before[index]
    for word in call.keywords:
        if word.arg == name:
            return word.value
    return None


def _tables(
    call: ast.Call, scope: Scope, names: Names, is_wrapper: bool
) -> Iterator[Given]:
    for word in call.keywords:
        if word.arg == 'exceptions':
            for _, value, inner in _items(word.value, scope, names):
                yield from _pair(value, inner, names)
        elif word.arg == 'default_codes' and is_wrapper:
            for key, value, inner in _items(word.value, scope, names):
                yield Given(value, inner, _number(key, inner, names))


def _items(
    node: ast.expr, scope: Scope, names: Names
) -> Iterator[tuple[ast.expr, ast.expr, Scope]]:
    """Yield the keys and values of a dict, and of each ``**other`` in it."""
    tables = [(node, scope)]
    seen = set()  # a dict may be said to be part of itself
    while tables:
        table = names.of(*tables.pop())
        if not isinstance(table, Display) or id(table.node) in seen:
            continue
        seen.add(id(table.node))
        if isinstance(table.node, ast.Dict):
            for key, value in zip(
                table.node.keys, table.node.values, strict=True
            ):
                if key is None:
                    tables.append((value, table.scope))
                else:
                    yield key, value, table.scope


def _pair(node: ast.expr, scope: Scope, names: Names) -> Iterator[Given]:
    """``(409, code)``; a ``Known`` is a call, which is looked at by itself."""
    pair = names.of(node, scope)
    if isinstance(pair, Display) and isinstance(pair.node, ast.Tuple):
        parts = pair.node.elts
        if len(parts) == 2 and not any(
            isinstance(one, ast.Starred) for one in parts
        ):
            yield Given(
                parts[1], pair.scope, _number(parts[0], pair.scope, names)
            )


def _number(
    node: ast.expr | None, scope: Scope, names: Names
) -> int | None:
    """Return a status, a number or one of the standard library's names."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    value: Value | None = names.of(node, scope)
    if not isinstance(value, External):
        return None
    module, _, name = value.name.removesuffix('.value').rpartition('.')
    if module not in ('http.HTTPStatus', 'http.client'):
        return None
    found = http.HTTPStatus.__members__.get(name)
    return None if found is None else int(found)
