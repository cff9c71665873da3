# SPDX-License-Identifier: Apache-2.0
"""Small WSGI applications, one behaviour each, and a strict server for them.

``serve`` does with an application what PEP 3333 asks of a server, and fails a
test whose application or middleware breaks a rule. What the application did
and what was done to its body is in ``environ[SEEN]``.
"""

import contextlib
import io
import json
import logging
import sys
import wsgiref.util

import errorkit
import errorkit.log

SEEN = 'test.seen'
TEXT = [('Content-Type', 'text/plain; charset=utf-8')]
REQUEST_ID = 'X-Openstack-Request-Id'

#: Applications whose answer is a good one.
SOUND = {}
#: Applications that fail before the first byte of their body is out.
FAILING_EARLY = {}
#: Applications that fail when a part of their body is out.
FAILING_LATE = {}


class Boom(Exception):
    """The bug of the failing applications; its text is nobody's business."""


def class_of(value):
    """Return the name of a parameter in a test's id, the same in each run."""
    return type(value).__name__


class Seen:
    """What an application did for one request, and what was done to it."""

    def __init__(self):
        self.bodies = 0
        self.pulled = 0
        self.closed = 0


def request(path='/', method='GET', query='', **more):
    """Return the environ of a request.

    ``accept='*/*'`` sets HTTP_ACCEPT; a name in capitals, or with a dot in
    it, is set as it is.
    """
    environ = {
        'REQUEST_METHOD': method,
        'SCRIPT_NAME': '',
        'PATH_INFO': path,
        'QUERY_STRING': query,
        'REMOTE_ADDR': '192.0.2.7',
        'wsgi.file_wrapper': wsgiref.util.FileWrapper,
        'wsgi.input': io.BytesIO(),
        'wsgi.errors': io.StringIO(),
        SEEN: Seen(),
    }
    wsgiref.util.setup_testing_defaults(environ)
    for name, value in more.items():
        as_it_is = name.isupper() or '.' in name
        environ[name if as_it_is else f'HTTP_{name.upper()}'] = value
    return environ


class Exchange:
    """One request, handled by a server that takes one step at a time."""

    def __init__(self, application, environ=None):
        self.application = application
        self.environ = request() if environ is None else environ
        self.seen = self.environ.setdefault(SEEN, Seen())
        self.status = None
        self.headers = None
        self.chunks = []
        self.starts = 0
        self.sent = False
        #: What escaped to the server, and what its close() raised.
        self.raised = None
        self.raised_by_close = None
        #: Broken rules. They are kept, for middleware may catch what is
        #: raised.
        self.broken = []
        self._body = None
        self._chunks = None

    def _require(self, true, rule):
        if not true:
            self.broken.append(rule)
            raise AssertionError(rule)

    def start_response(self, status, headers, exc_info=None):
        """Be the server's start_response."""
        self.starts += 1
        try:
            if exc_info is None:
                self._require(self.status is None,
                              'a second start needs exc_info')
            elif self.sent:
                raise exc_info[1].with_traceback(exc_info[2])
        finally:
            exc_info = None
        self._require(type(status) is str, 'the status is a str')
        self._require(type(headers) is list, 'the headers are a list')
        self.status, self.headers = status, list(headers)
        return self._send

    def _send(self, data):
        self._require(self.status is not None, 'start_response comes first')
        self._require(type(data) is bytes, 'chunks are bytes')
        if data:
            self.sent = True
            self.chunks.append(data)

    def call(self):
        """Call the application."""
        self._body = self.application(self.environ, self.start_response)

    def step(self):
        """Ask for one chunk; return False at the end of the body."""
        if self._chunks is None:
            self._chunks = iter(self._body)
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._require(self.status is not None,
                          'start_response comes before the end')
            return False
        self._send(chunk)
        return True

    def close(self):
        """Close the body, if there is one and it can be closed."""
        if hasattr(self._body, 'close'):
            self._body.close()

    def drop(self):
        """Forget the body, as a server does that never closes it."""
        self._body = self._chunks = None

    @property
    def code(self):
        """The status, a number."""
        return int(self.status[:3])

    @property
    def body(self):
        """All that was sent."""
        return b''.join(self.chunks)

    @property
    def errors(self):
        """The entries of errors[]."""
        return json.loads(self.body)['errors']

    def all_of(self, name):
        """Return every value of a header."""
        return [value for found, value in self.headers
                if found.lower() == name.lower()]

    def header(self, name):
        """Return the value of a header that is there once, or None."""
        values = self.all_of(name)
        assert len(values) < 2, f'{name} is there {len(values)} times'
        return values[0] if values else None

    @property
    def request_id(self):
        """The request id of the response."""
        return self.header(REQUEST_ID)


