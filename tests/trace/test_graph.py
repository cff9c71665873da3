# SPDX-License-Identifier: Apache-2.0
"""The tree of requests: who called whom, when, and what failed."""

import collections
import datetime
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import (
    BEGIN,
    HOSTILE,
    at,
    batch,
    call,
    crowd,
    deep,
    end,
    record,
    request_id,
    skewed,
    story,
    wide,
)

from errorkit.trace import as_json, dot, html, text
from errorkit.trace.graph import build
from errorkit.trace.records import Call, Record
from errorkit.trace.spans import Kind, Link


def shape(tree):
    """The tree as pairs of depth and the number in the id."""
    return [(span.depth, int(span.request_id[4:12], 16))
            for span in tree.spans]


def span_of(tree, number):
    """The span of a request."""
    found = [span for span in tree.spans
             if span.request_id == request_id(number)]
    assert len(found) == 1
    return found[0]


def assert_sound(tree, records):
    """Each record is there once, each span is once in its place."""
    told = collections.Counter(
        id(one) for span in tree.spans for one in span.records)
    assert told == collections.Counter(map(id, records))
    for place, span in enumerate(tree.spans):
        assert span.position == place
        assert len(span.offsets) == len(span.records)
        if span.parent is None:
            assert span.depth == 0
            assert span.link is None
        else:
            assert span.parent < place
            assert span.depth == tree.spans[span.parent].depth + 1
            assert tree.spans[span.parent].children.count(place) == 1
        for child in span.children:
            assert tree.spans[child].parent == place
        if span.error is not None:
            assert 0 <= span.error < len(span.records)
    ids = [span.request_id for span in tree.spans if span.request_id]
    assert len(ids) == len(set(ids))


def test_calls_make_a_tree():
    records = story()
    tree = build(records, request_id(1))
    assert shape(tree) == [(0, 1), (1, 4), (1, 2), (2, 3)]
    assert_sound(tree, records)
    assert [span.link for span in tree.spans] == [None, *[Link.CALL] * 3]


def test_a_span_says_what_its_request_was():
    span = span_of(build(story()), 1)
    assert (span.service, span.method, span.path, span.status, span.code,
            span.host) == ('volume', 'POST', '/v3/p1/volumes', 409,
                           'volume.quota_exceeded', 'ctl-1')
    assert span.kind is Kind.REQUEST
    assert span.failed
    assert span.started == BEGIN


def test_the_duration_of_the_request_log_wins():
    tree = build(story())
    span = span_of(tree, 2)
    assert (span.duration, span.measured) == (0.172, True)
    assert span.begin == pytest.approx(0.068)


def test_without_one_a_request_lasts_from_its_first_record_to_its_last():
    tree = build([record('a', 1, 1), record('a', 1, 3.5)])
    span = span_of(tree, 1)
    assert (span.duration, span.measured) == (2.5, False)


@pytest.mark.parametrize(
    'duration', [float('nan'), float('inf'), -1.0, 1e300])
def test_a_duration_that_cannot_be_is_none(duration):
    tree = build([end('a', 1, 1, duration)])
    assert (tree.spans[0].duration, tree.spans[0].measured) == (0.0, False)


def test_a_callee_without_logs_is_a_leaf_of_its_own():
    span = span_of(build(story()), 4)
    assert span.kind is Kind.MISSING
    assert (span.service, span.method, span.path) == (
        'image', 'GET', 'http://image/v2/images/7')
    assert span.begin == pytest.approx(0.061)
    assert span.duration is None
    assert not span.failed


def test_the_first_error_is_found():
    span = span_of(build(story()), 3)
    assert span.records[span.error].message == 'no room left for p1'


def test_where_the_failure_began_is_found():
    tree = build(story())
    assert tree.spans[tree.culprit].request_id == request_id(3)


def test_a_failure_that_its_caller_could_do_without_is_no_culprit():
    tree = build([call('a', 1, 1, 2), end('b', 2, 0.9, 0.1, 404),
                  end('a', 1, 2, 2)])
    assert tree.culprit is None
    assert span_of(tree, 2).failed


def test_the_last_failed_callee_is_the_culprit():
    tree = build([
        call('a', 1, 1, 2), end('b', 2, 0.9, 0.1, 404),
        call('a', 1, 2, 3), end('b', 3, 1.9, 0.1, 409),
        end('a', 1, 2.1, 2.1, 409)])
    assert tree.spans[tree.culprit].request_id == request_id(3)


