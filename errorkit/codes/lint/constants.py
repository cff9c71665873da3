# SPDX-License-Identifier: Apache-2.0
"""Codes that are plain constants, where no catalog declares any.

The modules that codes are taken from are those with a constant that some
``comment=`` or some exception that is registered gives; what else they hold
of this form is declared, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from errorkit.codes import forms
from errorkit.codes.lint.declared import Declaration, Declared
from errorkit.codes.lint.names import Names
from errorkit.codes.lint.registered import registered
from errorkit.codes.lint.scopes import Place, Scope, SourceFile
from errorkit.codes.lint.values import (
    Text,
)


def declare(
    files: Iterable[SourceFile],
    names: Names,
    found: Declared,
    service_type: str | None,
) -> None:
    """Add the constants to what is declared.

    :param service_type: take the codes of this one; None: of all that are
        used
    """
    files = list(files)
    used = set(_used(files, names))
    for file in files:
        constants = sorted(
            _constants(file),
            key=lambda item: (item[1].lineno, item[1].col_offset),
        )
        prefixes = {
            text.partition('.')[0] for text, _ in constants if text in used
        }
        if service_type is not None:
            prefixes &= {service_type.partition('.')[0]}
        for text, node in constants:
            # ``A = B = 'volume.x'`` is one constant.
            if (
                text.partition('.')[0] not in prefixes
                or id(node) in found.nodes
            ):
                continue
            declaration = Declaration(
                text, file.file.path, node.lineno, node.col_offset + 1
            )
            first = found.codes.get(text)
            if first is not None:
                found.twice.append((first, declaration))
            found.add(declaration)
            found.nodes.add(id(node))
            found.files.add(file)
        found.service_types |= prefixes


def _used(files: Iterable[SourceFile], names: Names) -> Iterator[str]:
    for file in files:
        for place in file.calls:
            for node, scope in _given(place, names):
                if isinstance(node, ast.Name | ast.Attribute):
                    value = names.of(node, scope)
                    if isinstance(value, Text) and forms.is_valid(value.value):
                        yield value.value


def _given(place: Place, names: Names) -> Iterator[tuple[ast.expr, Scope]]:
    assert isinstance(place.node, ast.Call)
    for word in place.node.keywords:
        if word.arg == 'comment':
            yield word.value, place.scope
    for given in registered(place, names):
        yield given.code, given.scope


def _constants(file: SourceFile) -> Iterator[tuple[str, ast.Constant]]:
    scopes = [file.scope]
    while scopes:
        scope = scopes.pop()
        for bindings in scope.names.values():
            for binding in bindings:
                if binding.kind == 'class':
                    assert isinstance(binding.of, Scope)
                    scopes.append(binding.of)
                node = binding.of
                if (
                    binding.kind == 'value'
                    and isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and forms.is_valid(node.value)
                ):
                    yield node.value, node
