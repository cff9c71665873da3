# SPDX-License-Identifier: Apache-2.0
"""One request on its way through FaultWrapper: let go, answered, or raised.

A response passes, unless webob made it of an error: then the error is
answered in our words. An exception is answered while nothing was sent, and
logged in any case.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import webob.exc

from errorkit import _headers, _wsgi, error, formats, keys, report
from errorkit.error import Error
from errorkit.exceptions import (
    BodyAborted,
    InvalidResponse,
    UndeclaredCode,
)
from errorkit.formats import webob_body
from errorkit.formats.formatter import Formatter
from errorkit.observers import Observers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ANSWERED = keys.ANSWERED


class Policy(NamedTuple):
    """What a FaultWrapper's options say, for all its requests.

    :param formatter: how errors are said
    :param observers: who is told of them
    :param reraises: let every exception pass that is not an ``Exception``
    """

    formatter: Formatter
    observers: Observers
    reraises: bool


class Answering(_wsgi.Held):
    """One request on its way through a FaultWrapper.

    :param policy: the FaultWrapper's
    :param environ: of the request
    :param start_response: the outer one
    """

    body: Iterable[bytes] | None = None
    _missed_version = False
    _started = 0.0

    def __init__(
        self,
        policy: Policy,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> None:
        self._start_response = start_response
        self._policy = policy
        self._environ = environ
        if policy.observers.present:
            self._started = report.clock()

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
        if self.committed:
            return self._owned(body, chunks)
        if self.code in _wsgi.BODYLESS or self.code < 200:
            self.take()
            chunks = iter(())
        elif self.code >= 400:
            answered = None
            if _ANSWERED in self._environ:
                answered = self._answered(body)
            if answered is not None:
                self.commit_response()
                report.answered(
                    self._policy.observers,
                    self._environ,
                    answered,
                    started=self._started,
                )
                return self._owned(body, chunks)
            ours = self._in_our_words(body, chunks)
            if ours is not None:
                return ours
            if self.chunk and chunks is None:
                chunks = iter(())
        self.commit_response()
        return self._owned(body, chunks)

    def commit_response(self) -> None:
        """Put the head in order, then commit."""
        if self.code in _wsgi.BODYLESS or self.code < 200:
            self._drop_body_headers()
        self._add_version()
        self.commit()

    def _drop_body_headers(self) -> None:
        # RFC 9112 section 6.3: 1xx, 204 and 304 end with their head, 205
        # needs a length; RFC 9110 section 8.6 lets a 304 tell GET's.
        dropped = {'content-type'}
        if self.code != 304:
            dropped.add('content-length')
        self.headers = [
            item for item in self.headers if item[0].lower() not in dropped
        ]
        if self.code == 205:
            self.headers.append(('Content-Length', '0'))

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
        ours = self._environ.get(keys.VERSION_HEADERS)
        if ours is None:
            ours = self._policy.formatter.version_headers
        elif not self._missed_version:
            return
        if ours:
            names = {name.lower() for name, _ in ours}
            kept = [
                item
                for item in self.headers
                if item[0].lower() not in names or item[0].lower() == 'vary'
            ]
            added = [item for item in ours if item[0] != 'Vary']
            varies = [value for name, value in ours if name == 'Vary']
            self.headers = _headers.with_vary(kept + added, *varies)

    def _answered(self, body: Iterable[bytes]) -> Error | None:
        """Return the error that an inner layer of ours has answered with.

        :returns: None when a layer between has dropped that response and
            made its own
        """
        errors, sent = self._environ.pop(_ANSWERED)
        if errors[0].status != self.code or (
            type(body) is list and body and body[0] != sent
        ):
            return None
        first: Error = errors[0]
        return first

    def _in_our_words(
        self, body: Iterable[bytes], chunks: Iterator[bytes] | None
    ) -> Iterable[bytes] | None:
        """Answer in place of webob, or return None to let a response go."""
        environ = self._environ
        made = environ.pop(keys.FORMATTED, None)
        if made is None or made.status != self.code:
            found = self._read_back(body, chunks)
            if found is None:
                return None
            assert self.status is not None
            made = self._policy.formatter.from_body(
                self.status, found, environ
            )
        self._close()
        return self._answer(
            (made,),
            self.headers,
            unmeasured=environ['REQUEST_METHOD'] == 'HEAD',
        )

    def _read_back(
        self, body: Iterable[bytes], chunks: Iterator[bytes] | None
    ) -> webob_body.Found | None:
        """Return what webob made the body of, if it did."""
        content_type = length = ''
        for name, value in self.headers:
            lowered = name.lower()
            if lowered == 'content-type':
                content_type = value
            elif lowered == 'content-length':
                length = value
        if self._environ['REQUEST_METHOD'] == 'HEAD':
            # webob sends just this; to GET we would answer.
            if content_type == 'text/html; charset=UTF-8' and length == '0':
                return webob_body.Found('-', '', '')
            return None
        if not length.isdecimal() or not webob_body.may_be(content_type):
            return None
        assert self.status is not None
        # A layer between may have made another iterable of webob's list.
        self.chunk += b''.join(body if chunks is None else chunks)
        return webob_body.load(self.status, content_type, self.chunk)

    # -- an exception

    def failed(self, raised: BaseException) -> Iterable[bytes]:
        """Answer an exception, or raise what has to pass."""
        passes = self._passes(raised)
        self._close()
        if issubclass(type(raised), UndeclaredCode):
            raise raised  # a strict catalog, for a test to see
        if self.committed or passes:
            self._report_abort(raised)
            try:
                if passes or issubclass(type(raised), Exception):
                    raise raised
                raise BodyAborted(type(raised).__name__) from None
            finally:
                del raised  # else the exception holds this frame, and it us
        try:
            answer = self._answer_to(raised)
        except UndeclaredCode:
            raise
        except Exception as exc:  # of the formatter, or of start_response
            answer = self._last_resort(raised, exc)
        except BaseException:
            self._report_abort(raised)
            raise
        # A module-level exception would keep each raise's frames, and they
        # the request, for ever; no attribute of its own is touched.
        BaseException.with_traceback(raised, None)
        return answer

    def _passes(self, raised: BaseException) -> bool:
        # Not isinstance, here and below: an exception may say that it is of
        # another class, or fail when it is asked.
        if issubclass(type(raised), Exception):
            return False
        if self._policy.reraises:
            return True
        if issubclass(type(raised), (SystemExit, KeyboardInterrupt)):
            # Servers raise them there, from signal handlers, and only there.
            return threading.current_thread() is threading.main_thread()
        greenlet: Any = sys.modules.get('greenlet')
        return greenlet is not None and issubclass(
            type(raised), greenlet.GreenletExit
        )

    def _close(self) -> None:
        """Close what the application returned, before our own goes out."""
        close = getattr(self.body, 'close', None)
        self.body = None
        if close is not None:
            try:
                close()
            except BaseException as exc:
                if self._passes(exc):
                    raise
                self._report_abort(exc, closing=True)

    def _answer_to(self, raised: BaseException) -> Iterable[bytes]:
        policy, environ = self._policy, self._environ
        found = None
        try:
            found = policy.formatter.errors_of(raised, environ)
        except UndeclaredCode:
            raise
        except Exception as exc:  # an exception that lies about itself
            report.failed(environ, exc)
        if found is None and issubclass(
            type(raised), webob.exc.HTTPException
        ):
            self.restart()
            formats.restore_accept(environ)
            response: Any = raised
            # Raised past Microversion, which adds them to responses only.
            self._missed_version = True
            try:
                body = self.body = response.wsgi_response(environ, self)
                listed = type(body) in (list, tuple)
                return self.reply(body, None if listed else iter(body))
            except InvalidResponse as exc:
                raised = exc  # its headers cannot be sent: a bug
        elif found is not None:
            errors, headers = found
            try:
                return self._answer(errors, headers, raised)
            except InvalidResponse as exc:
                raised = exc  # the same
        made = policy.formatter.make(
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
        status, head, body = self._policy.formatter.respond(
            errors, environ, headers
        )
        if unmeasured:
            head = [item for item in head if item[0] != 'Content-Length']
        self._start(status, head, raised)
        report.answered(
            self._policy.observers,
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
        headers: _headers.Headers,
        raised: BaseException | None,
    ) -> None:
        tried, self.tried = self.tried, True
        reason = None if raised is None else report.traceback_of(raised)
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
        headers = [
            ('Content-Type', 'application/json'),
            ('Content-Length', str(len(body))),
            ('Cache-Control', 'no-store'),
            ('X-Content-Type-Options', 'nosniff'),
            *environ.get(
                keys.VERSION_HEADERS, self._policy.formatter.version_headers
            ),
        ]
        try:
            self._start('500 Internal Server Error', headers, raised)
        finally:
            report.failed(environ, failure)
            report.answered(
                self._policy.observers,
                environ,
                _FAULT,
                raised,
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
        if passes or issubclass(type(raised), Exception):
            return raised
        return BodyAborted(type(raised).__name__)

    def _report_abort(
        self, raised: BaseException, closing: bool = False
    ) -> None:
        report.aborted(
            self._policy.observers,
            self._environ,
            self._policy.formatter.make(
                500, self._environ, detail=error.FAULT_DETAIL
            ),
            raised,
            closing=closing,
            started=self._started,
        )


_FAULT = Error(500, error.title_of(500), error.FAULT_DETAIL)
_CONSTANT = (
    b'{"errors": [{"status": 500, "title": "Internal Server Error", '
    b'"detail": "The server met an unexpected condition."}]}'
)
_CONSTANT_WITH_ID = _CONSTANT[:-3] + b', "request_id": "%s"}]}'