def test_of_a_clients_requests_the_first_that_failed_is_the_culprit():
    client = {'global_request_id': request_id(9)}
    tree = build([
        end('a', 1, 1, 0.5, **client), end('a', 2, 2, 0.5, 409, **client),
        end('a', 3, 3, 0.5, 404, **client)])
    assert tree.spans[0].kind is Kind.CALLER
    assert tree.spans[tree.culprit].request_id == request_id(2)
    tree = build([end('a', 2, 2, 0.5, 409), end('a', 3, 3, 0.5, 404)])
    assert tree.spans[tree.culprit].request_id == request_id(2)


def ids_of(tree, *positions):
    """The request ids at some positions, None for none."""
    return tuple(
        None if one is None else tree.spans[one].request_id
        for one in positions)


@pytest.mark.parametrize(('wanted', 'culprit'), [
    (1, None), (2, 5), (3, 6), (4, None), (5, 5), (6, 6)])
def test_of_a_clients_requests_the_one_that_was_asked_for_is_marked(
        wanted, culprit):
    tree = build(batch(), request_id(wanted))
    assert ids_of(tree, tree.asked, tree.marked, tree.culprit) == (
        request_id(wanted), request_id(wanted),
        culprit and request_id(culprit))


@pytest.mark.parametrize('wanted', [request_id(9), None, request_id(77)])
def test_for_a_global_id_none_is_marked_and_all_are_looked_through(wanted):
    tree = build(batch(), wanted)
    assert ids_of(tree, tree.asked, tree.marked, tree.culprit) == (
        None, None, request_id(5))


def test_what_all_others_are_below_of_needs_no_mark():
    tree = build(story(), request_id(1))
    assert ids_of(tree, tree.asked, tree.marked, tree.culprit) == (
        request_id(1), None, request_id(3))
    # Lines of no request are no other request.
    tree = build([*story(), record('other', None, 0)], request_id(1))
    assert ids_of(tree, tree.marked) == (None,)
    # Two trees: now it tells which.
    tree = build([*story(), end('other', 8, 9, 1, 500)], request_id(1))
    assert ids_of(tree, tree.marked, tree.culprit) == (
        request_id(1), request_id(3))
    assert build([], request_id(1)).marked is None


def test_of_a_call_without_logs_its_caller_tells_what_came_of_it():
    tree = build(story(), request_id(4))
    assert ids_of(tree, tree.marked, tree.culprit) == (
        request_id(4), request_id(3))
    records = [*batch(), call('volume', 3, 3.45, 7, to='network')]
    tree = build(records, request_id(7))
    assert ids_of(tree, tree.marked, tree.culprit) == (
        request_id(7), request_id(6))


def test_of_a_callee_that_went_well_its_caller_tells_what_came_of_it():
    records = [
        *batch(), call('volume', 3, 3.1, 7, to='image'),
        end('image', 7, 3.09, 0.02, 200)]
    tree = build(records, request_id(7))
    assert ids_of(tree, tree.marked, tree.culprit) == (
        request_id(7), request_id(6))


def test_an_error_in_the_log_is_a_failure_whatever_the_status():
    tree = build([end('a', 1, 1, 1, 202),
                  record('b', 1, 5, 'no disk', level='ERROR')])
    assert tree.spans[0].failed
    assert tree.spans[0].others == ('b',)
    assert tree.spans[0].until == 5


def test_a_shared_global_id_makes_children_of_its_owner():
    gid = {'global_request_id': request_id(1)}
    tree = build([record('b', 2, 2, **gid), record('a', 1, 1),
                  record('c', 3, 3, **gid)])
    assert shape(tree) == [(0, 1), (1, 2), (1, 3)]
    assert tree.spans[1].link is Link.GLOBAL_ID


def test_a_global_id_of_nobody_here_is_a_root_of_its_own():
    gid = {'global_request_id': request_id(9)}
    tree = build([record('b', 2, 2, **gid), record('a', 1, 1, **gid)])
    assert shape(tree) == [(0, 9), (1, 1), (1, 2)]
    assert tree.spans[0].kind is Kind.CALLER
    assert (tree.spans[0].begin, tree.spans[0].duration) == (0, 1)


def test_a_logged_call_counts_more_than_a_global_id():
    gid = {'global_request_id': request_id(1)}
    tree = build([record('a', 1, 0), call('a', 1, 4, 2),
                  call('b', 2, 3, 3, **gid), record('c', 3, 2, **gid)])
    assert shape(tree) == [(0, 1), (1, 2), (2, 3)]


def test_a_call_that_was_logged_twice_is_one_call():
    records = [
        call('a', 1, 1, 2, to='b', url='http://b/'),
        record('a', 1, 1, call=Call(None, None, None, request_id(2)))]
    for given_records in (records, records[::-1]):
        tree = build(given_records)
        assert shape(tree) == [(0, 1), (1, 2)]
        assert tree.spans[1].path == 'http://b/'
        assert_sound(tree, given_records)


