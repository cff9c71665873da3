# SPDX-License-Identifier: Apache-2.0
"""Check and time the contenders of one scenario, side by side."""

from __future__ import annotations

import gc
import io
import random
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import inputs
from checks import Check, Seen
from scenarios import Scenario

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

BLOCK_SECONDS = 0.002
WARM_UP_SECONDS = 0.03
BATCH = 50
LEAST_ROUNDS = 5

# What a process spends waiting for a neighbour is not its own doing.
_clock = time.thread_time_ns


class NotDoingTheJob(Exception):
    """A contender failed its check; its time would say nothing."""


@dataclass(slots=True)
class Contender:
    """One application in one scenario, and how long its calls took."""

    name: str
    role: str
    application: WSGIApplication
    request: Callable[[], WSGIEnvironment]
    calls: int = 1
    seconds: list[float] = field(default_factory=list)

    def check(self, checks: Iterable[Check]) -> None:
        """Answer once, and have the answer looked at.

        :raises NotDoingTheJob: it is not the answer that is asked for
        """
        started: list[Any] = []
        body: list[bytes] = []

        def start_response(
            status: str, headers: Any, exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            started[:] = status, list(headers)
            return body.append

        log = io.StringIO()
        try:
            with inputs.logging_to(log):
                chunks = self.application(self.request(), start_response)
                try:
                    body.extend(chunks)
                finally:
                    _close(chunks)
            status, headers = started
        except Exception as exc:
            raise NotDoingTheJob(f'{self.name} raised {exc!r}') from exc
        seen = Seen(
            self.role,
            int(status[:3]),
            headers,
            b''.join(body),
            log.getvalue(),
        )
        problems = [problem for check in checks for problem in check(seen)]
        if problems:
            raise NotDoingTheJob(f'{self.name}: {"; ".join(problems)}')

    def warm_up(self) -> None:
        """Run until caches are filled, and choose the size of a block."""
        until = time.perf_counter() + WARM_UP_SECONDS
        while time.perf_counter() < until:
            self.time_block(2)
        one = min(self.time_block(5) for _ in range(3))
        self.calls = max(1, min(5000, round(BLOCK_SECONDS / max(one, 1e-7))))

    def time_block(self, calls: int) -> float:
        """Return the seconds of one call, the mean of a block of calls."""
        spent = 0
        for begun in range(0, calls, BATCH):
            # Made beforehand: a server's work is nobody's merit here.
            environs = [
                self.request() for _ in range(min(BATCH, calls - begun))
            ]
            started = _clock()
            for environ in environs:
                chunks = self.application(environ, _start_response)
                for _ in chunks:
                    pass
                _close(chunks)
            spent += _clock() - started
        return spent / calls / 1e9


def _start_response(
    status: str, headers: Any, exc_info: Any = None, /
) -> Callable[[bytes], object]:
    return _write


def _write(data: bytes) -> None:
    """Take a chunk, and forget it."""


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, 'close', None)
    if close is not None:
        close()


def ratio(ours: Iterable[float], theirs: Iterable[float]) -> float:
    """Return the median of the rounds' own ratios."""
    return statistics.median(
        one / other for one, other in zip(ours, theirs, strict=True)
    )


def measure(
    scenario: Scenario, seconds: float, rng: random.Random
) -> dict[str, Any]:
    """Run one scenario.

    :param scenario: what to run
    :param seconds: how long to time it, checks and warm-up left out
    :param rng: for the order of the contenders
    :returns: ``ratios``, a list of rows with ``against``, ``ratio``,
        ``bound`` and ``floor`` (the floor's own ratio to that peer);
        ``microseconds`` of a call; ``rounds``; and ``missing``, what is not
        installed
    :raises NotDoingTheJob: a contender failed its check
    """
    found: dict[str, Any] = {
        'title': scenario.title,
        'log': scenario.log,
        'rounds': 0,
        'ratios': [],
        'microseconds': {},
        'missing': [],
    }
    try:
        inputs.log_to_sink(scenario.log)
    except ImportError as exc:
        found['missing'].append(f'{scenario.log} formatter ({exc})')
        return found
    contenders = _contenders(scenario, found['missing'])
    for contender in contenders.values():
        contender.check(scenario.checks)
        contender.warm_up()
    gc.collect()
    gc.freeze()
    order = list(contenders.values())
    until = time.perf_counter() + seconds
    while found['rounds'] < LEAST_ROUNDS or time.perf_counter() < until:
        rng.shuffle(order)
        for contender in order:
            # Garbage of one must not be collected at the cost of another.
            gc.collect()
            contender.seconds.append(contender.time_block(contender.calls))
        found['rounds'] += 1
    times = {name: one.seconds for name, one in contenders.items()}
    ours, floor = times['errorkit'], times['floor']
    found['microseconds'] = {
        name: statistics.median(seconds) * 1e6
        for name, seconds in times.items()
    }
    found['ratios'].append(
        {'against': 'floor', 'ratio': ratio(ours, floor)}
    )
    found['ratios'] += [
        {
            'against': peer.name,
            'ratio': ratio(ours, times[peer.name]),
            'bound': peer.bound,
            'floor': ratio(floor, times[peer.name]),
        }
        for peer in scenario.peers
        if peer.name in times
    ]
    return found


def _contenders(
    scenario: Scenario, missing: list[str]
) -> dict[str, Contender]:
    builders = [
        ('errorkit', 'ours', scenario.ours),
        ('floor', 'floor', scenario.floor),
        *((peer.name, 'peer', peer.build) for peer in scenario.peers),
    ]
    made = {}
    for name, role, build in builders:
        try:
            application = build()
        except ImportError as exc:
            if role != 'peer':
                raise
            missing.append(f'{name} ({exc})')
        else:
            made[name] = Contender(name, role, application, scenario.request)
    return made
