# SPDX-License-Identifier: Apache-2.0
"""Wrapped twice is wrapped once: one id, one line, one error, same bytes."""

import logging

import apps
import pytest
import webob
import webob.dec
import webob.exc
from apps import Watched, serve
from oslo_context import context as oslo_context

import errorkit
from errorkit.observers import Observers

CODE = 'volume.name_exists'
GLOBAL_ID = 'req-11111111-2222-4333-8444-555555555555'
SOON = 20


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept
    left = oslo_context.get_current()
    if left is not None:
        del oslo_context._request_store.context  # for the other tests
    assert left is None


def raised(environ, start_response):
    raise webob.exc.HTTPConflict('no <uuid>', comment=CODE, headers=[
        ('Retry-After', '3'), ('Vary', 'Cookie')])


@errorkit.wsgify
def in_wsgify(request):
    raise webob.exc.HTTPConflict('no <uuid>', comment=CODE)


@webob.dec.wsgify
def in_plain_wsgify(request):
    raise webob.exc.HTTPConflict('no <uuid>', comment=CODE)


@webob.dec.wsgify
def a_webob_answer(request):
    return webob.Response('text', vary=['Accept-Encoding'])


def a_redirect_raised(environ, start_response):
    raise webob.exc.HTTPFound(location='/there')


def several(environ, start_response):
    raise errorkit.MultiError([
        errorkit.Error(400, 'Bad', f'no {number}', CODE)
        for number in range(25)])


def unavailable(environ, start_response):
    raise webob.exc.HTTPServiceUnavailable('away')


ANSWERS = {
    **apps.SOUND, **apps.FAILING_EARLY, **apps.FAILING_LATE,
    **{one.__name__: one for one in (
        raised, a_redirect_raised, several, unavailable,
        apps.raises_in_close, apps.raises_after_one_write)},
    'in_wsgify': in_wsgify, 'in_plain_wsgify': in_plain_wsgify,
    'a_webob_answer': a_webob_answer,
}


def wrapped(application, times=1, **options):
    """Wrap an application in the whole stack, so many times."""
    options.setdefault('versions', '3.0-3.9')
    for _ in range(times):
        application = errorkit.wrap(
            application, service_type='volume', **options)
    return application


def asked(**more):
    return apps.request('/v3', query='limit=1', **more)


def anonymized(exchange):
    """Return all that a client and a server get, without the id."""
    request_id = exchange.environ.get('openstack.request_id', '-')
    if exchange.headers is not None:
        # One, whatever the layers.
        assert exchange.request_id in (None, request_id)
    body = exchange.body.replace(request_id.encode(), b'<id>')
    headers = [(name, '<id>' if name == apps.REQUEST_ID else value)
               for name, value in exchange.headers or []]
    return (exchange.status, headers, body, type(exchange.raised),
            type(exchange.raised_by_close), exchange.seen.closed)


REQUESTS = {
    'GET': {},
    'HEAD': {'method': 'HEAD'},
    'a browser': {'accept': 'text/html,application/xhtml+xml'},
    'plain text': {'accept': 'text/plain'},
    'a version': {'openstack_api_version': 'volume 3.4'},
    'a bad version': {'openstack_api_version': 'volume x'},
    'an unknown version': {'openstack_api_version': 'volume 3.99'},
    'a global id': {'x_openstack_request_id': GLOBAL_ID},
    'a bad global id': {'x_openstack_request_id': 'req-1'},
}


@pytest.mark.parametrize('times', [2, 5])
@pytest.mark.parametrize('asking', REQUESTS)
@pytest.mark.parametrize('name', ANSWERS)
def test_the_stack_around_itself_answers_the_same_bytes(name, asking, times):
    once = serve(wrapped(ANSWERS[name]), asked(**REQUESTS[asking]))
    again = serve(wrapped(ANSWERS[name], times), asked(**REQUESTS[asking]))
    assert anonymized(again) == anonymized(once)
    assert again.seen.closed == again.seen.bodies


LAYERS = {
    'RequestId': errorkit.RequestId,
    'RequestLog': errorkit.RequestLog,
    'FaultWrapper': lambda app: errorkit.FaultWrapper(
        app, service_type='volume'),
    'Context': errorkit.Context,
    'Microversion': lambda app: errorkit.Microversion(
        app, service_type='volume', versions='3.0-3.9'),
}


@pytest.mark.parametrize('times', [2, 5])
@pytest.mark.parametrize('layer', LAYERS)
@pytest.mark.parametrize('name', ANSWERS)
def test_each_layer_around_itself_answers_the_same_bytes(name, layer, times):
    once = again = ANSWERS[name]
    once = LAYERS[layer](once)
    for _ in range(times):
        again = LAYERS[layer](again)
    assert anonymized(serve(again, asked())) == anonymized(
        serve(once, asked()))


