# SPDX-License-Identifier: Apache-2.0
"""Who errorkit is measured against: its peers, and floors made by hand.

A peer is built as its own project wires it. Each function imports what it
needs, so that a peer which is not installed is only missing from the table.

A floor does the least that any implementation must, and too little for a
service: it makes the id, says the line, encodes the body; it validates
nothing, guards nothing, and knows no context and no microversion.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import webob
import webob.exc
from adapter import SERVICE_TYPE
from inputs import VERSION, Handler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOG = logging.getLogger('floor')
LINE = '%s "%s %s?%s" status: %s len: %s microversion: %s'
VERSION_HEADERS = [
    ('OpenStack-API-Version', f'{SERVICE_TYPE} {VERSION}'),
    ('Vary', 'OpenStack-API-Version'),
]
_VARIANT = {digit: '89ab'[int(digit, 16) % 4] for digit in '0123456789abcdef'}


def _new_id() -> str:
    """Return ``req-`` and a UUID4, without the detour over a UUID object."""
    # Dashes after 8 and 20 digits; the other two stand where digits give way
    # to the version and the variant.
    text = os.urandom(16).hex('-', 6)
    return f'req-{text[:13]}-4{text[14:17]}-{_VARIANT[text[17]]}{text[18:]}'


def _say(level: int, message: str, args: Any, exc_info: Any = None) -> None:
    """Log without looking for the caller, as whoever is in a hurry may."""
    LOG.handle(
        LOG.makeRecord(LOG.name, level, __file__, 0, message, args, exc_info)
    )


def _respond(
    start_response: StartResponse, status: str, error: dict[str, Any]
) -> list[bytes]:
    body = json.dumps({'errors': [error]}).encode()
    start_response(
        status,
        [
            ('Content-Type', 'application/json'),
            ('Content-Length', str(len(body))),
        ],
    )
    return [body]


def floor_id(app: WSGIApplication) -> WSGIApplication:
    """Return the application with an id in environ and in the headers."""

    def floor(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        made = environ['openstack.request_id'] = _new_id()

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            headers.append(('X-Openstack-Request-Id', made))
            return start_response(status, headers)

        return app(environ, start)

    return floor


def floor_stack(app: WSGIApplication) -> WSGIApplication:
    """Return the same with one log line and the version's headers."""

    def floor(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        made = environ['openstack.request_id'] = _new_id()

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            headers += VERSION_HEADERS
            headers.append(('X-Openstack-Request-Id', made))
            _say(
                logging.INFO,
                LINE,
                (
                    environ['REMOTE_ADDR'],
                    environ['REQUEST_METHOD'],
                    environ['PATH_INFO'],
                    environ['QUERY_STRING'],
                    status[:3],
                    headers[1][1],
                    VERSION,
                ),
            )
            return start_response(status, headers)

        return app(environ, start)

    return floor


def floor_handler(func: Handler) -> WSGIApplication:
    """Return a webob handler with webob's two objects and nothing more."""

    def floor(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = webob.Request(environ)
        request.response = webob.Response()
        answer: Iterable[bytes] = func(request)(environ, start_response)
        return answer

    return floor


def floor_error(func: Handler) -> WSGIApplication:
    """Return a handler that raises, its error encoded.

    The exception is part of the interface and has to be made; a request
    object has not, when the handler never looks at it.
    """

    def floor(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            func(None)
        except webob.exc.HTTPException as exc:
            return _respond(
                start_response,
                exc.status,
                {
                    'code': exc.comment,
                    'status': exc.code,
                    'title': exc.title,
                    'detail': exc.detail,
                    'request_id': environ['openstack.request_id'],
                },
            )
        raise AssertionError('the handler raised no error')

    return floor


def floor_fault(app: WSGIApplication) -> WSGIApplication:
    """Return the application with its exceptions logged and answered."""

    def floor(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except Exception:
            kind, exc, frames = sys.exc_info()
            # The first frame is this function's and says nothing.
            inner = frames.tb_next if frames else None
            _say(logging.ERROR, 'unexpected error', (), (kind, exc, inner))
            return _respond(
                start_response,
                '500 Internal Server Error',
                {'status': 500, 'title': 'Internal Server Error'},
            )

    return floor


def oslo_request_id(app: WSGIApplication) -> Any:
    """Return the application in oslo.middleware's RequestId."""
    from oslo_middleware import request_id

    return request_id.RequestId(app)


def oslo_catch_errors(app: WSGIApplication) -> Any:
    """Return the application in oslo.middleware's CatchErrors."""
    from oslo_middleware import catch_errors

    return catch_errors.CatchErrors(app)


def placement_stack(app: WSGIApplication) -> Any:
    """Return the application in as much of placement as does our jobs.

    ``RequestLog`` makes the id and the context too, so this is the whole
    of it: no authentication, CORS or proxy layer.
    """
    from microversion_parse import middleware
    from placement import fault_wrap, microversion, requestlog, util

    versioned = middleware.MicroversionMiddleware(
        app,
        microversion.SERVICE_TYPE,
        microversion.VERSIONS,
        json_error_formatter=util.json_error_formatter,
    )
    return requestlog.RequestLog(fault_wrap.FaultWrapper(versioned))


def placement_handler(func: Handler) -> Any:
    """Return a handler under placement's wsgify."""
    from placement import wsgi_wrapper

    return wsgi_wrapper.PlacementWsgify(func)


def placement_fault(app: WSGIApplication) -> Any:
    """Return the application in placement's FaultWrapper."""
    from placement import fault_wrap

    return fault_wrap.FaultWrapper(app)
