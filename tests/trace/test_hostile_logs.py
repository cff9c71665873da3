# SPDX-License-Identifier: Apache-2.0
"""What a client can write into a log misleads no reader, and costs little."""

import gzip
import io
import itertools
import os
import pathlib
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples import request_id

from errorkit import cli
from errorkit.trace import blocks, files, find, lines, scan, wanted, workers
from errorkit.trace.lines import access, stamps

ROOT = pathlib.Path(__file__).parents[2]
START = '192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /v3 HTTP/1.1" 404 12'
MINE, REAL = request_id(1), request_id(2)
CHAIN = [request_id(number) for number in range(300)]
PADDING = '2026-11-22 10:00:00.000 7 INFO a.b [-] ' + 'x' * 100 + '\n'


def gunicorn(value):
    """Return a header as gunicorn's access log has it."""
    return value.replace('"', '\\"')


def apache(value):
    """Return a header as Apache's access log has it."""
    return value.replace('\\', '\\\\').replace('"', '\\"')


values = st.lists(st.sampled_from(['\\', '"', ' ', 'x', '-', MINE])).map(
    lambda parts: ''.join(parts).strip())


@pytest.mark.parametrize('escaped', [gunicorn, apache])
@given(referer=values, agent=values)
@example('\\', f'x {MINE} x')
@example('\\', f'" {MINE} "')
@example('\\"', f'{MINE} \\')
@example('', MINE)
@example(MINE, MINE)
def test_a_client_puts_no_id_into_an_access_line(escaped, referer, agent):
    words = f' "{escaped(referer)}" "{escaped(agent)}"'
    assert 'request_id' not in access.fields(START + words)
    for end in (f' "{REAL}"', f' {REAL} 0.5', f' "-" "{REAL}"'):
        found = access.fields(START + words + end)
        assert 'global_request_id' not in found
        assert found.get('request_id', REAL) == REAL


@given(referer=values, agent=values, length=st.integers(0, 200))
@example('x', f'" {MINE} x', 60)
@example(MINE, 'x', 43)
def test_nor_into_one_that_was_cut(referer, agent, length):
    words = f' "{gunicorn(referer)}" "{gunicorn(agent)}"'[:length]
    assert 'request_id' not in access.fields(START + words)


@pytest.mark.parametrize('end', [
    f' "-" "curl" "{REAL}"', f' {REAL} "-" "curl"', f' {REAL}',
    f' "-" "a \\" b" {REAL}', f' "" "" "{REAL}" 0.5', f' "-" "x" "-" {REAL}'])
def test_the_ids_of_a_server_are_read(end):
    assert access.fields(START + end)['request_id'] == REAL


def test_a_request_with_quotes_that_no_server_escaped_gives_no_id():
    start = START.replace('/v3', f'/v3" 200 5 {MINE}')
    assert 'request_id' not in access.fields(start)


def failing(count):
    return ''.join(f'{START} {number}\n' for number in range(count)).encode()


def sourced(path, data):
    path.write_bytes(data)
    return files.sources([str(path)])


@pytest.mark.parametrize('data', [
    failing(8000), b'ERROR\n' * 40_000,
    b'2026-11-22 10:00:00.000 7 ERROR a.b [-] x\n' * 8000])
def test_the_memory_for_failures_does_not_grow_with_the_log(
        tmp_path, monkeypatch, data):
    monkeypatch.setattr(blocks, 'AFTER', 1 << 14)
    monkeypatch.setattr(blocks, 'BEFORE', 1 << 12)
    with sourced(tmp_path / 'a.log.gz', gzip.compress(data)) as found:
        tracemalloc.start()
        try:
            count = sum(1 for _ in find.errors(found))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert count in (0, 8000)
    assert peak < 2 << 20


@pytest.mark.parametrize('pack', [bytes, gzip.compress])
@pytest.mark.parametrize('most', [0, 5000, 8 << 20])
def test_what_is_too_much_for_another_process_is_read_by_this_one(
        tmp_path, monkeypatch, most, pack):
    monkeypatch.setattr(workers.Workers, 'several', True)
    monkeypatch.setattr(scan, '_MOST', most)
    monkeypatch.setattr(find, 'FAILURES', 2000)
    quiet = PADDING.encode()
    data = failing(20) + 60 * quiet + failing(2) + 3 * quiet + failing(40)
    with sourced(tmp_path / 'a.log', pack(data)) as found:
        assert [
            (record.line, record.text) for record in find.errors(found)
        ] == [
            (record.line, record.text)
            for record in lines.records(io.BytesIO(data), 'a')
            if record.status]


@pytest.mark.parametrize('size', [500, 1000, 1700, 5000])
def test_a_record_that_two_parts_of_a_log_hold_is_one(
        tmp_path, monkeypatch, size):
    monkeypatch.setattr(find, 'FAILURES', size)
    head = '2026-11-22 10:00:00.{:03} 7 ERROR a.b '
    data = ''.join(
        f'{head.format(number)}[{request_id(number)} u p] it failed\n'
        + 9 * f'{head.format(number)}  File x\n' for number in range(30)
    ).encode()
    with sourced(tmp_path / 'a.log', data) as found:
        records = list(find.errors(found))
    assert [(record.line, record.request_id) for record in records] == [
        (1 + 10 * number, request_id(number)) for number in range(30)]