@pytest.mark.parametrize('layer', LAYERS)
@pytest.mark.parametrize('name', ANSWERS)
@pytest.mark.parametrize('place', ['inside', 'outside'])
def test_one_more_layer_in_or_around_the_stack_changes_nothing(
        place, name, layer):
    once = serve(wrapped(ANSWERS[name]), asked())
    if place == 'inside':
        application = wrapped(LAYERS[layer](ANSWERS[name]))
    else:
        application = LAYERS[layer](wrapped(ANSWERS[name]))
    again = serve(application, asked())
    assert sorted_headers(anonymized(again)) == sorted_headers(
        anonymized(once))


def sorted_headers(found):
    """Leave out the order of the headers, which the extra layer may set."""
    return found[0], sorted(found[1] or ()), *found[2:]


@pytest.mark.parametrize('times', [1, 2, 3, 4, 5])
@pytest.mark.parametrize('name', ANSWERS)
def test_there_is_one_id_one_access_line_and_one_error(name, times, records):
    serve(wrapped(ANSWERS[name]), asked())
    errors_of_once = [
        (record.getMessage(), record.levelno)
        for record in records.of('errorkit.fault_wrap')]
    records.kept.clear()

    exchange = serve(wrapped(ANSWERS[name], times), asked())
    request_id = exchange.environ['openstack.request_id']
    assert exchange.request_id in (request_id, None)
    if exchange.code >= 400:
        assert {one['request_id'] for one in exchange.errors} == {request_id}
    lines = records.of('errorkit.request_log')
    assert [line.levelno for line in lines] == [logging.DEBUG, logging.INFO]
    assert [(record.getMessage(), record.levelno) for record in
            records.of('errorkit.fault_wrap')] == errors_of_once
    assert len(errors_of_once) <= 1
    assert {record.request_id for record in records.kept} == {request_id}


@pytest.mark.parametrize('times', [1, 2, 5])
@pytest.mark.parametrize('name', [
    'raised', 'in_wsgify', 'in_plain_wsgify', 'several', 'raises_at_once',
    'raises_after_a_chunk', 'raises_in_close'])
def test_an_observer_is_told_once(name, times, monkeypatch):
    told = []
    monkeypatch.setattr(Observers, 'tell',
                        lambda self, record, raised=None: told.append(record))
    serve(wrapped(ANSWERS[name], times, observers=[print]), asked())
    assert len(told) == 1


@pytest.mark.parametrize('times', [1, 2, 5])
def test_the_inner_ones_reuse_the_outer_ones_id(times):
    seen = []

    def application(environ, start_response):
        seen.append(environ['openstack.request_id'])
        seen.append(oslo_context.get_current().request_id)
        seen.append(environ['openstack.global_request_id'])
        start_response('200 OK', apps.TEXT[:])
        return [b'x']

    exchange = serve(wrapped(application, times), asked(
        x_openstack_request_id=GLOBAL_ID))
    assert seen == [exchange.request_id] * 2 + [GLOBAL_ID]


@pytest.mark.parametrize('times', [1, 2, 5])
def test_each_compat_header_is_there_once(times):
    application = wrapped(apps.a_list, times, compat_headers=[
        'X-Compute-Request-Id', 'X-Volume-Request-Id'])
    exchange = serve(application, asked())
    assert exchange.header('X-Compute-Request-Id') == exchange.request_id
    assert exchange.header('X-Volume-Request-Id') == exchange.request_id


@pytest.mark.parametrize('times', [1, 2, 5])
def test_nothing_is_read_ahead_however_many_there_are(times):
    exchange = apps.Exchange(wrapped(apps.a_streamed_body, times))
    exchange.call()
    assert exchange.seen.pulled == 1
    exchange.close()


@pytest.mark.parametrize('closes', [0, 1, 2])
@pytest.mark.parametrize('times', [2, 3, 5])
@pytest.mark.parametrize('name', [
    'a_streamed_body', 'a_file', 'one_write_and_a_body', 'not_modified',
    'raises_in_close'])
def test_close_runs_once_however_many_there_are(name, times, closes):
    exchange = serve(wrapped(ANSWERS[name], times), closes=closes)
    assert exchange.seen.closed == 1


# -- mounted applications

def mounting(application):
    """Return an application that hands /v3 on to another."""
    def outer(environ, start_response):
        assert environ['PATH_INFO'].startswith('/v3')
        environ['SCRIPT_NAME'] += '/v3'
        environ['PATH_INFO'] = environ['PATH_INFO'][3:]
        return application(environ, start_response)
    return outer


@pytest.mark.parametrize('times', [1, 2])
@pytest.mark.parametrize('name', ANSWERS)
def test_a_mounted_application_may_be_wrapped_too(name, times, records):
    once = serve(wrapped(mounting(ANSWERS[name])), asked())
    records.kept.clear()
    again = serve(
        wrapped(mounting(wrapped(ANSWERS[name], times))), asked())
    assert anonymized(again) == anonymized(once)
    assert len(records.of('errorkit.request_log', logging.INFO)) == 1
    assert len(records.of('errorkit.fault_wrap')) <= 1


