# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: F811
"""What is acknowledged is stored, once, whatever happens to whom."""

import datetime
import json
import pathlib
import sqlite3
import subprocess
import sys
import threading

import pytest
import sqlalchemy.exc
from message_samples import PERMITTED, UNABLE_TO_ALLOCATE, context
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
from sql_proxy import between
from sql_samples import BEGIN, MONTH, fill, sample

from errorkit.outcomes.messages import API
from errorkit.outcomes.records import Page
from errorkit.outcomes.sql.migrate import upgrade

HERE = pathlib.Path(__file__).parent
LOST = (oslo_exception.DBError, sqlalchemy.exc.DBAPIError)


def writer(*arguments):
    """Run the program of writers; return what was acknowledged."""
    done = subprocess.run(
        [sys.executable, HERE / 'sql_writer.py', *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


@pytest.fixture(params=SERVERS)
def server_url(request, tmp_path):
    """The address of a database with the tables, on a real server."""
    with empty(request.param, tmp_path) as found:
        tables(found)
        yield found


def test_what_a_killed_process_was_told_is_stored(url):
    kills = 20
    said = writer('kill', url, kills)
    stored = ids(url)
    assert len(said) >= kills
    assert len({*said}) == len(said)
    assert {*said} <= {*stored}
    # Each had at most one on its way.
    assert len(stored) - len(said) <= kills


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    with empty('sqlite', tmp_path) as found:
        tables(found)
        said = writer('race', found, 8, 100)
        assert len(said) == 800
        assert sorted(said) == ids(found)


def test_a_store_goes_on_in_both_processes_after_a_fork(url):
    said = writer('fork', url)
    assert len(said) == 46
    assert sorted(said) == ids(url)


def test_threads_share_a_store(store, url):
    messages = [[sample() for _ in range(10)] for _ in range(20)]
    threads = [threading.Thread(target=lambda batch=batch: [
        store.add(message) for message in batch]) for batch in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids(url) == sorted(
        message.id for batch in messages for message in batch)


@pytest.mark.parametrize('mode', ['before', 'after'])
@pytest.mark.parametrize('connected', [True, False])
def test_a_write_survives_a_cut_around_its_commit(
        server_url, mode, connected):
    message, expired = sample(), sample(-1)
    with between(server_url) as (proxy, address), \
            opened(address, budget=10) as store:
        if connected:
            store.add(expired)
        proxy.cut(mode, b'INSERT INTO errorkit_messages')
        store.add(message)
        assert proxy.cuts == 1
        assert message.id in ids(server_url)
        proxy.cut(mode, b'DELETE FROM errorkit_messages')
        assert store.delete('blue', message.id) is True
        assert proxy.cuts == 2
        assert message.id not in ids(server_url)
        proxy.cut(mode, b'SELECT')
        assert store.get('blue', message.id) is None
        assert proxy.cuts == 3
        proxy.cut(mode, b'DELETE FROM errorkit_messages')
        store.purge(BEGIN + 2 * MONTH, 10)
        assert proxy.cuts == 4
        assert ids(server_url) == []


@pytest.mark.parametrize('mode', ['before', 'after'])
def test_a_created_message_survives_a_cut_around_its_commit(
        server_url, mode):
    with between(server_url) as (proxy, address), \
            opened(address, budget=10) as store:
        api = API(store, permitted=PERMITTED, budget=10)
        made = []
        for _ in range(3):
            proxy.cut(mode, b'INSERT INTO errorkit_messages')
            made.append(api.create(context(), UNABLE_TO_ALLOCATE, 'alpha'))
        assert proxy.cuts == 3
        assert [one.outcome for one in made] == ['stored'] * 3
        assert ids(server_url) == sorted(one.id for one in made)


@pytest.mark.parametrize('mode', ['asked', 'answered'])
def test_a_created_message_survives_a_cut_at_any_byte(server_url, mode):
    with between(server_url) as (proxy, address), \
            opened(address, budget=10) as store:
        api = API(store, permitted=PERMITTED, budget=10)
        made = []
        for number in range(0, 1000, 41):
            proxy.cut_within(mode, number)
            while proxy.is_waiting:
                made.append(
                    api.create(context(), UNABLE_TO_ALLOCATE, 'alpha'))
        assert {one.outcome for one in made} == {'stored'}
        assert ids(server_url) == sorted(one.id for one in made)


@pytest.mark.parametrize('connected', [True, False])
def test_a_server_that_stops_answering_holds_nobody_for_ever(
        server_url, connected):
    outcome = []
    with between(server_url) as (proxy, address), \
            opened(address, budget=0.5) as store:
        if connected:
            store.add(sample())
        proxy.stalled = True

        def add():
            try:
                store.add(sample())
            except LOST as exc:
                outcome.append(exc)

        thread = threading.Thread(target=add, daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
        assert len(outcome) == 1


def test_a_server_that_nobody_reaches_is_an_error_within_the_budget():
    for address in ('postgresql://u@127.0.0.1:1/d', 'mysql://u@127.0.0.1:1/d'):
        with opened(address, budget=0.3) as store, pytest.raises(LOST):
            store.add(sample())


def test_a_connection_that_the_server_ended_is_replaced(server_url):
    with opened(server_url) as store:
        store.add(sample())
        with bare(server_url) as connection:
            if connection.dialect.name == 'mysql':
                mine = connection.exec_driver_sql(
                    'SELECT connection_id()').scalar()
                [other] = connection.exec_driver_sql(
                    'SELECT id FROM information_schema.processlist '
                    f'WHERE db = database() AND id <> {mine}').scalars()
                connection.exec_driver_sql(f'KILL {other}')
            else:
                # Of all stores here, only this one's is in this schema.
                pid = store.database.read(lambda own: own.exec_driver_sql(
                    'SELECT pg_backend_pid()').scalar())
                connection.exec_driver_sql(
                    f'SELECT pg_terminate_backend({pid})')
        store.add(sample())
        assert len(ids(server_url)) == 2


def test_a_deadlock_is_tried_again_on_mariadb(tmp_path):
    with empty('mysql', tmp_path) as found:
        tables(found)
        # The index of times and the one of ids give the same order.
        first, last = sample(0, id='0'), sample(1, id='1')
        heavy = [sample(10**8, project_id='red') for _ in range(50)]
        with opened(found, budget=20) as store, \
                bare(found) as other:
            fill(store, [first, last, *heavy])
            deadlocks = seen(store)
            # It locks what it changes and nothing else, and has changed more
            # rows: the purge is the victim.
            other.exec_driver_sql(
                'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
            other.commit()
            other.exec_driver_sql(
                "UPDATE errorkit_messages SET params = '{ }' "
                "WHERE project_id = 'red'")
            other.exec_driver_sql(
                "UPDATE errorkit_messages SET params = '{ }' "
                f"WHERE id = '{last.id}'")
            purged = []
            thread = threading.Thread(target=lambda: purged.append(
                store.purge(last.expires_at + MONTH, 2)))
            thread.start()
            wait_for_lock(found, thread)
            other.exec_driver_sql(
                "UPDATE errorkit_messages SET params = '{  }' "
                f"WHERE id = '{first.id}'")
            other.commit()
            thread.join(30)
            assert purged == [2]
            assert [error.args[0] for error in deadlocks] == [1213]
            assert ids(found) == sorted(message.id for message in heavy)


def seen(store):
    """Return a list that gets the drivers' errors that a store meets."""
    found = []
    sqlalchemy.event.listen(
        store.database.engine, 'handle_error',
        lambda context: found.append(context.original_exception))
    return found


def wait_for_lock(url, thread):
    """Wait until a thread's purge waits for a lock of another."""
    with bare(url) as connection:
        while not connection.exec_driver_sql(
                'SELECT count(*) FROM information_schema.innodb_trx '
                "WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE "
                "'DELETE FROM errorkit%%'").scalar():
            connection.rollback()
            thread.join(0.01)
            assert thread.is_alive()


def test_a_deadlock_is_tried_again_on_postgresql(tmp_path):
    with empty('postgresql', tmp_path) as found:
        tables(found)
        run(found,
            'CREATE FUNCTION two() RETURNS trigger AS $$ BEGIN '
            'PERFORM pg_advisory_xact_lock(hashtext(current_schema()), 1); '
            'PERFORM pg_advisory_xact_lock(hashtext(current_schema()), 2); '
            'RETURN NEW; END $$ LANGUAGE plpgsql',
            'CREATE TRIGGER two BEFORE INSERT ON errorkit_messages '
            'FOR EACH ROW EXECUTE FUNCTION two()')
        # Who has waited so long looks for a deadlock, and is its victim.
        impatient = found.replace(
            '-csearch_path', '-cdeadlock_timeout%3D100ms+-csearch_path')
        with opened(impatient, budget=20) as store, bare(found) as other:
            deadlocks = seen(store)
            other.exec_driver_sql("SET deadlock_timeout = '60s'")
            other.exec_driver_sql(
                'SELECT pg_advisory_xact_lock(hashtext(current_schema()), 2)')
            message = sample()
            thread = threading.Thread(target=store.add, args=(message,))
            thread.start()
            while not other.exec_driver_sql(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND "
                    "locktype = 'advisory' AND objid = 2 AND classid::bigint "
                    '= hashtext(current_schema())::bigint & 4294967295'
            ).scalar():
                thread.join(0.01)
                assert thread.is_alive()
            other.exec_driver_sql(
                'SELECT pg_advisory_xact_lock(hashtext(current_schema()), 1)')
            other.commit()
            thread.join(30)
            assert '40P01' in [error.pgcode for error in deadlocks]
            assert ids(found) == [message.id]


def test_a_writer_waits_for_a_locked_file(tmp_path):
    with empty('sqlite', tmp_path) as found:
        tables(found)
        other = sqlite3.connect(
            tmp_path / 'store.sqlite', isolation_level=None)
        with opened(found, budget=20) as store:
            store.add(sample())
            tries = []
            sqlalchemy.event.listen(
                store.database.engine, 'before_cursor_execute',
                lambda *given: tries.append(given[2]))
            other.execute('BEGIN IMMEDIATE')
            thread = threading.Thread(target=store.add, args=(sample(),))
            thread.start()
            while tries.count('BEGIN IMMEDIATE') < 3:
                thread.join(0.01)
                assert thread.is_alive()
            # Nobody who reads waits.
            assert len(store.list('blue', Page(9))) == 1
            other.execute('COMMIT')
            thread.join(30)
            assert len(ids(found)) == 2
        other.close()


def test_a_file_that_stays_locked_is_an_error_and_stores_nothing(tmp_path):
    with empty('sqlite', tmp_path) as found:
        tables(found)
        other = sqlite3.connect(
            tmp_path / 'store.sqlite', isolation_level=None)
        with opened(found, budget=0.3) as store:
            other.execute('BEGIN IMMEDIATE')
            with pytest.raises(sqlalchemy.exc.OperationalError, match='lock'):
                store.add(sample())
            other.execute('ROLLBACK')
            store.add(sample())
        other.close()
        assert len(ids(found)) == 1


def test_a_missing_table_is_an_error_at_once_and_harms_no_connection(
        empty_url):
    with opened(empty_url, budget=600) as store:
        for _ in range(3):
            with pytest.raises(LOST):
                store.add(sample())
            with pytest.raises(LOST):
                store.list('blue', Page(1))
        upgrade(empty_url)
        store.add(sample())
        assert len(store.list('blue', Page(9))) == 1


def test_a_failed_write_leaves_no_transaction_open(store):
    def fails(connection):
        connection.exec_driver_sql('SELECT nonsense')

    with pytest.raises(LOST):
        store.database.write(fails)
    with pytest.raises(ZeroDivisionError):
        store.database.write(lambda connection: 1 / 0)
    store.add(sample())
    assert len(store.list('blue', Page(9))) == 1


def test_purges_of_several_hosts_share_the_work(store, url):
    fill(store, [sample(number) for number in range(200)])
    counts = []
    before = BEGIN + datetime.timedelta(days=60)

    def purge():
        with opened(url) as mine:
            while count := mine.purge(before, 7):
                counts.append(count)

    threads = [threading.Thread(target=purge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 200
    assert ids(url) == []


def test_an_error_shows_no_values_and_no_password(tmp_path):
    with empty('sqlite', tmp_path) as found, opened(found) as store:
        with pytest.raises(LOST) as caught:
            store.add(sample(user_id='hunter2'))
        assert 'hunter2' not in str(caught.value)
