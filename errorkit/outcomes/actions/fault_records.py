# SPDX-License-Identifier: Apache-2.0
"""What is kept of faults, and what is asked of it."""

from __future__ import annotations

import dataclasses
import datetime

#: The longest message of a fault or an event, in characters.
MESSAGE_WIDTH = 255

#: What a list of faults can be filtered by for equality.
FAULT_FILTERS = (
    'resource_type',
    'resource_id',
    'request_id',
    'global_request_id',
    'error_code',
)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """What broke a resource.

    :param id: a UUID, made by who records it
    :param project_id: the tenant it belongs to
    :param resource_type: of the resource
    :param resource_id: of the resource
    :param action_id: of the action that failed
    :param event_id: of the event that failed
    :param request_id: the local id of the request that was accepted
    :param code: an HTTP status, 400 to 599
    :param message: fit for users, ``MESSAGE_WIDTH`` characters at most
    :param global_request_id: the caller's
    :param user_id: who asked
    :param error_code: the error code of the catalog
    :param details: for admins, without secrets
    :param public: ``details`` are fit for the resource's users, too
    :param host: that it happened on
    :param created_at: by the store's clock
    """

    id: str
    project_id: str
    resource_type: str
    resource_id: str
    action_id: str
    event_id: str
    request_id: str
    code: int
    message: str
    global_request_id: str | None = None
    user_id: str | None = None
    error_code: str | None = None
    details: str | None = None
    public: bool = False
    host: str | None = None
    created_at: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class FaultPage:
    """What is asked of a list of faults; the newest comes first.

    :param limit: how many rows at most; 0 gives none
    :param resource_type: of the resource, as all these compared exactly
    :param resource_id: of the resource
    :param request_id: the local id
    :param global_request_id: the caller's
    :param error_code: of the catalog
    :param since: ``created_at`` is not before; aware
    :param before: ``created_at`` is before; aware
    :param after: creation time and id of the fault after which the page
        begins
    """

    limit: int
    resource_type: str | None = None
    resource_id: str | None = None
    request_id: str | None = None
    global_request_id: str | None = None
    error_code: str | None = None
    since: datetime.datetime | None = None
    before: datetime.datetime | None = None
    after: tuple[datetime.datetime, str] | None = None
