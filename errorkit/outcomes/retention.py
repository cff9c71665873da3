# SPDX-License-Identifier: Apache-2.0
"""Deletes messages whose time is over; ``errorkit messages purge``.

In batches with pauses between, so that who writes waits for one batch at
most. It may be stopped at any point, and run on several hosts at once.
"""

from __future__ import annotations

import argparse
import datetime
import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from errorkit import log
from errorkit.exceptions import ConfigError
from errorkit.outcomes import operating, stores

LOG = logging.getLogger('errorkit.outcomes')

#: Where the store is looked for when none is given.
VARIABLE = operating.VARIABLE
MAX_BATCH = 1000
INTERVAL = 86400.0
PAUSE = 0.05
#: After a pass that failed, the next one is tried so many seconds later.
_AFTER_FAILURE = 60.0
_LONGEST_PAUSE = 1.0
#: A batch that takes longer, in seconds, is followed by a smaller one: who
#: writes may wait for all of it, and for a file SQLite asks ever more seldom.
_LONGEST_BATCH = 0.05
_LONGEST_AGE = 100 * 365 * 86400

Progress = Callable[[int], object]


class Purges(Protocol):
    """A store of messages, or of actions."""

    def purge(self, before: datetime.datetime, batch: int) -> int:
        """Delete at most ``batch`` of what a time is over for."""


def utc_now() -> datetime.datetime:
    """Return the time, aware, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def purge(
    store: Purges,
    *,
    before: datetime.datetime | None = None,
    batch: int = MAX_BATCH,
    pause: float = PAUSE,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Delete the messages whose ``guaranteed_until`` is over.

    :param store: where they are kept; or one of actions, which are deleted
        with their events and faults when they are older than ``before``
    :param before: a time, aware; None: now
    :param batch: messages, or actions, of a transaction, 1,000 at most;
        fewer while the store is slow
    :param pause: seconds between two of them; as long as the batch took, if
        that is longer, and a second at most
    :param progress: called after each batch with the number so far
    :param stop: ends it after a batch
    :returns: how many were deleted
    :raises ConfigError: one of them cannot be
    :raises Exception: what the store raises; the batches before it are done
    """
    _check('batch', batch, 1 <= batch <= MAX_BATCH, f'1 to {MAX_BATCH} are')
    _check('pause', pause, 0 <= pause <= 3600, '0 to 3600 seconds are')
    if before is None:
        before = utc_now()
    _check('before', before, before.tzinfo is not None, 'an aware time is')
    stop = stop or threading.Event()
    deleted, size = 0, batch
    while not stop.is_set():
        began = time.monotonic()
        found = store.purge(before, size)
        if not found:
            break
        deleted += found
        if progress is not None:
            progress(deleted)
        took = time.monotonic() - began
        if took > _LONGEST_BATCH:
            size = max(1, size // 2)
        elif took < _LONGEST_BATCH / 2:
            size = min(batch, 2 * size)
        stop.wait(max(pause, min(took, _LONGEST_PAUSE)))
    return deleted


def purge_forever(
    store: Purges,
    *,
    age: float = 0.0,
    interval: float = INTERVAL,
    batch: int = MAX_BATCH,
    pause: float = PAUSE,
    stop: threading.Event | None = None,
) -> None:
    """Purge now and then every ``interval``; the body of a thread.

    A pass that fails is logged, and tried again after a minute.

    :param age: seconds that are kept; messages know it themselves, for
        actions 2592000 are thirty days
    :param interval: seconds from the end of a pass to the next
    :param stop: ends it; None: it never ends
    """
    _check('age', age, 0 <= age <= _LONGEST_AGE, '0 or more seconds are')
    _check('interval', interval, interval > 0, 'seconds above 0 are')
    stop = stop or threading.Event()
    while not stop.is_set():
        wait = interval
        try:
            before = utc_now() - datetime.timedelta(seconds=age)
            deleted = purge(
                store, before=before, batch=batch, pause=pause, stop=stop
            )
        except ConfigError:
            raise
        except Exception as exc:
            wait = min(interval, _AFTER_FAILURE)
            log.say(
                LOG, logging.ERROR, 'purging a store has failed',
                raised=exc,
            )
        else:
            log.say(LOG, logging.INFO, '%d rows purged', deleted)
        stop.wait(wait)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their options to the command's parser."""
    actions = parser.add_subparsers(
        metavar='ACTION', dest='action', required=True
    )
    text = 'delete the messages whose time is over'
    adding = actions.add_parser('purge', help=text, description=text)
    adding.add_argument(
        'store', metavar='STORE', nargs='?', default=None,
        help='its address, as of "errorkit db", or where it is in Python, '
        'such as volumes.messages:STORE; without it, '
        f'{VARIABLE} is read',
    )
    adding.add_argument(
        '--batch', type=int, default=MAX_BATCH, metavar='N',
        help='messages of a transaction (default and most: %(default)s)',
    )
    adding.add_argument(
        '--pause', type=float, default=PAUSE, metavar='SECONDS',
        help='between two transactions (default: %(default)s)',
    )
    adding.add_argument(
        '--quiet', action='store_true', help='print no progress'
    )


def main(options: argparse.Namespace) -> int:
    """Run the action.

    :returns: 0; 1 where the store failed; 2 for a wrong use
    """
    def work(store: Purges) -> None:
        deleted = purge(
            store, batch=options.batch, pause=options.pause,
            progress=None if options.quiet else print_progress,
        )
        print(f'{operating.counted(deleted, "message")} deleted.')

    return operating.run(
        'errorkit messages purge', options.store, stores.find, work
    )


def print_progress(deleted: int) -> None:
    """Print how many are deleted so far."""
    print(f'{deleted} so far', flush=True)


def _check(option: str, value: object, right: bool, allowed: str) -> None:
    if not right:
        raise ConfigError(
            'errorkit.outcomes.retention', option, value, f'{allowed} allowed'
        )
