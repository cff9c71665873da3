# SPDX-License-Identifier: Apache-2.0
"""Serve the volume service with gunicorn until Ctrl-C."""

import argparse
import os
import pathlib
import sys
import tempfile

CONFIGURATION = pathlib.Path(__file__).resolve().parent / 'gunicorn.conf.py'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--host', default='127.0.0.1')
    parser.add_argument('--port', type=int, default=8080)
    parser.add_argument(
        '--database', help='the SQLite file; without it, a new temporary one'
    )
    options = parser.parse_args()
    database = options.database or os.path.join(
        tempfile.mkdtemp(prefix='volumes-'), 'volumes.sqlite'
    )
    os.environ['VOLUMES_DATABASE'] = database
    print(f'The volumes are in {database}', flush=True)
    host = f'[{options.host}]' if ':' in options.host else options.host
    # gunicorn takes the place of this process, and gets its signals.
    os.execv(
        sys.executable,
        [
            sys.executable,
            *('-m', 'gunicorn'),
            *('--config', str(CONFIGURATION)),
            *('--bind', f'{host}:{options.port}'),
        ],
    )


if __name__ == '__main__':
    main()
