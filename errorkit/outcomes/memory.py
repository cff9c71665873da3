# SPDX-License-Identifier: Apache-2.0
"""The store in memory: for one process, and until it ends.

It has no lock, so a fork in the midst of a call leaves none held: each
operation on the dict is atomic by itself, a message never changes, and of two
who take the same one out only one gets it.
"""

from __future__ import annotations

import builtins
import datetime
from collections.abc import Iterable
from typing import Any

from errorkit.outcomes.exceptions import StoreFull
from errorkit.outcomes.records import Message, Order, Page


class MemoryStore:
    """Keeps messages in a dict.

    :param maximum: how many messages at most. What is acknowledged is kept
        as long as was said, so a full store refuses new ones.
    """

    #: Nothing here waits for anything, see ``writer.Writer``.
    bounded = True

    def __init__(self, maximum: int = 100_000) -> None:
        self.maximum = maximum
        self._messages: dict[str, Message] = {}

    def add(self, message: Message, connection: Any = None) -> None:
        """Keep a message.

        :raises StoreFull: there are ``maximum`` messages already
        :raises TypeError: there is no transaction to join here
        """
        if connection is not None:
            raise TypeError('the store in memory has no connections')
        if len(self._messages) >= self.maximum:
            if message.id in self._messages:
                return
            raise StoreFull(f'{self.maximum} messages are kept already')
        self._messages.setdefault(message.id, message)

    def get(self, project_id: str, id: str) -> Message | None:
        """Return a message of a tenant, or None."""
        found = self._messages.get(id)
        if found is None or found.project_id != project_id:
            return None
        return found

    def list(self, project_id: str, page: Page) -> list[Message]:
        """Return a page of a tenant's messages, in its order."""
        return _page(
            (
                message
                for message in [*self._messages.values()]
                if message.project_id == project_id
            ),
            page,
        )

    def delete(self, project_id: str, id: str) -> bool:
        """Delete a message of a tenant; tell whether there was one."""
        if self.get(project_id, id) is None:
            return False
        return self._messages.pop(id, None) is not None

    def get_of_any_project(self, id: str) -> Message | None:
        """Return a message of any tenant, or None."""
        return self._messages.get(id)

    def list_of_all_projects(self, page: Page) -> builtins.list[Message]:
        """Return a page of the messages of all tenants."""
        return _page([*self._messages.values()], page)

    def delete_of_any_project(self, id: str) -> bool:
        """Delete a message of any tenant; tell whether there was one."""
        return self._messages.pop(id, None) is not None

    def purge(self, before: datetime.datetime, batch: int) -> int:
        """Delete at most ``batch`` messages that expired before a time."""
        expired = [
            message.id
            for message in [*self._messages.values()]
            if message.expires_at < before
        ]
        return sum(map(self.delete_of_any_project, expired[:batch]))


def _page(messages: Iterable[Message], page: Page) -> list[Message]:
    if page.limit <= 0:
        return []
    found = [
        message
        for message in messages
        if all(
            getattr(message, column) == value
            for column, value in page.filters.items()
        )
        and (page.after is None or _is_after(message, page.order, page.after))
    ]
    # Sorting is stable: the last key first, the first key last.
    for key in reversed(page.order):
        found.sort(
            key=lambda message, column=key.column: _rank(  # type: ignore[misc] # mypy knows no default of a lambda
                getattr(message, column)
            ),
            reverse=key.descending,
        )
    return found[page.offset : page.offset + page.limit]


def _rank(value: Any) -> tuple[bool, Any]:
    """Return what a value is sorted by: None before anything."""
    return (False, '') if value is None else (True, value)


def _is_after(
    message: Message, order: tuple[Order, ...], after: tuple[Any, ...]
) -> bool:
    for key, value in zip(order, after, strict=True):
        mine, other = _rank(getattr(message, key.column)), _rank(value)
        if mine != other:
            return mine < other if key.descending else mine > other
    return False