def test_two_callers_of_one_id_are_told_apart_by_the_global_id():
    gid = {'global_request_id': request_id(8)}
    tree = build([call('x', 5, 0, 2), call('a', 1, 1, 2, **gid),
                  record('b', 2, 0.5, **gid)])
    assert shape(tree) == [(0, 5), (0, 8), (1, 1), (2, 2)]


def test_circles_are_opened_where_they_begin():
    records = [call('a', 1, 1, 2), call('b', 2, 2, 3), call('c', 3, 3, 1)]
    tree = build(records)
    assert shape(tree) == [(0, 1), (1, 2), (2, 3)]
    assert_sound(tree, records)


def test_circles_of_global_ids_are_opened_too():
    records = [record('a', 1, 1, global_request_id=request_id(2)),
               record('b', 2, 2, global_request_id=request_id(1))]
    tree = build(records)
    assert shape(tree) == [(0, 1), (1, 2)]
    assert_sound(tree, records)


def test_a_request_that_calls_itself_does_not():
    records = [call('a', 1, 1, 1, global_request_id=request_id(1))]
    tree = build(records)
    assert shape(tree) == [(0, 1)]
    assert_sound(tree, records)


def test_lines_of_no_request_are_kept_by_service():
    records = [record('a', None, 1), record('b', None, 2),
               record('a', None, 3), record('a', None, None)]
    tree = build(records)
    assert [(span.kind, span.service, len(span.records))
            for span in tree.spans] == [(Kind.OTHER, 'a', 3),
                                        (Kind.OTHER, 'b', 1)]


def test_a_record_that_has_only_the_global_id_stands_with_its_owner():
    tree = build([record('a', None, 1, global_request_id=request_id(1)),
                  record('a', 1, 2)])
    assert shape(tree) == [(0, 1)]
    assert len(tree.spans[0].records) == 2


def test_an_access_line_is_stamped_with_the_begin():
    tree = build([end('a', 1, 10, 2.0, level=None, logger=None),
                  record('a', 1, 11)])
    assert tree.spans[0].begin == 0
    assert tree.spans[0].duration == 2


def test_the_line_of_the_service_counts_more_than_the_servers():
    tree = build([end('a', 1, 10, 2.0, 500, level=None, logger=None),
                  end('a', 1, 11, 1.5, 503)])
    assert (tree.spans[0].status, tree.spans[0].duration) == (503, 1.5)


@pytest.mark.parametrize('off', [3600.0, 3.2, 0.3, -0.3, -3.2, -3600.0])
def test_a_clock_that_is_wrong_is_set_right(off):
    tree = build(skewed(story(), 'quota', off))
    (shift,) = tree.notable_shifts
    assert shift.clock == 'quota'
    assert shift.seconds == pytest.approx(-off, abs=0.05)
    inner, outer = span_of(tree, 3), span_of(tree, 2)
    assert outer.begin <= inner.begin
    assert inner.end <= outer.end
    # What was read stays as it was.
    assert span_of(tree, 3).records[0].timestamp == at(0.12 + off)
    assert inner.started == at(0.1 + off)


def test_a_wrong_clock_in_the_middle_moves_nobody_else():
    tree = build(skewed(story(), 'placement', 60))
    assert [shift.clock for shift in tree.notable_shifts] == ['placement']


def test_hosts_are_clocks_where_they_are_known():
    records = [
        call('a', 1, 5, 2, host='x'), end('a', 1, 6, 6, host='x'),
        end('b', 2, 105, 1, host='y'), call('a', 1, 5.5, 3, host='x'),
        end('c', 3, 105.5, 0.2, host='y')]
    tree = build(records)
    (shift,) = tree.shifts
    assert (shift.clock, shift.seconds) == ('y', -100)


def test_without_hosts_a_service_has_a_clock_in_each_folder():
    records = [
        call('a', 1, 5, 2), end('a', 1, 6, 6), call('a', 1, 5.5, 3),
        end('b', 2, 104.9, 1, source='/y/b.log'),
        end('b', 3, 5.4, 0.2, source='/z/b.log')]
    tree = build(records)
    (shift,) = tree.notable_shifts
    assert shift.clock == 'b in /y'
    assert shift.seconds == pytest.approx(-99.9)


def test_clocks_that_agree_are_left_alone():
    assert build(story()).shifts == ()


@pytest.mark.parametrize('late', [0.02, 0.2])
def test_a_last_line_that_is_written_late_is_no_wrong_clock(late):
    # The answer has gone by 1.0; the machine was busy.
    tree = build([
        call('a', 1, 1.0, 2), call('a', 1, 1.3, 3), end('a', 1, 1.5, 1.5),
        end('b', 2, 1.0 + late, 0.15), end('c', 3, 1.29, 0.05)])
    assert tree.shifts == ()
    [root, first, second] = tree.spans
    assert (first.service, second.service) == ('b', 'c')
    assert root.begin <= first.begin
    assert first.begin + first.duration <= 1.0 < second.begin
    assert first.duration == pytest.approx(0.15)


