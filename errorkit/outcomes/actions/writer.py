# SPDX-License-Identifier: Apache-2.0
"""Writes what is recorded, and never harms or holds up who works.

What goes wrong with the store is counted, and logged with all that was to be
kept: the log then is where it is found.
"""

from __future__ import annotations

import functools
import logging
from typing import Any

from errorkit import log
from errorkit.outcomes.actions.late_starts import LateStarts
from errorkit.outcomes.actions.records import (
    DONE,
    LATE,
    MISSING,
    SUPERSEDED,
    Action,
    Ended,
    Ending,
    Event,
)
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.fields import Fields
from errorkit.outcomes.guard import SAID, Called, Guard

LOG = logging.getLogger('errorkit.outcomes')

_FOUND = {
    LATE: 'it was final before',
    SUPERSEDED: 'somebody else works on it now',
    MISSING: 'there is no such action',
}


class ActionWriter:
    """Writes to one store of actions.

    With the connection of a caller it writes in his thread and transaction,
    without a budget, and what the store raises passes: that transaction may
    be spoilt.

    :param store: where they are kept
    :param budget: seconds that a caller waits at most, for each call
    :param failures: see ``breaker.Breaker``
    :param seconds: see ``breaker.Breaker``
    """

    def __init__(
        self, store: ActionStore, budget: float, failures: int, seconds: float
    ) -> None:
        self.store = store
        self.guard = Guard(
            store, 'actions', budget, failures, seconds, (DONE, *_FOUND)
        )
        self._starts = LateStarts(store)

    def start(
        self, action: Action, lease: float, connection: Any = None
    ) -> str:
        """Start an action; see ``ActionStore.start``.

        :returns: what it returns, or one of ``guard.SAID``
        """
        if connection is not None:
            return self._found(
                self.store.start(action, lease, connection), 'start', action
            )
        called = self._starts.start(
            self.guard, action.id, action.token,
            functools.partial(self.store.start, action, lease),
        )
        return self._outcome(called, 'start', action)

    def take_over(
        self, action: Action, lease: float, connection: Any = None
    ) -> str:
        """Continue an action, by its id, with its token and host."""
        work = functools.partial(
            self.store.take_over, action.id, action.token, action.host, lease
        )
        if connection is not None:
            return self._found(work(connection), 'continuation', action)
        return self._outcome(self.guard.call(work), 'continuation', action)

    def start_event(
        self, event: Event, lease: float, connection: Any = None
    ) -> str:
        """Start an event; see ``ActionStore.start_event``."""
        if connection is not None:
            return self._found(
                self.store.start_event(event, lease, connection),
                'event', event,
            )
        called = self._starts.start(
            self.guard, event.id, event.token,
            functools.partial(self.store.start_event, event, lease),
        )
        return self._outcome(called, 'event', event)

    def end(self, ending: Ending, connection: Any = None) -> Ended | None:
        """Write what has ended; None: the store has failed."""
        if connection is not None:
            ended = self.store.end(ending, connection)
        else:
            called = self.guard.call(
                functools.partial(self._starts.end, ending)
            )
            if called.failure is not None:
                self._outcome(called, 'end', ending)
                return None
            ended = called.answer
        self._found(ended.action, 'end', ending)
        return ended

    def hand_over(self, id: str, token: str, lease: float) -> None:
        """Give an action time until somebody else continues it."""
        called = self.guard.call(
            functools.partial(self.store.renew, {id: token}, {}, lease)
        )
        if called.failure is not None:
            self.guard.count(called.failure)
            log.say(
                LOG, logging.WARNING, 'action %s is not handed over, %s',
                id, SAID[called.failure], raised=called.raised,
            )

    def find(
        self,
        project_id: str | None,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        """Return an action to be continued; None, if the store fails, too."""
        called = self.guard.call(
            functools.partial(
                self.store.find,
                project_id, resource_type, resource_id, request_id,
            )
        )
        if called.failure is not None:
            self.guard.count(called.failure)
            log.say(
                LOG, logging.ERROR, 'an action cannot be looked for, %s',
                SAID[called.failure], raised=called.raised,
            )
            return None
        found: Action | None = called.answer
        return found

    def _outcome(
        self, called: Called, what: str, record: Action | Event | Ending
    ) -> str:
        if called.failure is None:
            return self._found(called.answer, what, record)
        self.guard.count(called.failure)
        log.say(
            LOG, logging.ERROR, '%s of an action not stored, %s: %s',
            what, SAID[called.failure], Fields(record), raised=called.raised,
        )
        return called.failure

    def _found(
        self, outcome: str, what: str, record: Action | Event | Ending
    ) -> str:
        self.guard.count(outcome)
        if outcome in _FOUND:
            # Who accepts an action may come after who has done it.
            accepts = isinstance(record, Action) and not record.token
            log.say(
                LOG, logging.INFO if accepts else logging.WARNING,
                '%s of an action, but %s: %s',
                what, _FOUND[outcome], Fields(record),
            )
        return outcome
