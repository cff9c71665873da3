# SPDX-License-Identifier: Apache-2.0
"""Which failures of a database pass when the same is tried again."""

from __future__ import annotations

import sqlite3

import sqlalchemy.exc
from oslo_db import exception as oslo_exception

# https://www.postgresql.org/docs/current/errcodes-appendix.html; beside
# these, class 08, connection exceptions.
POSTGRESQL = frozenset(
    {
        '40001',  # serialization_failure
        '40P01',  # deadlock_detected
        '53300',  # too_many_connections
        '57P01',  # admin_shutdown
        '57P02',  # crash_shutdown
        '57P03',  # cannot_connect_now
    }
)
# https://mariadb.com/kb/en/mariadb-error-codes/
MARIADB = frozenset(
    {
        1020,  # record has changed since last read
        1040,  # too many connections
        1047,  # a Galera node that is not ready
        1053,  # server shutdown in progress
        1180,  # error during COMMIT
        1205,  # lock wait timeout
        1213,  # deadlock, of Galera's certification too
        1927,  # connection was killed
        2002,
        2003,
        2006,
        2013,  # no connection, or a lost one
    }
)
SQLITE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def is_transient(error: BaseException) -> bool:
    """Tell whether trying again may help.

    Whether the first try did its work may be unknown; a caller tries again
    only what may be done twice.

    :param error: of SQLAlchemy, or what oslo.db's filters made of it
    """
    if isinstance(
        error, (oslo_exception.DBDeadlock, oslo_exception.DBConnectionError)
    ):
        return True
    if isinstance(error, oslo_exception.DBError):
        error = error.inner_exception or error
    if not isinstance(error, sqlalchemy.exc.DBAPIError):
        return False
    return error.connection_invalidated or _is_known(error)


def _is_known(error: sqlalchemy.exc.DBAPIError) -> bool:
    original = error.orig
    if isinstance(original, sqlite3.Error):
        code = getattr(original, 'sqlite_errorcode', 0)
        # The low byte is the code, the rest says more of it.
        return code & 0xFF in SQLITE
    if hasattr(original, 'pgcode') or hasattr(original, 'sqlstate'):
        state = getattr(original, 'pgcode', None) or getattr(
            original, 'sqlstate', None
        )
        if state is None:
            # Not said by the server in answer to a statement: nobody
            # listens, it is starting, or the connection is lost.
            return isinstance(error, sqlalchemy.exc.OperationalError)
        return state in POSTGRESQL or state.startswith('08')
    arguments: tuple[object, ...] = getattr(original, 'args', ())
    return bool(arguments) and arguments[0] in MARIADB
