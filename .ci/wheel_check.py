# SPDX-License-Identifier: Apache-2.0
"""Check an installed wheel: the core alone, and one request over a socket.

Run with ``python -I`` in an environment that holds the wheel and what it
requires, and nothing else.
"""

import importlib
import importlib.metadata
import json
import pkgutil
import sys
import threading
import urllib.error
import urllib.request
import wsgiref.simple_server

import webob.dec
import webob.exc

import errorkit

NAME_EXISTS = errorkit.Catalog('volume').define(
    'volume.name_exists', status=409, title='Conflict',
    meaning='Another volume has this name.')
ALLOWED = {'errorkit', 'pip', 'setuptools'}
# Of the caller, who has the one he gives to ``Propagation``.
CLIENTS = {'httpx', 'keystoneauth1', 'requests', 'urllib3'}


def core_imports():
    """Import every module of the core; return how many there are.

    A room that needs an extra says so in its ImportError, and those of
    ``propagate`` need the library they are named for.
    """
    count = 0
    for module in pkgutil.walk_packages(errorkit.__path__, 'errorkit.'):
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            if 'errorkit[' not in str(error) and not (
                module.name.startswith('errorkit.propagate.')
                and error.name in CLIENTS
            ):
                raise
        else:
            count += 1
    return count


def requirements(name, seen):
    """Add name and all it requires without extras to seen."""
    key = name.lower().replace('_', '-').replace('.', '-')
    if key in seen:
        return seen
    try:
        lines = importlib.metadata.requires(name) or ()
    except importlib.metadata.PackageNotFoundError:
        return seen
    seen.add(key)
    for line in lines:
        if 'extra ==' not in line:
            bare = line.partition(';')[0]
            for mark in '<>=!~[( ':
                bare = bare.partition(mark)[0]
            requirements(bare.strip(), seen)
    return seen


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    """A handler that writes no access log."""

    def log_message(self, *args):
        """Say nothing."""


@webob.dec.wsgify
def conflict(request):
    """Always answer 409, knowing nothing of errorkit."""
    raise webob.exc.HTTPConflict('name <a> is taken', comment=NAME_EXISTS)


def ask(application):
    """Serve the application for one request; return its 409 answer."""
    server = wsgiref.simple_server.make_server(
        '127.0.0.1', 0, application, handler_class=Quiet)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        urllib.request.urlopen(
            f'http://127.0.0.1:{server.server_port}/', timeout=10)
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, json.loads(answer.read())
    finally:
        thread.join()
        server.server_close()
    raise SystemExit('The wheel served no error where one was due.')


def main():
    """Run the checks; leave with a message when one does not hold."""
    installed = {
        dist.name.lower().replace('_', '-').replace('.', '-')
        for dist in importlib.metadata.distributions()}
    foreign = installed - requirements('errorkit', set()) - ALLOWED
    if foreign:
        raise SystemExit(f'Not an empty environment: {sorted(foreign)}')
    count = core_imports()
    status, headers, body = ask(
        errorkit.wrap(conflict, service_type='volume'))
    error = body['errors'][0]
    expected = {
        'code': 'volume.name_exists', 'status': 409, 'title': 'Conflict',
        'detail': 'name <a> is taken',
        'request_id': headers['X-Openstack-Request-Id'],
    }
    if status != 409 or error != expected:
        raise SystemExit(f'Expected {expected}, got {status} {body}')
    if not errorkit.__file__.startswith(sys.prefix):
        raise SystemExit(f'Not the wheel: {errorkit.__file__}')
    print(f'{count} modules import; 409 {error["code"]} '
          f'{error["request_id"]} served from {errorkit.__file__}')


main()
