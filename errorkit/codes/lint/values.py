# SPDX-License-Identifier: Apache-2.0
"""What an expression in source may stand for."""

from __future__ import annotations

import ast
from typing import NamedTuple

from errorkit.codes.lint.scopes import Scope, SourceFile


class External(NamedTuple):
    """Something of a module that is not read: its dotted name."""

    name: str


class Text(NamedTuple):
    """A string."""

    value: str


class Module(NamedTuple):
    """A module that is read."""

    file: SourceFile


class Imported(NamedTuple):
    """The module of the catalog, where it was imported and not read."""

    name: str


class Class(NamedTuple):
    """A class that is read."""

    scope: Scope


class Called(NamedTuple):
    """The value of a call that is not a string."""

    call: ast.Call
    scope: Scope


class Member(NamedTuple):
    """An attribute of what a call returns, such as a method."""

    of: Called
    name: str


class Display(NamedTuple):
    """A dict or a tuple that is written out."""

    node: ast.Dict | ast.Tuple
    scope: Scope


class Missing(NamedTuple):
    """A name that a module of ours does not have."""

    name: str
    module: Module | Imported


Value = (
    External | Text | Module | Imported | Class | Called | Member | Display
    | Missing
)
