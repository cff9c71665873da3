# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: F811
"""The tables of actions come to be beside messages that are there."""

import pytest
from action_engines import opened
from action_samples import HOUR, action, end_of, event, fault
from sql_engines import bare, empty_url, run  # noqa: F401
from sql_samples import sample

from errorkit.outcomes.actions.records import DONE, ERROR, Ended, Ending
from errorkit.outcomes.sql import SqlMessages, migrate
from errorkit.outcomes.sql.tables import METADATA

TABLES = ('errorkit_actions', 'errorkit_action_events', 'errorkit_faults')


def test_messages_outlive_the_new_tables_and_take_what_endings_say(
        empty_url):
    migrate.upgrade(empty_url, '0001')
    old, new = sample(), sample()
    with opened(empty_url) as store:
        messages = SqlMessages(store.database)
        messages.add(old)
        assert migrate.upgrade(empty_url) == ('0001', migrate.newest())
        assert migrate.check(empty_url) == []
        one = action()
        step = event(one)
        store.start(one, HOUR)
        store.start_event(step, HOUR)
        assert store.end(Ending(
            one.id, one.token, ERROR, 'c', (end_of(step, ERROR),), (),
            fault(one, step), new)) == Ended(DONE, (DONE,), True)
        assert messages.get('blue', old.id) == old
        assert messages.get('blue', new.id) == new


def test_a_version_that_broke_off_half_way_goes_on(empty_url):
    migrate.upgrade(empty_url)
    with bare(empty_url) as connection:
        on = (' ON errorkit_action_events'
              if connection.dialect.name == 'mysql' else '')
    run(empty_url, "UPDATE errorkit_alembic_version SET version_num = '0001'",
        'DROP TABLE errorkit_faults', f'DROP INDEX errorkit_events_lease{on}')
    assert migrate.upgrade(empty_url) == ('0001', migrate.newest())
    assert migrate.check(empty_url) == []


@pytest.mark.parametrize(('statement', 'word'), [
    *((f'DROP TABLE {table}', table) for table in TABLES),
    ('ALTER TABLE errorkit_faults ADD COLUMN extra INTEGER', 'extra'),
    ('CREATE INDEX surplus ON errorkit_actions (host)', 'surplus'),
])
def test_a_difference_is_found(empty_url, statement, word):
    migrate.upgrade(empty_url)
    run(empty_url, statement)
    assert any(word in line for line in migrate.check(empty_url))


def test_an_index_is_never_longer_than_mariadb_takes():
    # 3072 bytes, four of them for each character of a text.
    for table in METADATA.tables.values():
        for index in table.indexes:
            length = sum(
                4 * column.type.length if hasattr(column.type, 'length')
                else 8 for column in index.columns)
            assert length <= 3072, index.name
