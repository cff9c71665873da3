# SPDX-License-Identifier: Apache-2.0
"""The records of one tree, and those of failures, among very many."""

import gzip
import io
import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import uuid

import pytest

from errorkit.trace import (
    blocks,
    files,
    find,
    kin,
    lines,
    outcome,
    workers,
)

ROOT = pathlib.Path(__file__).parents[2]
STAMP = '2026-11-22 10:00:{:02}.{:03}'


def made(chance):
    """Return a new id."""
    return f'req-{uuid.UUID(int=chance.getrandbits(128), version=4)}'


def ids_for(count, seed=0):
    chance = random.Random(seed)
    return [made(chance) for _ in range(count)]


def oslo(request_id, message, *, at=0, caller=None, level='INFO', pid=1,
         logger='nova.api'):
    stamp = STAMP.format(at // 1000, at % 1000)
    return (f'{stamp} {pid} {level} {logger} [{caller} {request_id} u p - - '
            f'- -] {message}\n')


def used(request_id, called, **kwargs):
    """Return the line of one service's call to another."""
    return oslo(request_id, 'GET call to volume for http://192.0.2.1/v3 used '
                f'request id {called}', level='DEBUG', **kwargs)


@pytest.fixture
def tree(tmp_path):
    """Write files and return the messages, or the lines, of a tree."""

    def search(request_id, **logs):
        for name, text in logs.items():
            (tmp_path / f'{name}.log').write_text(text)
        with files.sources([str(tmp_path)]) as found:
            records = find.tree(request_id, found)
            assert found.unread == []
        return records

    return search


def messages(records):
    return [record.message for record in records]


A, B, C, D, G, H, X = ids_for(7)


def test_the_records_of_an_id_are_found_in_the_order_of_time(tree):
    records = tree(
        A, nova=oslo(A, 'two', at=2) + oslo(X, 'no') + oslo(A, 'three', at=3),
        other=oslo(A, 'one', at=1), unknown=f'no time {A}\n')
    assert messages(records) == ['one', 'two', 'three', f'no time {A}']
    assert [record.line for record in records] == [1, 1, 3, 1]


def test_in_very_large_logs_lines_are_not_counted_but_in_order(
        tree, monkeypatch):
    monkeypatch.setattr(find, 'COUNTED', 100)
    text = ''.join(oslo(A, f'{number}') for number in range(12))
    records = tree(A, nova=text)
    assert messages(records) == [str(number) for number in range(12)]
    assert {record.line for record in records} == {0}


def test_a_line_of_unknown_format_that_holds_the_id_is_found(tree):
    [one, two] = tree(A, nova=oslo(A, 'one'), other=f'unknown {A}\nno\n')
    assert one.message == 'one'
    assert (two.text, two.line, two.timestamp) == (f'unknown {A}', 1, None)


def test_all_that_share_the_global_id_are_found_from_any_of_them(tree):
    logs = {
        'nova': oslo(A, 'a', at=1) + oslo(X, 'x'),
        'cinder': oslo(B, 'b', at=2, caller=A) + oslo(B, 'bb', at=3,
                                                      caller=A),
        'glance': oslo(C, 'c', at=4, caller=A) + oslo(C, 'cc', at=5)}
    for request_id in (A, B, C):
        assert messages(tree(request_id, **logs)) == [
            'a', 'b', 'bb', 'c', 'cc']


def test_calls_are_followed_down_and_up(tree):
    logs = {'nova': oslo(A, 'a') + used(A, B), 'cinder': oslo(B, 'b', at=1)
            + used(B, C, at=2), 'glance': oslo(C, 'c', at=3)
            + oslo(X, 'x') + used(X, D) + oslo(D, 'd')}
    for request_id in (A, B, C):
        assert len(tree(request_id, **logs)) == 5


def test_an_id_in_the_text_of_another_request_is_no_link(tree):
    asked = oslo(X, '10.0.0.1 "GET /v2.1/servers/1/os-instance-actions/'
                 f'{A} HTTP/1.1" status: 200 len: 3 time: 0.5')
    assert messages(tree(A, nova=oslo(A, 'a') + asked + oslo(X, 'x'))) == ['a']


@pytest.mark.parametrize('near', [
    A[:-1], A + '0', A.upper(), 'x' + A, A.replace('-', '')])
def test_what_is_not_exactly_an_id_is_not_followed(tree, near):
    text = used(B, C).replace(C, near) + used(A, near) + oslo(near, 'x')
    assert {record.request_id for record in tree(A, nova=text)} <= {A, None}


@pytest.mark.parametrize('wrong', [
    '', 'req-', A[:-1], A.upper(), f' {A}', f'{A}\n', A[4:], f'{A},{B}'])
def test_what_is_no_id_is_refused(wrong):
    with (files.sources([]) as found,
          pytest.raises(ValueError, match='not a request id')):
        find.tree(wrong, found)


def test_an_access_line_with_the_id_belongs_to_the_tree(tree):
    line = ('192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /v3 HTTP/1.1" '
            f'409 12 "-" "curl" {B}\n')
    records = tree(A, nova=used(A, B), access=line)
    assert [record.status for record in records] == [409, None]


TRACED = (
    oslo(A, 'boom', level='ERROR', at=1)
    + STAMP.format(0, 1) + ' 2 INFO nova.x [-] of another\n'
    + STAMP.format(0, 1) + ' 1 ERROR nova.api Traceback (most recent call '
    'last):\n' + STAMP.format(0, 1) + f' 1 ERROR nova.api KeyError: {B} '
    f'(Request-ID: {C})\n')


def test_a_traceback_is_found_with_its_record_and_by_an_id_in_it(tree):
    text = ''.join(oslo(X, f'x{number}') for number in range(300))
    for request_id in (A, C):
        [record] = tree(request_id, nova=text + TRACED + text)
        assert record.message == 'boom'
        assert record.line == 301
        assert record.traceback.endswith(f'KeyError: {B} (Request-ID: {C})')
        assert record.call.request_id == C


def test_a_bare_traceback_is_found_by_an_id_in_it(tree):
    text = (oslo(A, 'boom', level='ERROR') + 'Traceback (most recent call '
            f'last):\n  File "x"\nKeyError: (Request-ID: {B})\n')
    [record] = tree(B, nova=oslo(X, 'x') * 50 + text + oslo(X, 'x') * 50)
    assert record.line == 51
    assert record.text == text.rstrip('\n')


def log_of(chance, size):
    """Return some services' logs of requests that call each other."""
    logs = {name: [] for name in ('nova', 'cinder', 'glance', 'json')}
    known = [[made(chance), None] for _ in range(8)]
    for _ in range(size):
        request_id, caller = chance.choice(known)
        name = chance.choice(list(logs))
        kind = chance.random()
        if kind < .2:
            called = [made(chance), chance.choice([caller, request_id, None])]
            known[chance.randrange(len(known))] = called
            text = used(request_id, called[0], caller=caller)
        elif kind < .3:
            text = oslo(request_id, 'bad', caller=caller, level='ERROR')
            text += 'Traceback (most recent call last):\n  File "x"\n' * (
                chance.randrange(9))
        elif kind < .35:
            text = chance.choice(['\n', 'x' * 3000 + '\n', f'{request_id}\n'])
        elif name == 'json':
            text = json.dumps({
                'timestamp': '2026-11-22T10:00:00+00:00', 'level': 'INFO',
                'message': 'hi', 'request_id': request_id,
                'global_request_id': caller}) + '\n'
        else:
            text = oslo(request_id, 'hello ' * chance.randrange(20),
                        caller=caller)
        logs[name].append(text)
    return {name: ''.join(text) for name, text in logs.items()}


def slowly(request_id, paths):
    """Return what a search over all records again and again finds."""
    family = kin.Kin(request_id)
    left, found, count = [], [], -1
    for path in paths:
        left += lines.records(io.BytesIO(path.read_bytes()), str(path))
    while count != len(found):
        count, rest = len(found), []
        for record in left:
            holds = any(one in record.text for one in family.known)
            (found if holds and family.take(record) else rest).append(record)
        left = rest
    return {(record.source, record.line, record.text) for record in found}


SMALL = {'SIZE': 900, 'BEFORE': 40_000, 'AFTER': 40_000}


@pytest.mark.parametrize('packed', [False, True])
@pytest.mark.parametrize('seed', range(5))
def test_a_search_finds_what_reading_everything_finds(
        tmp_path, monkeypatch, seed, packed):
    for name, value in SMALL.items():
        monkeypatch.setattr(blocks, name, value)
    monkeypatch.setattr(find, 'SEGMENT', 5000)
    monkeypatch.setattr(find, 'FAILURES', 5000)
    monkeypatch.setattr(find, 'NEAR', 3000)
    chance = random.Random(seed)
    paths = []
    for name, text in log_of(chance, 200).items():
        path = tmp_path / f'{name}.log'
        path.write_text(text)
        paths.append(path)
    everything = [
        record for path in paths
        for record in lines.records(io.BytesIO(path.read_bytes()), str(path))]
    asked = {record.request_id for record in everything} - {None}
    expected = {one: slowly(one, paths) for one in sorted(asked)[:4]}
    if packed:
        for path in paths:
            path.write_bytes(gzip.compress(path.read_bytes()))
    with files.sources(map(str, paths)) as found:
        for request_id, tree_of in expected.items():
            records = find.tree(request_id, found)
            assert {(record.source, record.line, record.text)
                    for record in records} == tree_of
            assert len(records) == len(tree_of)
        failed = [(record.source, record.line)
                  for record in find.errors(found)]
    assert failed == [
        (record.source, record.line) for record in everything
        if record.level == 'ERROR' and record.request_id]


@pytest.mark.parametrize('count', [2, 30, 1000])
def test_a_global_id_of_many_requests_gives_them_all(tmp_path, count):
    others = ids_for(count, seed=1)
    path = tmp_path / 'a.log'
    path.write_text(''.join(
        oslo(one, 'with', caller=G) + oslo(X, 'x') + oslo(one, 'without')
        for one in others))
    with files.sources([str(path)]) as found:
        records = find.tree(others[0], found)
    assert len(records) == 2 * count
    assert {record.request_id for record in records} == set(others)


def test_a_long_chain_of_calls_is_followed_to_its_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(find, 'NEAR', 1)
    chain = ids_for(40, seed=2)
    texts = [used(one, other) for one, other in itertools.pairwise(chain)]
    random.Random(3).shuffle(texts)
    path = tmp_path / 'a.log'
    path.write_text(oslo(X, 'x' * 500).join(texts))
    with files.sources([str(path)]) as found:
        assert len(find.tree(chain[20], found)) == 39


@pytest.mark.parametrize('search', [
    lambda *args: find.tree(A, *args), lambda *args: list(find.errors(*args))])
def test_progress_is_told_and_ends_complete(tmp_path, monkeypatch, search):
    monkeypatch.setattr(find, 'SEGMENT', 1000)
    monkeypatch.setattr(find, 'FAILURES', 1000)
    (tmp_path / 'a.log').write_text(oslo(A, 'a') * 100 + used(A, B))
    told = []
    with files.sources([str(tmp_path)]) as found:
        search(found, lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] >= found.size
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= total for done, total in told)


