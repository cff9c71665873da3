# SPDX-License-Identifier: Apache-2.0
"""A token bucket per code: a storm of one error hides no other."""

from __future__ import annotations

import threading
import time

#: Codes with a bucket of their own; any further ones share one.
MAX_CODES = 1024


class _Bucket:
    __slots__ = ('filled', 'suppressed', 'tokens')

    def __init__(self, tokens: float, now: float) -> None:
        self.tokens = tokens
        self.filled = now
        self.suppressed = 0


class Limit:
    """Lets so many of each code pass, and counts the others.

    It has a lock: each process needs one of its own.

    :param rate: tokens a second that a bucket gets
    :param burst: tokens it holds
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str | None, _Bucket] = {}
        # Reentrant: a finalizer or a signal handler may tell as well.
        self._lock = threading.RLock()
        #: How many were not let pass.
        self.suppressed = 0

    def passes(self, code: str | None) -> bool:
        """Take a token of a code, or count that there was none."""
        now = time.monotonic()
        with self._lock:
            bucket = self._bucket(code, now)
            gained = (now - bucket.filled) * self._rate
            bucket.filled = now
            bucket.tokens = min(self._burst, bucket.tokens + gained)
            if bucket.tokens < 1:
                bucket.suppressed += 1
                self.suppressed += 1
                return False
            bucket.tokens -= 1
            return True

    def take_suppressed(self, code: str | None) -> int:
        """Return how many of a code did not pass since this was asked."""
        with self._lock:
            bucket = self._bucket(code, time.monotonic())
            found, bucket.suppressed = bucket.suppressed, 0
            return found

    def _bucket(self, code: str | None, now: float) -> _Bucket:
        found = self._buckets.get(code)
        if found is None:
            if len(self._buckets) >= MAX_CODES:
                code = None
            found = self._buckets.setdefault(
                code, _Bucket(float(self._burst), now)
            )
        return found