def serve(application, environ=None, *, take=None, closes=1):
    """Serve one request and return the Exchange.

    :param take: ask for so many chunks only, as for a client that went away
    :param closes: how often the body is closed; 0 leaves that to Python
    """
    exchange = Exchange(application, environ)
    try:
        exchange.call()
        while take is None or take > 0:
            if not exchange.step():
                break
            take = None if take is None else take - 1
    except BaseException as exc:
        exchange.raised = exc
    try:
        for _ in range(closes):
            exchange.close()
    except BaseException as exc:
        exchange.raised_by_close = exc
    exchange.drop()
    # A traceback has frames that hold the body, and this one the exchange:
    # else a body is closed, and logged, when another test runs.
    for raised in (exchange.raised, exchange.raised_by_close):
        if raised is not None:
            BaseException.with_traceback(raised, None)
    assert not exchange.broken, exchange.broken
    return exchange


class Records(logging.Handler):
    """Keeps the log records, with the ids that ContextFilter gives them."""

    def __init__(self):
        super().__init__()
        self.addFilter(errorkit.log.ContextFilter())
        self.kept = []

    def emit(self, record):
        """Keep a record."""
        self.kept.append(record)

    def of(self, logger, level=logging.DEBUG):
        """Return the records of a logger, from a level on."""
        return [record for record in self.kept
                if record.name == logger and record.levelno >= level]


@contextlib.contextmanager
def recorded(level=logging.DEBUG):
    """Keep what is logged meanwhile, by whomever."""
    records, root = Records(), logging.getLogger()
    before = root.level
    root.addHandler(records)
    root.setLevel(level)
    try:
        yield records
    finally:
        root.setLevel(before)
        root.removeHandler(records)


#: Each middleware alone, and the stack; a function from app to app.
STACKS = {
    'RequestId': errorkit.RequestId,
    'RequestLog': errorkit.RequestLog,
    'FaultWrapper': lambda app: errorkit.FaultWrapper(
        app, service_type='volume'),
    'Context': errorkit.Context,
    'Microversion': lambda app: errorkit.Microversion(
        app, service_type='volume', versions='3.0-3.9'),
    'wrap': lambda app: errorkit.wrap(
        app, service_type='volume', versions='3.0-3.9'),
    'wrap without versions': lambda app: errorkit.wrap(
        app, service_type='volume'),
    'wrap with auth': lambda app: errorkit.wrap(
        app, service_type='volume', versions='3.0-3.9', auth=passing),
}
#: Those of them that answer for an application that fails.
ANSWERING = [name for name in STACKS
             if name == 'FaultWrapper' or name.startswith('wrap')]


def passing(application):
    """Be an auth layer that lets everybody pass."""
    def layer(environ, start_response):
        return application(environ, start_response)
    return layer


class Watched:
    """A body that notes how far it was read and how often it was closed."""

    def __init__(self, environ, chunks, failing=None):
        self._seen = environ[SEEN]
        self._seen.bodies += 1
        self._chunks = iter(chunks)
        self._failing = failing

    def __iter__(self):
        return self

    def __next__(self):
        chunk = next(self._chunks)
        self._seen.pulled += 1
        return chunk

    def close(self):
        """Note it, and raise if that is what this body is for."""
        self._seen.closed += 1
        if self._failing is not None:
            raise self._failing


