# SPDX-License-Identifier: Apache-2.0
"""Eighteen secrets in a request and more in a failure: found nowhere."""

import io
import logging

import planted
import pytest
import webob.dec
import webob.exc
from log_catcher import Caught
from strategies import BROWSER
from wsgi_driver import make_environ, run

import errorkit

pytestmark = pytest.mark.usefixtures('errorkit_logger')

CONFLICT = webob.exc.HTTPConflict('It exists.', comment='volume.exists')


def fine(environ, start_response):
    """Answer."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'fine']


def refused(environ, start_response):
    """Let a webob error through."""
    raise CONFLICT


@errorkit.wsgify
def handled(request):
    """Raise under our decorator, having read the body."""
    assert request.json_body
    raise CONFLICT


@webob.dec.wsgify
def answered(request):
    """Raise under webob's decorator, having read the body."""
    assert request.json_body
    raise CONFLICT


def broken(environ, start_response):
    """Fail, with all secrets among the locals."""
    body = environ['wsgi.input'].read()
    headers = {key: value for key, value in environ.items()
               if key.startswith('HTTP_')}
    assert body and headers
    raise LookupError('a bug')


def breaks_off(environ, start_response):
    """Fail after a chunk."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    yield b'chunk'
    broken(environ, start_response)


class Unclosable(list):
    """A body whose end is a failure."""

    def __init__(self, environ):
        super().__init__([b'fine'])
        self.environ = environ

    def close(self):
        """Fail."""
        broken(self.environ, None)


def closes_badly(environ, start_response):
    """Fail when all is over."""
    fine(environ, start_response)
    return Unclosable(environ)


def splits_headers(environ, start_response):
    """Send a header that cannot be sent, a secret in it."""
    token = environ['HTTP_X_AUTH_TOKEN']
    start_response('200 OK', [('X-Thing', f'{token}\r\nX-Other: 1')])
    return []


def exits(environ, start_response):
    """Raise what is no Exception."""
    raise GeneratorExit('a bug')


APPLICATIONS = {
    'fine': fine, 'refused': refused, 'handled': handled,
    'answered': answered, 'broken': broken, 'breaks off': breaks_off,
    'closes badly': closes_badly, 'splits headers': splits_headers,
    'exits': exits,
}
REQUESTS = {
    'plain': {},
    'browser': {'ACCEPT': BROWSER},
    'text': {'ACCEPT': 'text/plain'},
    'bad id': {'X_OPENSTACK_REQUEST_ID': 'req-1'},
    'bad version': {'OPENSTACK_API_VERSION': 'volume x'},
    'wrong version': {'OPENSTACK_API_VERSION': 'volume 9.9'},
}


def authenticated(application):
    """Return an auth layer that believes everybody."""
    def layer(environ, start_response):
        environ.update(HTTP_X_USER_ID='alice', HTTP_X_PROJECT_ID='blue',
                       HTTP_X_ROLES='member')
        return application(environ, start_response)
    return layer


@pytest.fixture
def sinks(errorkit_logger):
    """Return every place where operators and clients look."""
    sinks = {
        'records': Caught(),
        'lines': Caught(errorkit.log.TextFormatter()),
        'json': Caught(errorkit.log.JSONFormatter()),
        'observed': [],
    }
    sinks['lines'].addFilter(errorkit.log.ContextFilter())
    for name in ('records', 'lines', 'json'):
        errorkit_logger.addHandler(sinks[name])
    return sinks


def stack(application, sinks, **options):
    """Return an application in the whole stack, observed."""
    return errorkit.wrap(
        application, service_type='volume', versions='3.0-3.5',
        compat_headers=['X-Volume-Request-Id'], auth=authenticated,
        observers=[sinks['observed'].append], on_invalid='reject', **options)


def texts_of(sinks, reply, environ):
    """Return everything that has left the process."""
    observed = sinks['observed']
    return [
        reply.words(), environ['wsgi.errors'].getvalue(),
        *map(planted.record_text, sinks['records'].records),
        *sinks['lines'].lines, *sinks['json'].lines,
        *(repr(record) for record in observed),
        repr(environ['errorkit.context']), str(environ['errorkit.context']),
        repr(errorkit.MultiError([record.error for record in observed]
                                 or [CONFLICT])),
    ]


@pytest.mark.parametrize('encoding', planted.ENCODINGS)
@pytest.mark.parametrize('kind', REQUESTS)
@pytest.mark.parametrize('name', APPLICATIONS)
def test_no_secret_of_a_request_leaves_the_process(
        name, kind, encoding, sinks):
    wrapped = stack(APPLICATIONS[name], sinks)
    environ = make_environ('POST', '/v3/volumes', **REQUESTS[kind])
    secrets = planted.request(encoding, environ)
    reply = run(wrapped, environ)
    fault_wrapper = wrapped.application.application
    assert fault_wrapper.observers.flush()
    texts = texts_of(sinks, reply, environ)
    # An id is refused before the request is logged.
    assert kind == 'bad id' or any('limit=10' in text for text in texts)
    for secret in secrets:
        assert not secret.is_in(*texts), secret


QUERIES = [
    'token={}', 'token={}&limit=1', 'limit=1&token={}', '{}', '{}=',
    '{}==', 'limit=1&{}', 'limit=1;token={}', 'token={};limit=1',
    'limit=1%3Btoken={}', 'limit=1%26token={}', 'pass%77ord={}', 'TOKEN={}',
    '&&token={}', '=token={}', 'token=={}', '={}', 'token={}&token={}',
    'a[password]={}', 'user.password={}', 'limit%3D={}', 'limit ={}',
    'limit\x00={}', 'LIMIT={}', 'token={}\n', f'{"a" * 2040}&token={{}}',
    f'x={"a" * 2060}&token={{}}', 'limit=1&' * 255 + 'token={}',
    'token={}' + '&limit=1' * 300, 'marker=a&limit=1&status=x&token={}',
    'X-Amz-Signature={}', 'api_key={}', 'access_token={}', 'sig={}',
    'token={}=x', 'limit=1=token={}', 'token%3D{}', 'token:{}', '?token={}',
    'url=http%3A%2F%2Fa%3A{}%40b%2F',
]


@pytest.mark.parametrize('encoding', planted.ENCODINGS)
@pytest.mark.parametrize('query', QUERIES)
def test_a_secret_anywhere_in_a_query_string_is_masked(
        query, encoding, sinks):
    secret = planted.Secret(42, encoding)
    environ = make_environ(query=query.replace('{}', secret.text))
    environ['wsgi.input'] = io.BytesIO(b'{}')
    reply = run(stack(broken, sinks), environ)
    assert reply.status == 500
    assert not secret.is_in(*texts_of(sinks, reply, environ))


@pytest.mark.parametrize('level', [logging.INFO, logging.DEBUG])
def test_a_secret_in_an_invalid_id_is_cut_and_never_sent_back(level, sinks):
    secret = planted.Secret(43)
    logging.getLogger('errorkit').setLevel(level)
    wrapped = errorkit.wrap(fine, service_type='volume')
    environ = make_environ(X_OPENSTACK_REQUEST_ID=secret.text)
    assert not secret.is_in(*texts_of(sinks, run(wrapped, environ), environ))
