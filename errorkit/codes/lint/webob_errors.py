# SPDX-License-Identifier: Apache-2.0
"""Which expressions are webob's error classes, or a service's own of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

import webob.exc

from errorkit.codes.lint.names import Names
from errorkit.codes.lint.scopes import Scope
from errorkit.codes.lint.values import (
    Class,
    External,
    Value,
)


def _is_error(value: Any) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, webob.exc.WSGIHTTPException)
        and not issubclass(value, webob.exc.HTTPRedirection)
    )


_CLASSES: Mapping[str, Any] = vars(webob.exc)
_STATUSES: dict[str, int] = {
    f'webob.exc.{name}': value.code
    for name, value in _CLASSES.items()
    if _is_error(value)
}
#: Made to be derived from: their status may be another one.
_BASES = {
    'webob.exc.WSGIHTTPException', 'webob.exc.HTTPError',
    'webob.exc.HTTPClientError', 'webob.exc.HTTPServerError',
}
_SETS_STATUS = {'code', 'status', 'status_int', 'status_code'}


class ErrorClass(NamedTuple):
    """A class of webob errors.

    :param status: of its answers; None if that cannot be told
    :param is_plain: it takes webob's own arguments and does nothing else
    """

    status: int | None
    is_plain: bool


class ErrorClasses:
    """Knows webob's error classes, and those derived from them.

    :param names: looks names up
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[int, ErrorClass | None] = {}

    def of(self, node: ast.AST | None, scope: Scope) -> ErrorClass | None:
        """Return what is known of an expression that is such a class.

        :returns: None where it is none, or nobody can tell; nor are answers
            below 400 errors
        """
        if isinstance(node, ast.Subscript):
            value = self._names.of(node.value, scope)
            if value != External('webob.exc.status_map'):
                return None
            if not isinstance(node.slice, ast.Constant):
                return ErrorClass(None, True)
            status = node.slice.value
            if not isinstance(status, int) or status < 400:
                return None
            return ErrorClass(status, True)
        found = self._of(self._names.of(node, scope), 0)
        if found is None or (found.status is not None and found.status < 400):
            return None
        return found

    def _of(self, value: Value | None, depth: int) -> ErrorClass | None:
        if isinstance(value, External):
            status = _STATUSES.get(value.name)
            if status is None:
                return None
            return ErrorClass(None if value.name in _BASES else status, True)
        if not isinstance(value, Class) or depth > 40:
            return None
        scope = value.scope
        if id(scope) not in self._known:
            self._known[id(scope)] = None  # a class may name itself
            self._known[id(scope)] = self._derived(scope, depth)
        return self._known[id(scope)]

    def _derived(self, scope: Scope, depth: int) -> ErrorClass | None:
        assert isinstance(scope.node, ast.ClassDef)
        assert scope.parent is not None
        bases = [
            self._of(self._names.of(base, scope.parent), depth + 1)
            for base in scope.node.bases
        ]
        inherited = next((base for base in bases if base is not None), None)
        if inherited is None:
            return None
        is_plain = (
            all(base is not None and base.is_plain for base in bases)
            and '__init__' not in scope.names
            and 'comment' not in scope.names
            and not scope.node.keywords
        )
        status = inherited.status
        if 'code' in scope.names:
            status = _number(scope)
        elif any(
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and node.attr in _SETS_STATUS
            for node in ast.walk(scope.node)
        ):
            status = None
        return ErrorClass(status, is_plain)


def _number(scope: Scope) -> int | None:
    bindings = scope.names['code']
    if len(bindings) == 1 and isinstance(bindings[0].of, ast.Constant):
        number = bindings[0].of.value
        return number if isinstance(number, int) else None
    return None
