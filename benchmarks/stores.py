# SPDX-License-Identifier: Apache-2.0
"""The stores of messages on real databases: what they cost, what they survive.

::

    python benchmarks/stores.py create|page|rest|walk|purge|kills|race URL \
        [NUMBER]

The database at URL is emptied first: give one that is made for this.
"""

from __future__ import annotations

import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import threading
import time
import uuid

import sqlalchemy as sa
import webob
from oslo_context.context import RequestContext

from errorkit.outcomes import retention
from errorkit.outcomes.messages import API
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.records import Message, Page
from errorkit.outcomes.rest import Messages
from errorkit.outcomes.sql import Database, SqlMessages, address, messages
from errorkit.outcomes.sql.migrate import upgrade
from errorkit.outcomes.sql.tables import MESSAGES

WRITER = pathlib.Path(__file__).parent.parent / 'tests/outcomes/sql_writer.py'
BEGIN = datetime.datetime(2026, 9, 21, tzinfo=datetime.UTC)
STEP = datetime.timedelta(milliseconds=250)
ROW = {
    'sqlite': (
        'WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s '
        'WHERE n < {0}) INSERT INTO errorkit_messages SELECT '
        "lower(hex(randomblob(16))), 'p' || (n % 2), 'E', 'ERROR', "
        "strftime('%Y-%m-%d %H:%M:%S', '2026-09-21', (n / 4) || ' seconds') "
        "|| substr('.000000.250000.500000.750000', n % 4 * 7 + 1, 7), "
        "strftime('%Y-%m-%d %H:%M:%S', '2026-10-21', (n / 4) || ' seconds') "
        "|| '.000000', 'req-' || (n / 10), 'VOLUME', 'res-' || (n % 100000), "
        "'u', NULL, '{{}}' FROM s"
    ),
    'postgresql': (
        'INSERT INTO errorkit_messages SELECT gen_random_uuid()::text, '
        "'p' || mod(n, 2), 'E', 'ERROR', "
        "timestamp '2026-09-21' + n * interval '0.25 s', "
        "timestamp '2026-10-21' + n * interval '0.25 s', 'req-' || (n / 10), "
        "'VOLUME', 'res-' || mod(n, 100000), 'u', NULL, '{{}}' "
        'FROM generate_series(1, {0}) n'
    ),
    'mysql': (
        "INSERT INTO errorkit_messages SELECT uuid(), concat('p', seq mod 2),"
        "'E', 'ERROR', timestamp '2026-09-21 00:00:00' + interval seq * "
        "250000 microsecond, timestamp '2026-10-21 00:00:00' + interval seq "
        "* 250000 microsecond, concat('req-', seq div 10), 'VOLUME', "
        "concat('res-', seq mod 100000), 'u', NULL, '{{}}' FROM seq_1_to_{0}"
    ),
}
ANALYZE = {
    'sqlite': 'ANALYZE',
    'postgresql': 'ANALYZE errorkit_messages',
    'mysql': 'ANALYZE TABLE errorkit_messages',
}


def prepared(url: str, rows: int) -> SqlMessages:
    """Return a store with so many rows and nothing else in it."""
    upgrade(url)
    slow = SqlMessages(Database(url, budget=600))
    backend = slow.database.backend
    with slow.database.engine.connect() as connection:
        empty = 'DELETE FROM' if backend == 'sqlite' else 'TRUNCATE TABLE'
        connection.exec_driver_sql(f'{empty} errorkit_messages')
        if backend == 'sqlite':
            # Millions of rows in no order go through a small cache slowly.
            connection.exec_driver_sql('PRAGMA cache_size=-1000000')
        if rows:
            # Without parameters, no driver looks for a percent sign.
            cursor = connection.connection.cursor()
            cursor.execute(ROW[backend].format(rows))
            cursor.close()
        connection.exec_driver_sql(ANALYZE[backend])
    slow.database.dispose()
    return SqlMessages(Database(url, budget=20))


def message(**members: object) -> Message:
    """Return a message of now."""
    now = datetime.datetime.now(datetime.UTC)
    given = {
        'id': str(uuid.uuid4()),
        'project_id': 'p0',
        'event_id': 'E',
        'message_level': 'ERROR',
        'created_at': now,
        'expires_at': now + datetime.timedelta(days=3000),
        'request_id': f'req-{uuid.uuid4()}',
        'resource_type': 'VOLUME',
        'resource_uuid': str(uuid.uuid4()),
    }
    return Message(**{**given, **members})  # type: ignore[arg-type] # by name


