# SPDX-License-Identifier: Apache-2.0
"""What a store of actions, events and faults does, whatever it is made of.

Every call that reads takes the tenant; what sees across tenants has another
name. The clock is the store's: of a database the server's, so that the hosts
agree on when a lease is over.

Rules that hold in every store:

* A final status never changes. An action or event whose lease is over is
  ``lost`` for every reader at once, and can no longer be renewed or finished;
  what comes after is noted in ``late_status``.
* Who says that something is lost has written it: a reader that meets what is
  over, too. What somebody is just finishing is in progress until he is done,
  so nobody ever sees ``lost`` become anything else.
* There is no event without its action and no fault without its event.
* Everything that writes may be tried again: what is done already stays.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from errorkit.outcomes.actions.records import (
    Action,
    ActionPage,
    Ended,
    Ending,
    Event,
    Fault,
    FaultPage,
    Swept,
)


class ActionStore(Protocol):
    """Keeps actions, their events, and faults.

    A store raises what its database raises; keeping a caller unharmed is the
    business of ``writer``. ``connection`` is the service's own database
    connection or session, whose transaction the write joins; None: a short
    transaction of the store's own.
    """

    def start(
        self, action: Action, lease: float, connection: Any = None
    ) -> str:
        """Keep a new action, or take over the one with this id.

        :param action: one without a token takes nothing over: who accepts
            an action may come after who works on it
        :param lease: seconds from now that it is believed to be alive
        :returns: ``DONE``: it is new, or in progress, and now has this host
            and token; ``LATE``: it is final
        """

    def find(
        self,
        project_id: str | None,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        """Return the newest action of a request on a resource, or None.

        For a worker that continues it, not for a reader: with no project it
        sees all.
        """

    def take_over(
        self,
        id: str,
        token: str,
        host: str | None,
        lease: float,
        connection: Any = None,
    ) -> str:
        """Make a token the one that may finish an action.

        :returns: ``DONE``, ``LATE`` or ``MISSING``
        """

    def start_event(
        self, event: Event, lease: float, connection: Any = None
    ) -> str:
        """Keep a new event; its action's lease becomes as long at least.

        :returns: ``DONE``, or ``MISSING``: there is no such action, and the
            event is not kept. Of an action that is final, events are kept
            all the same.
        """

    def renew(
        self,
        actions: Mapping[str, str],
        events: Mapping[str, tuple[str, float]],
        lease: float,
    ) -> None:
        """Say that these are alive; who renews an event, its action, too.

        What is final, lost or taken over stays as it is.

        :param actions: tokens by ids
        :param events: tokens and seconds by ids; an event with a deadline is
            renewed for no longer than is left of it
        :param lease: seconds from now, for actions
        """

    def end(self, ending: Ending, connection: Any = None) -> Ended:
        """Write what has ended, all of it or nothing."""

    def sweep(self, batch: int) -> Swept:
        """Write ``lost`` where a lease is over.

        Several hosts may do so at once; an action is told to one of them.

        :param batch: events, and as many actions, at most, in one short
            transaction
        """

    def get(
        self,
        project_id: str,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        """Return a tenant's newest action of a request on a resource."""

    def get_of_any_project(
        self, resource_type: str, resource_id: str, request_id: str
    ) -> Action | None:
        """Return the newest action of a request on a resource."""

    def list(
        self,
        project_id: str,
        resource_type: str,
        resource_id: str,
        page: ActionPage,
    ) -> Sequence[Action]:
        """Return a tenant's actions on a resource, the newest first.

        By ``start_time``, then ``id``, both descending.
        """

    def list_of_any_project(
        self, resource_type: str, resource_id: str, page: ActionPage
    ) -> Sequence[Action]:
        """Return the actions on a resource, whosever they are."""

    def events_of(self, action_id: str) -> Sequence[Event]:
        """Return the events of an action, the newest first."""

    def latest_faults(
        self,
        project_id: str,
        resource_type: str,
        resource_ids: Sequence[str],
    ) -> Mapping[str, Fault]:
        """Return the newest fault of each of a tenant's resources.

        :returns: by resource id; one query, however many there are
        """

    def latest_faults_of_any_project(
        self, resource_type: str, resource_ids: Sequence[str]
    ) -> Mapping[str, Fault]:
        """Return the newest fault of each resource, whosever it is."""

    def list_faults_of_all_projects(self, page: FaultPage) -> Sequence[Fault]:
        """Return faults of all tenants, the newest first."""

    def purge(self, before: datetime.datetime, batch: int) -> int:
        """Delete actions with a final status, or lost, older than a time.

        With their events and faults, so that none is left alone.

        :param before: an action goes whose ``updated_at`` is before
        :param batch: actions at most, in one short transaction
        :returns: how many actions
        """
