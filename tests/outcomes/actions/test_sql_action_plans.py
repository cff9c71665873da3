# SPDX-License-Identifier: Apache-2.0
"""Every query of actions and faults is read along an index."""

import re

import pytest
import sqlalchemy as sa
from action_engines import opened
from sql_engines import KINDS, empty
from sql_samples import BEGIN

from errorkit.outcomes.actions.records import ActionPage, FaultPage
from errorkit.outcomes.sql import action_pages, action_purge, losses
from errorkit.outcomes.sql.migrate import upgrade
from errorkit.outcomes.sql.pages import Every
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS

ROWS = 6000
ALL = Every.TENANT
WORDS = {'sqlite': 'EXPLAIN QUERY PLAN', 'postgresql': 'EXPLAIN',
         'mysql': 'EXPLAIN FORMAT=JSON'}
TABLES = {'sqlite': '', 'mysql': 'TABLE '}
FIRST = BEGIN.replace(tzinfo=None)


def rows():
    """Return many actions, each with an event and a fault."""
    for number in range(ROWS):
        second = FIRST.replace(microsecond=number)
        # A resource with a long history among many with a short one.
        resource = 'vol-0' if number % 2 else f'vol-{number % 1500}'
        shared = {
            'project_id': 'red' if number < 600 else 'blue',
            'resource_type': 'VOLUME', 'resource_id': resource,
            'request_id': f'req-{number // 3}'}
        late = number % 100 == 0
        yield (
            {'id': f'a{number}', 'action': 'extend', 'token': 't',
             'status': 'in_progress' if late else 'success',
             'lease_until': second if late else None,
             'start_time': second, 'updated_at': second, **shared},
            {'id': f'e{number}', 'action_id': f'a{number}', 'event': 'x',
             'token': 't', 'status': 'in_progress' if late else 'error',
             'lease_until': second if late else None, 'start_time': second},
            {'id': f'f{number}', 'action_id': f'a{number}',
             'event_id': f'e{number}', 'code': 500, 'message': 'm',
             'public': False, 'created_at': second,
             'global_request_id': f'req-g{number // 3}',
             'error_code': f'c{number % 700}', **shared})


@pytest.fixture(scope='module', params=KINDS)
def full(request, tmp_path_factory):
    """A store with many rows of everything."""
    with empty(request.param, tmp_path_factory.mktemp('full')) as url:
        upgrade(url)
        with opened(url, budget=60) as store:
            made = [*rows()]

            def fill(own):
                for place, table in enumerate((ACTIONS, EVENTS, FAULTS)):
                    own.execute(table.insert(), [row[place] for row in made])

            store.database.transact(fill)
            words = TABLES.get(request.param, '')
            for table in (ACTIONS, EVENTS, FAULTS):
                store.database.read(lambda own, table=table: (
                    own.exec_driver_sql(f'ANALYZE {words}{table.name}'),
                    None)[1])
            yield store


def explained(store, work):
    """Return a line for each plan of the statements that a work runs."""
    backend = store.database.backend
    plans = []

    def explain(connection, cursor, text, parameters, context, many):
        # The first of a transaction may begin it.
        text = text.removeprefix('BEGIN; ')
        if text.startswith(('EXPLAIN', 'BEGIN', 'COMMIT')):
            return
        asked = f'{WORDS[backend]} {text}'
        second = connection.connection.cursor()
        second.execute(asked, parameters)
        plans.append('\n'.join(str(row[-1]) for row in second.fetchall()))
        second.close()

    engine = store.database.engine
    sa.event.listen(engine, 'before_cursor_execute', explain)
    try:
        work()
    finally:
        sa.event.remove(engine, 'before_cursor_execute', explain)
    return plans


def indexes(backend, plan):
    """Return the names of the indexes that a plan uses."""
    if backend == 'mysql':
        return {*re.findall(r'"key": "(\w+)"', plan)}
    return {*re.findall(r'\b(errorkit_[a-z]+_[a-z_]+)', plan)} - {
        'errorkit_action_events'}


def scans(plan):
    """Tell whether a plan reads a whole table."""
    plan = re.sub(r'SCAN (given|json_each)\b', '', plan)
    # The ids that were given are a table of their own.
    plan = re.sub(r'"table_name": "given",\s*"access_type": "ALL"', '', plan)
    return re.search(
        r'\bSCAN [a-z]\w+(?! USING INDEX)\b|Seq Scan|"access_type": "ALL"',
        plan)


