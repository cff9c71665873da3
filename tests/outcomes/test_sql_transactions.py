# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: F811
"""A transaction of the stores: all of it or nothing, however it begins."""

import pytest
import sqlalchemy as sa
from oslo_db import exception as oslo_exception
from sql_engines import empty_url, ids, run, store, url  # noqa: F401
from sql_samples import sample

from errorkit.outcomes.sql.messages import _row
from errorkit.outcomes.sql.tables import MESSAGES

FAILED = (sa.exc.DBAPIError, oslo_exception.DBError)
INSERT = MESSAGES.insert()


def rows(number):
    """Return rows to insert."""
    return [_row(sample(id=f'm{one}')) for one in range(number)]


class Undone(Exception):
    """What a transaction is left by."""


@pytest.mark.parametrize('first', ['one', 'many', 'text'])
def test_all_that_was_written_is_undone_together(store, url, first):
    def work(own):
        if first == 'text':
            own.exec_driver_sql("DELETE FROM errorkit_messages WHERE id = 'x'")
        own.execute(INSERT, rows(1) if first == 'one' else rows(3))
        own.execute(MESSAGES.update().values(user_id='u'))
        raise Undone

    with pytest.raises(Undone):
        store.database.transact(work)
    assert ids(url) == []


@pytest.mark.parametrize('number', [1, 3])
def test_all_that_was_written_is_kept_together(store, url, number):
    store.database.transact(lambda own: own.execute(INSERT, rows(number)))
    assert len(ids(url)) == number


def test_a_transaction_of_nothing_is_none(store, url):
    assert store.database.transact(lambda own: 7) == 7
    with pytest.raises(Undone):
        store.database.transact(lambda own: (_ for _ in ()).throw(Undone()))
    store.add(sample(id='after'))
    assert ids(url) == ['after']


def test_a_first_statement_that_fails_leaves_nothing_open(store, url):
    with pytest.raises(FAILED):
        store.database.transact(
            lambda own: own.exec_driver_sql('SELECT nothing FROM nowhere'))
    # It is the only connection: were a transaction left open in it, nobody
    # else would see what is written now.
    store.add(sample(id='after'))
    assert ids(url) == ['after']


def test_what_a_reader_asks_next_is_no_part_of_a_transaction(store, url):
    store.database.transact(lambda own: None)
    assert store.database.read(
        lambda own: own.execute(sa.select(MESSAGES.c.id)).all()) == []
    run(url, 'DROP TABLE errorkit_messages')  # waits for whoever reads it
