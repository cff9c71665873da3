# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: F811
"""The tables are made, brought up to date, compared; and by one at a time."""

import sys
import threading

import pytest
from alembic.script import ScriptDirectory
from sql_engines import (  # noqa: F401
    KINDS,
    bare,
    empty,
    empty_url,
    ids,
    opened,
    run,
    store,
    tables,
    url,
)
from sql_samples import sample

from errorkit import cli
from errorkit.outcomes.sql import command, migrate

VERSIONS = [found.revision for found in ScriptDirectory.from_config(
    migrate._config()).walk_revisions()]
# What is in the tables of a version, in that version's own words.
ROWS = {
    '0001': (
        'INSERT INTO errorkit_messages (id, project_id, event_id, '
        'message_level, created_at, expires_at, params) VALUES '
        "('one', 'blue', 'E', 'ERROR', '2026-01-02 03:04:05.678901', "
        "'2026-02-01 03:04:05.678901', '{}')"),
}
# This version has added tables beside it.
ROWS['0002'] = ROWS['0001']


@pytest.mark.parametrize('version', VERSIONS)
def test_the_tables_of_every_version_become_those_of_the_newest(
        empty_url, version):
    migrate.upgrade(empty_url, version)
    assert migrate.current(empty_url) == version
    run(empty_url, ROWS[version])
    assert migrate.upgrade(empty_url) == (version, migrate.newest())
    assert migrate.check(empty_url) == []
    with opened(empty_url) as store:
        found = store.get('blue', 'one')
    assert found.created_at == sample().created_at


@pytest.mark.parametrize('kind', KINDS)
def test_the_tables_that_other_tests_get_are_those_of_the_newest(
        tmp_path, kind):
    for name in ('made', 'copied'):
        folder = tmp_path / name
        folder.mkdir()
        with empty(kind, folder) as found:
            tables(found)
            assert migrate.check(found) == []
            assert migrate.current(found) == migrate.newest()


def test_a_version_that_broke_off_half_way_goes_on(empty_url):
    migrate.upgrade(empty_url)
    run(empty_url, 'DROP TABLE errorkit_alembic_version')
    with bare(empty_url) as connection:
        on = (' ON errorkit_messages'
              if connection.dialect.name == 'mysql' else '')
    run(empty_url, f'DROP INDEX errorkit_messages_request{on}')
    assert migrate.upgrade(empty_url) == (None, migrate.newest())
    assert migrate.check(empty_url) == []


