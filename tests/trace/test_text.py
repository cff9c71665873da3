# SPDX-License-Identifier: Apache-2.0
"""The tree in a terminal: what it says, how wide it is, what stays text."""

import pathlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
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

from errorkit.trace import safe, text
from errorkit.trace.graph import build

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WIDE = text.Look(columns=200)
ID = re.compile(r'req-[0-9a-f-]{36}')


def shown(records, look=WIDE, wanted=None):
    """The lines of the tree of some records."""
    return list(text.lines(build(records, wanted), look))


def test_each_request_has_a_line_with_what_came_of_it():
    lines = shown(story(), wanted=request_id(1))
    assert lines == [
        request_id(1),
        '3 requests, 4 services, 0.250 s, 3 failed, 1 without logs',
        'from 2026-11-22 10:04:31.000+00:00',
        f'failed first: quota {request_id(3)}',
        '',
        '    start   duration  status request',
        '   +0.000    0.250 s     409 volume POST /v3/p1/volumes '
        f'volume.quota_exceeded {request_id(1)}',
        '   +0.061                  - ├─ image GET http://image/v2/images/7 '
        f'no logs {request_id(4)}',
        '   +0.068    0.172 s     409 └─ placement PUT /claims '
        f'placement.refused {request_id(2)}',
        '   +0.100    0.120 s     409    └─ quota PUT /reservations '
        f'quota.exceeded {request_id(3)}',
        '                                   ERROR no room left for p1 '
        '(NoRoom: 3)',
    ]


@pytest.mark.parametrize('columns', [50, 60, 80, 100, 300])
@pytest.mark.parametrize('plain', [False, True])
def test_no_line_is_wider_than_the_terminal(columns, plain):
    look = text.Look(columns, plain=plain)
    for records in (story(), crowd(300), hostile()):
        lines = shown(records, look, wanted=request_id(1))
        assert max(map(safe.width, lines)) <= columns
        if plain:
            assert all(line.isascii() for line in lines
                       if '漢' not in line and '\u0301' not in line)


@pytest.mark.parametrize('columns', [50, 80])
def test_every_request_has_its_line_however_narrow(columns):
    lines = shown(crowd(300), text.Look(columns))
    assert sum(bool(re.match(r' *\+\d+\.\d', line)) for line in lines) == 300


def test_the_id_of_what_failed_is_there_in_full_where_it_fits_no_line():
    assert any(line.strip(' │').startswith(request_id(3))
               for line in shown(story(), text.Look(80)))


def test_colours_are_only_for_terminals_that_have_them():
    assert not any('\x1b' in line for line in shown(story()))
    coloured = shown(story(), text.Look(200, colours=True))
    assert any('\x1b[1;31m' in line for line in coloured)
    bare = [re.sub(r'\x1b\[[0-9;]*m', '', line) for line in coloured]
    assert bare == shown(story())


def test_what_failed_first_is_the_loudest():
    coloured = shown(story(), text.Look(200, colours=True))
    (line,) = [line for line in coloured
               if '\x1b[1;31m' in line and 'PUT' in line]
    assert 'quota' in line


def test_the_request_that_was_asked_for_is_marked():
    lines = shown(batch(), wanted=request_id(3))
    assert f'failed first: image {request_id(6)}' in lines
    (at,) = [at for at, line in enumerate(lines) if 'asked for' in line]
    assert lines[at].strip(' │') == f'asked for {request_id(3)}'
    assert 'volume.image' in lines[at - 1]
    assert sum(request_id(3) in line for line in lines) == 2
    # Of one that went well, no other's failure is told.
    lines = shown(batch(), wanted=request_id(4))
    assert any(f'asked for {request_id(4)}' in line for line in lines)
    assert not any('failed first' in line for line in lines)
    for wanted in (request_id(9), None):
        assert not any(
            'asked for' in line for line in shown(batch(), wanted=wanted))


@pytest.mark.parametrize('columns', [50, 60, 80])
def test_the_mark_is_whole_however_narrow_the_terminal(columns):
    for records, number in ((batch(), 6), (crowd(300), 299), (deep(90), 80)):
        wanted = request_id(number)
        lines = shown(records, text.Look(columns), wanted)
        assert max(map(safe.width, lines)) <= columns
        assert any(line.endswith(f'asked for {wanted}') for line in lines)


