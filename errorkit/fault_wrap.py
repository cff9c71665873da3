# SPDX-License-Identifier: Apache-2.0
"""FaultWrapper: whatever goes wrong inside becomes one clean answer.

It stands outside the auth layer, so that a failing auth layer is an error of
ours too. It holds the status of a response until the first chunk is in hand:
what fails before that is answered with a 500 that says nothing private, what
fails later is logged and cut off. It never reads the request's body, keeps no
exception and changes none.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import webob.exc

from errorkit import _paste, _wsgi, codes, context, error, keys, report
from errorkit.error import Error, Known
from errorkit.exceptions import (
    BodyAborted,
    ConfigError,
    InvalidResponse,
    UndeclaredCode,
)
from errorkit.formats import webob_body
from errorkit.formats.formatter import Formatter
from errorkit.observers import Observer, Observers

if TYPE_CHECKING:
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

# Bound once: the success path of every request runs through here.
_FORMATTER = keys.FORMATTER
_VERSION_HEADERS = keys.VERSION_HEADERS
_HTTP_ACCEPT = 'HTTP_ACCEPT'
_inner_accept = webob_body.inner_accept


class FaultWrapper:
    """WSGI middleware: exceptions and webob's own error responses, answered.

    :param application: the wrapped WSGI application
    :param service_type: the prefix of default codes, such as ``volume``
    :param code_version: the microversion that shows ``code``; None: always
    :param catalog: the service's ``Catalog``
    :param default_codes: for a status, the code of an error that has none,
        such as ``{405: 'volume.method_not_allowed'}``
    :param detail_style: ``plain`` or ``webob``, see ``Formatter``
    :param max_detail: how many characters of a text are sent
    :param exceptions: for an exception class, what it becomes: a status and
        a code, or a ``Known``; found by class, over the MRO
    :param observers: told of every error, from a thread of their own
    :param base_exceptions: ``answer`` those that are not an ``Exception``
        with a 500 where that is right, or ``reraise`` them all
    :param notes_claims: note what the client says of itself, for
        ``Context``; False where no auth layer stands between the two
    :param formatter: in place of all options about how errors are said
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        service_type: str | None = None,
        code_version: str | None = None,
        catalog: codes.Catalog | None = None,
        default_codes: Mapping[int, str] | None = None,
        detail_style: str = 'plain',
        max_detail: int = error.MAX_DETAIL,
        exceptions: Mapping[
            type[BaseException], Known | tuple[int, str] | int
        ]
        | None = None,
        observers: Iterable[Observer] = (),
        base_exceptions: str = 'answer',
        notes_claims: bool = True,
        formatter: Formatter | None = None,
    ) -> None:
        if base_exceptions not in ('answer', 'reraise'):
            raise ConfigError(
                'errorkit#fault_wrap',
                'base_exceptions',
                base_exceptions,
                'allowed: answer, reraise',
            )
        self.application = application
        self.formatter = formatter or Formatter(
            service_type,
            code_version=code_version,
            catalog=catalog,
            default_codes=default_codes,
            detail_style=detail_style,
            max_detail=max_detail,
            exceptions=exceptions,
        )
        self._adds_version = bool(self.formatter.version_headers)
        self.observers = Observers(observers)
        self._notes_claims = notes_claims
        self.reraises = base_exceptions == 'reraise'

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if _FORMATTER in environ:
            # Wrapped twice: the outer one sees it all.
            return self.application(environ, start_response)
        environ[_FORMATTER] = self.formatter
        if self._notes_claims:
            context.note_claims(environ)
        accept = environ.get(_HTTP_ACCEPT)
        widened = _inner_accept(accept)
        if widened is not None:
            environ[keys.ACCEPT] = accept
            environ[_HTTP_ACCEPT] = widened
        call = _Call(self, environ, start_response)
        try:
            body = call.body = self.application(environ, call)
            if type(body) is list or type(body) is tuple:
                if call.is_plain() and (
                    not self._adds_version or _VERSION_HEADERS in environ
                ):
                    call.commit()
                    return body
                return call.reply(body, None)
            chunks = iter(body)
            if not call.chunk:
                for chunk in chunks:
                    if chunk:
                        call.chunk = chunk
                        break
            return call.reply(body, chunks)
        except BaseException as exc:
            return call.failed(exc)


