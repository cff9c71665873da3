# SPDX-License-Identifier: Apache-2.0
"""Kills and stops processes that record actions; a program, run by tests.

``kills URL N``: N processes, one after the other, that start, end and sweep
actions, each killed at some moment; every fourth is stopped first until its
leases are over, and goes on for a moment. On SQLite, where the clock is the
host's, some have one that is an hour off. A watcher reads all the while.
Prints what was found as JSON; nothing may be wrong.
"""

import collections
import datetime
import json
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import sqlalchemy as sa
from action_samples import action, end_of, event, fault, new_id, whole
from sql_samples import sample

from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    IN_PROGRESS,
    LOST,
    SUCCESS,
    Ending,
)
from errorkit.outcomes.sql import Database, SqlActions, clock
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS, MESSAGES
from errorkit.outcomes.sql.transient import is_transient

LEASE = 0.4
RESOURCES = 5


def child(work):
    """Fork a child that does a work; return its pid and what it says."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, os.fdopen(reader)
    status = 1
    try:
        work(lambda *words: os.write(
            writer, (' '.join(words) + '\n').encode()))
        status = 0
    finally:
        os._exit(status)


def record(store, seed, off):
    """Return the work of a process: it records and sweeps for ever."""

    def work(say):
        chance = random.Random(seed)
        if off:
            before = clock._utc_now
            clock._utc_now = lambda: before() + datetime.timedelta(
                seconds=off)
        while True:
            one = action(
                request_id=new_id(), resource_id=f'vol-{seed % RESOURCES}')
            store.start(one, LEASE)
            say('started', one.id)
            step = event(one)
            store.start_event(step, LEASE)
            store.renew({one.id: one.token}, {step.id: (step.token, LEASE)},
                        LEASE)
            if chance.random() < 0.3:
                for told in store.sweep(20).actions:
                    say('told', told.id)
            if chance.random() < 0.4:
                store.end(Ending(one.id, events=(end_of(step),)))
                step = event(one)
                store.start_event(step, LEASE)
            if chance.random() < 0.2:
                # Nobody ends it.
                continue
            if chance.random() < 0.5:
                ending = Ending(one.id, one.token, SUCCESS,
                                events=(end_of(step),))
            else:
                ending = Ending(
                    one.id, one.token, ERROR, 'c', (end_of(step, ERROR),),
                    (), fault(one, step), sample())
            if store.end(ending).action == DONE:
                say('ended', one.id, ending.status)

    return work


def warm(store):
    """Let a store make its statements."""
    one = action(resource_id='warm')
    step, last = event(one), event(one)
    store.start(one, LEASE)
    store.start_event(step, LEASE)
    store.start_event(last, LEASE)
    store.renew({one.id: one.token}, {step.id: (step.token, LEASE)}, LEASE)
    store.end(Ending(one.id, events=(end_of(step),)))
    store.sweep(20)
    store.end(Ending(one.id, one.token, ERROR, 'c', (end_of(last, ERROR),),
                     (), fault(one, last), sample()))


def watch(url, resource):
    """Return the work of a reader: it says what was final and has changed."""

    def work(say):
        store = SqlActions(Database(url, budget=10))
        final, rounds, over = {}, 0, []
        signal.signal(signal.SIGTERM, lambda *given: over.append(given))
        while not over:
            try:
                found = store.list_of_any_project(
                    'VOLUME', resource, whole())
                events = store.events_of(random.choice(found).id
                                         if found else '')
            except Exception as exc:
                if not is_transient(exc):
                    raise
                continue
            rounds += 1
            for one in (*found, *events):
                if final.get(one.id, one.status) != one.status:
                    say('flip', one.id, final[one.id], one.status)
                if one.status != IN_PROGRESS:
                    final[one.id] = one.status
            time.sleep(0.005)
        say('rounds', str(rounds))

    return work


def kills(url, number):
    """Kill processes, and look at what they leave."""
    store = SqlActions(Database(url, budget=1))
    # Every child has a copy, with all statements made.
    theirs = SqlActions(Database(url, budget=10))
    warm(theirs)
    watchers = [child(watch(url, f'vol-{resource}')) for resource in (0, 1)]
    said = []
    for count in range(number):
        off = 0
        if store.database.backend == 'sqlite' and count % 5 == 4:
            off = random.choice([-3600, 3600])
        pid, lines = child(record(theirs, count, off))
        said.append(lines.readline())
        time.sleep(random.uniform(0, 0.2))
        if count % 4 == 3:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(LEASE * 1.1)
            sweep(store, said)
            os.kill(pid, signal.SIGCONT)
            time.sleep(random.uniform(0, 0.05))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        said.extend(lines)
    time.sleep(LEASE * 1.1)
    store = SqlActions(Database(url, budget=20))
    # What a clock an hour ahead has promised, another day would end.
    hour = LEASE + 3600
    if store.database.backend == 'sqlite':
        before = clock._utc_now
        clock._utc_now = lambda: before() + datetime.timedelta(seconds=hour)
    while store_swept := [*store.sweep(500).actions]:
        said.extend(f'told {one.id}\n' for one in store_swept)
    while store.sweep(500).rows:
        pass
    for pid, lines in watchers:
        os.kill(pid, signal.SIGTERM)
        said.extend(lines)
        _, status = os.waitpid(pid, 0)
        assert status == 0
    return report(store, number, [
        line.split() for line in said if line.endswith('\n')])


def sweep(store, said):
    """Sweep while a process is stopped, which may hold a file's lock."""
    try:
        found = store.sweep(20).actions
    except Exception as exc:
        if not is_transient(exc):
            raise
        return
    said.extend(f'told {one.id}\n' for one in found)


