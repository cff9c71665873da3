# SPDX-License-Identifier: Apache-2.0
"""What a store keeps, and what is asked of it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A user message as it is kept: ids and values, never a text.

    :param id: a UUID as text; a second message with it is the same message
    :param project_id: the tenant it belongs to
    :param event_id: of a permitted message
    :param message_level: ``ERROR``, ``WARNING`` or ``INFO``
    :param created_at: in UTC, aware, with microseconds
    :param expires_at: it is kept until then at least
    :param request_id: the local id of the request that was accepted
    :param resource_type: of a declared type
    :param resource_uuid: of the resource
    :param user_id: who asked
    :param global_request_id: the caller's
    :param params: the values of the text's parameters
    """

    id: str
    project_id: str
    event_id: str
    message_level: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    request_id: str | None = None
    resource_type: str | None = None
    resource_uuid: str | None = None
    user_id: str | None = None
    global_request_id: str | None = None
    params: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


#: The columns a list can be sorted by, or filtered for equality by.
SORTABLE = (
    'created_at',
    'id',
    'event_id',
    'expires_at',
    'message_level',
    'request_id',
    'resource_type',
    'resource_uuid',
)
FILTERABLE = (
    'event_id',
    'message_level',
    'request_id',
    'resource_type',
    'resource_uuid',
)


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """One key of an order. A missing value is less than any other.

    :param column: one of ``SORTABLE``
    :param descending: the greatest first
    """

    column: str
    descending: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """What is asked of a list.

    :param limit: how many rows at most; 0 gives none
    :param filters: a value for each column, compared exactly, all of them
    :param order: the keys, of which the last is always ``id``
    :param after: the values of the order's columns in the row after which
        the page begins; the row itself need not exist any more
    :param offset: how many rows to leave out before the first
    """

    limit: int
    filters: Mapping[str, str] = dataclasses.field(default_factory=dict)
    order: tuple[Order, ...] = (Order('created_at'), Order('id'))
    after: tuple[str | datetime.datetime | None, ...] | None = None
    offset: int = 0
