# SPDX-License-Identifier: Apache-2.0
"""The ``errorkit`` command: its subcommands, its exits, what may be absent."""

import configparser
import importlib
import pathlib
import subprocess
import sys
import types

import pytest
from test_layers import APART, LAYERS, room_of

from errorkit import cli

ROOT = pathlib.Path(__file__).parent.parent
ABSENT = '''
import sys


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'jsonschema':
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)


sys.meta_path.insert(0, Blocker())
from errorkit.cli import main
sys.exit(main(sys.argv[1:]))
'''


def start(*arguments, code=None):
    """Run the command in a new Python."""
    program = ['-m', 'errorkit'] if code is None else ['-c', code]
    return subprocess.run(
        [sys.executable, *program, *arguments], cwd=ROOT, text=True,
        capture_output=True, timeout=60, check=False)


def run(capsys, *arguments):
    """Run the command here; return its exit status, stdout and stderr."""
    try:
        status = cli.main(arguments)
    except SystemExit as exc:
        status = exc.code
    return status, *capsys.readouterr()


def test_the_command_is_installed_under_its_name():
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    scripts = config['options.entry_points']['console_scripts']
    assert scripts.strip() == 'errorkit = errorkit.cli:main'


def test_the_package_runs_as_the_command():
    done = start('check', '--list')
    assert done.returncode == 0, done.stderr
    assert 'id.present' in done.stdout


def test_help_names_every_subcommand(capsys):
    status, out, _ = run(capsys, '--help')
    assert status == 0
    for command in cli.COMMANDS:
        assert command.name in out
        assert command.help in ' '.join(out.split())


def test_no_subcommand_is_a_wrong_use(capsys):
    status, out, err = run(capsys)
    assert (status, out) == (2, '')
    assert err.startswith('usage: errorkit')


def test_an_unknown_subcommand_is_a_wrong_use(capsys):
    status, out, err = run(capsys, 'bake')
    assert (status, out) == (2, '')
    assert "'bake'" in err


def test_the_version_is_printed(capsys):
    status, out, _ = run(capsys, '--version')
    assert status == 0
    assert out.startswith('errorkit ')


@pytest.mark.parametrize('command', cli.COMMANDS, ids=lambda it: it.name)
def test_a_subcommand_has_a_room_with_its_two_functions(command):
    room = importlib.import_module(command.room)
    assert callable(room.configure)
    assert callable(room.main)
    name = command.room.removeprefix('errorkit.')
    assert room_of(name, {**LAYERS, **APART}) is not None


@pytest.mark.parametrize('command', [
    item for item in cli.COMMANDS if item.extra], ids=lambda it: it.name)
def test_an_extra_that_a_subcommand_needs_exists(command):
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    assert command.extra in config['options.extras_require']


def test_without_its_extra_a_subcommand_says_what_to_install():
    done = start('check', 'http://localhost/', code=ABSENT)
    assert done.returncode == 2
    assert done.stdout == ''
    assert done.stderr == (
        'errorkit check: jsonschema is not installed. It comes with the '
        "extra: pip install 'errorkit[testing]'\n")


def test_without_an_extra_the_help_is_there_all_the_same():
    done = start('--help', code=ABSENT)
    assert done.returncode == 0
    assert 'check' in done.stdout


def test_a_fault_of_ours_is_not_taken_for_a_missing_extra(monkeypatch):
    broken = cli.Command('bake', 'errorkit.no_such_room', 'testing', 'bake')
    monkeypatch.setattr(cli, 'COMMANDS', (broken,))
    with pytest.raises(ImportError, match='no_such_room'):
        cli.main(['bake'])


def test_one_entry_adds_a_subcommand(capsys, monkeypatch):
    room = types.ModuleType('errorkit_bakery')
    room.configure = lambda parser: parser.add_argument('--degrees', type=int)

    def main(options):
        print(f'baked at {options.degrees}')
        return 3
    room.main = main
    monkeypatch.setitem(sys.modules, 'errorkit_bakery', room)
    added = cli.Command('bake', 'errorkit_bakery', '', 'make bread')
    monkeypatch.setattr(cli, 'COMMANDS', (*cli.COMMANDS, added))
    assert run(capsys, 'bake', '--degrees', '220') == (
        3, 'baked at 220\n', '')


def test_a_reader_that_has_seen_enough_ends_the_command_quietly():
    done = subprocess.run(
        f'{sys.executable} -m errorkit check --list | head -n 0', cwd=ROOT,
        shell=True, text=True, capture_output=True, timeout=60, check=False)
    assert done.stderr == ''


def test_an_interrupt_ends_the_command_quietly(capsys, monkeypatch):
    def main(options):
        raise KeyboardInterrupt
    room = types.SimpleNamespace(configure=lambda parser: None, main=main)
    monkeypatch.setitem(sys.modules, 'errorkit_slow', room)
    monkeypatch.setattr(cli, 'COMMANDS', (
        cli.Command('wait', 'errorkit_slow', '', 'wait'),))
    assert run(capsys, 'wait') == (130, '', '')
