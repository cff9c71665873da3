# SPDX-License-Identifier: Apache-2.0
"""The store in SQL keeps and finds messages alike on every database."""

import dataclasses
import datetime
import pickle
import subprocess
import sys

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_engines import emptied, opened, shared  # noqa: F401
from sql_samples import BEGIN, fill, sample

from errorkit.exceptions import ConfigError
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.records import FILTERABLE, SORTABLE, Order, Page
from errorkit.outcomes.sql import Database, UnfitValue

# Texts that a careless collation takes for the same, or sorts otherwise.
TEXTS = ('a', 'A', 'a ', 'ä', '\uff41', 'ß', 'ss', '', '%', '_', '\ufffd',
         '\U0001f4a5')
EXPECTED = 'after|created_at|id|order|filter|offset'
UNSTORABLE = ('a\0b', '\ud800', '\0')

texts = st.sampled_from(TEXTS)
moments = st.sampled_from(
    [BEGIN + datetime.timedelta(microseconds=n) for n in (0, 1, 10, 10**6)]
)
samples = st.builds(
    sample,
    project_id=st.sampled_from(('blue', 'Blue', 'blue ', 'red')),
    event_id=texts,
    message_level=st.sampled_from(('ERROR', 'INFO')),
    created_at=moments,
    expires_at=moments,
    request_id=st.none() | texts,
    resource_type=st.none() | texts,
    resource_uuid=st.none() | texts,
    params=st.dictionaries(st.text(max_size=3), st.text(max_size=3)
                           | st.integers(), max_size=2),
)


@st.composite
def orders(draw):
    """Draw an order, such as a list can be asked in."""
    columns = draw(st.lists(
        st.sampled_from([name for name in SORTABLE if name != 'id']),
        unique=True, max_size=3))
    return tuple(Order(column, draw(st.booleans()))
                 for column in [*columns, 'id'])


@pytest.fixture
def store(emptied):  # noqa: F811
    """An empty store, of each kind."""
    return emptied


def values_of(message, order):
    """Return what a page begins after, when it begins after a message."""
    return tuple(getattr(message, key.column) for key in order)


def walk(store, project_id, page):
    """Return all messages of a list, page by page."""
    found = []
    while got := store.list(project_id, page):
        found += got
        page = dataclasses.replace(
            page, after=values_of(got[-1], page.order))
    return found


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), messages=st.lists(samples, max_size=12))
def test_every_list_is_the_one_of_the_store_in_memory(store, data, messages):
    store.database.write(lambda own: own.exec_driver_sql(
        'DELETE FROM errorkit_messages'))
    model = MemoryStore()
    for message in messages:
        store.add(message)
        model.add(message)
    for _ in range(4):
        order = data.draw(orders())
        page = Page(
            limit=data.draw(st.integers(0, 5)),
            filters=data.draw(st.dictionaries(
                st.sampled_from(FILTERABLE), texts, max_size=1)),
            order=order,
            offset=data.draw(st.integers(0, 2)))
        if messages and data.draw(st.booleans()):
            last = data.draw(st.sampled_from(messages))
            page = dataclasses.replace(page, after=values_of(last, order))
        for project in ('blue', 'blue ', 'nobody'):
            assert store.list(project, page) == model.list(project, page)
        assert (store.list_of_all_projects(page)
                == model.list_of_all_projects(page))
        whole = dataclasses.replace(page, limit=3, offset=0, after=None)
        everything = dataclasses.replace(whole, limit=100)
        assert walk(store, 'blue', whole) == model.list('blue', everything)


def test_a_message_comes_back_as_it_was(store):
    message = sample(
        request_id='req-1', resource_type='VOLUME', resource_uuid='\U0001f4a5',
        user_id='u', global_request_id='req-2',
        params={'size': 10**30, 'name': 'a\0\ud800"\\'})
    store.add(message)
    assert store.get('blue', message.id) == message
    assert store.get_of_any_project(message.id) == message


def test_times_are_kept_to_the_microsecond_and_in_utc(store):
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    message = sample(created_at=BEGIN.astimezone(zone))
    store.add(message)
    found = store.get('blue', message.id)
    assert found.created_at.isoformat() == '2026-01-02T03:04:05.678901+00:00'


