# SPDX-License-Identifier: Apache-2.0
"""The service under test: one path for each way an application can fail.

What it saw and did is written to the file named by MATRIX_EVIDENCE, one JSON
object per line: every log record with its request id, and `closed <name>`
whenever the server closed a body. Every text that must not leave the process
contains MATRIX_SECRET.
"""

import json
import logging
import os
import sys
import threading
import time
import urllib.parse

import webob.exc

import errorkit
import errorkit.log

SECRET = os.environ['MATRIX_SECRET']
LOG = logging.getLogger('matrix')
PATHS = {}


class Line(logging.Formatter):
    """One record as one line of JSON."""

    def format(self, record):
        fault = ''
        if record.exc_info and record.exc_info[0]:
            fault = self.formatException(record.exc_info)
        return json.dumps({
            'level': record.levelname,
            'logger': record.name,
            'request_id': record.request_id,
            'message': record.getMessage(),
            'fault': fault,
            'pid': record.process,
        })


class Unprintable(Exception):
    """An exception that fails when somebody looks at it."""

    def __str__(self):
        raise RuntimeError(f'no text, but {SECRET}')

    __repr__ = __str__


class OutOfTime(BaseException):
    """What a timeout of gevent looks like: no Exception, no exit."""


class Body:
    """An iterable whose close() leaves a line of evidence."""

    def __init__(self, name, chunks, close_error=None):
        self._name = name
        self._chunks = iter(chunks)
        self._close_error = close_error

    def __iter__(self):
        return self._chunks

    def close(self):
        LOG.info('closed %s', self._name)
        if self._close_error is not None:
            raise self._close_error


def path(name):
    """Serve /<name> with the function below."""
    def register(function):
        PATHS['/' + name] = function
        return function
    return register


def options(environ):
    """The query, as a plain dict."""
    return dict(urllib.parse.parse_qsl(environ.get('QUERY_STRING', '')))


def fail(error):
    """A body that fails before its first byte."""
    raise error
    yield b''  # makes this function a generator


def ten_and_fail():
    """A body that fails after its first ten bytes."""
    yield b'0123456789'
    raise ValueError(SECRET)


# Failures before the first byte.

@path('before')
def before(environ, start_response):
    raise ValueError(SECRET)


