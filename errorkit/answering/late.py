# SPDX-License-Identifier: Apache-2.0
"""Failures that come too late for an answer: logged, and let pass or not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from errorkit import error, report
from errorkit._wsgi.held import Held
from errorkit.exceptions import BodyAborted
from errorkit.formats.formatter import Formatter
from errorkit.observers import Observers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Policy(NamedTuple):
    """What a FaultWrapper's options say, for all its requests.

    :param formatter: how errors are said
    :param observers: who is told of them
    :param reraises: let every exception pass that is not an ``Exception``
    :param reshape: which errors of other layers are answered in our words:
        ``all``, ``non-json`` or ``none``
    """

    formatter: Formatter
    observers: Observers
    reraises: bool
    reshape: str


class Watched(Held):
    """A held response whose application's failures are watched.

    :param policy: the FaultWrapper's
    :param environ: of the request
    :param start_response: the outer one
    """

    body: Iterable[bytes] | None = None
    _missed_version = False
    _started = 0.0
    _is_head = False

    def __init__(
        self,
        policy: Policy,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> None:
        self._start_response = start_response
        self._policy = policy
        self._environ = environ
        # As the client has asked: a layer inside may change it.
        if environ.get('REQUEST_METHOD') == 'HEAD':
            self._is_head = True
        if policy.observers.present:
            self._started = report.clock()

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
            begun=self.committed,
            closing=closing,
            started=self._started,
        )
