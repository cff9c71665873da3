# SPDX-License-Identifier: Apache-2.0
"""Records actions: what was accepted, its steps, and what became of them.

::

    actions = Actions(store, messages=messages)
    with actions.record(context, 'extend', VOLUME, volume_id,
                        on_failure=EXTEND_FAILED) as action:
        with action.event('reserve'):
            ...

A failure inside ends the event and the action with ``error``, records the
fault and writes the user message: one request id, one code, one transaction
where the messages are in the same database.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable, Mapping
from typing import Any

from errorkit import domain
from errorkit.domain import Known
from errorkit.exceptions import ConfigError
from errorkit.observers import Observed
from errorkit.outcomes.actions import failures
from errorkit.outcomes.actions.failing import Failing
from errorkit.outcomes.actions.heartbeat import Heartbeat
from errorkit.outcomes.actions.means import Means
from errorkit.outcomes.actions.reading import Reader
from errorkit.outcomes.actions.recorder import Recorder
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.actions.stores import find
from errorkit.outcomes.actions.writer import ActionWriter
from errorkit.outcomes.fitting import fitted
from errorkit.outcomes.messages import API
from errorkit.outcomes.reading import is_admin

_WHERE = 'errorkit.outcomes.actions.Actions'


class Actions(Recorder, Reader):
    """Records and reads the actions on a service's resources.

    :param store: an ``ActionStore``; ``memory``; the address of a database,
        which needs the extra ``db``; or ``module:attribute``
    :param messages: where the user messages of failures go; None: there are
        none. Where their ``Permitted`` declares resource types, an action
        is of one of these
    :param exceptions: what the service's own exceptions become, as
        ``FaultWrapper`` has it: their status, code, and whether they are safe
    :param observers: told of every failure, see ``errorkit.observers``
    :param service_type: of the service, for the observers; None: that of the
        messages
    :param lease: seconds after its last sign of life that an event or action
        counts as lost; it is renewed three times as often
    :param hand_over: seconds that an accepted action may wait for a worker
    :param host: the name of this machine
    :param budget: seconds that a call takes at most, whatever the store does
    :param breaker_failures: after so many failures in a row the store is
        left alone
    :param breaker_seconds: for so long at first
    :param max_limit: rows of a page at most
    :param cursor_key: signs the markers of pages
    :param sees_all: tells whether a context may see all projects
    :raises ConfigError: one of them cannot be
    """

    def __init__(
        self,
        store: ActionStore | str = 'memory',
        *,
        messages: API | None = None,
        exceptions: Mapping[
            type[BaseException], Known | tuple[int, str] | int
        ]
        | None = None,
        observers: Observed | None = None,
        service_type: str | None = None,
        lease: float = 60.0,
        hand_over: float = 3600.0,
        host: str | None = None,
        budget: float = 2.0,
        breaker_failures: int = 5,
        breaker_seconds: float = 5.0,
        max_limit: int = 1000,
        cursor_key: bytes = b'',
        sees_all: Callable[[Any], bool] = is_admin,
    ) -> None:
        for option, value, most in (
            ('lease', lease, 86400),
            ('hand_over', hand_over, 30 * 86400),
            ('budget', budget, 3600),
            ('breaker_failures', breaker_failures, 1_000_000),
            ('breaker_seconds', breaker_seconds, 86400),
            ('max_limit', max_limit, 100_000),
        ):
            _check(
                option, value,
                type(value) in (int, float) and 0 < value <= most,
                f'a number above 0, {most} at most, is',
            )
        _check('messages', messages, messages is None
               or isinstance(messages, API), 'a messages.API, or None, is')
        _check('cursor_key', type(cursor_key).__name__,
               isinstance(cursor_key, bytes) and len(cursor_key) <= 64,
               '64 bytes at most are')
        Reader.__init__(
            self, find(store), max_limit, cursor_key, sees_all
        )
        known = domain.table_of({} if exceptions is None else exceptions)
        writer = ActionWriter(
            self.store, budget, breaker_failures, breaker_seconds
        )
        failing = Failing(writer, messages, observers, service_type)
        means = Means(
            writer,
            Heartbeat(self.store, lease),
            lease,
            hand_over,
            fitted(host) or fitted(socket.gethostname()) or '-',
            functools.partial(failures.read, registered=known),
            failing,
        )
        Recorder.__init__(self, means, messages)
        #: Writes the message of an action that is lost; for ``sweep``.
        self.tell_lost = failing.tell_lost

    @property
    def counters(self) -> dict[str, int]:
        """How often what became of what was written, in this process."""
        return self._means.writer.guard.counters


def _check(option: str, value: object, right: bool, allowed: str) -> None:
    if not right:
        raise ConfigError(_WHERE, option, value, f'{allowed} allowed')