def sorts(plan):
    """Tell whether a plan sorts."""
    return re.search(r'TEMP B-TREE|Sort|filesort|temporary', plan)


@pytest.mark.parametrize('project', ['blue', 'red', ALL])
@pytest.mark.parametrize('after', [None, (BEGIN, 'a3')])
def test_the_list_of_a_resource_is_read_along_its_index(full, project, after):
    backend = full.database.backend
    query = action_pages.actions(
        backend, project, 'VOLUME', 'vol-0', ActionPage(10, after=after))
    [plan] = explained(full, lambda: full._actions(query))
    assert indexes(backend, plan) == {'errorkit_actions_resource'}, plan
    assert not scans(plan), plan
    assert not sorts(plan), plan


@pytest.mark.parametrize('project', ['blue', ALL])
def test_an_action_is_found_by_its_request(full, project):
    [plan] = explained(full, lambda: full._get(
        project, 'VOLUME', 'vol-1', 'req-7'))
    backend = full.database.backend
    assert indexes(backend, plan) == {'errorkit_actions_request'}, plan
    assert not scans(plan), plan


def test_events_are_found_by_their_action(full):
    [plan] = explained(full, lambda: full.events_of('a7'))
    backend = full.database.backend
    assert indexes(backend, plan) == {'errorkit_events_action'}, plan
    assert not scans(plan), plan


@pytest.mark.parametrize(('filters', 'index'), [
    ({}, 'created'),
    ({'request_id': 'req-7'}, 'request'),
    ({'global_request_id': 'req-g7'}, 'global'),
    ({'resource_type': 'VOLUME', 'resource_id': 'vol-3'}, 'resource'),
    ({'resource_type': 'VOLUME', 'resource_id': 'vol-0'}, 'resource'),
    ({'error_code': 'c7'}, 'code'),
])
@pytest.mark.parametrize('after', [None, (BEGIN, 'f3')])
def test_a_list_of_faults_is_read_along_an_index(
        full, filters, index, after):
    backend = full.database.backend
    page = FaultPage(10, after=after, **filters)
    [plan] = explained(
        full, lambda: full.list_faults_of_all_projects(page))
    assert indexes(backend, plan) == {f'errorkit_faults_{index}'}, plan
    assert not scans(plan), plan


@pytest.mark.parametrize('project', ['blue', ALL])
def test_the_latest_faults_of_a_thousand_resources_are_one_query(
        full, project):
    ids = [f'vol-{number}' for number in range(1000)]
    found = {}
    [plan] = explained(full, lambda: found.update(
        full._latest(project, 'VOLUME', ids)))
    backend = full.database.backend
    assert 'errorkit_faults_resource' in indexes(backend, plan), plan
    assert not scans(plan), plan
    assert found['vol-0'].id == f'f{ROWS - 1}'
    # The last of each wins: they were made in this order.
    due = {
        row[2]['resource_id']: row[2]['id'] for row in rows()
        if project in (ALL, row[2]['project_id'])
        and row[2]['resource_id'] in ids}
    assert {id: one.id for id, one in found.items()} == due


def test_a_sweep_reads_what_is_over_and_no_more(full):
    backend = full.database.backend
    plans = []

    def work(own):
        plans.extend(explained(full, lambda: losses.Sweep(5, 'x')(own)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        full.database.transact(work)
    leases = [plan for plan in plans if '_lease' in plan]
    assert {'errorkit_actions_lease', 'errorkit_events_lease'} <= set().union(
        *(indexes(backend, plan) for plan in leases))
    for plan in plans:
        assert not scans(plan), plan
    [plan] = explained(full, lambda: full.database.read(
        losses.Sweep(5, 'x').is_needed))
    assert {'errorkit_actions_lease', 'errorkit_events_lease'} <= indexes(
        backend, plan), plan


def test_a_purge_reads_the_oldest_and_no_more(full):
    backend = full.database.backend
    plans = []

    def work(own):
        plans.extend(explained(full, lambda: action_purge.purge(
            own, FIRST.replace(microsecond=50), 5)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        full.database.transact(work)
    assert indexes(backend, plans[0]) == {'errorkit_actions_updated'}, plans
    for plan in plans:
        assert not scans(plan), plan


def test_renewing_and_ending_find_their_rows_by_keys(full):
    one = {'a7': 't', 'a8': 't'}
    steps = {'e7': ('t', 5.0), 'e9': ('t', 6.0)}
    for plan in explained(full, lambda: full.renew(one, steps, 5)):
        assert not scans(plan), plan
