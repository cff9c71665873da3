# SPDX-License-Identifier: Apache-2.0
"""psycopg2 where threads are green, as eventlet and gevent make them."""

import json
import logging
import os
import pathlib
import socket
import subprocess
import sys
import types

import psycopg2.extensions
import pytest
from sql_engines import empty, tables

from errorkit.outcomes.sql import Database

HERE = pathlib.Path(__file__).parent
ADDRESS = 'postgresql://u@127.0.0.1:1/d'
# What eventlet and psycogreen install, but that this one waits by select.
PROGRAM = '''
import json
import sys
from psycopg2 import extensions, extras
extensions.set_wait_callback(extras.wait_select)
from sql_engines import opened
from sql_samples import sample
from errorkit.outcomes.records import Page

url, budget = json.loads(sys.argv[1])
with opened(url, budget=budget) as store:
    try:
        for number in range(3):
            store.add(sample(number))
        print(len(store.list('blue', Page(9))))
    except Exception as exc:
        print(type(exc).__name__, exc)
    print(store.database.engine.pool.checkedout())
    print(len(store.database._watchdog._deadlines))
'''


def asked(url, budget):
    """Run the program; return what it says, a line each."""
    path = os.pathsep.join([str(HERE), str(HERE.parent.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM, json.dumps([url, budget])],
        stdout=subprocess.PIPE, text=True, timeout=60, check=True,
        env={**os.environ, 'PYTHONPATH': path})
    return done.stdout.splitlines()


@pytest.fixture
def silent():
    """The port of a server that takes connections, and says nothing."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        yield listener.getsockname()[1]


def test_a_server_that_says_nothing_does_not_hold_who_connects(silent):
    said = asked(f'postgresql://u@127.0.0.1:{silent}/d', 0.3)
    assert said[0].startswith('OperationalError')
    assert said[-2:] == ['0', '0']


def test_nor_do_several_of_them(silent):
    said = asked(
        f'postgresql://u@/d?host=127.0.0.1:{silent}&host=127.0.0.1:{silent}',
        0.3)
    assert said[0].startswith('OperationalError')
    assert said[-2:] == ['0', '0']


def test_a_server_that_answers_is_asked_as_ever(tmp_path):
    with empty('postgresql', tmp_path) as url:
        tables(url)
        assert asked(url, 10) == ['3', '0', '0']


def test_a_server_that_answers_is_found_behind_one_that_does_not_listen(
        tmp_path):
    with empty('postgresql', tmp_path) as url:
        tables(url)
        given = psycopg2.extensions.parse_dsn(url.replace('+psycopg2', ''))
        hosts = f'127.0.0.1:1&host={given["host"]}:{given.get("port", 5432)}'
        before, _, options = url.partition('?')
        login = before.partition('//')[2].rpartition('@')[0]
        assert asked(
            f'postgresql://{login}@/{given["dbname"]}?host={hosts}&{options}',
            10) == ['3', '0', '0']


@pytest.fixture
def patched(monkeypatch):
    """Pretend that gevent has patched these modules."""
    names = {'threading'}
    monkeypatch.setitem(
        sys.modules, 'gevent.monkey',
        types.SimpleNamespace(is_module_patched=names.__contains__))
    return names


def warnings(caplog):
    """Return what was said of gevent."""
    return [record.levelno for record in caplog.records
            if 'gevent' in record.getMessage()]


def test_it_is_said_once_that_psycopg2_would_stop_all_of_gevent(
        patched, caplog):
    Database(ADDRESS)
    assert warnings(caplog) == [logging.WARNING]


def test_it_is_not_said_where_psycopg2_waits_as_gevent_does(patched, caplog):
    psycopg2.extensions.set_wait_callback(psycopg2.extras.wait_select)
    try:
        Database(ADDRESS)
    finally:
        psycopg2.extensions.set_wait_callback(None)
    assert warnings(caplog) == []


@pytest.mark.parametrize('address', [
    'mysql://u@127.0.0.1:1/d', 'sqlite:////nowhere/at.all'])
def test_nor_of_other_drivers(patched, caplog, address):
    Database(address)
    assert warnings(caplog) == []


def test_nor_where_threads_are_those_of_the_system(
        patched, caplog, monkeypatch):
    patched.clear()
    Database(ADDRESS)
    monkeypatch.delitem(sys.modules, 'gevent.monkey')
    Database(ADDRESS)
    assert warnings(caplog) == []
