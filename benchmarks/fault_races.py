# SPDX-License-Identifier: Apache-2.0
"""Scenarios of ``faults.py``: many at once, cut off, or hostile."""

from __future__ import annotations

import collections
import contextlib
import json
import logging
import os
import random
import time
import uuid

import hypothesis
import sql_engines
import sql_proxy
import sql_servers
import sql_writer
import sqlalchemy
import test_rest_hostile
from message_samples import PERMITTED, UNABLE_TO_ALLOCATE, context
from sql_samples import BEGIN, MONTH, sample

from errorkit.outcomes.messages import API
from errorkit.outcomes.sql import Database, SqlMessages
from errorkit.outcomes.sql.migrate import upgrade


def cuts(kind, number=400):
    """Cut the socket at any byte of what is asked, or answered."""
    chance = random.Random(1)
    with sql_servers.running(kind) as server, \
            sql_proxy.between(server.url) as (proxy, url):
        upgrade(server.url)
        database = Database(url)
        api = API(SqlMessages(database), permitted=PERMITTED)
        mine, made, waits = context(), [], []
        for _ in range(number):
            if not proxy.is_waiting:
                mode = chance.choice(['asked', 'answered'])
                proxy.cut_within(mode, chance.randrange(
                    700 if mode == 'asked' else 80))
            began = time.monotonic()
            made.append(api.create(mine, UNABLE_TO_ALLOCATE, 'alpha'))
            waits.append(time.monotonic() - began)
        database.dispose()
        ids = sql_engines.ids(server.url)
    outcomes = collections.Counter(one.outcome for one in made)
    return (f'{number} creates, {proxy.cuts} cuts, {dict(outcomes)}, '
            f'{len({one.id for one in made if one} - {*ids})} lost, '
            f'{len(ids) - len({*ids})} twice, longest wait '
            f'{max(waits):.2f} s')


def crowd(kind, number=24, each=1000):
    """Let 24 processes create 1,000 messages each, on one database."""
    with database(kind) as url:
        upgrade(url)
        began = time.monotonic()
        children = [
            sql_writer.child(lambda say: create(url, each, say))
            for _ in range(number)]
        told = []
        for pid, output in children:
            told += json.loads(output.read())
            os.waitpid(pid, 0)
        took = time.monotonic() - began
        ids = sql_engines.ids(url)
    said = [id for id, outcome, _ in told if outcome == 'stored']
    waits = sorted(wait for *_, wait in told)
    return (f'{took:.1f} s, {len(told)} calls, '
            f'{dict(collections.Counter(one for _, one, _ in told))}, '
            f'{len({*said} - {*ids})} lost, {len(said) - len({*said})} twice, '
            f'waits: median {waits[len(waits) // 2] * 1000:.1f} ms, 99 % '
            f'{waits[len(waits) * 99 // 100] * 1000:.0f} ms, longest '
            f'{waits[-1]:.2f} s')


