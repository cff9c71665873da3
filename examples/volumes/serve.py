# SPDX-License-Identifier: Apache-2.0
"""Serve the volume service and its two neighbours until Ctrl-C.

Each is a gunicorn of its own. The process that extends volumes is beside
them, and is started again when it ends.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PAUSE = 0.1  # seconds between two looks at the processes
PATIENCE = 10  # seconds that they have to end

# The service's own is last: it learns where the others are.
SERVICES = {
    'image': ('--workers=1', 'volumes.image_service:from_code()'),
    'quota': ('--workers=1', 'volumes.quota_service:from_code()'),
    'volume': (),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--host', default='127.0.0.1')
    parser.add_argument(
        '--port',
        type=int,
        default=8080,
        help='of the volume service; the others take any (%(default)s)',
    )
    parser.add_argument(
        '--database', help='the SQLite file; without it, a new temporary one'
    )
    options = parser.parse_args()
    database = options.database or os.path.join(
        tempfile.mkdtemp(prefix='volumes-'), 'volumes.sqlite'
    )
    os.environ['VOLUMES_DATABASE'] = database
    print(f'The volumes are in {database}', flush=True)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    running = {}
    try:
        for name, arguments in SERVICES.items():
            # Nobody else asks the neighbours.
            where = '127.0.0.1', 0
            if name == 'volume':
                where = options.host, options.port
            with listening(*where) as place:
                url = url_of(place)
                os.environ[f'VOLUMES_{name.upper()}_URL'] = url
                running[name] = served(place, *arguments)
            print(f'The {name} service is at {url}', flush=True)
        watch(running, database, stopping)
    except OSError as error:
        parser.error(f'{options.host}:{options.port}: {error.strerror}')
    finally:
        end(running.values())
    return 0 if stopping.is_set() else 1


def listening(host, port):
    """A socket that takes connections now, though nobody answers yet."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=64)


def url_of(place):
    host, port = place.getsockname()[:2]
    return f'http://[{host}]:{port}' if ':' in host else f'http://{host}:{port}'


def served(place, *arguments):
    """Start a gunicorn that answers at a socket."""
    return started(
        *('-m', 'gunicorn', '--config', str(HERE / 'gunicorn.conf.py')),
        f'--bind=fd://{place.fileno()}',
        *arguments,
        pass_fds=[place.fileno()],
    )


def started(*arguments, **options):
    # Not in the terminal's group: Ctrl-C is for this process, which ends
    # the others in order.
    return subprocess.Popen(
        [sys.executable, *arguments], start_new_session=True, **options
    )


def watch(running, database, stopping):
    """Wait for a signal, or until a service ends by itself."""
    services = list(running.values())
    while not stopping.is_set():
        if any(process.poll() is not None for process in services):
            break
        extender = running.get('extender')
        if extender is None or extender.poll() is not None:
            running['extender'] = started(
                str(HERE / 'extender.py'), database
            )
        stopping.wait(PAUSE)


def end(processes):
    """End processes, and wait for them."""
    for process in processes:
        process.terminate()
    limit = time.monotonic() + PATIENCE
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, limit - time.monotonic()))
        process.kill()
        process.wait()


if __name__ == '__main__':
    sys.exit(main())
