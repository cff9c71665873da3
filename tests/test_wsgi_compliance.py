# SPDX-License-Identifier: Apache-2.0
"""PEP 3333, around and inside every middleware, and the same for the stack."""

import gc
import logging
import wsgiref.validate
from wsgiref.validate import validator

import apps
import pytest
from apps import Watched, serve
from hypothesis import given, settings
from hypothesis import strategies as st

import errorkit

#: Where a validator stands.
PLACES = {
    'bare': lambda make, app: make(app),
    'validated outside': lambda make, app: validator(make(app)),
    'validated inside': lambda make, app: make(validator(app)),
    'validated on both sides': lambda make, app: validator(
        make(validator(app))),
}
#: With one of these two stands a validator in each place.
VALIDATED = ['validated outside', 'validated on both sides']
#: The layers that let a failure pass.
PASSING = [name for name in apps.STACKS if name not in apps.ANSWERING]
OURS = {'x-openstack-request-id', 'openstack-api-version', 'vary'}


@pytest.fixture(autouse=True)
def complaints(monkeypatch):
    """Collect what a validator finds wrong; there must be nothing.

    It raises too, but a middleware may catch that.
    """
    found = []

    def require(condition, *args):
        if not condition:
            found.append(args)
            raise AssertionError(*args)

    monkeypatch.setattr(wsgiref.validate, 'assert_', require)
    yield found
    assert not found


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept


@pytest.fixture
def unlogged():
    """Log nothing: a kept record has a traceback, whose frames hold bodies."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def others(headers):
    """Return the headers that are not errorkit's."""
    return [item for item in headers if item[0].lower() not in OURS]


def assert_answered(exchange):
    """Assert that a client got our 500, whole and with its id."""
    assert exchange.raised is None and exchange.raised_by_close is None
    assert exchange.code == 500
    assert exchange.header('Content-Type') == 'application/json'
    if exchange.environ['REQUEST_METHOD'] == 'HEAD':
        assert exchange.body == b''
        return
    assert exchange.header('Content-Length') == str(len(exchange.body))
    [error] = exchange.errors
    assert error['status'] == 500
    assert error.get('request_id') == exchange.request_id
    assert b'secret' not in exchange.body


def assert_closed(exchange):
    assert exchange.seen.closed == exchange.seen.bodies


def faults(records):
    """Return the exceptions that FaultWrapper has logged."""
    return [record.exc_info[0] for record in records.of('errorkit.fault_wrap')
            if record.exc_info]


@pytest.mark.parametrize('method', ['GET', 'HEAD'])
@pytest.mark.parametrize('place', VALIDATED)
@pytest.mark.parametrize('name', apps.STACKS)
@pytest.mark.parametrize('app', apps.SOUND)
def test_a_good_answer_passes_as_it_is(app, name, place, method):
    application = apps.SOUND[app]
    alone = serve(application, apps.request(method=method))
    assert alone.raised is None
    exchange = serve(PLACES[place](apps.STACKS[name], application),
                     apps.request(method=method))
    assert exchange.raised is None and exchange.raised_by_close is None
    assert exchange.status == alone.status
    assert others(exchange.headers) == others(alone.headers)
    assert exchange.body == alone.body
    assert exchange.starts <= alone.starts
    assert_closed(exchange)


@pytest.mark.parametrize('method', ['GET', 'HEAD'])
@pytest.mark.parametrize('place', VALIDATED)
@pytest.mark.parametrize('name', apps.ANSWERING)
@pytest.mark.parametrize('app', apps.FAILING_EARLY)
def test_an_early_failure_is_a_clean_500(app, name, place, method, records):
    exchange = serve(
        PLACES[place](apps.STACKS[name], apps.FAILING_EARLY[app]),
        apps.request(method=method))
    assert_answered(exchange)
    assert exchange.starts == 1
    assert_closed(exchange)
    assert faults(records) == [apps.Boom]


@pytest.mark.parametrize('place', VALIDATED)
@pytest.mark.parametrize('name', apps.ANSWERING)
@pytest.mark.parametrize('app', apps.FAILING_LATE)
def test_a_late_failure_is_an_aborted_body(app, name, place, records):
    exchange = serve(
        PLACES[place](apps.STACKS[name], apps.FAILING_LATE[app]))
    assert type(exchange.raised) is apps.Boom
    assert exchange.status == '200 OK'
    assert exchange.body == b'0123456789'
    assert exchange.starts == 1
    assert_closed(exchange)
    assert faults(records) == [apps.Boom]


