# SPDX-License-Identifier: Apache-2.0
"""``errorkit trace``: what is typed, what is printed, how it exits."""

import bz2
import contextlib
import gzip
import io
import json
import os
import pathlib
import pty
import subprocess
import sys

import pytest
from samples import HOSTILE, request_id, story

import errorkit.trace
from errorkit import cli
from errorkit.trace.progress import Bar

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ONE, TWO, NOBODY = request_id(1), request_id(2), request_id(3)

VOLUMES = (
    f'2026-11-22 10:04:31.010 7 INFO volumes.api [- {ONE} u p] creating\n'
    f'2026-11-22 10:04:31.200 7 DEBUG keystoneauth.session [- {ONE} u p] '
    f'PUT call to quota for http://quota/r used request id {TWO}\n'
    f'2026-11-22 10:04:31.250 7 INFO errorkit.request_log [- {ONE} u p] '
    '10.0.0.1 "POST /v3/volumes" status: 409 len: 9 microversion: - '
    'time: 0.250000\n')
QUOTA = ''.join(json.dumps(line) + '\n' for line in [
    {'timestamp': '2026-11-22T10:04:31.150+00:00', 'level': 'ERROR',
     'logger': 'quota.api', 'message': f'no room {HOSTILE[0]} \x1b[31m',
     'request_id': TWO, 'global_request_id': ONE},
    {'timestamp': '2026-11-22T10:04:31.180+00:00', 'level': 'INFO',
     'logger': 'errorkit.request_log', 'message': '10.0.0.2 "PUT /r" status: '
     '409 len: 9 microversion: - time: 0.080000', 'request_id': TWO,
     'global_request_id': ONE, 'code': 'quota.exceeded', 'status': 409}])


