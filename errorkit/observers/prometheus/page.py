# SPDX-License-Identifier: Apache-2.0
"""A WSGI application: the metrics, as Prometheus reads them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import webob.exc
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    make_wsgi_app,
    multiprocess,
)

from errorkit import _paste
from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_WHERE = 'errorkit#metrics'
_METHODS = ('GET', 'HEAD')
_OPENMETRICS = 'application/openmetrics-text'
_ONLY_READ = 'Metrics can only be read.'


class MetricsPage:
    """A WSGI application: what to mount at ``/metrics``.

    The text format of Prometheus, or OpenMetrics for a client that names it;
    gzip where it is accepted. Where ``PROMETHEUS_MULTIPROC_DIR`` is set, the
    sums over all processes that share that directory, whichever of them
    answers, and of all their registries. Who may read it is for the layers
    outside to say: the labels tell which codes a service has, and nothing of
    its users.

    :param registry: whose metrics, where there is one process;
        prometheus_client's own if None
    :raises ConfigError: it is no registry, or
        ``PROMETHEUS_MULTIPROC_DIR`` is no directory
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        if registry is not None and not isinstance(
            registry, CollectorRegistry
        ):
            raise ConfigError(
                _WHERE,
                'registry',
                registry,
                'allowed: a prometheus_client registry',
            )
        folder = os.environ.get('PROMETHEUS_MULTIPROC_DIR')
        if folder and not os.path.isdir(folder):
            raise ConfigError(
                _WHERE,
                'PROMETHEUS_MULTIPROC_DIR',
                folder,
                'allowed: a directory that all processes share',
            )
        self._folder = folder
        self._registry = registry

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        method = environ['REQUEST_METHOD']
        if method not in _METHODS:
            refusal = webob.exc.HTTPMethodNotAllowed(
                _ONLY_READ, headers=[('Allow', ', '.join(_METHODS))]
            )
            answer: Iterable[bytes] = refusal(environ, start_response)
            return answer
        status, headers, body = self._rendered(environ)
        start_response(
            status,
            [
                *headers,
                ('Content-Length', str(len(body))),
                ('Cache-Control', 'no-store'),
                ('Vary', 'Accept, Accept-Encoding'),
                ('X-Content-Type-Options', 'nosniff'),
            ],
        )
        return [] if method == 'HEAD' else [body]

    def _rendered(
        self, environ: WSGIEnvironment
    ) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return what prometheus_client's own application answers.

        It is shown no more of the request than it needs: it would send back
        parts of the Accept header, and fail over others.
        """
        inner = {'REQUEST_METHOD': 'GET', 'PATH_INFO': '/'}
        if _accepts(environ.get('HTTP_ACCEPT', ''), _OPENMETRICS):
            inner['HTTP_ACCEPT'] = f'{_OPENMETRICS}; version=1.0.0'
        if _accepts(environ.get('HTTP_ACCEPT_ENCODING', ''), 'gzip'):
            inner['HTTP_ACCEPT_ENCODING'] = 'gzip'
        started: list[Any] = []

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            started[:] = status, headers

        body = b''.join(make_wsgi_app(self._current())(inner, start))
        status, headers = started
        return status, headers, body

    def _current(self) -> CollectorRegistry:
        if not self._folder:
            return self._registry or REGISTRY
        # Of its own for each: it reads the files of all processes.
        registry = CollectorRegistry()
        collector: Any = multiprocess.MultiProcessCollector
        collector(registry, self._folder)
        return registry


def _accepts(header: str, name: str) -> bool:
    """Tell whether a header of the Accept kind names something."""
    for part in header.split(','):
        value, *parameters = [one.strip() for one in part.lower().split(';')]
        if value == name:
            return not any(
                one.startswith('q=') and not one[2:].strip('0.')
                for one in parameters
            )
    return False


def paste_app(
    global_conf: Mapping[str, str], **local_conf: str
) -> WSGIApplication:
    """Return the application for ``use = egg:errorkit#metrics``.

    :param local_conf: ``registry``, a ``module:name``
    :raises ConfigError: an option is unknown, or a value is bad
    """
    options = _paste.converted(
        _WHERE, local_conf, {'registry': _paste.loaded}
    )
    return MetricsPage(**options)