def medians(number: int, **works: object) -> dict[str, float]:
    """Run works in turn; return the median of each in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(number):
        for name, work in works.items():
            begin = time.perf_counter()
            work()  # type: ignore[operator] # it is called so
            times[name].append((time.perf_counter() - begin) * 1000)
    return {name: statistics.median(found) for name, found in times.items()}


def service_engine(store: SqlMessages) -> sa.Engine:
    """Return an engine as SQLAlchemy makes it; SQLite's is as durable."""
    engine = sa.create_engine(store.database.url)
    if store.database.backend == 'sqlite':
        sa.event.listen(
            engine,
            'connect',
            lambda driver, record: driver.execute('PRAGMA synchronous=FULL'),
        )
    return engine


def create(url: str, number: int = 500) -> None:
    """One message, beside a bare INSERT and COMMIT of the same row."""
    prepared(url, 1000).database.dispose()
    store = SqlMessages(url)  # as services have it, with its default budget
    engine = service_engine(store)
    insert = MESSAGES.insert()
    driver = engine.raw_connection()
    text = str(insert.compile(engine))

    def core() -> None:
        row = messages._row(message())
        with engine.begin() as connection:
            connection.execute(insert, row)

    def raw() -> None:
        row = messages._row(message())
        cursor = driver.cursor()
        if store.database.backend == 'sqlite':
            times = ('created_at', 'expires_at')
            row.update((name, str(row[name])) for name in times)
            cursor.execute(text, [row[c.name] for c in MESSAGES.columns])
        else:
            cursor.execute(text, row)
        driver.commit()
        cursor.close()

    permitted = Permitted('volume')
    event = permitted.event('000002', 'No storage could be allocated.')
    api = API(store, permitted=permitted)
    context = RequestContext(project_id='p0', overwrite=False)
    found = medians(
        number,
        create=lambda: api.create(context, event, 'p0'),
        add=lambda: store.add(message()),
        core=core,
        raw=raw,
    )
    assert api.counters['stored'] == number
    report(found, 'create', 'core', 'raw')


def page(url: str, rows: int = 1_000_000) -> None:
    """Pages of 1,000 here and there, beside a bare query and json.dumps."""
    store = prepared(url, rows)
    engine = service_engine(store)
    for part in (0, 0.1, 0.5, 0.9):
        moment = BEGIN + STEP * (rows * (1 - part))
        after = (moment, 'g')
        bare = (
            sa.select(MESSAGES)
            .where(
                MESSAGES.c.project_id == 'p0',
                MESSAGES.c.created_at <= moment.replace(tzinfo=None),
            )
            .order_by(MESSAGES.c.created_at.desc(), MESSAGES.c.id.desc())
            .limit(1000)
        )

        def core(query: sa.Select = bare) -> None:
            with engine.connect() as connection:
                found = connection.execute(query).mappings()
                json.dumps([dict(row) for row in found], default=str)

        def ours(after: tuple = after) -> None:
            found = store.list('p0', Page(1000, after=after))
            assert len(found) == 1000

        def dumped(after: tuple = after) -> None:
            found = store.list('p0', Page(1000, after=after))
            json.dumps(
                [
                    {
                        name: getattr(one, name)
                        for name in Message.__slots__
                    }
                    for one in found
                ],
                default=str,
            )

        print(f'after {part:.0%} of {rows}:', end=' ')
        report(medians(15, ours=ours, dumped=dumped, core=core),
               'dumped', 'core', 'ours')


def rest(url: str, rows: int = 1_000_000) -> None:
    """Pages of 1,000 through the REST API, called as a server calls it."""
    store = prepared(url, rows)
    engine = service_engine(store)
    api = API(store, permitted=Permitted('volume'))
    application = Messages(
        api, context_of=lambda environ: RequestContext(
            project_id='p0', overwrite=False))
    markers = [None]
    for part in (0.1, 0.5, 0.9):
        moment = BEGIN + STEP * (rows * (1 - part))
        [found] = store.list('p0', Page(1, after=(moment, 'g')))
        markers.append(found.id)
    for marker in markers:
        query = '' if marker is None else f'marker={marker}'
        environ = {
            **webob.Request.blank(f'/messages?{query}').environ,
            'errorkit.context': None}
        after = [] if marker is None else [
            sa.tuple_(MESSAGES.c.created_at, MESSAGES.c.id) < (
                store.get('p0', marker).created_at.replace(tzinfo=None),
                marker)]
        bare = (
            sa.select(MESSAGES)
            .where(MESSAGES.c.project_id == 'p0', *after)
            .order_by(MESSAGES.c.created_at.desc(), MESSAGES.c.id.desc())
            .limit(1000)
        )

        def core(bare: sa.Select = bare) -> None:
            with engine.connect() as connection:
                found = connection.execute(bare).mappings()
                json.dumps([dict(row) for row in found], default=str)

        def ours(environ: dict = environ) -> bytes:
            return b''.join(application({**environ}, lambda *given: None))

        assert len(json.loads(ours())['messages']) == 1000
        print(f'marker {marker}:', end=' ')
        report(medians(15, ours=ours, core=core), 'ours', 'core')


