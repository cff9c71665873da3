# SPDX-License-Identifier: Apache-2.0
"""What is kept of actions and events, and what is asked of it.

The names of ``fault_records`` are here as well: a store needs them all.
"""

from __future__ import annotations

import dataclasses
import datetime

from errorkit.outcomes.actions.fault_records import (
    FAULT_FILTERS as FAULT_FILTERS,
)
from errorkit.outcomes.actions.fault_records import (
    MESSAGE_WIDTH as MESSAGE_WIDTH,
)
from errorkit.outcomes.actions.fault_records import Fault as Fault
from errorkit.outcomes.actions.fault_records import FaultPage as FaultPage
from errorkit.outcomes.records import Message

#: What can have become of an action or an event. All but the first are final.
IN_PROGRESS, SUCCESS, ERROR, LOST = 'in_progress', 'success', 'error', 'lost'
STATUSES = (IN_PROGRESS, SUCCESS, ERROR, LOST)

#: The message of an action one of whose events has failed, or that is lost.
FAILED = 'Error'

#: What a call that writes has found.
DONE = 'done'
#: It was final before: lost, or finished by another. Nothing final changed.
LATE = 'late'
#: Somebody else has taken it over.
SUPERSEDED = 'superseded'
MISSING = 'missing'


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """What was asked of a resource, and what became of it.

    The times that have a default are the store's, by its own clock.

    :param id: derived from project, resource, request and name: who starts
        the same action again finds this row
    :param project_id: the tenant it belongs to
    :param resource_type: such as ``VOLUME``
    :param resource_id: of the resource
    :param request_id: the local id of the request that was accepted
    :param action: its name, such as ``extend``
    :param user_id: who asked
    :param global_request_id: the caller's
    :param host: that works on it
    :param token: of who may finish it, new with each who takes it over
    :param failure_event: the permitted message that tells of its failure
    :param status: one of ``STATUSES``; a reader sees ``lost`` as soon as the
        lease is over
    :param code: the error code of its failure
    :param message: ``Error`` once an event has failed, or it is lost
    :param start_time: in UTC, aware, with microseconds
    :param updated_at: when it or one of its events last began or ended
    :param finish_time: when it became final; of a lost one the end of its
        lease
    :param late_status: what was to be said of it when it was final already
    """

    id: str
    project_id: str
    resource_type: str
    resource_id: str
    request_id: str
    action: str
    user_id: str | None = None
    global_request_id: str | None = None
    host: str | None = None
    token: str = ''
    failure_event: str | None = None
    status: str = IN_PROGRESS
    code: str | None = None
    message: str | None = None
    start_time: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None
    finish_time: datetime.datetime | None = None
    late_status: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """A step of an action.

    :param id: a UUID, made by who starts it; it is finished by this id
    :param action_id: of its action
    :param event: its name, such as ``reserve``
    :param host: that it runs on
    :param token: of who may finish it
    :param status: one of ``STATUSES``, as of an action
    :param code: the error code of its failure
    :param message: why it failed, fit for the owner: the text of a safe
        exception, of any other the name of its class
    :param details: the same for admins; may be the exception's own text,
        without secrets
    :param traceback: for admins, without secrets
    :param start_time: by the store's clock, as all times
    :param finish_time: when it became final
    :param late_status: what was to be said of it when it was final already
    """

    id: str
    action_id: str
    event: str
    host: str | None = None
    token: str = ''
    status: str = IN_PROGRESS
    code: str | None = None
    message: str | None = None
    details: str | None = None
    traceback: str | None = None
    start_time: datetime.datetime | None = None
    finish_time: datetime.datetime | None = None
    late_status: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class EventEnd:
    """How an event ended.

    :param id: of the event
    :param token: it was started with
    :param status: ``success`` or ``error``
    :param code: see ``Event``, as are the others
    """

    id: str
    token: str
    status: str
    code: str | None = None
    message: str | None = None
    details: str | None = None
    traceback: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """What has ended, to be written in one transaction.

    :param action_id: of the action
    :param token: of who writes; None: he may end no more than events
    :param status: ``success`` or ``error``; None: the action goes on
    :param code: the error code of its failure
    :param events: its events that have ended
    :param late_events: events that began and ended at once: failures that
        happened in no event, which therefore are one
    :param fault: recorded if the action's failure is, ``DONE``
    :param message: kept if the fault is, or would be
    """

    action_id: str
    token: str | None = None
    status: str | None = None
    code: str | None = None
    events: tuple[EventEnd, ...] = ()
    late_events: tuple[Event, ...] = ()
    fault: Fault | None = None
    message: Message | None = None

    @property
    def is_alone(self) -> bool:
        """It tells how its action ended, and nothing else."""
        return self.status is not None and not (
            self.events or self.late_events or self.fault or self.message
        )

    def check(self) -> None:
        """Check that it is of one action.

        :raises ValueError: the fault or an event is of another one, or an
            end is none
        """
        ids = {event.action_id for event in self.late_events}
        if self.fault is not None:
            ids.add(self.fault.action_id)
        if ids - {self.action_id}:
            raise ValueError('an ending is of one action')
        statuses = {one.status for one in self.events}
        statuses.update(event.status for event in self.late_events)
        if self.status is not None:
            statuses.add(self.status)
        if statuses - {SUCCESS, ERROR}:
            raise ValueError('an end is success or error')

    def is_recorded(self, found: str, events: tuple[str, ...]) -> bool:
        """Tell whether its fault and message are to be written.

        :param found: what it has found of its action
        :param events: and of each event
        """
        if found != DONE or (self.fault is None and self.message is None):
            return False
        return self.status is not None or all(
            answer == DONE
            for one, answer in zip(self.events, events, strict=True)
            if one.status == ERROR
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """What an ``Ending`` has found.

    :param action: ``DONE``, ``LATE``, ``SUPERSEDED`` or ``MISSING``; of an
        action that goes on, ``DONE`` or ``MISSING``
    :param events: the same of each of ``Ending.events``, in their order
    :param recorded: the fault and the message were written
    """

    action: str
    events: tuple[str, ...] = ()
    recorded: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has written to be lost.

    :param rows: how many actions and events; 0: nothing is left
    :param actions: those among them that are actions
    """

    rows: int
    actions: tuple[Action, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class ActionPage:
    """What is asked of a list of actions; the newest start comes first.

    :param limit: how many rows at most; 0 gives none
    :param after: start time and id of the action after which the page
        begins; the row itself need not exist any more
    :param changes_since: ``updated_at`` is not before; aware
    :param changes_before: ``updated_at`` is not after; aware
    :param request_id: those of one request only
    """

    limit: int
    after: tuple[datetime.datetime, str] | None = None
    changes_since: datetime.datetime | None = None
    changes_before: datetime.datetime | None = None
    request_id: str | None = None
