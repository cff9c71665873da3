# SPDX-License-Identifier: Apache-2.0
"""While a database fails, writers go on, and lose nothing they were told.

The servers are the tests' own: they are killed, stopped and restarted.
"""

import contextlib
import signal
import sqlite3
import time

import pytest
import sql_servers
import sqlalchemy
from message_samples import PERMITTED, UNABLE_TO_ALLOCATE, context
from oslo_db import exception as oslo_exception
from sql_engines import SERVERS, empty, ids, opened, run
from sql_load import Load

from errorkit.outcomes.messages import API
from errorkit.outcomes.sql.migrate import upgrade

LOST = (oslo_exception.DBError, sqlalchemy.exc.SQLAlchemyError)
# In seconds; a test takes as long as its breakers are open.
QUICK = {'budget': 0.5, 'breaker_seconds': 0.2}
FEW = {
    'postgresql': ['-c', 'max_connections=12', '-c',
                   'superuser_reserved_connections=3'],
    'mysql': ['--max-connections=9'],
}
SERVICE = {
    'postgresql': ['CREATE ROLE service LOGIN',
                   'GRANT ALL ON ALL TABLES IN SCHEMA public TO service'],
    'mysql': ['CREATE USER service@127.0.0.1',
              'GRANT ALL ON test.* TO service@127.0.0.1'],
}
READ_ONLY = {
    'postgresql': [
        ['ALTER SYSTEM SET default_transaction_read_only = on',
         'SELECT pg_reload_conf()'],
        ['ALTER SYSTEM RESET default_transaction_read_only',
         'SELECT pg_reload_conf()']],
    'mysql': [['SET GLOBAL read_only = 1'], ['SET GLOBAL read_only = 0']],
}


@pytest.fixture(scope='module', params=SERVERS)
def server(request):
    """A server of these tests, with the tables, and few connections."""
    kind = request.param
    try:
        with sql_servers.running(kind, *FEW[kind]) as found:
            upgrade(found.url)
            run(found.url, *SERVICE[kind])
            found.kind = kind
            yield found
    except sql_servers.Missing as exc:
        pytest.skip(str(exc))


def check(load, url):
    """Check that nothing reached a writer, and nothing was lost."""
    assert load.raised == []
    assert load.lost(ids(url)) == set()
    assert load.unaccounted() == 0
    assert len({*load.stored}) == len(load.stored)


@pytest.mark.server
@pytest.mark.parametrize('outage', ['killed', 'stopped', 'restarted'])
def test_writers_go_on_through_an_outage_of_the_server(server, outage):
    with Load(server.url, **QUICK) as load:
        load.wait_for_more()
        {'killed': server.kill, 'restarted': server.stop,
         'stopped': lambda: server.signal(signal.SIGSTOP)}[outage]()
        # All of them are told so before it is back.
        load.wait_for_failures()
        if outage == 'stopped':
            server.signal(signal.SIGCONT)
        else:
            server.start()
        load.wait_for_more()
    check(load, server.url)


@pytest.mark.server
def test_writers_go_on_when_the_server_is_no_longer_read_only(server):
    hurt, heal = READ_ONLY[server.kind]
    url = sqlalchemy.make_url(server.url).set(username='service')
    with Load(url, **QUICK) as load:
        load.wait_for_more()
        run(server.url, *hurt)
        load.wait_for_failures()
        run(server.url, *heal)
        load.wait_for_more()
    check(load, server.url)


@pytest.mark.server
def test_writers_go_on_when_others_leave_a_server_that_is_full(server):
    url = sqlalchemy.make_url(server.url).set(username='service')
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(sqlalchemy.exc.DBAPIError):
            for _ in range(50):
                stack.enter_context(engine.connect())
        with Load(url, **QUICK) as load:
            load.wait_for_failures()
            assert load.stored == []
            stack.close()
            load.wait_for_more()
    check(load, server.url)


@pytest.mark.server
def test_a_list_is_an_error_while_the_server_is_stopped(server):
    with opened(server.url, budget=0.3) as store:
        api = API(store, permitted=PERMITTED)
        api.create(context(), UNABLE_TO_ALLOCATE, 'omega')
        server.signal(signal.SIGSTOP)
        try:
            for call in (
                lambda: api.get_all(context('omega')),
                lambda: api.get(context('omega'), 'x'),
                lambda: api.delete(context('omega'), 'x'),
            ):
                with pytest.raises(LOST):
                    call()
        finally:
            server.signal(signal.SIGCONT)
        assert len(api.get_all(context('omega'))) == 1


@pytest.mark.parametrize('kind', ['sqlite', *SERVERS])
def test_writers_go_on_when_the_table_is_there_again(kind, tmp_path):
    with empty(kind, tmp_path) as url:
        with Load(url, **QUICK) as load:
            load.wait_for_failures()
            assert load.stored == []
            upgrade(url)
            load.wait_for_more()
        check(load, url)


def test_writers_go_on_when_a_full_disk_has_room_again(tmp_path):
    with empty('sqlite', tmp_path) as url:
        upgrade(url)
        room = ['PRAGMA max_page_count = 1']

        def limit(driver, *rest):
            driver.execute(room[0])

        with Load(url, **QUICK) as load:
            sqlalchemy.event.listen(
                load.database.engine, 'checkout', limit)
            load.wait_for_failures()
            room[0] = 'PRAGMA max_page_count = 1000000'
            load.wait_for_more()
        check(load, url)
    assert any('full' in error for error in load.errors)


def test_a_file_that_is_locked_holds_nobody_longer_than_his_own_budget(
        tmp_path):
    with empty('sqlite', tmp_path) as url:
        upgrade(url)
        other = sqlite3.connect(
            tmp_path / 'store.sqlite', isolation_level=None)
        with opened(url, budget=20) as store:
            api = API(store, permitted=PERMITTED, budget=0.2)
            other.execute('BEGIN IMMEDIATE')
            made = api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
            assert made.outcome == 'timed_out'
            other.execute('COMMIT')
            while api.counters['late'] < 1:
                time.sleep(0.01)
        other.close()
        assert ids(url) == [made.id]
