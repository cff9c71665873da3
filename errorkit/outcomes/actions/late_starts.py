# SPDX-License-Identifier: Apache-2.0
"""Ends what was ended before its start had come to be stored.

The start of an action or event that takes too long is left to its thread. An
end that comes meanwhile finds nothing; so it is written again when the start
is stored after all, or that would be in progress until its lease is over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from errorkit import log
from errorkit.outcomes.actions.records import (
    MISSING,
    SUPERSEDED,
    Ended,
    Ending,
)
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.guard import TIMED_OUT, Called, Guard

LOG = logging.getLogger('errorkit.outcomes')

#: What the end of something finds that has not begun: an action that another
#: has accepted is his until then.
_NOT_MINE = (MISSING, SUPERSEDED)


class LateStarts:
    """Starts and ends in one store; without a lock, because of forks.

    :param store: where the actions are kept
    """

    def __init__(self, store: ActionStore) -> None:
        self._store = store
        # By id and token: the ends that have not found what begins.
        self._begun: dict[tuple[str, str | None], list[Ending]] = {}

    def start(
        self, guard: Guard, id: str, token: str, work: Callable[[], str]
    ) -> Called:
        """Start an action or event.

        :param guard: of the store
        :param id: of the action or event
        :param token: that it is started with; with none it is not ended here
        :param work: starts it
        """
        if not token:
            return guard.call(work)
        key, is_open = (id, token), False
        self._begun[key] = []
        try:
            called = guard.call(work, lambda late: self._stored(key, late))
            is_open = called.failure == TIMED_OUT
        finally:
            if not is_open:
                self._begun.pop(key, None)
        return called

    def end(self, ending: Ending) -> Ended:
        """Write what has ended, and again when it has begun."""
        keys = [
            (ending.action_id, ending.token),
            *((one.id, one.token) for one in ending.events),
        ]
        open_ = [
            (key, ends)
            for key in keys
            if (ends := self._begun.get(key)) is not None
        ]
        ended = self._store.end(ending)
        if open_ and not {ended.action, *ended.events}.isdisjoint(_NOT_MINE):
            for _, ends in open_:
                ends.append(ending)
            if any(self._begun.get(key) is not ends for key, ends in open_):
                # It was stored just now, perhaps without a look at this end.
                ended = self._store.end(ending)
        return ended

    def _stored(self, key: tuple[str, str], late: Called) -> None:
        """Write the ends that came before their start; in its thread."""
        ends = self._begun.pop(key, [])
        if late.raised is not None:
            return
        for ending in [*ends]:
            try:
                self._store.end(ending)
            except Exception as exc:
                log.say(
                    LOG, logging.ERROR,
                    'action %s was stored when it was over, and is not ended',
                    ending.action_id, raised=exc,
                )
