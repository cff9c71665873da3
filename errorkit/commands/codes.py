# SPDX-License-Identifier: Apache-2.0
"""``errorkit codes``: lock, check, lint and export."""

from __future__ import annotations

import argparse

from errorkit import export
from errorkit.codes import command


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their options."""
    actions = parser.add_subparsers(
        metavar='ACTION', dest='action', required=True
    )
    command.add(actions)
    text = 'write the catalog as JSON, a table, OpenAPI or JSON Schema'
    exporting = actions.add_parser('export', help=text, description=text)
    export.configure_export(exporting)
    exporting.set_defaults(run=export.export_main)


def main(options: argparse.Namespace) -> int:
    """Do the action that was asked for; return the exit status."""
    status: int = options.run(options)
    return status
