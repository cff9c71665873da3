# SPDX-License-Identifier: Apache-2.0
"""A server that does not answer holds no thread, whatever happened before."""

import socket
import threading
import time

import pytest

from errorkit.outcomes.sql.watchdog import Handle, Watchdog


@pytest.fixture
def pair():
    """Two sockets that are connected."""
    found = socket.socketpair()
    yield found
    for one in found:
        one.close()


def test_a_thread_that_could_not_start_is_started_for_the_next(
        pair, monkeypatch):
    watchdog, (watched, other) = Watchdog(), pair

    def start(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, 'start', start)
        handle = Handle(watched.fileno())
        with pytest.raises(RuntimeError):
            watchdog.watch(handle, time.monotonic())
    assert not watchdog._deadlines
    watchdog.watch(handle, time.monotonic())
    other.settimeout(30)
    assert other.recv(1) == b''
