# SPDX-License-Identifier: Apache-2.0
"""RequestLog: one line when a request begins, one when its body is closed.

::

    DEBUG Starting request: 10.0.0.17 "GET /v3/volumes?limit=10"
    INFO  10.0.0.17 "GET /v3/volumes?limit=10" status: 200 len: 37
          microversion: 3.5 time: 0.004213

(the second is one line too). ``status`` is the one the server was given,
``len`` the bytes it was handed, ``time`` the seconds until the body was
closed, and ``aborted`` follows when the body ended before its end. Values of
unknown query parameters are masked, and no header of the client is shown.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from errorkit import _paste, _wsgi, keys, log
from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import OptExcInfo
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

LOG = logging.getLogger('errorkit.request_log')

FORMAT = '%s "%s %s" status: %s len: %s microversion: %s time: %.6f%s'

_clock = time.perf_counter


class RequestLog:
    """WSGI middleware: the request log.

    It belongs inside ``RequestId``, so that its first line has the ids, and
    outside ``FaultWrapper``, so that it sees the status that was sent.

    :param application: the wrapped WSGI application
    :param service_type: whose microversion is shown; None shows ``-``
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        service_type: str | None = None,
    ) -> None:
        if service_type is not None and not isinstance(service_type, str):
            raise ConfigError(
                'errorkit#request_log',
                'service_type',
                service_type,
                'allowed: the type of a service, such as volume',
            )
        self.application = application
        self._version_key = keys.microversion(service_type or '')

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        # Asked each time: levels may be changed in a running service.
        debug = LOG.isEnabledFor(logging.DEBUG)
        if not debug and not LOG.isEnabledFor(logging.INFO):
            return self.application(environ, start_response)
        logged = _Logged(environ, start_response, self._version_key)
        if debug:
            logged.say_start()
        environ[keys.REQUEST_LOG] = True
        try:
            body = self.application(environ, logged)
        except BaseException:
            logged.say_end(None)
            raise
        if type(body) is _wsgi.Body:
            body.on_close(logged.say_end)
            logged.closed = True
            return body
        logged.own(body)
        return logged


class _Logged(_wsgi.Body):
    """The body of a request, its start_response, and its two lines."""

    status: str | None = None
    headers: _wsgi.Headers = []  # noqa: RUF012 - replaced, never changed
    _written = 0
    _write: _wsgi.Write | None = None

    def __init__(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        version_key: str,
    ) -> None:
        self._started = _clock()
        self._environ = environ
        self._start_response = start_response
        self._version_key = version_key
        super().__init__(())

    def own(self, iterable: Iterable[bytes]) -> None:
        """Become the body that stands for the application's."""
        self._iterable = iterable
        self._on_close = self.say_end
        if type(iterable) is list or type(iterable) is tuple:
            self.__class__ = _LoggedList

    def __call__(
        self,
        status: str,
        headers: _wsgi.Headers,
        exc_info: OptExcInfo | None = None,
    ) -> _wsgi.Write:
        self.status = status
        self.headers = headers
        if exc_info is None:
            self._write = self._start_response(status, headers)
        else:
            self._write = self._start_response(status, headers, exc_info)
        return self.write

    def write(self, data: bytes) -> None:
        """Pass data on to the server's ``write``, and count it."""
        assert self._write is not None
        self._write(data)
        self._written += len(data)

    def _subject(self) -> tuple[str, str, str]:
        get = self._environ.get
        return (
            log.one_line(get('REMOTE_ADDR') or '-'),
            log.one_line(get('REQUEST_METHOD', '-')),
            log.uri(
                get('SCRIPT_NAME', '') + get('PATH_INFO', ''),
                get('QUERY_STRING', ''),
            ),
        )

    def say_start(self) -> None:
        """Say that a request has begun."""
        try:
            LOG.debug('Starting request: %s "%s %s"', *self._subject())
        except Exception as exc:  # a log never fails a request
            log.note_lost(self._environ, exc)

    def say_end(self, body: _wsgi.Body | None) -> None:
        """Say how a request has ended; None when there never was a body."""
        try:
            environ = self._environ
            sent = self._written
            aborted = body is None or body.failed
            if body is not None:
                sent += body.sent
                aborted = aborted or not (
                    body.finished or self._is_complete(sent)
                )
            status = self.status[:3] if self.status else '-'
            found = environ.get(keys.ERROR)
            LOG.info(
                FORMAT,
                *self._subject(),
                status,
                sent,
                environ.get(self._version_key, '-'),
                _clock() - self._started,
                ' aborted' if aborted else '',
                extra=found and {'code': found.code, 'status': found.status},
            )
        except Exception as exc:  # a log never fails a request
            log.note_lost(self._environ, exc)

    def _is_complete(self, sent: int) -> bool:
        # A server may stop at Content-Length, and need not ask for a body
        # that is not sent.
        if self._environ.get('REQUEST_METHOD') == 'HEAD':
            return True
        if (self.status or '')[:3] in ('204', '304'):
            return True
        for name, value in self.headers:
            if name.lower() == 'content-length':
                return str(sent) == value.strip()
        return False


class _LoggedList(_Logged):
    """A body that has a length: servers give one of one chunk its length."""

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self._iterable)  # type: ignore[arg-type] # a list or tuple


paste_filter = _paste.filter_factory(
    'request_log', RequestLog, {'service_type': _paste.text}
)
