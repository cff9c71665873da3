# SPDX-License-Identifier: Apache-2.0
"""Pages of records that are in memory."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from errorkit.outcomes.actions.records import (
    FAULT_FILTERS,
    Action,
    ActionPage,
    Event,
    Fault,
    FaultPage,
)


def start(record: Action | Event) -> tuple[datetime.datetime, str]:
    """Return what actions and events are sorted by."""
    return time(record.start_time), record.id


def creation(fault: Fault) -> tuple[datetime.datetime, str]:
    """Return what faults are sorted by."""
    return time(fault.created_at), fault.id


def time(value: datetime.datetime | None) -> datetime.datetime:
    """Return a time that every kept record has."""
    assert value is not None
    return value


def actions(found: Iterable[Action], page: ActionPage) -> list[Action]:
    """Return a page, the newest start first."""
    since, before = page.changes_since, page.changes_before
    rows = [
        action
        for action in found
        if (since is None or time(action.updated_at) >= since)
        and (before is None or time(action.updated_at) <= before)
        and (page.after is None or start(action) < page.after)
        and page.request_id in (None, action.request_id)
    ]
    rows.sort(key=start, reverse=True)
    return rows[: max(0, page.limit)]


def faults(found: Iterable[Fault], page: FaultPage) -> list[Fault]:
    """Return a page, the newest first."""
    rows = [fault for fault in found if _fits(fault, page)]
    rows.sort(key=creation, reverse=True)
    return rows[: max(0, page.limit)]


def _fits(fault: Fault, page: FaultPage) -> bool:
    created = time(fault.created_at)
    return (
        all(
            getattr(page, name) in (None, getattr(fault, name))
            for name in FAULT_FILTERS
        )
        and (page.since is None or created >= page.since)
        and (page.before is None or created < page.before)
        and (page.after is None or creation(fault) < page.after)
    )
