# SPDX-License-Identifier: Apache-2.0
"""The faults of all projects, for admins: filtered, page by page."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from errorkit._i18n import _
from errorkit.outcomes import cursor, listing
from errorkit.outcomes.actions.records import (
    FAULT_FILTERS,
    Fault,
    FaultPage,
)
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.exceptions import (
    InvalidInput,
    MarkerNotFound,
    NotAllowed,
)
from errorkit.outcomes.listed import Listed
from errorkit.outcomes.reading import is_admin
from errorkit.outcomes.records import Order

_ORDER = (Order('created_at'), Order('id'))
#: What a marker of this list is good for, and of no other.
_BOUND = '\0faults'


def faults_of_all_projects(
    store: ActionStore,
    context: Any,
    filters: Mapping[str, object] | None = None,
    marker: str | None = None,
    limit: int | str | None = None,
    *,
    since: datetime.datetime | None = None,
    before: datetime.datetime | None = None,
    max_limit: int = 1000,
    cursor_key: bytes = b'',
    sees_all: Callable[[Any], bool] = is_admin,
) -> Listed[Fault]:
    """Return faults, the newest first, with their details.

    :param store: where they are kept: that of the ``Actions``
    :param filters: values by ``resource_type``, ``resource_id``,
        ``request_id``, ``global_request_id`` and ``error_code``, compared
        exactly, all of them
    :param marker: ``Listed.next_marker`` of the page before
    :param limit: rows at most; None or too many: ``max_limit``
    :param since: not older; aware
    :param before: older; aware
    :param cursor_key: signs the markers
    :param sees_all: tells whether a context may see all projects
    :raises NotAllowed: the context may not see all projects
    :raises InvalidInput: one of the others cannot be
    :raises MarkerNotFound: it is no marker of this list
    """
    if sees_all(context) is not True:
        raise NotAllowed('the context may not see all projects')
    found: dict[str, Any] = {**listing.filters_of(filters, *FAULT_FILTERS)}
    rows = max_limit
    if limit is not None:
        rows = min(rows, listing.number('limit', limit))
    if since is not None and before is not None and since > before:
        raise InvalidInput('since', since.isoformat(), _('not after before'))
    after = None
    if marker is not None:
        if not isinstance(marker, str):
            raise MarkerNotFound(marker)
        created, id = cursor.load(marker, _ORDER, _BOUND, cursor_key)
        assert isinstance(created, datetime.datetime)
        assert isinstance(id, str)
        after = created, id
    page = FaultPage(
        rows, since=since, before=before, after=after, **found
    )
    faults = store.list_faults_of_all_projects(page) if rows else ()
    return Listed(faults, rows, _ORDER, _BOUND, cursor_key)
