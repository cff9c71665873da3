# SPDX-License-Identifier: Apache-2.0
"""Which declared codes some line of the source mentions.

A table of codes is a use, and so is whatever may be one: a module of codes
that is handed around, a string that may become a code.
"""

from __future__ import annotations

import ast

from errorkit.codes.lint.declared import Declaration, Declared
from errorkit.codes.lint.names import Names
from errorkit.codes.lint.scopes import Place, Scope, SourceFile
from errorkit.codes.lint.values import (
    Called,
    Class,
    Display,
    External,
    Imported,
    Member,
    Module,
    Text,
    Value,
)


class Uses:
    """The codes that are used.

    :param files: the files
    :param names: looks names up in them
    :param declared: what is declared
    """

    def __init__(
        self, files: list[SourceFile], names: Names, declared: Declared
    ) -> None:
        self._names = names
        self._declared = declared
        self._codes: set[str] = set()
        self._prefixes: set[str] = set()
        #: Names of what cannot be told, which may be that of a code.
        self._words: set[str] = set()
        self._handed: set[int] = set()
        self._all = False
        for file in files:
            for place in file.strings:
                self._string(place)
            for place in file.uses:
                if id(place.node) not in declared.nodes:
                    self._value(place)
            for place in file.calls:
                self._lookup(place)
            self._stars(file)
        for file in declared.files:
            self._perhaps(file.scope, file.is_open)
        for known in names.imported.values():
            for word in self._words & set(known):
                self._codes.add(known[word] or '')

    def has(self, declaration: Declaration) -> bool:
        """Tell whether a code is used, or may be."""
        return self._all or any(
            code in self._codes
            or any(code[:end] in self._prefixes for end in range(len(code)))
            for code in (declaration.code, *declaration.strings)
        )

    def _string(self, place: Place) -> None:
        assert isinstance(place.node, ast.Constant)
        if place.target or id(place.node) in self._declared.nodes:
            return
        text = place.node.value
        assert isinstance(text, str)
        if text in self._declared.codes:
            self._codes.add(text)
        elif self._declared.has_prefix(text):
            # '…%s' and '…{}' become codes later.
            self._prefixes.add(text.partition('%')[0].partition('{')[0])

    def _value(self, place: Place) -> None:
        node = place.node
        value: Value | None = None
        if isinstance(node, ast.Attribute):
            for value in self._names.steps(node, place.scope):
                self._text(value)
        else:
            value = self._names.of(node, place.scope)
            self._text(value)
        if isinstance(value, Module) and value.file in self._declared.files:
            self._escaped(value.file.scope)
        elif isinstance(value, Class):
            if value.scope.file in self._declared.files:
                self._escaped(value.scope)
        elif isinstance(value, Imported):
            self._all = True
        elif value is None or isinstance(value, External | Member | Display):
            while isinstance(node, ast.Attribute):
                self._words.add(node.attr)
                node = node.value
            if isinstance(node, ast.Name):
                self._words.add(node.id)

    def _stars(self, file: SourceFile) -> None:
        """Of two ``import *`` it cannot be told where a name is from."""
        for star in file.stars if len(file.stars) > 1 else ():
            value = self._names.dotted(star)
            if isinstance(value, Module):
                self._escaped(value.file.scope)

    def _perhaps(self, scope: Scope, is_open: bool) -> None:
        for name, bindings in scope.names.items():
            if is_open or name in self._words:
                self._text(self._names.of(ast.Name(name, ast.Load()), scope))
            for binding in bindings:
                if isinstance(binding.of, Scope) and scope.kind in (
                    'module', 'class'
                ):
                    self._perhaps(binding.of, is_open)

    def _text(self, value: Value | None) -> None:
        if isinstance(value, Text):
            self._codes.add(value.value)

    def _escaped(self, scope: Scope) -> None:
        """All the names of a module or class may be used by what has it."""
        if id(scope) in self._handed:
            return
        self._handed.add(id(scope))
        for name in scope.names:
            self._text(self._names.of(ast.Name(name, ast.Load()), scope))

    def _lookup(self, place: Place) -> None:
        """``CATALOG.find(name)``: nobody can tell which."""
        node = place.node
        assert isinstance(node, ast.Call)
        func = node.func
        if (
            isinstance(func, ast.Attribute)
            and func.attr in ('find', 'get')
            and node.args
            and not isinstance(node.args[0], ast.Constant)
            and self._is_catalog(func.value, place.scope)
        ):
            self._all = True

    def _is_catalog(self, node: ast.expr, scope: Scope) -> bool:
        value = self._names.of(node, scope)
        return isinstance(value, Called) and (
            id(value.call) in self._declared.catalogs
        )
