# SPDX-License-Identifier: Apache-2.0
"""A strict WSGI server of a few lines, and small applications for it."""

import dataclasses
import io
import json
import re

ID_HEADER = 'X-Openstack-Request-Id'
CLEAN = re.compile('[\t -~\x80-\xff]*')


@dataclasses.dataclass
class Reply:
    """What a server would have sent, and what came out of the application."""

    status: int | None = None
    line: str | None = None
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    body: bytes = b''
    starts: int = 0
    raised: BaseException | None = None

    def all(self, name):
        """Return every value of a header."""
        wanted = name.lower()
        return [value for key, value in self.headers
                if key.lower() == wanted]

    def one(self, name):
        """Return the value of a header that is there exactly once."""
        values = self.all(name)
        assert len(values) == 1, (name, values)
        return values[0]

    @property
    def error(self):
        """Return the first of ``errors[]``."""
        return json.loads(self.body)['errors'][0]

    def words(self):
        """Return everything a client sees, as one latin-1 text."""
        lines = [f'{name}: {value}' for name, value in self.headers]
        return '\n'.join([self.line or '', *lines,
                          self.body.decode('latin-1')])


class SmallInput:
    """A request body that nothing but the application may read."""

    def read(self, *args):
        """Fail: handling an error never reads the request."""
        raise AssertionError('wsgi.input was read')

    readline = readlines = __iter__ = read


def make_environ(method='GET', path='/', query='', **headers):
    """Return a request; headers are named as in environ, less ``HTTP_``."""
    environ = {
        'REQUEST_METHOD': method,
        'SCRIPT_NAME': '',
        'PATH_INFO': path,
        'QUERY_STRING': query,
        'SERVER_NAME': 'localhost',
        'SERVER_PORT': '80',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'REMOTE_ADDR': '192.0.2.7',
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': 'http',
        'wsgi.input': SmallInput(),
        'wsgi.errors': io.StringIO(),
        'wsgi.multithread': True,
        'wsgi.multiprocess': False,
        'wsgi.run_once': False,
    }
    for name, value in headers.items():
        if value is not None:
            environ[f'HTTP_{name}'] = value
    return environ


def is_clean(text):
    """Tell whether a status line or header value can be sent as it is."""
    return CLEAN.fullmatch(text) is not None


def run(application, environ, fail=lambda seam: None):
    """Serve one request as PEP 3333 says and insist on it.

    What the application raises is in ``raised``.

    :param fail: called where a server may fail, with the name of the place
    """
    reply = Reply()
    chunks = []

    def write(data):
        fail('write')
        chunks.append(data)

    def start_response(status, headers, exc_info=None):
        fail('start_response')
        assert type(status) is str and type(headers) is list
        assert not reply.starts or exc_info is not None
        if exc_info is not None and chunks:
            raise exc_info[1].with_traceback(exc_info[2])
        assert is_clean(status) and status[3] == ' '
        for name, value in headers:
            assert type(name) is str and name.isascii() and name, name
            assert isinstance(value, str) and is_clean(value), (name, value)
        reply.starts += 1
        reply.status, reply.line = int(status[:3]), status
        reply.headers = list(headers)
        return write

    body = None
    try:
        body = application(environ, start_response)
        for chunk in body:
            assert type(chunk) is bytes and reply.starts
            chunks.append(chunk)
        assert reply.starts
    except AssertionError:
        raise
    except BaseException as exc:
        reply.raised = exc
    finally:
        if hasattr(body, 'close'):
            body.close()
    reply.body = b''.join(chunks)
    return reply
