# SPDX-License-Identifier: Apache-2.0
"""A page is read along an index, wherever it begins."""

import json
import re

import pytest
import sqlalchemy
from sql_engines import KINDS, empty, opened, tables
from sql_samples import BEGIN, MONTH, fill, sample

from errorkit.outcomes.records import Order, Page
from errorkit.outcomes.sql import pages
from errorkit.outcomes.sql.messages import _PURGE

ROWS = 10000
FORWARD = (Order('created_at', False), Order('id', False))
ALL = pages.Every.TENANT
BY_REQUEST = {'request_id': 'req-7'}
BY_RESOURCE = {'resource_uuid': 'vol-7'}


@pytest.fixture(scope='module', params=KINDS)
def full(request, tmp_path_factory):
    """A store of two tenants; the rows of the second are the oldest."""
    analyze = {'sqlite': 'ANALYZE', 'postgresql': 'ANALYZE errorkit_messages',
               'mysql': 'ANALYZE TABLE errorkit_messages'}
    with empty(request.param, tmp_path_factory.mktemp('full')) as url:
        tables(url)
        with opened(url, budget=60) as store:
            fill(store, [
                sample(number, project_id='red' if number < 1000 else 'blue',
                       request_id=f'req-{number % 500}',
                       resource_uuid=f'vol-{number % 500}')
                for number in range(ROWS)])
            store.database.write(lambda own: own.exec_driver_sql(
                analyze[store.database.backend]))
            yield store


WORDS = {'sqlite': 'EXPLAIN QUERY PLAN', 'postgresql': 'EXPLAIN',
         'mysql': 'EXPLAIN FORMAT=JSON'}


def explained(store, statement, values=None):
    """Return the indexes of a plan, whether it sorts, scans; and the plan."""
    backend = store.database.backend
    texts = []

    def explain(connection, cursor, text, parameters, context, many):
        texts.append(text)
        return f'{WORDS[backend]} {text}', parameters

    engine = store.database.engine
    sqlalchemy.event.listen(
        engine, 'before_cursor_execute', explain, retval=True)
    try:
        with engine.connect() as connection:
            # As text, the answer has the columns of a plan.
            rows = connection.execute(statement, values or {}).cursor
            lines = '\n'.join(str(row[-1]) for row in rows.fetchall())
    finally:
        sqlalchemy.event.remove(engine, 'before_cursor_execute', explain)
    assert len(texts) == 1
    pattern = (r'"key": "([a-z_]+)"' if backend == 'mysql'
               else r'errorkit_messages_[a-z]+')
    sorts = re.search(r'TEMP B-TREE|Sort|filesort|temporary', lines)
    scans = re.search(
        r'\bSCAN \w+(?! USING INDEX)\b|Seq Scan|"access_type": "ALL"', lines)
    return {*re.findall(pattern, lines)}, bool(sorts), bool(scans), lines


@pytest.mark.parametrize('where', ['first', 'early', 'late'])
@pytest.mark.parametrize(('tenant', 'filters', 'order', 'index'), [
    ('blue', {}, Page(1).order, 'project'),
    ('blue', {}, FORWARD, 'project'),
    ('red', {}, Page(1).order, 'project'),
    (ALL, {}, Page(1).order, 'created'),
    (ALL, {}, FORWARD, 'created'),
    ('blue', BY_REQUEST, Page(1).order, 'request'),
    ('blue', BY_REQUEST, FORWARD, 'request'),
    ('blue', BY_RESOURCE, Page(1).order, 'resource'),
    ('blue', {**BY_RESOURCE, **BY_REQUEST}, FORWARD, 'request'),
])
def test_a_page_is_read_along_an_index(
        full, tenant, filters, order, index, where):
    seconds = {'first': None, 'early': 9900, 'late': 1200}[where]
    after = None
    if seconds is not None:
        message = sample(seconds)
        after = (message.created_at, message.id)
    page = Page(10, filters=filters, order=order, after=after)
    backend = full.database.backend
    query = pages.query(tenant, page, backend)
    indexes, sorts, scans, lines = explained(full, query)
    allowed = {f'errorkit_messages_{index}'}
    if len(filters) == 2:
        # Each of them leaves a few rows.
        allowed |= {'errorkit_messages_resource'}
    assert indexes, lines
    assert indexes <= allowed, lines
    assert not scans, lines
    if filters:
        # Few rows are left; to sort them is nothing.
        return
    assert not sorts, lines
    if after is None:
        return
    # The page begins where the index is entered, and skips nothing.
    if backend == 'sqlite':
        assert re.search(r'\(created_at,id\)[<>]', lines)
    elif backend == 'postgresql':
        assert re.search(r'Index Cond: .*ROW\(.*created_at, .*[<>] ROW', lines)
    else:
        [table] = re.findall(r'"used_key_parts": (\[[^\]]*\])', lines)
        assert 'created_at' in json.loads(table)
        assert '"access_type": "range"' in lines


def test_a_list_across_tenants_finds_a_request_by_its_index(full):
    query = pages.query(
        ALL, Page(100, filters=BY_REQUEST), full.database.backend)
    indexes, _, scans, lines = explained(full, query)
    assert indexes == {'errorkit_messages_request'}, lines
    assert not scans, lines


def test_a_message_is_found_by_its_key(full):
    query = pages.SELECT.where(
        pages.MESSAGES.c.id == 'x', pages.of('blue'))
    _, sorts, scans, lines = explained(full, query)
    assert not sorts, lines
    assert not scans, lines


def test_a_purge_finds_what_expired_by_the_index(full):
    backend = full.database.backend
    values = {'before': (BEGIN + MONTH).replace(tzinfo=None), 'batch': 10}
    indexes, _, scans, lines = explained(full, _PURGE[backend], values)
    assert 'errorkit_messages_expires' in indexes, lines
    assert not scans, lines