def report(store, number, said):
    """Return counts; all of what is ``wrong`` must be 0."""
    told = collections.Counter(
        words[1] for words in said if words[0] == 'told')
    with store.database.engine.connect() as connection:
        actions = dict(connection.execute(
            sa.select(ACTIONS.c.id, ACTIONS.c.status)).all())
        events = connection.execute(
            sa.select(EVENTS.c.id, EVENTS.c.action_id,
                      EVENTS.c.status)).all()
        faults = connection.execute(
            sa.select(FAULTS.c.event_id, FAULTS.c.action_id)).all()
        open_leases = connection.execute(
            sa.select(ACTIONS.c.id)
            .where(ACTIONS.c.lease_until.is_not(None))).all()
        messages = len(connection.execute(sa.select(MESSAGES.c.id)).all())
    of = {id: action_id for id, action_id, _ in events}
    lost = [id for id, status in actions.items() if status == LOST]
    failed = [id for id, status in actions.items() if status == ERROR]
    # A sweeper that was killed may have written what it could not tell.
    untold = len(set(lost) - set(told))
    return {
        'kills': number,
        'actions': dict(collections.Counter(actions.values())),
        'events': dict(collections.Counter(one[2] for one in events)),
        'told': len(told),
        'untold by killed sweepers': untold,
        'reads of watchers': sum(
            int(words[1]) for words in said if words[0] == 'rounds'),
        'wrong': {
            'not final': sum(
                status not in (SUCCESS, ERROR, LOST)
                for status in (*actions.values(),
                               *(one[2] for one in events))),
            'events without action': sum(
                action_id not in actions for action_id in of.values()),
            'faults without event': sum(
                of.get(id) != action_id for id, action_id in faults),
            'failures without fault': abs(len(failed) - len(faults)),
            'failures without message': abs(len(failed) - messages),
            'flips': sum(words[0] == 'flip' for words in said),
            'acknowledged and gone': sum(
                actions.get(words[1]) != words[2]
                for words in said if words[0] == 'ended')
            + sum(words[1] not in actions
                  for words in said if words[0] == 'started'),
            'told twice': sum(count > 1 for count in told.values()),
            'told and not lost': len(set(told) - set(lost)),
            'left to tell': len(open_leases),
            'more untold than killed': max(0, untold - 20 * number),
        },
    }


if __name__ == '__main__':
    name, url, *numbers = sys.argv[1:]
    print(json.dumps({'kills': kills}[name](url, *map(int, numbers))))
