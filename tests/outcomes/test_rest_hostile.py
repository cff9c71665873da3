# SPDX-License-Identifier: Apache-2.0
"""Whatever a request to the messages API says, it is never a 5xx.

The store in memory and each in SQL are asked the same, and answer the same.
"""

import contextlib
import datetime
import json
from urllib.parse import quote_from_bytes, urlencode

import pytest
import sql_engines
import webob
from hypothesis import example, given, settings
from hypothesis import strategies as st
from message_samples import NOW, message
from rest_service import Caller, api_of, wrapped

from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.records import FILTERABLE, SORTABLE

OWN = [f'00000000-0000-4000-8000-{number:012}' for number in range(12)]
FOREIGN = [one.replace('4000', '4fff') for one in OWN]
VALUES = (None, 'a', 'A', 'ß', '%', "'; DROP TABLE errorkit_messages; --")
HEADERS = ('HTTP_ACCEPT', 'HTTP_ACCEPT_LANGUAGE', 'HTTP_HOST',
           'HTTP_X_FORWARDED_HOST', 'CONTENT_LENGTH', 'CONTENT_TYPE')


def fill(store):
    """Keep the same messages in a store."""
    for project, ids in (('alpha', OWN), ('beta', FOREIGN)):
        for number, id in enumerate(ids):
            store.add(message(
                project, id=id,
                created_at=NOW + datetime.timedelta(seconds=number // 3),
                message_level=('ERROR', 'INFO')[number % 2],
                request_id=VALUES[number % 6],
                resource_type=VALUES[number % 2],
                resource_uuid=VALUES[number % 5],
            ))


@contextlib.contextmanager
def serving(kind, folder):
    """Give the service on a kind of store, with the messages."""
    with contextlib.ExitStack() as stack:
        store = MemoryStore()
        if kind != 'memory':
            url = stack.enter_context(sql_engines.empty(kind, folder))
            sql_engines.tables(url)
            store = stack.enter_context(sql_engines.opened(url))
        fill(store)
        yield wrapped(api_of(store, cursor_key=b'k', max_limit=5))


@pytest.fixture(scope='module', params=sql_engines.KINDS)
def services(request, tmp_path_factory):
    """The service in memory and on a database, with the same messages."""
    folder = tmp_path_factory.mktemp('s')
    with serving('memory', folder) as one, \
            serving(request.param, folder) as two:
        yield [one, two]


words = st.one_of(
    st.sampled_from([
        '', '0', '1', '2', '-1', '99999999999999999999', '2147483647',
        '2147483648', '1e3', 'None', 'true', "' OR '1'='1", '1;--',
        '\0', '%', '_', 'm1.', *VALUES[1:], *OWN[:3], FOREIGN[0],
        'ERROR', '000002', 'asc', 'desc', *SORTABLE,
    ]),
    st.text(max_size=20),
)
keys = st.builds(
    '{}:{}'.format, st.sampled_from(SORTABLE), st.sampled_from(
        ['asc', 'desc', '', 'ASC']))
names = st.sampled_from([
    'limit', 'offset', 'marker', 'sort', 'sort_key', 'sort_dir',
    'all_tenants', 'project_id', *FILTERABLE,
])
rightly = st.sampled_from([
    ('limit', '3'), ('limit', '4'), ('offset', '1'), ('marker', OWN[4]),
    ('sort_key', 'request_id'), ('sort_dir', 'asc'), ('all_tenants', '1'),
    ('message_level', 'INFO'), ('request_id', 'ß'), ('resource_type', 'a'),
])
good_sorts = st.lists(
    st.builds('{}:{}'.format, st.sampled_from(SORTABLE),
              st.sampled_from(['asc', 'desc'])),
    min_size=1, max_size=4,
).map(lambda found: ('sort', ','.join(found)))
sorts = st.lists(keys, max_size=4).map(lambda found: (
    'sort', ','.join(found)))


def encoded(*kinds):
    """Return queries of some kinds of parameters."""
    return st.lists(
        st.one_of(kinds), max_size=5, unique_by=lambda pair: pair[0],
    ).map(lambda pairs: urlencode(pairs, errors='surrogatepass'))


# What can be is asked as often as what cannot.
queries = st.booleans().flatmap(
    lambda can_be: encoded(rightly, good_sorts) if can_be else encoded(
        rightly, sorts, st.tuples(names, words), st.tuples(words, words)))
raw = st.binary(max_size=60).map(
    lambda found: found.decode('latin-1'))
versions = st.sampled_from(['latest', 'latest', '3.30', '3.5', '3.3', '3.0'])
tokens = st.sampled_from(['ada:alpha', 'root:alpha:admin', 'eve:beta', 'x'])


def ask(service, token, version, path, method='GET', **environ):
    """Return the status and what the answer says, but for its id."""
    request = webob.Request.blank('/', method=method)
    request.environ['PATH_INFO'] = path
    request.headers['X-Auth-Token'] = token
    request.headers['OpenStack-API-Version'] = f'volume {version}'
    request.environ.update(environ)
    response = request.get_response(service)
    id = response.headers['X-Openstack-Request-Id']
    return response.status_int, response.text.replace(id, 'ID')


def check(found, token):
    """Check what one store answered, and that the others say the same."""
    (status, text), *others = found
    assert all(other == (status, text) for other in others)
    assert status < 500, text
    if status == 200 and text and token == 'ada:alpha':
        body = json.loads(text)
        shown = body.get('messages', [])
        if 'message' in body:
            shown = [body['message']]
        assert {one['id'] for one in shown} <= {*OWN}
    return status


@settings(max_examples=700, deadline=None)
@given(queries | raw, versions, tokens)
@example('limit=2&sort=resource_uuid:asc', 'latest', 'ada:alpha')
def test_no_query_is_answered_with_5xx(services, query, version, token):
    project = token.split(':')[1] if ':' in token else 'alpha'
    found = [
        ask(service, token, version, f'/v3/{project}/messages',
            QUERY_STRING=query) for service in services]
    assert check(found, token) in (200, 400, 403, 404)


@settings(max_examples=70, deadline=None)
@given(queries, st.integers(1, 4))
def test_no_walk_meets_a_message_twice_or_a_foreign_one(
    services, query, limit
):
    for service in services:
        ada = Caller(service)
        path = f'.?limit={limit}&{query}'
        found = []
        while path:
            response = ada(path)
            if response.status_int != 200:
                assert response.status_int in (400, 404)
                break
            body = response.json
            found += [one['id'] for one in body['messages']]
            path = body.get('messages_links', [{'href': None}])[0]['href']
        assert len(found) == len(set(found))
        assert set(found) <= set(OWN)


@settings(max_examples=100, deadline=None)
@given(
    raw | st.sampled_from(OWN + FOREIGN) | st.text(max_size=40).map(
        lambda text: text.encode('utf-8', 'replace').decode('latin-1')),
    st.sampled_from(['GET', 'HEAD', 'DELETE', 'POST', 'FROB']), tokens)
@example(OWN[0], 'GET', 'eve:beta')
def test_no_path_is_answered_with_5xx(services, id, method, token):
    for path in (f'/v3/alpha/messages/{id}', f'/v3/{id}', f'/v3/{id}/x'):
        if method == 'DELETE' and any(one in path for one in OWN + FOREIGN):
            method = 'GET'  # they are needed
        found = [ask(service, token, 'latest', path, method)
                 for service in services]
        check(found, token)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.sampled_from(['"', '\\', '\ud800', '\u2028', '\0']))
