# SPDX-License-Identifier: Apache-2.0
"""A module that somebody has left in a folder is not run by our commands."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PLANTED = 'import sys\nprint("planted", file=sys.stderr)\nraise ImportError\n'
# Python leaves the folder out of the path of an installed command.
COMMAND = [
    sys.executable, '-P', '-c',
    'import sys; from errorkit import cli; '
    'raise SystemExit(cli.main(sys.argv[1:]))']


@pytest.fixture
def command(tmp_path):
    """Return a function that runs a command in a folder with traps."""
    def run(*arguments):
        return subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, capture_output=True,
            text=True, timeout=60, check=False,
            env={**os.environ, 'PYTHONPATH': str(ROOT),
                 'PYTHONDONTWRITEBYTECODE': '1'})

    for name in ('oslo_db', 'sqlalchemy', 'pymysql', 'psycopg2', 'alembic',
                 'colorsys'):
        (tmp_path / f'{name}.py').write_text(PLANTED)
    return run


@pytest.mark.parametrize('arguments', [
    ('messages', 'purge'), ('actions', 'purge'), ('actions', 'sweep')])
@pytest.mark.parametrize('address', [
    'sqlite:///there-is-none.sqlite', 'mysql://u@127.0.0.1:1/d',
    'postgresql://u@127.0.0.1:1/d'])
def test_of_an_address_nothing_is_imported_from_the_folder(
        command, arguments, address):
    done = command(*arguments, address)
    assert 'planted' not in done.stderr
    assert 'not installed' not in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize('arguments, store', [
    (('messages', 'purge'), 'errorkit.outcomes.memory:MemoryStore'),
    (('actions', 'purge'), 'errorkit.outcomes.actions.memory:MemoryActions'),
])
def test_a_module_of_the_folder_is_found_after_what_is_installed(
        command, tmp_path, arguments, store):
    module, _, name = store.partition(':')
    (tmp_path / 'beside.py').write_text(
        f'import colorsys\nfrom {module} import {name}\nSTORE = {name}()\n')
    done = command(*arguments, 'beside:STORE')
    assert done.stderr == ''
    assert done.returncode == 0
