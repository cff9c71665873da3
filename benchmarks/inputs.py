# SPDX-License-Identifier: Apache-2.0
"""What every contender is given: a request, an application, a log."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

import microversion_parse
import webob.exc
from adapter import SERVICE_TYPE, VERSIONS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from webob import Request, Response

VERSION = '1.23'
GLOBAL_ID = 'req-0b6c1f3e-58d2-4a97-9c64-e1f7a3d28b05'
USER_ID = 'c9f1' * 8
PATH = '/allocations/5a3e7c10'
# Every uncaught exception says it; no client may read it.
PRIVATE = 'no route to the database at 192.0.2.7'
CONFLICT = {
    'code': 'placement.inventory.inuse',
    'status': 409,
    'detail': 'Inventory of MEMORY_MB on 5a3e7c10 is in use.',
}
OK_BODY = b'{"allocations": {}, "consumer_generation": 1}'


class Sink(io.TextIOBase):
    """A stream that takes everything and counts the writes."""

    def __init__(self) -> None:
        self.writes = 0

    def write(self, text: str, /) -> int:
        """Count, and forget the text."""
        self.writes += 1
        return len(text)

    def flush(self) -> None:
        """Do nothing: there is nothing to flush."""


SINK = Sink()


def formatter(kind: str) -> logging.Formatter:
    """Return the log formatter of this name: ``stdlib`` or ``oslo.log``.

    :raises ImportError: it is not installed
    """
    if kind == 'stdlib':
        return logging.Formatter(
            '%(asctime)s %(process)d %(levelname)s %(name)s %(message)s'
        )
    from oslo_config import cfg
    from oslo_log import formatters
    from oslo_log import log as oslo_log

    conf = cfg.ConfigOpts()
    oslo_log.register_options(conf)
    conf([], project='benchmark', default_config_files=[])
    made: logging.Formatter = formatters.ContextFormatter(
        project='benchmark', version='1', config=conf
    )
    return made


def log_to_sink(kind: str = 'stdlib') -> None:
    """Send all log records from INFO on to the sink, and nowhere else.

    :param kind: of the formatter
    :raises ImportError: it is not installed
    """
    handler = logging.StreamHandler(SINK)
    handler.setFormatter(formatter(kind))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


@contextlib.contextmanager
def logging_to(stream: TextIO) -> Iterator[None]:
    """Send to a stream, for a while, what goes to the sink."""
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    try:
        yield
    finally:
        handler.setStream(SINK)


# A request that an authentication layer has let through.
_REQUEST: dict[str, Any] = {
    'REQUEST_METHOD': 'GET',
    'SCRIPT_NAME': '',
    'PATH_INFO': PATH,
    'QUERY_STRING': 'limit=20',
    'RAW_URI': f'{PATH}?limit=20',
    'SERVER_NAME': '192.0.2.10',
    'SERVER_PORT': '8778',
    'SERVER_PROTOCOL': 'HTTP/1.1',
    'SERVER_SOFTWARE': 'gunicorn/23.0.0',
    'REMOTE_ADDR': '192.0.2.33',
    'REMOTE_PORT': '40312',
    'HTTP_HOST': '192.0.2.10:8778',
    'HTTP_ACCEPT': 'application/json',
    'HTTP_ACCEPT_ENCODING': 'gzip, deflate',
    'HTTP_CONNECTION': 'keep-alive',
    'HTTP_USER_AGENT': 'openstacksdk/4.0.0 keystoneauth1/5.8.0 CPython/3.11',
    'HTTP_OPENSTACK_API_VERSION': f'{SERVICE_TYPE} {VERSION}',
    'HTTP_X_OPENSTACK_REQUEST_ID': GLOBAL_ID,
    'HTTP_X_AUTH_TOKEN': 'gAAAAABn' + 'k' * 176,
    'HTTP_X_IDENTITY_STATUS': 'Confirmed',
    'HTTP_X_USER_ID': USER_ID,
    'HTTP_X_USER_NAME': 'nova',
    'HTTP_X_USER_DOMAIN_ID': 'default',
    'HTTP_X_USER_DOMAIN_NAME': 'Default',
    'HTTP_X_PROJECT_ID': '7d20' * 8,
    'HTTP_X_PROJECT_NAME': 'service',
    'HTTP_X_PROJECT_DOMAIN_ID': 'default',
    'HTTP_X_PROJECT_DOMAIN_NAME': 'Default',
    'HTTP_X_ROLES': 'admin,manager,member,reader',
    # Without it errorkit takes the headers above for the client's own, leaves
    # the user out of its context and would do less than its peers.
    'keystone.token_info': {'token': {'methods': ['password']}},
    'wsgi.version': (1, 0),
    'wsgi.url_scheme': 'http',
    'wsgi.errors': SINK,
    'wsgi.input_terminated': True,
    'wsgi.multithread': False,
    'wsgi.multiprocess': True,
    'wsgi.run_once': False,
}


def request() -> WSGIEnvironment:
    """Return the environ of a new request."""
    return {**_REQUEST, 'wsgi.input': io.BytesIO()}


_PARSED = microversion_parse.extract_version(
    {'openstack-api-version': f'{SERVICE_TYPE} {VERSION}'},
    SERVICE_TYPE,
    VERSIONS,
)


def request_in_stack() -> WSGIEnvironment:
    """Return the same as a handler inside a stack finds it."""
    return {
        **request(),
        'openstack.request_id': GLOBAL_ID,
        f'{SERVICE_TYPE}.microversion': _PARSED,
    }


def answers(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer 200 with a small body: the plain WSGI application."""
    start_response(
        '200 OK',
        [
            ('Content-Type', 'application/json'),
            ('Content-Length', str(len(OK_BODY))),
        ],
    )
    return [OK_BODY]


def raises(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Fail as a bug does, one call away: each frame costs everybody more."""
    return _connect(0)


def _connect(retries: int) -> Iterable[bytes]:
    raise ValueError(f'{PRIVATE}, retries: {retries}')


def streams(chunks: int, size: int = 1024) -> WSGIApplication:
    """Return an application whose body is a generator."""
    chunk = b's' * size

    def generate() -> Iterator[bytes]:
        for _ in range(chunks):
            yield chunk

    def application(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        start_response('200 OK', [('Content-Type', 'application/x-tar')])
        return generate()

    return application


Handler = Callable[['Request'], 'Response']


def fills(req: Request) -> Response:
    """Answer 200 the way placement's handlers do: a webob handler."""
    response = req.response
    response.status = 200
    response.content_type = 'application/json'
    response.body = OK_BODY
    return response


def conflicts(req: Request | None) -> Response:
    """Raise a 409 that has a code: a webob handler."""
    raise webob.exc.HTTPConflict(CONFLICT['detail'], comment=CONFLICT['code'])
