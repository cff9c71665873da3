# SPDX-License-Identifier: Apache-2.0
"""The counted service under a real server with four workers."""

import contextlib
import http.client
import importlib.metadata
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
WORKERS = 4
SECONDS = 30


def gunicorn(port, *options):
    """What starts gunicorn."""
    pytest.importorskip('gunicorn')
    command = [sys.executable, '-m', 'gunicorn', '-w', str(WORKERS),
               '-b', f'127.0.0.1:{port}', '--graceful-timeout', '2',
               *options]
    if int(importlib.metadata.version('gunicorn').split('.')[0]) >= 25:
        command.append('--no-control-socket')
    return [*command, 'observed_shop:counted()']


def uwsgi(port, *options):
    """What starts uWSGI; it loads the service before it forks."""
    program = shutil.which('uwsgi', path=os.pathsep.join(
        [os.path.dirname(sys.executable), os.environ.get('PATH', '')]))
    if program is None:
        pytest.skip('no program uwsgi')
    version = subprocess.run([program, '--python-version'], check=True,
                             capture_output=True, text=True).stdout
    if not version.startswith('{}.{}.'.format(*sys.version_info)):
        pytest.skip(f'uwsgi holds Python {version.strip()}')
    command = [program, '--http-socket', f'127.0.0.1:{port}', '--master',
               '--processes', str(WORKERS), '--need-app', '--die-on-term',
               '--no-orphans', '--disable-logging', *options,
               '--module', 'observed_shop:counted()']
    if sys.prefix != sys.base_prefix:
        command += ['--virtualenv', sys.prefix]
    return command


KINDS = {
    'gunicorn': lambda port: gunicorn(port),
    'gunicorn-preload': lambda port: gunicorn(port, '--preload'),
    'gunicorn-threads': lambda port: gunicorn(
        port, '-k', 'gthread', '--threads', '4'),
    'uwsgi': lambda port: uwsgi(port),
    'uwsgi-threads': lambda port: uwsgi(port, '--threads', '2'),
}


def ask(port, method, path, headers=()):
    """Send one request on a connection of its own; return status and body."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read()


@contextlib.contextmanager
def running(kind, folder):
    """Run the service, its numbers in files in a folder; give the port."""
    with socket.socket() as found:
        found.bind(('127.0.0.1', 0))
        port = found.getsockname()[1]
    paths = [str(CHECKOUT), str(HERE), os.environ.get('PYTHONPATH', '')]
    log = folder.parent / 'output'
    with open(log, 'wb') as output:
        process = subprocess.Popen(
            KINDS[kind](port), cwd=folder.parent, stdout=output,
            stderr=output, start_new_session=True,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(paths),
                 'PROMETHEUS_MULTIPROC_DIR': str(folder)})
    try:
        end = time.monotonic() + SECONDS
        while True:
            try:
                ask(port, 'GET', '/metrics')
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
