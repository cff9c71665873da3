#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long stream behind gunicorn: what errorkit adds to a real server's work.

One sync worker each serves the same generator bare, with its request id, and
in the whole stack. All run at once on loopback and are asked in turn, in an
order that is shuffled every round; a client on a plain socket reads each
response to its end. The CPU time is the worker's own, which it is asked for.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib.metadata
import importlib.util
import json
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import adapter
import inputs
from measure import ratio

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HERE = pathlib.Path(__file__).resolve().parent
BOUND = 1.05
CHUNK = 1024
TIMEOUT = 30
STATE = '/state'
_REQUEST = (
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n'
    f'OpenStack-API-Version: {adapter.SERVICE_TYPE} {inputs.VERSION}\r\n'
    f'X-Openstack-Request-Id: {inputs.GLOBAL_ID}\r\nConnection: close\r\n\r\n'
).encode()
WRAPPERS: dict[str, Callable[[WSGIApplication], WSGIApplication]] = {
    'bare': lambda app: app,
    'request id': adapter.request_id,
    'whole stack': adapter.full_stack,
}


def served(name: str, chunks: int) -> WSGIApplication:
    """Return what a worker serves; gunicorn calls this.

    ``/state`` tells the worker's CPU time and how much it has logged.
    """
    inputs.log_to_sink()
    application = WRAPPERS[name](inputs.streams(chunks, CHUNK))

    def worker(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ['PATH_INFO'] != STATE:
            return application(environ, start_response)
        state = {'ns': time.process_time_ns(), 'logged': inputs.SINK.writes}
        start_response('200 OK', [('Content-Type', 'application/json')])
        return [json.dumps(state).encode()]

    return worker


@dataclass(slots=True)
class Server:
    """A running worker, and the seconds its responses cost, per round."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def drain(self, buffer: bytearray, chunks: int) -> None:
        """Ask for the stream and read it to its end.

        :raises RuntimeError: it was cut short
        """
        size, end = 0, b''
        with socket.create_connection(
            ('127.0.0.1', self.port), TIMEOUT
        ) as client:
            client.sendall(_REQUEST)
            while count := client.recv_into(buffer):
                size += count
                end = (end + buffer[max(0, count - 5) : count])[-5:]
        if size < chunks * CHUNK or end != b'0\r\n\r\n':
            raise RuntimeError(f'{self.name}: cut short after {size} bytes')

    def get(self, path: str) -> tuple[http.client.HTTPMessage, bytes]:
        """Return the headers and the body of one answer.

        :raises OSError: no worker answers
        """
        client = http.client.HTTPConnection(
            '127.0.0.1', self.port, timeout=TIMEOUT
        )
        with contextlib.closing(client):
            client.request('GET', path)
            answer = client.getresponse()
            return answer.headers, answer.read()

    def state(self) -> dict[str, int]:
        """Return the worker's CPU time and its number of log records."""
        found: dict[str, int] = json.loads(self.get(STATE)[1])
        return found

    def check(self, chunks: int) -> None:
        """See that it does its job.

        :raises RuntimeError: it does not
        """
        before = self.state()['logged']
        headers, body = self.get('/')
        logged = self.state()['logged'] - before
        # The state is asked for outside the stack, so no line is its own.
        ids = len(headers.get_all('X-Openstack-Request-Id', ()))
        wanted = {'bare': (0, 0), 'request id': (1, 0), 'whole stack': (1, 1)}
        if (ids, logged) != wanted[self.name] or len(body) != chunks * CHUNK:
            raise RuntimeError(
                f'{self.name} does not do its job: {ids} request ids, '
                f'{logged} log lines, {len(body)} bytes'
            )

    def time_round(self, responses: int, chunks: int) -> None:
        """Read some responses, and note what one of them cost."""
        buffer = bytearray(1 << 18)
        used = self.state()['ns']
        started = time.perf_counter()
        for _ in range(responses):
            self.drain(buffer, chunks)
        self.wall.append((time.perf_counter() - started) / responses)
        self.cpu.append((self.state()['ns'] - used) / responses / 1e9)


@contextlib.contextmanager
def serving(name: str, chunks: int) -> Iterator[Server]:
    """Run gunicorn with one worker for as long as the context is open."""
    with (
        socket.create_server(('127.0.0.1', 0)) as listener,
        tempfile.TemporaryDirectory() as folder,
    ):
        command = [sys.executable, '-m', 'gunicorn', '-k', 'sync', '-w', '1']
        # Given the open socket, it needs no port of its own, and whoever
        # connects too early waits in the queue.
        command += ['-b', f'fd://{listener.fileno()}']
        command += ['--chdir', str(HERE), '--worker-tmp-dir', folder]
        command += ['--log-level', 'error', '--graceful-timeout', '1']
        if int(importlib.metadata.version('gunicorn').split('.')[0]) >= 25:
            command.append('--no-control-socket')
        command.append(f'stream:served({name!r}, {chunks})')
        process = subprocess.Popen(command, pass_fds=[listener.fileno()])
        try:
            yield Server(name, listener.getsockname()[1], process)
        finally:
            process.terminate()
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def measure(
    rounds: int, responses: int, chunks: int, seed: int
) -> list[dict[str, Any]]:
    """Run all servers; return one row of results for each.

    :raises RuntimeError: a server does not do its job
    """
    rng = random.Random(seed)
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(serving(name, chunks)) for name in WRAPPERS
        ]
        for server in servers:
            server.check(chunks)
            server.time_round(responses, chunks)
            server.cpu.clear()
            server.wall.clear()
        order = list(servers)
        for _ in range(rounds):
            rng.shuffle(order)
            for server in order:
                server.time_round(responses, chunks)
    bare = servers[0]
    return [
        {
            'served': server.name,
            'cpu_ms': statistics.median(server.cpu) * 1e3,
            'cpu_ratio': ratio(server.cpu, bare.cpu),
            'wall_ms': statistics.median(server.wall) * 1e3,
            'wall_ratio': ratio(server.wall, bare.wall),
        }
        for server in servers
    ]


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument(
        '--responses', type=int, default=5, help='in a round, of each server'
    )
    parser.add_argument('--chunks', type=int, default=1000)
    parser.add_argument('--json', metavar='FILE', help='write results here')
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    for module in ('errorkit', 'gunicorn'):
        if importlib.util.find_spec(module) is None:
            print(f'{module} is not installed', file=sys.stderr)
            return 2
    rows = measure(args.rounds, args.responses, args.chunks, args.seed)
    print(
        f'# {args.chunks} chunks of {CHUNK} bytes behind gunicorn sync, '
        f'{args.rounds} rounds, log: stdlib; bound of the CPU ratio {BOUND}'
    )
    print(f'{"":14}{"CPU ms":>9}{"ratio":>9}{"wall ms":>11}{"ratio":>9}')
    for row in rows:
        print(
            f'{row["served"]:14}{row["cpu_ms"]:9.2f}{row["cpu_ratio"]:9.3f}'
            f'{row["wall_ms"]:11.2f}{row["wall_ratio"]:9.3f}'
        )
    if args.json:
        with open(args.json, 'w', encoding='utf-8') as file:
            json.dump(rows, file, indent=1)
    return 0


if __name__ == '__main__':
    sys.exit(main())
