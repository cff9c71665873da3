# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a broker, that can be told to misbehave."""

import contextlib
import socket
import threading
import time


class Proxy:
    """Passes connections on to a broker, on a port of its own.

    ``mode`` is ``pass``, ``slow`` (so many bytes at a time, with pauses) or
    ``silent``: whoever connects or is connected gets no byte any more.

    :param host: the broker's
    :param port: the broker's
    """

    def __init__(self, host, port):
        self.mode = 'pass'
        #: How many have connected.
        self.accepted = 0
        self._broker = host, port
        self._sockets = set()
        self._server = None
        self.port = None
        self.open()

    def open(self):
        """Listen, on the same port as before if there was one."""
        self._server = socket.create_server(('127.0.0.1', self.port or 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, args=[self._server],
                         daemon=True).start()

    def cut(self):
        """Cut every connection and refuse new ones."""
        # Else accept() goes on in its thread.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def _accept(self, server):
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            self.accepted += 1
            self._sockets.add(client)
            if self.mode == 'silent':
                threading.Thread(target=self._swallow, args=[client],
                                 daemon=True).start()
                continue
            broker = socket.create_connection(self._broker)
            self._sockets.add(broker)
            for pair in (client, broker), (broker, client):
                threading.Thread(target=self._pass, args=pair,
                                 daemon=True).start()

    def _swallow(self, client):
        with contextlib.suppress(OSError):
            while client.recv(65536):
                pass

    def _pass(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.mode == 'silent':
                    continue
                if self.mode == 'slow':
                    for start in range(0, len(data), 256):
                        time.sleep(0.005)
                        target.sendall(data[start:start + 256])
                    continue
                target.sendall(data)
        for one in source, target:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
