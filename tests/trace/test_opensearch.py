# SPDX-License-Identifier: Apache-2.0
"""The same questions, asked of a search engine."""

import base64
import http.server
import io
import json
import logging
import socket
import threading
import traceback

import pytest

from errorkit.trace import opensearch

A, B, C, X = (f'req-5eed5eed-0000-4000-8000-00000000000{n}' for n in range(4))
PASSWORD = 'sesame-7/42 @'
QUOTED = 'sesame-7%2F42%20%40'


class Engine:
    """A small search engine: points in time, phrases, ranges, search_after.

    :ivar documents: index, id, shard's number of the document, its members
    """

    #: Which of the two engines' points in time it knows; None: neither.
    points = 'opensearch'

    def __init__(self):
        self.documents = []
        self.asked = []
        self.open_points = set()
        self.answer = None
        self.authorization = None

    def add(self, index='logs-1', number=None, **members):
        count = len(self.documents)
        self.documents.append((
            index, str(count), count if number is None else number, members))

    def do(self, method, path, body, authorization):
        self.asked.append((method, path, body))
        if self.answer is not None:
            return self.answer
        if self.authorization and authorization != self.authorization:
            return 401, {'error': {'type': 'security_exception',
                                   'reason': 'missing credentials'}}
        parts = path.partition('?')[0].strip('/').split('/')
        if method == 'DELETE':
            self.open_points -= set(body.get('pit_id', [body.get('id')]))
            return 200, {}
        if parts[0] not in ('logs-*', '_search'):
            return 404, {'error': {
                'type': 'index_not_found_exception', 'reason': 'no such',
                'root_cause': [{'type': 'index_not_found_exception',
                                'reason': 'no such'}]}, 'status': 404}
        known = {'opensearch': '/_search/point_in_time',
                 'elasticsearch': '/_pit'}.get(self.points)
        if parts[1:] and parts[-1] != '_search':
            if known is None or not path.partition('?')[0].endswith(known):
                return 400, {'error': {'type': 'illegal_argument_exception',
                                       'reason': 'no handler'}}
            self.open_points.add('a point')
            member = 'pit_id' if self.points == 'opensearch' else 'id'
            return 200, {member: 'a point'}
        assert ('pit' in body) == (parts[0] == '_search')
        if 'pit' in body:
            assert body['pit']['id'] in self.open_points
        after = body.get('search_after', [-1])[0]
        hits = sorted(
            (number, index, key, members)
            for index, key, number, members in self.documents
            if number > after and holds(body['query'], members))
        return 200, {
            'took': 1, 'timed_out': False, '_shards': {'failed': 0},
            'hits': {'hits': [
                {'_index': index, '_id': key, '_source': members,
                 'sort': [number]}
                for number, index, key, members in hits[:body['size']]]}}


def texts(members, field):
    value = members
    for name in field.split('.'):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def holds(query, members):
    """Tell whether a document is found by a query of the kinds we make."""
    [(kind, what)] = query.items()
    if kind == 'bool':
        return any(holds(one, members) for one in what['should'])
    if kind == 'multi_match':
        return any(what['query'].lower() in str(texts(members, field)).lower()
                   for field in what['fields'])
    if kind == 'range':
        [(field, bounds)] = what.items()
        value = texts(members, field)
        return isinstance(value, int) and value >= bounds['gte']
    assert kind == 'match_phrase_prefix'
    [(field, phrase)] = what.items()
    return phrase['query'].lower() in str(texts(members, field)).lower()