SPREAD = '''
import sys, warnings
warnings.simplefilter('error')
from errorkit.trace import files, find, scan, workers

if __name__ == '__main__':
    find.FAILURES = 20000
    scan._MOST = int(sys.argv[2])
    workers.MIN_SIZE = 0
    workers._processors = lambda: 2
    with files.sources(sys.argv[1:2]) as found:
        for record in find.errors(found):
            print(record.line)
'''


@pytest.mark.parametrize('most', [2000, 8 << 20])
def test_several_processes_find_the_failures_in_order(tmp_path, most):
    data = (failing(20) + 800 * PADDING.encode()) * 4
    (tmp_path / 'a.log').write_bytes(data)
    program = tmp_path / 'spread.py'
    program.write_text(SPREAD)
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path / 'a.log'), str(most)],
        env={**os.environ, 'PYTHONPATH': str(ROOT)}, capture_output=True,
        text=True, timeout=60, check=False)
    assert done.stderr == ''
    assert list(map(int, done.stdout.split())) == [
        820 * part + number for part in range(4) for number in range(1, 21)]


def test_one_line_of_many_signs_has_one_place_of_each():
    block = b'x ERROR ERROR FATAL\nno\nERROR ERROR'
    assert wanted.Failures().places(block, len(block)) == [2, 14, 23]


def linked(caller, called, padding=0):
    return (f'2026-11-22 10:00:00.000 7 INFO a.b [{caller} {called} u p] x\n'
            + padding * PADDING)


@pytest.mark.parametrize('pack', [bytes, gzip.compress])
@pytest.mark.parametrize('asked', [0, 150, 299])
def test_a_chain_of_requests_is_found_in_few_readings(tmp_path, asked, pack):
    data = pack(''.join(
        map(linked, CHAIN, CHAIN[1:])).encode())
    told = []
    with sourced(tmp_path / 'a.log', data) as found:
        records = find.tree(
            CHAIN[asked], found, lambda done, total: told.append(total))
        assert found.unread == []
    assert [record.request_id for record in records] == CHAIN[1:]
    assert told[-1] <= 5 * max(len(data), 2 * find.NEAR)


def test_a_chain_is_followed_on_through_the_blocks_of_a_packed_log(
        tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, 'AFTER', 1000)
    monkeypatch.setattr(blocks, 'BEFORE', 500)
    data = gzip.compress(''.join(
        linked(*pair, 8) for pair in itertools.pairwise(CHAIN)
    ).encode())
    told = []
    with sourced(tmp_path / 'a.log', data) as found:
        records = find.tree(
            CHAIN[0], found, lambda done, total: told.append(total))
    assert len(records) == 299
    assert told[-1] == 2 * len(data)


@pytest.mark.parametrize('pack', [bytes, gzip.compress])
@pytest.mark.parametrize(('links', 'complete'), [(3, True), (40, False)])
def test_of_a_chain_without_end_a_part_is_shown_and_that_is_told(
        tmp_path, monkeypatch, capsys, links, complete, pack):
    for name, value in {'READINGS': 5, 'NEAR_READINGS': 2, 'NEAR': 1,
                        'SEGMENT': 1000}.items():
        monkeypatch.setattr(find, name, value)
    for name in ('SIZE', 'AFTER', 'BEFORE'):
        monkeypatch.setattr(blocks, name, 500)
    # From its end to its beginning, each in a block of its own.
    chain = CHAIN[:links]
    path = tmp_path / 'a.log'
    path.write_bytes(pack(''.join(
        linked(*pair, 20) for pair in itertools.pairwise(chain)
    ).encode()))
    assert cli.main(['trace', chain[-1], str(path)]) == 0
    out, err = capsys.readouterr()
    shown = sum(one in out for one in chain[1:])
    assert (shown == links - 1) is complete
    assert shown >= min(links - 1, 4)
    assert ('read in part: the tree: the logs were read 5 times, and still '
            'show further ids' in err) is not complete


@pytest.mark.parametrize('seconds', [
    1 << 40, -(1 << 40), 1 << 62, 253402300799, -62135596800])
def test_a_file_written_in_no_year_is_read(tmp_path, monkeypatch, seconds):
    fstat = os.fstat

    def odd(number):
        found = list(fstat(number))
        found[8] = seconds
        return os.stat_result(found)

    monkeypatch.setattr(files.os, 'fstat', odd)
    text = f'Nov 22 10:00:00 host x[1]: {REAL}\n'.encode()
    with sourced(tmp_path / 'a.log', text) as found:
        assert len(find.tree(REAL, found)) == 1
        assert found.unread == []


def test_a_syslog_time_in_the_last_year_there_is_is_read():
    assert stamps.syslog('Nov 22 10:00:00', stamps.iso('9999-12-31')).year == (
        9999)