@pytest.fixture
def logs(tmp_path):
    """A folder with the logs of two services, one of them packed."""
    folder = tmp_path / 'logs'
    folder.mkdir()
    (folder / 'volumes.log').write_text(VOLUMES)
    (folder / 'quota.log.1.gz').write_bytes(gzip.compress(QUOTA.encode()))
    return folder


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command here; give its exit status, stdout and stderr."""
    monkeypatch.setenv('COLUMNS', '120')

    def ran(*arguments):
        try:
            status = cli.main(['trace', *map(str, arguments)])
        except SystemExit as exc:
            status = exc.code
        return status, *capsys.readouterr()

    return ran


def test_an_id_gives_the_tree(run, logs):
    status, out, err = run(ONE, logs)
    assert (status, err) == (0, '')
    lines = out.splitlines()
    assert lines[0] == ONE
    assert lines[1] == '2 requests, 2 services, 0.250 s, 2 failed'
    assert f'failed first: quota {TWO}' in lines
    assert any('409 volumes POST /v3/volumes' in line for line in lines)
    assert any('409 └─ quota PUT /r quota.exceeded' in line for line in lines)
    assert any(r'ERROR no room </script>' in line for line in lines)
    assert '\x1b' not in out


@pytest.mark.parametrize('wanted', [ONE, TWO])
def test_the_id_of_the_callee_gives_the_same_tree(run, logs, wanted):
    out = json.loads(run('--json', wanted, logs)[1])
    assert out['id'] == wanted
    assert [span['request_id'] for span in out['spans']] == [ONE, TWO]


def test_files_can_be_named_one_by_one(run, logs):
    status, out, _ = run(
        TWO, logs / 'volumes.log', logs / 'quota.log.1.gz')
    assert status == 0
    assert '2 requests' in out


def test_the_graph_is_printed(run, logs):
    status, out, _ = run('--dot', ONE, logs)
    assert status == 0
    assert out.startswith('digraph')


def test_the_page_is_written(run, logs, tmp_path):
    status, out, err = run('--html', tmp_path / 'page.html', ONE, logs)
    assert (status, out) == (0, '')
    assert err == f'errorkit trace: {tmp_path}/page.html is written\n'
    page = (tmp_path / 'page.html').read_text()
    assert page.startswith('<!DOCTYPE html>')
    assert page.count('</script') == 2


def test_a_page_that_cannot_be_written_is_said(run, logs, tmp_path):
    status, out, err = run('--html', tmp_path / 'no' / 'page.html', ONE, logs)
    assert (status, out) == (2, '')
    assert 'cannot be written: No such file' in err


def test_the_page_goes_to_the_standard_output_too(logs):
    done = start('--html', '-', ONE, logs)
    assert done.returncode == 0
    assert done.stdout.startswith(b'<!DOCTYPE html>')
    assert done.stdout.endswith(b'</html>\n')


def start(*arguments, **options):
    """Run the command in a new Python."""
    return subprocess.run(
        [sys.executable, '-m', 'errorkit', 'trace', *map(str, arguments)],
        cwd=ROOT, timeout=60, check=False,
        **{'capture_output': True, **options})


def test_logs_are_read_from_the_standard_input(logs):
    done = start(ONE, '-', input=VOLUMES.encode())
    assert done.returncode == 0, done.stderr
    assert '1 without logs' in done.stdout.decode()


def test_any_encoding_of_the_terminal_will_do(logs):
    env = {**os.environ, 'PYTHONIOENCODING': 'ascii', 'COLUMNS': '80'}
    done = start(ONE, logs, env=env)
    assert done.returncode == 0, done.stderr
    assert b'`- quota' in done.stdout


def test_whoever_stops_reading_hears_no_complaint(logs):
    for _ in range(12):
        with (logs / 'volumes.log').open('a') as file:
            file.write(VOLUMES * 50)
    process = subprocess.Popen(
        [sys.executable, '-m', 'errorkit', 'trace', '--json', ONE, str(logs)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    with process.stderr as stderr:
        assert stderr.read() == b''
    assert process.wait(60) == 141


def test_an_id_that_nothing_knows_is_said(run, logs):
    status, out, err = run(NOBODY, logs)
    assert (status, out) == (1, '')
    assert f'nothing is known of {NOBODY} in 2 files' in err
    assert 'INFO' in err


@pytest.mark.parametrize('bad', [
    'foo', 'req-', ONE.upper(), f'{ONE}\n', f'{ONE},{TWO}', 'volumes.log'])
def test_an_id_that_is_none_is_named(run, logs, bad):
    status, out, err = run(bad, logs)
    assert (status, out) == (2, '')
    assert f'{bad!a} is no id' in err


def test_a_file_that_is_not_there_is_named(run, logs):
    status, out, err = run(ONE, logs, logs / 'no\x1b[31m.log')
    assert (status, out) == (2, '')
    assert r'no\x1b[31m.log' in err
    assert 'is not there' in err


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_read(run, logs):
    broken = logs / 'broken.log.gz'
    broken.write_bytes(gzip.compress(b'x' * 1000)[:10])
    status, out, err = run(ONE, logs)
    assert status == 0
    assert '2 requests' in out
    assert f'not read: {broken}: the file is cut short: ' in err


def test_a_file_that_is_read_in_part_is_not_called_unread(run, logs):
    packed = gzip.compress(QUOTA.encode())
    (logs / 'quota.log.1.gz').write_bytes(packed[:-9])
    status, out, err = run(ONE, logs)
    assert status == 0
    assert '2 requests' in out
    assert err.startswith(
        f'errorkit trace: read in part: {logs}/quota.log.1.gz: '
        'the file is cut short: ')


def test_a_log_packed_with_bzip2_is_read(run, logs):
    (logs / 'quota.log.1.gz').unlink()
    (logs / 'quota.log.1.bz2').write_bytes(bz2.compress(QUOTA.encode()))
    status, out, err = run(ONE, logs)
    assert (status, err) == (0, '')
    assert '2 requests' in out


def test_a_log_packed_in_a_way_that_is_not_read_is_named(run, tmp_path):
    log = tmp_path / 'a.log'
    log.write_bytes(b'PK\x03\x04' + bytes(99))
    assert run(ONE, log) == (
        2, '',
        f'errorkit trace: not read: {log}: it is packed with zip, which '
        'errorkit trace does not read\n'
        'errorkit trace: nothing could be read\n')


@pytest.mark.parametrize(('arguments', 'said'), [
    ([], 'an id is needed'),
    ([ONE], 'a log file or a folder is needed'),
    (['--errors'], 'a log file or a folder is needed'),
    (['--errors', '--html', 'x', '.'], '--errors is a list'),
    (['--errors', '--dot', '.'], '--errors is a list'),
    (['--errors', '--limit', '0', '.'], '--limit'),
    (['--errors', '--limit', 'x', '.'], '--limit'),
    (['--opensearch', 'http://x', ONE, '.'], 'one of them'),
    (['--dot', '--json', ONE, '.'], 'not allowed with'),
])
def test_wrong_use_is_told(run, arguments, said):
    status, out, err = run(*arguments)
    assert (status, out) == (2, '')
    assert said in err


def test_failures_are_listed_by_their_code(run, logs):
    status, out, err = run('--errors', logs)
    assert (status, err) == (0, '')
    assert out.splitlines() == [
        'status 409  1 request',
        '  2026-11-22 10:04:31.250+00:00  409  volumes  POST /v3/volumes  '
        + ONE,
        '',
        'quota.exceeded  1 request',
        f'  2026-11-22 10:04:31.180+00:00  409  quota  PUT /r  {TWO}',
        r'      no room </script><script>window.broken = 1</script> \x1b[31m',
    ]


def test_the_newest_failures_are_listed_and_the_others_counted(run, tmp_path):
    log = tmp_path / 'a.log'
    log.write_text(''.join(
        f'2026-11-22 10:04:{number:02}.000 7 INFO errorkit.request_log '
        f'[- {request_id(number)} u p] 10.0.0.1 "GET /a" status: '
        f'{404 if number % 2 else 500} len: 9 microversion: - time: 0.1\n'
        for number in range(40)))
    status, out, _ = run('--errors', '--limit', '1', log)
    assert status == 0
    assert out.splitlines()[0] == 'status 404  20 requests, the newest 1'
    assert out.splitlines()[1].endswith(request_id(39))
    assert out.splitlines()[-1] == (
        'and 20 older with 1 other code: --limit shows more')
    found = json.loads(run('--errors', '--json', '--limit', '3', log)[1])
    assert [one['request_id'] for one in found['failures']] == [
        request_id(number) for number in (39, 38, 37)]


def test_no_failure_is_nothing_found(run, tmp_path):
    log = tmp_path / 'a.log'
    log.write_text(VOLUMES.replace('409', '200'))
    status, out, err = run('--errors', log)
    assert (status, out) == (1, '')
    assert 'no request failed in 1 file' in err


@contextlib.contextmanager
def terminal():
    """A terminal: its end for a program, and a function that reads it."""
    ours, theirs = pty.openpty()

    def seen():
        os.close(theirs)
        found = b''
        with contextlib.suppress(OSError):
            while got := os.read(ours, 65536):
                found += got
        return found.decode()

    yield theirs, seen
    os.close(ours)


@pytest.mark.parametrize(('setting', 'coloured'), [
    ({}, True), ({'NO_COLOR': '1'}, False), ({'NO_COLOR': ''}, True),
    ({'TERM': 'dumb'}, False)])
def test_colours_are_for_terminals(logs, setting, coloured):
    env = {**os.environ, 'TERM': 'xterm', **setting}
    env = {name: value for name, value in env.items()
           if name != 'NO_COLOR' or name in setting}
    with terminal() as (theirs, seen):
        done = start(ONE, logs, env=env, capture_output=False, stdout=theirs,
                     stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr
        assert ('\x1b[' in seen()) == coloured


def test_the_bar_is_drawn_on_a_terminal_and_cleared():
    with terminal() as (theirs, seen):
        with open(os.dup(theirs), 'w') as stream, Bar(stream) as bar:
            bar(512 * 1024, 1024 * 1024)
        drawn = seen()
    assert ' 50% of 1.0 MiB' in drawn
    assert drawn.endswith('\r\x1b[K')


def test_the_bar_is_drawn_nowhere_else():
    stream = io.StringIO()
    with Bar(stream) as bar:
        bar(1, 2)
        bar(5, 0)
    assert stream.getvalue() == ''


class Engine:
    """Stands for the log engine: answers, and notes what it was asked."""

    class SearchError(Exception):
        """What the engine says no with."""

    def __init__(self, records):
        self.records, self.asked = records, []

    def tree(self, url, index, wanted, ca_file):
        """Give all records."""
        self.asked.append((url, index, wanted, ca_file))
        if not self.records:
            raise self.SearchError('the engine at x says no \x1b[31m')
        return self.records

    def errors(self, url, index, ca_file):
        """Give those with a status."""
        self.asked.append((url, index, ca_file))
        return iter([one for one in self.records if one.status])


@pytest.fixture
def engine(monkeypatch):
    """Put an engine in the place of the real one."""

    def placed(records):
        stand_in = Engine(records)
        monkeypatch.setitem(
            sys.modules, 'errorkit.trace.opensearch', stand_in)
        monkeypatch.setattr(
            errorkit.trace, 'opensearch', stand_in, raising=False)
        return stand_in

    return placed


def test_a_log_engine_is_asked_instead_of_files(run, engine):
    asked = engine(story())
    status, out, err = run('--opensearch', 'http://x:1', ONE)
    assert (status, err) == (0, '')
    assert '3 requests, 4 services' in out
    assert asked.asked == [('http://x:1', 'logs-*', ONE, None)]


def test_a_log_engine_is_asked_for_failures(run, engine):
    asked = engine(story())
    status, out, _ = run(
        '--errors', '--opensearch', 'http://x:1', '--index', 'mine',
        '--ca-file', 'ca.pem')
    assert status == 0
    assert out.splitlines()[0] == 'volume.quota_exceeded  1 request'
    assert asked.asked == [('http://x:1', 'mine', 'ca.pem')]


def test_what_a_log_engine_says_no_with_is_told(run, engine):
    engine([])
    status, out, err = run('--opensearch', 'http://x:1', ONE)
    assert (status, out) == (2, '')
    assert r'the engine at x says no \x1b[31m' in err


@pytest.mark.parametrize('url', [
    'http://127.0.0.1:9', 'ftp://x', 'x', 'http://u:secret@127.0.0.1:9'])
def test_an_engine_that_does_not_answer_is_told(run, url):
    for what in (['--errors'], [ONE]):
        status, out, err = run('--opensearch', url, *what)
        assert (status, out) == (2, '')
        assert err.startswith('errorkit trace: ')
        assert 'secret' not in err
        assert 'Traceback' not in err


def test_the_extra_for_a_log_engine_is_named(run, monkeypatch):
    for name in [*sys.modules]:
        if name.partition('.')[0] == 'opensearchpy':
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(
        sys.modules, 'errorkit.trace.opensearch', raising=False)
    monkeypatch.delattr(errorkit.trace, 'opensearch', raising=False)
    monkeypatch.setitem(sys.modules, 'opensearchpy', None)
    status, out, err = run('--opensearch', 'http://127.0.0.1:9', ONE)
    assert (status, out) == (2, '')
    assert "pip install 'errorkit[opensearch]'" in err


def test_options_may_stand_between_the_id_and_the_files(run, logs, tmp_path):
    page = tmp_path / 'page.html'
    status, out, _ = run(
        ONE, '--html', page, logs / 'volumes.log', logs / 'quota.log.1.gz')
    assert (status, out) == (0, '')
    assert TWO in page.read_text()
    assert run(ONE, '--json', logs)[1] == run('--json', ONE, logs)[1]


def test_an_unknown_option_between_them_is_refused(run, logs):
    status, _, err = run(ONE, '--colour', logs)
    assert status == 2
    assert err.endswith('unrecognized arguments: --colour\n')


def test_an_empty_folder_is_nothing_to_read(run, tmp_path):
    assert run(ONE, tmp_path) == (
        2, '', 'errorkit trace: there is no file to read\n')
