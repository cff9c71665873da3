# SPDX-License-Identifier: Apache-2.0
"""Services on loopback that are called, and the clients that call them."""

import asyncio
import contextlib
import socket
import threading
import urllib.parse

import httpx
import keystoneauth1.adapter
import keystoneauth1.session
import requests
import urllib3

ANSWERED = 'req-11111111-1111-4111-8111-111111111111'
COMPAT = 'req-22222222-2222-4222-8222-222222222222'
TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
TRACEPARENT = f'00-{TRACE_ID}-b7ad6b7169203331-01'
TRACESTATE = 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'


class Service:
    """Answers with an id, and keeps what it was sent.

    ``/to?url=…`` is a redirect, ``/compat`` has another service's header,
    ``/silent`` has none.
    """

    def __init__(self):
        self.seen = []

    def __call__(self, environ, start_response):
        self.seen.append({
            key[5:].lower(): value for key, value in environ.items()
            if key.startswith('HTTP_')
        })
        headers = [('Content-Length', '2'), ('Content-Type', 'text/plain')]
        status = '200 OK'
        path = environ['PATH_INFO']
        query = urllib.parse.parse_qs(environ['QUERY_STRING'])
        if path == '/compat':
            headers.append(('X-Compute-Request-Id', COMPAT))
        elif path != '/silent':
            headers.append(('X-Openstack-Request-Id', ANSWERED))
        if path == '/to':
            status = '307 Temporary Redirect'
            headers.append(('Location', query['url'][0]))
        start_response(status, headers)
        return [b'ok']

    @property
    def ids(self):
        """The ids that came, None for a request without one."""
        return [one.get('x_openstack_request_id') for one in self.seen]

    @property
    def traces(self):
        """The traceparent and tracestate that came, pair by pair."""
        return [
            (one.get('traceparent'), one.get('tracestate'))
            for one in self.seen
        ]


@contextlib.contextmanager
def sending(raw):
    """Answer one connection after the other with these bytes."""
    listening = socket.create_server(('127.0.0.1', 0))

    def run():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                with contextlib.suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(raw)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        # A listening socket's accept() ends when it is shut down.
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


# -- clients: each has a function from url and headers to the status


def by_requests(propagation, url, headers=None):
    with propagation.requests(requests.Session()) as session:
        return session.get(url, headers=headers, timeout=5).status_code


def by_httpx(propagation, url, headers=None):
    with httpx.Client(follow_redirects=True, trust_env=False) as client:
        return propagation.httpx(client).get(url, headers=headers).status_code


def by_async_httpx(propagation, url, headers=None):
    async def call():
        async with httpx.AsyncClient(
            follow_redirects=True, trust_env=False
        ) as client:
            reply = await propagation.httpx(client).get(url, headers=headers)
            return reply.status_code

    return asyncio.run(call())


def by_urllib3(propagation, url, headers=None):
    with propagation.urllib3(urllib3.PoolManager()) as pool:
        return pool.request('GET', url, headers=headers, timeout=5).status


def by_keystoneauth(propagation, url, headers=None):
    with requests.Session() as inner:
        session = propagation.keystoneauth(
            keystoneauth1.session.Session(session=inner))
        adapter = keystoneauth1.adapter.Adapter(session, service_type='bread')
        return adapter.get(
            url, authenticated=False, headers=headers, timeout=5).status_code


CLIENTS = {
    'requests': by_requests,
    'httpx': by_httpx,
    'httpx async': by_async_httpx,
    'urllib3': by_urllib3,
    'keystoneauth': by_keystoneauth,
}