BAD = {
    'an error of a request': oslo(A, 'x', level='ERROR'),
    'a critical one': oslo(A, 'x', level='CRITICAL'),
    'an answer': oslo(A, 'answered with 409 volume.name_exists'),
    'a request log': oslo(A, '192.0.2.1 "GET /v3" status: 503 len: 3 '
                          'microversion: - time: 0.1'),
    'an eventlet log': oslo(A, '192.0.2.1 - - [22/Nov/2026 10:00:00] "GET '
                            '/v3 HTTP/1.1" 404 3 0.1'),
    'cinder': oslo(A, 'http://192.0.2.1/v3/x returned with HTTP 404'),
    'an access log': '192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /v3 '
                     'HTTP/1.1" 500 3\n',
    'uwsgi': '[pid: 5|app: 0|req: 5/9] 192.0.2.7 () {6 vars in 11 bytes} '
             '[Sun Nov 22 10:00:00 2026] GET /v2 => generated 5 bytes in 3 '
             'msecs (HTTP/1.1 404) 9 headers\n',
    'JSON with a status': json.dumps({
        'message': 'x', 'request_id': A, 'status': 409}) + '\n',
    'JSON with a level': json.dumps({
        'message': 'x', 'request_id': A, 'level': 'ERROR'},
        separators=(',', ':')) + '\n',
    'JSON around an access line': json.dumps({
        'message': '192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /v3 '
        'HTTP/1.1" 500 3'}) + '\n',
}
GOOD = {
    'a success': oslo(A, '192.0.2.1 "GET /v3" status: 200 len: 404 '
                      'microversion: - time: 0.1'),
    'a word': oslo(A, 'no ERROR, status: 4040, HTTP/1.1 500'),
    'an error of no request': '2026-11-22 10:00:00 1 ERROR x [-] away\n',
    'a redirect': '192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /v3 '
                  'HTTP/1.1" 302 404 "-" "HTTP/1.1 500"\n',
    'a line of nothing': 'ERROR status: 500\n',
}


