# SPDX-License-Identifier: Apache-2.0
"""``errorkit db``: makes, checks and tells the version of the tables."""

from __future__ import annotations

import argparse
import os
import sys

import sqlalchemy.exc
from oslo_db import exception as oslo_exception

from errorkit.exceptions import ConfigError
from errorkit.outcomes import operating
from errorkit.outcomes.sql import migrate

#: Where the address is looked for when none is given.
VARIABLE = operating.VARIABLE


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        'action',
        choices=('upgrade', 'check', 'current'),
        help='make the tables or bring them up to date; compare them with '
        'what this version works with; print their version',
    )
    parser.add_argument(
        '--url',
        default=None,
        help='the database, such as postgresql://user@host/name or '
        f'sqlite:////var/lib/x.sqlite; without it, {VARIABLE} is read',
    )


def main(options: argparse.Namespace) -> int:
    """Run the command.

    :returns: 0; 1: the tables are not as they should be; 2: wrong use, or
        the database said no
    """
    url = options.url or os.environ.get(VARIABLE)
    if not url:
        return _failed(f'--url or {VARIABLE} is needed')
    try:
        return _ACTIONS[options.action](url)
    except ConfigError as exc:
        return _failed(str(exc))
    except ImportError as exc:
        return _failed(operating.missing(exc))
    except (
        sqlalchemy.exc.SQLAlchemyError,
        oslo_exception.DBError,
        FileNotFoundError,
        TimeoutError,
    ) as exc:
        return _failed(operating.first_line(exc))


def _upgrade(url: str) -> int:
    before, after = migrate.upgrade(url)
    if before == after:
        print(f'{after}: nothing to do')
    else:
        print(f'{before or "no tables"} -> {after}')
    return 0


def _check(url: str) -> int:
    complaints = migrate.check(url)
    for line in complaints:
        print(line)
    if not complaints:
        print(f'{migrate.newest()}: good')
    return 1 if complaints else 0


def _current(url: str) -> int:
    version = migrate.current(url)
    print(version or 'no tables')
    return 0 if version else 1


def _failed(text: str) -> int:
    print(f'errorkit db: {text}', file=sys.stderr)
    return 2


_ACTIONS = {'upgrade': _upgrade, 'check': _check, 'current': _current}
