# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: F811
"""What actions do when connections break, and in callers' transactions."""

import dataclasses
import datetime
import threading

import pytest
import sqlalchemy as sa
import sqlalchemy.exc
from action_engines import opened, shared, store  # noqa: F401
from action_samples import (
    HOUR,
    action,
    end_of,
    event,
    fault,
    got,
    lapse,
    messages_of,
    new_id,
    whole,
)
from oslo_db import exception as oslo_exception
from sql_engines import SERVERS, bare, empty, engine, tables
from sql_proxy import between
from sql_samples import sample
from sqlalchemy.orm import Session

from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    IN_PROGRESS,
    LATE,
    LOST,
    MISSING,
    SUCCESS,
    Ended,
    Ending,
    Swept,
)
from errorkit.outcomes.sql import SqlMessages, UnfitValue, transaction

FAILED = (sqlalchemy.exc.DBAPIError, oslo_exception.DBError)


@pytest.fixture(scope='module', params=SERVERS)
def server_url(request, tmp_path_factory):
    """The address of a database with the tables, on a real server."""
    with empty(request.param, tmp_path_factory.mktemp('x')) as found:
        tables(found)
        yield found


def started(store, **members):
    """Start an action and an event, and return both."""
    one = action(**{'request_id': new_id(), **members})
    step = event(one)
    assert store.start(one, HOUR) == DONE
    assert store.start_event(step, HOUR) == DONE
    return one, step


@pytest.mark.parametrize('mode', ['before', 'after'])
@pytest.mark.parametrize('needle', [
    b'INSERT INTO errorkit_actions', b'INSERT INTO errorkit_action_events',
    b'UPDATE errorkit_actions', b'COMMIT'])
def test_a_begin_survives_a_cut(server_url, mode, needle):
    with between(server_url) as (proxy, address), \
            opened(address, budget=10) as store:
        started(store)
        one = action(request_id=new_id())
        step = event(one)
        proxy.cut(mode, needle)
        assert store.start(one, HOUR) == DONE
        assert store.start_event(step, HOUR) == DONE
        assert proxy.cuts == 1
        assert got(store, one).status == IN_PROGRESS
        assert [found.id for found in store.events_of(one.id)] == [step.id]


@pytest.mark.parametrize('mode', ['before', 'after'])
@pytest.mark.parametrize('needle', [
    b'UPDATE errorkit_actions', b'UPDATE errorkit_action_events',
    b'INSERT INTO errorkit_faults', b'INSERT INTO errorkit_messages',
    b'COMMIT'])
def test_an_end_survives_a_cut_and_finds_its_own_work(
        server_url, mode, needle):
    with between(server_url) as (proxy, address), \
            opened(address, budget=10) as store:
        one, step = started(store)
        message, broken = sample(), fault(one, step)
        late = event(one, status=ERROR)
        proxy.cut(mode, needle)
        ended = store.end(Ending(
            one.id, one.token, ERROR, 'c', (end_of(step, ERROR),), (late,),
            broken, message))
        assert ended == Ended(DONE, (DONE,), True)
        assert proxy.cuts == 1
        found = got(store, one)
        assert (found.status, found.late_status) == (ERROR, None)
        events = {one.id: one.late_status for one in store.events_of(one.id)}
        assert events == {step.id: None, late.id: None}
        assert messages_of(store).count(message.id) == 1
        assert store.latest_faults(
            'blue', 'VOLUME', ['vol-1'])['vol-1'].id == broken.id


@pytest.mark.parametrize('mode', ['before', 'after'])
@pytest.mark.parametrize('needle', [b'UPDATE errorkit_actions', b'COMMIT'])
def test_a_sweep_survives_a_cut_and_tells_what_it_did(
        server_url, mode, needle):
    with between(server_url) as (proxy, address), \
            opened(address, budget=10) as store:
        one, step = started(store)
        lapse(store, one, step)
        proxy.cut(mode, needle)
        swept = store.sweep(10)
        assert proxy.cuts == 1
        assert [told.id for told in swept.actions] == [one.id]
        assert swept.rows == 2
        assert store.sweep(10) == Swept(0)


def test_what_somebody_is_finishing_is_in_progress_until_then(
        server_url):
    with opened(server_url) as store, engine(server_url) as service:
        one, step = started(store)
        with service.connect() as connection:
            ended = store.end(Ending(
                one.id, one.token, SUCCESS, events=(end_of(step),)),
                connection)
            assert ended == Ended(DONE, (DONE,))
            assert got(store, one).status == IN_PROGRESS
            connection.commit()
        assert got(store, one).status == SUCCESS