@pytest.mark.parametrize('place', VALIDATED)
@pytest.mark.parametrize('name', PASSING)
@pytest.mark.parametrize('app', [*apps.FAILING_EARLY, *apps.FAILING_LATE])
def test_a_failure_passes_the_layers_that_do_not_answer(app, name, place):
    application = (apps.FAILING_EARLY | apps.FAILING_LATE)[app]
    alone = serve(application)
    exchange = serve(PLACES[place](apps.STACKS[name], application))
    assert type(exchange.raised) is type(alone.raised) is apps.Boom
    assert exchange.status == alone.status
    assert exchange.body == alone.body
    assert exchange.starts == alone.starts
    assert_closed(exchange)


@pytest.mark.parametrize('place', VALIDATED)
@pytest.mark.parametrize('name', apps.ANSWERING)
def test_a_failing_close_does_not_reach_the_server(name, place, records):
    exchange = serve(PLACES[place](apps.STACKS[name], apps.raises_in_close))
    assert exchange.raised is None and exchange.raised_by_close is None
    assert exchange.status == '200 OK'
    assert exchange.body == b'0123456789'
    assert exchange.seen.closed == 1
    assert faults(records) == [apps.Boom]


@pytest.mark.parametrize('place', VALIDATED)
@pytest.mark.parametrize('name', PASSING)
def test_a_failing_close_passes_the_layers_that_do_not_answer(name, place):
    exchange = serve(PLACES[place](apps.STACKS[name], apps.raises_in_close))
    assert exchange.raised is None
    assert type(exchange.raised_by_close) is apps.Boom
    assert exchange.body == b'0123456789'
    assert exchange.seen.closed == 1


@pytest.mark.parametrize('place', VALIDATED)
@pytest.mark.parametrize('name', apps.ANSWERING)
def test_one_write_and_a_failure_is_a_clean_500(name, place):
    exchange = serve(
        PLACES[place](apps.STACKS[name], apps.raises_after_one_write))
    assert_answered(exchange)
    assert b'0123456789' not in exchange.body


@pytest.mark.parametrize('place', ['bare', 'validated inside'])
@pytest.mark.parametrize('name', apps.ANSWERING)
@pytest.mark.parametrize('body', [
    lambda environ: [],
    lambda environ: (b'not for a 205',),
    lambda environ: Watched(environ, []),
    lambda environ: Watched(environ, [b'not for a 205']),
], ids=['list', 'tuple', 'streamed', 'with a chunk'])
def test_a_205_has_no_body_and_no_type(body, name, place):
    # wsgiref's validator wants a type for it, so none stands outside.
    def application(environ, start_response):
        start_response('205 Reset Content', apps.TEXT[:])
        return body(environ)

    exchange = serve(PLACES[place](apps.STACKS[name], application))
    assert exchange.status == '205 Reset Content'
    assert exchange.header('Content-Type') is None
    assert exchange.body == b''
    assert_closed(exchange)


@pytest.mark.parametrize('name', apps.ANSWERING)
@pytest.mark.parametrize('status', ['204 No Content', '304 Not Modified'])
def test_a_stray_body_and_type_of_a_204_or_304_are_taken_off(status, name):
    def application(environ, start_response):
        start_response(status, apps.TEXT[:])
        return Watched(environ, [b'stray'])

    # A validator inside would rightly complain about this application.
    exchange = serve(validator(apps.STACKS[name](application)))
    assert exchange.status == status
    assert exchange.header('Content-Type') is None
    assert exchange.body == b''
    assert exchange.seen.closed == 1


@pytest.mark.parametrize('name', apps.STACKS)
def test_a_header_list_of_the_application_is_never_changed(name):
    before = apps.SHARED[:]
    application = apps.STACKS[name](apps.the_same_header_list_each_time)
    first, second = serve(application), serve(application)
    assert before == apps.SHARED
    assert len(first.headers) == len(second.headers)


@pytest.mark.parametrize('name', apps.ANSWERING)
def test_the_headers_of_a_shared_exception_are_never_changed(name):
    exception = errorkit.MultiError([
        errorkit.Error(409, 'Conflict', 'no', 'volume.no')])
    application = apps.STACKS[name](apps.raising_at_once(exception))
    first, second = serve(application), serve(application)
    assert len(first.headers) == len(second.headers)
    assert first.code == second.code == 409