class _Call(_wsgi.Held):
    """One request on its way through a FaultWrapper."""

    body: Iterable[bytes] | None = None
    _started = 0.0

    def __init__(
        self,
        wrapper: FaultWrapper,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> None:
        self._start_response = start_response
        self._wrapper = wrapper
        self._environ = environ
        if wrapper.observers:
            self._started = time.perf_counter()

    # -- a response

    def reply(
        self, body: Iterable[bytes], chunks: Iterator[bytes] | None
    ) -> Iterable[bytes]:
        """Let a response go, or put our own in its place.

        :param body: what the application returned
        :param chunks: its iterator, when iterating has begun
        """
        if self.status is None:
            raise InvalidResponse('start_response was not called')
        if self.code in _wsgi.BODYLESS or self.code < 200:
            self.headers = [
                item
                for item in self.headers
                if item[0].lower() not in _BODY_HEADERS
            ]
            self.take()
            chunks = iter(())
        elif self.code >= 400:
            ours = self._in_our_words(body, chunks)
            if ours is not None:
                return ours
        self._add_version()
        self.commit()
        return self._owned(body, chunks)

    def _owned(
        self, body: Iterable[bytes], chunks: Iterator[bytes] | None
    ) -> Iterable[bytes]:
        chunk = self.take()
        if not chunk and chunks is None:
            return body
        owned = _wsgi.Body(body, chunks, (chunk,) if chunk else ())
        owned.guard = self.guard
        return owned

    def _add_version(self) -> None:
        """Add the version's headers to a response that missed them."""
        ours = self._wrapper.formatter.version_headers
        if ours and keys.VERSION_HEADERS not in self._environ:
            names = {name.lower() for name, _ in ours}
            kept = [
                item
                for item in self.headers
                if item[0].lower() not in names or item[0].lower() == 'vary'
            ]
            added = [item for item in ours if item[0] != 'Vary']
            varies = [value for name, value in ours if name == 'Vary']
            self.headers = _wsgi.with_vary(kept + added, *varies)

    def _in_our_words(
        self, body: Iterable[bytes], chunks: Iterator[bytes] | None
    ) -> Iterable[bytes] | None:
        """Answer in place of webob, or return None to let a response go."""
        environ = self._environ
        answered = environ.pop(keys.ANSWERED, None)
        if answered is not None and _is_of(answered, self.code, body):
            report.answered(
                self._wrapper.observers,
                environ,
                answered[0][0],
                started=self._started,
            )
            return None
        if chunks is not None or type(body) not in (list, tuple):
            return None
        content_type = length = ''
        for name, value in self.headers:
            lowered = name.lower()
            if lowered == 'content-type':
                content_type = value
            elif lowered == 'content-length':
                length = value
        assert self.status is not None
        found = None
        silent = environ['REQUEST_METHOD'] == 'HEAD'
        if not silent:
            whole = self.chunk + b''.join(body)
            found = webob_body.load(self.status, content_type, whole)
        elif content_type == 'text/html; charset=UTF-8' and length == '0':
            # What webob sends for HEAD; GET would be answered by us.
            found = webob_body.Found('', '', '')
        if found is None:
            return None
        made = self._wrapper.formatter.from_body(self.status, found, environ)
        return self._answer((made,), self.headers, unmeasured=silent)

    # -- an exception

    def failed(self, raised: BaseException) -> Iterable[bytes]:
        """Answer an exception, or raise what has to pass."""
        passes = self._passes(raised)
        self._close(raised)
        if self.committed or passes:
            self._report_abort(raised)
            if passes or isinstance(raised, Exception):
                raise raised
            raise BodyAborted(type(raised).__name__) from None
        try:
            answer = self._answer_to(raised)
        except UndeclaredCode:
            raise
        except Exception as exc:
            answer = self._last_resort(raised, exc)
        # A module-level exception would keep each raise's frames, and they
        # the request, for ever; no attribute of its own is touched.
        BaseException.with_traceback(raised, None)
        return answer

    def _passes(self, raised: BaseException) -> bool:
        if isinstance(raised, Exception):
            return False
        if self._wrapper.reraises:
            return True
        if isinstance(raised, (SystemExit, KeyboardInterrupt)):
            # Servers raise them there, from signal handlers, and only there.
            return threading.current_thread() is threading.main_thread()
        greenlet: Any = sys.modules.get('greenlet')
        return greenlet is not None and isinstance(
            raised, greenlet.GreenletExit
        )

    def _close(self, raised: BaseException) -> None:
        close = getattr(self.body, 'close', None)
        if close is not None:
            try:
                close()
            except BaseException as exc:
                if self._passes(exc):
                    raise
                self._report_abort(exc, closing=True)

    def _answer_to(self, raised: BaseException) -> Iterable[bytes]:
        wrapper, environ = self._wrapper, self._environ
        found = wrapper.formatter.errors_of(raised, environ)
        if found is None and isinstance(raised, webob.exc.HTTPException):
            self.restart()
            body = self.body = raised.wsgi_response(environ, self)
            listed = type(body) in (list, tuple)
            return self.reply(body, None if listed else iter(body))
        if found is not None:
            errors, headers = found
            try:
                return self._answer(errors, headers, raised)
            except InvalidResponse as exc:
                # Its headers cannot be sent: that is a bug.
                raised = exc
        made = wrapper.formatter.make(
            500, environ, detail=error.FAULT_DETAIL
        )
        return self._answer((made,), (), raised, bug=True)

    def _answer(
        self,
        errors: Sequence[Error],
        headers: Iterable[tuple[str, str]],
        raised: BaseException | None = None,
        *,
        bug: bool = False,
        unmeasured: bool = False,
    ) -> list[bytes]:
        environ = self._environ
        status, head, body = self._wrapper.formatter.respond(
            errors, environ, headers
        )
        if unmeasured:
            head = [item for item in head if item[0] != 'Content-Length']
        self._start(status, head, raised)
        report.answered(
            self._wrapper.observers,
            environ,
            errors[0],
            raised,
            bug=bug,
            started=self._started,
        )
        return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]

    def _start(
        self,
        status: str,
        headers: _wsgi.Headers,
        raised: BaseException | None,
    ) -> None:
        tried, self.tried = self.tried, True
        reason = getattr(raised, '__traceback__', None)
        if tried and raised is not None and reason is not None:
            # The server refused a first start: PEP 3333 wants the reason
            # with the second.
            self._start_response(
                status, headers, (type(raised), raised, reason)
            )
        else:
            self._start_response(status, headers)

    def _last_resort(
        self, raised: BaseException, failure: BaseException
    ) -> list[bytes]:
        """Answer when even the answering failed: from what is ready."""
        environ = self._environ
        body = _CONSTANT
        request_id = environ.get(keys.REQUEST_ID)
        if type(request_id) is str and request_id.isascii():
            body = _CONSTANT_WITH_ID % request_id.encode('ascii')
        self._start(
            '500 Internal Server Error',
            [
                ('Content-Type', 'application/json'),
                ('Content-Length', str(len(body))),
                ('Cache-Control', 'no-store'),
                ('X-Content-Type-Options', 'nosniff'),
            ],
            raised,
        )
        for lost in (failure, raised):
            report.answered(
                self._wrapper.observers,
                environ,
                _FAULT,
                lost,
                bug=True,
                started=self._started,
            )
        return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]

    # -- too late for an answer

    def guard(
        self, raised: BaseException, closing: bool
    ) -> BaseException | None:
        """Guard the body: log its failure, say what the server gets."""
        self._report_abort(raised, closing=closing)
        passes = self._passes(raised)
        if closing:
            return raised if passes else None
        if passes or isinstance(raised, Exception):
            return raised
        return BodyAborted(type(raised).__name__)

    def _report_abort(
        self, raised: BaseException, closing: bool = False
    ) -> None:
        report.aborted(
            self._wrapper.observers,
            self._environ,
            self._wrapper.formatter.make(
                500, self._environ, detail=error.FAULT_DETAIL
            ),
            raised,
            closing=closing,
            started=self._started,
        )


def _is_of(
    answered: tuple[Sequence[Error], bytes], status: int, body: object
) -> bool:
    """Tell whether an inner layer's errors are those of this response.

    A layer between may have dropped that response and made its own.
    """
    errors, sent = answered
    if errors[0].status != status:
        return False
    return not isinstance(body, list) or not body or body == [sent]


_BODY_HEADERS = frozenset(['content-type', 'content-length'])

_FAULT = Error(500, error.title_of(500), error.FAULT_DETAIL)
_CONSTANT = (
    b'{"errors": [{"status": 500, "title": "Internal Server Error", '
    b'"detail": "The server met an unexpected condition."}]}'
)
_CONSTANT_WITH_ID = _CONSTANT[:-3] + b', "request_id": "%s"}]}'

PASTE_OPTIONS: dict[str, _paste.Converter] = {
    'service_type': _paste.text,
    'code_version': _paste.text,
    'catalog': _paste.loaded,
    'default_codes': _paste.statuses,
    'detail_style': _paste.text,
    'max_detail': _paste.integer,
    'exceptions': _paste.loaded,
    'base_exceptions': _paste.text,
}

paste_filter = _paste.filter_factory(
    'fault_wrap', FaultWrapper, PASTE_OPTIONS
)