def test_a_reader_never_takes_back_that_something_is_lost(server_url):
    # The lease is over when the end is written, but not yet committed.
    with opened(server_url) as store, engine(server_url) as service, \
            service.connect() as connection:
        for lease in (0.3, 1, 3, 9, 27):
            short = action(request_id=new_id())
            store.start(short, lease)
            ended = store.end(
                Ending(short.id, short.token, SUCCESS), connection)
            if ended == Ended(DONE):
                break
            # This host was slow.
            connection.rollback()
        wait_until_over(server_url, short)
        assert got(store, short).status == IN_PROGRESS
        assert short.id not in [one.id for one in store.sweep(99).actions]
        # Nor does who purges wait for it.
        store.purge(got(store, short).updated_at
                    + datetime.timedelta(days=1), 100)
        connection.commit()
        assert got(store, short).status == SUCCESS


def wait_until_over(url, one):
    """Wait until a lease has ended, by the clock of the database."""
    clock = {'postgresql': "timezone('UTC', clock_timestamp())",
             'mysql': 'utc_timestamp(6)'}
    with bare(url) as connection:
        while connection.execute(sa.text(
                'SELECT lease_until > '
                f'{clock[connection.dialect.name]} FROM errorkit_actions '
                'WHERE id = :id'), {'id': one.id}).scalar():
            connection.rollback()
            threading.Event().wait(0.02)


def test_a_process_that_is_stopped_in_a_transaction_holds_nobody_for_ever(
        server_url, monkeypatch):
    monkeypatch.setattr(transaction, '_IDLE', 1)
    with opened(server_url) as store, \
            opened(server_url, budget=20) as other:
        one, _ = started(store)
        tries = []

        def sleeps(own):
            own.execute(sa.text(
                'UPDATE errorkit_actions SET host = NULL WHERE id = :id'),
                {'id': one.id})
            if not tries:
                tries.append(own)
                # Somebody else gets the lock before this goes on.
                assert other.take_over(one.id, 'new', 'there', HOUR) == DONE
            own.execute(sa.text('SELECT 1'))

        with pytest.raises(FAILED):
            store.database.transact(sleeps, 0.2)
        assert got(other, one).token == 'new'


def test_who_starts_it_again_waits_for_no_other_action(server_url):
    with opened(server_url) as store, bare(server_url) as service:
        one, _ = started(store)
        other, _ = started(store)
        # In a transaction of the service's own, which holds its row and what
        # indexes have of it.
        assert store.end(Ending(
            other.id, other.token, SUCCESS), service) == Ended(DONE)
        assert store.start(
            dataclasses.replace(one, token='new'), HOUR) == DONE
        service.rollback()


@pytest.mark.parametrize('ends', ['commit', 'rollback'])
def test_what_is_joined_shares_the_end_of_the_transaction(store, ends):
    old, waiting = started(store)
    taken, _ = started(store)
    one = action(request_id=new_id())
    step, message = event(one), sample()
    with engine(store.url) as service, service.connect() as connection:
        assert store.start(one, HOUR, connection) == DONE
        assert store.start_event(step, HOUR, connection) == DONE
        assert store.take_over(
            taken.id, 'new', None, HOUR, connection) == DONE
        assert store.end(Ending(
            old.id, old.token, ERROR, 'c', (end_of(waiting, ERROR),), (),
            fault(old, waiting), message), connection) == Ended(
                DONE, (DONE,), True)
        getattr(connection, ends)()
    kept = ends == 'commit'
    assert (got(store, one) is not None) == kept
    assert len(store.events_of(one.id)) == kept
    assert got(store, taken).token == ('new' if kept else 'mine')
    assert got(store, old).status == (ERROR if kept else IN_PROGRESS)
    assert messages_of(store) == ([message.id] if kept else [])
    assert len(store.latest_faults('blue', 'VOLUME', ['vol-1'])) == kept


def test_a_session_can_be_joined(store):
    one = action()
    with engine(store.url) as service, Session(service) as session:
        store.start(one, HOUR, session)
        store.start_event(event(one), HOUR, session)
        session.commit()
    assert len(store.events_of(one.id)) == 1