def test_adding_a_message_again_changes_nothing(store):
    message = sample(event_id='first')
    store.add(message)
    store.add(message)
    store.add(dataclasses.replace(message, project_id='red', event_id='b'))
    assert store.list_of_all_projects(Page(9)) == [message]
    assert store.get('blue', message.id) == message


def test_a_tenant_sees_and_deletes_only_its_own(store):
    mine, other = sample(), sample(project_id='red')
    store.add(mine)
    store.add(other)
    assert store.get('blue', other.id) is None
    assert store.delete('blue', other.id) is False
    assert store.list('blue', Page(10)) == [mine]
    assert store.list('blue', Page(
        10, after=(other.created_at + datetime.timedelta(1), 'x'))) == [mine]
    assert store.get('red', other.id) == other


@pytest.mark.parametrize('nobody', [None, '', 'BLUE', 'blue\0', b'blue', 0])
def test_a_tenant_that_is_none_has_nothing(store, nobody):
    message = sample()
    store.add(message)
    assert store.get(nobody, message.id) is None
    assert store.list(nobody, Page(10)) == []
    assert store.list(nobody, Page(10, filters={'event_id': 'a'})) == []
    assert store.delete(nobody, message.id) is False
    assert store.get_of_any_project(message.id) == message


def test_a_deletion_is_of_the_tenant_to_its_last_statement(store):
    message = sample()
    store.add(message)
    given = []

    def give_away(connection, cursor, text, *rest):
        if text.startswith('SELECT') and not given:
            given.append(message)
            store.database.write(lambda own: own.exec_driver_sql(
                "UPDATE errorkit_messages SET project_id = 'red'"))

    listener = store.database.engine, 'after_cursor_execute', give_away
    sqlalchemy.event.listen(*listener)
    assert store.delete('blue', message.id) is False
    sqlalchemy.event.remove(*listener)
    assert given
    assert store.get('red', message.id) is not None


def test_deleting_tells_whether_there_was_one(store):
    message = sample()
    store.add(message)
    assert store.delete('blue', message.id) is True
    assert store.delete('blue', message.id) is False
    store.add(message)
    assert store.delete_of_any_project(message.id) is True
    assert store.delete_of_any_project(message.id) is False


@pytest.mark.parametrize('column', [
    'id', 'project_id', 'event_id', 'message_level', 'request_id',
    'resource_type', 'resource_uuid', 'user_id', 'global_request_id'])
@pytest.mark.parametrize('value', [
    *UNSTORABLE, 'x' * 256, 7, b'x'])
def test_what_no_column_can_keep_is_refused_before_the_database(
        column, value):
    # There is no such file, and nothing tries to open it.
    with opened('sqlite:////nonexistent/store') as unreachable:
        with pytest.raises(UnfitValue) as caught:
            unreachable.add(sample(**{column: value}))
        assert str(caught.value).startswith(column)
        assert repr(value) not in str(caught.value)


@pytest.mark.parametrize('members', [
    {'created_at': BEGIN.replace(tzinfo=None)},
    {'created_at': datetime.datetime.min.replace(tzinfo=datetime.UTC)},
    {'expires_at': datetime.datetime.max.replace(
        tzinfo=datetime.timezone(datetime.timedelta(hours=-1)))},
    {'created_at': '2026-01-02'},
    {'project_id': None},
    {'params': {'a': object()}},
    {'params': {'a': 'x' * 65536}},
])
def test_a_message_that_cannot_be_kept_is_refused(members):
    with opened('sqlite:////nonexistent/store') as unreachable, \
            pytest.raises(UnfitValue):
        unreachable.add(sample(**members))


def test_the_widest_values_are_kept(store):
    message = sample(
        project_id='\U0001f4a5' * 255, event_id='ä' * 255,
        message_level='x' * 10, request_id='ä' * 255,
        resource_type='ä' * 36, resource_uuid='\U0001f4a5' * 255,
        user_id='ä' * 255, global_request_id='ä' * 255,
        params={'a': 'x' * 65527})
    store.add(message)
    assert store.get(message.project_id, message.id) == message


@pytest.mark.parametrize('value', [*UNSTORABLE, 'x' * 5000, "' OR 1=1 --"])
def test_asking_for_what_no_column_keeps_finds_nothing(store, value):
    store.add(sample())
    assert store.get('blue', value) is None
    assert store.delete('blue', value) is False
    assert store.list(value, Page(10)) == []
    for name in FILTERABLE:
        assert store.list('blue', Page(10, filters={name: value})) == []


