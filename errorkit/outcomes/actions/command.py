# SPDX-License-Identifier: Apache-2.0
"""``errorkit actions``: deletes what is old, writes down what is lost."""

from __future__ import annotations

import argparse
import datetime

from errorkit.exceptions import ConfigError
from errorkit.outcomes import retention
from errorkit.outcomes.actions import stores, sweeping
from errorkit.outcomes.actions.store import ActionStore

_MONTH = 30 * 86400
_MOST = 100 * 365 * 86400


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their options to the command's parser."""
    found = parser.add_subparsers(
        metavar='ACTION', dest='action', required=True
    )
    text = 'delete actions that are old, with their events and faults'
    purging = found.add_parser('purge', help=text, description=text)
    _configure_store(purging)
    purging.add_argument(
        '--older-than', type=float, default=_MONTH, metavar='SECONDS',
        help='since they last changed (default: %(default)s)',
    )
    purging.add_argument(
        '--batch', type=int, default=retention.MAX_BATCH, metavar='N',
        help='actions of a transaction (default and most: %(default)s)',
    )
    purging.add_argument(
        '--pause', type=float, default=retention.PAUSE, metavar='SECONDS',
        help='between two transactions (default: %(default)s)',
    )
    purging.add_argument(
        '--quiet', action='store_true', help='print no progress'
    )
    text = 'write down which actions are lost, and list them'
    sweeper = found.add_parser('sweep', help=text, description=text)
    _configure_store(sweeper)
    sweeper.add_argument(
        '--batch', type=int, default=sweeping.BATCH, metavar='N',
        help='actions of a transaction (default: %(default)s)',
    )


def _configure_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'store', metavar='STORE', nargs='?', default=None,
        help='its address, as of "errorkit db", or where it is in Python, '
        'such as volumes.outcomes:ACTIONS; without it, '
        f'{retention.VARIABLE} is read',
    )


def main(options: argparse.Namespace) -> int:
    """Run the action.

    :returns: 0; 1 where the store failed; 2 for a wrong use
    """
    return retention.run(
        f'errorkit actions {options.action}',
        options.store,
        stores.find,
        lambda store: _ACTIONS[options.action](store, options),
    )


def _purge(store: ActionStore, options: argparse.Namespace) -> None:
    age = options.older_than
    if not 0 <= age <= _MOST:
        raise ConfigError(
            'errorkit actions purge', 'older-than', age,
            '0 or more seconds are allowed',
        )
    deleted = retention.purge(
        store,
        before=retention.utc_now() - datetime.timedelta(seconds=age),
        batch=options.batch,
        pause=options.pause,
        progress=None if options.quiet else retention.print_progress,
    )
    print(f'{deleted} actions deleted.')


def _sweep(store: ActionStore, options: argparse.Namespace) -> None:
    lost = sweeping.sweep(
        store, batch=options.batch,
        on_lost=lambda action: print(
            f'{action.resource_type} {action.resource_id}: {action.action} '
            f'of {action.request_id}'
        ),
    )
    print(f'{lost} actions lost.')


_ACTIONS = {'purge': _purge, 'sweep': _sweep}
