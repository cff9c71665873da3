# SPDX-License-Identifier: Apache-2.0
"""What every store of messages does: the same tests for each of them.

A test module has a subclass of ``StoreSuite`` with a fixture ``store``, which
gives an empty store that many threads may use.
"""

import concurrent.futures
import datetime
import functools
import random

import pytest
import store_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from message_samples import DAY, NOW, PERMITTED, VOLUME, context, message

from errorkit.outcomes.exceptions import InvalidInput, MessageNotFound
from errorkit.outcomes.messages import API
from errorkit.outcomes.records import SORTABLE, Order, Page

EVERYTHING = Page(1000)
# Not the same, though a database's collation may think so.
ALIKE = ['a', 'A', 'a ', ' a', 'á', 'a\N{COMBINING ACUTE ACCENT}', 'ß', 'ss',
         'æ', 'ae', '\N{PILE OF POO}', '\N{GRINNING FACE}',
         '\N{FULLWIDTH DIGIT ONE}', '1', '%', '_', '\\', "'", '"', '',
         '\ue000', '\U00010000']
FAR = NOW + 36500 * DAY

SETTINGS = settings(
    deadline=None, max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture])


def empty(store):
    """Take all messages out of a store."""
    while store.purge(FAR, 1000):
        pass


def ids(messages):
    """Return the ids of messages."""
    return [one.id for one in messages]


def several(number, **members):
    """Return messages, each a microsecond later than the one before."""
    return [
        message(created_at=NOW + datetime.timedelta(microseconds=count),
                **members)
        for count in range(number)]


def mixed(number, seed=1):
    """Return messages with few different values, many of them missing."""
    chance = random.Random(seed)
    return [
        message(
            created_at=NOW + datetime.timedelta(
                microseconds=chance.randrange(4)),
            expires_at=NOW + DAY * chance.randrange(3),
            event_id=chance.choice(['000002', '000007', 'VOLUME_A_1_2']),
            message_level=chance.choice(['ERROR', 'INFO', 'WARNING']),
            request_id=chance.choice([None, 'req-1', 'req-2']),
            resource_type=chance.choice([None, 'VOLUME', 'Volume']),
            resource_uuid=chance.choice([None, '', 'a', 'A', 'é', '~']))
        for _ in range(number)]


def walk(store, project_id, page, between=lambda: None):
    """Return all rows, page by page."""
    found = []
    for _ in range(1000):
        rows = list(store.list(project_id, page))
        found += rows
        if len(rows) < page.limit:
            return found
        page = Page(page.limit, page.filters, page.order, tuple(
            getattr(rows[-1], key.column) for key in page.order))
        between()
    raise AssertionError('the pages have no end')


def orders():
    """Return orders by one column, both ways, and some by several."""
    for column in SORTABLE:
        for descending in (True, False):
            if column == 'id':
                yield (Order('id', descending),)
            else:
                yield Order(column, descending), Order('id', descending)
                yield Order(column, descending), Order('id', not descending)
    yield Order('resource_uuid', False), Order('request_id'), Order('id')
    yield (Order('message_level'), Order('resource_type', False),
           Order('created_at', False), Order('id'))


def order_name(order):
    """Return an order as the name of a test."""
    return ','.join(f'{"-" if key.descending else "+"}{key.column}'
                    for key in order)


