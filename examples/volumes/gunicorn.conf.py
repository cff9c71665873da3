# SPDX-License-Identifier: Apache-2.0
"""How gunicorn runs a service; ``serve.py`` adds which, and where."""

import os
import pathlib
import shutil
import tempfile

wsgi_app = 'volumes.wsgi:from_ini()'
pythonpath = str(pathlib.Path(__file__).resolve().parent.parent)
worker_class = 'gthread'
workers = 2
threads = 4
graceful_timeout = 5
# Newer versions put a socket for remote control into the home directory.
control_socket_disable = True

METRICS = 'PROMETHEUS_MULTIPROC_DIR'
PREFIX = 'volumes-metrics-'


def on_starting(server):
    """Make the folder in which each worker has its numbers for Prometheus.

    One page adds them up. It has to be known before a worker imports
    prometheus_client.
    """
    if METRICS not in os.environ:
        os.environ[METRICS] = tempfile.mkdtemp(prefix=PREFIX)


def on_exit(server):
    """Remove it with the server, when it was made here."""
    folder = os.environ.get(METRICS, '')
    if os.path.basename(folder).startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
