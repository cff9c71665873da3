# SPDX-License-Identifier: Apache-2.0
"""Reads and deletes messages: those of the caller's project, and no other.

What sees all projects is a method of another name, and asks first who wants
to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from errorkit.outcomes import cursor, listing, views
from errorkit.outcomes.exceptions import (
    MarkerNotFound,
    MessageNotFound,
    NotAllowed,
)
from errorkit.outcomes.fitting import id_of
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.records import FILTERABLE, Message, Order, Page
from errorkit.outcomes.store import MessageStore
from errorkit.outcomes.views import Listing, View

_ID_WIDTH = 36


def is_admin(context: Any) -> bool:
    """Tell whether a context is an admin's, who sees all projects."""
    return attribute(context, 'is_admin') is True


def attribute(context: Any, name: str) -> Any:
    """Return an attribute of a context, None where there is none."""
    try:
        return getattr(context, name, None)
    except Exception:  # a property that fails
        return None


def tenant_of(project_id: object) -> str | None:
    """Return a project's id, None for what can be none."""
    return id_of(project_id)


class Reader:
    """The half of ``messages.API`` that reads.

    :param store: where the messages are kept
    :param permitted: their texts
    :param max_limit: see ``messages.API``, as are the others
    """

    def __init__(
        self,
        store: MessageStore,
        permitted: Permitted,
        max_limit: int,
        cursor_key: bytes,
        sees_all: Callable[[Any], bool],
    ) -> None:
        self.store = store
        self.permitted = permitted
        self.max_limit = max_limit
        self._key = cursor_key
        self.sees_all = sees_all

    def get(
        self, context: Any, id: str, *, language: str | None = None
    ) -> View:
        """Return message with the specified id.

        :param language: of the text, see ``Permitted.get_message_text``
        :raises MessageNotFound: the context's project has none
        """
        project_id = tenant_of(attribute(context, 'project_id'))
        known = _id_of(id)
        if project_id is None or known is None:
            raise MessageNotFound(id)
        return self._view(id, self.store.get(project_id, known), language)

    def get_of_any_project(
        self, context: Any, id: str, *, language: str | None = None
    ) -> View:
        """Return a message of any project.

        :raises NotAllowed: the context may not see all projects
        :raises MessageNotFound: there is none
        """
        self._check_sees_all(context)
        known = _id_of(id)
        if known is None:
            raise MessageNotFound(id)
        return self._view(id, self.store.get_of_any_project(known), language)

    def delete(self, context: Any, id: str) -> None:
        """Delete message with the specified id.

        :raises MessageNotFound: the context's project has none
        """
        project_id = tenant_of(attribute(context, 'project_id'))
        known = _id_of(id)
        if (
            project_id is None
            or known is None
            or not self.store.delete(project_id, known)
        ):
            raise MessageNotFound(id)

    def delete_of_any_project(self, context: Any, id: str) -> None:
        """Delete a message of any project.

        :raises NotAllowed: the context may not see all projects
        :raises MessageNotFound: there is none
        """
        self._check_sees_all(context)
        known = _id_of(id)
        if known is None or not self.store.delete_of_any_project(known):
            raise MessageNotFound(id)

    def get_all(
        self,
        context: Any,
        filters: Mapping[str, object] | None = None,
        marker: str | None = None,
        limit: int | str | None = None,
        offset: int | str | None = None,
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        *,
        language: str | None = None,
    ) -> Listing:
        """Return all messages for the given context: those of its project.

        :param filters: values by ``event_id``, ``message_level``,
            ``request_id``, ``resource_type`` and ``resource_uuid``, each
            compared exactly, all of them
        :param marker: ``Listing.next_marker`` of the page before, or the id
            of a message: the page begins after it
        :param limit: rows at most; None or too many: ``max_limit``
        :param offset: rows to leave out
        :param sort_keys: names of ``records.SORTABLE``; ``created_at`` and
            ``id`` are added
        :param sort_dirs: ``asc`` or ``desc`` for each key; ``desc`` if none
            is given
        :param language: of the texts
        :raises InvalidInput: one of them cannot be
        :raises MarkerNotFound: the project has no such message, and no list
            in this order such a marker
        """
        found = listing.filters_of(filters, *FILTERABLE)
        project_id = tenant_of(attribute(context, 'project_id'))
        page = self._page(found, limit, offset, sort_keys, sort_dirs)
        if project_id is None:
            if marker is not None:
                raise MarkerNotFound(marker)
            return Listing([], page.limit, page.order, '', self._key)
        return self._listing(
            page,
            marker,
            project_id,
            functools.partial(self.store.get, project_id),
            functools.partial(self.store.list, project_id),
            language,
        )

    def get_all_of_all_projects(
        self,
        context: Any,
        filters: Mapping[str, object] | None = None,
        marker: str | None = None,
        limit: int | str | None = None,
        offset: int | str | None = None,
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        *,
        language: str | None = None,
    ) -> Listing:
        """Return the messages of all projects; see ``get_all``.

        :param filters: ``project_id``, too: that project's
        :raises NotAllowed: the context may not see all projects
        """
        self._check_sees_all(context)
        found = listing.filters_of(filters, *FILTERABLE, 'project_id')
        of_one = found.pop('project_id', None)
        page = self._page(found, limit, offset, sort_keys, sort_dirs)
        if of_one is not None:
            return self._listing(
                page,
                marker,
                of_one,
                functools.partial(self.store.get, of_one),
                functools.partial(self.store.list, of_one),
                language,
            )
        return self._listing(
            page,
            marker,
            None,
            self.store.get_of_any_project,
            self.store.list_of_all_projects,
            language,
        )

    def _page(
        self,
        filters: Mapping[str, str],
        limit: int | str | None,
        offset: int | str | None,
        sort_keys: Sequence[str] | None,
        sort_dirs: Sequence[str] | None,
    ) -> Page:
        rows = self.max_limit
        if limit is not None:
            rows = min(rows, listing.number('limit', limit))
        left_out = 0
        if offset is not None:
            left_out = listing.number('offset', offset, listing.MAX_OFFSET)
        order = listing.order_of(sort_keys, sort_dirs)
        return Page(rows, filters, order, None, left_out)

    def _listing(
        self,
        page: Page,
        marker: str | None,
        project_id: str | None,
        get: Callable[[str], Message | None],
        list_: Callable[[Page], Sequence[Message]],
        language: str | None,
    ) -> Listing:
        if marker is not None:
            after = self._after(marker, page.order, project_id, get)
            page = Page(
                page.limit, page.filters, page.order, after, page.offset
            )
        rows = list_(page) if page.limit else ()
        return Listing(
            views.views_of(rows, self.permitted, language),
            page.limit,
            page.order,
            project_id,
            self._key,
        )

    def _after(
        self,
        marker: str,
        order: tuple[Order, ...],
        project_id: str | None,
        get: Callable[[str], Message | None],
    ) -> cursor.Values:
        if isinstance(marker, str) and marker.startswith(cursor.PREFIX):
            return cursor.load(marker, order, project_id, self._key)
        known = _id_of(marker)
        row = None if known is None else get(known)
        if row is None:
            raise MarkerNotFound(marker)
        return cursor.values_of(row, order)

    def _view(
        self, id: str, found: Message | None, language: str | None
    ) -> View:
        if found is None:
            raise MessageNotFound(id)
        return views.views_of([found], self.permitted, language)[0]

    def _check_sees_all(self, context: Any) -> None:
        if self.sees_all(context) is not True:
            raise NotAllowed('the context may not see all projects')


def _id_of(id: object) -> str | None:
    return id_of(id, _ID_WIDTH)