def test_several_hosts_may_upgrade_at_once(empty_url):
    outcomes = []
    threads = [
        threading.Thread(
            target=lambda: outcomes.append(migrate.upgrade(empty_url)))
        for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = migrate.newest()
    assert sorted(outcomes, key=str) == sorted(
        [(None, newest), (newest, newest), (newest, newest)], key=str)
    assert migrate.check(empty_url) == []


@pytest.mark.parametrize(('statement', 'word'), [
    ('DROP TABLE errorkit_messages', 'errorkit_messages'),
    ('ALTER TABLE errorkit_messages ADD COLUMN extra INTEGER', 'extra'),
    ('CREATE INDEX surplus ON errorkit_messages (event_id)', 'surplus'),
])
def test_a_difference_is_found(url, statement, word):
    run(url, statement)
    found = migrate.check(url)
    assert word in found[0]


def test_a_narrower_column_is_found(tmp_path):
    with empty('mysql', tmp_path) as found:
        migrate.upgrade(found)
        run(found, 'ALTER TABLE errorkit_messages MODIFY user_id VARCHAR(9)')
        [line] = migrate.check(found)
        assert 'user_id' in line


@pytest.mark.parametrize(('kind', 'statement', 'words'), [
    ('mysql', 'ALTER TABLE errorkit_messages MODIFY event_id VARCHAR(255) '
     'COLLATE utf8mb4_general_ci NOT NULL',
     'event_id: collation None, not utf8mb4_nopad_bin'),
    ('mysql', 'ALTER TABLE errorkit_messages MODIFY created_at DATETIME '
     'NOT NULL', 'created_at: fsp None, not 6'),
    ('postgresql', 'ALTER TABLE errorkit_messages ALTER event_id TYPE '
     'VARCHAR(255) COLLATE "POSIX"',
     'event_id VARCHAR(255) COLLATE "POSIX"'),
])
def test_another_way_to_compare_is_found(
        tmp_path, kind, statement, words):
    with empty(kind, tmp_path) as found:
        migrate.upgrade(found)
        run(found, statement)
        [line] = migrate.check(found)
        assert words in line


def test_the_tables_live_beside_those_of_a_service(empty_url):
    run(empty_url,
        'CREATE TABLE alembic_version (version_num VARCHAR(32))',
        "INSERT INTO alembic_version VALUES ('theirs')",
        'CREATE TABLE volumes (name VARCHAR(10))')
    migrate.upgrade(empty_url)
    assert migrate.check(empty_url) == []
    with bare(empty_url) as connection:
        assert connection.exec_driver_sql(
            'SELECT version_num FROM alembic_version').scalar() == 'theirs'


@pytest.fixture
def errorkit(monkeypatch):
    """The command line, with this room."""
    monkeypatch.setattr(cli, 'COMMANDS', (cli.Command(
        'db', 'errorkit.outcomes.sql.command', 'db', 'tables'),))
    return cli.main


def test_the_command_makes_and_checks_and_tells(empty_url, errorkit, capsys):
    run(empty_url, 'CREATE TABLE of_the_service (id INTEGER)')
    assert errorkit(['db', 'check', '--url', empty_url]) == 1
    assert errorkit(['db', 'current', '--url', empty_url]) == 1
    assert errorkit(['db', 'upgrade', '--url', empty_url]) == 0
    assert errorkit(['db', 'upgrade', '--url', empty_url]) == 0
    assert errorkit(['db', 'check', '--url', empty_url]) == 0
    assert errorkit(['db', 'current', '--url', empty_url]) == 0
    said = capsys.readouterr()
    assert said.err == ''
    newest = migrate.newest()
    assert said.out.splitlines() == [
        f'the tables are at no version, this errorkit works with {newest}',
        'no tables', f'no tables -> {newest}', f'{newest}: nothing to do',
        f'{newest}: good', newest]


def test_the_address_may_come_from_the_environment(
        tmp_path, errorkit, monkeypatch, capsys):
    monkeypatch.delenv(command.VARIABLE, raising=False)
    assert errorkit(['db', 'current']) == 2
    assert command.VARIABLE in capsys.readouterr().err
    monkeypatch.setenv(command.VARIABLE, f'sqlite:///{tmp_path}/x.sqlite')
    assert errorkit(['db', 'upgrade']) == 0
    assert errorkit(['db', 'current']) == 0


@pytest.mark.parametrize('address', [
    'postgresql://u:hunter2@127.0.0.1:1/d', 'mysql://u:hunter2@127.0.0.1:1/d',
    'sqlite:////dev/null/x', 'sqlite://u:hunter2@h/d',
    'oracle://u:hunter2@h/d', 'u:hunter2'])
def test_a_database_that_says_no_is_one_line_without_the_password(
        errorkit, capsys, address):
    assert errorkit(['db', 'upgrade', '--url', address]) == 2
    said = capsys.readouterr()
    assert said.out == ''
    assert said.err.count('\n') == 1
    assert said.err.startswith('errorkit db: ')
    assert 'hunter2' not in said.err


@pytest.mark.parametrize('action', ['check', 'current'])
@pytest.mark.parametrize('form', ['sqlite:///{}', 'sqlite:///file:{}?uri=1'])
def test_a_file_that_is_not_there_is_named_and_made_by_upgrade_alone(
        tmp_path, errorkit, capsys, action, form):
    file = tmp_path / 'store.sqlite'
    address = form.format(file)
    assert errorkit(['db', action, '--url', address]) == 2
    said = capsys.readouterr()
    assert said.out == ''
    assert said.err == (
        f'errorkit db: there is no file {file}; '
        "'errorkit db upgrade --url …' makes it\n")
    assert not file.exists()
    assert errorkit(['db', 'upgrade', '--url', address]) == 0
    assert errorkit(['db', action, '--url', address]) == 0


def test_a_file_below_a_file_is_not_there_either(tmp_path, errorkit, capsys):
    (tmp_path / 'x').touch()
    url = f'sqlite:///{tmp_path}/x/store.sqlite'
    assert errorkit(['db', 'current', '--url', url]) == 2
    assert 'there is no file' in capsys.readouterr().err


@pytest.mark.parametrize(('address', 'module', 'extra'), [
    ('postgresql://u:hunter2@h/d', 'psycopg2', 'errorkit[postgresql]'),
    ('mysql://u:hunter2@h/d', 'pymysql', 'errorkit[mysql]')])
def test_a_driver_that_is_missing_is_told_with_its_extra(
        monkeypatch, errorkit, capsys, address, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    assert errorkit(['db', 'current', '--url', address]) == 2
    assert capsys.readouterr().err == (
        f'errorkit db: {module} is not installed. It comes with the extra: '
        f"pip install '{extra}'\n")
