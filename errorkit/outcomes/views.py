# SPDX-License-Identifier: Apache-2.0
"""A message as its reader gets it: with its text, in his language."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable

from errorkit.outcomes.listed import Listed
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.records import Message


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A message, its text and its error code.

    :param message: as it is kept
    :param user_message: the text, in the language that was asked for
    :param code: the error code of the same failure, or None
    """

    message: Message
    user_message: str
    code: str | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return self.message.id

    @property
    def event_id(self) -> str:
        """The id of its event."""
        return self.message.event_id

    @property
    def message_level(self) -> str:
        """``ERROR``, ``WARNING`` or ``INFO``."""
        return self.message.message_level

    @property
    def resource_type(self) -> str | None:
        """The type of the resource."""
        return self.message.resource_type

    @property
    def resource_uuid(self) -> str | None:
        """The id of the resource."""
        return self.message.resource_uuid

    @property
    def created_at(self) -> datetime.datetime:
        """When it was made: aware, in UTC."""
        return self.message.created_at

    @property
    def guaranteed_until(self) -> datetime.datetime:
        """It is kept until then at least."""
        return self.message.expires_at

    @property
    def request_id(self) -> str | None:
        """The local id of the request that was accepted."""
        return self.message.request_id


class Listing(Listed[View]):
    """A page of a list of messages, and where the next one begins."""

    def _kept(self, row: View) -> Message:
        return row.message


def views_of(
    messages: Iterable[Message], permitted: Permitted, language: str | None
) -> list[View]:
    """Return messages with their texts.

    :param language: see ``Permitted.get_message_text``
    """
    known: dict[str, tuple[str, str | None]] = {}
    found = []
    for message in messages:
        event_id = message.event_id
        said = None if message.params else known.get(event_id)
        if said is None:
            said = (
                permitted.get_message_text(
                    event_id, message.params, language
                ),
                permitted.code_of(event_id),
            )
            if not message.params:
                known[event_id] = said
        found.append(View(message, said[0], said[1]))
    return found
