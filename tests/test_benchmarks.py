# SPDX-License-Identifier: Apache-2.0
"""The benchmarks start, check their contenders and print; nothing is timed."""

import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import wsgiref.util

import pytest
import webob.exc

ROOT = pathlib.Path(__file__).parent.parent
BENCHMARKS = ROOT / 'benchmarks'
SCENARIOS = ('a', 'b', 'b-oslo', 'b2', 'c', 'c2', 'd', 'e')
PLACEMENT = 'placement, lean stack'
OSLO = 'oslo.middleware RequestId'

# In place of the peer, so that the tests need none: it does the same job.
PEER = '''
import uuid


class RequestId:
    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        def start(status, headers, exc_info=None):
            made = f'req-{uuid.uuid4()}'
            headers.append(('x-openstack-request-id', made))
            return start_response(status, headers)
        return self.application(environ, start)
'''

# Runs compare.py with one function of the adapter replaced.
BROKEN = '''
import sys
sys.path.insert(0, sys.argv.pop(1))
import adapter
adapter.{0} = lambda app: {1}
import compare
sys.exit(compare.main())
'''


@pytest.fixture
def folder(tmp_path):
    """A folder on the programs' path in which no peer is installed."""
    for module in ('oslo_middleware', 'placement'):
        absent(tmp_path, module)
    return tmp_path


def absent(folder, module):
    """Make a module fail as one that is not installed does."""
    (folder / f'{module}.py').write_text(
        f'raise ModuleNotFoundError("no {module} here", name={module!r})\n')


def put_peer(folder, text):
    """Install a package oslo_middleware with this module request_id."""
    (folder / 'oslo_middleware.py').unlink()
    (folder / 'oslo_middleware').mkdir()
    (folder / 'oslo_middleware' / '__init__.py').touch()
    (folder / 'oslo_middleware' / 'request_id.py').write_text(text)


def run(folder, *arguments):
    """Run Python with these arguments; return what came of it."""
    path = [str(folder), str(ROOT), os.environ.get('PYTHONPATH', '')]
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, text=True,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, path))},
        capture_output=True, timeout=120, check=False)


