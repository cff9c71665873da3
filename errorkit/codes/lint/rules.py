# SPDX-License-Identifier: Apache-2.0
"""The rules: what is wrong with a use of a code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from errorkit.codes import forms
from errorkit.codes.code import fits
from errorkit.codes.lint.declared import Declaration, Declared
from errorkit.codes.lint.findings import Finding
from errorkit.codes.lint.names import Names
from errorkit.codes.lint.registered import registered
from errorkit.codes.lint.scopes import Place, Scope
from errorkit.codes.lint.sites import Site, keyword
from errorkit.codes.lint.values import (
    External,
    Missing,
    Module,
    Text,
)


class Rules:
    """Judges what the source does with codes.

    :param names: looks names up
    :param declared: what is declared
    """

    def __init__(self, names: Names, declared: Declared) -> None:
        self._names = names
        self._declared = declared

    def site(self, site: Site) -> Iterator[Finding]:
        """Judge the code of a webob error."""
        if site.comment is None:
            return
        yield from self._code(
            site.comment, site.scope, site.status, is_code=site.is_plain
        )

    def _code(
        self, node: ast.expr, scope: Scope, status: int | None, is_code: bool
    ) -> Iterator[Finding]:
        """Judge what is given as the code of a status.

        :param is_code: it is meant as one; otherwise it may mean something
            else, to a class with an ``__init__``
        """
        code = self._names.of(node, scope)
        if isinstance(code, Missing):
            yield from self._missing(code, node, scope)
        if not isinstance(code, Text):
            return
        if not is_code and not self._declared.has_prefix(code.value):
            return
        if not forms.is_valid(code.value):
            yield finding(
                node, scope, 'E101',
                f'{code.value[:140]!r} is not a code: the client never sees '
                'it',
            )
            return
        declaration = self._declared.codes.get(code.value)
        if declaration is None:
            if not self._declared.is_open:
                yield self._undeclared(code.value, node, scope)
            return
        if declaration.retired:
            yield _retired(declaration, node, scope)
        elif status is not None and declaration.statuses is not None:
            yield from _status(declaration, status, node, scope)

    def makes_error(self, place: Place) -> bool:
        """Tell whether a call is that of a declared code's ``error``."""
        func = getattr(place.node, 'func', None)
        if not isinstance(func, ast.Attribute) or func.attr != 'error':
            return False
        value = self._names.of(func.value, place.scope)
        return isinstance(value, Text) and value.value in self._declared.codes

    def call(self, place: Place) -> Iterator[Finding]:
        """Judge a call that is no webob error: of ``error``, or any."""
        call, scope = place.node, place.scope
        assert isinstance(call, ast.Call)
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr == 'error':
            value = self._names.of(func.value, scope)
            if isinstance(value, Missing):
                yield from self._missing(value, func.value, scope)
            elif isinstance(value, Text):
                declaration = self._declared.codes.get(value.value)
                if declaration is not None:
                    yield from self._error(declaration, call, scope)
        for given in registered(place, self._names):
            yield from self._code(
                given.code, given.scope, given.status, is_code=True
            )
        callee = self._names.of(func, scope)
        is_ours = True
        word = 'comment'
        if isinstance(callee, External):
            # ``comment=`` of other libraries is none of ours.
            word = 'code'
            is_ours = callee.name.startswith('errorkit.')
        code = keyword(call, word)
        if code is not None and is_ours:
            yield from self._perhaps(code, scope)

    def raised(self, place: Place) -> Iterator[Finding]:
        """Judge what is raised: a code is a text, and no exception."""
        node = getattr(place.node, 'exc', None)
        if isinstance(node, ast.Call):
            node = node.func
        if not isinstance(node, ast.Name | ast.Attribute):
            return
        value = self._names.of(node, place.scope)
        if isinstance(value, Text) and value.value in self._declared.codes:
            yield finding(
                node, place.scope, 'E109',
                f'{value.value} is a text and cannot be raised: raise what '
                'its error() returns',
            )

    def setting(
        self, place: Place, value: ast.expr | None
    ) -> Iterator[Finding]:
        """Judge ``error.comment = value``."""
        if place.target == 'comment' and value is not None:
            yield from self._perhaps(value, place.scope)

    def _perhaps(self, node: ast.expr, scope: Scope) -> Iterator[Finding]:
        """Judge what is a code only if it looks like one of ours."""
        value = self._names.of(node, scope)
        if isinstance(value, Missing):
            yield from self._missing(value, node, scope)
        if not isinstance(value, Text) or not forms.is_valid(value.value):
            return
        declaration = self._declared.codes.get(value.value)
        if declaration is not None:
            if declaration.retired:
                yield _retired(declaration, node, scope)
        elif (
            self._declared.has_prefix(value.value)
            and not self._declared.is_open
        ):
            yield self._undeclared(value.value, node, scope)

    def _undeclared(
        self, code: str, node: ast.expr, scope: Scope
    ) -> Finding:
        return finding(node, scope, 'E101', f'{code!r} is not declared')

    def _missing(
        self, value: Missing, node: ast.expr, scope: Scope
    ) -> Iterator[Finding]:
        module = value.module
        if isinstance(module, Module):
            if module.file not in self._declared.files or module.file.is_open:
                return
            name = module.file.file.names[0]
        else:
            name = module.name
        yield finding(
            node, scope, 'E101', f'{value.name} is not declared in {name}'
        )

    def _error(
        self, declaration: Declaration, call: ast.Call, scope: Scope
    ) -> Iterator[Finding]:
        if declaration.retired:
            yield _retired(declaration, call, scope)
            return
        status = keyword(call, 'status')
        if (
            isinstance(status, ast.Constant)
            and type(status.value) is int
            and declaration.statuses is not None
        ):
            yield from _status(declaration, status.value, status, scope)
        if declaration.params is None:
            return
        for text in _parameters(declaration.params, call):
            yield finding(call, scope, 'E105', f'{declaration.code}: {text}')


