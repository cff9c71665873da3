#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a request waits for its notification, whatever the bus does.

The same failing application is asked in turn bare of observers and with
notifications sent to a broker that is down, one that accepts connections and
says nothing, one that reads 64 bytes a tenth of a second, and, where
ERRORKIT_TEST_AMQP_URL names it, a real one. Every request's notification is
put in the queue, there is no limit by code; the real broker is asked with the
default limit too. The bound is on what the observer adds: 1 ms at the 99th
percentile. With no limit and a real broker the thread that sends is always at
work and has its share of the interpreter, which is shown and has no bound.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import re
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import errorkit
from errorkit.observers import Observers
from errorkit.observers.notify import Notifications
from errorkit.observers.oslo_messaging import OsloMessagingNotifier

BOUND = 1e-3
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def fails(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    """Fail as a service does."""
    raise ValueError('no space')


def down() -> contextlib.AbstractContextManager[str]:
    """Give the URL of a broker that refuses connections."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
    return contextlib.nullcontext(f'rabbit://a:b@127.0.0.1:{port}/')


@contextlib.contextmanager
def listening(read: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give the URL of a broker that accepts whoever connects."""
    kept = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                kept.append(client)
                threading.Thread(
                    target=read, args=[client], daemon=True).start()

    with socket.create_server(('127.0.0.1', 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f'rabbit://a:b@127.0.0.1:{server.getsockname()[1]}/'
        server.shutdown(socket.SHUT_RDWR)
    for client in kept:
        client.close()


def silent() -> contextlib.AbstractContextManager[str]:
    """Give the URL of a broker that accepts and never answers."""
    return listening(lambda client: None)


def slow() -> contextlib.AbstractContextManager[str]:
    """Give the URL of a broker that reads now and then."""

    def read(client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while client.recv(64):
                time.sleep(0.1)

    return listening(read)


def real() -> contextlib.AbstractContextManager[str]:
    """Give the URL of the real broker."""
    return contextlib.nullcontext(
        re.sub('^amqp:', 'rabbit:', os.environ['ERRORKIT_TEST_AMQP_URL']))


def seconds_of(application: Application) -> float:
    """Ask once, and return how long that took."""
    environ = {
        'REQUEST_METHOD': 'GET', 'SCRIPT_NAME': '', 'PATH_INFO': '/',
        'QUERY_STRING': '', 'SERVER_NAME': 'x', 'SERVER_PORT': '80',
        'SERVER_PROTOCOL': 'HTTP/1.1', 'wsgi.errors': sys.stderr,
        'wsgi.url_scheme': 'http'}
    begun = time.perf_counter()
    body = application(environ, lambda status, headers, exc_info=None: None)
    for _ in body:
        pass
    close = getattr(body, 'close', None)
    if close is not None:
        close()
    return time.perf_counter() - begun


def quantile(sorted_times: list[float], part: float) -> float:
    """Return a quantile of times in order."""
    return sorted_times[min(int(len(sorted_times) * part),
                            len(sorted_times) - 1)]


def measured(
    url: str, count: int, pause: float, limits: dict[str, Any]
) -> float:
    """Print what one kind of broker does to requests.

    :returns: the seconds it adds at the 99th percentile
    """
    name = f'errorkit-benchmark-{uuid.uuid4().hex}'
    observers = Observers([Notifications(
        OsloMessagingNotifier(url, exchange=name, topics=[name]), **limits)])
    bare = errorkit.wrap(fails, service_type='volume')
    told = errorkit.wrap(fails, service_type='volume', observers=observers)
    for _ in range(20):
        seconds_of(bare)
    # The first starts the thread.
    first = seconds_of(told)
    time.sleep(0.5)
    times: dict[str, list[float]] = {'bare': [], 'told': []}
    for _ in range(count):
        times['bare'].append(seconds_of(bare))
        times['told'].append(seconds_of(told))
        time.sleep(pause)
    for kind in times.values():
        kind.sort()
    print(f'   first {first * 1e6:7.0f} us; {observers.counts()}')
    for kind, listed in times.items():
        print(f'   {kind:5} p50 {quantile(listed, .5) * 1e6:7.0f} us'
              f'  p99 {quantile(listed, .99) * 1e6:7.0f} us'
              f'  p99.9 {quantile(listed, .999) * 1e6:7.0f} us'
              f'  max {listed[-1] * 1e6:7.0f} us')
    added = quantile(times['told'], .99) - quantile(times['bare'], .99)
    print(f'   added at p99: {added * 1e6:.0f} us')
    if 'ERRORKIT_TEST_AMQP_URL' in os.environ:
        observers.flush(60 if url == real().__enter__() else 0)
        swept(name)
    return added


def swept(name: str) -> None:
    """Leave nothing on the real broker."""
    import kombu
    with kombu.Connection(os.environ['ERRORKIT_TEST_AMQP_URL']) as connection:
        channel = connection.channel()
        channel.queue_delete(f'{name}.error')
        channel.exchange_delete(name)


def main() -> int:
    """Measure each kind of broker."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--count', type=int, default=3000,
                        help='requests of each kind (default %(default)s)')
    parser.add_argument('--pause', type=float, default=0.0005,
                        help='seconds between them (default %(default)s)')
    options = parser.parse_args()
    # What a service logs is no matter here.
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger('errorkit').setLevel(logging.CRITICAL)
    none = {'rate': 1e9, 'burst': 10**9}
    asked = options.count, options.pause
    added = []
    for kind in (down, silent, slow):
        print(f'{kind.__name__}, no limit')
        with kind() as url:
            added.append(measured(url, *asked, none))
    if 'ERRORKIT_TEST_AMQP_URL' in os.environ:
        with real() as url:
            print('real, default limit')
            added.append(measured(url, *asked, {}))
            print('real, no limit (no bound)')
            measured(url, *asked, none)
    good = max(added) <= BOUND
    print(f'bound {BOUND * 1e6:.0f} us: {"kept" if good else "BROKEN"}')
    return not good


if __name__ == '__main__':
    sys.exit(main())
