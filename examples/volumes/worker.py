# SPDX-License-Identifier: Apache-2.0
"""Makes the volumes that were accepted, one by one, in the background."""

import concurrent.futures
import logging

import errorkit.context

from .permitted import FAILED, VOLUME

LOG = logging.getLogger(__name__)


class Worker:
    """A thread that finds room for volumes.

    ``actions`` is where what became of them is recorded.
    """

    def __init__(self, store, actions):
        self._store = store
        self._actions = actions
        self._threads = concurrent.futures.ThreadPoolExecutor(1, 'worker')

    def accept(self, project_id, volume_id, size):
        """Have a volume made, and do not wait for it."""
        # The ids and the user of the request go with it, into the log and
        # into the message.
        make = errorkit.context.wrap(self._make)
        self._threads.submit(make, project_id, volume_id, size)

    def close(self):
        """Wait until all is made that was accepted; accept no more."""
        self._threads.shutdown()

    def _make(self, project_id, volume_id, size):
        try:
            # NoRoom means a message of its own; FAILED is all that is said
            # of other failures.
            with self._actions.record(
                None,
                'create',
                VOLUME,
                volume_id,
                project_id=project_id,
                on_failure=FAILED,
            ):
                backend = self._store.allocate(volume_id, size)
        except Exception:
            LOG.exception('Failed to allocate volume %s', volume_id)
            # After its message: who sees the status finds the reason.
            self._store.fail(volume_id)
        else:
            LOG.info('Allocated volume %s on %s', volume_id, backend)
