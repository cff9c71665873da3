# SPDX-License-Identifier: Apache-2.0
"""The ids go out to listed hosts, theirs come back; nobody else sees any."""

import asyncio
import concurrent.futures
import io
import json
import logging
import re

import httpx
import pytest
import requests
from assertions import GLOBAL_ID, ID, ID_HEADER, ask, assert_error
from called_services import (
    ANSWERED,
    COMPAT,
    TRACEPARENT,
    TRACESTATE,
    sending,
)
from loopback import serving
from oslo_context import context as oslo_context

import errorkit
from errorkit import context
from errorkit.log import JSONFormatter
from errorkit.propagate import Propagation

TRACED = {'traceparent': TRACEPARENT, 'tracestate': TRACESTATE}


def serve(inside, headers=()):
    """Run a function inside a request; give the reply and what it gave."""
    given = []

    def application(environ, start_response):
        given.append(inside())
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [b'']

    reply = ask(
        errorkit.wrap(application, service_type='bakery'), headers=headers)
    assert reply.status_int == 200
    return reply, given[0]


def said(caplog):
    return [one.getMessage() for one in caplog.records
            if one.name == 'errorkit.propagate']


# -- the id that goes out


def test_a_listed_host_gets_the_global_id(get, ours):
    _, status = serve(
        lambda: get(Propagation(ours.place), ours.url), {ID_HEADER: GLOBAL_ID})
    assert status == 200
    assert ours.ids == [GLOBAL_ID]


def test_without_a_global_id_a_listed_host_gets_the_local_one(get, ours):
    reply, _ = serve(lambda: get(Propagation(ours.place), ours.url))
    assert ours.ids == [reply.one(ID_HEADER)]


def test_by_default_no_host_gets_anything(get, ours):
    headers = {ID_HEADER: GLOBAL_ID, **TRACED}
    _, status = serve(lambda: get(Propagation(), ours.url), headers)
    assert status == 200
    assert ours.ids == [None]
    assert ours.traces == [(None, None)]


def test_a_host_that_is_not_listed_gets_neither_id_nor_trace(
    get, ours, foreign, caplog
):
    caplog.set_level(logging.DEBUG, 'errorkit')

    def inside():
        get(Propagation(ours.place), foreign.url)
        return context.downstream_request_ids()

    _, kept = serve(inside, {ID_HEADER: GLOBAL_ID, **TRACED})
    assert foreign.ids == [None]
    assert foreign.traces == [(None, None)]
    assert kept == ()
    assert said(caplog) == []


def test_a_redirect_to_a_host_not_listed_drops_both(get, ours, foreign):
    url = f'{ours.url}/to?url={foreign.url}/'
    _, status = serve(
        lambda: get(Propagation(ours.place), url),
        {ID_HEADER: GLOBAL_ID, **TRACED},
    )
    assert status == 200
    assert ours.ids == [GLOBAL_ID]
    assert ours.traces == [(TRACEPARENT, TRACESTATE)]
    assert foreign.ids == [None]
    assert foreign.traces == [(None, None)]


def test_a_redirect_from_a_foreign_host_to_a_listed_one_has_the_id(
    get, ours, foreign
):
    url = f'{foreign.url}/to?url={ours.url}/'
    serve(lambda: get(Propagation(ours.place), url), {ID_HEADER: GLOBAL_ID})
    # keystoneauth would send foreign's own local id.
    assert foreign.ids == [None]
    assert ours.ids == [GLOBAL_ID]


def test_a_redirect_within_a_listed_host_keeps_the_id(get, ours):
    url = f'{ours.url}/to?url={ours.url}/'
    serve(lambda: get(Propagation(ours.place), url), {ID_HEADER: GLOBAL_ID})
    assert ours.ids == [GLOBAL_ID, GLOBAL_ID]


def test_a_header_that_the_caller_sets_himself_wins(get, ours):
    own = {ID_HEADER.lower(): 'of-his-own', 'TraceParent': 'his'}
    serve(
        lambda: get(Propagation(ours.place), ours.url, own),
        {ID_HEADER: GLOBAL_ID, **TRACED},
    )
    assert ours.ids == ['of-his-own']
    assert ours.traces == [('his', None)]


def test_outside_of_any_request_nothing_is_sent(get, ours):
    assert get(Propagation(ours.place), ours.url) == 200
    assert ours.ids == [None]
    assert ours.traces == [(None, None)]


@pytest.mark.parametrize('odd', [
    'req-1', 'periodic', '', 'req-\r\nX-Evil: 1', GLOBAL_ID + '\n', 7])
