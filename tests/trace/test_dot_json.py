# SPDX-License-Identifier: Apache-2.0
"""The tree for programs: Graphviz' language, and JSON."""

import datetime
import itertools
import json
import re
import shutil
import subprocess

import pytest
from samples import (
    HOSTILE,
    batch,
    call,
    crowd,
    deep,
    end,
    hostile,
    record,
    request_id,
    skewed,
    story,
)

from errorkit.trace import as_json, dot, failures
from errorkit.trace.graph import build

# https://graphviz.org/doc/info/lang.html, as much of it as is used.
_STRING = r'"(?:[^"\\]|\\.)*"'
_VALUE = rf'(?:{_STRING}|[A-Za-z_][A-Za-z_0-9]*|[0-9.]+)'
_LIST = rf'\[{_VALUE}={_VALUE}(?:, {_VALUE}={_VALUE})*\]'
_LINE = re.compile(
    rf'digraph {_STRING} {{|}}|  rankdir=LR;|  (?:node|edge) {_LIST};'
    rf'|  n\d+ {_LIST};|  n\d+ -> n\d+(?: {_LIST})?;')


def graph(records):
    """The lines of the graph of some records."""
    return list(dot.lines(build(records, request_id(1))))


def told(records, wanted=None):
    """The JSON of the tree of some records, read again."""
    return json.loads('\n'.join(as_json.tree_lines(build(records, wanted))))


@pytest.mark.parametrize(
    'records', [story(), hostile(), crowd(100), deep(300), []],
    ids=['story', 'hostile', 'crowd', 'deep', 'nothing'])
def test_the_graph_is_of_graphviz_language(records):
    lines = graph(records)
    for line in lines:
        assert _LINE.fullmatch(line), line
        assert line.isprintable()
    assert lines[0].startswith('digraph')
    assert lines[-1] == '}'


@pytest.mark.skipif(
    not shutil.which('dot'), reason='Graphviz is not installed')
