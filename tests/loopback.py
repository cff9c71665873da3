# SPDX-License-Identifier: Apache-2.0
"""A WSGI application on loopback, in threads of this process."""

import contextlib
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, *args):
        """Keep the test's output clean."""


@contextlib.contextmanager
def serving(application):
    """Serve an application on a port that is free.

    :returns: the URL of its root, without a slash at the end
    """
    server = make_server('127.0.0.1', 0, application, _Server, _Handler)
    # The poll interval is how long a shutdown waits.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
