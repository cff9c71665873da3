# SPDX-License-Identifier: Apache-2.0
"""Makes the tables, brings them up to date, and compares them.

Migrations are online-safe: a version of errorkit works with the tables of the
one before and of the one after, none locks a table that is in use for longer
than it takes to note a change, and each can be run again after it broke off
half way (MariaDB commits every step by itself).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from errorkit.outcomes.sql import address
from errorkit.outcomes.sql.tables import METADATA, VERSION_TABLE

# Only one of several hosts migrates; the others wait, and find it done.
_LOCK = 'errorkit_migrations'
_LOCK_NUMBER = 0x6572726B6974
_LOCK_SECONDS = 600
# To connect, and between two answers while others migrate.
_PATIENCE = 2.0 * _LOCK_SECONDS


def upgrade(url: str, revision: str = 'head') -> tuple[str | None, str | None]:
    """Bring the tables to a version, from whatever they are at.

    :param url: as ``Database`` takes it
    :param revision: a later one than the tables have
    :returns: the version before and after; None: no tables yet
    """
    with _connection(url) as connection, _alone(connection):
        before = _version(connection)
        if connection.dialect.name != 'sqlite':
            # Each migration has a transaction of its own; on SQLite, one
            # holds them all.
            connection.commit()
        config = _config()
        config.attributes['connection'] = connection
        command.upgrade(config, revision)
        return before, _version(connection)


def current(url: str) -> str | None:
    """Return the version of the tables; None: there are none yet.

    :raises FileNotFoundError: a file of SQLite is not there
    """
    with _connection(url, is_there=True) as connection:
        return _version(connection)


def newest() -> str:
    """Return the version that this errorkit works with."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def check(url: str) -> list[str]:
    """Return what is wrong with the tables, a line each; nothing: good.

    :raises FileNotFoundError: a file of SQLite is not there
    """
    with _connection(url, is_there=True) as connection:
        version = _version(connection)
        if version != newest():
            return [
                f'the tables are at {version or "no version"}, '
                f'this errorkit works with {newest()}'
            ]
        context = MigrationContext.configure(
            connection,
            opts={
                'version_table': VERSION_TABLE,
                'compare_type': True,
                'include_name': _is_ours,
            },
        )
        found = [_line(one) for one in compare_metadata(context, METADATA)]
        return found or _conversions(connection)


def _conversions(connection: sqlalchemy.Connection) -> list[str]:
    # What alembic does not compare, and what converting a whole database to
    # another character set changes: how texts and times are compared.
    found = []
    inspector = sqlalchemy.inspect(connection)
    for table in METADATA.tables.values():
        for column in inspector.get_columns(table.name):
            name, actual = column['name'], column['type']
            due = table.c[name].type.dialect_impl(connection.dialect)
            for trait in ('collation', 'fsp'):
                wanted = getattr(due, trait, None)
                given = getattr(actual, trait, None)
                if wanted is not None and given != wanted:
                    found.append(
                        f'{table.name}.{name}: {trait} {given}, not {wanted}'
                    )
    return found


def _line(difference: object) -> str:
    # A list is what is changed in one column; each entry begins with what
    # would have to be done.
    if isinstance(difference, list):
        return '; '.join(_line(part) for part in difference)
    assert isinstance(difference, tuple)
    return ' '.join(
        str(getattr(part, 'name', part))
        for part in difference
        if part is not None and not isinstance(part, dict)
    )


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != 'table' or name in METADATA.tables


def _version(connection: sqlalchemy.Connection) -> str | None:
    context = MigrationContext.configure(
        connection, opts={'version_table': VERSION_TABLE}
    )
    return context.get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option(
        'script_location', 'errorkit.outcomes.sql:migrations'
    )
    config.set_main_option('path_separator', 'os')
    return config


@contextlib.contextmanager
def _connection(
    url: str, is_there: bool = False
) -> Iterator[sqlalchemy.Connection]:
    # Without the stores' time limits: building an index may take its time.
    resolved = address.resolve(url)
    if is_there:
        address.require_file(resolved)
    options = address.driver_options(resolved, _PATIENCE)
    options.pop('tcp_user_timeout', None)
    engine = sqlalchemy.create_engine(
        resolved,
        poolclass=sqlalchemy.NullPool,
        hide_parameters=True,
        connect_args={**options, 'timeout': 30}
        if resolved.get_backend_name() == 'sqlite'
        else {**options, 'connect_timeout': 10},
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextlib.contextmanager
def _alone(connection: sqlalchemy.Connection) -> Iterator[None]:
    """Let one process at a time into the block."""
    backend = connection.dialect.name
    if backend == 'sqlite':
        connection = connection.execution_options(
            isolation_level='AUTOCOMMIT'
        )
        connection.exec_driver_sql('PRAGMA journal_mode=WAL')
        connection.exec_driver_sql('BEGIN IMMEDIATE')
        try:
            yield
        except BaseException:
            connection.exec_driver_sql('ROLLBACK')
            raise
        connection.exec_driver_sql('COMMIT')
        return
    if backend == 'postgresql':
        take = f'SELECT pg_advisory_lock({_LOCK_NUMBER})'
        give = f'SELECT pg_advisory_unlock({_LOCK_NUMBER})'
    else:
        # Of this database: the name is the server's.
        take = (
            f"SELECT GET_LOCK(LEFT(CONCAT('{_LOCK}.', DATABASE()), 64), "
            f'{_LOCK_SECONDS})'
        )
        give = f"SELECT RELEASE_LOCK(LEFT(CONCAT('{_LOCK}.', DATABASE()), 64))"
    if connection.exec_driver_sql(take).scalar() == 0:
        raise TimeoutError('another host is still migrating')
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(give)
        connection.commit()
