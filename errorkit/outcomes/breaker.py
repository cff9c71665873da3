# SPDX-License-Identifier: Apache-2.0
"""A breaker: a store that keeps failing is left alone for a while.

Closed, it lets all pass. After some failures in a row it is open and lets
none; then it lets a single one try, and is closed by its success. Each trial
that fails makes the next wait longer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Counts failures, and says whether to try; used by many threads.

    :param failures: so many in a row open it
    :param seconds: it stays open first
    :param longest: it stays open at most, in seconds
    :param clock: seconds that never go back
    """

    def __init__(
        self,
        failures: int = 5,
        seconds: float = 5.0,
        longest: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._seconds = seconds
        self._longest = max(seconds, longest)
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._wait = seconds
        self._until: float | None = None
        self._tries = False

    @property
    def is_open(self) -> bool:
        """It lets nobody pass but one who tries, from time to time."""
        return self._until is not None

    def allows(self) -> bool:
        """Tell whether to try; who is told so, tells what came of it."""
        if self._until is None:
            return True
        with self._lock:
            now = self._clock()
            if self._until is None or now >= self._until:
                # One tries, and another later should he never report.
                if self._until is not None:
                    self._until = now + self._wait
                    self._tries = True
                return True
            return False

    def succeeded(self) -> bool:
        """Note a success: the breaker is closed; tell whether it was not."""
        was_open = False
        if self._failed or self._until is not None:
            with self._lock:
                was_open = self._until is not None
                self._failed = 0
                self._until = None
                self._tries = False
                self._wait = self._seconds
        return was_open

    def failed(self) -> bool:
        """Note a failure; tell whether it opened the breaker."""
        with self._lock:
            self._failed += 1
            if self._until is None:
                if self._failed < self._most:
                    return False
                self._wait = self._seconds
                self._until = self._clock() + self._wait
                return True
            if self._tries:
                # Others that fail now had begun before it was opened.
                self._tries = False
                self._wait = min(2 * self._wait, self._longest)
                self._until = self._clock() + self._wait
            return False
