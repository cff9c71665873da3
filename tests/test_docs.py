# SPDX-License-Identifier: Apache-2.0
"""The documentation says what is so: its examples run, its lists are whole."""

import ast
import configparser
import importlib
import inspect
import io
import itertools
import json
import pathlib
import pkgutil
import re
import subprocess
import sys
import textwrap

import docutils.core
import pytest
import webob
from paste.deploy import loadapp

import errorkit
from errorkit import keys
from errorkit.exceptions import ConfigError

ROOT = pathlib.Path(__file__).parent.parent
SOURCE = ROOT / 'doc' / 'source'
PAGES = {path.stem: path.read_text() for path in SOURCE.glob('*.rst')}

CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / 'setup.cfg')
FILTERS = dict(
    line.split(' = ') for line in
    CONFIG['options.entry_points']['paste.filter_factory'].split('\n')
    if line)

# Sections of the options page, and the callables whose options they list.
SECTIONS = {
    'RequestId': errorkit.RequestId,
    'RequestLog': errorkit.RequestLog,
    'FaultWrapper': errorkit.FaultWrapper,
    'Context': errorkit.Context,
    'Microversion': errorkit.Microversion,
}
# Between the parts of a stack, and described as such below the lists.
INTERNAL = {'formatter', 'notes_claims'}

QUICKSTART = '''
import json, sys
sys.path.insert(0, sys.argv[1])
import quickstart, webob
answers = {}
for path in ('/', '/data', '/bug'):
    request = webob.Request.blank(path)
    request.headers['OpenStack-API-Version'] = 'volume 3.5'
    response = request.get_response(quickstart.application)
    answers[path] = [response.status_int, response.json]
print(json.dumps(answers))
'''


def blocks(language):
    """Return the code blocks of a language, each with its page's name."""
    pattern = re.compile(
        rf'^( *)\.\. code-block:: {language}\n\n((?:\1 +.*\n|\n)+)', re.M)
    return [
        pytest.param(textwrap.dedent(found[2]), id=f'{page}-{number}')
        for page, text in sorted(PAGES.items())
        for number, found in enumerate(pattern.finditer(text))]


def names():
    """Return the dotted names of errorkit that the pages mention."""
    found = set()
    for text in PAGES.values():
        found.update(re.findall(r'[:`]`(errorkit\.[\w.]+)(?:\(\))?`', text))
        found.update(re.findall(r'auto\w+:: (errorkit[\w.]*)', text))
    # A key of environ looks the same and names nothing in Python.
    return sorted(found - {value for value in vars(keys).values()
                           if isinstance(value, str)})


def listed():
    """Return the options that each section of the options page lists."""
    options = {}
    section = None
    for line, under in itertools.pairwise(PAGES['options'].split('\n')):
        if under and set(under) == {'='}:
            section = line
        found = re.match(r'   \* - ``(\w+)``$', line)
        if found:
            options.setdefault(section, set()).add(found[1])
    return options


def volumes_factory(global_conf, **local_conf):
    """Return the application that the ini files of the pages serve."""
    def volumes(environ, start_response):
        start_response('200 OK', [('Content-Length', '2')])
        return [b'ok']
    return volumes


def auth_factory(global_conf, **local_conf):
    """Return an auth layer that lets everybody in."""
    return lambda application: application


@pytest.mark.parametrize('section', SECTIONS)
def test_the_options_page_lists_every_option_of_a_part(section):
    parameters = inspect.signature(SECTIONS[section]).parameters.values()
    options = {parameter.name for parameter in parameters
               if parameter.kind is parameter.KEYWORD_ONLY}
    assert listed()[section] == options - INTERNAL


def test_the_options_page_lists_every_option_of_the_stack():
    options = set(inspect.signature(errorkit.wrap).parameters)
    assert set().union(*listed().values()) == options - {'application'}


# Observers have pages of their own.
@pytest.mark.parametrize(
    'name', [name for name, place in FILTERS.items()
             if not place.startswith('errorkit.observers')])
def test_the_options_page_lists_every_option_of_a_filter(name):
    module, _, attribute = FILTERS[name].partition(':')
    factory = getattr(importlib.import_module(module), attribute)
    with pytest.raises(ConfigError) as caught:
        factory({}, nonsense='1')
    options = set(re.findall(r'\w+', caught.value.allowed.split(':')[1]))
    documented = set().union(*listed().values())
    assert options
    assert options <= documented


@pytest.mark.parametrize('name', errorkit.__all__)
def test_the_reference_has_every_public_name(name):
    assert re.search(rf':: errorkit\.{name}\b', PAGES['reference'])


@pytest.mark.parametrize('name', names())
def test_a_name_that_a_page_mentions_exists(name):
    assert pkgutil.resolve_name(name) is not None


@pytest.mark.parametrize('source', blocks('python'))
def test_a_python_block_of_a_page_is_python(source):
    assert ast.parse(source).body


@pytest.mark.parametrize('source', blocks('ini'))
def test_an_ini_block_of_a_page_makes_a_pipeline(source, tmp_path):
    ini = tmp_path / 'volumes.ini'
    ini.write_text(source + textwrap.dedent(f'''
        [app:volumes]
        paste.app_factory = {__name__}:volumes_factory

        [filter:authtoken]
        paste.filter_factory = {__name__}:auth_factory
        '''))
    application = loadapp(f'config:{ini}', name='main')
    request = webob.Request.blank('/')
    request.headers['OpenStack-API-Version'] = 'volume 3.7'
    response = request.get_response(application)
    assert response.body == b'ok'
    assert response.headers['OpenStack-API-Version'] == 'volume 3.7'
    assert response.headers['X-Openstack-Request-Id'].startswith('req-')


def test_the_quickstart_answers_as_its_page_says():
    done = subprocess.run(
        [sys.executable, '-c', QUICKSTART, str(SOURCE)], cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=True)
    answers = json.loads(done.stdout)
    assert answers['/'] == [200, {'volumes': []}]
    status, body = answers['/data']
    error = body['errors'][0]
    assert (status, error['code'], error['title'], error['detail']) == (
        409, 'volume.name_exists', 'Name exists',
        'A volume named <data> exists.')
    status, body = answers['/bug']
    assert status == 500
    assert 'a mistake in the service' not in json.dumps(body)
    log = done.stderr
    assert 'a mistake in the service' in log
    assert body['errors'][0]['request_id'] in log


@pytest.mark.parametrize('name', [
    'README.rst', 'CONTRIBUTING.rst', 'examples/volumes/README.rst'])
def test_a_page_outside_the_documentation_is_sound_markup(name):
    told = io.StringIO()
    docutils.core.publish_doctree(
        (ROOT / name).read_text(), settings_overrides={
            'warning_stream': told, 'report_level': 1})
    assert told.getvalue() == ''
