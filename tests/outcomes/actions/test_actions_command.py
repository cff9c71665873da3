# SPDX-License-Identifier: Apache-2.0
"""``errorkit actions``: purge and sweep, as an operator does it."""

import os
import subprocess
import sys
import threading
import types

import pytest
from action_engines import opened
from action_samples import age, lapse
from message_samples import UNABLE_TO_ALLOCATE
from recorded import ASKED, Book, asked
from sql_engines import KINDS, empty, run, tables

from errorkit import cli
from errorkit.observers import courier
from errorkit.outcomes import retention
from errorkit.outcomes.actions import Actions, command
from errorkit.outcomes.actions.memory import MemoryActions

BOOK = Book(MemoryActions())
NOT_CALLED = 5
NOBODY = 'no user message and no observer is told of what is lost'
# Where nothing has set up logging.
PROGRAM = '''
import sys
sys.path[:0] = sys.argv[1].split(':')
from action_samples import lapse
from errorkit import cli
from errorkit.outcomes.actions.memory import MemoryActions
from message_samples import ATTACHED
from recorded import Book, asked

BOOK = Book(MemoryActions())
BOOK.actions.start(asked(), 'extend', 'VOLUME', 'vol-1', on_failure=ATTACHED)
if __name__ == '__main__':
    sys.modules['service'] = sys.modules['__main__']
    lapse(BOOK.reads, *BOOK.all())
    raise SystemExit(cli.main(['actions', 'sweep', 'service:BOOK.actions']))
'''


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A recorder on SQLite, whose address is in the environment."""
    with empty('sqlite', tmp_path) as url:
        tables(url)
        with opened(url, budget=10) as store:
            monkeypatch.setenv(retention.VARIABLE, url)
            found = Book(store)
            found.url = url
            yield found


def test_purge_deletes_what_is_old_and_says_how_many(book, capsys):
    for name in ('one', 'two', 'three'):
        with book.record(name):
            pass
    age(book.reads, *book.all()[:2])
    assert cli.main(['actions', 'purge', book.url, '--pause', '0']) == 0
    assert capsys.readouterr().out.endswith('0 actions deleted.\n')
    assert cli.main([
        'actions', 'purge', '--older-than', '864000', '--batch', '1',
        '--pause', '0']) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == ['1 so far', '2 so far', '2 actions deleted.']
    assert book.action.action == 'three'
    assert cli.main([
        'actions', 'purge', book.url, '--older-than', '0', '--quiet']) == 0
    assert capsys.readouterr().out == '1 action deleted.\n'
    assert book.all() == []


def test_sweep_lists_what_is_lost_once(book, capsys):
    with book.record():
        lapse(book.reads, book.action)
        assert cli.main(['actions', 'sweep', '--batch', '10']) == 0
    assert capsys.readouterr().out.splitlines() == [
        f'VOLUME vol-1: extend of {ASKED}', '1 action lost.']
    assert cli.main(['actions', 'sweep', book.url]) == 0
    assert capsys.readouterr().out == '0 actions lost.\n'


def test_a_store_is_named_as_it_is_in_python(capsys):
    assert cli.main([
        'actions', 'sweep', 'test_actions_command:BOOK.actions']) == 0
    assert capsys.readouterr().out == '0 actions lost.\n'


@pytest.mark.parametrize('arguments', [
    ['sweep'], ['sweep', 'nothing'], ['sweep', 'no.such:thing'],
    ['sweep', 'test_actions_command:NOT_CALLED'], ['sweep', 'oracle://x/y'],
    ['sweep', 'memory', '--batch', '0'],
    ['purge', 'memory', '--older-than', '-1'],
    ['purge', 'memory', '--batch', '0'], ['purge', 'memory', '--pause', '-1'],
    ['purge', 'memory', '--older-than', 'nan']])
def test_a_wrong_use_is_2_and_says_why(monkeypatch, capsys, arguments):
    monkeypatch.delenv(retention.VARIABLE, raising=False)
    assert cli.main(['actions', *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ''
    assert said.err.startswith(f'errorkit actions {arguments[0]}: ')
    assert len(said.err.splitlines()) == 1


def test_a_store_that_fails_is_1_and_shows_no_password(tmp_path, capsys):
    url = f'sqlite:///{tmp_path / "none.sqlite"}'
    assert cli.main(['actions', 'sweep', url]) == 1
    assert 'the store failed' in capsys.readouterr().err
    url = 'postgresql://u:hunter2@127.0.0.1:1/x'
    assert cli.main(['actions', 'sweep', url]) == 1
    assert 'hunter2' not in capsys.readouterr().err


def test_the_options_are_explained(capsys):
    for arguments in (['actions'], ['actions', 'purge'],
                      ['actions', 'sweep']):
        with pytest.raises(SystemExit) as caught:
            cli.main([*arguments, '--help'])
        assert caught.value.code == 0
        assert 'usage: errorkit actions' in capsys.readouterr().out
    assert 'test_actions_command' in sys.modules


@pytest.fixture
def service(book, monkeypatch):
    """Put a recorder, or what else, into a module; gives its name."""
    def put(found):
        made = types.ModuleType('service_of_commands')
        made.FOUND = found
        monkeypatch.setitem(sys.modules, made.__name__, made)
        return f'{made.__name__}:FOUND'

    return put


def lose(book, number):
    """Start actions, and let their leases end."""
    for one in range(number):
        book.actions.start(asked(), f'act {one}', 'VOLUME', 'vol-1',
                           on_failure=UNABLE_TO_ALLOCATE)
    lapse(book.reads, *book.all())


def test_a_sweep_for_a_service_tells_its_owners_and_its_observers(
        book, service, capsys):
    lose(book, 3)
    assert cli.main(['actions', 'sweep', service(book.actions)]) == 0
    # Without a flush here: the command has ended when all is told.
    assert [one.resource_uuid for one in book._told] == ['vol-1'] * 3
    assert book.texts == [(str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)] * 3
    said = capsys.readouterr()
    assert said.err == ''
    assert len(said.out.splitlines()) == 4
    assert cli.main(['actions', 'sweep', service(book.actions)]) == 0
    assert len(book.told) == len(book.texts) == 3


def test_no_observer_is_told_more_than_its_queue_holds(
        book, service, monkeypatch):
    monkeypatch.setattr(courier, 'QUEUE_SIZE', 2)
    monkeypatch.setattr(command, '_UNTOLD', 2)
    lose(book, 7)
    assert cli.main(['actions', 'sweep', service(book.actions)]) == 0
    assert len(book._told) == 7


def test_an_observer_that_hangs_is_named_and_not_waited_for_twice(
        book, service, monkeypatch, capsys):
    monkeypatch.setattr(command, '_UNTOLD', 1)
    monkeypatch.setattr(command, '_PATIENCE', 0)
    released = threading.Event()

    def hanging(record):
        released.wait(30)

    lose(book, 3)
    actions = Actions(book.reads, observers=[hanging])
    try:
        assert cli.main(['actions', 'sweep', service(actions)]) == 0
    finally:
        released.set()
    said = capsys.readouterr()
    [line] = said.err.splitlines()
    assert line.startswith('errorkit actions sweep: not all is told')
    assert 'hanging' in line
    assert said.out.endswith('3 actions lost.\n')


@pytest.mark.parametrize('found', ['address', 'store', 'memory'])
def test_a_sweep_that_tells_nobody_says_so(book, service, capsys, found):
    lose(book, 1)
    name = {'address': book.url, 'store': service(book.reads),
            'memory': 'memory'}[found]
    assert cli.main(['actions', 'sweep', name]) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f'errorkit actions sweep: {NOBODY}; ')
    assert book.texts == []


def test_what_is_lost_is_said_once_and_what_else_is_wrong_in_a_line(tmp_path):
    (tmp_path / 'run.py').write_text(PROGRAM)
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    done = subprocess.run(
        [sys.executable, str(tmp_path / 'run.py'),
         f'{here}:{os.path.dirname(here)}'],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, 'PYTHONPATH': root})
    assert (done.returncode, done.stdout.splitlines()) == (
        0, [f'VOLUME vol-1: extend of {ASKED}', '1 action lost.'])
    # Its parameters are known when there is a failure, and here is none.
    [line] = done.stderr.splitlines()
    assert line.startswith(
        'errorkit actions sweep: no user message for lost action ')
    assert f' of request {ASKED} on VOLUME vol-1: ' in line


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('action', ['purge', 'sweep'])
def test_tables_that_are_missing_are_a_line_that_says_what_makes_them(
        tmp_path, capsys, caplog, kind, action):
    with empty(kind, tmp_path) as url:
        run(url, 'CREATE TABLE of_the_service (id INTEGER)')
        assert cli.main(['actions', action, url]) == 1
        said = capsys.readouterr()
        assert said.out == ''
        [line] = said.err.splitlines()
        assert line.endswith("; run 'errorkit db upgrade --url …'")
        assert 'SELECT' not in line and 'DELETE' not in line
        assert caplog.records == []


@pytest.mark.parametrize('action', ['purge', 'sweep'])
@pytest.mark.parametrize('is_ours', [True, False])
def test_a_file_that_is_not_there_is_named_and_not_made(
        tmp_path, service, capsys, action, is_ours):
    file = tmp_path / 'none.sqlite'
    name = f'sqlite:///{file}'
    if not is_ours:
        name = service(Actions(name))
    assert cli.main(['actions', action, name]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert f'there is no file {file}; ' in line
    assert not file.exists()


@pytest.mark.parametrize('action', ['purge', 'sweep'])
def test_a_driver_that_is_missing_is_told_with_its_extra(
        monkeypatch, capsys, action):
    monkeypatch.setitem(sys.modules, 'psycopg2', None)
    assert cli.main(['actions', action, 'postgresql://u:hunter2@h/d']) == 2
    assert capsys.readouterr().err == (
        f'errorkit actions {action}: psycopg2 is not installed. It comes '
        "with the extra: pip install 'errorkit[postgresql]'\n")


def test_a_store_of_messages_is_told_to_be_one(book, service, capsys):
    name = service(book.messages)
    assert cli.main(['actions', 'sweep', name]) == 2
    assert capsys.readouterr().err.startswith(
        f"errorkit actions sweep: STORE: '{name}' is not allowed; "
        'it is a store of messages, not of actions; ')
