# SPDX-License-Identifier: Apache-2.0
"""``errorkit actions``: deletes what is old, writes down what is lost."""

from __future__ import annotations

import argparse
import datetime
import functools
import sys
from collections.abc import Callable

from errorkit import observers
from errorkit.exceptions import ConfigError
from errorkit.outcomes import operating, retention
from errorkit.outcomes.actions import stores, sweeping
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.named import Found

_MONTH = 30 * 86400
_MOST = 100 * 365 * 86400
# An observer's queue holds a thousand: it is emptied before it is full, and
# before the process ends. So many seconds are waited for that.
_UNTOLD = 100
_PATIENCE = 30.0


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
    text = 'write down which actions are lost, list them, and tell of them'
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
    what = f'errorkit actions {options.action}'
    if options.action == 'purge':
        return operating.run(
            what, options.store, stores.find,
            functools.partial(_purge, options=options),
        )
    return operating.run(
        what, options.store, stores.find_with_owner,
        functools.partial(_sweep, options=options),
        printed=sweeping.SAID,
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
    print(f'{operating.counted(deleted, "action")} deleted.')


def _sweep(found: Found, options: argparse.Namespace) -> None:
    telling = _Telling(getattr(found.owner, 'tell_lost', None))
    try:
        lost = sweeping.sweep(
            found.store, batch=options.batch, on_lost=telling
        )
    finally:
        telling.finish()
    print(f'{operating.counted(lost, "action")} lost.')
    if telling.tell_lost is None:
        _say(
            'no user message and no observer is told of what is lost; for '
            'that, name the Actions of the service as MODULE:ATTRIBUTE'
        )


class _Telling:
    """Tells of lost actions, at the pace of the slowest observer.

    :param tell_lost: of the service's ``Actions``; None: they are listed
    """

    def __init__(self, tell_lost: Callable[[Action], object] | None) -> None:
        self.tell_lost = tell_lost
        self._count = 0
        self._waits = tell_lost is not None

    def __call__(self, action: Action) -> None:
        """Tell of an action, and list it."""
        try:
            if self.tell_lost is not None:
                self.tell_lost(action)
        finally:
            print(
                f'{action.resource_type} {action.resource_id}: '
                f'{action.action} of {action.request_id}'
            )
        self._count += 1
        if self._count % _UNTOLD == 0:
            self.finish()

    def finish(self) -> None:
        """Wait until the observers are told; once only for one that hangs."""
        if not self._waits:
            return
        # All there are in this process: the messages may have their own.
        late = observers.flush_all(_PATIENCE)
        if late:
            self._waits = False
            names = ', '.join(late)
            _say(f'not all is told: too slow after {_PATIENCE:g} s: {names}')


def _say(text: str) -> None:
    print(f'errorkit actions sweep: {text}', file=sys.stderr)