def test_a_long_body_is_not_taken_for_a_wrong_clock():
    tree = build([call('a', 1, 1, 2), end('b', 2, 9, 8.5),
                  end('a', 1, 10, 10)])
    assert tree.shifts == ()


def test_a_request_that_goes_on_behind_its_answer_is_no_wrong_clock():
    # Nobody logged the end of the callee, and it works on for a minute.
    tree = build([call('a', 1, 1, 2), record('b', 2, 0.5),
                  record('b', 2, 60), end('a', 1, 2, 2)])
    assert tree.shifts == ()


def test_children_stand_in_the_order_of_their_begin():
    tree = build([end('a', 1, 10, 10), call('a', 1, 3, 3), call('a', 1, 9, 2),
                  end('b', 2, 8, 1), end('b', 3, 2, 1)])
    assert shape(tree) == [(0, 1), (1, 3), (1, 2)]


def test_ten_thousand_levels_are_a_tree():
    records = deep(10_000)
    tree = build(records)
    assert tree.spans[-1].depth == 10_000
    assert_sound(tree, records)
    assert max(map(len, text.lines(tree, text.Look(80)))) <= 80
    assert sum(1 for _ in dot.lines(tree)) == 10_001 + 10_000 + 5
    assert html.page(tree)
    assert ''.join(as_json.tree_lines(tree))


def test_five_thousand_children_are_a_tree():
    records = wide(5000)
    tree = build(records)
    assert len(tree.spans) == 5000
    assert len(tree.spans[0].children) == 4999
    assert_sound(tree, records)


def test_a_crowd_keeps_its_callers():
    records = crowd(500)
    tree = build(records)
    assert_sound(tree, records)
    assert len(tree.spans) == 500
    assert tree.shifts == ()


def test_nothing_is_an_empty_tree():
    tree = build([])
    assert (tree.spans, tree.duration, tree.started) == ((), 0, None)


numbers = st.one_of(st.none(), st.integers(0, 6))
names = st.one_of(numbers.map(
    lambda number: None if number is None else request_id(number)),
    st.sampled_from(HOSTILE), st.just(''))
words = st.one_of(st.none(), st.sampled_from(HOSTILE), st.text(max_size=8))
stamps = st.one_of(
    st.none(),
    st.integers(0, 5000).map(lambda number: at(number / 1000)),
    st.datetimes(timezones=st.sampled_from([
        datetime.UTC, datetime.timezone(datetime.timedelta(hours=-23)),
        datetime.timezone(datetime.timedelta(hours=23))])))
calls = st.one_of(st.none(), st.builds(
    Call, words, words, words, names.map(lambda name: name or '')))
records_of = st.builds(
    Record,
    source=st.sampled_from(['a.log', HOSTILE[0], HOSTILE[3]]),
    line=st.integers(0, 10),
    text=st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)),
    timestamp=stamps,
    host=st.one_of(st.none(), st.sampled_from(['x', 'y', HOSTILE[4]])),
    service=st.one_of(st.none(), st.sampled_from(['a', 'b', HOSTILE[1]])),
    level=st.sampled_from([None, 'INFO', 'ERROR', 'warning', HOSTILE[3]]),
    logger=words, message=st.sampled_from(['', *HOSTILE]),
    traceback=words, request_id=names, global_request_id=names,
    method=words, path=words,
    status=st.one_of(st.none(), st.integers(-1, 10**12)),
    code=words,
    duration=st.one_of(st.none(), st.floats()),
    call=calls)


@settings(max_examples=120, deadline=None,
          suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(records_of, max_size=30), names)
def test_whatever_was_logged_is_shown_and_nothing_twice(records, wanted):
    tree = build(records, wanted)
    assert_sound(tree, records)
    shown = list(text.lines(tree, text.Look(80)))
    assert all(line.isprintable() for line in shown)
    graph = '\n'.join(dot.lines(tree))
    for span in tree.spans:
        assert graph.count(f'\n  n{span.position} [label=') == 1
    told = ''.join(as_json.tree_lines(tree))
    assert told.isascii()
    spans = json.loads(told)['spans']
    assert [span['position'] for span in spans] == list(range(len(spans)))
    assert len(spans) == len(tree.spans)
    assert sum(len(span['records']) for span in spans) == len(records)
    page = json.loads(html.data(tree))
    assert len(page['spans']) == len(tree.spans)
    assert len(page['records']) == len(records)
    html.page(tree).encode()