def test_an_id_of_a_services_own_that_is_none_is_not_sent(get, ours, odd):
    def inside():
        oslo_context.RequestContext(
            request_id=odd or '-', overwrite=True)
        return get(Propagation(ours.place), ours.url)

    _, status = serve(inside)
    assert status == 200
    assert ours.ids == [None]


def test_installing_it_twice_is_installing_it_once(ours, caplog):
    caplog.set_level(logging.INFO, 'errorkit')
    propagation = Propagation(ours.place)

    def inside():
        session = propagation.requests(propagation.requests())
        client = propagation.httpx(propagation.httpx(httpx.Client()))
        with session, client:
            session.get(ours.url, timeout=5)
            assert len(client.event_hooks['request']) == 1
            return len(context.downstream_request_ids())

    assert serve(inside)[1] == 1
    assert len(said(caplog)) == 1


def test_two_lists_for_one_client_add_up(ours, foreign):
    def inside():
        with httpx.Client(trust_env=False) as client:
            Propagation(ours.place).httpx(client)
            Propagation(foreign.place).httpx(client)
            client.get(ours.url)
            client.get(foreign.url)
        with requests.Session() as session:
            Propagation(ours.place).requests(session)
            Propagation(foreign.place).requests(session)
            session.get(ours.url, timeout=5)
            session.get(foreign.url, timeout=5)

    serve(inside, {ID_HEADER: GLOBAL_ID})
    assert ours.ids == foreign.ids == [GLOBAL_ID, GLOBAL_ID]


def test_a_request_of_httpx_sent_again_has_the_id_of_its_time(ours):
    with httpx.Client(trust_env=False) as client:
        Propagation(ours.place).httpx(client)
        request = client.build_request('GET', ours.url)
        serve(lambda: client.send(request), {ID_HEADER: GLOBAL_ID})
        reply, _ = serve(lambda: client.send(request))
        client.send(request)
    assert ours.ids == [GLOBAL_ID, reply.one(ID_HEADER), None]


def test_the_next_request_of_httpx_that_is_not_followed_has_no_id(
    ours, foreign
):
    def inside():
        with httpx.Client(trust_env=False) as client:
            Propagation(ours.place).httpx(client)
            reply = client.get(f'{ours.url}/to?url={foreign.url}/')
            return reply.next_request.headers

    _, headers = serve(inside, {ID_HEADER: GLOBAL_ID, **TRACED})
    assert ours.ids == [GLOBAL_ID]
    assert ID_HEADER not in headers
    assert 'traceparent' not in headers


# -- traces


def test_the_trace_headers_go_on_as_they_came(get, ours):
    serve(lambda: get(Propagation(ours.place), ours.url), TRACED)
    assert ours.traces == [(TRACEPARENT, TRACESTATE)]


def test_where_a_client_sent_no_trace_none_is_invented(get, ours):
    serve(
        lambda: get(Propagation(ours.place), ours.url),
        {'tracestate': TRACESTATE},
    )
    assert ours.traces == [(None, None)]


@pytest.mark.parametrize('broken', [
    TRACEPARENT.upper(), TRACEPARENT + '-', 'x', TRACEPARENT[:-1], '0' * 55])
def test_an_invalid_trace_is_not_passed_on(get, ours, broken):
    serve(
        lambda: get(Propagation(ours.place), ours.url),
        {'traceparent': broken, 'tracestate': TRACESTATE},
    )
    assert ours.traces == [(None, None)]


def test_an_invalid_tracestate_leaves_the_traceparent(get, ours):
    serve(
        lambda: get(Propagation(ours.place), ours.url),
        {'traceparent': TRACEPARENT, 'tracestate': 'nonsense'},
    )
    assert ours.traces == [(TRACEPARENT, None)]


def test_the_trace_can_be_left_out(get, ours):
    serve(
        lambda: get(Propagation(ours.place, traceparent=False), ours.url),
        {ID_HEADER: GLOBAL_ID, **TRACED},
    )
    assert ours.ids == [GLOBAL_ID]
    assert ours.traces == [(None, None)]


# -- threads, tasks, a service's own context


def test_a_wrapped_function_on_another_thread_sends_the_ids(get, ours):
    def inside():
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            bare = pool.submit(get, Propagation(ours.place), ours.url)
            bare.result()
            pool.submit(
                context.wrap(get), Propagation(ours.place), ours.url).result()
        return context.downstream_request_ids()

    _, kept = serve(inside, {ID_HEADER: GLOBAL_ID, **TRACED})
    assert ours.ids == [None, GLOBAL_ID]
    assert ours.traces == [(None, None), (TRACEPARENT, TRACESTATE)]
    assert kept == (ANSWERED,)


