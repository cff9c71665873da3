# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: F811
"""Statements by texts compiled once: the same as SQLAlchemy's own way."""

import datetime

import pytest
import sqlalchemy as sa
from oslo_db import exception as oslo_exception
from sql_engines import bare, empty_url, ids, store, url  # noqa: F401
from sql_samples import sample

from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.sql import action_rows, address, messages
from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.compiled import execute
from errorkit.outcomes.sql.tables import ACTIONS, MESSAGES

FAILED = (sa.exc.DBAPIError, oslo_exception.DBError)
ACTION = Action(
    'a%(b)s', 'p', 'VOLUME', "v'; --", 'req-1', 'ex%tend ?', host=':h',
    token='t',
)


@pytest.fixture
def executed(store):
    """What a connection of our own was given for a driver."""
    found = []
    sa.event.listen(
        store.database.engine, 'before_cursor_execute',
        lambda *given: found.append(given[2]))
    return found


def started(connection, action=ACTION):
    """Start an action, and return the row that tells of it."""
    said = words(address.resolve(connection.engine.url).get_backend_name())
    row = action_rows.action_row(action)
    values = {'own_id': row['id'], **said.clock.values(60)}
    return execute(connection, said.start, {**row, **values}).one()


def test_a_row_is_stored_as_it_was_given(store):
    row = store.database.transact(started)
    assert (row.token, bool(row.is_alive)) == ('t', True)
    columns = [ACTIONS.c[name] for name in (
        'id', 'resource_id', 'action', 'user_id', 'host', 'start_time')]
    [found] = store.database.read(
        lambda own: own.execute(sa.select(*columns)).all())
    assert found[:5] == (
        ACTION.id, ACTION.resource_id, ACTION.action, None, ACTION.host)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(found.start_time - now) < datetime.timedelta(minutes=5)


def test_it_tells_how_many_rows_it_has_met(store):
    store.database.transact(started)
    said = words(store.database.backend)
    values = said.clock.values()
    assert [
        store.database.write(
            lambda own, id=id: execute(
                own, said.touch, {'own_id': id, **values}).rowcount)
        for id in (ACTION.id, 'another')
    ] == [1, 0]


def test_each_statement_is_compiled_once(store, executed, monkeypatch):
    store.add(sample())
    compiled = []
    monkeypatch.setattr(
        'errorkit.outcomes.sql.compiled._compiled', compiled.append)
    store.add(sample())
    assert compiled == []
    first, second = (one for one in executed if 'INSERT' in one)
    assert first is second


def test_other_values_of_the_same_statement_are_another_text(store):
    statement = sa.update(MESSAGES).where(
        MESSAGES.c.id == sa.bindparam('own_id'))
    message = sample()
    store.add(message)
    for values in ({'user_id': 'u'}, {'request_id': 'r'}, {'user_id': 'w'}):
        store.database.write(lambda own, values=values: execute(
            own, statement, {'own_id': message.id, **values}))
    found = store.get(message.project_id, message.id)
    assert (found.user_id, found.request_id) == ('w', 'r')


def test_a_missing_value_is_no_null(store):
    said = words(store.database.backend)
    with pytest.raises(sa.exc.SQLAlchemyError, match='own_id'):
        store.database.read(
            lambda own: execute(own, said.touch, said.clock.values()))


def test_a_failure_is_one_of_sqlalchemy(store):
    wrong = sa.select(sa.literal_column('nothing')).where(
        sa.bindparam('own_id', type_=sa.String) == 'a')
    with pytest.raises(FAILED):
        store.database.read(lambda own: execute(own, wrong, {'own_id': 'a'}))


def test_a_service_has_its_hooks_and_options_on_its_own_connection(
        store, url):
    seen = []
    with bare(url) as connection:
        sa.event.listen(
            connection, 'before_execute',
            lambda *given: seen.append(given[1].table.name))
        found = connection.execution_options(
            schema_translate_map={None: None})
        execute(found, messages._INSERT[store.database.backend],
                messages._row(sample(id='joined')))
        connection.commit()
    assert seen == ['errorkit_messages']
    assert ids(url) == ['joined']
