# SPDX-License-Identifier: Apache-2.0
"""The codes that are declared, by a catalog or by the source."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from errorkit.codes import forms
from errorkit.codes.catalog import Catalog
from errorkit.codes.lint.findings import Finding
from errorkit.codes.lint.scopes import SourceFile


@dataclasses.dataclass
class Declaration:
    """A declared code, and what is known of it.

    :param code: its string
    :param path: where it is declared
    :param line: from 1
    :param column: from 1
    :param statuses: None if that cannot be told
    :param params: their types by name, None for a type that cannot be told;
        None if nothing can
    :param retired: it is sent no more
    :param strings: what it is renamed to
    :param is_public: it is declared at the top of a module or class
    """

    code: str
    path: str = ''
    line: int = 1
    column: int = 1
    statuses: frozenset[int] | None = None
    params: dict[str, type | None] | None = None
    retired: bool = False
    strings: tuple[str, ...] = ()
    is_public: bool = True

    def finding(self, id: str, text: str) -> Finding:
        """Return what was found of it, at its place."""
        return Finding(
            self.path, self.line, self.column, id, f'{self.code} {text}'
        )


@dataclasses.dataclass
class Declared:
    """All that is declared."""

    #: By code, and by what it is renamed to.
    codes: dict[str, Declaration] = dataclasses.field(default_factory=dict)
    twice: list[tuple[Declaration, Declaration]] = dataclasses.field(
        default_factory=list
    )
    service_types: set[str] = dataclasses.field(default_factory=set)
    #: Nodes that only declare, and use nothing.
    nodes: set[int] = dataclasses.field(default_factory=set)
    #: Codes are declared whose strings cannot be told.
    is_open: bool = False
    #: Files with declarations.
    files: set[SourceFile] = dataclasses.field(default_factory=set)
    #: What the source declares and the imported catalog has not.
    outside: list[Declaration] = dataclasses.field(default_factory=list)
    #: Calls that make a catalog.
    catalogs: set[int] = dataclasses.field(default_factory=set)

    def add(self, found: Declaration) -> None:
        """Add a declaration; of two the first stays."""
        for code in (found.code, *found.strings):
            self.codes.setdefault(code, found)

    def take(self, catalog: Declared) -> None:
        """Believe an imported catalog more than the source."""
        self.service_types |= catalog.service_types
        self.is_open = False
        prefixes = tuple(f'{one}.' for one in catalog.service_types)
        self.outside += (
            found
            for code, found in self.codes.items()
            if code == found.code and found.is_public
            and code.startswith(prefixes) and code not in catalog.codes
        )
        for code, found in catalog.codes.items():
            read = self.codes.get(code)
            if read is not None:
                found.path, found.line = read.path, read.line
                found.column = read.column
            self.codes[code] = found

    def add_own(self) -> None:
        """Add what every catalog declares by itself."""
        for service_type in self.service_types:
            if forms.is_valid_service_type(service_type):
                for code, own in Catalog(service_type).items():
                    statuses = frozenset(own.statuses)
                    self.codes.setdefault(
                        code,
                        Declaration(
                            code, statuses=statuses, params={},
                            is_public=False,
                        ),
                    )

    def checked(self) -> Iterator[Declaration]:
        """Yield the declarations that somebody has to use."""
        for code, found in self.codes.items():
            if code == found.code and found.is_public:
                yield found

    def has_prefix(self, text: str) -> bool:
        """Tell whether a string begins as our codes do."""
        return any(
            char == '.' and text[:end] in self.service_types
            for end, char in enumerate(text[:forms.MAX_LENGTH])
        )


def from_catalog(catalog: Catalog, path: str) -> Declared:
    """Return what a catalog declares.

    :param path: of the file it is in, for what has no better place
    """
    found = Declared(service_types={catalog.service_type})
    for code, known in catalog.items():
        found.add(
            Declaration(
                code,
                path,
                statuses=frozenset(known.statuses),
                params=dict(known.params),
                retired=known.retired,
                strings=tuple(name for _, name in known.renames),
                is_public=code not in catalog.built_in,
            )
        )
    return found