def test_a_shift_of_a_clock_is_told():
    lines = shown(skewed(story(), 'quota', 3.2))
    assert ('clocks are apart: -3.199 s are added to the times of quota'
            in lines)


def test_a_small_shift_is_not():
    lines = shown(skewed(story(), 'quota', 0.01))
    assert not any('clocks' in line for line in lines)


def test_a_duration_nobody_measured_is_marked():
    (line,) = shown([record('a', 1, 0), record('a', 1, 2)])[-1:]
    assert '~2.000 s' in line


def test_a_caller_without_logs_is_named():
    lines = shown([record('a', 1, 0, global_request_id=request_id(9))])
    assert 'caller has logged nothing here' in lines[-2]


def test_a_404_of_the_request_log_alone_is_not_told_twice():
    lines = shown([end('a', 1, 1, 1, 404)])
    assert len([line for line in lines if '/a' in line]) == 1


@pytest.mark.parametrize('hostile_text', HOSTILE)
def test_hostile_text_is_only_seen(hostile_text):
    records = [
        record(hostile_text, 1, 0, hostile_text, level='ERROR',
               code=hostile_text, host=hostile_text, traceback=hostile_text),
        call('a', 1, 0, 2, to=hostile_text, url=hostile_text)]
    for columns in (50, 80, 1000):
        for line in shown(records, text.Look(columns), wanted=hostile_text):
            assert line.isprintable()
            line.encode()


def test_no_colour_of_a_log_reaches_the_terminal():
    coloured = '\n'.join(shown(
        [record('a', 1, 0, '\x1b[31mred\x9b1m', level='ERROR')],
        text.Look(100, colours=True)))
    assert r'\x1b[31mred\x9b1m' in coloured


def test_marks_do_not_pile_up():
    assert safe.escaped('e' + '\u0301' * 5) == 'e' + '\u0301' * 4 + r'\u0301'


def test_a_mebibyte_in_a_line_is_cut_to_the_line():
    lines = shown([record('a', 1, 0, 'x' * (1 << 20), level='ERROR')],
                  text.Look(80))
    assert len(lines[-1]) == 80
    assert lines[-1].endswith('…')


@given(st.text(max_size=60), st.integers(1, 40), st.sampled_from('….'))
def test_what_fits_is_whole_and_nothing_is_wider(given_text, columns, mark):
    cut = safe.fitted(given_text, columns, mark)
    assert cut.isprintable()
    assert safe.width(cut) <= columns
    whole = safe.escaped(given_text)
    if safe.width(whole) <= columns:
        assert cut == whole
    else:
        assert cut.endswith(mark)
        assert whole.startswith(cut.removesuffix(mark))


def test_the_example_in_the_documentation_is_what_is_shown():
    page = (ROOT / 'doc' / 'source' / 'trace.rst').read_text('utf-8')
    _, _, block = page.partition('.. code-block:: text\n\n')
    block, _, _ = block.partition('\n\nThe id may be')
    lines = shown(skewed(story(), 'quota', 3.2), text.Look(76), request_id(1))
    assert [ID.sub('req-…', line[3:]) for line in block.split('\n')] == [
        ID.sub('req-…', line) for line in lines]


@pytest.mark.parametrize('columns', [50, 55, 60, 80])
def test_the_id_of_what_failed_is_whole_in_a_narrow_terminal(columns):
    lines = shown(story(), text.Look(columns), request_id(1))
    for number in (1, 2, 3):
        assert any(line.endswith(request_id(number)) for line in lines[3:])


def test_a_service_is_told_by_its_caller_where_its_log_does_not():
    records = [
        call('volume', 1, 1, 2, to='quota'), end(None, 2, 0.9, 0.1),
        record('rooms', 2, 0.85, 'looking')]
    tree = build(records)
    assert [span.service for span in tree.spans] == ['volume', 'quota']
    assert tree.spans[1].others == ('rooms',)


def test_a_service_is_told_by_any_of_its_records():
    tree = build([end(None, 1, 1, 0.5), record('volumes', 1, 0.7, 'made')])
    assert tree.spans[0].service == 'volumes'
    assert tree.spans[0].others == ()