class Sized(Watched):
    """The same, and it knows how many chunks it has."""

    def __init__(self, environ, chunks):
        super().__init__(environ, chunks)
        self._length = len(chunks)

    def __len__(self):
        return self._length


def in_(table):
    """Add the application below to a table, under its own name."""
    def add(application):
        table[application.__name__] = application
        return application
    return add


def failing_after(*chunks):
    """Yield these chunks and fail."""
    yield from chunks
    raise Boom('secret')


# -- they answer

@in_(SOUND)
def a_list(environ, start_response):
    start_response('200 OK', [*TEXT, ('Content-Length', '5')])
    return [b'he', b'llo']


@in_(SOUND)
def a_tuple(environ, start_response):
    start_response('200 OK', TEXT[:])
    return b'he', b'llo'


@in_(SOUND)
def a_streamed_body(environ, start_response):
    start_response('200 OK', TEXT[:])
    return Watched(environ, [b'1', b'2', b'3', b'4', b'5'])


@in_(SOUND)
def a_generator(environ, start_response):
    def chunks():
        environ[SEEN].bodies += 1
        try:
            for chunk in (b'1', b'2', b'3', b'4', b'5'):
                environ[SEEN].pulled += 1
                yield chunk
        finally:
            environ[SEEN].closed += 1
    start_response('200 OK', TEXT[:])
    return chunks()


@in_(SOUND)
def a_lazy_generator(environ, start_response):
    environ[SEEN].bodies += 1
    try:
        start_response('200 OK', TEXT[:])
        yield b'late '
        yield b'start'
    finally:
        environ[SEEN].closed += 1


class File(io.BytesIO):
    """A file that notes how often it was closed."""

    def __init__(self, environ, data):
        super().__init__(data)
        self._seen = environ[SEEN]
        self._seen.bodies += 1

    def close(self):
        """Note it, and close the file."""
        self._seen.closed += 1
        super().close()


@in_(SOUND)
def a_file(environ, start_response):
    start_response('200 OK', TEXT[:])
    return environ['wsgi.file_wrapper'](
        File(environ, b'a file of its own'), 4)


@in_(SOUND)
def one_write(environ, start_response):
    start_response('200 OK', TEXT[:])(b'written')
    return []


@in_(SOUND)
def writes_and_a_body(environ, start_response):
    write = start_response('200 OK', TEXT[:])
    write(b'first ')
    write(b'second ')
    return Watched(environ, [b'third'])


@in_(SOUND)
def one_write_and_a_body(environ, start_response):
    start_response('201 Created', TEXT[:])(b'first ')
    return Watched(environ, [b'second'])


@in_(SOUND)
def no_chunks(environ, start_response):
    start_response('200 OK', [*TEXT, ('Content-Length', '0')])
    return []


@in_(SOUND)
def no_chunks_streamed(environ, start_response):
    start_response('200 OK', TEXT[:])
    return Watched(environ, [])


@in_(SOUND)
def empty_chunks_first(environ, start_response):
    start_response('200 OK', TEXT[:])
    return Watched(environ, [b'', b'', b'data', b'', b'more'])


@in_(SOUND)
def an_empty_chunk_first_in_a_list(environ, start_response):
    start_response('200 OK', TEXT[:])
    return [b'', b'data']


@in_(SOUND)
def a_body_with_len(environ, start_response):
    start_response('200 OK', TEXT[:])
    return Sized(environ, [b'one'])


@in_(SOUND)
def no_body_to_head(environ, start_response):
    start_response('200 OK', [*TEXT, ('Content-Length', '5')])
    return [] if environ['REQUEST_METHOD'] == 'HEAD' else [b'hello']


@in_(SOUND)
def no_content(environ, start_response):
    start_response('204 No Content', [('X-Kept', 'yes')])
    return []


@in_(SOUND)
def not_modified(environ, start_response):
    start_response('304 Not Modified', [('ETag', '"v1"')])
    return Watched(environ, [])


@in_(SOUND)
def a_redirect(environ, start_response):
    start_response('302 Found', [*TEXT, ('Location', '/there')])
    return [b'over there']


