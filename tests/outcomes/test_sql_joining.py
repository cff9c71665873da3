# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: F811
"""A message and a caller's transaction: apart, or together if asked."""

import pytest
import sqlalchemy
import sqlalchemy.exc
from oslo_db import exception as oslo_exception
from sql_engines import (  # noqa: F401
    SERVERS,
    bare,
    empty,
    empty_url,
    engine,
    ids,
    opened,
    run,
    store,
    tables,
    url,
)
from sql_samples import sample
from sqlalchemy.orm import Session, scoped_session, sessionmaker

FAILED = (sqlalchemy.exc.DBAPIError, oslo_exception.DBError)


@pytest.fixture
def service(url):
    """An engine as a service makes it, with a table of its own."""
    run(url, 'CREATE TABLE volumes (name VARCHAR(10) PRIMARY KEY)')
    with engine(url) as found:
        yield found


def insert(name):
    """Return the statement of the service's own work."""
    return sqlalchemy.text(f"INSERT INTO volumes VALUES ('{name}')")


def volumes(url):
    """Return the service's own rows."""
    with bare(url) as connection:
        return sorted(connection.exec_driver_sql(
            'SELECT name FROM volumes').scalars())


@pytest.mark.parametrize('empty_url', SERVERS, indirect=True)
def test_a_message_outlives_the_rollback_of_what_it_tells_of(
        service, store, url):
    message = sample()
    with service.connect() as connection:
        connection.execute(insert('one'))
        store.add(message)
        connection.rollback()
    assert ids(url) == [message.id]
    assert volumes(url) == []


def test_beside_a_sqlite_file_of_its_own_it_does_so_too(tmp_path):
    (tmp_path / 'service').mkdir()
    with empty('sqlite', tmp_path) as found, \
            empty('sqlite', tmp_path / 'service') as other:
        tables(found)
        run(other, 'CREATE TABLE volumes (name VARCHAR(10))')
        message = sample()
        with opened(found) as store, bare(other) as connection:
            connection.execute(insert('one'))
            store.add(message)
            connection.rollback()
        assert ids(found) == [message.id]
        assert volumes(other) == []


@pytest.mark.parametrize('ends', ['commit', 'rollback'])
@pytest.mark.parametrize('first', ['message', 'work'])
def test_a_joined_message_shares_the_end_of_the_transaction(
        service, store, url, ends, first):
    message = sample()
    with service.connect() as connection:
        if first == 'work':
            connection.execute(insert('one'))
        store.add(message, connection)
        if first == 'message':
            connection.execute(insert('one'))
        getattr(connection, ends)()
    kept = ends == 'commit'
    assert ids(url) == ([message.id] if kept else [])
    assert volumes(url) == (['one'] if kept else [])


def test_a_block_of_a_transaction_can_be_joined(service, store, url):
    with pytest.raises(ZeroDivisionError), service.begin() as connection:
        store.add(sample(), connection)
        raise ZeroDivisionError
    with service.begin() as connection:
        store.add(sample(), connection)
    assert len(ids(url)) == 1


@pytest.mark.parametrize('ends', ['commit', 'rollback'])
def test_a_session_can_be_joined(service, store, url, ends):
    message = sample()
    with Session(service) as session:
        session.execute(insert('one'))
        store.add(message, session)
        getattr(session, ends)()
    assert ids(url) == ([message.id] if ends == 'commit' else [])


def test_a_scoped_session_can_be_joined(service, store, url):
    session = scoped_session(sessionmaker(service))
    store.add(sample(), session)
    session.commit()
    session.remove()
    assert len(ids(url)) == 1


def test_joining_flushes_nothing_of_a_session(service, store, url):
    registry = sqlalchemy.orm.registry()

    @registry.mapped
    class Volume:
        __table__ = sqlalchemy.Table(
            'volumes', registry.metadata,
            sqlalchemy.Column('name', sqlalchemy.String(10),
                              primary_key=True))

    with Session(service) as session:
        session.add(Volume(name='one'))
        store.add(sample(), session)
        assert len(session.new) == 1
        session.commit()
    assert volumes(url) == ['one']
    assert len(ids(url)) == 1


def test_a_message_that_fails_does_not_spoil_the_commit(service, store, url):
    run(url, 'DROP TABLE errorkit_messages')
    with service.connect() as connection:
        connection.execute(insert('one'))
        with pytest.raises(FAILED):
            store.add(sample(), connection)
        connection.execute(insert('two'))
        connection.commit()
    assert volumes(url) == ['one', 'two']


def test_an_unfit_message_does_not_touch_the_transaction(service, store, url):
    with service.connect() as connection:
        with pytest.raises(ValueError, match='resource_uuid'):
            store.add(sample(resource_uuid='\0'), connection)
        assert not connection.in_transaction()
        connection.execute(insert('one'))
        connection.commit()
    assert volumes(url) == ['one']


def test_joining_the_same_message_again_changes_nothing(service, store, url):
    message = sample()
    store.add(message)
    with service.begin() as connection:
        store.add(message, connection)
        store.add(message, connection)
    assert ids(url) == [message.id]


def test_a_transaction_that_the_server_gave_up_cannot_be_committed(tmp_path):
    with empty('mysql', tmp_path) as found:
        tables(found)
        # As a deadlock or a conflict between the nodes of a cluster does,
        # this ends the transaction with its savepoints.
        run(found, 'CREATE TABLE volumes (name VARCHAR(10) PRIMARY KEY)')
        with opened(found) as store, engine(found) as service, \
                service.connect() as connection:
            connection.execute(insert('one'))

            @sqlalchemy.event.listens_for(connection, 'after_execute')
            def give_up(own, statement, *rest):
                if 'errorkit' in str(statement):
                    own.connection.dbapi_connection.rollback()
                    raise RuntimeError('given up')

            with pytest.raises(RuntimeError):
                store.add(sample(), connection)
            with pytest.raises(sqlalchemy.exc.SQLAlchemyError):
                connection.commit()
                connection.execute(insert('two'))
        assert volumes(found) == []


@pytest.mark.parametrize('given', ['a text', 7, object()])
def test_what_is_no_connection_cannot_be_joined(store, given):
    with pytest.raises(TypeError):
        store.add(sample(), given)


def test_autocommit_has_no_transaction_to_join(service, store, url):
    with service.connect() as connection:
        connection = connection.execution_options(
            isolation_level='AUTOCOMMIT')
        with pytest.raises(ValueError, match='autocommit'):
            store.add(sample(), connection)
    assert ids(url) == []
