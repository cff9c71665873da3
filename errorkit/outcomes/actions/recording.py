# SPDX-License-Identifier: Apache-2.0
"""An action and its events while they are worked on, in this process.

What an event's failure becomes is decided when its action's block ends: if it
ends by the same exception, all of it is one transaction. One that was caught
is written before whatever comes next.

The exception of a body passes as it is, whatever becomes of the records.
"""

from __future__ import annotations

import collections
import uuid
from collections.abc import Callable
from typing import Any

from errorkit.outcomes.actions.caught import Failed, first, is_end
from errorkit.outcomes.actions.failures import Failure
from errorkit.outcomes.actions.means import Means
from errorkit.outcomes.actions.records import (
    ERROR,
    SUCCESS,
    Action,
    Ending,
    Event,
    EventEnd,
)
from errorkit.outcomes.actions.steps import EventBlock
from errorkit.outcomes.actions.subjects import Subject

#: So many failures that were written when they were caught are remembered:
#: one of them may still be what ends the action.
_REMEMBERED = 16


class Live:
    """An action that is worked on; what ``with actions.record(…)`` gives.

    :param means: see there
    :param action: as it was started or found; None: it could not be, and
        nothing but a message is recorded
    :param context: of the request
    :param subject: what it is about, also where there is no action
    :param connection: see ``ActionStore``
    :param on_failure: the permitted message of its failure, or None
    :param params: of that message
    :param tells: what the resource's users may read of a failure, in detail
    """

    def __init__(
        self,
        means: Means,
        action: Action | None,
        context: Any,
        subject: Subject,
        *,
        connection: Any = None,
        on_failure: str | None = None,
        params: Any = None,
        tells: Callable[[BaseException], str | None] | None = None,
    ) -> None:
        self.means = means
        self.action = action
        self.context = context
        self.subject = subject
        self.connection = connection
        self.on_failure = on_failure
        self.params = params
        self.tells = tells
        #: The action around it, in the context where its block was entered.
        self.outer: Live | None = None
        #: Its block is entered, and not left.
        self.is_open = False
        self._finishes = False
        # Events that have failed: those not written yet, and the last that
        # are. Of several threads each takes and gives one at a time.
        self._failed: collections.deque[Failed] = collections.deque()
        self._written: collections.deque[Failed] = collections.deque(
            maxlen=_REMEMBERED
        )

    @property
    def id(self) -> str | None:
        """The id of the action, or None."""
        return None if self.action is None else self.action.id

    @property
    def request_id(self) -> str | None:
        """The local id of the request that was accepted, or None."""
        return None if self.action is None else self.action.request_id

    def event(
        self,
        name: str,
        *,
        deadline: float | None = None,
        heartbeat: bool = True,
    ) -> EventBlock:
        """Record a step: a block, or the decorator of a function.

        :param name: of the step
        :param deadline: seconds after which it counts as lost, however much
            alive it is
        :param heartbeat: renew its lease as long as this process lives;
            without, it counts as lost after ``deadline``, or a lease
        :raises ValueError: a name that no store keeps, or a deadline that is
            not above 0
        """
        return EventBlock(self, name, deadline, heartbeat)

    def open(self, finishes: bool) -> None:
        """Begin to work on it.

        :param finishes: it is a success when the work ends well
        """
        self.is_open = True
        self._finishes = finishes
        if self.action is not None:
            self.means.heartbeat.add_action(self.action.id, self.action.token)

    def close(self, raised: BaseException | None) -> None:
        """End the work."""
        self.is_open = False
        if self.action is not None:
            self.means.heartbeat.remove(self.action.id)
        failed = self._take()
        try:
            if raised is None or is_end(raised):
                self._end_well(tuple(one.end for one in failed))
            else:
                self._end_badly(raised, failed)
        finally:
            # What they hold has frames that hold this.
            self._written.clear()
            for one in failed:
                self.means.heartbeat.remove(one.end.id)

    def _end_well(self, events: tuple[EventEnd, ...]) -> None:
        action = self.action
        if action is None:
            return
        if self._finishes:
            self.means.writer.end(
                Ending(action.id, action.token, SUCCESS, events=events),
                self.connection,
            )
            return
        self._write(events)
        if self.connection is None:
            self.means.writer.hand_over(
                action.id, action.token, self.means.hand_over
            )
        else:
            # Nobody else sees yet what that transaction has written.
            self.means.writer.take_over(
                action, self.means.hand_over, self.connection
            )

    def _end_badly(
        self, raised: BaseException, failed: list[Failed]
    ) -> None:
        events = tuple(one.end for one in failed)
        action = self.action
        late: tuple[Event, ...] = ()
        own = first([*self._written, *failed], raised)
        if own is not None:
            # Of a group it is the one that says what has failed.
            raised, failure, event_id = own.raised, own.failure, own.end.id
        else:
            event_id, failure = '', self.means.reads(raised)
            if action is not None:
                late = (self._late(action, failure),)
                event_id = late[0].id
        ending = Ending(
            '' if action is None else action.id,
            None if action is None else action.token,
            ERROR,
            failure.code,
            events,
            late,
        )
        self.means.fails(self, raised, failure, ending, event_id)

    def _late(self, action: Action, failure: Failure) -> Event:
        """Return the event of a failure that happened in none."""
        return Event(
            id=str(uuid.uuid4()),
            action_id=action.id,
            event=action.action,
            host=self.means.host,
            token=action.token,
            status=ERROR,
            code=failure.code,
            message=failure.message,
            details=failure.details,
            traceback=failure.traceback,
        )

    def event_failed(
        self, end: EventEnd, raised: BaseException, failure: Failure
    ) -> None:
        """Note an event's failure; written now if no block is open."""
        if self.is_open:
            self._failed.append(Failed(end, raised, failure))
            return
        self.means.heartbeat.remove(end.id)
        assert self.action is not None
        ending = Ending(self.action.id, code=failure.code, events=(end,))
        self.means.fails(self, raised, failure, ending, end.id)

    def failed_alone(self, raised: BaseException) -> None:
        """Note the failure of an event that has no action."""
        if not self.is_open:
            failure = self.means.reads(raised)
            ending = Ending('', code=failure.code)
            self.means.fails(self, raised, failure, ending, '')

    def flush(self) -> None:
        """Write the failures that were caught."""
        failed = self._take()
        if failed:
            self._written.extend(failed)
            for one in failed:
                self.means.heartbeat.remove(one.end.id)
            self._write(tuple(one.end for one in failed))

    def _take(self) -> list[Failed]:
        taken = []
        while self._failed:
            try:
                taken.append(self._failed.popleft())
            except IndexError:  # another thread has it
                break
        return taken

    def _write(self, events: tuple[EventEnd, ...]) -> None:
        if self.action is not None and events:
            self.means.writer.end(
                Ending(self.action.id, events=events), self.connection
            )
