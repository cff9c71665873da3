# SPDX-License-Identifier: Apache-2.0
"""Shuts a socket down when its answer is late.

libpq has no time limit for an answer: a server that is stopped, but whose
kernel still acknowledges, would hold a thread for ever. Shutting the socket
down wakes the driver, which then reports a lost connection.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time


class Handle:
    """A second handle of a driver's socket.

    The driver may close its own at any time, and the number may then be
    somebody else's; this one stays what it is until it is closed.

    :param descriptor: the driver's file descriptor
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = os.dup(descriptor)

    def shut_down(self) -> None:
        """End the conversation, both ways, for the driver too."""
        found = socket.socket(fileno=self._descriptor)
        try:
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)
        finally:
            found.detach()

    def close(self) -> None:
        """Give the descriptor back, and leave the conversation alone."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    # A pool that is forgotten closes nothing.
    __del__ = close


class Watchdog:
    """Watches sockets, in one thread that is started when first needed."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._deadlines: dict[Handle, float] = {}
        self._running = False
        self._wakes = 0.0

    def watch(self, handle: Handle, deadline: float) -> None:
        """Shut a socket down at a time, unless it is released before.

        :param handle: of the socket
        :param deadline: on the clock of ``time.monotonic``
        """
        with self._changed:
            if not self._running:
                # The system may have no more threads, and later again.
                threading.Thread(
                    target=self._run, name='errorkit-watchdog', daemon=True
                ).start()
                self._running = True
            elif deadline < self._wakes:
                self._changed.notify()
            self._deadlines[handle] = deadline

    def release(self, handle: Handle) -> None:
        """Watch a socket no more; it is not shut down after this returns."""
        with self._changed:
            self._deadlines.pop(handle, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                late = [
                    handle
                    for handle, deadline in self._deadlines.items()
                    if deadline <= now
                ]
                for handle in late:
                    del self._deadlines[handle]
                    handle.shut_down()
                # It sleeps on when a socket is released: most of them are,
                # and the next one's deadline is later than this one's.
                self._wakes = min(self._deadlines.values(), default=now + 60)
                if not self._deadlines and not late:
                    self._wakes = float('inf')
                    self._changed.wait()
                else:
                    self._changed.wait(max(0.0, self._wakes - now))
