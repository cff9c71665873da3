# SPDX-License-Identifier: Apache-2.0
"""What the seven servers put on the socket for the service in its stack."""

import concurrent.futures
import json
import pathlib
import re

import launch
import pytest
import raw
from test_matrix import (
    REQUEST_ID,
    clean_500,
    each_server,
    provoke,
    skip_if_missing,
)

pytestmark = pytest.mark.server

# Servers that keep a connection open when the client wants it so. The others
# close it after each response.
KEEPS_ALIVE = {'gunicorn-gthread', 'gunicorn-gevent', 'waitress', 'cheroot',
               'mod_wsgi'}

# Apache does too, but not after a 500.
CLOSES_AFTER_500 = {'mod_wsgi'}

# waitress reads the whole request body before it calls the application.
# Apache calls mod_wsgi's daemon at once, and passes its answer on only when
# it has read the whole body from the client.
READS_BODY_FIRST = {'waitress'}
ANSWERS_AFTER_BODY = {'waitress', 'mod_wsgi'}

# Servers that send `100 Continue` to a client that waits for it.
CONTINUES = {'gunicorn-sync', 'gunicorn-gthread', 'gunicorn-gevent',
             'waitress', 'cheroot', 'mod_wsgi'}

STATUSES = {
    '/ok': 200,
    '/stream': 200,
    '/file': 200,
    '/nothing': 204,
    '/same': 304,
    '/missing': 404,
    '/before': 500,
}

# Every byte, and characters beyond: some whose lower byte is LF or CR, line
# separators, a lone surrogate, the last one of Unicode.
POINTS = [*range(256), 0x100, 0x10a, 0x10d, 0x20ac, 0x2028, 0x2029, 0xd800,
          0xfeff, 0x1f600, 0x10ffff]
# What the contract refuses by name, wherever it stands.
FORBIDDEN = {0x00, 0x0a, 0x0d, *(point for point in POINTS if point > 255)}


@each_server
@pytest.mark.parametrize('path', STATUSES)
def test_every_response_says_its_id_once_and_the_log_knows_it(
        server, path):
    mark = server.mark()
    answer = raw.ask(server.port, path)
    assert answer.status == STATUSES[path]
    assert REQUEST_ID.fullmatch(answer.request_id)

    def of_this_request(records):
        return [record['message'] for record in records
                if record['logger'] == 'errorkit.request_log'
                and record['request_id'] == answer.request_id]
    records = server.wait_for(mark, of_this_request)
    [line] = of_this_request(records)
    assert f'"GET {path}" status: {answer.status} ' in line
    assert f' len: {len(answer.body)} ' in line
    assert 'aborted' not in line


@each_server
def test_no_two_responses_share_an_id(server):
    ids = [raw.ask(server.port, path).request_id for path in STATUSES]
    assert len(set(ids)) == len(ids)


@each_server
def test_an_error_of_the_service_is_whole_json_with_its_code(server):
    answer = raw.ask(server.port, '/missing')
    assert answer.status == 404
    assert answer.framing == 'length'
    assert answer.complete
    assert answer.trailing == b''
    [error] = json.loads(answer.body)['errors']
    assert error['code'] == 'matrix.thing.missing'
    assert error['detail'] == 'There is no such thing.'
    assert error['request_id'] == answer.request_id


@each_server
def test_a_stream_arrives_intact(server):
    answer = raw.ask(server.port, '/stream')
    assert answer.complete
    assert answer.trailing == b''
    assert answer.body == b''.join(b'%04d\n' % n for n in range(1000))


@each_server
def test_a_file_arrives_intact(server):
    answer = raw.ask(server.port, '/file')
    assert answer.complete
    assert answer.trailing == b''
    source = pathlib.Path(launch.HERE, 'app.py')
    assert answer.body == source.read_bytes()


@each_server
def test_a_chunk_reaches_the_client_before_the_next_one_is_made(server):
    with raw.Connection(server.port) as connection:
        connection.send(raw.request('/slow'))
        seen = connection.until(b'first ')
        (server.folder / 'evidence.seen').touch()
        rest = connection.rest()
    assert b'X-Openstack-Request-Id: req-' in seen
    assert b'second' in rest
    assert b'too late' not in rest


def comparable(answer):
    """The headers that do not differ from one request to the next."""
    return {name.lower(): value for name, value in answer.headers
            if name.lower() not in ('date', 'x-openstack-request-id')}


