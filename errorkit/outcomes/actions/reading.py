# SPDX-License-Identifier: Apache-2.0
"""Reads actions and events: those of the caller's project, and no other.

What sees all projects is a method of another name, and asks first who wants
to.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Sequence
from typing import Any

from errorkit.outcomes import cursor, listing
from errorkit.outcomes.actions.records import Action, ActionPage, Event
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.exceptions import (
    ActionNotFound,
    InvalidInput,
    MarkerNotFound,
    NotAllowed,
)
from errorkit.outcomes.fitting import id_of
from errorkit.outcomes.listed import Listed
from errorkit.outcomes.reading import attribute, tenant_of
from errorkit.outcomes.records import Order

#: The newest start comes first.
_ORDER = (Order('start_time'), Order('id'))
_List = Callable[[ActionPage], Sequence[Action]]


class Reader:
    """The half of ``Actions`` that reads.

    :param store: where they are kept
    :param max_limit: rows of a page at most
    :param cursor_key: signs the markers of pages
    :param sees_all: tells whether a context may see all projects
    """

    def __init__(
        self,
        store: ActionStore,
        max_limit: int,
        cursor_key: bytes,
        sees_all: Callable[[Any], bool],
    ) -> None:
        self.store = store
        self.max_limit = max_limit
        self.cursor_key = cursor_key
        self.sees_all = sees_all

    def get(
        self,
        context: Any,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action:
        """Return the newest action of a request on a resource.

        :raises ActionNotFound: the context's project has none
        """
        project_id = tenant_of(attribute(context, 'project_id'))
        resource, request = id_of(resource_id), id_of(request_id)
        if project_id is None or resource is None or request is None:
            raise ActionNotFound(request_id)
        return _there(
            request_id,
            self.store.get(project_id, resource_type, resource, request),
        )

    def get_of_any_project(
        self,
        context: Any,
        resource_type: str,
        resource_id: str,
        request_id: str,
    ) -> Action:
        """Return the newest action of a request on anybody's resource.

        :raises NotAllowed: the context may not see all projects
        :raises ActionNotFound: there is none
        """
        self._check_sees_all(context)
        resource, request = id_of(resource_id), id_of(request_id)
        if resource is None or request is None:
            raise ActionNotFound(request_id)
        return _there(
            request_id,
            self.store.get_of_any_project(resource_type, resource, request),
        )

    def events(self, action: Action) -> Sequence[Event]:
        """Return the events of an action, the newest first.

        :param action: that was got, or listed: whose it is was asked then
        """
        return self.store.events_of(action.id)

    def get_all(
        self,
        context: Any,
        resource_type: str,
        resource_id: str,
        marker: str | None = None,
        limit: int | str | None = None,
        *,
        changes_since: datetime.datetime | None = None,
        changes_before: datetime.datetime | None = None,
    ) -> Listed[Action]:
        """Return the actions on a resource of the context's project.

        The newest come first.

        :param marker: ``Listed.next_marker`` of the page before, or a
            request id: the page then begins after its last action
        :param limit: rows at most; None or too many: ``max_limit``
        :param changes_since: updated then or later; aware
        :param changes_before: updated then or earlier; aware
        :raises InvalidInput: one of them cannot be
        :raises MarkerNotFound: there is no such marker, or request
        """
        project_id = tenant_of(attribute(context, 'project_id'))
        page = self._page(limit, changes_since, changes_before)
        resource = id_of(resource_id)
        if project_id is None or resource is None:
            if marker is not None:
                raise MarkerNotFound(marker)
            return self._listed((), page.limit, '')
        return self._listing(
            page,
            marker,
            '\0'.join((project_id, resource_type, resource)),
            functools.partial(
                self.store.list, project_id, resource_type, resource
            ),
        )

    def get_all_of_any_project(
        self,
        context: Any,
        resource_type: str,
        resource_id: str,
        marker: str | None = None,
        limit: int | str | None = None,
        *,
        changes_since: datetime.datetime | None = None,
        changes_before: datetime.datetime | None = None,
    ) -> Listed[Action]:
        """Return the actions on anybody's resource; see ``get_all``.

        :raises NotAllowed: the context may not see all projects
        """
        self._check_sees_all(context)
        page = self._page(limit, changes_since, changes_before)
        resource = id_of(resource_id)
        if resource is None:
            if marker is not None:
                raise MarkerNotFound(marker)
            return self._listed((), page.limit, '')
        return self._listing(
            page,
            marker,
            '\0'.join(('', resource_type, resource)),
            functools.partial(
                self.store.list_of_any_project, resource_type, resource
            ),
        )

    def _page(
        self,
        limit: int | str | None,
        since: datetime.datetime | None,
        before: datetime.datetime | None,
    ) -> ActionPage:
        rows = self.max_limit
        if limit is not None:
            rows = min(rows, listing.number('limit', limit))
        if since is not None and before is not None and since > before:
            raise InvalidInput(
                'changes-since', since.isoformat(),
                'not later than changes-before',
            )
        return ActionPage(rows, None, since, before)

    def _listing(
        self,
        page: ActionPage,
        marker: str | None,
        bound: str,
        list_: _List,
    ) -> Listed[Action]:
        if marker is not None:
            after = self._after(marker, bound, list_)
            page = ActionPage(
                page.limit, after, page.changes_since, page.changes_before
            )
        rows = list_(page) if page.limit else ()
        return self._listed(rows, page.limit, bound)

    def _listed(
        self, rows: Sequence[Action], limit: int, bound: str
    ) -> Listed[Action]:
        return Listed(rows, limit, _ORDER, bound, self.cursor_key)

    def _after(
        self, marker: str, bound: str, list_: _List
    ) -> tuple[datetime.datetime, str]:
        if isinstance(marker, str) and marker.startswith(cursor.PREFIX):
            start, id = cursor.load(marker, _ORDER, bound, self.cursor_key)
            assert isinstance(start, datetime.datetime)
            assert isinstance(id, str)
            return start, id
        # Several may have it; behind the last of them the list goes on, or
        # who asks with what he saw last would never get beyond.
        after, request = None, id_of(marker)
        while request is not None:
            found = list_(
                ActionPage(self.max_limit, after, request_id=request)
            )
            if found and found[-1].start_time is not None:
                after = found[-1].start_time, found[-1].id
            if len(found) < self.max_limit:
                break
        if after is None:
            raise MarkerNotFound(marker)
        return after

    def _check_sees_all(self, context: Any) -> None:
        if self.sees_all(context) is not True:
            raise NotAllowed('the context may not see all projects')


def _there(request_id: str, found: Action | None) -> Action:
    if found is None:
        raise ActionNotFound(request_id)
    return found