@pytest.mark.parametrize('name', [*BAD, *GOOD])
def test_the_records_of_failed_requests_are_found(tmp_path, name):
    text = {**BAD, **GOOD}[name]
    (tmp_path / 'a.log').write_text(oslo(X, 'x') + text + oslo(X, 'x'))
    with files.sources([str(tmp_path)]) as found:
        records = list(find.errors(found))
    assert [(record.line, record.text) for record in records] == (
        [(2, text.rstrip('\n'))] if name in BAD else [])


@pytest.mark.parametrize('member', [
    'level', 'levelname', 'log.level', 'severity'])
@pytest.mark.parametrize('case', [str.upper, str.lower, str.title])
@pytest.mark.parametrize('level', outcome.LEVELS)
def test_a_json_record_of_an_error_is_one_in_any_case(
        tmp_path, level, case, member):
    bad = json.dumps({'message': 'x', 'request_id': A, member: case(level)})
    good = json.dumps({'message': level, 'request_id': A, member: 'info'})
    assert errors(tmp_path, good, bad, good) == [2]


# Of the others is said in JSON only.
@pytest.mark.parametrize('level', outcome.LEVELS[:3])
def test_a_line_of_an_error_is_one(tmp_path, level):
    assert errors(tmp_path, oslo(A, 'x'), oslo(A, 'x', level=level)) == [2]


