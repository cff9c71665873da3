# SPDX-License-Identifier: Apache-2.0
"""Reads actions, events and faults, and writes what it finds to be lost."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy as sa
import sqlalchemy.exc
from oslo_db import exception as oslo_exception

from errorkit.outcomes.actions.records import (
    Action,
    ActionPage,
    Event,
    Fault,
    FaultPage,
)
from errorkit.outcomes.sql import action_pages, action_rows, losses
from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.engine import Database
from errorkit.outcomes.sql.pages import Every, Tenant
from errorkit.outcomes.sql.transient import is_transient

# What a reader may take to write that something is lost, in seconds.
_SETTLING = 0.5
_FAILED = (oslo_exception.DBError, sqlalchemy.exc.SQLAlchemyError)


class Reading:
    """The half of ``SqlActions`` that reads.

    :param database: see there
    """

    def __init__(self, database: Database | str) -> None:
        if not isinstance(database, Database):
            database = Database(database)
        self.database = database
        #: See ``SqlMessages``.
        self.bounded = database.backend == 'sqlite'
        #: Seconds after which a call comes back.
        self.budget = database.budget
        self._backend = database.backend

    def find(
        self,
        project_id: str | None,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        """Return the newest action of a request, for who continues it."""
        tenant = Every.TENANT if project_id is None else project_id
        return self._get(tenant, resource_type, resource_id, request_id)

    def get(
        self,
        project_id: str,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        """Return a tenant's newest action of a request on a resource."""
        return self._get(project_id, resource_type, resource_id, request_id)

    def get_of_any_project(
        self, resource_type: str, resource_id: str, request_id: str
    ) -> Action | None:
        """Return the newest action of a request on a resource."""
        return self._get(Every.TENANT, resource_type, resource_id, request_id)

    def list(
        self,
        project_id: str,
        resource_type: str,
        resource_id: str,
        page: ActionPage,
    ) -> list[Action]:
        """Return a tenant's actions on a resource, the newest first.

        :raises ValueError: the page asks for what there is not
        """
        return self._actions(
            action_pages.actions(
                self._backend, project_id, resource_type, resource_id, page
            )
        )

    def list_of_any_project(
        self, resource_type: str, resource_id: str, page: ActionPage
    ) -> builtins.list[Action]:
        """Return the actions on a resource, whosever they are.

        :raises ValueError: the page asks for what there is not
        """
        return self._actions(
            action_pages.actions(
                self._backend, Every.TENANT, resource_type, resource_id, page
            )
        )

    def events_of(self, action_id: str) -> builtins.list[Event]:
        """Return the events of an action, the newest first."""
        rows, lost = self._settled(
            action_pages.events(self._backend, action_id),
            lambda own, ids: losses.settle_events(own, action_id, ids),
        )
        return [action_rows.event(row, row.id in lost) for row in rows]

    def latest_faults(
        self,
        project_id: str,
        resource_type: str,
        resource_ids: Sequence[str],
    ) -> dict[str, Fault]:
        """Return the newest fault of each of a tenant's resources."""
        return self._latest(project_id, resource_type, resource_ids)

    def latest_faults_of_any_project(
        self, resource_type: str, resource_ids: Sequence[str]
    ) -> dict[str, Fault]:
        """Return the newest fault of each resource, whosever it is."""
        return self._latest(Every.TENANT, resource_type, resource_ids)

    def list_faults_of_all_projects(
        self, page: FaultPage
    ) -> builtins.list[Fault]:
        """Return faults of all tenants, the newest first.

        :raises ValueError: the page asks for what there is not
        """
        query = action_pages.faults(self._backend, page)
        if query is None:
            return []
        rows = self.database.read(lambda own: own.execute(query).all())
        return [action_rows.fault(row) for row in rows]

    def _get(
        self,
        project_id: Tenant,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        found = self._actions(
            action_pages.action(
                self._backend, project_id, resource_type, resource_id,
                request_id,
            )
        )
        return found[0] if found else None

    def _actions(
        self, query: sa.Select[Any] | None
    ) -> builtins.list[Action]:
        rows, lost = self._settled(query, losses.settle)
        return [action_rows.action(row, row.id in lost) for row in rows]

    def _latest(
        self,
        project_id: Tenant,
        resource_type: str,
        resource_ids: Sequence[str],
    ) -> dict[str, Fault]:
        asked = action_pages.latest_faults(
            self._backend, project_id, resource_type, resource_ids
        )
        if asked is None:
            return {}
        rows = self.database.read(lambda own: own.execute(*asked).all())
        faults = map(action_rows.fault, rows)
        return {fault.resource_id: fault for fault in faults}

    def _settled(
        self,
        query: sa.Select[Any] | None,
        settle: Callable[[sa.Connection, Collection[str]], None],
    ) -> tuple[Sequence[sa.Row[Any]], set[str]]:
        """Run a query, and write what of its rows is lost.

        What cannot be written because somebody holds it is as it was: it is
        being finished, perhaps. Where nothing can be written, as in a copy
        of the database that is only read, the clock alone decides.

        :returns: rows, and the ids of those that are lost, not written so
        """
        if query is None:
            return [], set()
        clock = words(self._backend).clock
        tried: set[str] = set()
        while True:
            rows = self.database.read(
                lambda own: own.execute(query, clock.values()).all()
            )
            over = {row.id for row in rows if row.is_over}
            new = over - tried
            if not new:
                return rows, set()
            tried |= new
            try:
                self.database.transact(
                    lambda own, ids=new: settle(own, ids),  # type: ignore[misc] # mypy knows no default of a lambda
                    _SETTLING,
                )
            except _FAILED as exc:
                return rows, set() if is_transient(exc) else over