@path('after_sr')
def after_start_response(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    raise ValueError(SECRET)


@path('first_iter')
def first_iteration(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return Body('first_iter', fail(ValueError(SECRET)))


@path('lazy_sr')
def lazy_start_response(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    raise ValueError(SECRET)
    yield b''  # a generator: start_response too is called only when iterated


@path('write_raise')
def write_and_raise(environ, start_response):
    write = start_response('200 OK', [('Content-Type', 'text/plain')])
    write(b'0123456789')
    raise ValueError(SECRET)


@path('bad_str')
def bad_str(environ, start_response):
    raise Unprintable


@path('surrogate')
def surrogate(environ, start_response):
    raise ValueError(f'{SECRET} \ud800 \x00 \r\nX-Evil: 1\r\n\r\n{SECRET}')


def leave(environ, start_response, error):
    """Raise, if asked to in this kind of thread only."""
    here = 'other'
    if threading.current_thread() is threading.main_thread():
        here = 'main'
    if options(environ).get('thread', here) != here:
        start_response('409 Conflict', [('X-Errorkit', 'pass'),
                                        ('X-Wrong-Thread', here),
                                        ('Content-Length', '0')])
        return [b'']
    LOG.info('thread %s', here)
    raise error


@path('exit')
def leave_by_exit(environ, start_response):
    return leave(environ, start_response, SystemExit(3))


@path('interrupt')
def leave_by_interrupt(environ, start_response):
    return leave(environ, start_response, KeyboardInterrupt(SECRET))


@path('generator_exit')
def generator_exit(environ, start_response):
    raise GeneratorExit(SECRET)


@path('timeout')
def out_of_time(environ, start_response):
    raise OutOfTime(SECRET)


# Failures in the body.

@path('mid_length')
def fail_with_length(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'),
                              ('Content-Length', '30')])
    return Body('mid_length', ten_and_fail())


@path('mid_chunked')
def fail_without_length(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return Body('mid_chunked', ten_and_fail())


@path('close_raises')
def fail_in_close(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'),
                              ('Content-Length', '10')])
    return Body('close_raises', [b'0123456789'], ValueError(SECRET))


@path('reset')
def long_body(environ, start_response):
    # More than any buffer between here and the client holds, so that the
    # server must notice that nobody reads any more.
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return Body('reset', (b'x' * 65536 for _ in range(1600)))


# What works.

@path('ok')
def fine(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'),
                              ('Content-Length', '2')])
    return [b'' if environ['REQUEST_METHOD'] == 'HEAD' else b'ok']


@path('stream')
def stream(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return Body('stream', (b'%04d\n' % n for n in range(1000)))


@path('slow')
def slow(environ, start_response):
    """The second chunk is made only when the client has seen the first."""
    seen = os.environ['MATRIX_EVIDENCE'] + '.seen'

    def chunks():
        yield b'first '
        for _ in range(250):
            if os.path.exists(seen):
                os.unlink(seen)
                yield b'second'
                return
            time.sleep(0.02)
        yield b'too late'
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return Body('slow', chunks())


@path('tagged')
def tagged(environ, start_response):
    """A body that leaves a line of evidence at each of its steps."""
    tag = options(environ)['tag']

    def chunks():
        for step in range(4):
            LOG.info('tag %s step %d', tag, step)
            time.sleep(0.01)
            yield b'%d' % step
    LOG.info('tag %s called', tag)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return Body(f'tag {tag} at its end', chunks())


@path('hang')
def hang(environ, start_response):
    time.sleep(60)
    raise AssertionError('the server has let a worker hang for a minute')


@path('file')
def own_source(environ, start_response):
    # Whoever gets the file closes it: the server, or errorkit for it.
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return environ.get('wsgi.file_wrapper', iter)(open(__file__, 'rb'))


@path('nothing')
def no_content(environ, start_response):
    start_response('204 No Content', [])
    return [b'']


@path('same')
def not_modified(environ, start_response):
    start_response('304 Not Modified', [('ETag', '"1"')])
    return [b'']


@path('read')
def count_what_was_sent(environ, start_response):
    length = int(environ.get('CONTENT_LENGTH') or 0)
    answer = b'%d' % len(environ['wsgi.input'].read(length))
    start_response('200 OK', [('Content-Type', 'text/plain'),
                              ('Content-Length', str(len(answer)))])
    return [answer]


@path('read_and_fail')
def read_and_fail(environ, start_response):
    length = int(environ.get('CONTENT_LENGTH') or 0)
    raise ValueError(SECRET, environ['wsgi.input'].read(length))


@path('missing')
def missing(environ, start_response):
    raise webob.exc.HTTPNotFound('There is no such thing.',
                                 comment='matrix.thing.missing')


@path('hostile')
def hostile(environ, start_response):
    """One bad character in a header's name, its value or a status line."""
    asked = options(environ)
    text = f'a{chr(int(asked["point"]))}X-Evil: 1'
    headers = [('Content-Type', 'text/plain')]
    title = 'Bad Request'
    if asked['where'] == 'name':
        headers.append((text, 'value'))
    elif asked['where'] == 'value':
        headers.append(('X-Name', text))
    else:
        title = text
    if asked['how'] == 'answered':
        start_response(f'200 {title}', headers)
        return [b'ok']
    kind = type('Hostile', (webob.exc.HTTPBadRequest,), {'title': title})
    raise kind('A bad thing.', headers=headers[1:])


def service(environ, start_response):
    """The plain WSGI application; it knows nothing of errorkit."""
    function = PATHS.get(environ['PATH_INFO'])
    if function is None:
        raise webob.exc.HTTPNotFound('No such path.')
    return function(environ, start_response)


def keep_evidence():
    """Write every log record of this process to the evidence."""
    handler = logging.FileHandler(os.environ['MATRIX_EVIDENCE'], 'a', 'utf-8')
    handler.setFormatter(Line())
    handler.addFilter(errorkit.log.ContextFilter())
    logging.getLogger().addHandler(handler)
    for name in 'matrix', 'errorkit':
        logging.getLogger(name).setLevel(logging.INFO)


keep_evidence()
application = errorkit.wrap(service, service_type='matrix',
                            versions='1.0-1.5')
LOG.info('started under Python %d.%d', *sys.version_info[:2])