@each_server
@pytest.mark.parametrize('path', ['/ok', '/missing', '/before'])
def test_head_has_the_headers_of_get_and_no_body(server, path):
    get = raw.ask(server.port, path)
    head = raw.ask(server.port, path, 'HEAD')
    assert head.status == get.status
    assert comparable(head) == comparable(get)
    assert head.one('Content-Length') == str(len(get.body))
    assert head.trailing == b''


@each_server
@pytest.mark.parametrize('path', ['/nothing', '/same'])
def test_a_status_without_a_body_has_no_type_and_no_bytes(server, path):
    answer = raw.ask(server.port, path)
    assert answer.status == STATUSES[path]
    assert answer.all('Content-Type') == []
    assert answer.all('Transfer-Encoding') == []
    assert answer.trailing == b''
    assert REQUEST_ID.fullmatch(answer.request_id)


@each_server
@pytest.mark.parametrize('path', ['/ok', '/missing', '/before', '/stream'])
def test_a_client_of_http_1_0_gets_the_same_without_chunks(server, path):
    modern = raw.ask(server.port, path)
    answer = raw.ask(server.port, path, version='1.0', close=False)
    assert answer.status == modern.status
    assert answer.framing in ('length', 'close')
    assert len(answer.body) == len(modern.body)
    assert answer.complete
    assert answer.trailing == b''
    assert REQUEST_ID.fullmatch(answer.request_id)


@each_server
def test_a_connection_is_of_use_after_a_500(server):
    with raw.Connection(server.port) as connection:
        connection.send(raw.request('/before', close=False))
        first = connection.response()
        assert clean_500(first, server.secret) == []
        if server.name in KEEPS_ALIVE - CLOSES_AFTER_500:
            connection.send(raw.request('/ok'))
            second = connection.response()
            assert second.body == b'ok'
            assert second.request_id != first.request_id
        assert connection.rest() == b''
        assert connection.ended == 'closed'


@each_server
def test_pipelined_requests_are_answered_in_order_each_with_its_id(server):
    pipeline = b''.join([raw.request('/ok', close=False),
                         raw.request('/missing', close=False),
                         raw.request('/before')])
    with raw.Connection(server.port) as connection:
        connection.send(pipeline)
        answers = [connection.response()]
        if server.name in KEEPS_ALIVE:
            answers += [connection.response(), connection.response()]
        assert connection.rest() == b''
    expected = [200, 404, 500][:len(answers)]
    assert [answer.status for answer in answers] == expected
    ids = {answer.request_id for answer in answers}
    assert len(ids) == len(answers)
    for answer in answers[1:]:
        [error] = json.loads(answer.body)['errors']
        assert error['request_id'] == answer.request_id


@each_server
def test_an_expected_continue_is_followed_by_one_clean_500(server):
    body = b'\xff\xfe' * 50
    head = raw.request('/read_and_fail', 'POST', close=True, headers=[
        ('Expect', '100-continue'), ('Content-Length', str(len(body)))])
    with raw.Connection(server.port) as connection:
        connection.send(head)
        if server.name in CONTINUES:
            assert connection.head().status == 100
        connection.send(body)
        answer = connection.response()
        answer.trailing = connection.rest()
    assert answer.interim == ()
    assert clean_500(answer, server.secret) == []


@each_server
@pytest.mark.parametrize('path', ['/before', '/read_and_fail'])
def test_a_binary_body_changes_nothing(server, path):
    mark = server.mark()
    body = bytes(range(256)) * 16
    answer = raw.ask(server.port, path, 'POST', body=body, headers=[
        ('Content-Type', 'application/json; charset=utf-8')])
    assert clean_500(answer, server.secret) == []

    def logged(records):
        return any(record['level'] == 'ERROR'
                   and record['request_id'] == answer.request_id
                   and 'ValueError' in record['fault'] for record in records)
    assert logged(server.wait_for(mark, logged))


@each_server
def test_ten_bytes_of_a_hundred_get_their_error_within_half_a_second(server):
    mark = server.mark()
    head = raw.request('/before', 'POST',
                       headers=[('Content-Length', '100')])

    def failed(records):
        return any(record['level'] == 'ERROR' for record in records)
    with raw.Connection(server.port) as connection:
        connection.send(head + b'0123456789')
        if server.name in ANSWERS_AFTER_BODY:
            called = server.name not in READS_BODY_FIRST
            assert failed(server.wait_for(mark, failed, 0.5)) == called
            # Nothing an application does can make these servers answer yet.
            assert connection.silent_for(0.5)
            connection.send(b'x' * 90)
        answer = connection.response('POST')
        answer.trailing = connection.rest()
    assert clean_500(answer, server.secret) == []
    assert answer.seconds <= 0.5