def test_what_is_joined_finds_what_the_store_finds(store):
    one, step = started(store)
    lost, _ = started(store)
    lapse(store, lost)
    with engine(store.url) as service, service.begin() as connection:
        assert store.take_over('none', 't', None, 1, connection) == MISSING
        assert store.start_event(
            event(action()), HOUR, connection) == MISSING
        assert store.start(lost, HOUR, connection) == LATE
        assert store.end(
            Ending(lost.id, lost.token, SUCCESS), connection) == Ended(LATE)
        ending = Ending(one.id, one.token, SUCCESS, events=(end_of(step),))
        for _ in range(2):
            assert store.end(ending, connection) == Ended(DONE, (DONE,))
    assert got(store, lost).late_status == SUCCESS
    assert got(store, one).status == SUCCESS


def test_an_old_snapshot_overwrites_nothing_that_is_final(store):
    # A caller's transaction may see rows as they were when it began.
    one, step = started(store)
    with engine(store.url) as service, service.connect() as connection:
        if store.database.backend == 'mysql':
            connection.exec_driver_sql(
                'SELECT count(*) FROM errorkit_actions').scalar()
        lapse(store, one, step)
        assert got(store, one).status == LOST
        assert store.end(Ending(
            one.id, one.token, SUCCESS, events=(end_of(step),)),
            connection) == Ended(LATE, (LATE,))
        connection.commit()
    assert (got(store, one).status, got(store, one).late_status) == (
        LOST, SUCCESS)


def test_a_failure_inside_a_callers_transaction_does_not_spoil_it(tmp_path):
    with empty('sqlite', tmp_path) as url, opened(url) as store:
        with engine(url) as service, service.connect() as connection:
            connection.execute(sa.text('CREATE TABLE volumes (name TEXT)'))
            with pytest.raises(FAILED):
                store.start(action(), HOUR, connection)
            connection.execute(sa.text("INSERT INTO volumes VALUES ('one')"))
            connection.commit()
        with bare(url) as connection:
            assert connection.execute(sa.text(
                'SELECT name FROM volumes')).scalars().all() == ['one']


@pytest.mark.parametrize('members', [
    {'id': 'x' * 65}, {'project_id': None}, {'request_id': 'a\0'},
    {'resource_id': '\ud800'}, {'resource_type': 'x' * 37},
    {'user_id': 7}, {'global_request_id': 'x' * 256}, {'token': None}])
def test_an_action_that_no_column_keeps_is_refused(members):
    with opened('sqlite:////nonexistent/store') as unreachable, \
            pytest.raises(UnfitValue) as caught:
        unreachable.start(action(**members), HOUR)
    [name] = members
    assert str(caught.value).startswith(name)


@pytest.mark.parametrize('ending', [
    Ending('a', 't', ERROR, 'x' * 256),
    Ending('a', 't\0', ERROR),
    Ending('a', events=(end_of(event(action()), ERROR, message='x' * 256),)),
    Ending('a', events=(end_of(event(action()), ERROR, details='\0'),)),
    Ending('a', events=(
        end_of(event(action()), ERROR, traceback='x' * 262_145),)),
    Ending('a', late_events=(
        event(action(id='a'), status=ERROR, event='x' * 256),)),
    Ending('a', fault=fault(action(id='a'), event(action()), code='500')),
    Ending('a', fault=fault(action(id='a'), event(action()), message='\0')),
    Ending('a', message=sample(event_id='\0')),
])
def test_an_ending_that_no_column_keeps_is_refused(ending):
    with opened('sqlite:////nonexistent/store') as unreachable, \
            pytest.raises(UnfitValue):
        unreachable.end(ending)


def test_the_message_of_an_ending_is_one_of_the_messages(store):
    one, step = started(store)
    message = sample()
    store.end(Ending(one.id, events=(end_of(step, ERROR),), message=message))
    assert SqlMessages(store.database).get('blue', message.id) == message


def test_a_database_that_is_only_read_says_what_is_lost_all_the_same(
        store, monkeypatch):
    one, step = started(store)
    lapse(store, one, step)

    def refuses(work, budget=None):
        raise oslo_exception.DBError(
            sqlalchemy.exc.OperationalError('', {}, Exception('read only')))

    with monkeypatch.context() as patched:
        patched.setattr(store.database, 'transact', refuses)
        found = got(store, one)
        assert (found.status, found.finish_time) == (LOST, found.start_time)
        assert store.events_of(one.id)[0].status == LOST
    assert store.sweep(9).rows == 2


def test_a_list_costs_one_query(store):
    for _ in range(5):
        started(store)
    statements = []
    listener = (store.database.engine, 'before_cursor_execute',
                lambda *given: statements.append(given[2]))
    sa.event.listen(*listener)
    assert len(store.list('blue', 'VOLUME', 'vol-1', whole())) == 5
    sa.event.remove(*listener)
    assert len(statements) == 1
