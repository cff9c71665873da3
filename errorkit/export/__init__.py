# SPDX-License-Identifier: Apache-2.0
"""A catalog for others to read: JSON, tables, OpenAPI and JSON Schema.

``errorkit codes export MODULE:CATALOG --format openapi`` writes it.
"""

from __future__ import annotations

import argparse
import json
import sys

from errorkit import masking
from errorkit.codes import Catalog, loading, lock
from errorkit.export import bodies, openapi, tables

FORMATS = ('json', 'md', 'rst', 'openapi', 'schema')
_WITH_BODY = ('openapi', 'schema')


def export(
    catalog: Catalog, format: str = 'json', *, body: str = 'errors'
) -> str:
    """Return a catalog as text, which ends in a line feed.

    The codes are sorted, and the same catalog gives the same text.

    :param format: ``json``, the same as in the lock; ``md`` and ``rst``, a
        table; ``openapi``, a document of OpenAPI 3.1 with components and no
        paths; ``schema``, the JSON Schema of an error's body
    :param body: the JSON that the service speaks, for ``openapi`` and
        ``schema``: ``errors``, ``bridge`` or ``compute``
    :raises ValueError: there is no such format or body
    """
    if body not in bodies.BODIES:
        raise ValueError(f'{body!r} is not one of {", ".join(bodies.BODIES)}')
    if format == 'json':
        return lock.dump(lock.of(catalog))
    if format == 'md':
        return tables.markdown_table(catalog)
    if format == 'rst':
        return tables.rst_table(catalog)
    if format == 'openapi':
        return _dumped(openapi.document(catalog, body))
    if format == 'schema':
        return _dumped(bodies.schema(catalog, body))
    raise ValueError(f'{format!r} is not one of {", ".join(FORMATS)}')


def _dumped(document: object) -> str:
    return json.dumps(document, indent=2) + '\n'


def configure_export(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``errorkit codes export`` to its parser."""
    add = parser.add_argument
    add('catalog', metavar='MODULE:CATALOG',
        help='such as volumes.codes:CATALOG')
    add('--format', default='json', choices=FORMATS,
        help='json (default), a table in md or rst, OpenAPI 3.1 components '
        'or the JSON Schema of an error')
    add('--body', choices=tuple(bodies.BODIES),
        help='the JSON the service speaks, for openapi and schema '
        '(default: errors)')
    add('--output', '-o', metavar='FILE',
        help='write to this file, not to the standard output')


def export_main(options: argparse.Namespace) -> int:
    """Run ``errorkit codes export``.

    :returns: the exit status; 2 where there is no such catalog, or the file
        cannot be written
    """
    if options.body and options.format not in _WITH_BODY:
        return _refuse(f'--body has no meaning with --format {options.format}')
    try:
        catalog = loading.load(options.catalog)
        text = export(catalog, options.format, body=options.body or 'errors')
    except (loading.CannotLoad, lock.LockError) as exc:
        return _refuse(str(exc))
    # A lone surrogate has no form in UTF-8.
    written = text.encode('utf-8', 'backslashreplace')
    if options.output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(written)
        return 0
    try:
        with open(options.output, 'wb') as file:
            file.write(written)
    except OSError as exc:
        return _refuse(f'{options.output} cannot be written: {exc.strerror}')
    return 0


def _refuse(text: str) -> int:
    line = masking.one_line(text)
    print(f'errorkit codes export: {line}', file=sys.stderr)
    return 2
