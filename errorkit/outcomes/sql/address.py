# SPDX-License-Identifier: Apache-2.0
"""Where a database is: which addresses are taken, and what drivers are told.

A driver that is not listed is refused: it would have no time limits.
"""

from __future__ import annotations

import math
import os
import urllib.parse
from typing import Any

import sqlalchemy.engine
import sqlalchemy.exc

from errorkit.exceptions import ConfigError

# The first of each is taken where an address names none.
DRIVERS = {
    'sqlite': ('pysqlite',),
    'postgresql': ('psycopg2', 'psycopg'),
    'mysql': ('pymysql', 'mysqldb'),
}
# One wait of SQLite's own, in seconds. It is short because SQLite polls less
# and less often while it waits; beyond it, the store's own retries go on.
SQLITE_WAIT = 0.1


def resolve(url: str | sqlalchemy.engine.URL) -> sqlalchemy.engine.URL:
    """Return an address with its driver.

    :param url: such as ``sqlite:////var/lib/volume/messages.sqlite``,
        ``postgresql://user@host/database`` or ``mysql://user@host/database``
    :raises ConfigError: it is none of these, names a driver that errorkit
        does not know, or is a database in memory
    """
    try:
        found = sqlalchemy.engine.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        # The text may hold a password, and is not repeated.
        raise _refused('…', 'an address of a database is expected') from None
    backend = found.get_backend_name()
    if backend == 'mariadb':
        # oslo.db knows the errors of this server under this name.
        backend = 'mysql'
    if backend not in DRIVERS:
        raise _refused(found, 'sqlite, postgresql or mysql is expected')
    driver = found.drivername.partition('+')[2] or DRIVERS[backend][0]
    if driver not in DRIVERS[backend]:
        expected = ' or '.join(DRIVERS[backend])
        raise _refused(found, f'the driver has to be {expected}')
    if backend == 'sqlite' and (found.host or found.username):
        # The driver would say so with the password.
        raise _refused(found, 'a file has three slashes before its name')
    if backend == 'sqlite' and _is_in_memory(found):
        raise _refused(
            found, 'a file is expected; for memory, use the memory store'
        )
    return found.set(drivername=f'{backend}+{driver}')


def require_file(url: sqlalchemy.engine.URL) -> None:
    """See that a file of SQLite is there: connecting would make it.

    :param url: as ``resolve`` returned it
    :raises FileNotFoundError: it is not
    """
    if url.get_backend_name() != 'sqlite':
        return
    [path], options = url.get_dialect()().create_connect_args(url)
    if options.get('uri'):
        path = urllib.parse.unquote(urllib.parse.urlsplit(path).path)
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(
            f"there is no file {path}; 'errorkit db upgrade --url …' makes it"
        ) from None
    except OSError:
        # It can be there, and SQLite says what is wrong.
        return


def driver_options(
    url: sqlalchemy.engine.URL, seconds: float
) -> dict[str, Any]:
    """Return what the driver is told when it connects.

    :param url: as ``resolve`` returned it
    :param seconds: how long one answer of the server may take
    """
    driver = url.get_driver_name()
    whole = max(1, math.ceil(seconds))
    if driver == 'pysqlite':
        return {'timeout': SQLITE_WAIT}
    if driver in DRIVERS['postgresql']:
        # libpq takes less than two seconds for two.
        return {
            'connect_timeout': max(2, whole),
            'tcp_user_timeout': math.ceil(seconds * 1000),
            'application_name': 'errorkit',
        }
    limit = seconds if driver == 'pymysql' else whole
    return {
        'charset': 'utf8mb4',
        'connect_timeout': limit,
        'read_timeout': limit,
        'write_timeout': limit,
    }


def session_settings(backend: str, seconds: float, server: str) -> list[str]:
    """Return the statements that a new connection begins with.

    :param backend: ``sqlite``, ``postgresql`` or ``mysql``
    :param seconds: how long one statement may take
    :param server: what the server says of its version; for ``mysql``
    """
    if backend == 'sqlite':
        # With synchronous=FULL a stored message outlives a loss of power.
        return ['PRAGMA journal_mode=WAL', 'PRAGMA synchronous=FULL']
    if backend == 'postgresql':
        return [
            f'SET statement_timeout = {math.ceil(seconds * 1000)}',
            'SET SESSION CHARACTERISTICS AS TRANSACTION '
            'ISOLATION LEVEL READ COMMITTED',
        ]
    # READ COMMITTED: a purge locks the rows it deletes, and no gap that a
    # writer may want.
    settings = [
        'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
        "SET SESSION sql_mode = 'TRADITIONAL', "
        f'SESSION innodb_lock_wait_timeout = {max(1, math.ceil(seconds))}',
    ]
    if 'mariadb' in server.lower():
        settings.append(f'SET SESSION max_statement_time = {seconds:.3f}')
    return settings


def _is_in_memory(url: sqlalchemy.engine.URL) -> bool:
    database = url.database or ':memory:'
    return (
        database.startswith((':memory:', 'file::memory:'))
        or 'mode=memory' in database
        or url.query.get('mode') == 'memory'
    )


def _refused(value: object, allowed: str) -> ConfigError:
    if isinstance(value, sqlalchemy.engine.URL):
        # Some drivers are given one behind the question mark.
        value = value.difference_update_query(
            [key for key in value.query if 'pass' in key.lower()]
        ).render_as_string(hide_password=True)
    return ConfigError('errorkit.outcomes.sql', 'url', value, allowed)
