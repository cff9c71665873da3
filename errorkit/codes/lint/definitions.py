# SPDX-License-Identifier: Apache-2.0
"""The calls of ``Catalog.define`` in source, and what they declare."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Hashable, Iterator

from errorkit.codes import forms
from errorkit.codes.lint.declared import Declaration, Declared
from errorkit.codes.lint.names import Names
from errorkit.codes.lint.scopes import Place, Scope, SourceFile
from errorkit.codes.lint.values import (
    Called,
    Class,
    External,
    Missing,
    Module,
    Text,
)


def declared(
    files: list[SourceFile], names: Names, service_type: str | None
) -> Declared:
    """Return what the calls of ``define`` declare."""
    found = Declared(service_types={service_type} if service_type else set())
    owners: dict[tuple[Hashable, str], Declaration] = {}
    for file in files:
        for place in file.calls:
            assert isinstance(place.node, ast.Call)
            _catalog(place.node, place.scope, names, found)
            owner = _owner(place.node, place.scope, names)
            if owner is None:
                continue
            if id(place.node) not in found.nodes:
                found.nodes.update(map(id, _said(place.node)))
            declaration = _defined(place.node, place, names)
            if declaration is None:
                found.is_open = True
                continue
            if declaration.is_public and not isinstance(owner, int):
                found.is_open = True  # there may be more, of a catalog unread
            names.declared[id(place.node)] = declaration.code
            found.files.add(file)
            first = owners.setdefault((owner, declaration.code), declaration)
            if first is not declaration:
                found.twice.append((first, declaration))
            found.add(declaration)
    names.forget()
    return found


def _said(call: ast.Call) -> Iterator[ast.AST]:
    for node in ast.walk(call):
        if node is not call.func:
            yield node


def _catalog(
    call: ast.Call, scope: Scope, names: Names, found: Declared
) -> None:
    """Note the service type of a new ``Catalog``."""
    if call.args and _is_catalog(call, scope, names):
        value = names.of(call.args[0], scope)
        if isinstance(value, Text):
            found.service_types.add(value.value)
        found.catalogs.add(id(call))


def _is_catalog(call: ast.Call, scope: Scope, names: Names) -> bool:
    value = names.of(call.func, scope)
    return isinstance(value, External) and value.name in (
        'errorkit.Catalog',
        'errorkit.codes.Catalog',
        'errorkit.codes.catalog.Catalog',
    )


def _owner(call: ast.Call, scope: Scope, names: Names) -> Hashable | None:
    """Return what identifies the catalog of a call of ``define``."""
    func = call.func
    if not isinstance(func, ast.Attribute) or func.attr != 'define':
        return None
    if not any(word.arg in ('status', None) for word in call.keywords):
        return None
    value = names.of(func.value, scope)
    if isinstance(value, Called):
        made = names.of(value.call.func, value.scope)
        if _is_catalog(value.call, value.scope, names) or not isinstance(
            made, External
        ):
            return id(value.call)
        return None
    if isinstance(value, Text | Module | Missing | Class):
        return None
    if isinstance(func.value, ast.Name | ast.Attribute):
        base = func.value
        word = base.id if isinstance(base, ast.Name) else base.attr
        # Somebody else's ``define`` may look the same.
        given = _given(call)
        if given is not None and _code(given, scope, names) is None:
            return None
        return id(scope), word
    return None


def _given(call: ast.Call) -> ast.expr | None:
    if call.args:
        return call.args[0]
    for word in call.keywords:
        if word.arg == 'code':
            return word.value
    return None


def _code(node: ast.expr | None, scope: Scope, names: Names) -> str | None:
    value = names.of(node, scope)
    if isinstance(value, Text) and forms.is_valid(value.value):
        return value.value
    return None


def _defined(
    call: ast.Call, place: Place, names: Names
) -> Declaration | None:
    scope = place.scope
    code = _code(_given(call), scope, names)
    if code is None:
        return None
    words = {word.arg: word.value for word in call.keywords}
    is_whole = None not in words
    retired = words.get('retired')
    renames = words.get('renames')
    strings: tuple[str, ...] = ()
    if isinstance(renames, ast.Dict):
        values = [_code(node, scope, names) for node in renames.values]
        strings = tuple(value for value in values if value is not None)
    return Declaration(
        code,
        scope.file.file.path,
        call.lineno,
        call.col_offset + 1,
        _statuses(words.get('status')),
        _params(words.get('params')) if is_whole else None,
        isinstance(retired, ast.Constant) and retired.value is True,
        strings,
        scope.kind in ('module', 'class'),
    )


def _statuses(node: ast.expr | None) -> frozenset[int] | None:
    parts = [node]
    if isinstance(node, ast.Tuple | ast.List):
        parts = list(node.elts)
    elif isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id != 'range':
            return None
        parts = list(node.args)
    numbers = [
        part.value for part in parts
        if isinstance(part, ast.Constant) and type(part.value) is int
        and part.value < 1000
    ]
    if len(numbers) != len(parts):
        return None
    if isinstance(node, ast.Call):
        return frozenset(range(*numbers)) if len(numbers) == 2 else None
    return frozenset(numbers)


def _params(node: ast.expr | None) -> dict[str, type | None] | None:
    if node is None:
        return {}
    if not isinstance(node, ast.Dict):
        return None
    found: dict[str, type | None] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or type(key.value) is not str:
            return None
        kind = None
        if isinstance(value, ast.Name):
            kind = getattr(builtins, value.id, None)
        found[key.value] = kind if isinstance(kind, type) else None
    return found