@pytest.mark.parametrize('members', [
    {'http': {'request': {'method': 'GET'}, 'response': {
        'status_code': 503}}},
    {'http.response.status_code': 503}, {'status': 503}])
@pytest.mark.parametrize('separators', [(', ', ': '), (',', ':')])
def test_a_json_record_of_a_status_is_an_error(tmp_path, members, separators):
    bad = json.dumps({'message': 'x', 'log.level': 'info', 'request_id': A,
                      **members}, separators=separators)
    assert errors(tmp_path, bad.replace('503', '200'), bad) == [2]


def errors(tmp_path, *texts):
    """Return the numbers of the lines that are found to be errors."""
    (tmp_path / 'a.log').write_text(
        ''.join(text.rstrip('\n') + '\n' for text in texts))
    with files.sources([str(tmp_path)]) as found:
        return [record.line for record in find.errors(found)]


SPREAD = '''
import os, sys, warnings
warnings.simplefilter('error')
from errorkit.trace import files, find, workers

def whoami(task):
    if task == 'dies' and os.getpid() != {0}:
        os._exit(9)
    return os.getpid()

if __name__ == '__main__':
    find.SEGMENT = find.FAILURES = 20000
    workers.MIN_SIZE = 0
    with workers.Workers(1, 2) as pool:
        pids = set(pool.run(whoami, range(50)))
    print(os.getpid() in pids)
    with files.sources(sys.argv[2:]) as found:
        for record in find.tree(sys.argv[1], found):
            print(record.line)
        print(len(list(find.errors(found))))
    with workers.Workers(1, 2) as pool:
        print(len(list(pool.run(whoami, ['', 'dies', '', '', 'dies', '']))))
'''


def test_several_processes_find_the_same_and_may_die(tmp_path):
    path = tmp_path / 'a.log'
    path.write_text((oslo(X, 'x') * 500 + oslo(A, 'a', level='ERROR')) * 4)
    program = tmp_path / 'spread.py'
    program.write_text(SPREAD.replace('{0}', 'PARENT').replace(
        "import os,", "import os; PARENT = os.getpid()\nimport"))
    done = subprocess.run(
        [sys.executable, str(program), A, str(path)],
        env={**os.environ, 'PYTHONPATH': str(ROOT)}, capture_output=True,
        text=True, timeout=60, check=False)
    assert done.stderr == ''
    assert done.stdout.split() == [
        'False', '501', '1002', '1503', '2004', '4', '6']


def test_where_other_threads_run_nothing_is_forked(monkeypatch):
    monkeypatch.setattr(workers, 'MIN_SIZE', 0)
    monkeypatch.setattr(workers, '_may_fork', lambda: False)
    with workers.Workers(1, 2) as pool:
        assert set(pool.run(_pid, range(5))) == {os.getpid()}


def _pid(task):
    return os.getpid()


@pytest.mark.parametrize('search', ['tree', 'errors'])
def test_each_of_many_records_in_a_packed_log_has_its_line(tmp_path, search):
    # Records of one line and of three, and lines of nobody between them.
    logs, wanted, number = [], [], 1
    for count in range(3000):
        wanted.append(number)
        before = len(logs)
        logs.append(oslo(A, f'no {count}', at=count, level='ERROR'))
        if count % 3 == 0:
            logs.append('Traceback (most recent call last):\nValueError\n')
        if count % 7 == 0:
            logs.append(oslo(X, 'x', at=count))
        number += ''.join(logs[before:]).count('\n')
    path = tmp_path / 'nova.log.gz'
    path.write_bytes(gzip.compress(''.join(logs).encode()))
    with files.sources([str(path)]) as found:
        records = (find.tree(A, found) if search == 'tree'
                   else list(find.errors(found)))
    assert [record.line for record in records] == wanted
