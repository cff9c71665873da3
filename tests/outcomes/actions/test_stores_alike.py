# SPDX-License-Identifier: Apache-2.0
"""The store in memory answers whatever it is asked as one in SQL does."""

import dataclasses
import datetime
import random

import pytest
from action_engines import opened
from action_samples import DAY, action, clear, event, fault, messages_of, whole
from message_samples import NOW, Clock
from sql_engines import empty, tables
from sql_samples import sample

from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import (
    ERROR,
    LOST,
    SUCCESS,
    Action,
    ActionPage,
    Ending,
    EventEnd,
    FaultPage,
    Swept,
)
from errorkit.outcomes.sql import clock as sql_clock

OWNERS = {'a1': ('blue', 'vol-1'), 'a2': ('blue', 'vol-2'),
          'a3': ('red', 'vol-1')}
TOKENS = ('t1', 't2', 't3')
# Ends and steps are what most depends on.
CALLS = ('start', 'start', 'take_over', 'start_event', 'start_event', 'renew',
         'end', 'end', 'end', 'sweep', 'purge', 'get', 'list_of_any_project',
         'events_of', 'latest_faults')
SECONDS = (0, 1e-6, 1, 3, 5, 10, 30)


class Calls:
    """Calls by chance, as names and arguments."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.clock = Clock()
        self.choose, self.sample = chance.choice, chance.sample
        self.steps = []

    def next(self):
        """Let time go on, and return a call."""
        self.clock.now += datetime.timedelta(seconds=self.choose(SECONDS))
        name = self.choose(CALLS)
        return name, *getattr(self, name)()

    def token(self):
        return self.choose(TOKENS)

    def lease(self):
        return self.choose([1, 5, 20, 60])

    def id(self):
        return self.choose([*OWNERS])

    def action(self):
        id = self.id()
        project, resource = OWNERS[id]
        return action(id=id, project_id=project, resource_id=resource,
                      request_id=f'req-{id}', host=self.choose('xy'),
                      token=self.choose([*TOKENS, '']))

    def some_steps(self, of=''):
        known = [one for one in self.steps if one.startswith(of)][-3:]
        return self.sample([*known, 'nothing'], self.choose([0, 1]))

    def start(self):
        return self.action(), self.lease()

    def take_over(self):
        return self.id(), self.token(), 'z', self.lease()

    def start_event(self):
        one = self.action()
        self.steps.append(f'{one.id}-{len(self.steps)}')
        return event(one, id=self.steps[-1], token=self.token()), self.lease()

    def renew(self):
        actions = self.sample([*OWNERS], self.choose(range(4)))
        return ({id: self.token() for id in actions},
                {id: (self.token(), 30.0) for id in self.some_steps()},
                self.lease())

    def end(self):
        one, status = self.action(), self.choose([None, SUCCESS, ERROR])
        events = tuple(EventEnd(id, self.token(), ERROR, 'c.x', 'm')
                       for id in self.some_steps(one.id))
        late = (event(one, status=ERROR),) if self.choose('123') == '1' else ()
        at = [*late, *events, *[None] * (not late and not events)][0]
        message = sample(created_at=NOW, expires_at=NOW + DAY)
        return (Ending(
            one.id, self.token(), status, 'c.y' if status == ERROR else None,
            events, late, self.choose([None, at and fault(one, at)]),
            self.choose([None, message])),)

    def sweep(self):
        return (100,)

    def purge(self):
        return self.clock.now - DAY / 1440 / self.choose([1, 3]), 100

    def get(self):
        id = self.id()
        project, resource = OWNERS[id]
        return project, 'VOLUME', resource, f'req-{id}'

    def list_of_any_project(self):
        ago = self.choose([None, DAY / 8640, DAY / 28800])
        return 'VOLUME', self.choose(['vol-1', 'vol-2']), ActionPage(
            self.choose([0, 1, 2, 100]),
            changes_since=ago and self.clock.now - ago,
            request_id=self.choose([None, 'req-a1']))

    def events_of(self):
        return (self.id(),)

    def latest_faults(self):
        return 'blue', 'VOLUME', ['vol-1', 'vol-2']


def answer(store, name, *arguments):
    """Return what a store answers, in a form that can be compared."""
    found = getattr(store, name)(*arguments)
    if isinstance(found, Swept):
        return found.rows, sorted(map(plain, found.actions), key=repr)
    return [*map(plain, found)] if isinstance(found, (list, tuple)) \
        else plain(found)


def plain(record):
    """Return a record without the token of who has found it to be lost."""
    if isinstance(record, Action) and record.status == LOST:
        return dataclasses.replace(record, token='')
    return record


def state(store):
    """Return all that a store has."""
    return (
        [answer(store, 'list_of_any_project', 'VOLUME', resource, whole())
         for resource in ('vol-1', 'vol-2')],
        [answer(store, 'events_of', id) for id in OWNERS],
        answer(store, 'list_faults_of_all_projects', FaultPage(1000)),
        messages_of(store))


@pytest.fixture(scope='module')
def sql(tmp_path_factory):
    """A store on SQLite."""
    with empty('sqlite', tmp_path_factory.mktemp('alike')) as url:
        tables(url)
        with opened(url, budget=10) as store:
            yield store


@pytest.mark.parametrize('seed', range(10, 20))
def test_they_answer_alike(sql, monkeypatch, seed):
    calls = Calls(seed)
    monkeypatch.setattr(sql_clock, '_utc_now',
                        lambda: calls.clock.now.replace(tzinfo=None))
    memory = MemoryActions(clock=calls.clock)
    clear(sql)
    said = []
    for _ in range(60):
        said.append(calls.next())
        # When a loss is written is theirs to choose, until it is read.
        assert state(memory) == state(sql), said
        assert answer(memory, *said[-1]) == answer(sql, *said[-1]), said
