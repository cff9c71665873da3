# SPDX-License-Identifier: Apache-2.0
"""``errorkit codes lint``: the options, and how the report is printed."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from errorkit.codes import forms, loading
from errorkit.codes.catalog import Catalog
from errorkit.codes.lint import Report, lint
from errorkit.codes.lint.findings import (
    KINDS,
    Finding,
    print_anything,
    printable,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser of the action."""
    add = parser.add_argument
    add('paths', metavar='PATH', nargs='+', help='source: files, folders')
    add('--catalog', metavar='MODULE:CATALOG',
        help='what declares the codes; it is imported. Without it they are '
        'read from the source, too')
    add('--service-type', type=_service_type, metavar='NAME',
        help='such as volume, where the codes are constants of no catalog '
        '(default: that of the codes that are used)')
    add('--require-codes', action='store_true',
        help='fail where a webob error has no code')
    add('--exclude', action='append', default=[], metavar='PATTERN',
        help="paths to leave out, such as '*/tests/*'; may be repeated")
    add('--ignore', action='extend', default=[], type=_ids, metavar='ID',
        help='findings to leave out, such as E102,E103; may be repeated')
    add('--json', action='store_true', help='print a JSON list')


def main(options: argparse.Namespace) -> int:
    """Run the action.

    :returns: 0 when nothing is wrong, 1 when something is, 2 when the paths
        or the catalog are not there
    """
    print_anything()
    catalog: Catalog | None = None
    module = ''
    try:
        if options.catalog is not None:
            catalog = loading.load(options.catalog)
            module = options.catalog.partition(':')[0]
        report = lint(
            options.paths,
            catalog=catalog,
            module=module,
            service_type=options.service_type,
            exclude=options.exclude,
        )
    except (loading.CannotLoad, OSError) as exc:
        print(f'errorkit codes lint: {printable(str(exc))}', file=sys.stderr)
        return 1 if isinstance(exc, loading.BadCatalog) else 2
    if not report.declared:
        print(
            'errorkit codes lint: no declarations of codes were found; '
            '--catalog names the catalog',
            file=sys.stderr,
        )
    shown = [
        item for item in report.findings if item.id not in options.ignore
    ]
    counted = set() if options.require_codes else {'E103'}
    failing = sum(item.id not in counted for item in shown)
    if options.json:
        print(json.dumps(
            [{**dataclasses.asdict(item), 'fails': item.id not in counted}
             for item in shown],
            indent=2,
        ))
    else:
        _show(report, shown, failing)
    return int(bool(failing))


def _show(
    report: Report, shown: list[Finding], failing: int
) -> None:
    for item in shown:
        print(item)
    exempt = f', {report.exempt} need none' if report.exempt else ''
    unclear = f', {report.unclear} cannot be told' if report.unclear else ''
    total = report.coded + report.uncoded + report.exempt + report.unclear
    print(
        f'{report.files} files, {report.declared} codes. '
        f'{total} webob errors: {report.coded} with a code, {report.uncoded} '
        f'without{exempt}{unclear}. {failing} findings to mend.'
    )


def _ids(text: str) -> list[str]:
    found = text.split(',')
    for one in found:
        if one not in KINDS:
            raise argparse.ArgumentTypeError(
                f'{one!r} is not one of {", ".join(KINDS)}'
            )
    return found


def _service_type(text: str) -> str:
    if not forms.is_valid_service_type(text):
        raise argparse.ArgumentTypeError('a service type is such as volume')
    return text
