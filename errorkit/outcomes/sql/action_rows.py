# SPDX-License-Identifier: Apache-2.0
"""Actions, events and faults as rows, and back."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

from errorkit.outcomes.actions.records import LOST, Action, Event, Fault
from errorkit.outcomes.sql import fit
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS

#: The longest details and traceback, in characters.
TEXT_WIDTH = 262_144

#: The columns of a record, in the order of its members.
ACTION_COLUMNS = tuple(
    ACTIONS.c[name] for name in Action.__dataclass_fields__
)
EVENT_COLUMNS = tuple(EVENTS.c[name] for name in Event.__dataclass_fields__)
FAULT_COLUMNS = tuple(FAULTS.c[name] for name in Fault.__dataclass_fields__)

# What is the store's to say.
_OWN = {
    'status', 'start_time', 'updated_at', 'finish_time', 'created_at',
    'late_status', 'lease_until',
}
_BEGUN = {'code', 'message', 'details', 'traceback'}


def action_row(action: Action) -> dict[str, Any]:
    """Return an action as it begins.

    :raises UnfitValue: no database could keep it
    """
    return _row(ACTIONS, action, _OWN | _BEGUN)


def event_row(event: Event) -> dict[str, Any]:
    """Return an event as it begins.

    :raises UnfitValue: no database could keep it
    """
    return _row(EVENTS, event, _OWN | _BEGUN)


def ended_event_row(event: Event) -> dict[str, Any]:
    """Return an event that began and ended at once.

    :raises UnfitValue: no database could keep it
    """
    return {**_row(EVENTS, event, _OWN), 'status': event.status}


def fault_row(fault: Fault) -> dict[str, Any]:
    """Return a fault.

    :raises UnfitValue: no database could keep it
    """
    if not isinstance(fault.code, int) or not 0 <= fault.code < 2**31:
        raise fit.UnfitValue('code is no number of a status')
    return {
        **_row(FAULTS, fault, _OWN),
        'code': int(fault.code),
        'public': bool(fault.public),
    }


def optional(column: sa.Column[Any], value: object) -> str | None:
    """Return a text that fits a column, or None.

    :raises UnfitValue: it does not
    """
    if value is None:
        return None
    width = getattr(column.type, 'length', None) or TEXT_WIDTH
    return fit.text(column.name, value, width)


def action(row: Any, is_lost: bool = False) -> Action:
    """Return a row's action.

    :param row: begins with ``ACTION_COLUMNS``
    :param is_lost: its lease is over, which could not be written; it ends
        with the end of its lease
    """
    members = list(row[: len(ACTION_COLUMNS)])
    if is_lost:
        members[_ACTION['status']] = LOST
        members[_ACTION['finish_time']] = row[-1]
    return Action(*(map(_aware, members)))


def event(row: Any, is_lost: bool = False) -> Event:
    """Return a row's event; see ``action``."""
    members = list(row[: len(EVENT_COLUMNS)])
    if is_lost:
        members[_EVENT['status']] = LOST
        members[_EVENT['finish_time']] = row[-1]
    return Event(*(map(_aware, members)))


def fault(row: Any) -> Fault:
    """Return a row's fault."""
    return Fault(*(map(_aware, row[: len(FAULT_COLUMNS)])))


_ACTION = {column.name: place for place, column in enumerate(ACTION_COLUMNS)}
_EVENT = {column.name: place for place, column in enumerate(EVENT_COLUMNS)}


def _aware(value: Any) -> Any:
    if type(value) is datetime.datetime:
        return value.replace(tzinfo=datetime.UTC)
    return value


def _row(table: sa.Table, record: Any, without: set[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name in without or not isinstance(column.type, sa.String):
            continue
        value = getattr(record, column.name)
        if value is None and not column.nullable:
            raise fit.UnfitValue(f'{column.name} is not a text')
        row[column.name] = optional(column, value)
    return row