class StoreSuite:
    """The tests."""

    def test_a_message_comes_back_as_it_was_given(self, store):
        kept = message(
            request_id='req-1', resource_type='VOLUME',
            resource_uuid='v' * 255, user_id='u', global_request_id='req-2',
            message_level='INFO',
            params={'limit': -2**63, 'all': True, 'word': 'é'})
        store.add(kept)
        found = store.get('alpha', kept.id)
        assert found == kept
        assert found.params['all'] is True
        assert found.created_at.tzinfo is datetime.UTC
        assert found.created_at.microsecond == 890123

    def test_what_is_missing_stays_missing(self, store):
        kept = message()
        store.add(kept)
        assert store.get('alpha', kept.id) == kept

    def test_a_message_added_twice_is_kept_once(self, store):
        kept = message()
        store.add(kept)
        store.add(kept)
        assert list(store.list('alpha', EVERYTHING)) == [kept]

    def test_the_second_message_of_an_id_changes_nothing(self, store):
        kept = message()
        store.add(kept)
        store.add(message('beta', id=kept.id, event_id='other'))
        assert store.get('alpha', kept.id) == kept
        assert store.get('beta', kept.id) is None

    def test_a_message_of_another_project_is_not_there(self, store):
        kept = message()
        store.add(kept)
        assert store.get('beta', kept.id) is None
        assert list(store.list('beta', EVERYTHING)) == []
        assert store.delete('beta', kept.id) is False
        assert store.get('alpha', kept.id) == kept

    def test_all_projects_are_seen_by_another_name(self, store):
        one, two = message('alpha'), message('beta')
        store.add(one)
        store.add(two)
        assert store.get_of_any_project(two.id) == two
        assert set(ids(store.list_of_all_projects(EVERYTHING))) == {
            one.id, two.id}
        assert store.delete_of_any_project(two.id) is True
        assert store.get('beta', two.id) is None
        assert store.delete_of_any_project(two.id) is False

    def test_a_deleted_message_is_gone(self, store):
        kept = message()
        store.add(kept)
        assert store.delete('alpha', kept.id) is True
        assert store.get('alpha', kept.id) is None
        assert store.delete('alpha', kept.id) is False
        assert list(store.list('alpha', EVERYTHING)) == []

    @pytest.mark.parametrize('id', [
        '', 'nothing', "' OR 1=1 --", '%', '_' * 36, 'x' * 5000, 'é'])
    def test_an_id_that_is_none_finds_nothing(self, store, id):
        kept = message()
        store.add(kept)
        assert store.get('alpha', id) is None
        assert store.get_of_any_project(id) is None
        assert store.delete('alpha', id) is False
        assert store.delete_of_any_project(id) is False
        assert store.get('alpha', kept.id) == kept

    @pytest.mark.parametrize('column', ['project_id', 'resource_uuid'])
    def test_texts_are_compared_by_code_point(self, store, column):
        names = [name for name in ALIKE if name or column != 'project_id']
        kept = {name: message(**{'project_id': 'alpha', column: name})
                for name in names}
        for one in kept.values():
            store.add(one)
        for name in names:
            if column == 'project_id':
                found = store.list(name, EVERYTHING)
            else:
                found = store.list('alpha', Page(1000, {column: name}))
            assert list(found) == [kept[name]]

    def test_texts_are_sorted_by_code_point(self, store):
        for name in ALIKE:
            store.add(message(resource_uuid=name))
        page = Page(1000, order=(Order('resource_uuid', False), Order('id')))
        found = [one.resource_uuid for one in store.list('alpha', page)]
        assert found == sorted(ALIKE)

    @pytest.mark.parametrize('filters', [
        {'event_id': '000002'}, {'message_level': 'INFO'},
        {'request_id': 'req-1'}, {'resource_type': 'VOLUME'},
        {'resource_uuid': 'a'}, {'resource_uuid': ''}, {'resource_uuid': '%'},
        {'message_level': 'error'},
        {'request_id': 'req-2', 'resource_type': 'Volume'}], ids=str)
    def test_filters_hold_all_and_exactly(self, store, filters):
        rows = mixed(60)
        for one in rows:
            store.add(one)
        found = store.list('alpha', Page(1000, filters))
        assert sorted(ids(found)) == sorted(
            one.id for one in rows if all(
                getattr(one, name) == value
                for name, value in filters.items()))

    def test_the_newest_is_first_by_the_microsecond(self, store):
        rows = several(20)
        for one in random.Random(2).sample(rows, 20):
            store.add(one)
        assert ids(store.list('alpha', EVERYTHING)) == ids(rows[::-1])

    @pytest.mark.parametrize('order', list(orders()), ids=order_name)
    def test_every_order_is_that_of_the_model_page_by_page(self, store, order):
        rows = mixed(40)
        for one in rows:
            store.add(one)
            store.add(message('beta'))
        due = ids(store_model.ordered(rows, order))
        assert ids(store.list('alpha', Page(1000, order=order))) == due
        for limit in (1, 3, 7, 40):
            page = Page(limit, order=order)
            assert ids(walk(store, 'alpha', page)) == due

    @pytest.mark.parametrize('order', list(orders())[::3], ids=order_name)
    def test_a_walk_meets_each_lasting_row_once(self, store, order):
        lasting, passing = mixed(30, 3), mixed(40, 4)
        for one in [*lasting, *passing[:20]]:
            store.add(one)
        chance = random.Random(5)
        unborn = passing[20:]

        def between():
            if unborn:
                store.add(unborn.pop())
            store.delete('alpha', chance.choice(passing).id)

        found = ids(walk(store, 'alpha', Page(3, order=order), between))
        assert len(found) == len(set(found))
        assert [id for id in found if id in set(ids(lasting))] == ids(
            store_model.ordered(lasting, order))

    def test_the_row_a_page_begins_after_may_be_gone(self, store):
        rows = several(6)
        for one in rows:
            store.add(one)
        store.delete('alpha', rows[3].id)
        page = Page(2, after=(rows[3].created_at, rows[3].id))
        assert ids(store.list('alpha', page)) == [rows[2].id, rows[1].id]

    def test_limit_and_offset_are_counted_after_the_marker(self, store):
        rows = several(9)
        for one in rows:
            store.add(one)
        after = (rows[7].created_at, rows[7].id)
        page = Page(2, after=after, offset=3)
        assert ids(store.list('alpha', page)) == [rows[3].id, rows[2].id]
        assert list(store.list('alpha', Page(0))) == []
        assert list(store.list('alpha', Page(5, offset=2**31 - 1))) == []

    def test_a_page_of_all_projects_goes_on_as_well(self, store):
        rows = several(4)
        for number, one in enumerate(rows):
            store.add(message(f'p{number % 2}', id=one.id,
                              created_at=one.created_at))
        first = list(store.list_of_all_projects(Page(2)))
        rest = store.list_of_all_projects(
            Page(9, after=(first[-1].created_at, first[-1].id)))
        assert ids([*first, *rest]) == ids(rows[::-1])

    def test_a_purge_takes_what_has_expired_and_no_more(self, store):
        rows = [message(project, expires_at=NOW + number * DAY)
                for number, project in enumerate(['alpha', 'beta'] * 3)]
        for one in rows:
            store.add(one)
        assert store.purge(NOW + 2 * DAY, 1000) == 2
        assert set(ids(store.list_of_all_projects(EVERYTHING))) == set(
            ids(rows[2:]))
        assert store.purge(NOW + 2 * DAY, 1000) == 0

    def test_a_purge_takes_one_batch(self, store):
        for one in several(7):
            store.add(one)
        assert [store.purge(FAR, 3) for _ in range(4)] == [3, 3, 1, 0]

    def test_many_threads_lose_and_double_nothing(self, store):
        rows = several(200)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(store.add, [*rows, *rows]))
        assert ids(store.list('alpha', EVERYTHING)) == ids(rows[::-1])

    def test_threads_that_purge_together_count_each_row_once(self, store):
        for one in several(100):
            store.add(one)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            took = list(pool.map(
                functools.partial(store.purge, FAR), [10] * 40))
        while (left := store.purge(FAR, 10)):
            took.append(left)
        assert sum(took) == 100

    def test_no_arguments_of_a_list_break_it(self, store):
        api = API(store, permitted=PERMITTED)
        for number in range(5):
            api.create(context(), '000002', 'alpha', VOLUME, str(number))
        answers = set()

        @SETTINGS
        @given(store_model.hostile_arguments())
        def ask(arguments):
            try:
                found = api.get_all(context(), **arguments)
            except (InvalidInput, MessageNotFound) as exc:
                answers.add(type(exc))
            else:
                assert {one.message.project_id for one in found} <= {'alpha'}
                answers.add(list)

        ask()
        assert answers >= {InvalidInput, list}

    @SETTINGS
    @given(st.text(max_size=40))
    def test_no_id_breaks_anything(self, store, id):
        api = API(store, permitted=PERMITTED)
        for call in (api.get, api.delete):
            with pytest.raises(MessageNotFound):
                call(context(), id)

    def test_projects_and_admins_see_what_the_model_says(self, store):
        def machine():
            empty(store)
            return store_model.Projects(store)

        run_state_machine_as_test(machine, settings=settings(
            deadline=None, max_examples=40, stateful_step_count=30,
            suppress_health_check=list(HealthCheck)))
