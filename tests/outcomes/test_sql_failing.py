# SPDX-License-Identifier: Apache-2.0
"""When a database gives up, and what it says of tables that are missing."""

import logging
import types

import oslo_db.api
import pytest
import sqlalchemy.exc
from oslo_db import exception as oslo_exception
from sql_engines import (  # noqa: F401
    KINDS,
    empty,
    empty_url,
    opened,
    run,
    tables,
)
from sql_samples import sample

from errorkit.outcomes.records import Page
from errorkit.outcomes.sql import Database, engine

LOST = (oslo_exception.DBError, sqlalchemy.exc.DBAPIError)


class Clock:
    """A time that passes only where somebody waits."""

    def __init__(self):
        self.now = 100.0

    def pass_(self, seconds):
        """Wait."""
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(engine, 'time', types.SimpleNamespace(
        monotonic=lambda: found.now))
    monkeypatch.setattr(oslo_db.api, 'time', types.SimpleNamespace(
        sleep=found.pass_))
    return found


@pytest.mark.parametrize('budget', [0.5, 2.0, 10.0])
@pytest.mark.parametrize('address', [
    'postgresql://u@127.0.0.1:1/d', 'mysql://u@127.0.0.1:1/d'])
def test_of_a_refused_connection_the_reason_is_known_before_a_caller_leaves(
        clock, address, budget):
    with opened(address, budget=budget) as store, pytest.raises(LOST):
        store.add(sample())
    # A caller with the same budget waits for this part of it.
    assert clock.now - 100 < budget * 0.95
    # It has not given up at once, either.
    assert clock.now - 100 > budget * 0.5


def test_a_call_with_less_time_gives_up_earlier(tmp_path, clock):
    def work(connection):
        raise oslo_exception.DBConnectionError

    with empty('sqlite', tmp_path) as url, \
            opened(url, budget=60) as store, \
            pytest.raises(oslo_exception.DBConnectionError):
        store.database.transact(work, 2.0)
    assert 1.0 < clock.now - 100 < 1.9


@pytest.mark.parametrize('budget', [0.1, 0.5, 2.0, 60.0])
@pytest.mark.parametrize('address', [
    'sqlite:////nowhere/at.all', 'postgresql://u@127.0.0.1:1/d'])
def test_a_full_pool_is_told_before_a_caller_leaves(address, budget):
    pool = Database(address, budget=budget).engine.pool
    assert budget * 0.4 < pool.timeout() < budget * 0.95


def hints(caplog):
    """Return what was said of upgrading."""
    return [record for record in caplog.records
            if 'errorkit db upgrade' in record.getMessage()]


def test_a_service_whose_tables_are_missing_is_told_once_what_makes_them(
        empty_url, caplog):  # noqa: F811
    with opened(empty_url) as store:
        for _ in range(2):
            with pytest.raises(LOST):
                store.add(sample())
            with pytest.raises(LOST):
                store.list('blue', Page(1))
        [hint] = hints(caplog)
        assert hint.levelno == logging.ERROR


@pytest.mark.parametrize('kind', KINDS)
def test_nothing_is_said_of_tables_that_are_there(tmp_path, caplog, kind):
    with empty(kind, tmp_path) as url:
        tables(url)
        with opened(url) as store:
            store.add(sample())
            with pytest.raises(LOST):
                store.database.read(
                    lambda own: own.exec_driver_sql('SELECT 1 FROM'))
            with pytest.raises(ZeroDivisionError):
                store.database.read(lambda own: 1 / 0)
        assert hints(caplog) == []
