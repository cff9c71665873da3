# SPDX-License-Identifier: Apache-2.0
"""RequestLog: one line when a request begins, one when its body is closed.

::

    DEBUG Starting request: 10.0.0.17 "GET /v3/volumes?limit=10"
    INFO  10.0.0.17 "GET /v3/volumes?limit=10" status: 200 len: 37
          microversion: 3.5 time: 0.004213

(the second is one line too). ``status`` is the one the server was given,
``len`` the bytes it was handed, ``time`` the seconds until the body was
closed. ``code: volume.name_exists`` follows where it was an error, and
``aborted`` when the body ended before its end. Values of unknown query
parameters are masked, and no header of the client is shown.
"""

from __future__ import annotations

import functools
import logging
import operator
import time
from typing import TYPE_CHECKING

from microversion_parse import Version

from errorkit import (
    _headers,
    _paste,
    codes,
    keys,
    log,
    masking,
    secrets,
)
from errorkit._wsgi.body import Body
from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed import OptExcInfo
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

LOG = logging.getLogger('errorkit.request_log')

#: Of an address and a method, so many characters are logged.
_MAX_WORDS = 256
#: More than an IPv6 address with its zone and a method of HTTP's.
_MANY_WORDS = 64
_clock = time.perf_counter
# A service has a few dozen versions, whose text is made in Python.
_text_of = functools.lru_cache(maxsize=256)(str)
_REQUEST_LOG = keys.REQUEST_LOG
_ERROR = keys.ERROR

# The URI is masked; an address and a method are too, where they are long.
FORMAT = log.clean(
    '%s "%s %s" status: %s len: %s microversion: %s time: %.6f%s'
)


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
        try:
            debug = LOG.isEnabledFor(logging.DEBUG)
            silent = not debug and not LOG.isEnabledFor(logging.INFO)
        except Exception as exc:  # a log never fails a request
            log.note_lost(environ, exc)
            debug, silent = False, True
        if silent or _REQUEST_LOG in environ:
            return self.application(environ, start_response)
        # A list is what nearly every body is.
        logged: _Logged = _LoggedList(
            environ, start_response, self._version_key
        )
        if debug:
            logged.say_start()
        environ[_REQUEST_LOG] = True
        try:
            body = self.application(environ, logged)
        except BaseException:
            logged.failed = logged.closed = True
            logged.say_end(0, False)
            raise
        finally:
            environ.pop(_REQUEST_LOG, None)
        if type(body) is not list and type(body) is not tuple:
            if isinstance(body, Body):
                logged.closed = True
                body.on_close(logged.ended)
                return body
            logged.__class__ = _Logged
        logged.iterable = body
        return logged


class _Logged(Body):
    """The body of a request, its start_response, and its two lines."""

    status: str | None = None
    headers: _headers.Headers = []  # noqa: RUF012 - replaced, never changed
    _written = 0
    _started = 0.0
    _method = '-'
    _path = _query = ''
    _write: _headers.Write | None = None

    def __init__(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        version_key: str,
    ) -> None:
        self._environ = environ
        self._start_response = start_response
        self._version_key = version_key
        try:
            # As the client has asked: a layer inside may change it.
            get = environ.get
            self._method = get('REQUEST_METHOD') or '-'
            self._path = get('SCRIPT_NAME', '') + get('PATH_INFO', '')
            self._query = get('QUERY_STRING', '')
            self._started = _clock()
        except Exception as exc:  # a request is worth more than its log
            log.note_lost(environ, exc)

    def __call__(
        self,
        status: str,
        headers: _headers.Headers,
        exc_info: OptExcInfo | None = None,
    ) -> _headers.Write:
        self.status = status
        self.headers = headers
        if exc_info is None:
            self._write = self._start_response(status, headers)
            return self.write
        try:
            self._write = self._start_response(status, headers, exc_info)
            return self.write
        finally:
            exc_info = None  # PEP 3333: no circular reference

    def write(self, data: bytes) -> None:
        """Pass data on to the server's ``write``, and count it."""
        assert self._write is not None
        self._write(data)
        self._written += len(data)

    def closing(self) -> None:
        """Say how the request has ended, now that the body is closed."""
        self.ended(self)

    def ended(self, body: Body) -> None:
        """Say how a request has ended whose body is another."""
        self.failed = body.failed
        self.say_end(body.sent, body.finished)

    def say_start(self) -> None:
        """Say that a request has begun."""
        try:
            address, method, uri = self._subject()
            LOG.debug('Starting request: %s "%s %s"', address, method, uri)
        except Exception as exc:  # a log never fails a request
            log.note_lost(self._environ, exc)

    def say_end(self, sent: int, finished: bool) -> None:
        """Say how a request has ended.

        :param sent: bytes of the body that the server took
        :param finished: the body came to its end
        """
        environ = self._environ
        try:
            sent += self._written
            aborted = self.failed or not (
                finished or self._is_complete(sent)
            )
            end = ' aborted' if aborted else ''
            error = environ.get(_ERROR)
            if error and str(error.status) != (self.status or '')[:3]:
                error = None  # not this response's
            # That of another layer's own error may be any text.
            if error is not None and codes.is_valid(error.code):
                end = f' code: {error.code}{end}'
            address, method, uri = self._subject()
            version = environ.get(self._version_key, '-')
            if type(version) is Version:
                version = _text_of(version)
            log.emit(
                LOG,
                logging.INFO,
                FORMAT,
                (
                    address,
                    method,
                    uri,
                    self.status[:3] if self.status else '-',
                    sent,
                    version,
                    _clock() - self._started,
                    end,
                ),
                error=error,
            )
        except Exception as exc:  # a log never fails a request
            log.note_lost(environ, exc)

    def _subject(self) -> tuple[str, str, str]:
        # A layer inside may know better than the server who the client is.
        address = self._environ.get('REMOTE_ADDR') or '-'
        method = self._method
        words = address + method
        if len(words) > _MANY_WORDS or not words.isprintable():
            address = _word(address)
            method = _word(method)
        return address, method, masking.uri(self._path, self._query)

    def _is_complete(self, sent: int) -> bool:
        # A server may stop at Content-Length, and need not ask for a body
        # that is not sent.
        if self._method == 'HEAD':
            return True
        if (self.status or '')[:3] in ('204', '304'):
            return True
        for name, value in self.headers:
            if name.lower() == 'content-length':
                return str(sent) == value.strip()
        return False


class _LoggedList(_Logged):
    """The same of a list or tuple; servers give one of one chunk its length.

    Nothing of the application runs when it is iterated, so its own iterator
    does that, and says afterwards how far it came.
    """

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.iterable)  # type: ignore[arg-type] # it has one

    def __iter__(self) -> Iterator[bytes]:
        self._chunks = chunks = iter(self.iterable)
        return chunks

    def closing(self) -> None:
        """Say how the request has ended, and how much of it was taken."""
        if self._chunks is None:
            self.say_end(0, False)
            return
        left = operator.length_hint(self._chunks)
        taken = self.iterable
        if left:
            taken = list(taken)[:-left]
        self.say_end(sum(map(len, taken)), not left)


def _word(text: str) -> str:
    return masking.one_line(secrets.mask(text[:_MAX_WORDS]))


paste_filter = _paste.filter_factory(
    'request_log', RequestLog, {'service_type': _paste.text}
)
