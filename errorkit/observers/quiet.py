# SPDX-License-Identifier: Apache-2.0
"""A log that says something once a minute, however often it is told."""

from __future__ import annotations

import logging
import threading
import time

from errorkit import log
from errorkit.observers.observer import Undelivered

#: Seconds between two log lines about the same observer.
QUIET = 60.0


class Quiet:
    """Logs at most one ERROR a minute, and never fails.

    It has a lock: each process needs one of its own.

    :param logger: where it logs
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._lock = threading.RLock()
        self._said = -QUIET

    def say(
        self,
        message: str,
        *args: object,
        raised: BaseException | None = None,
    ) -> None:
        """Log, unless that was done less than a minute ago.

        :param raised: an exception whose traceback belongs to the record
        """
        with self._lock:
            now = time.monotonic()
            if now - self._said < QUIET:
                return
            self._said = now
        log.say(self._logger, logging.ERROR, message, *args, raised=raised)

    def complain(self, name: str, count: int, exc: BaseException) -> None:
        """Say that an observer has failed.

        :param name: of the observer
        :param count: its failures so far
        """
        if isinstance(exc, Undelivered):
            if not exc.logged:
                self.say(
                    'observer %s: %s; %d failures so far', name, exc, count
                )
            return
        self.say(
            'observer %s failed (%s); %d failures so far',
            name,
            type(exc).__name__,
            count,
            raised=exc,
        )
