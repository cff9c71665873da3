# SPDX-License-Identifier: Apache-2.0
"""What others may rely on: names, entry points, types, cost of the import."""

import configparser
import importlib
import importlib.metadata
import json
import pathlib
import subprocess
import sys

import pytest

import errorkit

ROOT = pathlib.Path(__file__).parent.parent
CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / 'setup.cfg')

NAMES = [
    'Catalog',
    'Context',
    'Error',
    'ErrorCode',
    'ExceptionRegistry',
    'FaultWrapper',
    'Known',
    'Microversion',
    'MultiError',
    'RequestId',
    'RequestLog',
    'client',
    'context',
    'json_error_formatter',
    'log',
    'validate',
    'validate_query',
    'wrap',
    'wsgify',
]
FILTERS = dict(
    line.split(' = ') for line in
    CONFIG['options.entry_points']['paste.filter_factory'].split('\n')
    if line)
REQUIRED = ('webob.exc', 'oslo_context.context', 'oslo_i18n',
            'microversion_parse')

PROGRAM = '''
import importlib, json, sys

before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
names = {name.partition('.')[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(names - set(sys.stdlib_module_names))))
'''


def imported_by(*modules):
    """Return the modules beyond the standard library that these import."""
    result = subprocess.run(
        [sys.executable, '-c', PROGRAM, *modules], cwd=ROOT, text=True,
        capture_output=True, timeout=60, check=True)
    return set(json.loads(result.stdout))


def test_the_front_door_has_exactly_these_names():
    assert list(errorkit.__all__) == NAMES


def test_the_public_names_are_sorted():
    assert sorted(errorkit.__all__) == list(errorkit.__all__)


@pytest.mark.parametrize('name', NAMES)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(errorkit, name).__doc__


def test_a_star_import_gives_the_public_names_and_no_others():
    names = {}
    exec('from errorkit import *', names)
    names.pop('__builtins__')
    assert sorted(names) == NAMES


def test_the_types_are_packaged():
    patterns = CONFIG['options.package_data']['errorkit'].split()
    assert 'py.typed' in patterns
    assert (ROOT / 'errorkit' / 'py.typed').is_file()


def test_every_catalog_on_disk_is_packaged():
    patterns = CONFIG['options.package_data']['errorkit'].split()
    package = ROOT / 'errorkit'
    packaged = {path for pattern in patterns
                for path in package.glob(pattern)}
    catalogs = {path for path in (package / 'locale').rglob('*')
                if path.is_file()}
    assert catalogs
    assert catalogs <= packaged


def test_the_version_is_the_one_in_setup_cfg():
    assert (importlib.metadata.version('errorkit')
            == CONFIG['metadata']['version'])


@pytest.mark.parametrize('name', FILTERS)
def test_a_paste_entry_point_resolves_to_a_filter_factory(name):
    module, _, attribute = FILTERS[name].partition(':')
    assert callable(getattr(importlib.import_module(module), attribute))


def test_the_installed_entry_points_are_those_of_setup_cfg():
    installed = importlib.metadata.distribution('errorkit').entry_points
    assert {point.name: point.value for point in
            installed.select(group='paste.filter_factory')} == FILTERS


def test_the_import_brings_in_nothing_beyond_what_is_required():
    required = imported_by(*REQUIRED)
    assert required
    assert imported_by('errorkit') - required <= {'errorkit'}
