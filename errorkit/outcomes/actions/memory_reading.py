# SPDX-License-Identifier: Apache-2.0
"""Reads actions, events and faults that are in memory."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Sequence

from errorkit.outcomes.actions import selecting
from errorkit.outcomes.actions.memory_rows import Rows
from errorkit.outcomes.actions.records import (
    Action,
    ActionPage,
    Event,
    Fault,
    FaultPage,
)


class Reading(Rows):
    """The half of ``MemoryActions`` that reads."""

    def find(
        self,
        project_id: str | None,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        """Return the newest action of a request, for who continues it."""
        if project_id is None:
            return self.get_of_any_project(
                resource_type, resource_id, request_id
            )
        return self.get(project_id, resource_type, resource_id, request_id)

    def get(
        self,
        project_id: str,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action | None:
        """Return a tenant's newest action of a request on a resource."""
        with self._lock:
            return _newest(
                action
                for action in self._of(resource_type, resource_id)
                if action.request_id == request_id
                and action.project_id == project_id
            )

    def get_of_any_project(
        self, resource_type: str, resource_id: str, request_id: str
    ) -> Action | None:
        """Return the newest action of a request on a resource."""
        with self._lock:
            return _newest(
                action
                for action in self._of(resource_type, resource_id)
                if action.request_id == request_id
            )

    def list(
        self,
        project_id: str,
        resource_type: str,
        resource_id: str,
        page: ActionPage,
    ) -> list[Action]:
        """Return a tenant's actions on a resource, the newest first."""
        with self._lock:
            return selecting.actions(
                (
                    action
                    for action in self._of(resource_type, resource_id)
                    if action.project_id == project_id
                ),
                page,
            )

    def list_of_any_project(
        self, resource_type: str, resource_id: str, page: ActionPage
    ) -> builtins.list[Action]:
        """Return the actions on a resource, whosever they are."""
        with self._lock:
            return selecting.actions(
                self._of(resource_type, resource_id), page
            )

    def events_of(self, action_id: str) -> builtins.list[Event]:
        """Return the events of an action, the newest first."""
        with self._lock:
            kept = self._actions.get(action_id)
            if kept is None:
                return []
            now = self._clock()
            for id in kept.events:
                kept.lose_event(id, now)
            found = [beside.event for beside in kept.events.values()]
            return sorted(found, key=selecting.start, reverse=True)

    def latest_faults(
        self,
        project_id: str,
        resource_type: str,
        resource_ids: Sequence[str],
    ) -> dict[str, Fault]:
        """Return the newest fault of each of a tenant's resources."""
        return self._latest(
            resource_type,
            resource_ids,
            lambda fault: fault.project_id == project_id,
        )

    def latest_faults_of_any_project(
        self, resource_type: str, resource_ids: Sequence[str]
    ) -> dict[str, Fault]:
        """Return the newest fault of each resource, whosever it is."""
        return self._latest(resource_type, resource_ids, lambda fault: True)

    def list_faults_of_all_projects(
        self, page: FaultPage
    ) -> builtins.list[Fault]:
        """Return faults of all tenants, the newest first."""
        with self._lock:
            return selecting.faults(
                (
                    fault
                    for kept in self._actions.values()
                    for fault in kept.faults.values()
                ),
                page,
            )

    def _of(
        self, resource_type: str, resource_id: str
    ) -> builtins.list[Action]:
        now = self._clock()
        found = self._resources.get((resource_type, resource_id), {})
        for kept in found.values():
            kept.lose(now)
        return [kept.action for kept in found.values()]

    def _latest(
        self,
        resource_type: str,
        resource_ids: Sequence[str],
        is_meant: Callable[[Fault], bool],
    ) -> dict[str, Fault]:
        found: dict[str, Fault] = {}
        with self._lock:
            for id in resource_ids:
                kept = self._resources.get((resource_type, id), {})
                newest = max(
                    (
                        fault
                        for one in kept.values()
                        for fault in one.faults.values()
                        if is_meant(fault)
                    ),
                    key=selecting.creation,
                    default=None,
                )
                if newest is not None:
                    found[id] = newest
        return found


def _newest(actions: Iterable[Action]) -> Action | None:
    return max(actions, key=selecting.start, default=None)
