# SPDX-License-Identifier: Apache-2.0
"""psycopg2 in a process of green threads, such as eventlet's and gevent's.

With a wait callback it connects asynchronously, and libpq then has no time
limit for it. Without one, each wait for the server stops all green threads.
"""

from __future__ import annotations

import functools
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from errorkit import log
from errorkit.outcomes.sql.watchdog import Handle, Watchdog

LOG = logging.getLogger('errorkit.outcomes')


def warn(driver: Any) -> None:
    """Log it where a wait for the server would stop the whole process.

    :param driver: the module psycopg2
    """
    monkey = sys.modules.get('gevent.monkey')
    if (
        monkey is not None
        and monkey.is_module_patched('threading')
        and driver.extensions.get_wait_callback() is None
    ):
        log.say(
            LOG, logging.WARNING,
            'psycopg2 does not know of gevent: a database that does not '
            'answer stops all of this process, whatever the budget; call '
            'psycogreen.gevent.patch_psycopg() at start',
        )


def connect(
    driver: Any,
    args: Sequence[Any],
    params: Mapping[str, Any],
    watchdog: Watchdog,
    seconds: float,
) -> Any:
    """Connect within a time limit, where psycopg2 has a wait callback.

    :param driver: the module psycopg2
    :param args: of its ``connect``
    :param params: of its ``connect``
    :param watchdog: wakes who waits when the time is over
    :param seconds: the limit
    :returns: the connection; None: there is no wait callback, and libpq keeps
        the time
    :raises psycopg2.Error: there is no connection, or the time is over
    """
    if driver.extensions.get_wait_callback() is None:
        return None
    limit = _Limit(driver, watchdog, seconds)
    factory = functools.partial(_limited(driver), limit)
    try:
        return driver.connect(
            *args, **{**params, 'connection_factory': factory}
        )
    finally:
        limit.end()


class _Limit:
    """The time that one connection may take to come about."""

    def __init__(
        self, driver: Any, watchdog: Watchdog, seconds: float
    ) -> None:
        self._driver = driver
        self._watchdog = watchdog
        self._deadline = time.monotonic() + seconds
        self._handle: Handle | None = None

    def check(self) -> None:
        """Raise if the time is over."""
        if time.monotonic() >= self._deadline:
            raise self._driver.OperationalError(
                'no connection came about within the budget'
            )

    def watch(self, descriptor: int) -> None:
        """Watch the socket that is waited for now.

        libpq tries one address after the other, each with a socket of its
        own, which may have the number of the last.
        """
        self.end()
        if descriptor >= 0:
            self._handle = Handle(descriptor)
            self._watchdog.watch(self._handle, self._deadline)

    def end(self) -> None:
        """Watch no socket any more."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._watchdog.release(handle)
            handle.close()


@functools.cache
def _limited(driver: Any) -> Any:
    """Return psycopg2's class of connections, with a limit for connecting.

    A wait callback asks a connection by ``poll`` what to wait for.
    """
    base: Any = driver.extensions.connection

    def begin(self: Any, limit: _Limit, dsn: str, **more: Any) -> None:
        self.connecting = limit
        try:
            base.__init__(self, dsn, **more)
        finally:
            self.connecting = None

    def poll(self: Any) -> Any:
        limit: _Limit | None = self.connecting
        if limit is None:
            return base.poll(self)
        limit.check()
        state = base.poll(self)
        if state == driver.extensions.POLL_OK:
            limit.end()
        else:
            limit.watch(self.fileno())
        return state

    return type('connection', (base,), {'__init__': begin, 'poll': poll})
