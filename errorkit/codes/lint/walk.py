# SPDX-License-Identifier: Apache-2.0
"""Walks over a file's tree, once, and notes names, scopes and uses.

The walk keeps its own stack, so that no nesting is too deep for it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from errorkit.codes.lint.files import File
from errorkit.codes.lint.scopes import Place, Scope, SourceFile

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (
    ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp
)
#: Code in a module that can bind names which no parser sees.
_OPEN = {'exec', 'globals', 'vars', 'locals', 'setattr', '__getattr__'}


def collect(file: File) -> SourceFile:
    """Return what a file binds and uses.

    :param file: one that has a tree
    """
    found = SourceFile(file)
    assert file.tree is not None
    stack: list[Place] = [Place(file.tree, found.scope)]
    while stack:
        place = stack.pop()
        visit = _VISITS.get(place.node.__class__)
        if visit is not None:
            visit(found, place, stack)
        else:
            _push(place.node, place.scope, stack)
    return found


def _push(node: ast.AST, scope: Scope, stack: list[Place]) -> None:
    for field in node._fields:
        value = getattr(node, field, None)
        if value.__class__ is list:
            for one in value:
                if isinstance(one, ast.AST):
                    stack.append(Place(one, scope))
        elif isinstance(value, ast.AST):
            stack.append(Place(value, scope))


def _name(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node = place.node
    assert isinstance(node, ast.Name)
    if isinstance(node.ctx, ast.Load):
        if node.id in _OPEN:
            found.is_open = True
        found.uses.append(place)
    else:
        place.scope.bind(node.id, 'other')


def _attribute(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node = place.node
    assert isinstance(node, ast.Attribute)
    if not isinstance(node.ctx, ast.Load):
        target = Place(node.value, place.scope, node.attr)
        found.settings.append((target, None))
    elif place.target != '.':
        found.uses.append(place)
    # The rest of a chain is looked up together with its outermost node.
    base = node.value
    if isinstance(base, ast.Attribute) and isinstance(node.ctx, ast.Load):
        stack.append(Place(base, place.scope, '.'))
    elif not isinstance(base, ast.Name) or not isinstance(node.ctx, ast.Load):
        stack.append(Place(base, place.scope))


def _constant(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node = place.node
    assert isinstance(node, ast.Constant)
    if isinstance(node.value, str):
        found.strings.append(place)


def _expression(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node = place.node
    assert isinstance(node, ast.Expr)
    if not isinstance(node.value, ast.Constant):  # a docstring
        stack.append(Place(node.value, place.scope))


def _call(found: SourceFile, place: Place, stack: list[Place]) -> None:
    found.calls.append(place)
    _push(place.node, place.scope, stack)


def _raise(found: SourceFile, place: Place, stack: list[Place]) -> None:
    found.raises.append(place)
    _push(place.node, place.scope, stack)


def _assign(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node, scope = place.node, place.scope
    assert isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    value = node.value
    if isinstance(node, ast.AnnAssign):
        stack.append(Place(node.annotation, scope))
    target = ''
    for one in targets:
        if isinstance(one, ast.Name) and value is not None:
            target = one.id
            holder = scope
            while isinstance(node, ast.NamedExpr) and holder.parent and (
                holder.kind == 'comprehension'
            ):
                holder = holder.parent
            holder.bind(target, 'value', value)
        elif isinstance(one, ast.Attribute):
            found.settings.append((Place(one.value, scope, one.attr), value))
            if one.attr == 'comment' and isinstance(one.value, ast.Name):
                scope.commented.add(one.value.id)
            stack.append(Place(one.value, scope))
        elif isinstance(one, ast.Name):
            scope.bind(one.id, 'other')
        else:
            stack.append(Place(one, scope))
    if value is not None:
        stack.append(Place(value, scope, target))


def _import(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node = place.node
    assert isinstance(node, ast.Import)
    for alias in node.names:
        if alias.asname:
            place.scope.bind(alias.asname, 'import', alias.name)
        else:
            top = alias.name.partition('.')[0]
            place.scope.bind(top, 'import', top)


def _import_from(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node = place.node
    assert isinstance(node, ast.ImportFrom)
    origin = node.module or ''
    if node.level:
        own = found.file.names[-1].split('.') if found.file.names else []
        climb = node.level - found.file.is_package
        package = own[:max(0, len(own) - climb)]
        origin = '.'.join([*package, *filter(None, [origin])])
    for alias in node.names:
        if alias.name == '*':
            found.stars.append(origin)
        else:
            place.scope.bind(
                alias.asname or alias.name, 'import', f'{origin}.{alias.name}'
            )


def _function(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node, scope = place.node, place.scope
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    scope.bind(node.name, 'other')
    if scope.kind == 'module' and node.name == '__getattr__':
        found.is_open = True
    inner = Scope('function', scope, found, node)
    _push_arguments(node.args, scope, inner, stack)
    if node.returns is not None:
        stack.append(Place(node.returns, scope))
    for one in node.decorator_list:
        stack.append(Place(one, scope))
    _push_body(node.body, inner, stack)


def _push_body(body: list[ast.stmt], scope: Scope, stack: list[Place]) -> None:
    stack.extend(Place(one, scope) for one in body)


def _push_arguments(
    given: ast.arguments, outer: Scope, inner: Scope, stack: list[Place]
) -> None:
    for one in (
        *given.posonlyargs, *given.args, *given.kwonlyargs,
        given.vararg, given.kwarg,
    ):
        if one is not None:
            inner.bind(one.arg, 'other')
            if one.annotation is not None:
                stack.append(Place(one.annotation, outer))
    for default in (*given.defaults, *given.kw_defaults):
        if default is not None:
            stack.append(Place(default, outer))


def _class(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node, scope = place.node, place.scope
    assert isinstance(node, ast.ClassDef)
    inner = Scope('class', scope, found, node)
    scope.bind(node.name, 'class', inner)
    for one in (*node.decorator_list, *node.bases, *node.keywords):
        stack.append(Place(one, scope))
    _push_body(node.body, inner, stack)


def _inner(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node, scope = place.node, place.scope
    if isinstance(node, ast.Lambda):
        inner = Scope('function', scope, found, node)
        _push_arguments(node.args, scope, inner, stack)
        stack.append(Place(node.body, inner))
    else:
        _push(node, Scope('comprehension', scope, found, node), stack)


def _elsewhere(found: SourceFile, place: Place, stack: list[Place]) -> None:
    node = place.node
    assert isinstance(node, ast.Global | ast.Nonlocal)
    scope: Scope | None = place.scope
    while scope is not None:
        for name in node.names:
            scope.bind(name, 'other')
        scope = scope.parent


def _named(found: SourceFile, place: Place, stack: list[Place]) -> None:
    """``except … as x``, ``case … as x``, ``case {**x}``."""
    node = place.node
    for field in ('name', 'rest'):
        name = getattr(node, field, None)
        if isinstance(name, str):
            place.scope.bind(name, 'other')
    _push(node, place.scope, stack)


_VISITS: dict[type, Callable[[SourceFile, Place, list[Place]], None]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.Expr: _expression,
    ast.Call: _call,
    ast.Raise: _raise,
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.NamedExpr: _assign,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.ClassDef: _class,
    ast.Global: _elsewhere,
    ast.Nonlocal: _elsewhere,
    ast.ExceptHandler: _named,
    ast.MatchAs: _named,
    ast.MatchStar: _named,
    ast.MatchMapping: _named,
    **dict.fromkeys(_FUNCTIONS, _function),
    **dict.fromkeys(_SCOPES, _inner),
}
