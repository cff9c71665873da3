# SPDX-License-Identifier: Apache-2.0
"""The ``errorkit`` command: finds the room of a subcommand, and calls it.

A room has ``configure(parser)``, which adds its options, and
``main(options)``, which returns the exit status. It is imported when its
command is asked for, and no sooner: what it needs may not be installed.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class Command:
    """A subcommand.

    :param name: what is typed
    :param room: the module that does it
    :param extra: what has to be installed with errorkit for it; may be empty
    :param help: one line
    """

    name: str
    room: str
    extra: str
    help: str


COMMANDS: tuple[Command, ...] = (
    Command(
        'actions',
        'errorkit.outcomes.actions.command',
        '',
        'delete old actions, write down lost ones',
    ),
    Command(
        'check',
        'errorkit.testing.check',
        'testing',
        'ask a service or an application for the whole contract',
    ),
    Command(
        'codes',
        'errorkit.commands.codes',
        '',
        'lock, check, lint or export a catalog of error codes',
    ),
    Command(
        'db',
        'errorkit.outcomes.sql.command',
        'db',
        'make, check and tell the version of the tables',
    ),
    Command(
        'messages',
        'errorkit.outcomes.retention',
        '',
        'delete user messages whose time is over',
    ),
    Command(
        'trace',
        'errorkit.trace.command',
        '',
        'show what became of a request, from the logs of all services',
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    :param argv: without the name of the program; ``sys.argv`` if None
    :returns: the exit status; 2 for a wrong use, and where an extra is
        missing
    """
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog='errorkit',
        description='Request ids and error codes for WSGI services.',
    )
    parser.add_argument(
        '--version', action='store_true', help='print the version'
    )
    found = parser.add_subparsers(metavar='COMMAND', dest='command')
    wanted = next((word for word in given if not word.startswith('-')), '')
    room = None
    for command in COMMANDS:
        added = found.add_parser(
            command.name, help=command.help, description=command.help
        )
        if command.name == wanted:
            try:
                room = importlib.import_module(command.room)
            except ImportError as exc:
                return _missing(command, exc)
            room.configure(added)
    options = parser.parse_args(given)
    if options.version:
        print(f'errorkit {_version()}')
        return 0
    if room is None:
        parser.print_usage(sys.stderr)
        return 2
    return _run(room, options)


def _run(room: Any, options: argparse.Namespace) -> int:
    try:
        status: int = room.main(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; the interpreter must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    return status


def _missing(command: Command, error: ImportError) -> int:
    name = error.name or ''
    if not command.extra or name.partition('.')[0] == 'errorkit':
        raise error
    print(
        f'errorkit {command.name}: {name} is not installed. It comes with '
        f"the extra: pip install 'errorkit[{command.extra}]'",
        file=sys.stderr,
    )
    return 2


def _version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version('errorkit')
    except importlib.metadata.PackageNotFoundError:
        return 'of a checkout'
