# SPDX-License-Identifier: Apache-2.0
"""What ``errorkit trace`` is told: its options, and in which order."""

from __future__ import annotations

import argparse
from typing import Any

#: How many failed requests are listed.
LIMIT = 50
INDEX = 'logs-*'


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.usage = (
        '%(prog)s [--html FILE | --dot | --json] ID FILE...\n'
        '       %(prog)s --errors [--limit N] [--json] FILE...\n'
        '       %(prog)s --opensearch URL [--index PATTERN] ID'
    )
    parser.add_argument(
        'given',
        nargs='*',
        metavar='ID FILE',
        help='the local or global id of a request; log files, plain or '
        'packed, folders, or - for the standard input',
    )
    parser.add_argument(
        '--errors',
        action='store_true',
        help='list the requests that failed, by their code',
    )
    parser.add_argument(
        '--limit',
        type=int,
        default=LIMIT,
        metavar='N',
        help='of the newest N (%(default)s)',
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument(
        '--html',
        metavar='FILE',
        help='write a page to look at in a browser; - is the standard output',
    )
    shape.add_argument(
        '--dot', action='store_true', help='print a graph for Graphviz'
    )
    shape.add_argument('--json', action='store_true', help='print JSON')
    parser.add_argument(
        '--opensearch',
        metavar='URL',
        help='ask OpenSearch or Elasticsearch instead of reading files; the '
        'user and the password are best given in OPENSEARCH_USERNAME and '
        'OPENSEARCH_PASSWORD',
    )
    parser.add_argument(
        '--index',
        default=INDEX,
        metavar='PATTERN',
        help='which of its indices (%(default)s)',
    )
    parser.add_argument(
        '--ca-file',
        metavar='FILE',
        help="whose certificates are trusted; without it, the system's",
    )
    _mix(parser)


def _mix(parser: argparse.ArgumentParser) -> None:
    """Let files be named behind an option that stands behind the id.

    argparse takes all words that are no options in one go, and leaves those
    that come later.
    """
    known = parser.parse_known_args

    def parse(args: Any = None, namespace: Any = None) -> tuple[Any, Any]:
        options, left = known(args, namespace)
        names = [one for one in left if one == '-' or one[:1] != '-']
        options.given = [*options.given, *names]
        return options, [one for one in left if one not in names]

    parser.parse_known_args = parse  # type: ignore[method-assign] # see above
