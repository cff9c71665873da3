# SPDX-License-Identifier: Apache-2.0
"""traceparent and tracestate, read by the rules of W3C Trace Context."""

import copy
import pickle
import sys

import pytest
from assertions import ID_HEADER, ask
from hypothesis import given
from hypothesis import strategies as st

import errorkit
from errorkit import context, current, traceparent, trail
from errorkit.request_context import anonymous

TRACE = '0af7651916cd43dd8448eb211c80319c'
SPAN = 'b7ad6b7169203331'
GOOD = f'00-{TRACE}-{SPAN}-01'


@pytest.mark.parametrize(('value', 'sampled'), [
    (GOOD, True),
    (f'00-{TRACE}-{SPAN}-00', False),
    (f'00-{TRACE}-{SPAN}-ff', True),
    (f'01-{TRACE}-{SPAN}-01', True),
    (f'01-{TRACE}-{SPAN}-01-what-the-future-will-be', True),
    (f'cc-{TRACE}-{SPAN}-01-', True),
    (f'00-{"0" * 31}1-{"0" * 15}1-00', False),
])
def test_a_valid_traceparent_is_read(value, sampled):
    found = traceparent.parse(value)
    assert found.sampled is sampled
    assert len(found.trace_id) == 32 and len(found.parent_id) == 16
    assert found.trace_id in value and found.parent_id in value


@pytest.mark.parametrize('value', [
    '',
    GOOD[:-1],
    GOOD + ' ',
    GOOD + '\n',
    GOOD + '-',
    GOOD + '-extra',
    ' ' + GOOD[:-1],
    GOOD.upper(),
    f'{GOOD}, {GOOD}',
    f'00-{"0" * 32}-{SPAN}-01',
    f'00-{TRACE}-{"0" * 16}-01',
    f'ff-{TRACE}-{SPAN}-01',
    f'00-{TRACE}-{SPAN}-0g',
    f'00_{TRACE}_{SPAN}_01',
    f'01-{TRACE}-{SPAN}-01.extra',
    f'01-{TRACE}-{SPAN}-012',
    f'01-{TRACE}-{SPAN}-01-\r\nX-Evil: 1',
    f'01-{TRACE}-{SPAN}-01-\xe9',
    f'01-{TRACE}-{SPAN}-01-' + 'x' * 10_000,
    f'0\u0661-{TRACE}-{SPAN}-01',
])
def test_an_invalid_traceparent_is_nothing(value):
    assert traceparent.parse(value) is None


@given(st.text() | st.from_regex(
    r'\A[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?\Z'))
def test_what_is_read_is_as_long_as_it_must_be(value):
    found = traceparent.parse(value)
    if found is not None:
        assert value[3:35] == found.trace_id
        assert value[36:52] == found.parent_id
        assert value.isascii() and value.isprintable()


@pytest.mark.parametrize('value', [
    'a=1',
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    'a=1 , b=2,\tc=3',
    'a=1,,b=2',
    'tenant@system=x y!z',
    '0a_b-c*d/e=~!#$%&()+.:;<>?@[]^`{|}',
])
def test_a_valid_tracestate_goes_on_as_it_is(value):
    assert traceparent.state(value) == value


@pytest.mark.parametrize('value', [
    '',
    ',',
    'a',
    'a=',
    '=1',
    'A=1',
    'a=1=2',
    'a=\u00e9',
    'a=1\r\nX-Evil: 1',
    'a=\x00',
    ','.join(f'k{n}=1' for n in range(33)),
    'a=' + 'x' * 257,
    'k=' + 'x' * 5000,
])
def test_an_invalid_tracestate_is_nothing(value):
    assert traceparent.state(value) is None


# -- on the context of a request


def seen(headers, read):
    """Give what a function finds in a request with these headers."""
    found = []

    def application(environ, start_response):
        found.append(read(environ))
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [b'']

    ask(errorkit.wrap(application, service_type='bakery'), headers=headers)
    return found[0]


def test_the_trail_of_a_request_knows_its_trace():
    def read(environ):
        held = current.current_trail()
        assert held is current.trail_of(environ)
        return held.trace_id, held.headers()

    assert seen({'traceparent': GOOD}, read) == (TRACE, {'traceparent': GOOD})
    assert seen({}, read) == (None, {})
    assert seen({'traceparent': 'nonsense'}, read) == (None, {})


def test_nobody_reads_the_header_before_somebody_asks(monkeypatch):
    asked = []

    def parse(value):
        asked.append(value)

    monkeypatch.setattr(traceparent, 'parse', parse)
    seen({'traceparent': GOOD}, lambda environ: None)
    assert asked == []
    seen({'traceparent': GOOD},
         lambda environ: [current.current_trail().trace_id] * 2)
    assert asked == [GOOD]


def test_a_request_without_the_header_has_no_trail_before_one_asks():
    assert seen({}, lambda environ: trail.found(context.current())) is None


def test_the_trail_is_no_part_of_what_a_context_is_sent_as():
    def read(environ):
        current.current_trail()
        own = context.current()
        return own.to_dict(), own.get_logging_values(), own.request_id

    sent, shown, request_id = seen({'traceparent': GOOD}, read)
    assert GOOD not in str(sent) + str(shown)
    assert 'errorkit_trail' not in {**sent, **shown}
    assert sent['request_id'] == shown['request_id'] == request_id


def test_what_oslo_log_shows_is_the_same_with_and_without_a_trail():
    def read(environ):
        return context.current().get_logging_values()

    plain = seen({ID_HEADER: 'x'}, read)
    traced = seen({ID_HEADER: 'x', 'traceparent': GOOD}, read)
    plain.pop('request_id'), traced.pop('request_id')
    assert plain == traced


def test_a_trail_can_be_copied_and_pickled():
    held = trail.Trail(GOOD, 'a=1')
    held.note('req-1')
    assert held.trace_id == TRACE
    for twin in (copy.deepcopy(held), pickle.loads(pickle.dumps(held))):
        assert twin.ids == ('req-1',)
        assert twin.headers() == {'traceparent': GOOD, 'tracestate': 'a=1'}


class _Closed:
    """A context that takes no attribute."""

    __slots__ = ()
    request_id = 'req-1'


class _Odd:
    def __getattr__(self, name):
        raise RuntimeError(name)


def test_any_object_may_be_a_context():
    made = trail.Trail()
    assert trail.attached(_Closed(), made) is made
    assert trail.found(_Closed()) is None
    assert trail.found(_Odd()) is None
    assert context.downstream_request_ids(_Odd()) == ()
    assert context.downstream_request_ids() == ()


def test_a_trail_keeps_nothing_alive():
    made = trail.Trail(GOOD)
    before = sys.getrefcount(made)
    own = anonymous('req-1')
    assert trail.attached(own, made) is made
    assert trail.attached(own, trail.Trail()) is made
    del own
    assert sys.getrefcount(made) == before