@pytest.mark.parametrize('name', apps.STACKS)
def test_the_tuple_and_the_list_of_an_application_are_not_read_ahead(name):
    # What is already whole needs no reading: a len() may mean much to a
    # server, which gives a body of one chunk its Content-Length.
    def application(environ, start_response):
        start_response('200 OK', apps.TEXT[:])
        return [b'whole']

    body = apps.STACKS[name](application)(
        apps.request(), lambda status, headers, exc_info=None: None)
    assert len(body) == 1
    list(body)
    if hasattr(body, 'close'):
        body.close()


# -- how much is read, and when

@pytest.mark.parametrize('name', apps.STACKS)
def test_at_most_one_chunk_is_pulled_before_the_server_asks(name):
    exchange = apps.Exchange(apps.STACKS[name](apps.a_streamed_body))
    exchange.call()
    assert exchange.seen.pulled == (1 if name in apps.ANSWERING else 0)
    for asked in range(1, 6):
        assert exchange.step()
        assert exchange.seen.pulled == asked
        assert exchange.body == b'12345'[:asked]
    assert not exchange.step()
    exchange.close()


@pytest.mark.parametrize('name', apps.ANSWERING)
def test_the_server_hears_of_the_status_with_the_first_chunk(name):
    exchange = apps.Exchange(apps.STACKS[name](apps.a_streamed_body))
    exchange.call()
    assert exchange.status == '200 OK'
    exchange.close()


@pytest.mark.parametrize('name', apps.ANSWERING)
def test_empty_chunks_after_the_first_pass_one_by_one(name):
    # Services yield them to let other greenlets run.
    def application(environ, start_response):
        start_response('200 OK', apps.TEXT[:])
        return Watched(environ, [b'1', b'', b'', b'2'])

    exchange = apps.Exchange(apps.STACKS[name](application))
    exchange.call()
    for pulled in range(1, 5):
        assert exchange.step()
        assert exchange.seen.pulled == pulled
    exchange.close()


# -- close()

BODIES = {
    'streamed': apps.a_streamed_body,
    'empty': apps.no_chunks_streamed,
    'empty chunks first': apps.empty_chunks_first,
    'written and streamed': apps.one_write_and_a_body,
    'written twice and streamed': apps.writes_and_a_body,
    '304': apps.not_modified,
    'a file': apps.a_file,
    'sized': apps.a_body_with_len,
}
#: What errorkit hands to the server is a body of its own.
OWNING = [name for name in apps.STACKS if name != 'Microversion']


@pytest.mark.parametrize('ending', [
    {'closes': 1}, {'closes': 2}, {'closes': 3},
    {'take': 0}, {'take': 1}, {'take': 1, 'closes': 2},
], ids=str)
@pytest.mark.parametrize('body', BODIES)
@pytest.mark.parametrize('name', OWNING)
def test_close_runs_once_however_often_ours_is_closed(name, body, ending):
    exchange = serve(apps.STACKS[name](BODIES[body]), **ending)
    assert exchange.raised is None
    assert exchange.seen.closed == 1


@pytest.mark.parametrize('take', [None, 0, 1])
@pytest.mark.parametrize('body', BODIES)
@pytest.mark.parametrize('name', OWNING)
def test_close_runs_once_when_ours_is_only_forgotten(name, body, take):
    exchange = serve(apps.STACKS[name](BODIES[body]), closes=0, take=take)
    gc.collect(0)
    assert exchange.seen.closed == 1


@pytest.mark.parametrize('name', apps.ANSWERING)
@pytest.mark.parametrize('app', apps.FAILING_EARLY)
@pytest.mark.parametrize('closes', [0, 2])
def test_close_runs_once_when_we_answer_in_its_place(name, app, closes):
    exchange = serve(
        apps.STACKS[name](apps.FAILING_EARLY[app]), closes=closes)
    gc.collect(0)
    assert_answered(exchange)
    assert_closed(exchange)


