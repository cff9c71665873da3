# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that cuts a conversation with a database at a chosen point."""

import contextlib
import select
import socket
import threading

from errorkit.outcomes.sql import address

PORTS = {'postgresql': 5432, 'mysql': 3306}


class Proxy:
    """Forwards everything, until what is asked for is said.

    :param target: host and port of the server
    """

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._needle = None
        self._mode = None
        self._left = None
        self.cuts = 0
        self.stalled = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self, mode, needle):
        """Cut the next conversation in which the client says something.

        :param mode: ``before`` the server hears it, ``after`` it has
            answered and before the client hears that
        """
        self._mode, self._needle = mode, needle

    def cut_within(self, mode, number):
        """Cut when so many more bytes have passed.

        :param mode: ``asked``, counting what clients say, or ``answered``
        """
        self._mode, self._left = mode, number

    @property
    def is_waiting(self):
        """What is to be cut has not been said yet."""
        return self._left is not None

    def close(self):
        """End all conversations."""
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self):
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client):
        server = socket.create_connection(self._target)
        with client, server:
            while not self._stop.is_set():
                ready, _, _ = select.select([client, server], [], [], 0.05)
                if self.stalled:
                    self._stop.wait()
                for source in ready:
                    try:
                        data = source.recv(65536)
                    except OSError:
                        return
                    if not data or not self._passes(
                            client, server, source, data):
                        return

    def _passes(self, client, server, source, data):
        """Forward something; tell whether the conversation goes on."""
        mode = 'answered' if source is server else 'asked'
        if self._left is not None and mode == self._mode:
            if len(data) > self._left:
                part, self._left = data[:self._left], None
                self.cuts += 1
                (client if source is server else server).sendall(part)
                return False
            self._left -= len(data)
        if source is server:
            client.sendall(data)
            return True
        if self._needle is None or self._needle not in data:
            server.sendall(data)
            return True
        mode, self._needle = self._mode, None
        self.cuts += 1
        if mode == 'after':
            server.sendall(data)
            assert server.recv(65536)
        return False


@contextlib.contextmanager
def between(url):
    """Give a proxy and the address of the same database behind it."""
    resolved = address.resolve(url)
    port = resolved.port or PORTS[resolved.get_backend_name()]
    proxy = Proxy((resolved.host or '127.0.0.1', port))
    found = resolved.set(host='127.0.0.1', port=proxy.port)
    try:
        yield proxy, found.render_as_string(hide_password=False)
    finally:
        proxy.close()
