# SPDX-License-Identifier: Apache-2.0
"""What each process needs of its own: locks, threads, connections.

A fork copies a lock that a thread of the parent holds, and not the thread.
So nothing of the kind is used in another process than the one it was made in,
however that was forked: servers written in C run no hooks of Python's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar('T')


class PerProcess(Generic[T]):
    """Something that is made again in every process that asks for it.

    :param make: makes one; it may be called twice where two threads ask
        first, and one of the two is then dropped
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        # A parent's stays referenced: to collect it here could shut down a
        # connection that the parent goes on using.
        self._made: dict[int, T] = {}

    def get(self) -> T:
        """Return this process's own."""
        pid = os.getpid()
        found = self._made.get(pid)
        if found is None:
            # One call that no other thread can come in between.
            found = self._made.setdefault(pid, self._make())
        return found

    def peek(self) -> T | None:
        """Return this process's own, or None when it has none yet."""
        return self._made.get(os.getpid())
