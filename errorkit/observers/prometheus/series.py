# SPDX-License-Identifier: Apache-2.0
"""The time series of a registry: their names, their labels, all bounded."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

from errorkit import observers
from errorkit.exceptions import ConfigError
from errorkit.observers.process import PerProcess

#: Upper bounds of the latency histogram, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: The label of whatever is not known beforehand.
OTHER = 'other'
#: The status label of an error that broke off a response under way.
ABORTED = 'aborted'

METHODS = frozenset(
    ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']
)
_STATUSES = frozenset(one.value for one in HTTPStatus if one.value >= 400)


class Series:
    """The metrics of a registry. One for each: their names are taken then.

    :param registry: where they are registered
    :param buckets: see ``Metrics``
    """

    def __init__(
        self, registry: CollectorRegistry, buckets: tuple[float, ...]
    ) -> None:
        self.buckets = buckets
        self.requests = Counter(
            'errorkit_requests_total',
            'Requests, by method and class of status.',
            ['method', 'status'],
            registry=registry,
        )
        self.seconds = Histogram(
            'errorkit_request_duration_seconds',
            'Seconds until the response was there, a stream to its end.',
            ['method'],
            buckets=buckets,
            registry=registry,
        )
        self.errors = Counter(
            'errorkit_errors_total',
            'Requests that ended with an error, by declared code and status.',
            ['code', 'status'],
            registry=registry,
        )
        self.rejected = Counter(
            'errorkit_rejected_request_ids_total',
            'Inbound request ids that were invalid or not trusted.',
            registry=registry,
        )
        self.reshaped = Counter(
            'errorkit_reshaped_responses_total',
            'Error responses from inside, answered in our format instead.',
            registry=registry,
        )
        self.records = Counter(
            'errorkit_observer_records_total',
            'Error records for each observer: told, dropped, failed.',
            ['observer', 'outcome'],
            registry=registry,
        )
        self._observed = PerProcess(_Observed)

    def look(self) -> None:
        """Add what the observers of this process have counted since.

        Theirs are plain numbers; only a counter here is summed up over
        several processes.
        """
        for name, outcome, more in self._observed.get().since():
            self.records.labels(name, outcome).inc(more)


class _Observed:
    """What the observers of a process had counted when last looked at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[tuple[str, str], int] = {}

    def since(self) -> list[tuple[str, str, int]]:
        """Return names, outcomes, and by how much each has grown."""
        found = []
        with self._lock:
            for name, counts in observers.all_counts().items():
                for outcome, count in counts._asdict().items():
                    before = self._counted.get((name, outcome), 0)
                    self._counted[name, outcome] = count
                    # Fewer: an observer is gone, with what it had counted.
                    found.append((name, outcome, max(count - before, 0)))
        return found


_LOCK = threading.Lock()
_SERIES: weakref.WeakKeyDictionary[CollectorRegistry, Series] = (
    weakref.WeakKeyDictionary()
)


def series_of(
    registry: CollectorRegistry | None, buckets: Iterable[float]
) -> Series:
    """Return the metrics of a registry, made when first asked for.

    :param registry: None stands for prometheus_client's own
    :raises ConfigError: the buckets are no ascending seconds, or not those
        that the registry's metrics have already
    """
    registry = REGISTRY if registry is None else registry
    if not isinstance(registry, CollectorRegistry):
        raise bad('registry', registry, 'a prometheus_client registry')
    bounds = _bounds(buckets)
    with _LOCK:
        found = _SERIES.get(registry)
        if found is None:
            try:
                found = Series(registry, bounds)
            except ValueError as exc:
                raise bad('registry', registry, f'one without: {exc}') from exc
            _SERIES[registry] = found
    if found.buckets != bounds:
        raise bad(
            'buckets',
            buckets,
            f'{found.buckets}, as another Metrics of this registry has',
        )
    return found


def _bounds(buckets: Any) -> tuple[float, ...]:
    try:
        bounds = tuple(float(one) for one in buckets)
    except (TypeError, ValueError):
        bounds = ()
    ascending = all(
        one < other for one, other in itertools.pairwise(bounds)
    )
    if not bounds or not ascending or not 0 < bounds[0] < float('inf'):
        raise bad('buckets', buckets, 'ascending numbers of seconds')
    return bounds


def method_label(method: str) -> str:
    """Return the label of a request's method."""
    return method if method in METHODS else OTHER


def class_label(digit: str) -> str:
    """Return the label of a status, of its first digit."""
    return f'{digit}xx' if digit in ('1', '2', '3', '4', '5') else OTHER


def status_label(status: int) -> str:
    """Return the label of an error's status: exact where it is HTTP's."""
    return str(status) if status in _STATUSES else class_label(str(status)[:1])


def bad(option: str, value: object, allowed: str) -> ConfigError:
    """Return the error of an option of ``Metrics``."""
    return ConfigError(
        'errorkit#prometheus', option, value, f'allowed: {allowed}'
    )
