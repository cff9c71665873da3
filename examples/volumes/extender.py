# SPDX-License-Identifier: Apache-2.0
"""A process of its own that extends volumes, in two steps.

It knows a request by what it was handed with the work: the ids and the user.
With them it goes on with the action that the API has begun.

Beside that it keeps house, in threads: it says what is lost, because who
worked on it was killed, and deletes messages and actions that are too old.
"""

import argparse
import contextvars
import functools
import json
import logging
import os
import pathlib
import signal
import sys
import threading

from oslo_context.context import RequestContext

if __name__ == '__main__':
    # Started by its path; the service is found from the folder above.
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import errorkit.context
from errorkit.outcomes.actions import sweeping
from errorkit.outcomes.retention import purge_forever
from volumes import logs
from volumes.outcomes import LEASE, Outcomes
from volumes.permitted import EXTEND_FAILED, VOLUME
from volumes.store import Store

# oslo.context by itself keeps one context for a thread, in no contextvar.
errorkit.context.install()

LOG = logging.getLogger('volumes.extender')
PAUSE = 0.1  # seconds between two looks for work
KEPT = 30 * 86400  # seconds that actions are kept; messages know it themselves


def extend(store, actions, job):
    """Do one job; what becomes of it is in the actions."""
    asked = json.loads(job['asked'])
    # It becomes the current context, so that every line logged has its ids.
    context = RequestContext.from_dict(asked)
    volume_id, size = job['volume_id'], job['size']
    try:
        with actions.record(
            context, 'extend', VOLUME, volume_id, on_failure=EXTEND_FAILED
        ) as action:
            with action.event('check_quota'):
                store.check_growth(context.project_id, volume_id, size)
            with action.event('resize'):
                store.extend(volume_id, size)
    except Exception:
        LOG.exception('Failed to extend volume %s', volume_id)
        # After all that tells why: who sees the status finds the reason.
        store.fail(volume_id, 'error_extending')
    else:
        LOG.info('Extended volume %s to %d GiB', volume_id, size)


def work_off(store, actions, stopping=None):
    """Do what there is to be done; return how much it was."""
    done = 0
    while not (stopping and stopping.is_set()):
        job = store.next_extension()
        if job is None:
            break
        # Its context is current while it is done, and no longer.
        contextvars.copy_context().run(extend, store, actions, job)
        done += 1
    return done


def tell_of_lost(store, actions, action):
    """Say of a volume and to its user that nobody works on it any more."""
    status = 'error' if action.action == 'create' else 'error_extending'
    store.fail(action.resource_id, status)
    actions.tell_lost(action)


def keep_house(store, outcomes, stopping):
    """Sweep and purge, in threads that end with the process."""
    actions = outcomes.actions
    for name, target, *arguments in (
        (
            'sweep',
            sweeping.sweep_forever,
            actions.store,
            {
                'on_lost': functools.partial(tell_of_lost, store, actions),
                'interval': LEASE,
            },
        ),
        ('purge-messages', purge_forever, outcomes.messages.store, {}),
        ('purge-actions', purge_forever, actions.store, {'age': KEPT}),
    ):
        kept, options = arguments
        threading.Thread(
            target=target,
            args=[kept],
            kwargs={**options, 'stop': stopping},
            name=name,
            daemon=True,
        ).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('database')
    options = parser.parse_args()
    logs.set_up('volume-extender')
    store = Store(options.database)
    outcomes = Outcomes(options.database)
    stopping = threading.Event()
    # What was begun is finished first.
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    keep_house(store, outcomes, stopping)
    parent = os.getppid()
    # It ends with the process that has started it, however that ended.
    while os.getppid() == parent and not stopping.wait(PAUSE):
        work_off(store, outcomes.actions, stopping)


if __name__ == '__main__':
    main()
