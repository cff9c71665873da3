# SPDX-License-Identifier: Apache-2.0
"""Retention: what has expired goes, in batches, again and again."""

import argparse
import datetime
import logging
import os
import subprocess
import sys
import threading
import time

import pytest
from message_samples import DAY, NOW, message
from sql_engines import KINDS, empty, run

from errorkit.exceptions import ConfigError
from errorkit.outcomes import operating, retention, stores
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.records import Page
from errorkit.outcomes.sql.migrate import upgrade

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(retention.__file__))))


class Asked(MemoryStore):
    """Remembers its purges, and fails when it is told to."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.failures = []
        self.passed = threading.Semaphore(0)

    def purge(self, before, batch):
        """Purge, or fail."""
        self.asked.append((before, batch))
        self.passed.release()
        if self.failures:
            raise self.failures.pop()
        return super().purge(before, batch)


class Database:
    """Counts how often it is closed."""

    closed = 0

    def dispose(self):
        """Close it."""
        self.closed += 1


@pytest.fixture
def store():
    """A store with seven messages that have expired, and one that has not."""
    made = Asked()
    for number in range(7):
        made.add(message(f'p{number}', expires_at=NOW))
    made.add(message('last', expires_at=datetime.datetime.now(
        datetime.UTC) + DAY))
    return made


def left(store):
    """Return the projects that still have a message."""
    return {one.project_id for one in store.list_of_all_projects(Page(99))}


def command(*arguments):
    """Run the command's room."""
    parser = argparse.ArgumentParser()
    retention.configure(parser)
    return retention.main(parser.parse_args(['purge', *arguments]))


def test_what_has_expired_goes_in_batches(store):
    seen = []
    assert retention.purge(store, batch=3, pause=0, progress=seen.append) == 7
    assert seen == [3, 6, 7]
    assert left(store) == {'last'}
    before, batches = zip(*store.asked, strict=True)
    assert set(batches) == {3}
    assert len(set(before)) == 1


def test_the_batches_of_a_slow_store_are_smaller_until_it_is_fast(store):
    sizes, slow = [], [0.15, 0.15, 0, 0, 0, 0]

    class Slow:
        def purge(self, before, batch):
            sizes.append(batch)
            time.sleep(slow.pop(0) if slow else 0)
            return 1 if slow else 0

    retention.purge(Slow(), batch=8, pause=0)
    assert sizes[:3] == [8, 4, 2]
    assert max(sizes[3:]) > 2


def test_what_expires_at_that_moment_stays(store):
    assert retention.purge(store, before=NOW, pause=0) == 0
    later = NOW + datetime.timedelta(microseconds=1)
    assert retention.purge(store, before=later, pause=0) == 7


def test_a_purge_can_be_stopped_after_a_batch(store):
    stop = threading.Event()
    assert retention.purge(
        store, batch=2, pause=0, stop=stop,
        progress=lambda deleted: stop.set()) == 2
    assert retention.purge(store, batch=2, pause=0) == 5


def test_a_purge_that_fails_says_so_and_goes_on_another_time(store):
    store.failures = [OSError()]
    with pytest.raises(OSError):
        retention.purge(store, pause=0)
    assert retention.purge(store, pause=0) == 7


def test_who_purges_together_deletes_each_once(store):
    for number in range(300):
        store.add(message(f'q{number}', expires_at=NOW))
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(
        retention.purge(store, batch=10, pause=0))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 307
    assert left(store) == {'last'}


@pytest.mark.parametrize('options', [
    {'batch': 0}, {'batch': 1001}, {'pause': -1},
    {'before': datetime.datetime(2020, 1, 1)}], ids=str)
def test_a_purge_that_would_harm_is_refused(store, options):
    with pytest.raises(ConfigError):
        retention.purge(store, **options)
    assert store.asked == []


def test_purging_goes_on_until_it_is_stopped(store, records):
    stop = threading.Event()
    store.failures = [OSError('the database is away')]
    running = threading.Thread(target=retention.purge_forever, args=(store,),
                               kwargs={'interval': 0.001, 'pause': 0,
                                       'stop': stop})
    running.start()
    for _ in range(6):
        assert store.passed.acquire(timeout=30)
    stop.set()
    running.join(30)
    assert not running.is_alive()
    assert left(store) == {'last'}
    told = [(record.levelname, record.getMessage()) for record in records]
    assert told[:2] == [('ERROR', 'purging a store has failed'),
                        ('INFO', '7 rows purged')]


def test_an_interval_of_nothing_is_refused(store):
    with pytest.raises(ConfigError):
        retention.purge_forever(store, interval=0)


def test_the_interval_and_the_batch_are_those_of_the_contract():
    assert retention.INTERVAL == 86400
    assert retention.MAX_BATCH == 1000


