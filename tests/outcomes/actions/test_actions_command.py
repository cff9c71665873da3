# SPDX-License-Identifier: Apache-2.0
"""``errorkit actions``: purge and sweep, as an operator does it."""

import sys

import pytest
from action_engines import opened
from action_samples import age, lapse
from recorded import ASKED, Book
from sql_engines import empty

from errorkit import cli
from errorkit.outcomes import retention
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.sql.migrate import upgrade

BOOK = Book(MemoryActions())
NOT_CALLED = 5


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A recorder on SQLite, whose address is in the environment."""
    with empty('sqlite', tmp_path) as url:
        upgrade(url)
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
    assert capsys.readouterr().out == '1 actions deleted.\n'
    assert book.all() == []


def test_sweep_lists_what_is_lost_once(book, capsys):
    with book.record():
        lapse(book.reads, book.action)
        assert cli.main(['actions', 'sweep', '--batch', '10']) == 0
    assert capsys.readouterr().out.splitlines() == [
        f'VOLUME vol-1: extend of {ASKED}', '1 actions lost.']
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
