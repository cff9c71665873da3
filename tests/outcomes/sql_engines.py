# SPDX-License-Identifier: Apache-2.0
"""Databases for tests: each test gets an empty one of its own.

PostgreSQL and MariaDB are used where ERRORKIT_TEST_POSTGRESQL_URL and
ERRORKIT_TEST_MYSQL_URL say where they are, such as
``postgresql://postgres@127.0.0.1:5432/test`` and
``mysql://root@127.0.0.1:3306/test``.
"""

import contextlib
import os
import pathlib
import uuid

import pytest
import sqlalchemy

from errorkit.outcomes.sql import Database, SqlMessages, address
from errorkit.outcomes.sql.migrate import newest, upgrade
from errorkit.outcomes.sql.tables import VERSION_TABLE

VARIABLES = {
    'postgresql': 'ERRORKIT_TEST_POSTGRESQL_URL',
    'mysql': 'ERRORKIT_TEST_MYSQL_URL',
}
SERVERS = tuple(VARIABLES)
KINDS = ('sqlite', *SERVERS)
# What makes the tables: a file, or statements.
COPIES = {}


@contextlib.contextmanager
def empty(kind, folder):
    """Make an empty database, and remove it afterwards; gives its address."""
    if kind == 'sqlite':
        yield f'sqlite:///{folder / "store.sqlite"}'
        return
    given = os.environ.get(VARIABLES[kind])
    if not given:
        pytest.skip(f'{VARIABLES[kind]} is not set')
    server = address.resolve(given)
    name = f'errorkit_{uuid.uuid4().hex}'
    if kind == 'postgresql':
        make, drop = f'CREATE SCHEMA {name}', f'DROP SCHEMA {name} CASCADE'
        found = server.update_query_dict({'options': f'-csearch_path={name}'})
    else:
        make, drop = f'CREATE DATABASE {name}', f'DROP DATABASE {name}'
        found = server.set(database=name)
    run(server, make)
    try:
        yield found.render_as_string(hide_password=False)
    finally:
        run(server, drop)


def tables(url):
    """Make the tables in an empty database.

    The migrations make the first ones of each kind, and all others are copies:
    theirs are tested by themselves.
    """
    resolved = address.resolve(url)
    kind = resolved.get_backend_name()
    if kind not in COPIES:
        COPIES[kind] = made(url, resolved)
    elif kind == 'sqlite':
        pathlib.Path(resolved.database).write_bytes(COPIES[kind])
    else:
        run(url, *COPIES[kind])


def made(url, resolved):
    """Let the migrations make the tables; return what makes the same."""
    said = []
    with seen(said):
        upgrade(url)
    if resolved.get_backend_name() == 'sqlite':
        return pathlib.Path(resolved.database).read_bytes()
    at = f"INSERT INTO {VERSION_TABLE} VALUES ('{newest()}')"
    if resolved.get_backend_name() == 'postgresql':
        changes = [text for text in said
                   if text.startswith(('CREATE', 'ALTER'))]
        return [';\n'.join([*changes, at])]
    # It commits each statement by itself: the indexes with their table.
    with bare(url) as connection:
        names = connection.exec_driver_sql('SHOW TABLES').scalars().all()
        whole = [connection.exec_driver_sql(f'SHOW CREATE TABLE {name}')
                 .one()[1] for name in names]
    return [*whole, at]


@contextlib.contextmanager
def seen(said):
    """Note what every engine tells its driver to execute."""
    def note(connection, cursor, text, *rest):
        said.append(text.strip())

    given = sqlalchemy.Engine, 'before_cursor_execute', note
    sqlalchemy.event.listen(*given)
    try:
        yield
    finally:
        sqlalchemy.event.remove(*given)


def run(url, *statements):
    """Run statements, each committed by itself."""
    with bare(url) as connection:
        connection = connection.execution_options(
            isolation_level='AUTOCOMMIT'
        )
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextlib.contextmanager
def engine(url):
    """Give an engine such as a service makes for itself."""
    found = sqlalchemy.create_engine(
        address.resolve(url), poolclass=sqlalchemy.NullPool
    )
    try:
        yield found
    finally:
        found.dispose()


@contextlib.contextmanager
def bare(url):
    """Give a connection of such an engine."""
    with engine(url) as found, found.connect() as connection:
        yield connection


def ids(url):
    """Return the ids of all messages, sorted."""
    with bare(url) as connection:
        return sorted(
            connection.exec_driver_sql(
                'SELECT id FROM errorkit_messages'
            ).scalars()
        )


@contextlib.contextmanager
def opened(url, **options):
    """Give a store, and close its connections afterwards."""
    database = Database(url, **options)
    try:
        yield SqlMessages(database)
    finally:
        database.dispose()


@pytest.fixture(params=KINDS)
def empty_url(request, tmp_path):
    """The address of an empty database, of each kind."""
    with empty(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def url(empty_url):
    """The address of a database with the tables."""
    tables(empty_url)
    return empty_url


@pytest.fixture
def store(url):
    """A store in it."""
    with opened(url) as found:
        yield found


@pytest.fixture(scope='module', params=KINDS)
def shared(request, tmp_path_factory):
    """A store that the tests of a module share; it is seldom empty."""
    with empty(request.param, tmp_path_factory.mktemp('shared')) as url:
        tables(url)
        with opened(url) as found:
            yield found


@pytest.fixture
def emptied(shared):
    """The same store, empty."""
    shared.database.write(
        lambda own: own.exec_driver_sql('DELETE FROM errorkit_messages'))
    return shared
