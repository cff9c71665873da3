# SPDX-License-Identifier: Apache-2.0
"""A database of the stores' own: connections, short transactions, retries.

What a store asks is one statement where it can be, and is committed by the
server with it: there is no gap between the work and its COMMIT. SQLite is
told BEGIN IMMEDIATE, so that a writer waits for its turn and never fails on
its way from reading to writing.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy
import sqlalchemy.event
from oslo_db import api as oslo_api
from oslo_db.sqlalchemy import exc_filters

from errorkit.exceptions import ConfigError
from errorkit.outcomes.sql import address, compiled
from errorkit.outcomes.sql.transient import is_transient
from errorkit.outcomes.sql.watchdog import Handle, Watchdog

T = TypeVar('T')

# Between two tries, in seconds: the first pause, and the longest.
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1
# What is tried once more may wait so long for a file's lock, and then sync.
_LAST_TRY = {'sqlite': address.SQLITE_WAIT + 0.05}
# How long the server hears nothing within a transaction, in seconds: longer
# than a slow process may take between two statements.
_IDLE = 10
# In a connection's record of the pool: the handle of its socket, and that a
# transaction begins with whatever is executed next.
_HANDLE = 'errorkit.handle'
_BEGINS = 'errorkit.begins'

_DATABASES: weakref.WeakSet[Database] = weakref.WeakSet()
# A child never closes what its parent talks through: it keeps it.
_OF_PARENTS: list[object] = []


class Database:
    """Runs the stores' statements.

    It connects when it is first asked, may be used by many threads, and by
    the children of a process that forks.

    :param url: such as ``sqlite:////var/lib/volume/messages.sqlite``,
        ``postgresql://user@host/database`` or ``mysql://user@host/database``
    :param budget: seconds for a call with all its tries; what is stuck in a
        driver by then gets at most as much again
    :param pool_size: connections that are kept
    :param max_overflow: connections beyond these, for a while
    :raises ConfigError: the address is none that errorkit knows
    """

    def __init__(
        self,
        url: str | sqlalchemy.engine.URL,
        *,
        budget: float = 2.0,
        pool_size: int = 5,
        max_overflow: int = 10,
    ) -> None:
        if not 0 < budget <= 3600:
            raise ConfigError(
                'errorkit.outcomes.sql', 'budget', budget, 'up to 3600'
            )
        self.url = address.resolve(url)
        self.backend = self.url.get_backend_name()
        self.budget = budget
        self._last = _LONGEST_PAUSE + _LAST_TRY.get(self.backend, 0.0)
        self._watchdog = Watchdog()
        self.engine = sqlalchemy.create_engine(
            self.url,
            isolation_level='AUTOCOMMIT',
            # Each would be one more message to the server and back, for
            # nothing: there is no transaction left to roll back.
            skip_autocommit_rollback=True,
            pool_reset_on_return=None,
            poolclass=sqlalchemy.QueuePool,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=max(budget - self._last, budget / 2),
            pool_recycle=1800,
            # The stack may be shown to people; values are not.
            hide_parameters=True,
            connect_args=address.driver_options(self.url, budget),
        )
        exc_filters.register_engine(self.engine)
        compiled.keep_for(self.engine.dialect)
        sqlalchemy.event.listen(self.engine, 'connect', self._connected)
        sqlalchemy.event.listen(self.engine, 'close', self._closed)
        # One message to the server less, of a driver that can.
        self._begins_along = self.url.get_driver_name() == 'psycopg2'
        if self._begins_along:
            sqlalchemy.event.listen(
                self.engine, 'before_cursor_execute', _begin_along,
                retval=True,
            )
        _DATABASES.add(self)

    def read(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        """Run a query, again after a failure that passes.

        :param work: gets a connection, and must have fetched all rows when
            it returns
        :returns: what it returned
        """
        return self._within_budget(work)

    def write(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        """Run one statement that writes; it is committed when this returns.

        :param work: gets a connection; it may run again although it has
            done its work, when that could not be known
        :returns: what it returned
        """
        if self.backend != 'sqlite':
            return self._within_budget(work)
        return self.transact(work)

    def transact(
        self,
        work: Callable[[sqlalchemy.Connection], T],
        budget: float | None = None,
    ) -> T:
        """Run statements that belong together, in one transaction.

        :param work: gets a connection; it may run again although it has
            done its work, when that could not be known
        :param budget: seconds, if less than the database's
        :returns: what it returned; all of it is committed
        """
        def within(connection: sqlalchemy.Connection) -> T:
            if self._begins_along:
                connection.info[_BEGINS] = True
            elif self.backend == 'sqlite':
                connection.exec_driver_sql('BEGIN IMMEDIATE')
            else:
                connection.exec_driver_sql('BEGIN')
            return _in_transaction(connection, work)

        return self._within_budget(within, budget)

    def dispose(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.engine.dispose()

    def _within_budget(
        self,
        work: Callable[[sqlalchemy.Connection], T],
        budget: float | None = None,
    ) -> T:
        deadline = time.monotonic() + min(budget or self.budget, self.budget)

        def passes(error: BaseException) -> bool:
            left = deadline - time.monotonic()
            return left > self._last and is_transient(error)

        retry = oslo_api.wrap_db_retry(
            retry_interval=_FIRST_PAUSE,
            max_retries=1_000_000,
            inc_retry_interval=True,
            max_retry_interval=_LONGEST_PAUSE,
            # These would go on without looking at the clock; ``passes``
            # knows both.
            retry_on_deadlock=False,
            retry_on_disconnect=False,
            exception_checker=passes,
            jitter=True,
        )
        result: T = retry(self._once)(work, deadline)
        return result

    def _once(
        self, work: Callable[[sqlalchemy.Connection], T], deadline: float
    ) -> T:
        with self.engine.connect() as connection:
            handle = connection.info.get(_HANDLE)
            if handle is None:
                return work(connection)
            self._watchdog.watch(handle, deadline)
            try:
                return work(connection)
            finally:
                self._watchdog.release(handle)

    def _connected(self, driver: Any, record: Any) -> None:
        server = ''
        if self.backend == 'postgresql':
            # It is watched from here on, also while SQLAlchemy asks a new
            # server who it is; the call it is made for sets it anew.
            handle = record.info[_HANDLE] = Handle(driver.fileno())
            self._watchdog.watch(handle, time.monotonic() + self.budget)
        elif self.backend == 'mysql':
            server = driver.get_server_info()
        cursor = driver.cursor()
        try:
            for statement in (
                *address.session_settings(self.backend, self.budget, server),
                *_idle_settings(self.backend, server),
            ):
                cursor.execute(statement)
        finally:
            cursor.close()

    def _closed(self, driver: Any, record: Any) -> None:
        handle = record.info.pop(_HANDLE, None)
        if handle is not None:
            self._watchdog.release(handle)
            handle.close()

    def _start_anew(self) -> None:
        _OF_PARENTS.append(self.engine.pool)
        self.engine.dispose(close=False)
        # The threads of the parent are not here, and a lock of one may be
        # held for ever.
        self._watchdog = Watchdog()


def _idle_settings(backend: str, server: str) -> list[str]:
    """Return what ends the transaction of a process that was stopped in it.

    Its locks would be held as long as it is.
    """
    if backend == 'postgresql':
        return [f'SET idle_in_transaction_session_timeout = {_IDLE * 1000}']
    if backend == 'mysql' and 'mariadb' in server.lower():
        return [f'SET SESSION idle_transaction_timeout = {_IDLE}']
    return []


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


def _in_transaction(
    connection: sqlalchemy.Connection,
    work: Callable[[sqlalchemy.Connection], T],
) -> T:
    try:
        result = work(connection)
        if not connection.info.pop(_BEGINS, False):
            connection.exec_driver_sql('COMMIT')
    except BaseException:
        _roll_back(connection)
        raise
    return result


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


def _after_fork() -> None:
    for database in list(_DATABASES):
        database._start_anew()


os.register_at_fork(after_in_child=_after_fork)