def walk(url: str, rows: int = 1_000_000) -> None:
    """Walk all pages while rows come, go and are purged."""
    store = prepared(url, rows)
    with store.database.engine.connect() as connection:
        lasting = {*connection.execute(sa.select(MESSAGES.c.id).where(
            MESSAGES.c.expires_at >= datetime.datetime(2026, 10, 21, 1)
        )).scalars()}
    stop = threading.Event()
    changes = [0]

    def change() -> None:
        while not stop.is_set():
            new = message(created_at=BEGIN + STEP * (changes[0] * 37 % rows))
            store.add(new)
            store.delete('p0', new.id)
            store.purge(datetime.datetime(
                2026, 10, 21, 1, tzinfo=datetime.UTC), 20)
            changes[0] += 1

    thread = threading.Thread(target=change)
    thread.start()
    seen: dict[str, int] = {}
    begin, current = time.perf_counter(), Page(1000)
    times = []
    while True:
        asked = time.perf_counter()
        found = store.list_of_all_projects(current)
        times.append(time.perf_counter() - asked)
        if not found:
            break
        for one in found:
            seen[one.id] = seen.get(one.id, 0) + 1
        last = found[-1]
        current = Page(1000, after=(last.created_at, last.id))
    took = time.perf_counter() - begin
    stop.set()
    thread.join()
    times = times[:-2]  # the last are not full
    first, last = (statistics.median(some) for some in (
        times[:50], times[-50:]))
    missed = sum(one not in seen for one in lasting)
    twice = sum(count > 1 for count in seen.values())
    print(f'{rows} rows in {took:.1f} s, {changes[0]} rounds of changes: '
          f'{missed} of {len(lasting)} missed, {twice} seen twice; the last '
          f'50 pages take {last / first:.2f} of the first 50')


def purge(url: str, rows: int = 2_000_000) -> None:
    """Purge everything under 100 writes a second."""
    store = prepared(url, rows)
    stop = threading.Event()
    waits: list[float] = []

    def write() -> None:
        due = time.perf_counter()
        while not stop.is_set():
            begin = time.perf_counter()
            store.add(message())
            waits.append(time.perf_counter() - begin)
            due = max(due + 0.01, begin)
            time.sleep(max(0.0, due - time.perf_counter()))

    thread = threading.Thread(target=write)
    thread.start()
    begin = time.perf_counter()
    before = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
    total = retention.purge(store, before=before)
    took = time.perf_counter() - begin
    stop.set()
    thread.join()
    print(f'{total} rows in {took:.1f} s; {len(waits)} writes '
          f'({len(waits) / took:.0f}/s), median '
          f'{statistics.median(waits) * 1000:.1f} ms, longest '
          f'{max(waits) * 1000:.0f} ms')


def kills(url: str, number: int = 300) -> None:
    """Kill writers; what they were told is stored, and nothing doubled."""
    processes(url, 'kill', number)


def race(url: str, number: int = 24) -> None:
    """Let many processes write 1,000 messages each at once."""
    processes(url, 'race', number, 1000)


def processes(url: str, *arguments: object) -> None:
    """Run the writers of the tests, and compare what they were told."""
    store = prepared(url, 0)
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, WRITER, arguments[0], url, *map(str, arguments[1:])],
        stdout=subprocess.PIPE, text=True, check=True)
    took = time.perf_counter() - begin
    said = json.loads(done.stdout)
    with store.database.engine.connect() as connection:
        stored = {*connection.execute(sa.select(MESSAGES.c.id)).scalars()}
    print(f'{arguments}: {took:.1f} s, {len(said)} acknowledged, '
          f'{len({*said} - stored)} lost, {len(said) - len({*said})} twice, '
          f'{len(stored - {*said})} stored and not acknowledged')


def report(found: dict[str, float], ours: str, *others: str) -> None:
    """Print medians, and ratios to the first of the others."""
    print(', '.join(f'{name} {value:.2f} ms' for name, value in found.items()),
          *(f'; {ours}/{name} {found[ours] / found[name]:.2f}'
            for name in others))


if __name__ == '__main__':
    name, url, *numbers = sys.argv[1:]
    resolved = address.resolve(url)
    print(resolved.get_backend_name(), name, end=': ', flush=True)
    {'create': create, 'page': page, 'rest': rest, 'walk': walk,
     'purge': purge, 'kills': kills, 'race': race}[name](
         url, *map(int, numbers))
