# SPDX-License-Identifier: Apache-2.0
"""How gunicorn runs the service; ``serve.py`` adds the address."""

import pathlib

wsgi_app = 'volumes.wsgi:from_ini()'
pythonpath = str(pathlib.Path(__file__).resolve().parent.parent)
worker_class = 'gthread'
workers = 2
threads = 4
# Newer versions put a socket for remote control into the home directory.
control_socket_disable = True