@pytest.fixture
def engine():
    """Serve a search engine; it has a ``url``."""
    made = Engine()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def answer(self):
            length = int(self.headers.get('Content-Length') or 0)
            body = json.loads(self.rfile.read(length) or 'null')
            status, answer = made.do(
                self.command, self.path, body, self.headers['Authorization'])
            if not isinstance(answer, bytes):
                answer = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    made.url = f'http://127.0.0.1:{server.server_port}'
    thread = threading.Thread(target=server.serve_forever, args=(.01,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def ours(request_id, message, **members):
    return {'timestamp': '2026-11-22T10:00:00+00:00', 'level': 'INFO',
            'logger': 'errorkit.x', 'message': message,
            'request_id': request_id, 'global_request_id': None, **members}


def oslo(request_id, message):
    return {'asctime': '2026-11-22 10:00:01', 'created': 1795341601.5,
            'name': 'nova.api', 'levelname': 'INFO', 'message': message,
            'hostname': 'h1', 'process': 7, 'context': {
                'request_id': request_id, 'global_request_id': A,
                'user': 'alice', 'project': 'demo'}}


def logstash(request_id, message):
    return {'@timestamp': '2026-11-22T11:00:00Z', 'host': {'name': 'h2'},
            'message': '2026-11-22 10:00:02.000 5 INFO cinder.api '
                       f'[None {request_id} u p - - -] {message}'}


def fill(engine):
    """Add a tree in all shapes of documents, and others around it."""
    call = 'GET call to volume for http://192.0.2.1 used request id '
    for number in range(30):
        engine.add(**ours(X, f'x{number} no ERROR'))
        engine.add(index='logs-2', number=2 * number,
                   **ours(A, f'a{number}'))
    engine.add(**oslo(B, 'b'))
    engine.add(**oslo(B, call + C))
    engine.add(**logstash(C, 'c'))
    engine.add(**ours(X, f'GET /os-instance-actions/{A}'))


@pytest.mark.parametrize('points', ['opensearch', 'elasticsearch', None])
@pytest.mark.parametrize(('page', 'request_id'), [
    (2, A), (7, B), (1000, C)])
def test_a_tree_is_found_page_by_page(engine, points, page, request_id):
    engine.points = points
    fill(engine)
    records = opensearch.tree(engine.url, 'logs-*', request_id, page=page)
    assert sorted(record.message for record in records[:30]) == sorted(
        f'a{number}' for number in range(30))
    call, b, c = records[30:]
    assert {b.request_id, b.user_id, b.host, b.pid} == {B, 'alice', 'h1', 7}
    assert (call.call.request_id, call.call.service) == (C, 'volume')
    assert (c.request_id, c.message, c.host, c.source) == (
        C, 'c', 'h2', 'logs-1')
    assert c.text == logstash(C, 'c')['message']
    assert json.loads(b.text) == oslo(B, 'b')
    assert [record.timestamp.second for record in (*records[29:],)] == [
        0, 1, 1, 2]
    assert engine.open_points == set()
    bodies = [body for method, path, body in engine.asked
              if method == 'POST' and '/_search' in path and body]
    assert all(body['size'] <= 1000 for body in bodies)
    assert (len(bodies) > 5) == (page < 10)


@pytest.mark.parametrize('page', [2, 3, 1000])
def test_documents_with_one_number_in_many_shards_are_all_found(engine, page):
    for shard in range(9):
        engine.add(index=f'logs-{shard}', number=5, **ours(A, f'{shard}'))
    engine.add(number=6, **ours(A, 'last'))
    records = opensearch.tree(engine.url, 'logs-*', A, page=page)
    assert sorted(record.message for record in records) == [
        *'012345678', 'last']


def test_failed_requests_are_found(engine):
    engine.add(**ours(A, 'answered with 409 volume.x', status=409,
                      code='volume.x'))
    engine.add(**ours(B, 'boom', level='ERROR'))
    engine.add(**ours(None, 'boom', level='ERROR'))
    engine.add(**ours(B, 'fine, no error', status=200))
    engine.add(**logstash(C, '10.0.0.1 "GET /v3" status: 404 len: 3 time: 1'))
    engine.add(**logstash(C, '10.0.0.1 "GET /v3" status: 200 len: 3 time: 1'))
    engine.add(**oslo(X, 'boom') | {'levelname': 'CRITICAL'})
    records = list(opensearch.errors(engine.url, 'logs-*', page=2))
    assert [(one.request_id, one.status, one.code) for one in records] == [
        (A, 409, 'volume.x'), (B, None, None), (C, 404, None),
        (X, None, None)]
    assert engine.open_points == set()


def test_who_stops_early_leaves_no_point_in_time_open(engine):
    for number in range(10):
        engine.add(**ours(A, f'{number}', level='ERROR'))
    found = opensearch.errors(engine.url, 'logs-*', page=2)
    next(found)
    assert engine.open_points == {'a point'}
    found.close()
    assert engine.open_points == set()


def basic(user, password):
    return 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()


@pytest.mark.parametrize('place', ['url', 'environment'])
def test_user_and_password_come_from_the_url_or_the_environment(
        engine, monkeypatch, caplog, capfd, place):
    caplog.set_level(logging.DEBUG)
    engine.authorization = basic('reader', PASSWORD)
    engine.add(**ours(A, 'a'))
    url = engine.url
    if place == 'url':
        url = url.replace('//', f'//reader:{QUOTED}@')
    else:
        monkeypatch.setenv('OPENSEARCH_USERNAME', 'reader')
        monkeypatch.setenv('OPENSEARCH_PASSWORD', PASSWORD)
    [record] = opensearch.tree(url, 'logs-*', A)
    assert record.message == 'a'
    shown = caplog.text + ''.join(capfd.readouterr()) + repr(record)
    assert PASSWORD not in shown
    assert QUOTED not in shown
    assert engine.authorization not in shown


CASES = {
    'a wrong password': (None, 'user or password is wrong (401)'),
    'an unknown index': (None, "there is no index 'nothing' (404)"),
    'no JSON': ((200, b'<html>'), 'the answer cannot be read'),
    'half JSON': ((200, b'{"hits": '), 'cannot be read'),
    'other JSON': ((200, {'hello': 1}), 'no result of a search'),
    'a list': ((200, [1]), 'no JSON object'),
    'a hit without a number': ((200, {'hits': {'hits': [
        {'_index': 'a', '_id': 'b', '_source': {}}]}}), 'no result'),
    'a hit without members': ((200, {'hits': {'hits': [
        {'_index': 'a', '_id': 'b', '_source': 5, 'sort': [1]}]}}),
        'no result'),
    'failed shards': ((200, {'_shards': {'failed': 2},
                             'hits': {'hits': []}}), '2 shards failed'),
    'an overload': ((503, {'error': f'busy {PASSWORD}'}),
                    'refused with 503: busy ***'),
    'a failure in HTML': ((502, b'<html>\r\nBad gateway'), 'refused with 502'),
}


@pytest.mark.parametrize('case', CASES)
@pytest.mark.parametrize('question', ['tree', 'errors'])
def test_what_cannot_be_asked_is_told_clearly(engine, case, question):
    engine.answer, words = CASES[case]
    index = 'nothing' if 'index' in case else 'logs-*'
    if 'password' in case:
        engine.authorization = basic('reader', 'other')
    url = engine.url.replace('//', f'//reader:{QUOTED}@')
    with pytest.raises(opensearch.SearchError) as caught:
        if question == 'tree':
            opensearch.tree(url, index, A)
        else:
            list(opensearch.errors(url, index))
    assert words in str(caught.value)
    assert str(caught.value).startswith(engine.url)
    shown = ''.join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown
    assert QUOTED not in shown
    assert '\n' not in str(caught.value)


def test_no_answer_in_time_is_told(engine):
    with socket.create_server(('127.0.0.1', 0)) as deaf:
        url = f'http://127.0.0.1:{deaf.getsockname()[1]}'
        with pytest.raises(opensearch.SearchError, match='no answer in time'):
            opensearch.tree(url, 'logs-*', A, timeout=.2)


def test_a_refusal_is_not_shown_by_the_client_library(engine, monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, 'handlers', [])
    shown = io.StringIO()
    monkeypatch.setattr(
        logging, 'lastResort', logging.StreamHandler(shown))
    with pytest.raises(opensearch.SearchError, match='there is no index'):
        opensearch.tree(engine.url, 'nothing', A)
    assert shown.getvalue() == ''


def test_nobody_there_is_told():
    with socket.create_server(('127.0.0.1', 0)) as closed:
        url = f'http://127.0.0.1:{closed.getsockname()[1]}'
    with pytest.raises(opensearch.SearchError, match=r'(?i)refused'):
        opensearch.tree(url.replace('//', '//a:sesame@'), 'logs-*', A)


@pytest.mark.parametrize('url', [
    '', 'localhost', 'ftp://h', 'http://', 'http://h:port', 'http://[',
    'file:///etc/passwd', f'htp://reader:{QUOTED}@host'])
def test_a_bad_url_is_refused_and_not_shown(url):
    with pytest.raises(opensearch.SearchError) as caught:
        opensearch.tree(url, 'logs-*', A)
    assert 'URL' in str(caught.value)
    assert QUOTED not in str(caught.value)


def test_what_is_no_id_is_refused(engine):
    with pytest.raises(ValueError, match='not a request id'):
        opensearch.tree(engine.url, 'logs-*', f'{A} OR 1')
    assert engine.asked == []


def test_a_name_of_an_index_cannot_leave_its_place_in_the_path(engine):
    with pytest.raises(opensearch.SearchError, match='there is no index'):
        opensearch.tree(engine.url, '../_all/?x', A)
    assert {path.count('/') for _, path, _ in engine.asked} == {3}
