# SPDX-License-Identifier: Apache-2.0
"""A small service whose requests are counted, traced and reported."""

import json

import prometheus_client
import webob
import webob.exc

import errorkit
from errorkit.observers import prometheus

CODES = errorkit.Catalog('shop')
NAME_EXISTS = CODES.define(
    'shop.name_exists', status=409, title='Name In Use')
CLOSED = CODES.define('shop.closed', status=503, title='Closed')
#: Clients sent it, and it must be seen nowhere; nor the text of the bug.
TOKEN = 'gAAAAABnTrulySecretToken0123456789'
PASSWORD = 'hunter2hunter2'


class Broken(Exception):
    """A bug: what it says is for nobody but operators."""


@errorkit.wsgify
def handler(request):
    """Answer as the first word of the path says."""
    word, _, rest = request.path_info.strip('/').partition('/')
    if word == 'conflict':
        raise webob.exc.HTTPConflict('The name is taken.',
                                     comment=NAME_EXISTS)
    if word == 'closed':
        raise webob.exc.HTTPServiceUnavailable('Come back later.',
                                               comment=CLOSED)
    if word == 'undeclared':
        raise webob.exc.HTTPConflict('Whatever.', comment=f'shop.{rest}')
    if word == 'bug':
        raise fail()
    if word == 'breaks':
        return webob.Response(app_iter=breaking(), content_type='text/csv')
    if word == 'stream':
        return webob.Response(app_iter=iter([b'1\n', b'2\n']),
                              content_type='text/csv')
    return webob.Response(json={'path': request.path_info})


def fail():
    """Return a bug, with a secret among its variables and in its text."""
    password = PASSWORD
    return Broken(f'no login with password={password} today')


def breaking():
    """Yield a chunk, and then fail."""
    yield b'1\n'
    raise fail()


def foreign(environ, start_response):
    """Answer with the status and the words of the path: another layer."""
    _, _, status, *_ = environ['PATH_INFO'].split('/')
    start_response(f'{status} Whatever',
                   [('Content-Type', 'application/json')])
    return [json.dumps({'message': environ['PATH_INFO']}).encode()]


def routed(environ, start_response):
    """The handler, and beside it an application that knows no errorkit."""
    if environ['PATH_INFO'].startswith('/foreign/'):
        return foreign(environ, start_response)
    return handler(environ, start_response)


def stack(**options):
    """Return the service in the whole stack."""
    options.setdefault('catalog', CODES)
    return errorkit.wrap(routed, service_type='shop', **options)


def counted(**options):
    """Return the service with its metrics, ``/metrics`` beside it."""
    registry = options.pop('registry', None)
    metrics = prometheus.Metrics(
        stack(**options), catalog=CODES, registry=registry)
    page = prometheus.MetricsPage(registry)

    def application(environ, start_response):
        if environ['PATH_INFO'] == '/metrics':
            return page(environ, start_response)
        return metrics(environ, start_response)

    return application


def fresh():
    """Return a registry that has nothing in it."""
    return prometheus_client.CollectorRegistry()
