# SPDX-License-Identifier: Apache-2.0
"""Executes statements that never change, by texts that are compiled once.

SQLAlchemy looks a statement up at each execution, and makes ready what its
values and rows might need. In a transaction of two statements that is a good
part of what it takes.

Connections of a service get the statements themselves: it may have hooks and
options that texts pass by.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa


class _Text(NamedTuple):
    """A statement, as a driver takes it.

    :param text: in the words of the database
    :param fixed: the values that the statement itself has, by their names
    :param converters: what makes a value the driver's, where it needs that
    :param order: the names, where the driver takes values by their places
    """

    text: str
    fixed: dict[str, Any]
    converters: tuple[tuple[str, Callable[[Any], Any]], ...]
    order: tuple[str, ...] | None


# By the statement and the names of its values.
_Texts = dict[tuple[object, ...], _Text]
_KNOWN: weakref.WeakKeyDictionary[sa.Dialect, _Texts] = (
    weakref.WeakKeyDictionary()
)


def keep_for(dialect: sa.Dialect) -> None:
    """Keep the texts of an engine of our own from now on.

    :param dialect: of the engine
    """
    _KNOWN[dialect] = {}


def execute(
    connection: sa.Connection,
    statement: sa.ClauseElement,
    values: Mapping[str, Any],
) -> sa.CursorResult[Any]:
    """Execute a statement of which there are few, each used very often.

    Its rows may be as the driver gives them, converted by no type.

    :param connection: of whatever engine, ours or a service's
    :param statement: none of whose parameters is an expanding one
    :param values: of its parameters and columns
    :raises sqlalchemy.exc.SQLAlchemyError: as ``Connection.execute`` does
    """
    texts = _KNOWN.get(connection.dialect)
    if texts is None:
        return connection.execute(statement, values)  # type: ignore[call-overload, no-any-return] # it can be executed
    key = (statement, *values)
    found = texts.get(key)
    if found is None:
        found = texts[key] = _compiled(
            statement, connection.dialect, values
        )
    text, fixed, converters, order = found
    given = {**fixed, **values}
    for name, convert in converters:
        given[name] = convert(given[name])
    if order is None:
        return connection.exec_driver_sql(text, given)
    return connection.exec_driver_sql(text, tuple(map(given.get, order)))


def _compiled(
    statement: sa.ClauseElement,
    dialect: sa.Dialect,
    values: Mapping[str, Any],
) -> _Text:
    found: Any = statement.compile(dialect=dialect, column_keys=[*values])
    # Raises where a value is missing.
    params = found.construct_params(dict(values))
    fixed = {}
    converters = []
    for bound, name in found.bind_names.items():
        convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if name not in values:
            value = params[name]
            fixed[name] = value if convert is None else convert(value)
        elif convert is not None:
            converters.append((name, convert))
    return _Text(
        str(found),
        fixed,
        tuple(converters),
        tuple(found.positiontup) if found.positional else None,
    )
