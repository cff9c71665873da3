# SPDX-License-Identifier: Apache-2.0
"""Orders, and pages that begin after a row's values instead of at an offset.

A missing value is less than any other. SQLite and MariaDB sort it so by
themselves; PostgreSQL is told.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from errorkit.outcomes.sql import fit

Value = str | datetime.datetime | None


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """One key of an order.

    :param column: what is sorted by
    :param descending: the greatest first
    """

    column: sa.Column[Any]
    descending: bool


def is_plain(keys: Sequence[Key]) -> bool:
    """Tell whether an index can be read along an order: one way, no NULL."""
    return len({key.descending for key in keys}) == 1 and not any(
        key.column.nullable for key in keys
    )


def order_by(
    keys: Sequence[Key], backend: str
) -> list[sa.ColumnElement[Any]]:
    """Return what stands in ORDER BY.

    :param backend: ``sqlite``, ``postgresql`` or ``mysql``
    """
    found: list[sa.ColumnElement[Any]] = []
    for key in keys:
        column = key.column
        if not (column.nullable and backend == 'postgresql'):
            found.append(column.desc() if key.descending else column.asc())
        elif key.descending:
            found.append(column.desc().nulls_last())
        else:
            found.append(column.asc().nulls_first())
    return found


def after(
    keys: Sequence[Key], values: Sequence[Value], backend: str
) -> sa.ColumnElement[bool]:
    """Return the condition that a row stands after another in an order.

    :param values: of the keys' columns in the other row, as ``stored``
        returned them
    :param backend: ``sqlite``, ``postgresql`` or ``mysql``
    """
    if is_plain(keys) and backend != 'mysql':
        # Both find the row in their index by this form, also among a
        # million rows of the same time. MariaDB does by the other one.
        row = sa.tuple_(*(key.column for key in keys))
        other = tuple(values)
        return row < other if keys[0].descending else row > other
    return _expanded(keys, values)


def stored(keys: Sequence[Key], values: Sequence[Value]) -> list[Value]:
    """Return a row's values as they stand in their columns.

    :raises UnfitValue: one of them can't stand there
    """
    if len(values) != len(keys):
        raise fit.UnfitValue('after has not one value for each key')
    return [
        _stored(key.column, value)
        for key, value in zip(keys, values, strict=True)
    ]


def _expanded(
    keys: Sequence[Key], values: Sequence[Value]
) -> sa.ColumnElement[bool]:
    """Return (a < x) or (a = x and b < y) or …"""
    choices: list[sa.ColumnElement[bool]] = []
    equal: list[sa.ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        beyond = _beyond(key, value)
        if beyond is not None:
            choices.append(sa.and_(*equal, beyond))
        column = key.column
        equal.append(column.is_(None) if value is None else column == value)
    found = sa.or_(*choices)
    first, start = keys[0], values[0]
    if first.column.nullable or len(keys) == 1:
        return found
    # It follows from the rest, and tells every planner where to begin.
    bound = (
        first.column <= start if first.descending else first.column >= start
    )
    return sa.and_(bound, found)


def _beyond(key: Key, value: Value) -> sa.ColumnElement[bool] | None:
    """Return the condition of standing after a value; None: nothing does."""
    column = key.column
    if value is None:
        return None if key.descending else column.is_not(None)
    if not key.descending:
        return column > value
    if column.nullable:
        return sa.or_(column < value, column.is_(None))
    return column < value


def _stored(column: sa.Column[Any], value: Value) -> Value:
    if value is None:
        if not column.nullable:
            raise fit.UnfitValue(f'{column.name} is never missing')
        return None
    if isinstance(column.type, sa.DateTime):
        return fit.moment(column.name, value)
    if not fit.is_storable(value):
        raise fit.UnfitValue(f'{column.name} has no such value')
    return value
