# SPDX-License-Identifier: Apache-2.0
"""What is measured: each scenario's contenders, checks and bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import adapter
import checks
import inputs
import rivals

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else who does the same job.

    ``build`` raises ImportError where the peer is not installed; ``bound``
    is the greatest ratio of errorkit's time to the peer's that was promised.
    """

    name: str
    bound: float
    build: Callable[[], WSGIApplication]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One job, and those who do it."""

    title: str
    checks: tuple[checks.Check, ...]
    ours: Callable[[], WSGIApplication]
    floor: Callable[[], WSGIApplication]
    peers: tuple[Peer, ...]
    request: Callable[[], WSGIEnvironment] = inputs.request
    log: str = 'stdlib'


_STREAM = inputs.streams(checks.CHUNKS)
STACK = 'placement, lean stack'
# The same under both formatters: oslo.log's costs everybody more.
_SUCCESS = (
    lambda: adapter.full_stack(inputs.answers),
    lambda: rivals.floor_stack(inputs.answers),
)


def _lean(bound: float) -> tuple[Peer, ...]:
    return (
        Peer(STACK, bound, lambda: rivals.placement_stack(inputs.answers)),
    )


def _lean_handler(bound: float, func: inputs.Handler) -> tuple[Peer, ...]:
    return (
        Peer(
            STACK,
            bound,
            lambda: rivals.placement_stack(rivals.placement_handler(func)),
        ),
    )


SCENARIOS = {
    'a': Scenario(
        'a success, request id only',
        (checks.is_ok,),
        lambda: adapter.request_id(inputs.answers),
        lambda: rivals.floor_id(inputs.answers),
        (
            Peer(
                'oslo.middleware RequestId',
                0.10,
                lambda: rivals.oslo_request_id(inputs.answers),
            ),
        ),
    ),
    'b': Scenario(
        'a success through the whole stack',
        (checks.is_ok, checks.is_stacked),
        *_SUCCESS,
        _lean(0.18),
    ),
    'b-oslo': Scenario(
        "the same, logged by oslo.log's ContextFormatter",
        (checks.is_ok, checks.is_stacked, checks.knows_context),
        *_SUCCESS,
        _lean(0.32),
        log='oslo.log',
    ),
    'b2': Scenario(
        'the same around a webob handler',
        (checks.is_ok, checks.is_stacked),
        lambda: adapter.full_stack(adapter.handler(inputs.fills)),
        lambda: rivals.floor_stack(rivals.floor_handler(inputs.fills)),
        _lean_handler(0.27, inputs.fills),
    ),
    'c': Scenario(
        'a 409 with its code, the handler alone',
        (checks.is_conflict,),
        lambda: adapter.error_formatter(inputs.conflicts),
        lambda: rivals.floor_error(inputs.conflicts),
        (
            Peer(
                'placement wsgify',
                0.20,
                lambda: rivals.placement_handler(inputs.conflicts),
            ),
        ),
        inputs.request_in_stack,
    ),
    'c2': Scenario(
        'a 409 with its code through the whole stack',
        (checks.is_conflict, checks.has_id, checks.is_stacked),
        lambda: adapter.full_stack(adapter.handler(inputs.conflicts)),
        lambda: rivals.floor_stack(rivals.floor_error(inputs.conflicts)),
        _lean_handler(0.22, inputs.conflicts),
    ),
    'd': Scenario(
        'an uncaught exception, its traceback logged',
        (checks.is_fault,),
        lambda: adapter.fault(inputs.raises),
        lambda: rivals.floor_fault(inputs.raises),
        (
            Peer(
                'placement FaultWrapper',
                0.48,
                lambda: rivals.placement_fault(inputs.raises),
            ),
            Peer(
                'oslo.middleware CatchErrors',
                0.30,
                lambda: rivals.oslo_catch_errors(inputs.raises),
            ),
        ),
    ),
    'e': Scenario(
        f'{checks.CHUNKS} chunks of 1 KiB (behind a server: stream.py)',
        (checks.is_stream,),
        lambda: adapter.full_stack(_STREAM),
        lambda: rivals.floor_stack(_STREAM),
        (Peer('the bare application', 1.05, lambda: _STREAM),),
    ),
}
