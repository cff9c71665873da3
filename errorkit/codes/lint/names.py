# SPDX-License-Identifier: Apache-2.0
"""What an expression stands for, as far as the source alone can tell.

Whatever cannot be told is None, and nothing is ever said about it.
"""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Iterable, Iterator, Mapping

from errorkit.codes.lint.scopes import Binding, Scope, SourceFile
from errorkit.codes.lint.values import (
    Called,
    Class,
    Display,
    External,
    Imported,
    Member,
    Missing,
    Module,
    Text,
    Value,
)

#: How many steps an expression is followed.
_DEPTH = 40
_LENGTH = 300
#: What their names stand for is known, whether or not they are read.
_KNOWN = {'webob', 'errorkit'}


@dataclasses.dataclass
class Names:
    """Looks names up, in all the files that are read.

    :param files: the files
    :param imported: the strings of the catalog's module, by its dotted name
    :param aliases: the same module's name by that of its place on the disk,
        which relative imports lead to
    """

    files: Iterable[SourceFile]
    imported: Mapping[str, Mapping[str, str | None]]
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self._modules: dict[str, SourceFile | None] = {}
        for file in self.files:
            for name in file.file.names:
                same = name in self._modules
                self._modules[name] = None if same else file
        self._found: dict[tuple[int, str], Value | None] = {}
        #: What a call of ``define`` declares.
        self.declared: dict[int, str] = {}

    def forget(self) -> None:
        """Look everything up anew: more is declared now."""
        self._found.clear()

    def of(
        self, node: ast.AST | None, scope: Scope, depth: int = 0
    ) -> Value | None:
        """Return what an expression stands for, or None."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Name):
            return self._name(node.id, scope, depth + 1)
        if isinstance(node, ast.Attribute):
            value: Value | None = None
            for value in self.steps(node, scope, depth):  # noqa: B007
                pass
            return value
        if isinstance(node, ast.Constant):
            return Text(node.value) if isinstance(node.value, str) else None
        if isinstance(node, ast.Call):
            code = self.declared.get(id(node))
            return Called(node, scope) if code is None else Text(code)
        if isinstance(node, ast.Dict | ast.Tuple):
            return Display(node, scope)
        return self._joined(node, scope, depth)

    def steps(
        self, node: ast.Attribute, scope: Scope, depth: int = 0
    ) -> Iterator[Value | None]:
        """Yield what each part of ``a.b.c`` stands for, from the left."""
        words: list[str] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            words.append(base.attr)
            base = base.value
        value = self.of(base, scope, depth + 1)
        yield value
        for word in reversed(words):
            if value is not None:
                value = self._attribute(value, word, depth + 1)
            yield value

    def _joined(
        self, node: ast.AST | None, scope: Scope, depth: int
    ) -> Value | None:
        parts: list[ast.expr] = []
        if isinstance(node, ast.JoinedStr):
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    if part.conversion != -1 or part.format_spec is not None:
                        return None
                    parts.append(part.value)
                else:
                    parts.append(part)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        else:
            return None
        found = ''
        for part in parts:
            value = self.of(part, scope, depth + 1)
            if not isinstance(value, Text) or len(found) > 1000:
                return None
            found += value.value
        return Text(found)

    def _name(self, name: str, scope: Scope, depth: int) -> Value | None:
        holder: Scope | None = scope
        while holder is not None:
            if name in holder.names and (
                holder is scope or holder.kind != 'class'
            ):
                return self._bound(name, holder, depth)
            holder = holder.parent
        return self._starred(name, scope.file, depth)

    def _bound(self, name: str, holder: Scope, depth: int) -> Value | None:
        key = id(holder), name
        if key in self._found:
            return self._found[key]
        self._found[key] = None  # while it is being looked up
        bindings = set(holder.names[name])
        if len(bindings) == 1:
            self._found[key] = self._binding(bindings.pop(), depth)
        return self._found[key]

    def _binding(self, binding: Binding, depth: int) -> Value | None:
        if binding.kind == 'import':
            return self.dotted(str(binding.of), depth)
        if binding.kind == 'class' and isinstance(binding.of, Scope):
            return Class(binding.of)
        if binding.kind == 'value' and isinstance(binding.of, ast.expr):
            assert binding.scope is not None
            return self.of(binding.of, binding.scope, depth + 1)
        return None

    def dotted(self, name: str, depth: int = 0) -> Value | None:
        """Return what an absolute dotted name stands for."""
        top, _, _ = name.partition('.')
        if not name or len(name) > _LENGTH or depth > _DEPTH:
            return None
        if top in _KNOWN or (
            top in sys.stdlib_module_names and not self._modules.get(name)
        ):
            return External(name)
        words = name.split('.')
        for length in range(len(words), 0, -1):
            module = '.'.join(words[:length])
            value: Value | None
            if module in self._modules:
                file = self._modules[module]
                if file is None:
                    return None  # there are two
                value = Module(file)
            elif module in self.imported or module in self.aliases:
                value = Imported(self.aliases.get(module, module))
            else:
                continue
            for word in words[length:]:
                if value is not None:
                    value = self._attribute(value, word, depth + 1)
            return value
        return External(name)

    def _attribute(self, value: Value, name: str, depth: int) -> Value | None:
        if depth > _DEPTH:
            return None
        if isinstance(value, External):
            whole = f'{value.name}.{name}'
            if (
                whole in self._modules
                or whole in self.imported
                or whole in self.aliases
            ):
                return self.dotted(whole, depth + 1)
            return External(whole) if len(whole) < _LENGTH else None
        if isinstance(value, Class):
            if name in value.scope.names:
                return self._bound(name, value.scope, depth + 1)
            return None
        if isinstance(value, Imported):
            names = self.imported[value.name]
            if name in names:
                text = names[name]
                return None if text is None else Text(text)
            return Missing(name, value)
        if isinstance(value, Module):
            return self._of_module(value, name, depth)
        return Member(value, name) if isinstance(value, Called) else None

    def _of_module(
        self, module: Module, name: str, depth: int
    ) -> Value | None:
        file = module.file
        if name in file.scope.names:
            return self._bound(name, file.scope, depth + 1)
        if file.file.is_package:
            for package in file.file.names:
                inner = self._modules.get(f'{package}.{name}')
                if inner is not None:
                    return Module(inner)
        if file.stars or file.is_open or name.startswith('__'):
            return self._starred(name, file, depth)
        return Missing(name, module)

    def _starred(
        self, name: str, file: SourceFile, depth: int
    ) -> Value | None:
        if not file.stars:
            return None
        key = id(file), name
        if key not in self._found:
            self._found[key] = None  # while it is being looked up
            self._found[key] = self._of_star(name, file, depth)
        return self._found[key]

    def _of_star(
        self, name: str, file: SourceFile, depth: int
    ) -> Value | None:
        if len(file.stars) != 1 or name.startswith('_'):
            return None
        value = self.dotted(file.stars[0], depth + 1)
        if isinstance(value, Module):
            found = self._of_module(value, name, depth + 1)
            return None if isinstance(found, Missing) else found
        if isinstance(value, External) and value.name == 'webob.exc':
            return External(f'webob.exc.{name}')
        return None
