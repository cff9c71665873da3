# SPDX-License-Identifier: Apache-2.0
"""The stores of actions on real databases: what they cost and survive.

::

    python benchmarks/actions.py cost|embed|kills URL [NUMBER]

``cost``: an action with three events, by the store and by hand. ``embed``:
the latest faults of 1,000 resources. ``kills``: what killed and stopped
processes leave. The database at URL gets the tables and is emptied first:
give one that is made for this.
"""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys
import time
import uuid

import sqlalchemy as sa
from oslo_context.context import RequestContext
from stores import medians, service_engine

from errorkit.outcomes.actions import Actions
from errorkit.outcomes.actions.records import (
    IN_PROGRESS,
    SUCCESS,
    Action,
    Ending,
    Event,
    EventEnd,
)
from errorkit.outcomes.sql import Database, SqlActions, SqlMessages
from errorkit.outcomes.sql.clock import Clock
from errorkit.outcomes.sql.migrate import upgrade
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS, MESSAGES

KILLER = (
    pathlib.Path(__file__).parent.parent
    / 'tests/outcomes/actions/action_killer.py'
)
LEASE = 60.0


def prepared(url: str) -> SqlActions:
    """Return a store with nothing in it."""
    upgrade(url)
    store = SqlActions(Database(url, budget=60))
    for table in (FAULTS, EVENTS, ACTIONS, MESSAGES):
        store.database.transact(
            lambda own, table=table: own.execute(sa.delete(table))  # type: ignore[misc] # mypy knows no default of a lambda
        )
    return store


def action() -> Action:
    """Return an action to start."""
    return Action(
        str(uuid.uuid4()), 'p0', 'VOLUME', str(uuid.uuid4()),
        f'req-{uuid.uuid4()}', 'extend', host='h', token=str(uuid.uuid4()),
    )


def by_store(store: SqlActions) -> None:
    """Record an action with three events."""
    one = action()
    store.start(one, LEASE)
    for name in ('reserve', 'extend', 'commit'):
        step = Event(
            str(uuid.uuid4()), one.id, name, 'h', str(uuid.uuid4())
        )
        store.start_event(step, LEASE)
        store.end(
            Ending(one.id, events=(EventEnd(step.id, step.token, SUCCESS),))
        )
    store.end(Ending(one.id, one.token, SUCCESS))


