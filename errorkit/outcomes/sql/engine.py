# SPDX-License-Identifier: Apache-2.0
"""A database of the stores' own: its connections, and retries in a budget.

What a store asks is one statement where it can be, and is committed by the
server with it: there is no gap between the work and its COMMIT.
"""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy
import sqlalchemy.event
from oslo_db import api as oslo_api
from oslo_db.sqlalchemy import exc_filters

from errorkit import log
from errorkit.exceptions import ConfigError
from errorkit.outcomes import operating
from errorkit.outcomes.sql import address, compiled, green, transaction
from errorkit.outcomes.sql.outdated import is_outdated
from errorkit.outcomes.sql.transient import is_transient
from errorkit.outcomes.sql.watchdog import Handle, Watchdog

LOG = logging.getLogger(operating.DATABASES)

T = TypeVar('T')

# Of a budget, so much is for tries. Who gives the same time to a call has the
# reason of its failure then, before he leaves.
_TRIES = 0.9
# Between two tries, in seconds: the first pause, and the longest.
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1
# What is tried once more may wait so long for a file's lock, and then sync.
_LAST_TRY = {'sqlite': address.SQLITE_WAIT + 0.05}
# In a connection's record of the pool: the handle of its socket.
_HANDLE = 'errorkit.handle'

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
        self._is_told = False
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
            pool_timeout=max(budget * _TRIES - self._last, budget / 2),
            pool_recycle=1800,
            # The stack may be shown to people; values are not.
            hide_parameters=True,
            connect_args=address.driver_options(self.url, budget),
        )
        exc_filters.register_engine(self.engine)
        compiled.keep_for(self.engine.dialect)
        sqlalchemy.event.listen(self.engine, 'connect', self._connected)
        sqlalchemy.event.listen(self.engine, 'close', self._closed)
        transaction.prepare(self.engine)
        if self.engine.dialect.driver == 'psycopg2':
            green.warn(self.engine.dialect.dbapi)
            sqlalchemy.event.listen(self.engine, 'do_connect', self._connect)
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
        return self._within_budget(
            lambda connection: transaction.run(connection, work), budget
        )

    def dispose(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.engine.dispose()

    def _within_budget(
        self,
        work: Callable[[sqlalchemy.Connection], T],
        budget: float | None = None,
    ) -> T:
        budget = min(budget or self.budget, self.budget)
        begun = time.monotonic()

        def passes(error: BaseException) -> bool:
            left = begun + budget * _TRIES - time.monotonic()
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
        try:
            result: T = retry(self._once)(work, begun + budget)
        except Exception as exc:
            self._tell(exc)
            raise
        return result

    def _tell(self, error: Exception) -> None:
        if not self._is_told and is_outdated(error):
            self._is_told = True
            log.say(
                LOG, logging.ERROR, "tables are missing or old: %s",
                operating.UPGRADE,
            )

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

    def _connect(
        self, dialect: Any, record: Any, args: Any, params: Any
    ) -> Any:
        return green.connect(
            dialect.dbapi, args, params, self._watchdog, self.budget
        )

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
                *transaction.session_settings(self.backend, server),
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


def _after_fork() -> None:
    for database in list(_DATABASES):
        database._start_anew()


os.register_at_fork(after_in_child=_after_fork)
