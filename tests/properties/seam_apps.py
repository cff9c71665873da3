# SPDX-License-Identifier: Apache-2.0
"""Every kind of request that a seam can fail under."""

import webob.dec
import webob.exc
from strategies import BROWSER

import errorkit


class Chunks:
    """A body that can fail in all its parts, and is closed once."""

    def __init__(self, environ, *chunks):
        self.fail = environ['test.fail']
        self.left = list(chunks)
        self.closed = 0
        environ['test.bodies'].append(self)

    def __iter__(self):
        self.fail('iter')
        return self

    def __next__(self):
        self.fail('next')
        if not self.left:
            raise StopIteration
        chunk = self.left.pop(0)
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    def close(self):
        """Count."""
        self.closed += 1
        self.fail('close')


HEADERS = [('Content-Type', 'text/plain')]


def listed(environ, start_response):
    """Answer with a list."""
    start_response('200 OK', HEADERS[:])
    return [b'one', b'two']


def streamed(environ, start_response):
    """Answer with an iterable."""
    start_response('200 OK', HEADERS[:])
    return Chunks(environ, b'', b'one', b'two')


def lazy(environ, start_response):
    """Begin when the body is first asked for."""
    def body():
        start_response('200 OK', HEADERS[:])
        yield b'one'
        yield b'two'
    return body()


def written(environ, start_response):
    """Use what start_response returns."""
    write = start_response('200 OK', HEADERS[:])
    write(b'one')
    write(b'two')
    return Chunks(environ, b'three')


def empty(environ, start_response):
    """Answer without a body."""
    start_response('204 No Content', [])
    return Chunks(environ)


@webob.dec.wsgify
def conflict(request):
    """Raise under webob's decorator."""
    raise webob.exc.HTTPConflict('a < b', comment='volume.exists')


@errorkit.wsgify
def our_conflict(request):
    """Raise under ours."""
    raise webob.exc.HTTPConflict('a < b', comment='volume.exists')


@errorkit.wsgify
def undeclared(request):
    """Raise with a code that is in no catalog."""
    raise webob.exc.HTTPConflict('a < b', comment='volume.undeclared')


@webob.dec.wsgify
def commented(request):
    """Raise with a comment that is no code."""
    raise webob.exc.HTTPConflict('a < b', comment='not a code')


def named(environ, start_response):
    """Answer with a request id of another service."""
    start_response('200 OK', [*HEADERS, ('X-Openstack-Request-Id', 'other'),
                              ('Access-Control-Allow-Origin', '*')])
    return [b'one']


@errorkit.wsgify
def several(request):
    """Raise two errors."""
    raise errorkit.MultiError([webob.exc.HTTPBadRequest('one'),
                               errorkit.Error(400, 'Two', 'two', links=(
                                   ('help', 'https://docs.example/'),))])


@webob.dec.wsgify
def moved(request):
    """Send the client elsewhere."""
    raise webob.exc.HTTPFound(location='http://localhost/there')


def bug(environ, start_response):
    """Fail at once."""
    raise LookupError('a bug')


def late_bug(environ, start_response):
    """Fail after a start."""
    start_response('200 OK', HEADERS[:])
    raise LookupError('a bug')


def first_bug(environ, start_response):
    """Fail on the first chunk."""
    start_response('200 OK', HEADERS[:])
    return Chunks(environ, b'', LookupError('a bug'))


def middle_bug(environ, start_response):
    """Fail after a chunk."""
    start_response('200 OK', HEADERS[:])
    return Chunks(environ, b'one', LookupError('a bug'))


GLOBAL_ID = 'req-01234567-89ab-4cde-8f01-23456789abcd'

#: The application, the method and the headers of each kind of request.
KINDS = {
    'list': (listed, 'GET', {}),
    'stream': (streamed, 'GET', {}),
    'lazy': (lazy, 'GET', {}),
    'write': (written, 'GET', {}),
    'empty': (empty, 'GET', {}),
    'head': (listed, 'HEAD', {}),
    'redirect': (moved, 'GET', {}),
    'id of another service': (named, 'GET', {}),
    'webob error': (conflict, 'GET', {}),
    'our error': (our_conflict, 'GET', {}),
    'no code': (commented, 'GET', {}),
    'undeclared code': (undeclared, 'GET', {}),
    'error as html': (our_conflict, 'GET', {'ACCEPT': BROWSER}),
    'error as text': (conflict, 'GET', {'ACCEPT': 'text/plain'}),
    'error of head': (our_conflict, 'HEAD', {}),
    'several errors': (several, 'POST', {}),
    'bad version': (listed, 'GET', {'OPENSTACK_API_VERSION': 'volume x'}),
    'no such version': (
        listed, 'GET', {'OPENSTACK_API_VERSION': 'volume 9.9'}),
    'ignored id': (listed, 'GET', {'X_OPENSTACK_REQUEST_ID': 'req-1'}),
    'warned id': (listed, 'GET', {'X_OPENSTACK_REQUEST_ID': 'req-1'}),
    'rejected id': (listed, 'GET', {'X_OPENSTACK_REQUEST_ID': 'req-1'}),
    'untrusted id': (listed, 'GET', {'X_OPENSTACK_REQUEST_ID': GLOBAL_ID}),
    'bug': (bug, 'GET', {}),
    'late bug': (late_bug, 'GET', {}),
    'bug in the first chunk': (first_bug, 'GET', {}),
    'bug in the middle': (middle_bug, 'GET', {}),
}
OPTIONS = {
    'warned id': {'on_invalid': 'warn'},
    'rejected id': {'on_invalid': 'reject'},
    'untrusted id': {'trust': ['10.0.0.0/8']},
}