def _parameters(
    params: dict[str, type | None], call: ast.Call
) -> Iterator[str]:
    """Yield what ``ErrorCode.error`` would say of its arguments."""
    given = {
        word.arg: word.value for word in call.keywords
        if word.arg not in ('status', 'headers')
    }
    is_whole = given.pop(None, None) is None
    if call.args:
        if isinstance(call.args[0], ast.Starred):
            is_whole = False
        elif not isinstance(call.args[0], ast.Constant):
            # It may be None, which is as if it were not there.
            is_whole = False
        elif call.args[0].value is not None:
            if given:
                yield 'it has a text of its own and values for the declared'
            return
    for name in given:
        if name not in params:
            yield f'it has no parameter {name!r}'
    for name, kind in params.items():
        value = given.get(name)
        if value is None:
            if is_whole:
                yield f'the parameter {name!r} is missing'
        elif (
            isinstance(value, ast.Constant)
            and kind is not None
            and not fits(value.value, kind)
        ):
            yield (
                f'{name!r} is a {type(value.value).__name__}, and has to be a '
                f'{kind.__name__}'
            )


def _status(
    declaration: Declaration, status: int, node: ast.expr, scope: Scope
) -> Iterator[Finding]:
    assert declaration.statuses is not None
    if status not in declaration.statuses:
        statuses = sorted(declaration.statuses)
        some = ', '.join(map(str, statuses[:6]))
        more = ' and more' if len(statuses) > 6 else ''
        yield finding(
            node, scope, 'E106',
            f'{declaration.code} is not declared for {status}, but for '
            f'{some}{more}',
        )


def _retired(
    declaration: Declaration, node: ast.expr, scope: Scope
) -> Finding:
    return finding(node, scope, 'E107', f'{declaration.code} is retired')


def finding(node: ast.expr, scope: Scope, id: str, text: str) -> Finding:
    """Return what was found at a node."""
    return Finding(
        scope.file.file.path, node.lineno, node.col_offset + 1, id, text
    )