@example('"}], "messages": [')
def test_what_a_store_keeps_is_shown_as_it_is(text):
    store = MemoryStore()
    store.add(message(id='x' + text, request_id=text, resource_type=text,
                      resource_uuid=text, event_id=text))
    ada = Caller(wrapped(api_of(store)))
    [shown] = ada('.').json['messages']
    assert shown['id'] == 'x' + text
    assert shown['request_id'] == shown['event_id'] == text
    for name in ('resource_type', 'resource_uuid'):
        assert shown.get(name, '') == text
    assert shown['links'][0]['href'].isascii()


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(HEADERS), raw), raw)
def test_no_header_is_answered_with_5xx(services, headers, script):
    found = [
        ask(service, 'ada:alpha', 'latest', '/v3/alpha/messages',
            QUERY_STRING='limit=1', **headers, SCRIPT_NAME=script)
        for service in services]
    check(found, 'ada:alpha')


# What is so long comes to no database.
@pytest.mark.parametrize('services', ['sqlite'], indirect=True)
@pytest.mark.parametrize('size', [10_000, 300_000])
@pytest.mark.parametrize('part', [
    'a=1&', '&', '=', '%', 'sort=', 'a', 'sort=id,', 'id,', '\xff', '%ff&',
])
def test_a_long_query_is_answered(services, part, size):
    query = part * (size // len(part))
    for head in ('', 'sort=', 'marker=m1.', 'request_id='):
        found = [
            ask(service, 'ada:alpha', 'latest', '/v3/alpha/messages',
                QUERY_STRING=head + query) for service in services]
        check(found, 'ada:alpha')
        assert len(found[0][1]) < 30_000


@pytest.mark.parametrize('name', [*FILTERABLE, 'marker', 'sort', 'limit',
                                  'offset', 'sort_key', 'project_id', 'x'])
def test_nothing_is_sql_to_it(services, name):
    for value in (b"' OR 1=1 --", b'1) OR (1=1', b'id; DELETE FROM',
                  b"' UNION SELECT * FROM errorkit_messages --", b'\xff\x00'):
        for token in ('ada:alpha', 'root:alpha:admin'):
            found = [
                ask(service, token, 'latest', '/v3/alpha/messages',
                    QUERY_STRING=f'{name}={quote_from_bytes(value)}')
                for service in services]
            status = check(found, token)
            assert status in (400, 404) or '"messages": []' in found[0][1]
    assert len(Caller(services[1]).ids('.?limit=12')) == 5
