# SPDX-License-Identifier: Apache-2.0
"""Which names a file binds, in which scope, and where it uses what."""

from __future__ import annotations

import ast
import dataclasses
from typing import NamedTuple

from errorkit.codes.lint.files import File


class Binding(NamedTuple):
    """What a name stands for.

    :param kind: ``import`` (``of`` is a dotted name), ``value`` (``of`` is
        an expression), ``class`` (``of`` is a ``Scope``) or ``other``
    :param scope: where ``of`` is to be looked up
    """

    kind: str
    of: object
    scope: Scope | None


@dataclasses.dataclass(eq=False)
class Scope:
    """A module, class, function or comprehension, and its names."""

    kind: str
    parent: Scope | None
    file: SourceFile
    node: ast.AST | None = None
    names: dict[str, list[Binding]] = dataclasses.field(default_factory=dict)
    #: Names whose attribute ``comment`` is set.
    commented: set[str] = dataclasses.field(default_factory=set)

    def bind(self, name: str, kind: str, of: object = None) -> None:
        """Add a binding."""
        self.names.setdefault(name, []).append(Binding(kind, of, self))


class Place(NamedTuple):
    """A node, and the scope it is in."""

    node: ast.AST
    scope: Scope
    #: The name the node's value is assigned to, or empty.
    target: str = ''


@dataclasses.dataclass(eq=False)
class SourceFile:
    """What is needed to know of a file."""

    file: File
    scope: Scope = dataclasses.field(init=False)
    #: Names and chains of attributes, outermost first, that are read.
    uses: list[Place] = dataclasses.field(default_factory=list)
    calls: list[Place] = dataclasses.field(default_factory=list)
    raises: list[Place] = dataclasses.field(default_factory=list)
    strings: list[Place] = dataclasses.field(default_factory=list)
    #: Attributes that are set: ``x.y = 1``; with the value, if it is plain.
    settings: list[tuple[Place, ast.expr | None]] = dataclasses.field(
        default_factory=list
    )
    #: Modules whose names are all imported.
    stars: list[str] = dataclasses.field(default_factory=list)
    #: It may have names that are not to be seen.
    is_open: bool = False

    def __post_init__(self) -> None:
        self.scope = Scope('module', None, self)
