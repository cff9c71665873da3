# SPDX-License-Identifier: Apache-2.0
"""A response on its way out: let go, or answered in our words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from errorkit import _headers, keys, report
from errorkit._wsgi.body import Body
from errorkit._wsgi.held import BODYLESS
from errorkit.answering.reshaping import Reshaping
from errorkit.error import Error
from errorkit.exceptions import InvalidResponse

_ANSWERED = keys.ANSWERED
# Of an answer to HEAD whose words only GET would tell.
_UNKNOWN = frozenset(['Content-Length', keys.CODE_HEADER])


class Replying(Reshaping):
    """A watched response that goes out, as it is or in our words."""

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
        if self.code in BODYLESS or self.code < 200:
            self.take()
            chunks = iter(())
        elif 400 <= self.code < 600:
            return self._reply_error(body, chunks)
        self.commit_response()
        return self._owned(body, chunks)

    def _reply_error(
        self, body: Iterable[bytes], chunks: Iterator[bytes] | None
    ) -> Iterable[bytes]:
        environ = self._environ
        told = self._answered(body) if _ANSWERED in environ else None
        if told is None:
            errors = self.errors_inside(body, chunks)
            if errors is not None:
                environ[keys.RESHAPED] = True
                self._close()
                return self._answer(
                    errors,
                    self.headers,
                    unmeasured=self._is_head,
                )
            if self.chunk and chunks is None:
                chunks = iter(())
            self.drop_opt_out()
            told = self.known
        self.commit_response()
        if told is not None:
            report.answered(
                self._policy.observers, environ, told, started=self._started
            )
        if self._is_head:
            self._close()
            return []
        return self._owned(body, chunks)

    def commit_response(self) -> None:
        """Put the head in order, then commit."""
        if self.code in BODYLESS or self.code < 200:
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
        if chunks is None and not self.chunk:
            return body
        chunk = self.take()
        owned = Body(body, chunks, (chunk,) if chunk else ())
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
        if errors[0].status != self.code:
            return None
        if self._is_head:
            length = str(len(sent))
            if not any(
                value == length and name.lower() == 'content-length'
                for name, value in self.headers
            ):
                return None
        elif self.chunk != sent and not (
            type(body) is list and body == [sent]
        ):
            return None
        if len(errors) > 1:
            report.upstream(self._environ, errors)
        first: Error = errors[0]
        return first

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
            head = [item for item in head if item[0] not in _UNKNOWN]
        self._start(status, head, raised)
        report.answered(
            self._policy.observers,
            environ,
            errors[0],
            raised,
            bug=bug,
            started=self._started,
        )
        if len(errors) > 1:
            report.upstream(environ, errors)
        return [] if self._is_head else [body]

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