def compare(folder, *arguments):
    """Run compare.py for as short a time as it can; return its output."""
    done = run(folder, BENCHMARKS / 'compare.py', '--seconds', '0',
               *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(output):
    """Return the table: for each scenario what is compared, and the line."""
    table = {}
    for line in output.splitlines():
        if match := re.match(r'(\w\S*) +\w.*\[log: ', line):
            current = table.setdefault(match[1], {})
        elif match := re.match(r'  (\S.*?)  +\d+\.\d{3}', line):
            current[match[1]] = line
    return table


def test_without_peers_errorkit_is_measured_against_the_floors(folder):
    table = rows(compare(folder))
    assert tuple(table) == SCENARIOS
    for key, lines in table.items():
        expected = ['floor'] + ['the bare application'] * (key == 'e')
        assert list(lines) == expected


def test_a_missing_peer_is_named_with_its_scenario_and_module(folder):
    output = compare(folder)
    said = [line for line in output.splitlines() if line.startswith('#   ')]
    assert [line.removeprefix('#   ') for line in said] == [
        f'a: {OSLO} (no oslo_middleware here)',
        f'b: {PLACEMENT} (no placement here)',
        f'b-oslo: {PLACEMENT} (no placement here)',
        f'b2: {PLACEMENT} (no placement here)',
        'c: placement wsgify (no placement here)',
        f'c2: {PLACEMENT} (no placement here)',
        'd: placement FaultWrapper (no placement here)',
        'd: oslo.middleware CatchErrors (no oslo_middleware here)']


def test_without_oslo_log_its_scenario_says_so_and_the_rest_runs(folder):
    absent(folder, 'oslo_log')
    output = compare(folder, '--only', 'a,b-oslo')
    assert '#   b-oslo: oslo.log formatter (no oslo_log here)' in output
    table = rows(output)
    assert list(table['a']) == ['floor']
    assert table['b-oslo'] == {}


def test_an_installed_peer_has_a_row_with_bound_and_floor(folder):
    put_peer(folder, PEER)
    line = rows(compare(folder, '--only', 'a'))['a'][OSLO]
    assert re.search(
        r' \d+\.\d{3}  bound 0\.10 (within|OVER) +floor \d+\.\d{3}$', line)


def test_a_peer_that_does_not_do_its_job_ends_the_program(folder):
    put_peer(folder, PEER.replace('headers.append', 'str'))
    done = run(folder, BENCHMARKS / 'compare.py', '--only', 'a')
    assert done.returncode == 1
    assert done.stdout == ''
    assert f'{OSLO}: request ids []' in done.stderr


@pytest.mark.parametrize(('function', 'instead', 'scenario', 'problem'), [
    ('request_id', 'app', 'a', 'request ids []'),
    ('full_stack', 'adapter.request_id(app)', 'b', 'no microversion'),
    ('full_stack', 'adapter.request_id(app)', 'e', '0 log lines'),
    ('error_formatter', 'adapter.fault(app)', 'c', 'answer 500'),
    ('fault', 'app', 'd', "errorkit raised ValueError('no route"),
])
def test_errorkit_is_not_timed_unless_it_does_the_job(
        folder, function, instead, scenario, problem):
    program = BROKEN.format(function, instead)
    done = run(folder, '-c', program, BENCHMARKS, '--only', scenario)
    assert done.returncode == 1
    assert 'Not timed' in done.stderr
    assert problem in done.stderr


def test_repeated_runs_give_the_medians_of_fresh_processes(folder):
    put_peer(folder, PEER)
    results = folder / 'results.json'
    output = compare(folder, '--only', 'a', '--repeat', '3',
                     '--json', results)
    found = json.loads(results.read_text())
    runs = [one['scenarios']['a']['ratios'] for one in found['runs']]
    assert len(runs) == found['processes'] == 3
    for place, row in enumerate(found['scenarios']['a']['ratios']):
        ratios = sorted(one[place]['ratio'] for one in runs)
        assert [row['least'], row['ratio'], row['greatest']] == ratios
    for line in rows(output)['a'].values():
        assert re.search(r'\(\d+\.\d{3} to \d+\.\d{3}\)$', line)


def test_the_results_say_which_log_formatter_they_were_made_with(folder):
    found = json.loads(compare(folder, '--json', '-'))
    assert {key: one['log'] for key, one in found['scenarios'].items()} == {
        **dict.fromkeys(SCENARIOS, 'stdlib'), 'b-oslo': 'oslo.log'}


def test_an_unknown_scenario_is_answered_with_those_there_are(folder):
    done = run(folder, BENCHMARKS / 'compare.py', '--only', 'b,z')
    assert done.returncode == 2
    assert "'z'; there are a, b, b-oslo" in done.stderr


def test_the_imports_are_compared_in_new_interpreters(folder):
    done = run(folder, BENCHMARKS / 'imports.py', '--rounds', '1')
    assert done.returncode == 0, done.stderr
    assert re.search(r'^import errorkit.* +\d+\.\d ms', done.stdout, re.M)
    assert re.search(r'^ratio \d+\.\d\d, bound 2\.00', done.stdout, re.M)


@pytest.mark.server
def test_a_stream_is_measured_behind_a_server(folder):
    results = folder / 'results.json'
    done = run(folder, BENCHMARKS / 'stream.py', '--rounds', '1',
               '--responses', '1', '--chunks', '20', '--json', results)
    assert done.returncode == 0, done.stderr
    served = json.loads(results.read_text())
    assert [row['served'] for row in served] == [
        'bare', 'request id', 'whole stack']
    assert served[0]['cpu_ratio'] == served[0]['wall_ratio'] == 1
    for row in served:
        assert f'{row["served"]:14}' in done.stdout
        assert row['cpu_ms'] > 0


@pytest.fixture(scope='module')
def adapter():
    """The adapter, loaded as an outside program loads it."""
    spec = importlib.util.spec_from_file_location(
        'some_adapter', BENCHMARKS / 'adapter.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(application, **extra):
    """Return the status, the headers and the body of one answer."""
    environ = {'HTTP_ACCEPT': 'application/json', **extra}
    wsgiref.util.setup_testing_defaults(environ)
    started = []
    body = application(environ, lambda *args: started.extend(args))
    try:
        text = b''.join(body)
    finally:
        getattr(body, 'close', bool)()
    return started[0], dict(started[1]), text


def hello(environ, start_response):
    start_response('200 OK', [('Content-Length', '5')])
    return [b'hello']


def test_the_adapter_gives_ids_alone_with_compat_headers(adapter):
    application = adapter.request_id(hello, compat_headers=['X-Old-Id'])
    status, headers, body = ask(application)
    assert (status, body) == ('200 OK', b'hello')
    assert headers['X-Old-Id'] == headers['X-Openstack-Request-Id']
    assert 'OpenStack-API-Version' not in headers


def test_the_adapter_shows_codes_from_its_microversion_on(adapter):
    def conflict(req):
        raise webob.exc.HTTPConflict('taken', comment='placement.in_use')

    application = adapter.full_stack(adapter.handler(conflict))
    major, minor = adapter.CODES_SINCE
    shown = []
    for version in (f'{major}.{minor - 1}', f'{major}.{minor}'):
        assert version in adapter.VERSIONS
        _, headers, body = ask(
            application,
            HTTP_OPENSTACK_API_VERSION=f'{adapter.SERVICE_TYPE} {version}')
        assert headers['OpenStack-API-Version'].endswith(version)
        shown.append(json.loads(body)['errors'][0].get('code'))
    assert shown == [None, 'placement.in_use']


def test_the_adapters_fault_layer_alone_answers_a_bug(adapter):
    def fails(environ, start_response):
        raise ValueError('private')

    status, _, body = ask(adapter.fault(fails))
    assert status.startswith('500 ')
    assert json.loads(body)['errors'][0]['status'] == 500
    assert b'private' not in body


@pytest.mark.parametrize('count', [1, 3])
def test_the_adapter_answers_as_many_errors_as_asked(adapter, count):
    status, _, body = ask(adapter.multi_error(count))
    assert status.startswith('409 ')
    assert len(json.loads(body)['errors']) == count


def test_the_adapter_says_that_errorkit_is_there(adapter):
    assert adapter.available() is True
    assert adapter.NAME == 'errorkit'


def test_the_adapter_loads_where_errorkit_is_not_installed(folder):
    absent(folder, 'errorkit')
    done = run(folder, BENCHMARKS / 'compare.py')
    assert done.returncode == 2
    assert 'errorkit cannot be imported' in done.stderr
