# SPDX-License-Identifier: Apache-2.0
"""What it costs a success when everybody who can be told is told of errors.

``python benchmarks/observed.py`` times the whole stack alone, and the same
with metrics, spans and every observer, in turns; without a live span, and with
OpenTelemetry's own instrumentation around both. It ends with status 1 where a
ratio is over its bound.
``--requests 100000`` also sends so many requests whose every part a client
has made up, and counts the time series before and after.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import statistics
import string
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import adapter
import inputs
import measure
from prometheus_client import CollectorRegistry

import errorkit
from errorkit.observers.notify import Notifications
from errorkit.observers.opentelemetry import SpanErrors, Spans
from errorkit.observers.prometheus import Metrics

with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    from errorkit.observers.sentry import Sentry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Of the stack as ``wrap`` makes it; without its request log the same
#: microseconds are a greater part.
BOUND = 1.3
CATALOG = errorkit.Catalog(adapter.SERVICE_TYPE)


def alone(app: WSGIApplication, log_requests: bool = True) -> WSGIApplication:
    """Return the application in the whole stack, told to nobody."""
    return errorkit.wrap(
        app,
        service_type=adapter.SERVICE_TYPE,
        versions=adapter.VERSIONS,
        catalog=CATALOG,
        log_requests=log_requests,
    )


def observed(
    app: WSGIApplication,
    log_requests: bool = True,
    registry: CollectorRegistry | None = None,
) -> WSGIApplication:
    """Return the same, with all who can be told."""
    wrapped = errorkit.wrap(
        app,
        service_type=adapter.SERVICE_TYPE,
        versions=adapter.VERSIONS,
        catalog=CATALOG,
        observers=[Notifications(), SpanErrors(), Sentry()],
        log_requests=log_requests,
    )
    return Metrics(
        Spans(wrapped),
        catalog=CATALOG,
        registry=registry or CollectorRegistry(),
    )


def traced(application: WSGIApplication) -> WSGIApplication:
    """Return the application in OpenTelemetry's own instrumentation."""
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.trace import TracerProvider

    made: WSGIApplication = OpenTelemetryMiddleware(
        application, tracer_provider=TracerProvider()
    )
    return made


def ratio(
    base: WSGIApplication, more: WSGIApplication, rounds: int
) -> tuple[float, float, float]:
    """Return microseconds of both, and the median of the rounds' ratios."""
    pair = [
        measure.Contender(name, '', application, inputs.request)
        for name, application in (('base', base), ('more', more))
    ]
    for one in pair:
        one.warm_up()
    for turn in range(rounds):
        for one in pair if turn % 2 else reversed(pair):
            one.seconds.append(one.time_block(one.calls))
    first, second = (one.seconds for one in pair)
    return (
        statistics.median(first) * 1e6,
        statistics.median(second) * 1e6,
        measure.ratio(second, first),
    )


def series(registry: CollectorRegistry) -> int:
    """Return how many time series a scrape would read."""
    return sum(len(family.samples) for family in registry.collect())


def hostile(count: int, rng: random.Random) -> Iterator[WSGIEnvironment]:
    """Yield requests of which the client has chosen every part."""

    def word() -> str:
        return ''.join(rng.choices(string.ascii_lowercase + '._', k=12))

    for _ in range(count):
        yield {
            **inputs.request(),
            'REQUEST_METHOD': rng.choice(['GET', 'PUT', word().upper()]),
            'PATH_INFO': f'/{word()}',
            'QUERY_STRING': f'{word()}={word()}',
            'HTTP_X_OPENSTACK_REQUEST_ID': word(),
            'benchmark.status': rng.choice([200, 404, 409, 500, 503]),
            'benchmark.code': f'{adapter.SERVICE_TYPE}.{word().strip(".")}',
        }


def echoes(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Answer with the status and the code that the request asks for."""
    status = environ['benchmark.status']
    if status == 500:
        raise ValueError(environ['benchmark.code'])
    if status >= 400:
        raise errorkit.MultiError(
            [errorkit.Error(status, 'x', 'x', environ['benchmark.code'])]
        )
    return inputs.answers(environ, start_response)


def count_series(count: int) -> bool:
    """Print the number of time series before and after; tell if it stayed."""
    registry = CollectorRegistry()
    wrapped = Metrics(
        errorkit.wrap(
            echoes, service_type=adapter.SERVICE_TYPE, catalog=CATALOG
        ),
        catalog=CATALOG,
        registry=registry,
    )
    rng = random.Random(8)
    numbers = []
    for some in (1000, count):
        for environ in hostile(some, rng):
            body: Any = wrapped(environ, lambda *args: print)
            with contextlib.closing(body) if hasattr(
                body, 'close'
            ) else contextlib.nullcontext():
                list(body)
        numbers.append(series(registry))
    print(f'{numbers[0]} series after 1000 hostile requests, '
          f'{numbers[1]} after {count} more')
    return numbers[0] == numbers[1]


CASES: dict[str, tuple[bool, Callable[[Any], Any]]] = {
    'without a span': (True, lambda application: application),
    'in a live span': (True, traced),
    'no request log, no span': (False, lambda application: application),
}


def main() -> int:
    """Print the figures; return 1 where one is over its bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=300)
    parser.add_argument('--requests', type=int, default=0)
    options = parser.parse_args()
    inputs.log_to_sink()
    fine = True
    for name, (log_requests, around) in CASES.items():
        base, more, found = ratio(
            around(alone(inputs.answers, log_requests)),
            around(observed(inputs.answers, log_requests)),
            options.rounds,
        )
        bound = f'bound {BOUND}' if log_requests else 'no bound'
        fine = fine and (found <= BOUND or not log_requests)
        print(f'{name:24} {base:7.2f} us  {more:7.2f} us  '
              f'ratio {found:.3f}  {bound}')
    if options.requests:
        logging.getLogger().setLevel(logging.CRITICAL + 1)
        fine = count_series(options.requests) and fine
    return 0 if fine else 1


if __name__ == '__main__':
    sys.exit(main())