def conflicts(kind, number=10_000, processes=6):
    """Write, delete and purge the same few messages on two Galera nodes."""
    ids = [str(uuid.uuid4()) for _ in range(10)]
    with sql_servers.cluster() as nodes:
        upgrade(nodes[0].url)
        began = time.monotonic()
        children = [
            sql_writer.child(lambda say, one=one: conflict(
                nodes[one % 2].url, ids, -(-number // processes), one, say))
            for one in range(processes)]
        told = []
        for pid, output in children:
            told.append(json.loads(output.read()))
            os.waitpid(pid, 0)
        took = time.monotonic() - began
        rows = []
        for node in nodes:
            # What a node was told by the other is there after a write.
            with sql_engines.bare(node.url) as connection:
                connection.exec_driver_sql('SET wsrep_sync_wait = 15')
                rows.append(sorted(connection.exec_driver_sql(
                    'SELECT id, project_id, created_at, params '
                    'FROM errorkit_messages').all()))
    kept = {one for child in told for one in child['kept']}
    stored = [row[0] for row in rows[0]]
    return (f'{took:.1f} s, {sum(one["calls"] for one in told)} writes, '
            f'{sum(one["tries"] for one in told)} statements failed and were '
            f'tried again, {sum(len(one["errors"]) for one in told)} errors '
            f'reached a caller, {len(kept - {*stored})} lost, '
            f'{len(stored) - len({*stored})} twice, nodes '
            f'{"agree" if rows[0] == rows[1] else "DIFFER"}, longest wait '
            f'{max(one["worst"] for one in told):.2f} s; '
            f'{sorted({text for one in told for text in one["errors"]})}, met '
            f'{sorted({text for one in told for text in one["met"]})}')


def conflict(url, ids, number, seed, say):
    """Do what others do to the same messages at the same time."""
    chance = random.Random(seed)
    store = SqlMessages(Database(url))
    met = collections.Counter()
    sqlalchemy.event.listen(
        store.database.engine, 'handle_error',
        lambda found: met.update([str(found.original_exception)[:60]]))
    errors, kept, waits = [], [], []
    for _ in range(number):
        one = ids[chance.randrange(len(ids))]
        began = time.monotonic()
        try:
            match chance.randrange(6):
                case 0 | 1:
                    store.add(sample(id=one))
                case 2:
                    store.delete('blue', one)
                case 3:
                    store.delete_of_any_project(one)
                case 4:
                    store.purge(BEGIN + 2 * MONTH, 5)
                case 5:
                    new = sample(expires_at=BEGIN + 9 * MONTH)
                    store.add(new)
                    kept.append(new.id)
        except Exception as exc:
            errors.append(str(exc)[:200])
        waits.append(time.monotonic() - began)
    say(json.dumps({
        'calls': number, 'errors': errors, 'kept': kept,
        'worst': max(waits), 'tries': met.total(), 'met': [*met]}))


def hostile(kind, number=10_000):
    """Ask the same hostile things of the API on all four stores."""
    statuses = collections.Counter()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(sql_servers.folder())
        services = []
        for kind in ('memory', *sql_engines.KINDS):
            if kind in sql_engines.SERVERS:
                server = stack.enter_context(sql_servers.running(kind))
                os.environ[sql_engines.VARIABLES[kind]] = server.url
            services.append(stack.enter_context(
                test_rest_hostile.serving(kind, folder)))

        @hypothesis.settings(
            max_examples=number, deadline=None, database=None,
            suppress_health_check=[*hypothesis.HealthCheck])
        @hypothesis.given(
            test_rest_hostile.queries | test_rest_hostile.raw,
            test_rest_hostile.versions, test_rest_hostile.tokens)
        def ask(query, version, token):
            project = token.split(':')[1] if ':' in token else 'alpha'
            statuses[test_rest_hostile.check([
                test_rest_hostile.ask(
                    service, token, version, f'/v3/{project}/messages',
                    QUERY_STRING=query) for service in services
            ], token)] += 1

        ask()
    return (f'{statuses.total()} sets on {len(services)} stores, all answers '
            f'alike: {dict(statuses)}')


def create(url, number, say):
    """Create messages, and say of each what became of it."""
    logging.getLogger('errorkit.outcomes').addHandler(logging.NullHandler())
    api = API(SqlMessages(Database(url)), permitted=PERMITTED)
    mine = context()
    told = []
    for _ in range(number):
        began = time.monotonic()
        made = api.create(mine, UNABLE_TO_ALLOCATE, 'alpha')
        told.append((made.id, made.outcome, time.monotonic() - began))
    say(json.dumps(told))


@contextlib.contextmanager
def database(kind):
    """Give the address of an empty database that is its own."""
    if kind == 'sqlite':
        with sql_servers.folder() as folder:
            yield f'sqlite:///{folder}/store.sqlite'
    else:
        with sql_servers.running(kind) as server:
            yield server.url
