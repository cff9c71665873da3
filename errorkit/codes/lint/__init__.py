# SPDX-License-Identifier: Apache-2.0
"""Compares the codes that source uses with those that are declared.

The source is parsed and nothing of it imported. What cannot be told from it
is passed over: a finding is meant to be right.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import sys
from collections.abc import Iterator, Sequence

from errorkit.codes.catalog import Catalog
from errorkit.codes.lint import constants, declared, definitions, files, walk
from errorkit.codes.lint.declared import Declared
from errorkit.codes.lint.findings import Finding
from errorkit.codes.lint.names import Names
from errorkit.codes.lint.rules import Rules, finding
from errorkit.codes.lint.scopes import SourceFile
from errorkit.codes.lint.sites import Site, sites
from errorkit.codes.lint.uses import Uses
from errorkit.codes.lint.values import (
    Module,
)
from errorkit.codes.lint.webob_errors import ErrorClasses


@dataclasses.dataclass
class Report:
    """What the lint says of some source.

    :param findings: sorted by place
    :param files: how many were read
    :param declared: how many codes are declared, errorkit's own left out
    :param coded: how many webob errors have a code
    :param uncoded: how many have none
    :param exempt: how many have none, and a comment that says so
    :param unclear: how many cannot be told
    """

    findings: list[Finding] = dataclasses.field(default_factory=list)
    files: int = 0
    declared: int = 0
    coded: int = 0
    uncoded: int = 0
    exempt: int = 0
    unclear: int = 0


def lint(
    paths: Sequence[str],
    *,
    catalog: Catalog | None = None,
    module: str = '',
    service_type: str | None = None,
    exclude: Sequence[str] = (),
) -> Report:
    """Read source and report on its codes.

    :param paths: files and folders
    :param catalog: what declares the codes; without it, the source
    :param module: the name of the catalog's module
    :param service_type: the prefix of the codes, where they are constants
    :param exclude: patterns of paths to leave out
    :raises OSError: one of the paths is not there
    """
    report = Report()
    with _without_collector():
        found = list(_collected(paths, exclude, report))
        names = Names(found, _imported(module), _aliases(module))
        known = _declared(found, names, catalog, module, service_type)
        _judge(found, names, known, report)
    report.findings = sorted(set(report.findings))
    return report


def _collected(
    paths: Sequence[str], exclude: Sequence[str], report: Report
) -> Iterator[SourceFile]:
    for file in files.read(paths, exclude):
        report.files += 1
        if file.tree is None:
            report.findings.append(
                Finding(file.path, file.line, 1, 'E100', file.problem)
            )
        else:
            yield walk.collect(file)


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Keep every node of every tree: looking for garbage finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _imported(module: str) -> dict[str, dict[str, str | None]]:
    """Return the strings of the catalog's module, which is imported."""
    if not module or hasattr(sys.modules[module], '__getattr__'):
        return {}
    return {
        module: {
            name: str(value) if isinstance(value, str) else None
            for name, value in vars(sys.modules[module]).items()
        }
    }


def _aliases(module: str) -> dict[str, str]:
    """Return the catalog's module by the longest name of its file."""
    path = getattr(sys.modules.get(module), '__file__', None)
    if path is None or hasattr(sys.modules[module], '__getattr__'):
        return {}
    return dict.fromkeys(files.names_of(path)[0][-1:], module)


def _declared(
    found: list[SourceFile],
    names: Names,
    catalog: Catalog | None,
    module: str,
    service_type: str | None,
) -> Declared:
    known = definitions.declared(found, names, service_type)
    if catalog is not None:
        path = getattr(sys.modules[module], '__file__', None) or module
        known.take(declared.from_catalog(catalog, path))
    elif not known.codes and not known.is_open:
        constants.declare(found, names, known, service_type)
    if not known.codes:
        known.is_open = True  # there is nothing to compare with
    known.add_own()
    for file in found:
        for place, _ in file.settings:
            value = names.of(place.node, place.scope)
            if isinstance(value, Module):
                value.file.is_open = True  # names are added from outside
    return known


def _judge(
    found: list[SourceFile], names: Names, known: Declared, report: Report
) -> None:
    rules = Rules(names, known)
    classes = ErrorClasses(names)
    add = report.findings.extend
    for file in found:
        of_webob = set()
        for site in sites(file.calls, file.raises, classes):
            of_webob.add(id(site.node))
            add(rules.site(site))
            add(_counted(site, report))
        for place in file.calls:
            if id(place.node) not in of_webob:
                report.coded += rules.makes_error(place)
                add(rules.call(place))
        for place in file.raises:
            add(rules.raised(place))
        for place, value in file.settings:
            add(rules.setting(place, value))
    uses = Uses(found, names, known)
    for declaration in known.checked():
        report.declared += 1
        if not declaration.retired and not uses.has(declaration):
            add([declaration.finding('E102', 'is declared and never used')])
    for declaration in known.outside:
        add([declaration.finding(
            'E108',
            'is declared here, and the imported catalog has not got it: the '
            'module that is named has to import this one',
        )])
    for first, second in known.twice:
        add([second.finding(
            'E104', f'is declared in {first.path}:{first.line}, too'
        )])


def _counted(site: Site, report: Report) -> Iterator[Finding]:
    if site.comment is not None:
        report.coded += 1
    elif not site.is_told:
        report.unclear += 1
    elif site.scope.file.file.no_code.intersection(
        range(site.node.lineno, (site.node.end_lineno or 0) + 1)
    ):
        report.exempt += 1
    else:
        report.uncoded += 1
        status = '' if site.status is None else f' {site.status}'
        yield finding(
            site.node, site.scope, 'E103', f'this{status} has no code'
        )
