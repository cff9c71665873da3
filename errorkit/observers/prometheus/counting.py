# SPDX-License-Identifier: Apache-2.0
"""Metrics: a middleware that counts requests, and how they have ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from errorkit import _headers, _paste, codes, keys
from errorkit._wsgi.body import Body
from errorkit.observers.process import PerProcess
from errorkit.observers.prometheus import series
from errorkit.observers.prometheus.series import ABORTED, BUCKETS, OTHER
from errorkit.observers.quiet import Quiet

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

LOG = logging.getLogger('errorkit.observers.prometheus')

#: Seconds between two looks at what the observers count.
_PERIOD = 1.0

# Bound once: the success path of every request runs through here.
_clock = time.perf_counter
_HTTP_REQUEST_ID = keys.HTTP_REQUEST_ID
_GLOBAL_REQUEST_ID = keys.GLOBAL_REQUEST_ID

_Counts = tuple[Callable[[], None], Callable[[float], None]]


class Metrics:
    """WSGI middleware: requests, errors and latency, for Prometheus.

    It belongs around the whole stack: outside ``RequestId``, so that it sees
    which request ids were refused. An error's code is a label where the
    catalog declares it for that status, else the label is ``other``; without
    a catalog it always is.

    :param application: the wrapped WSGI application
    :param catalog: the service's codes
    :param registry: where the metrics are; prometheus_client's own if None
    :param buckets: upper bounds of the latency histogram, in seconds
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        catalog: codes.Catalog | None = None,
        registry: CollectorRegistry | None = None,
        buckets: Iterable[float] = BUCKETS,
    ) -> None:
        if catalog is not None and not isinstance(catalog, codes.Catalog):
            raise series.bad('catalog', catalog, 'an errorkit.Catalog')
        self.application = application
        self._catalog = catalog
        self._series = series.series_of(registry, buckets)
        #: How to count a request, by method and first digit of its status.
        self._counts: dict[tuple[str, str], _Counts] = {}
        #: When to look at the observers' own counts again.
        self._due = 0.0
        self._failures = 0
        self._quiet = PerProcess(lambda: Quiet(LOG))
        for code, declared in (catalog or {}).items():
            if declared.retired or declared is self._default():
                continue
            # A first error is seen as one only by whom it was 0 before.
            for status in declared.statuses:
                self._series.errors.labels(
                    code, series.status_label(status)
                )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        began = _clock()
        has_id = _HTTP_REQUEST_ID in environ
        sent = ''

        def start(
            status: str,
            headers: _headers.Headers,
            exc_info: OptExcInfo | None = None,
        ) -> _headers.Write:
            nonlocal sent
            sent = status
            if exc_info is None:
                return start_response(status, headers)
            try:
                return start_response(status, headers, exc_info)
            finally:
                exc_info = None  # PEP 3333: no circular reference

        try:
            body = self.application(environ, start)
        except BaseException:
            # No body was begun: a server answers that with 500.
            self._ended(environ, '500', began, has_id)
            raise
        if (
            type(body) is list
            or type(body) is tuple
            # Another of ours that stands for a list: RequestLog's.
            or (isinstance(body, Body) and hasattr(body, '__len__'))
        ):
            # Nothing of the application is left to run.
            self._ended(environ, sent, began, has_id)
            return body

        def ended(stream: Body) -> None:
            self._ended(environ, sent, began, has_id, stream.failed)

        stream = Body(body)
        stream.on_close(ended)
        return stream

    def _ended(
        self,
        environ: WSGIEnvironment,
        status: str,
        began: float,
        has_id: bool,
        aborted: bool = False,
    ) -> None:
        """Count a request. Never raises.

        :param status: the status line
        :param began: by the clock, when the request came
        :param has_id: it came with a request id
        :param aborted: the response broke off under way
        """
        try:
            now = _clock()
            digit = status[:1]
            method = environ['REQUEST_METHOD']
            counts = self._counts.get((method, digit))
            if counts is None:
                counts = self._counts_of(method, digit)
            increase, observe = counts
            increase()
            observe(now - began)
            if digit >= '4' or aborted:
                self._count_error(environ, status, aborted)
            if (
                has_id
                and _HTTP_REQUEST_ID not in environ
                and _GLOBAL_REQUEST_ID not in environ
            ):
                # RequestId takes out of environ what it does not accept.
                self._series.rejected.inc()
            if now >= self._due:
                self._due = now + _PERIOD
                self._series.look()
        except Exception as exc:  # a metric never fails a request
            self._failed(exc)

    def _counts_of(self, method: str, digit: str) -> _Counts:
        label = series.method_label(method)
        made = (
            self._series.requests.labels(
                label, series.class_label(digit)
            ).inc,
            self._series.seconds.labels(label).observe,
        )
        if label == method:
            # Only of known ones: a client may think of any number of others.
            self._counts[method, digit] = made
        return made

    def _count_error(
        self, environ: WSGIEnvironment, status: str, aborted: bool
    ) -> None:
        if environ.pop(keys.RESHAPED, False):
            self._series.reshaped.inc()
        if aborted:
            default = self._default()
            self._series.errors.labels(default or OTHER, ABORTED).inc()
            return
        number = int(status[:3])
        answered = environ.get(keys.ERROR)
        code = None
        if answered is not None and answered.status == number:
            code = self._declared(answered.code, number)
        label = series.status_label(number)
        self._series.errors.labels(code or OTHER, label).inc()

    def _declared(self, code: str | None, status: int) -> str | None:
        """Return a code of the catalog, by the name it has there."""
        if self._catalog is None or code is None:
            return None
        found = self._catalog.find(code)
        if found is None or status not in found.statuses:
            return None
        return found

    def _default(self) -> str | None:
        return None if self._catalog is None else self._catalog.default

    def _failed(self, raised: Exception) -> None:
        self._failures += 1
        self._quiet.get().say(
            'counting a request failed; %d failures so far',
            self._failures,
            raised=raised,
        )


PASTE_OPTIONS: dict[str, _paste.Converter] = {
    'catalog': _paste.loaded,
    'registry': _paste.loaded,
    'buckets': _paste.words,
}

paste_filter = _paste.filter_factory('prometheus', Metrics, PASTE_OPTIONS)
