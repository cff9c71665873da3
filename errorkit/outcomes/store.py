# SPDX-License-Identifier: Apache-2.0
"""What a store of messages does, whatever it is made of.

Every call takes the tenant. What sees across tenants has another name, so
that nobody calls it by forgetting an argument.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Protocol

from errorkit.outcomes.records import Message, Page


class MessageStore(Protocol):
    """Keeps messages. Text values are compared by code point, everywhere.

    A store raises what its database raises; keeping a caller unharmed is the
    business of ``messages.API``.
    """

    def add(self, message: Message, connection: Any = None) -> None:
        """Keep a message; it is stored when this returns.

        Adding a message a second time changes nothing: a writer that does
        not know what became of its commit simply tries again.

        :param connection: the service's own database connection or session,
            whose transaction the message joins; None: a short transaction
            of the store's own
        """

    def get(self, project_id: str, id: str) -> Message | None:
        """Return a message of a tenant, or None."""

    def list(self, project_id: str, page: Page) -> Sequence[Message]:
        """Return a page of a tenant's messages, in its order."""

    def delete(self, project_id: str, id: str) -> bool:
        """Delete a message of a tenant; tell whether there was one."""

    def get_of_any_project(self, id: str) -> Message | None:
        """Return a message of any tenant, or None."""

    def list_of_all_projects(self, page: Page) -> Sequence[Message]:
        """Return a page of the messages of all tenants."""

    def delete_of_any_project(self, id: str) -> bool:
        """Delete a message of any tenant; tell whether there was one."""

    def purge(self, before: datetime.datetime, batch: int) -> int:
        """Delete messages whose ``expires_at`` is before a time.

        :param batch: at most so many, in one short transaction
        :returns: how many
        """