class ByHand:
    """The same rows by the same statements, each step a transaction.

    :param engine: as SQLAlchemy makes it
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._clock = clock = Clock(engine.dialect.name)
        key: sa.BindParameter[str] = sa.bindparam('key')
        self._start = sa.insert(ACTIONS).values(
            status=IN_PROGRESS, start_time=clock.now, updated_at=clock.now,
            lease_until=clock.until,
        )
        self._touch = (
            sa.update(ACTIONS)
            .where(ACTIONS.c.id == key)
            .values(updated_at=clock.now)
        )
        self._lengthen = self._touch.values(lease_until=clock.until)
        self._start_event = sa.insert(EVENTS).values(
            status=IN_PROGRESS, start_time=clock.now, lease_until=clock.until
        )
        self._end_event = (
            sa.update(EVENTS)
            .where(EVENTS.c.id == key, EVENTS.c.status == IN_PROGRESS)
            .values(status=SUCCESS, finish_time=clock.now, lease_until=None)
        )
        self._end = (
            sa.update(ACTIONS)
            .where(ACTIONS.c.id == key, ACTIONS.c.status == IN_PROGRESS)
            .values(
                status=SUCCESS, finish_time=clock.now, updated_at=clock.now,
                lease_until=None,
            )
        )

    def __call__(self) -> None:
        """Record an action with three events."""
        one = action()
        row = {
            name: getattr(one, name)
            for name in (
                'id', 'project_id', 'resource_type', 'resource_id',
                'request_id', 'action', 'host', 'token',
            )
        }
        clock, key = self._clock, {'key': one.id}
        with self._engine.begin() as own:
            own.execute(self._start, {**row, **clock.values(LEASE)})
        for name in ('reserve', 'extend', 'commit'):
            step = {
                'id': str(uuid.uuid4()), 'action_id': one.id, 'event': name,
                'host': 'h', 'token': str(uuid.uuid4()),
            }
            with self._engine.begin() as own:
                own.execute(self._lengthen, {**key, **clock.values(LEASE)})
                own.execute(
                    self._start_event, {**step, **clock.values(LEASE)}
                )
            with self._engine.begin() as own:
                own.execute(self._touch, {**key, **clock.values()})
                own.execute(
                    self._end_event, {'key': step['id'], **clock.values()}
                )
        with self._engine.begin() as own:
            own.execute(self._end, {**key, **clock.values()})


def cost(url: str, number: int) -> None:
    """Compare recorder and store with the same statements by hand."""
    prepared(url).database.dispose()
    store = SqlActions(url)  # as a service has it
    hand = ByHand(service_engine(SqlMessages(store.database)))
    recorder = Actions(store)
    for _ in range(20):
        by_store(store)
        by_recorder(recorder)
        hand()
    found = medians(
        number,
        store=lambda: by_store(store),
        recorder=lambda: by_recorder(recorder),
        hand=hand,
    )
    print(
        f'{store.database.backend}: store {found["store"]:.2f} ms, '
        f'recorder {found["recorder"]:.2f} ms, '
        f'by hand {found["hand"]:.2f} ms, '
        f'{found["store"] / found["hand"]:.2f} and '
        f'{found["recorder"] / found["hand"]:.2f} times'
    )


def by_recorder(actions: Actions) -> None:
    """Record an action with three events, as a service does."""
    context = RequestContext(project_id='p0', user_id='u', overwrite=False)
    with actions.record(context, 'extend', 'VOLUME', str(uuid.uuid4())) as one:
        for name in ('reserve', 'extend', 'commit'):
            with one.event(name):
                pass


def embed(url: str, number: int) -> None:
    """Read the latest faults of 1,000 resources, of each of which are 20."""
    store = prepared(url)
    clock = Clock(store.database.backend)
    ids = [str(uuid.uuid4()) for _ in range(1000)]

    def fill(own: sa.Connection) -> None:
        for resource in ids:
            own.execute(
                sa.insert(FAULTS).values(created_at=clock.now),
                [
                    {
                        'id': str(uuid.uuid4()), 'project_id': 'p0',
                        'resource_type': 'VOLUME', 'resource_id': resource,
                        'action_id': resource, 'event_id': resource,
                        'request_id': resource, 'code': 500,
                        'message': 'NoRoom', 'public': False,
                        'details': 'd' * 2000, **clock.values(),
                    }
                    for _ in range(20)
                ],
            )

    store.database.transact(fill)
    statements: list[str] = []
    sa.event.listen(
        store.database.engine, 'before_cursor_execute',
        lambda *given: statements.append(given[2]),
    )
    times = []
    for _ in range(number):
        begin = time.perf_counter()
        found = store.latest_faults('p0', 'VOLUME', ids)
        times.append((time.perf_counter() - begin) * 1000)
    assert len(found) == len(ids)
    print(
        f'{store.database.backend}: {len(ids)} of 20,000 faults in '
        f'{len(statements) / number:.0f} query, '
        f'{statistics.median(times):.1f} ms'
    )


def kills(url: str, number: int) -> None:
    """Kill processes that record, and print what they leave."""
    prepared(url).database.dispose()
    done = subprocess.run(
        [sys.executable, KILLER, 'kills', url, str(number)],
        stdout=subprocess.PIPE, text=True, check=True,
    )
    print(json.dumps(json.loads(done.stdout), indent=1))


WORKS = {'cost': (cost, 200), 'embed': (embed, 20), 'kills': (kills, 300)}

if __name__ == '__main__':
    name, where, *numbers = sys.argv[1:]
    work, number = WORKS[name]
    work(where, *(map(int, numbers) if numbers else (number,)))