def test_the_command_prints_its_progress(monkeypatch, capsys, store):
    monkeypatch.setattr(stores, 'find', {'volumes:STORE': store}.__getitem__)
    assert command('volumes:STORE', '--batch', '4', '--pause', '0') == 0
    assert capsys.readouterr().out.splitlines() == [
        '4 so far', '7 so far', '7 messages deleted.']
    assert command('volumes:STORE', '--quiet') == 0
    assert capsys.readouterr().out == '0 messages deleted.\n'


@pytest.mark.parametrize('arguments', [
    ['nothing'], ['no.such:thing'], ['memory', '--batch', '0'],
    ['memory', '--pause', '-1'], []], ids=str)
def test_a_wrong_use_of_the_command_is_told(
        monkeypatch, capsys, arguments):
    monkeypatch.delenv(retention.VARIABLE, raising=False)
    assert command(*arguments) == 2
    assert capsys.readouterr().err.startswith('errorkit messages purge: ')


def test_a_store_that_fails_fails_the_command(monkeypatch, capsys, store):
    store.failures = [OSError('away')]
    monkeypatch.setattr(stores, 'find', lambda name: store)
    assert command('volumes:STORE') == 1
    assert 'builtins.OSError: away' in capsys.readouterr().err


@pytest.mark.parametrize(('name', 'times'), [
    ('sqlite:///messages.sqlite', 1), ('volumes:STORE', 0)])
def test_a_database_of_an_address_is_closed_in_the_end(
        monkeypatch, store, name, times):
    store.database = Database()
    monkeypatch.setattr(stores, 'find', lambda found: store)
    assert command(name, '--quiet') == 0
    store.failures = [OSError('away')]
    assert command(name) == 1
    assert store.database.closed == 2 * times


def test_the_command_finds_a_store_beside_it(tmp_path):
    (tmp_path / 'beside.py').write_text(
        'import datetime\n'
        'from errorkit.outcomes.memory import MemoryStore\n'
        'from errorkit.outcomes.records import Message\n'
        'STORE = MemoryStore()\n'
        'THEN = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)\n'
        "STORE.add(Message('1', 'p', '1', 'ERROR', THEN, THEN))\n")
    done = subprocess.run(
        [sys.executable, '-c',
         'import argparse; from errorkit.outcomes import retention as r;'
         'p = argparse.ArgumentParser(); r.configure(p);'
         'raise SystemExit(r.main(p.parse_args()))',
         'purge', '--quiet'], cwd=tmp_path, capture_output=True, text=True,
        timeout=60, check=False, env={
            **os.environ, 'PYTHONPATH': ROOT,
            retention.VARIABLE: 'beside:STORE'})
    assert (done.returncode, done.stdout, done.stderr) == (
        0, '1 message deleted.\n', '')


def told(capsys):
    """Return the one line that the command said, which is an error."""
    said = capsys.readouterr()
    assert said.out == ''
    [line] = said.err.splitlines()
    assert line.startswith('errorkit messages purge: ')
    assert 'hunter2' not in line
    return line


@pytest.mark.parametrize('kind', KINDS)
def test_tables_that_are_missing_are_a_line_that_says_what_makes_them(
        tmp_path, capsys, caplog, kind):
    with empty(kind, tmp_path) as url:
        run(url, 'CREATE TABLE of_the_service (id INTEGER)')
        assert command(url) == 1
        line = told(capsys)
        assert "run 'errorkit db upgrade --url …'" in line
        assert 'DELETE' not in line
        assert caplog.records == []


@pytest.mark.parametrize('kind', KINDS)
def test_tables_that_are_old_are_told_likewise(tmp_path, capsys, kind):
    with empty(kind, tmp_path) as url:
        run(url, 'CREATE TABLE errorkit_messages (old INTEGER)')
        assert command(url) == 1
        assert 'errorkit db upgrade' in told(capsys)


def test_a_failure_of_another_kind_is_no_matter_of_upgrading(
        tmp_path, capsys):
    file = tmp_path / 'no.sqlite'
    file.write_bytes(b'no database at all' * 99)
    assert command(f'sqlite:///{file}') == 1
    assert 'upgrade' not in told(capsys)


@pytest.mark.parametrize('form', [
    'sqlite:///{}', 'sqlite:///file:{}?uri=true',
    'sqlite:///file:{}?mode=rwc&uri=true'])
def test_a_file_that_is_not_there_is_named_and_not_made(
        tmp_path, capsys, form):
    file = tmp_path / 'of a service.sqlite'
    url = form.format(file)
    assert command(url) == 1
    line = told(capsys)
    assert f'there is no file {file}' in line
    assert 'errorkit db upgrade' in line
    assert not file.exists()
    upgrade(url)
    assert command(url, '--quiet') == 0