@each_server
def test_a_body_that_drips_in_is_read_whole(server):
    head = raw.request('/read', 'POST', headers=[('Content-Length', '30')])
    with raw.Connection(server.port) as connection:
        connection.send(head)
        for _ in range(30):
            connection.send(b'x')
        answer = connection.response('POST')
    assert answer.status == 200
    assert answer.body == b'30'
    assert REQUEST_ID.fullmatch(answer.request_id)


@each_server
def test_requests_at_the_same_time_keep_their_ids_apart(server):
    mark = server.mark()
    tags = [f'{number:02d}' for number in range(36)]

    def ask(tag):
        return raw.ask(server.port, f'/tagged?tag={tag}').request_id
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        ids = dict(zip(tags, pool.map(ask, tags), strict=True))

    def steps(records):
        return [(record['message'].partition('tag ')[2][:2],
                 record['request_id']) for record in records
                if 'tag ' in record['message']
                and record['logger'] == 'matrix']
    # Each request was called, made four chunks and was closed.
    records = server.wait_for(mark, lambda them: len(steps(them)) == 36 * 6)
    assert len(set(ids.values())) == 36
    assert sorted(steps(records)) == sorted(list(ids.items()) * 6)


@each_server
def test_thirty_clients_that_vanish_leave_thirty_closed_bodies(server):
    mark = server.mark()
    for _ in range(30):
        with raw.Connection(server.port) as connection:
            connection.send(raw.request('/reset'))
            assert connection.head().status == 200
            connection.reset()

    def closed(records):
        return [record['request_id'] for record in records
                if record['message'] == 'closed reset']

    def aborted(records):
        return [record['request_id'] for record in records
                if record['message'].endswith(' aborted')]
    records = server.wait_for(
        mark, lambda them: len(aborted(them)) == 30, seconds=10.0)
    assert len(set(closed(records))) == 30
    assert sorted(closed(records)) == sorted(aborted(records))
    assert raw.ask(server.port, '/ok').status == 200


@each_server
@pytest.mark.parametrize('how', ['raised', 'answered'])
@pytest.mark.parametrize('where', ['name', 'value', 'title'])
def test_no_character_in_a_head_splits_a_response(server, where, how):
    problems = {}
    for point in POINTS:
        path = f'/hostile?where={where}&how={how}&point={point}'
        found = split_or_unclean(server, path, where, how, point)
        if found:
            problems[point] = found
    assert problems == {}
    assert raw.ask(server.port, '/ok').status == 200


def split_or_unclean(server, path, where, how, point):
    """What is wrong with the answer to one bad character."""
    try:
        answer = raw.ask(server.port, path)
    except raw.NoAnswerError as error:
        return [str(error)]
    found = []
    wire = answer.head + b'\r\n\r\n' + answer.body + answer.trailing
    if any(line.lower().startswith(b'x-evil') for line in answer.lines):
        found.append(f'split: {answer.head!r}')
    if len(re.findall(rb'HTTP/1\.[01] \d', wire)) != 1 or answer.trailing:
        found.append(f'more than one response: {wire!r}')
    if not answer.complete:
        found.append('not complete')
    if len(answer.all('X-Openstack-Request-Id')) != 1:
        found.append(f'ids: {answer.head!r}')
    if len(answer.all('Content-Type')) != 1:
        found.append(f'types: {answer.head!r}')
    # An error's own title need not be the one of its status line.
    refused = point in FORBIDDEN and (where, how) != ('title', 'raised')
    if refused or answer.status == 500:
        found += clean_500(answer, server.secret)
    elif answer.status != (200 if how == 'answered' else 400):
        found.append(f'status {answer.status}')
    return found


@pytest.mark.parametrize('kind', ['gunicorn-sync'])
def test_a_server_that_ends_a_stuck_worker_is_obeyed_and_logged(kind):
    skip_if_missing(kind)
    server = launch.start(kind, '--timeout', '1')
    try:
        # The master aborts the worker, whose signal handler then raises
        # SystemExit wherever the main thread is: in the application.
        answer, _silence = provoke(server, 'hang')
        assert answer is None or not answer.all('X-Openstack-Request-Id')
        assert raw.ask(server.port, '/ok').status == 200
        records = server.records(0)
    finally:
        server.stop()
    [fault] = [record for record in records if record['fault']]
    assert 'SystemExit' in fault['fault']
    assert REQUEST_ID.fullmatch(fault['request_id'])
    assert records[-1]['pid'] != fault['pid']
