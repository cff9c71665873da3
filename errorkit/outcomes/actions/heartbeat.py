# SPDX-License-Identifier: Apache-2.0
"""Says, from time to time, that what this process works on is alive.

One thread for all of it, started when it is first needed. A process that dies
or is stopped says nothing, and its leases run out.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref

from errorkit import log
from errorkit.outcomes.actions.store import ActionStore

LOG = logging.getLogger('errorkit.outcomes')

#: So many times within a lease it is renewed.
_TIMES = 3
_QUIET = 60.0

_HEARTBEATS: weakref.WeakSet[Heartbeat] = weakref.WeakSet()


class Heartbeat:
    """Renews the leases of the actions and events that are registered.

    :param store: where they are kept
    :param lease: seconds of a lease
    """

    def __init__(self, store: ActionStore, lease: float) -> None:
        self._store = store
        self._lease = lease
        self._begin()
        _HEARTBEATS.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._actions: dict[str, str] = {}
        # Token, and on the monotonic clock the time of a deadline.
        self._events: dict[str, tuple[str, float | None]] = {}
        self._runs = False
        self._said = -_QUIET

    def add_action(self, id: str, token: str) -> None:
        """Renew an action's lease until it is removed."""
        with self._lock:
            self._actions[id] = token
            self._start()

    def add_event(self, id: str, token: str, deadline: float | None) -> None:
        """Renew an event's lease, and its action's, until it is removed.

        :param deadline: in seconds from now; it is not renewed beyond
        """
        until = None if deadline is None else time.monotonic() + deadline
        with self._lock:
            self._events[id] = token, until
            self._start()

    def remove(self, id: str) -> None:
        """Renew an action or event no more."""
        with self._lock:
            self._actions.pop(id, None)
            self._events.pop(id, None)

    def _start(self) -> None:
        if self._runs:
            return
        try:
            threading.Thread(
                target=_run,
                args=(weakref.ref(self), self._lock, self._lease / _TIMES),
                name='errorkit-heartbeat',
                daemon=True,
            ).start()
        except RuntimeError as exc:  # the system gives no more threads
            self._complain(exc, len(self._actions) + len(self._events))
        else:
            self._runs = True

    def beat(self) -> bool:
        """Renew all leases once.

        :returns: False when there is nothing to renew, now and later: the
            thread ends
        """
        now = time.monotonic()
        with self._lock:
            if not self._actions and not self._events:
                self._runs = False
                return False
            actions = dict(self._actions)
            events = {}
            for id, (token, until) in self._events.items():
                if until is None:
                    events[id] = token, self._lease
                elif until > now:
                    events[id] = token, min(self._lease, until - now)
        try:
            if actions or events:
                self._store.renew(actions, events, self._lease)
        except Exception as exc:
            self._complain(exc, len(actions) + len(events))
        return True

    def _complain(self, raised: Exception, count: int) -> None:
        now = time.monotonic()
        if now - self._said >= _QUIET:
            self._said = now
            log.say(
                LOG, logging.WARNING,
                'leases of %d actions and events are not renewed',
                count, raised=raised,
            )

    def _forget(self) -> None:
        # What goes on is the parent's, and so is the thread.
        self._begin()


def _run(
    of: weakref.ref[Heartbeat], lock: threading.Lock, pause: float
) -> None:
    while True:
        time.sleep(pause)
        heartbeat = of()
        # Nobody has anything to renew, or the process is another one.
        if heartbeat is None or heartbeat._lock is not lock:
            return
        if not heartbeat.beat():
            return
        del heartbeat


def _forget_all() -> None:
    for heartbeat in list(_HEARTBEATS):
        heartbeat._forget()


os.register_at_fork(after_in_child=_forget_all)