@pytest.mark.parametrize('name', apps.ANSWERING)
@pytest.mark.parametrize('app', apps.FAILING_LATE)
@pytest.mark.parametrize('closes', [1, 2])
def test_close_runs_once_after_a_late_failure(name, app, closes):
    exchange = serve(
        apps.STACKS[name](apps.FAILING_LATE[app]), closes=closes)
    assert_closed(exchange)


@pytest.mark.parametrize('name', apps.ANSWERING)
@pytest.mark.parametrize('app', apps.FAILING_LATE)
def test_close_runs_once_after_a_late_failure_that_is_forgotten(
        name, app, unlogged):
    exchange = serve(apps.STACKS[name](apps.FAILING_LATE[app]), closes=0)
    exchange.raised = None
    gc.collect(0)
    assert_closed(exchange)


@pytest.mark.parametrize('closes', [0, 1, 2])
@pytest.mark.parametrize('name', apps.ANSWERING)
def test_a_failing_close_runs_once(name, closes):
    exchange = serve(apps.STACKS[name](apps.raises_in_close), closes=closes)
    gc.collect(0)
    assert exchange.raised_by_close is None
    assert exchange.seen.closed == 1


def test_microversion_alone_hands_on_the_very_body():
    # It holds nothing that would need a body of its own.
    bodies = []

    def application(environ, start_response):
        start_response('200 OK', apps.TEXT[:])
        bodies.append(Watched(environ, [b'x']))
        return bodies[0]

    body = apps.STACKS['Microversion'](application)(
        apps.request(), lambda status, headers, exc_info=None: None)
    assert body is bodies[0]


# -- any application

NAMES = st.sampled_from([
    'X-One', 'x-two', 'Set-Cookie', 'Link', 'ETag', 'Cache-Control',
    'Last-Modified', 'X_Odd2', 'Content-Language'])
VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xff,
                  blacklist_characters='\x7f', blacklist_categories=['Cc']),
    max_size=20)
STATUSES = st.sampled_from([
    '200 OK', '201 Created', '202 Accepted', '206 Partial Content',
    '299 Of Our Own', '300 Multiple Choices', '301 Moved Permanently',
    '303 See Other', '307 Temporary Redirect'])


@st.composite
def applications(draw):
    """Return an application that makes no error."""
    status = draw(STATUSES)
    headers = [('Content-Type', draw(st.sampled_from([
        'text/plain', 'text/html; charset=UTF-8', 'application/json',
        'application/octet-stream'])))]
    headers += draw(st.lists(st.tuples(NAMES, VALUES), max_size=5))
    chunks = draw(st.lists(st.binary(max_size=12), max_size=6))
    if draw(st.booleans()):
        headers.append(('Content-Length', str(sum(map(len, chunks)))))
    kind = draw(st.sampled_from([
        'list', 'tuple', 'streamed', 'lazy', 'written', 'mixed', 'sized']))

    def application(environ, start_response):
        if kind == 'lazy':
            return lazily(environ, start_response)
        write = start_response(status, headers[:])
        if kind == 'written':
            for chunk in chunks:
                write(chunk)
            return []
        if kind == 'mixed':
            for chunk in chunks[:2]:
                write(chunk)
            return Watched(environ, chunks[2:])
        return {
            'list': list, 'tuple': tuple,
            'streamed': lambda all_: Watched(environ, all_),
            'sized': lambda all_: apps.Sized(environ, all_),
        }[kind](chunks)

    def lazily(environ, start_response):
        environ[apps.SEEN].bodies += 1
        try:
            start_response(status, headers[:])
            yield from chunks
        finally:
            environ[apps.SEEN].closed += 1

    application.__name__ = f'{kind} {status} {headers} {chunks}'
    return application


@pytest.mark.parametrize('names', [['wrap'], sorted(apps.STACKS)],
                         ids=['the stack', 'each'])
@settings(max_examples=500, deadline=None)
@given(application=applications(), data=st.data(),
       method=st.sampled_from(['GET', 'POST']))
def test_any_answer_without_an_error_passes_as_it_is(
        names, application, data, method):
    name = data.draw(st.sampled_from(names))
    alone = serve(application, apps.request(method=method))
    exchange = serve(
        validator(apps.STACKS[name](validator(application))),
        apps.request(method=method))
    assert exchange.raised is None and exchange.raised_by_close is None
    assert exchange.status == alone.status
    assert others(exchange.headers) == alone.headers
    assert exchange.body == alone.body
    assert_closed(exchange)
