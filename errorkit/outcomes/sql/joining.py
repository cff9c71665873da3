# SPDX-License-Identifier: Apache-2.0
"""Writing inside the transaction of somebody else, without harming it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy


@contextlib.contextmanager
def joined(given: Any) -> Iterator[sqlalchemy.Connection]:
    """Run a block inside a caller's transaction, under a savepoint.

    When the block fails, what it did is undone, and the transaction is as it
    was: the caller can go on and commit. PostgreSQL would otherwise refuse
    everything that follows. Where even that fails, because the server gave
    up the whole transaction (a deadlock on MariaDB), the connection is
    invalidated: the caller's COMMIT then fails, instead of committing
    nothing and saying that all is well.

    :param given: a SQLAlchemy connection or session
    :raises TypeError: it is neither
    :raises ValueError: it is in autocommit mode, and has no transaction
    """
    connection = _connection_of(given)
    _begin(connection)
    savepoint = connection.begin_nested()
    try:
        yield connection
    except BaseException:
        _undo(connection, savepoint)
        raise
    try:
        savepoint.commit()
    except BaseException:
        _undo(connection, savepoint)
        raise


def _connection_of(given: Any) -> sqlalchemy.Connection:
    found = given
    if not isinstance(given, sqlalchemy.Connection):
        # A session's own savepoint would flush what the caller has not
        # flushed yet; its connection's does not.
        ask = getattr(given, 'connection', None)
        found = ask() if callable(ask) else None
    if not isinstance(found, sqlalchemy.Connection):
        raise TypeError('connection is no connection or session of SQLAlchemy')
    return found


def _begin(connection: sqlalchemy.Connection) -> None:
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != 'sqlite':
        if connection.dialect.detect_autocommit_setting(driver):
            raise ValueError('connection is in autocommit mode')
    elif not driver.in_transaction:
        # Python's driver begins a transaction when it meets an INSERT, and
        # not at a savepoint: the message would be committed at its end.
        if driver.isolation_level is None:
            raise ValueError('connection is in autocommit mode')
        connection.exec_driver_sql('BEGIN IMMEDIATE')


def _undo(
    connection: sqlalchemy.Connection, savepoint: sqlalchemy.NestedTransaction
) -> None:
    try:
        savepoint.rollback()
    except Exception:
        if not connection.invalidated:
            connection.invalidate()
