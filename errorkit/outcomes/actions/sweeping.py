# SPDX-License-Identifier: Apache-2.0
"""Writes down what is lost: actions and events whose worker is gone.

Readers know without it; this is for who has to be told, and so that it is
done on any number of hosts at once. It never touches what is alive.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from errorkit import log
from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.actions.store import ActionStore

LOG = logging.getLogger('errorkit.outcomes')

#: What is logged of each lost action.
SAID = (
    'action %s of request %s on %s %s is lost: nothing was heard of host %s '
    'since %s'
)

BATCH = 100
INTERVAL = 60.0


def sweep(
    store: ActionStore,
    *,
    on_lost: Callable[[Action], object] | None = None,
    batch: int = BATCH,
    stop: threading.Event | None = None,
) -> int:
    """Write ``lost`` wherever a lease is over.

    :param store: where the actions are kept
    :param on_lost: called with each action that is lost, once, by one of all
        who sweep: to put the resource into an error state, say. What it
        raises is logged.
    :param batch: events, and as many actions, of a transaction, 1 to 1,000
    :param stop: ends it after a batch
    :returns: how many actions were lost
    :raises Exception: what the store raises
    """
    _check('batch', batch, 1 <= batch <= 1000, '1 to 1000 are')
    lost = 0
    while stop is None or not stop.is_set():
        swept = store.sweep(batch)
        for action in swept.actions:
            log.say(
                LOG, logging.WARNING,
                SAID,
                action.action, action.request_id, action.resource_type,
                action.resource_id, action.host, action.finish_time,
            )
            if on_lost is not None:
                _tell(on_lost, action)
        lost += len(swept.actions)
        if not swept.rows:
            break
    return lost


def sweep_forever(
    store: ActionStore,
    *,
    on_lost: Callable[[Action], object] | None = None,
    interval: float = INTERVAL,
    batch: int = BATCH,
    stop: threading.Event | None = None,
) -> None:
    """Sweep now and then every ``interval``; the body of a thread.

    :param interval: seconds from the end of a pass to the next
    :param stop: ends it; None: it never ends
    """
    _check('interval', interval, interval > 0, 'seconds above 0 are')
    stop = stop or threading.Event()
    while not stop.is_set():
        try:
            sweep(store, on_lost=on_lost, batch=batch, stop=stop)
        except ConfigError:
            raise
        except Exception as exc:
            log.say(
                LOG, logging.ERROR, 'sweeping lost actions has failed',
                raised=exc,
            )
        stop.wait(interval)


def _tell(on_lost: Callable[[Action], object], action: Action) -> None:
    try:
        on_lost(action)
    except Exception as exc:
        log.say(
            LOG, logging.ERROR, 'nobody is told that action %s is lost',
            action.id, raised=exc,
        )


def _check(option: str, value: object, right: bool, allowed: str) -> None:
    if not right:
        raise ConfigError(
            'errorkit.outcomes.actions.sweeping', option, value,
            f'{allowed} allowed',
        )