@pytest.mark.server
def test_graphviz_reads_it():
    for records in (story(), hostile(), crowd(100)):
        done = subprocess.run(
            ['dot', '-Tcanon'], input='\n'.join(graph(records)).encode(),
            capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert not done.stderr


def test_the_graph_has_a_node_for_each_request_and_an_edge_for_each_call():
    text = '\n'.join(graph(story()))
    assert len(re.findall(r'^  n\d+ \[', text, re.M)) == 4
    assert re.findall(r'n\d+ -> n\d+', text) == [
        'n0 -> n1', 'n0 -> n2', 'n2 -> n3']
    assert r'quota\nPUT /reservations\n409 quota.exceeded 0.120 s' in text


def test_an_edge_without_a_logged_call_is_dashed():
    lines = graph([record('a', 1, 0), record(
        'b', 2, 1, global_request_id=request_id(1))])
    assert '  n0 -> n1 [style=dashed];' in lines


def test_the_node_that_was_asked_for_has_two_lines_around_it():
    lines = list(dot.lines(build(batch(), request_id(3))))
    (line,) = [line for line in lines if 'peripheries=2' in line]
    assert rf'\nasked for\n{request_id(3)}"' in line
    assert _LINE.fullmatch(line)
    assert not any('asked for' in line or 'peripheries' in line
                   for line in graph(story()))


def test_escapes_and_references_of_labels_stay_text():
    lines = graph([record('a\\N"&lt;]', 1, 0)])
    assert r'"a\\N\"&amp;lt;]\n' in '\n'.join(lines)


def test_json_tells_all_of_the_tree():
    tree = told(skewed(story(), 'quota', 3.2), request_id(1))
    assert tree['version'] == 1
    assert tree['id'] == request_id(1)
    assert tree['started'] == '2026-11-22T10:04:31+00:00'
    assert tree['duration'] == 0.25
    assert tree['culprit'] == 3
    (shift,) = tree['shifts']
    assert shift['clock'] == 'quota'
    assert shift['seconds'] == pytest.approx(-3.199)
    assert [span['parent'] for span in tree['spans']] == [None, 0, 0, 2]
    span = tree['spans'][3]
    records = span.pop('records')
    shift = span.pop('shift')
    assert shift == pytest.approx(-3.199)
    assert span == {
        'position': 3, 'parent': 2, 'depth': 2, 'kind': 'request',
        'link': 'call', 'request_id': request_id(3),
        'global_request_id': request_id(1), 'service': 'quota',
        'other_services': [], 'host': None, 'method': 'PUT',
        'path': '/reservations', 'started': '2026-11-22T10:04:34.300000'
        '+00:00', 'begin': 0.101, 'duration': 0.12, 'measured': True,
        'until': 0.221, 'status': 409, 'code': 'quota.exceeded',
        'failed': True, 'error': 1}
    assert records[1] == {
        'source': 'quota.log', 'line': 1,
        'timestamp': '2026-11-22T10:04:34.400000+00:00', 'begin': 0.201,
        'host': None, 'service': 'quota', 'pid': None, 'level': 'ERROR',
        'logger': 'quota.api', 'message': 'no room left for p1',
        'traceback': '| Traceback\n| NoRoom: 3', 'user_id': None,
        'project_id': None, 'code': 'quota.exceeded', 'status': None,
        'trace_id': None, 'text': '… ERROR quota no room left for p1\n'
        '| Traceback\n|   File "quota.py", line 3\n| NoRoom: 3'}


def test_json_tells_which_request_was_asked_for():
    tree = told(batch(), request_id(3))
    spans = tree['spans']
    assert spans[tree['asked']]['request_id'] == request_id(3)
    assert spans[tree['culprit']]['request_id'] == request_id(6)
    assert told(story(), request_id(1))['asked'] == 0
    for wanted in (None, request_id(9)):
        assert told(batch(), wanted)['asked'] is None


def test_json_is_one_line_for_each_span():
    lines = list(as_json.tree_lines(build(crowd(50))))
    assert len(lines) == 52


def test_json_is_safe_to_print_and_keeps_what_was_read():
    text = '\n'.join(as_json.tree_lines(build(hostile())))
    assert all(line.isascii() and line.isprintable()
               for line in text.split('\n'))
    (span,) = [span for span in json.loads(text)['spans'] if span['records']]
    read = [one['message'] for one in span['records']]
    assert read[:len(HOSTILE)] == HOSTILE


def failed(records, limit=10):
    """The failures among some records."""
    return failures.collect(records, limit)


def test_the_records_of_a_request_make_one_failure():
    found = failed([
        record('quota', 3, 0.2, 'no room', level='ERROR'),
        record('quota', 3, 0.21, 'answered with 409 quota.exceeded',
               code='quota.exceeded', status=409),
        end('quota', 3, 0.22, 0.1, 409, method='PUT')])
    (one,) = found.newest
    assert (one.code, one.status, one.method, one.path, one.message) == (
        'quota.exceeded', 409, 'PUT', '/quota', 'no room')
    assert one.timestamp.microsecond == 220_000
    assert found.counts == {'quota.exceeded': 1}


def test_the_newest_are_kept_and_all_are_counted():
    records = [end('a', number, number, 0.1, 404 if number % 2 else 500)
               for number in range(30_000)]
    found = failed(records, 5)
    assert [one.request_id for one in found.newest] == [
        request_id(number) for number in range(29_999, 29_994, -1)]
    assert found.counts == {'status 404': 15_000, 'status 500': 15_000}


def test_lines_without_an_id_are_failures_of_their_own():
    found = failed([end('a', None, 1, 0.1, 404), end('a', None, 1, 0.1, 404)])
    assert len(found.newest) == 2


def test_failures_without_a_time_are_the_oldest():
    found = failed([end('a', 1, None, 0.1, 404), end('a', 2, 1, 0.1, 404)])
    assert [one.request_id for one in found.newest] == [
        request_id(2), request_id(1)]


def test_failures_are_json_too():
    found = failed([call('a', 1, 1, 2), end('a', 1, 1, 0.1, 404, host='h')])
    (one,) = json.loads('\n'.join(as_json.failure_lines(found.newest)))[
        'failures']
    assert one == {
        'timestamp': '2026-11-22T10:04:32+00:00', 'code': None, 'status': 404,
        'service': 'a', 'host': 'h', 'method': 'GET', 'path': '/a',
        'request_id': request_id(1), 'global_request_id': None,
        'message': f'GET call to x for http://x/ used request id '
        f'{request_id(2)}'}
    assert datetime.datetime.fromisoformat(one['timestamp'])


def test_a_failure_is_told_by_its_earliest_error():
    told = record('notices', 1, 3, 'volume.error', level='ERROR')
    first = record('volume', 1, 2, 'no room', level='ERROR', host='ctl-1')
    last = record('audit', 1, 4, 'again', level='ERROR')
    for records in itertools.permutations([told, first, last]):
        (one,) = failed(records).newest
        assert (one.message, one.service) == ('no room', 'volume')
