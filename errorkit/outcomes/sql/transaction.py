# SPDX-License-Identifier: Apache-2.0
"""A short transaction on a connection that commits each statement by itself.

Where the driver can, BEGIN goes along with the first statement: one message
to the server less. SQLite is told BEGIN IMMEDIATE, so that a writer waits for
its turn and never fails on its way from reading to writing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy
import sqlalchemy.event

T = TypeVar('T')

# The driver that takes two statements at once.
_TAKES_TWO = 'psycopg2'
# In a connection's record of the pool: a transaction begins with whatever is
# executed next.
_BEGINS = 'errorkit.begins'
# How long the server hears nothing within a transaction, in seconds: longer
# than a slow process may take between two statements.
_IDLE = 10


def prepare(engine: sqlalchemy.Engine) -> None:
    """Have the connections of an engine ready for ``run``."""
    if engine.dialect.driver == _TAKES_TWO:
        sqlalchemy.event.listen(
            engine, 'before_cursor_execute', _begin_along, retval=True
        )


def session_settings(backend: str, server: str) -> list[str]:
    """Return what ends the transaction of a process that was stopped in it.

    Its locks would be held as long as it is.

    :param backend: ``sqlite``, ``postgresql`` or ``mysql``
    :param server: what the server says of its version; for ``mysql``
    :returns: statements that a new connection begins with
    """
    if backend == 'postgresql':
        return [f'SET idle_in_transaction_session_timeout = {_IDLE * 1000}']
    if backend == 'mysql' and 'mariadb' in server.lower():
        return [f'SET SESSION idle_transaction_timeout = {_IDLE}']
    return []


def run(
    connection: sqlalchemy.Connection,
    work: Callable[[sqlalchemy.Connection], T],
) -> T:
    """Run statements in one transaction; what fails is rolled back.

    :param connection: of a prepared engine, in autocommit mode
    :param work: gets the connection
    :returns: what it returned; all of it is committed
    """
    _begin(connection)
    try:
        result = work(connection)
        if not connection.info.pop(_BEGINS, False):
            connection.exec_driver_sql('COMMIT')
    except BaseException:
        _roll_back(connection)
        raise
    return result


def _begin(connection: sqlalchemy.Connection) -> None:
    if connection.dialect.driver == _TAKES_TWO:
        connection.info[_BEGINS] = True
    elif connection.dialect.name == 'sqlite':
        connection.exec_driver_sql('BEGIN IMMEDIATE')
    else:
        connection.exec_driver_sql('BEGIN')


def _begin_along(
    connection: sqlalchemy.Connection,
    cursor: object,
    statement: str,
    parameters: Any,
    context: object,
    executemany: bool,
) -> tuple[str, Any]:
    if connection.info.pop(_BEGINS, False):
        if executemany:
            connection.exec_driver_sql('BEGIN')
        else:
            statement = f'BEGIN; {statement}'
    return statement, parameters


def _roll_back(connection: sqlalchemy.Connection) -> None:
    if connection.invalidated or connection.info.pop(_BEGINS, False):
        return
    driver: Any = connection.connection.dbapi_connection
    try:
        # What SQLite has ended by itself cannot be rolled back; the drivers
        # of the servers do not know of a transaction they did not begin.
        if getattr(driver, 'in_transaction', True):
            cursor = driver.cursor()
            cursor.execute('ROLLBACK')
            cursor.close()
    except Exception:
        # Nobody shall get it from the pool with a transaction left open.
        connection.invalidate()