SHARED = [*TEXT, ('X-Kept', 'yes')]


@in_(SOUND)
def the_same_header_list_each_time(environ, start_response):
    start_response('200 OK', SHARED)
    return [b'hello']


@in_(SOUND)
def many_headers(environ, start_response):
    start_response('200 OK', [
        *TEXT, ('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2'),
        ('Vary', 'Accept-Encoding'), ('X-Latin', 'caf\xe9')])
    return [b'hello']


@in_(SOUND)
def starts_again_before_the_first_chunk(environ, start_response):
    start_response('200 OK', [*TEXT, ('X-First', 'yes')])
    try:
        raise Boom('caught')
    except Boom:
        start_response('203 Second', TEXT[:], sys.exc_info())
    return Watched(environ, [b'second'])


# -- they fail before the first byte

@in_(FAILING_EARLY)
def raises_at_once(environ, start_response):
    raise Boom('secret')


@in_(FAILING_EARLY)
def raises_after_start(environ, start_response):
    start_response('200 OK', TEXT[:])
    raise Boom('secret')


@in_(FAILING_EARLY)
def raises_on_the_first_chunk(environ, start_response):
    start_response('200 OK', TEXT[:])
    return Watched(environ, failing_after())


@in_(FAILING_EARLY)
def raises_after_empty_chunks(environ, start_response):
    start_response('200 OK', TEXT[:])
    return Watched(environ, failing_after(b'', b''))


@in_(FAILING_EARLY)
def a_generator_raises_at_once(environ, start_response):
    environ[SEEN].bodies += 1
    try:
        yield from failing_after()
    finally:
        environ[SEEN].closed += 1


@in_(FAILING_EARLY)
def a_generator_raises_after_start(environ, start_response):
    environ[SEEN].bodies += 1
    try:
        start_response('200 OK', TEXT[:])
        yield from failing_after()
    finally:
        environ[SEEN].closed += 1


# -- they fail after it

@in_(FAILING_LATE)
def raises_after_a_chunk(environ, start_response):
    start_response('200 OK', TEXT[:])
    return Watched(environ, failing_after(b'0123456789'))


@in_(FAILING_LATE)
def a_generator_raises_after_a_chunk(environ, start_response):
    environ[SEEN].bodies += 1
    try:
        start_response('200 OK', TEXT[:])
        yield from failing_after(b'0123456789')
    finally:
        environ[SEEN].closed += 1


@in_(FAILING_LATE)
def raises_after_two_writes(environ, start_response):
    write = start_response('200 OK', TEXT[:])
    write(b'01234')
    write(b'56789')
    raise Boom('secret')


@in_(FAILING_LATE)
def starts_again_after_a_chunk(environ, start_response):
    environ[SEEN].bodies += 1
    try:
        start_response('200 OK', TEXT[:])
        yield b'0123456789'
        try:
            raise Boom('secret')
        except Boom:
            start_response('500 Second', TEXT[:], sys.exc_info())
        yield b'never'
    finally:
        environ[SEEN].closed += 1


# -- they fail in their own ways

def raises_in_close(environ, start_response):
    """Send all there is, and fail when closed."""
    start_response('200 OK', TEXT[:])
    return Watched(environ, [b'01234', b'56789'], Boom('secret'))


def raises_when_iterated(environ, start_response):
    """Return a body that cannot even give an iterator."""
    class Unready(Watched):
        def __iter__(self):
            raise Boom('secret')

    start_response('200 OK', TEXT[:])
    return Unready(environ, [])


def raises_after_one_write(environ, start_response):
    """Fail after a chunk that a server need not have sent yet."""
    start_response('200 OK', TEXT[:])(b'0123456789')
    raise Boom('secret')


def raising(exception, *chunks, start=True):
    """Return an application that streams these chunks and raises."""
    def application(environ, start_response):
        if start:
            start_response('200 OK', TEXT[:])

        def body():
            yield from chunks
            raise exception

        return Watched(environ, body())
    return application


def raising_at_once(exception):
    """Return an application that raises."""
    def application(environ, start_response):
        raise exception
    return application