@pytest.mark.parametrize('page', [
    Page(10, after=(BEGIN,)),
    Page(10, after=(BEGIN, None)),
    Page(10, after=(None, 'x')),
    Page(10, after=(BEGIN, 'a\0')),
    Page(10, after=(BEGIN, '\ud800')),
    Page(10, after=('2026', 'x')),
    Page(10, after=(BEGIN.replace(tzinfo=None), 'x')),
    Page(10, order=(Order('created_at'),)),
    Page(10, order=()),
    Page(10, order=(Order('project_id'), Order('id'))),
    Page(10, filters={'project_id': 'red'}),
    Page(10, offset=-1),
])
def test_a_page_that_there_cannot_be_is_a_value_error(page):
    with opened('sqlite:////nonexistent/store') as unreachable, \
            pytest.raises(ValueError, match=EXPECTED):
        unreachable.list('blue', page)


@pytest.mark.parametrize('page', [
    Page(0), Page(-1), Page(10, offset=10**20), Page(1, offset=10**9)])
def test_a_page_of_nothing_is_empty(store, page):
    store.add(sample())
    assert store.list('blue', page) == []


def test_a_limit_has_no_end(store):
    store.add(sample())
    assert len(store.list('blue', Page(10**20))) == 1


def test_a_walk_outlives_the_row_it_stands_on(store):
    messages = [sample(number) for number in range(6)]
    fill(store, messages)
    page = store.list('blue', Page(2))
    assert [*reversed(messages[4:])] == page
    for message in page:
        store.delete('blue', message.id)
    store.add(sample(7))
    rest = store.list('blue', Page(
        10, after=values_of(page[-1], Page(1).order)))
    assert rest == [*reversed(messages[:4])]


def test_a_purge_deletes_a_batch_of_what_expired_first(store):
    messages = [sample(number, expires_at=BEGIN + datetime.timedelta(number))
                for number in range(5)]
    fill(store, messages)
    before = BEGIN + datetime.timedelta(3)
    assert store.purge(before, 2) == 2
    assert store.list('blue', Page(9)) == [*reversed(messages[2:])]
    assert store.purge(before, 2) == 1
    assert store.purge(before, 2) == 0
    assert store.purge(before, 0) == 0
    assert store.list('blue', Page(9)) == [*reversed(messages[3:])]


def test_a_page_costs_one_query(store):
    fill(store, [sample(number) for number in range(50)])
    statements = []
    listener = (store.database.engine, 'before_cursor_execute',
                lambda *given: statements.append(given[2]))
    sqlalchemy.event.listen(*listener)
    assert len(store.list('blue', Page(50))) == 50
    sqlalchemy.event.remove(*listener)
    assert len(statements) == 1


@pytest.mark.parametrize('address', [
    'sqlite://', 'sqlite:///:memory:', 'sqlite:///file:x?mode=memory&uri=true',
    'oracle://scott:tiger@host/db', 'postgresql+pg8000://u:tiger@h/d',
    'mysql+aiomysql://u:tiger@h/d', 'nonsense tiger', ''])
def test_an_address_that_is_not_known_is_refused(address):
    with pytest.raises(ConfigError) as caught:
        Database(address)
    assert 'tiger' not in str(caught.value)


def test_a_driver_is_chosen_where_none_is_named():
    names = {url: Database(url).url.drivername for url in (
        'sqlite:////x/y', 'postgresql://h/d', 'mysql://h/d', 'mariadb://h/d')}
    assert [*names.values()] == [
        'sqlite+pysqlite', 'postgresql+psycopg2', 'mysql+pymysql',
        'mysql+pymysql']


def test_an_unfit_value_can_be_pickled():
    error = pickle.loads(pickle.dumps(UnfitValue('id is not a text')))
    assert str(error) == 'id is not a text'


def test_without_its_extra_the_room_says_what_to_install():
    program = (
        'import sys\n'
        "sys.modules['oslo_db'] = None\n"
        'try:\n'
        '    import errorkit.outcomes.sql\n'
        'except ImportError as exc:\n'
        '    print(exc)\n')
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True,
        timeout=60, check=True)
    assert "pip install 'errorkit[db]'" in done.stdout