def test_mounted_applications_may_be_of_other_services():
    application = wrapped(mounting(errorkit.wrap(
        in_wsgify, service_type='snapshot', versions='1.0-1.5')))
    exchange = serve(application, asked(
        openstack_api_version='volume 3.4, snapshot 1.2'))
    [error] = exchange.errors
    assert error['request_id'] == exchange.request_id
    assert set(exchange.all_of('OpenStack-API-Version')) <= {
        'volume 3.4', 'snapshot 1.2'}


def authenticating(user):
    def auth(application):
        def layer(environ, start_response):
            environ['HTTP_X_USER_ID'] = user
            return application(environ, start_response)
        return layer
    return auth


@pytest.mark.parametrize(('outer', 'inner', 'user'), [
    (None, None, None),
    (authenticating('alice'), None, 'alice'),
    (None, authenticating('alice'), 'alice'),
    (authenticating('alice'), authenticating('bob'), 'bob'),
    (authenticating('alice'), apps.passing, 'alice'),
    (apps.passing, authenticating('alice'), 'alice'),
    (apps.passing, apps.passing, None),
], ids=['nobody', 'outer', 'inner', 'both', 'outer one', 'inner one',
        'none of both'])
def test_an_identity_counts_whichever_layer_established_it(
        outer, inner, user, records):
    def application(environ, start_response):
        seen.append(oslo_context.get_current().user_id)
        start_response('200 OK', apps.TEXT[:])
        return [b'x']

    seen = []
    exchange = serve(
        wrapped(wrapped(application, auth=inner), auth=outer),
        asked(x_user_id='root'))
    assert exchange.code == 200
    assert seen == [user]
    [line] = records.of('errorkit.request_log', logging.INFO)
    assert line.user_id == (user or '-')


# -- an application that is called by another one's handler

def asking(inner, *, copied):
    """Return an application that asks another one, and then goes on."""
    def application(environ, start_response):
        before = oslo_context.get_current()
        answer = serve(inner, dict(environ) if copied else environ)
        assert answer.raised is None
        apps.logging.getLogger('volume').info('after')
        assert oslo_context.get_current() is before

        def chunks():
            apps.logging.getLogger('volume').info('streaming')
            yield answer.body
            yield b'!'

        start_response('200 OK', apps.TEXT[:])
        return Watched(environ, chunks())
    return application


@pytest.mark.parametrize('copied', [False, True])
@pytest.mark.parametrize('inner', [
    apps.a_list, apps.a_streamed_body, apps.a_lazy_generator])
@pytest.mark.parametrize('make', [wrapped, errorkit.RequestId,
                                  errorkit.Context])
def test_a_handler_may_ask_a_wrapped_application_and_go_on(
        make, inner, copied, records):
    exchange = serve(wrapped(asking(make(inner), copied=copied)), asked())
    assert exchange.body.endswith(b'!')
    lines = records.of('volume')
    assert [line.getMessage() for line in lines] == ['after', 'streaming']
    assert {line.request_id for line in lines} == {exchange.request_id}


@pytest.mark.parametrize('second', [
    'a_list', 'a_streamed_body', 'raises_at_once', 'raises_after_a_chunk',
    'raised', 'in_wsgify', 'in_plain_wsgify'])
@pytest.mark.parametrize('first', [
    'a_list', 'a_streamed_body', 'raises_at_once', 'in_wsgify'])
def test_an_environ_may_be_used_for_one_request_after_another(
        first, second, records):
    # As by a dispatcher that asks the next one after a 404, or a test client.
    environ = asked()
    serve(wrapped(ANSWERS[first]), environ)
    records.kept.clear()
    environ[apps.SEEN] = apps.Seen()

    again = serve(wrapped(ANSWERS[second]), environ)
    alone = serve(wrapped(ANSWERS[second]), asked())
    assert anonymized(again) == anonymized(alone)
    line, _ = records.of('errorkit.request_log', logging.INFO)
    assert line.request_id == again.request_id


def test_a_fault_wrapper_outside_of_request_id_is_warned_of_once(caplog):
    inner = errorkit.RequestId(webob.Response('text'))
    wrapped = errorkit.FaultWrapper(inner, service_type='volume')
    for _number in range(3):
        serve(wrapped)
    [warning] = [
        record.getMessage()
        for record in caplog.records
        if record.levelname == 'WARNING'
    ]
    assert warning.startswith('FaultWrapper is outside of RequestId')


def test_the_right_order_and_two_whole_stacks_are_not_warned_of(caplog):
    inner = errorkit.wrap(webob.Response('text'), service_type='volume')
    for wrapped in (inner, errorkit.wrap(inner, service_type='shelf')):
        serve(wrapped)
    assert 'WARNING' not in [one.levelname for one in caplog.records]