def test_tasks_of_one_loop_each_send_the_ids_of_their_request(ours):
    async def one(number):
        propagation = Propagation(ours.place)
        async with httpx.AsyncClient(trust_env=False) as client:
            propagation.httpx(client)
            await asyncio.sleep(0.01 * (number % 3))
            await client.get(f'{ours.url}/{number}')

    def start(number):
        taken = []
        given = f'req-00000000-0000-4000-8000-00000000000{number}'
        serve(
            lambda: taken.append(context.wrap(one)), {ID_HEADER: given})
        return taken[0](number)

    async def all_of_them():
        await asyncio.gather(*map(start, range(5)))

    asyncio.run(all_of_them())
    assert sorted(ours.ids) == [
        f'req-00000000-0000-4000-8000-00000000000{n}' for n in range(5)]


def test_a_services_own_context_of_the_request_goes_on_with_its_trail(
    get, ours
):
    def inside():
        now = context.current()
        own = oslo_context.RequestContext(
            request_id=now.request_id,
            global_request_id=now.global_request_id, overwrite=True)
        get(Propagation(ours.place), ours.url)
        assert oslo_context.get_current() is own
        del oslo_context._request_store.context
        return context.downstream_request_ids(own)

    _, kept = serve(inside, {ID_HEADER: GLOBAL_ID, **TRACED})
    assert ours.ids == [GLOBAL_ID]
    assert ours.traces == [(TRACEPARENT, TRACESTATE)]
    assert kept == (ANSWERED,)


def test_a_context_of_another_request_does_not_take_the_trail(get, ours):
    def inside():
        own = oslo_context.RequestContext(overwrite=True)
        get(Propagation(ours.place), ours.url)
        return own.request_id

    _, own_id = serve(inside, {ID_HEADER: GLOBAL_ID, **TRACED})
    assert ours.ids == [own_id]
    assert ours.traces == [(None, None)]


# -- the id that comes back


def test_the_id_that_came_back_is_logged_in_keystoneauths_form(
    get, ours, caplog
):
    caplog.set_level(logging.INFO, 'errorkit')
    serve(lambda: get(
        Propagation({ours.place: 'bread'}),
        f'{ours.url}/v1/loaves?limit=5&password=hunter2',
    ))
    assert said(caplog) == [
        f'GET call to bread for {ours.url}/v1/loaves?limit=5&password=*** '
        f'used request id {ANSWERED}'
    ]
    [record] = [one for one in caplog.records
                if one.name == 'errorkit.propagate']
    assert record.levelno == logging.INFO


def test_a_service_without_a_name_is_called_by_its_host(ours, caplog):
    caplog.set_level(logging.INFO, 'errorkit')
    with Propagation(ours.place).requests() as session:
        session.get(f'http://ada:hunter2@{ours.place}/', timeout=5)
    assert said(caplog) == [
        f'GET call to 127.0.0.1 for {ours.url}/ used request id {ANSWERED}']


def test_a_compat_headers_id_is_taken_where_there_is_no_other(get, ours):
    def inside():
        get(Propagation(ours.place), f'{ours.url}/compat')
        return context.downstream_request_ids()

    assert serve(inside)[1] == (COMPAT,)


def test_a_service_that_answers_without_an_id_leaves_no_trace(
    get, ours, caplog
):
    caplog.set_level(logging.INFO, 'errorkit')

    def inside():
        get(Propagation(ours.place), f'{ours.url}/silent')
        return context.current().downstream_request_ids

    assert serve(inside)[1] == ()
    assert said(caplog) == []


HOSTILE = [
    pytest.param(b'req-1', id='short'),
    pytest.param(ANSWERED.upper().encode(), id='upper case'),
    pytest.param(f'{ANSWERED}, {ANSWERED}'.encode(), id='two'),
    pytest.param(b'req-\xff\xfe' + b'1' * 34, id='not ASCII'),
    pytest.param(b'req-\x1b[2J' + b'1' * 32, id='escape sequence'),
    pytest.param(ANSWERED.encode() + b'\x00', id='NUL'),
    pytest.param(ANSWERED.encode() + b'\r\n folded', id='folded'),
    pytest.param(b'x' * 50_000, id='huge'),
]


@pytest.mark.parametrize('value', HOSTILE)
def test_a_hostile_id_in_a_response_is_never_logged_or_kept(
    get, caplog, value
):
    caplog.set_level(logging.DEBUG, 'errorkit')
    kept = []
    raw = (b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n'
           b'X-Openstack-Request-Id: ' + value + b'\r\n\r\nok')
    with sending(raw) as port:
        url = f'http://127.0.0.1:{port}/'

        def inside():
            try:
                get(Propagation('127.0.0.1'), url)
            except (httpx.HTTPError, requests.RequestException):
                # The client's own refusal of such bytes.
                kept.append('refused')
            return context.downstream_request_ids()

        _, ids = serve(inside)
    assert ids == ()
    assert said(caplog) == []


