# SPDX-License-Identifier: Apache-2.0
"""One request on its way through FaultWrapper: let go, answered, or raised.

A response passes, unless webob made it of an error: then the error is
answered in our words. An exception is answered while nothing was sent, and
logged in any case.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import webob.exc

from errorkit import error, report
from errorkit.answering.late import Policy
from errorkit.answering.responses import Replying
from errorkit.error import Error
from errorkit.exceptions import (
    BodyAborted,
    InvalidResponse,
    UndeclaredCode,
)
from errorkit.formats import negotiation

__all__ = ['Answering', 'Policy']


class Answering(Replying):
    """One request on its way through a FaultWrapper."""

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

    def _answer_to(self, raised: BaseException) -> Iterable[bytes]:
        policy, environ = self._policy, self._environ
        found, is_read = None, True
        try:
            found = policy.formatter.errors_of(raised, environ)
        except UndeclaredCode:
            raise
        except Exception as exc:  # an exception that lies about itself
            report.failed(environ, exc)
            is_read = False
        is_webob = issubclass(type(raised), webob.exc.HTTPException)
        if found is None and is_read and is_webob:
            self.restart()
            negotiation.restore(environ)
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

    def _last_resort(
        self, raised: BaseException, failure: BaseException
    ) -> list[bytes]:
        """Answer when even the answering failed: from what is ready."""
        environ = self._environ
        status, headers, body = self._policy.formatter.constant(environ)
        try:
            self._start(status, headers, raised)
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
        return [] if self._is_head else [body]


_FAULT = Error(500, error.title_of(500), error.FAULT_DETAIL)
