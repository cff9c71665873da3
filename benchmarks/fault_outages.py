# SPDX-License-Identifier: Apache-2.0
"""Scenarios of ``faults.py``: a database that is gone for a while."""

from __future__ import annotations

import collections
import logging
import signal
import sqlite3
import threading
import time

import rest_service
import sql_engines
import sql_servers
from message_samples import message
from sql_load import Load

from errorkit.outcomes.sql import Database, SqlMessages
from errorkit.outcomes.sql.migrate import upgrade

ID = '00000000-0000-4000-8000-000000000000'


def outages(kind):
    """Kill, stop and restart the server under 8 threads that write."""
    if kind == 'sqlite':
        return locked()
    found = ['']
    with sql_servers.running(kind) as server:
        upgrade(server.url)
        with Load(server.url) as load:
            for name, hurt, heal in (
                ('killed', server.kill, server.start),
                ('killed at once', server.kill, None),
                ('stopped 5 s', lambda: server.signal(signal.SIGSTOP),
                 lambda: server.signal(signal.SIGCONT)),
                ('restarted', server.stop, server.start),
            ):
                load.wait_for_more()
                time.sleep(1)
                before = len(load.waits)
                hurt()
                if heal is not None:
                    time.sleep(5 if '5' in name else 1.5)
                    heal()
                else:
                    server.start()
                after = load.wait_for_more()
                found.append(f'{name}: longest wait '
                             f'{max(load.waits[before:]):.2f} s, stored '
                             f'again after {after:.2f} s')
            time.sleep(1)
        found.append(load.told(sql_engines.ids(server.url)))
    return '\n  '.join(found)


def locked():
    """Hold the lock of a file for 5 s under 24 threads that write."""
    with sql_servers.folder() as folder:
        url = f'sqlite:///{folder}/store.sqlite'
        upgrade(url)
        other = sqlite3.connect(
            folder / 'store.sqlite', isolation_level=None)
        with Load(url, 24) as load:
            load.wait_for_more()
            time.sleep(1)
            other.execute('BEGIN IMMEDIATE')
            time.sleep(5)
            other.execute('COMMIT')
            after = load.wait_for_more()
            time.sleep(1)
        other.close()
        return (f'locked 5 s: stored again after {after:.2f} s; '
                f'{load.told(sql_engines.ids(url))}')


def reads(kind):
    """Stop the server for 9 s under 20 threads that list, show, delete."""
    answers, stop = [], threading.Event()
    with sql_servers.running(kind) as server:
        upgrade(server.url)
        database = Database(server.url)
        store = SqlMessages(database)
        store.add(message('alpha', id=ID))
        service = rest_service.wrapped(rest_service.api_of(store))
        logging.getLogger('errorkit').addHandler(logging.NullHandler())
        logging.getLogger('errorkit').propagate = False
        logging.getLogger('oslo_db').propagate = False

        def ask(method, path):
            ada = rest_service.Caller(service)
            while not stop.is_set():
                began = time.monotonic()
                found = ada(path, method)
                answers.append((
                    time.monotonic() - began, found.status_int, found.text,
                    found.headers['X-Openstack-Request-Id']))
                time.sleep(0.01)

        threads = [
            threading.Thread(target=ask, args=pair) for pair in 5 * [
                ('GET', '.'), ('GET', f'./{ID}'), ('GET', f'.?marker={ID}'),
                ('DELETE', f'./{ID[:-1]}1')]]
        for thread in threads:
            thread.start()
        time.sleep(1)
        server.signal(signal.SIGSTOP)
        time.sleep(9)
        server.signal(signal.SIGCONT)
        time.sleep(3)
        last = len(answers)
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join()
        database.dispose()
    failed = [one for one in answers if one[1] >= 500]
    return (
        f'{len(answers)} requests, '
        f'{dict(collections.Counter(one[1] for one in answers))}, longest '
        f'{max(one[0] for one in answers):.2f} s, '
        f'{sum(one[3] not in one[2] for one in failed)} 5xx without id, '
        f'{sum(one[1] >= 500 for one in answers[last:])} 5xx 3 s after')