def test_a_reply_with_a_hostile_id_is_given_to_the_caller_as_it_is():
    raw = (b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n'
           b'X-Openstack-Request-Id: req-\xff\x01\r\n\r\nok')
    with sending(raw) as port, Propagation('127.0.0.1').requests() as session:
        reply = session.get(f'http://127.0.0.1:{port}/', timeout=5)
        assert (reply.status_code, reply.text) == (200, 'ok')


class _Raising(dict):
    def items(self):
        raise RuntimeError('broken')


def test_a_response_that_cannot_be_read_breaks_nothing(ours):
    before = errorkit.log.lost()
    call = Propagation(ours.place).call('GET', ours.url)
    call.note(_Raising())
    assert errorkit.log.lost() == before + 1


def test_a_failing_log_handler_breaks_no_call(get, ours):
    class Failing(logging.Handler):
        def emit(self, record):
            raise OSError('the disk is full')

    failing = Failing()
    logger = logging.getLogger('errorkit.propagate')
    logger.addHandler(failing)
    logger.setLevel(logging.INFO)
    try:
        assert get(Propagation(ours.place), ours.url) == 200
    finally:
        logger.removeHandler(failing)
        logger.setLevel(logging.NOTSET)


def test_the_last_fifty_ids_are_kept(ours):
    propagation = Propagation(ours.place)

    def inside():
        for number in range(60):
            call = propagation.call('GET', ours.url)
            call.note({ID_HEADER: f'{ANSWERED[:-2]}{number:02}'})
        return context.downstream_request_ids()

    kept = serve(inside)[1]
    assert len(kept) == 50
    assert kept[0].endswith('10') and kept[-1].endswith('59')


# -- the error's line


def failing_after(call):
    def application(environ, start_response):
        call()
        raise RuntimeError('no flour')

    return errorkit.wrap(application, service_type='bakery')


def test_an_errors_line_names_the_downstream_ids(ours, caplog):
    caplog.set_level(logging.INFO)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    logging.getLogger().addHandler(handler)
    propagation = Propagation(ours.place)

    def call():
        with propagation.requests() as session:
            session.get(ours.url, timeout=5)
            session.get(f'{ours.url}/compat', timeout=5)

    try:
        reply = ask(failing_after(call))
    finally:
        logging.getLogger().removeHandler(handler)
    assert_error(reply, status=500, code='bakery.undefined_code')
    lines = [json.loads(one) for one in stream.getvalue().splitlines()]
    [line] = [one for one in lines if one['level'] == 'ERROR']
    assert line['downstream_request_ids'] == [ANSWERED, COMPAT]
    assert line['message'].endswith(f', downstream {ANSWERED} {COMPAT}')
    assert line['request_id'] == reply.one(ID_HEADER)
    [made] = [one for one in lines if one['logger'] == 'errorkit.propagate'
              and ANSWERED in one['message']]
    assert made['request_id'] == reply.one(ID_HEADER)


def test_a_client_never_sees_a_downstream_id(get, ours):
    reply = ask(failing_after(
        lambda: get(Propagation(ours.place), ours.url)))
    assert_error(reply, status=500, code='bakery.undefined_code')
    assert ANSWERED not in str(reply.headers) + reply.body.decode()


def test_a_request_that_called_nobody_has_a_plain_line(caplog):
    caplog.set_level(logging.INFO)
    ask(failing_after(lambda: None))
    [record] = [one for one in caplog.records
                if one.name == 'errorkit.fault_wrap']
    assert 'downstream' not in record.getMessage()
    assert not hasattr(record, 'downstream_request_ids')


def test_ids_of_one_request_are_not_those_of_the_next(get, ours):
    def inside():
        before = context.downstream_request_ids()
        get(Propagation(ours.place), ours.url)
        return before

    assert serve(inside)[1] == ()
    assert serve(inside)[1] == ()


def test_a_chain_of_services_shares_the_global_id(get):
    seen = []

    def oven(environ, start_response):
        seen.append((environ['openstack.request_id'],
                     environ['openstack.global_request_id']))
        start_response('200 OK', [('Content-Length', '2')])
        return [b'ok']

    with serving(errorkit.wrap(oven, service_type='oven')) as url:
        def inside():
            get(Propagation('127.0.0.1'), f'{url}/')
            return context.downstream_request_ids()

        reply, kept = serve(inside)
    [(local, shared)] = seen
    assert shared == reply.one(ID_HEADER)
    assert kept == (local,)
    assert re.fullmatch(ID, local)