def test_nothing_is_logged_beside_the_line_that_is_printed(tmp_path):
    file = tmp_path / 'empty.sqlite'
    file.touch()
    program = (
        'import sys; from errorkit import cli; raise SystemExit(cli.main('
        "['messages', 'purge', sys.argv[1]]))")
    done = subprocess.run(
        [sys.executable, '-c', program, f'sqlite:///{file}'],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, 'PYTHONPATH': ROOT})
    assert (done.returncode, done.stdout) == (1, '')
    assert len(done.stderr.splitlines()) == 1


def test_what_nobody_logs_is_printed_in_a_line_without_its_traceback(
        monkeypatch, capsys):
    before = logging.lastResort

    def work(store):
        record = logging.LogRecord(
            'x', logging.ERROR, '', 1, 'it has %s', ('failed',),
            (OSError, OSError('away\nmore, password=hunter2'), None))
        logging.lastResort.handle(record)

    assert operating.run('errorkit x', 'memory', stores.find, work) == 0
    assert capsys.readouterr().err == (
        'errorkit x: it has failed: builtins.OSError: away\n')
    assert logging.lastResort is before


@pytest.mark.parametrize(('url', 'module', 'words'), [
    ('postgresql://u:hunter2@h/d', 'psycopg2',
     "pip install 'errorkit[postgresql]'"),
    ('mysql://u:hunter2@h/d', 'pymysql', "pip install 'errorkit[mysql]'"),
    ('postgresql+psycopg://u:hunter2@h/d', 'psycopg', 'pip install psycopg'),
])
def test_a_driver_that_is_missing_is_told_with_its_extra(
        monkeypatch, capsys, url, module, words):
    monkeypatch.setitem(sys.modules, module, None)
    assert command(url) == 2
    line = told(capsys)
    assert f'{module} is not installed' in line
    assert line.endswith(words)


@pytest.mark.parametrize('module', ['sqlalchemy', 'oslo_db'])
def test_a_database_without_its_extra_is_told_so(
        monkeypatch, capsys, module):
    monkeypatch.delitem(sys.modules, 'errorkit.outcomes.sql')
    monkeypatch.setitem(sys.modules, module, None)
    assert command('sqlite:////nowhere/x.sqlite') == 2
    assert told(capsys).endswith(
        f'{module} is not installed. It comes with the extra: '
        "pip install 'errorkit[db]'")


@pytest.mark.parametrize(('text', 'name', 'reason'), [
    ('', 'nothing', "AttributeError: module '{}' has no attribute 'nothing'"),
    ('import no_such_thing', 'A',
     "ModuleNotFoundError: No module named 'no_such_thing'"),
    ("import os; os.environ['NO_SUCH_THING']", 'A',
     "KeyError: 'NO_SUCH_THING'"),
    ("raise ImportError('of u:hunter2@h\\nx://u:hunter2@h/d')", 'A',
     'ImportError: of '),
    ('import psycopg2', 'A', "pip install 'errorkit[postgresql]'"),
    ('from errorkit.outcomes.actions.memory import MemoryActions as M;'
     'A = M()', 'A', 'it is a store of actions, not of messages'),
])
def test_why_python_has_no_such_store_is_told(
        monkeypatch, tmp_path, capsys, text, name, reason):
    monkeypatch.setitem(sys.modules, 'psycopg2', None)
    module = f'service_{tmp_path.name}'
    (tmp_path / f'{module}.py').write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert command(f'{module}:{name}') == 2
    line = capsys.readouterr().err
    assert line.startswith(
        f"errorkit messages purge: STORE: '{module}:{name}' is not allowed; ")
    assert reason.format(module) in line
    assert line.count('\n') == 1
    assert '://u:hunter2' not in line


def test_a_store_of_the_environment_is_blamed_on_it(monkeypatch, capsys):
    monkeypatch.setenv(retention.VARIABLE, 'no.such:thing')
    assert command() == 2
    line = told(capsys)
    assert f"{retention.VARIABLE}: 'no.such:thing' is not allowed; " in line
    assert "ModuleNotFoundError: No module named 'no'" in line


@pytest.mark.parametrize('name', [
    'postgresql:u:hunter2@h/d', 'postgresql:/u:hunter2@h', 'hunter2@h',
    'sqlite://u:hunter2@h/x', 'oracle://u:hunter2@h/d',
    'oracle://h/d?user=u&password=hunter2'])
def test_a_mistyped_address_is_refused_without_its_password(capsys, name):
    assert command(name) == 2
    assert 'is not allowed' in told(capsys)


def test_a_function_that_makes_no_store_fails_the_command(
        monkeypatch, tmp_path, capsys):
    (tmp_path / 'service_that_fails.py').write_text(
        "def make(): raise OSError('no such disk')")
    monkeypatch.syspath_prepend(tmp_path)
    assert command('service_that_fails:make') == 1
    assert told(capsys).endswith('builtins.OSError: no such disk')
