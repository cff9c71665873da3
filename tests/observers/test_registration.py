# SPDX-License-Identifier: Apache-2.0
"""Observers are registered by name in paste files, and in Python."""

import configparser
import json
import logging
import os
import pathlib
import subprocess
import sys

import apps
import pytest
from apps import serve

import errorkit
from errorkit.exceptions import ConfigError
from errorkit.fault_wrap import paste_filter as fault_filter
from errorkit.observers import Counts, Observers
from errorkit.pipeline import paste_filter

ROOT = pathlib.Path(__file__).parent.parent.parent
#: How long a test waits for what must happen; it never has to.
SOON = 20
HERE = __name__


class Keeping:
    """An observer that keeps what it is told, for all of its kind."""

    told: list = []  # noqa: RUF012 - the tests empty it

    def __call__(self, record):
        self.told.append(record)


class Demanding:
    """An observer that cannot be made without an argument."""

    def __init__(self, argument):
        self.argument = argument

    def __call__(self, record):
        pass


def make():
    """Return an observer, as an entry point's factory does."""
    return Keeping()


def refuse():
    """Fail as a factory that lacks a setting."""
    raise ConfigError(HERE, 'url', None, 'allowed: a URL')


ONE = Keeping()
SEVERAL = [Keeping(), Keeping()]
OBSERVERS = Observers([Keeping(), Keeping(), Keeping()])
NONE = ()
NUMBER = 5


@pytest.fixture(autouse=True)
def _told():
    Keeping.told.clear()
    with apps.recorded():
        yield


@pytest.fixture(name='installed')
def _installed(tmp_path, monkeypatch):
    """Return a function that installs entry points of observers."""

    def install(**entries):
        folder = tmp_path / 'shop-1.0.dist-info'
        folder.mkdir()
        (folder / 'METADATA').write_text(
            'Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n')
        (folder / 'entry_points.txt').write_text(
            '[errorkit.observers]\n' + ''.join(
                f'{name} = {value}\n' for name, value in entries.items()))
        monkeypatch.syspath_prepend(tmp_path)

    return install


def filtered(observers, make_filter=paste_filter):
    """Return a failing application behind a filter of a paste file."""
    return make_filter({}, service_type='volume', observers=observers)(
        apps.raises_at_once)


def own_entries():
    """Return the entry points of observers that setup.cfg names."""
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    lines = config['options.entry_points']['errorkit.observers']
    return dict(line.split(' = ') for line in lines.strip().splitlines())


def told(application, monkeypatch):
    """Return how many observers are told of one error."""
    seen = []
    original = Observers.tell

    def tell(self, *args):
        seen.append(self)
        original(self, *args)

    monkeypatch.setattr(Observers, 'tell', tell)
    assert serve(application).code == 500
    [observers] = seen
    assert observers.flush(SOON)
    return len(Keeping.told)


@pytest.mark.parametrize('make_filter', [paste_filter, fault_filter])
@pytest.mark.parametrize(('observers', 'count'), [
    (f'{HERE}:ONE', 1),
    (f'{HERE}:Keeping', 1),
    (f'{HERE}:SEVERAL', 2),
    (f'{HERE}:OBSERVERS', 3),
    (f'{HERE}:ONE {HERE}:SEVERAL, {HERE}:OBSERVERS', 6),
    ('kept', 1),
    (f'kept\n    {HERE}:ONE\n    also_kept', 3),
])
def test_a_paste_file_names_the_observers(
        observers, count, make_filter, installed, monkeypatch):
    installed(kept=f'{HERE}:make', also_kept=f'{HERE}:Keeping')
    assert told(filtered(observers, make_filter), monkeypatch) == count


@pytest.mark.parametrize('observers', ['', '  ', f'{HERE}:NONE'])
def test_a_paste_file_may_name_none(observers):
    assert serve(filtered(observers)).code == 500
    assert Keeping.told == []


def test_an_unknown_name_is_refused_with_the_known_ones(installed):
    installed(kept=f'{HERE}:make', also_kept=f'{HERE}:Keeping')
    with pytest.raises(ConfigError) as caught:
        filtered('kept lgo')
    assert caught.value.option == 'observers'
    assert caught.value.value == 'kept lgo'
    text = str(caught.value)
    assert "'lgo' is unknown" in text
    assert 'also_kept' in text
    assert 'module:name' in text


@pytest.mark.parametrize(('observers', 'part'), [
    ('no_such_module_of_ours:x', 'no_such_module_of_ours'),
    (f'{HERE}:NO_SUCH', 'NO_SUCH'),
    (f'{HERE}:Demanding', 'argument'),
    (f'{HERE}:NUMBER', 'functions that take an ErrorRecord'),
    ('lost', 'no_such_module_of_ours'),
    ('absent', 'no_such_name'),
    ('refusing', "'url': None is not allowed; allowed: a URL"),
])
def test_what_cannot_be_loaded_is_refused_at_once(
        observers, part, installed):
    installed(lost='no_such_module_of_ours:make',
              absent=f'{HERE}:no_such_name', refusing=f'{HERE}:refuse')
    with pytest.raises(ConfigError) as caught:
        filtered(observers)
    assert caught.value.option == 'observers'
    assert part in str(caught.value)


def test_the_names_of_errorkits_own_are_in_setup_cfg():
    assert {'log', 'oslo_messaging'} <= set(own_entries())


def test_the_log_is_told_by_its_name(installed, monkeypatch):
    installed(log=own_entries()['log'])
    with apps.recorded() as records:
        application = filtered('log')
        exchange = serve(application)
        seen = []
        monkeypatch.setattr(Observers, 'tell',
                            lambda self, *args: seen.append(self))
        serve(application)
        [observers] = seen
        assert observers.flush(SOON)
        assert observers.counts() == {'notifications': Counts(told=1)}
        [record] = records.of('errorkit.observers.notify', logging.ERROR)
    kind, publisher, payload = record.getMessage().split(' ', 2)
    assert kind == 'volume.error'
    assert publisher.startswith('volume.')
    assert json.loads(payload)['request_id'] == exchange.request_id
    assert record.request_id == exchange.request_id


WITHOUT = '''
import importlib.abc, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'oslo_messaging':
            raise ImportError(f'{name} is blocked', name=name)

sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
from errorkit.pipeline import paste_filter
try:
    paste_filter({}, service_type='volume', observers='oslo_messaging')
except ValueError as exc:
    print(exc)
'''


def test_a_missing_extra_is_refused_with_the_line_for_pip(
        installed, tmp_path):
    installed(oslo_messaging=own_entries()['oslo_messaging'])
    result = subprocess.run(
        [sys.executable, '-c', WITHOUT, str(tmp_path)], text=True,
        capture_output=True, timeout=60, check=True,
        env=dict(os.environ, PYTHONPATH=str(ROOT)))
    assert "pip install 'errorkit[messaging]'" in result.stdout
    assert "option 'observers'" in result.stdout


def test_in_python_names_are_not_looked_up():
    with pytest.raises(ConfigError, match='observers'):
        errorkit.wrap(apps.a_list, service_type='volume', observers='log')
