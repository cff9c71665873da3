# SPDX-License-Identifier: Apache-2.0
"""The messages API over HTTP: list, show, delete, and what it refuses."""

import datetime
import subprocess
import sys
import uuid

import oslo_i18n
import pytest
import sql_engines
import webob
from message_samples import (
    CREATE,
    DAY,
    NOW,
    SNAPSHOT,
    UNABLE_TO_ALLOCATE,
    VOLUME,
    Clock,
    TooBig,
    context,
    message,
)
from paste.deploy import loadapp
from rest_service import CATALOG, NEWEST, Caller, api_of, wrapped

import errorkit
from errorkit import keys
from errorkit._i18n import Text
from errorkit.exceptions import ConfigError
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.records import FILTERABLE
from errorkit.outcomes.rest import Messages, declare

STEP = datetime.timedelta(microseconds=1)


@pytest.fixture(scope='module')
def sqlite(tmp_path_factory):
    """A store in SQLite that the tests share; it is seldom empty."""
    with sql_engines.empty('sqlite', tmp_path_factory.mktemp('rest')) as url:
        sql_engines.tables(url)
        with sql_engines.opened(url) as found:
            yield found


@pytest.fixture(params=['memory', 'sqlite'])
def store(request, sqlite):
    """An empty store of each kind: the answers are the same."""
    if request.param == 'memory':
        return MemoryStore()
    sqlite.database.write(
        lambda own: own.exec_driver_sql('DELETE FROM errorkit_messages'))
    return sqlite


@pytest.fixture
def api(store):
    return api_of(store, clock=Clock())


@pytest.fixture
def ada(api):
    """A member of the project alpha."""
    return Caller(wrapped(api))


@pytest.fixture
def admin(ada):
    """An admin, in the project beta."""
    return Caller(ada.application, 'root:beta:admin')


def fill(api, number, project='alpha', **members):
    """Create messages; return their ids, the newest first."""
    found = []
    for _ in range(number):
        api._clock.now += STEP
        found.insert(0, api.create(
            context(project, request_id=members.pop('request_id', 'req-1')),
            UNABLE_TO_ALLOCATE, project, **members).id)
    return found


def refused(response, status, code, *words):
    """Check an error in the service's format, and what its text names."""
    assert response.status_int == status, response.text
    fault, errors = response.json.items()
    assert errors[0] == 'errors'
    [entry] = errors[1]
    assert entry['code'] == f'volume.message.{code}'
    assert entry['code'] in CATALOG
    assert fault[1]['message'] == entry['detail']
    for word in words:
        assert word in entry['detail']
    return fault[0]


def walk(caller, path):
    """Return the ids of all pages, and how many pages there were."""
    found, pages = [], 0
    while path:
        body = caller(path).json
        pages += 1
        found += [one['id'] for one in body['messages']]
        path = body.get('messages_links', [{'href': None}])[0]['href']
    return found, pages


def test_a_message_has_the_members_of_cinder_and_no_others(api, ada):
    api._clock.now = datetime.datetime(2026, 11, 22, 6, 10, 39, 0,
                                       datetime.UTC)
    made = api.create(
        context(request_id='req-7'), CREATE, 'alpha', VOLUME, 'v',
        exception=TooBig(4))
    expected = {
        'id': made.id,
        'event_id': 'VOLUME_VOLUME_006_008',
        'user_message': 'create volume:At most 4 GiB.',
        'message_level': 'ERROR',
        'resource_type': 'VOLUME',
        'resource_uuid': 'v',
        'created_at': '2026-11-22T06:10:39.000000',
        'guaranteed_until': '2026-12-22T06:10:39.000000',
        'request_id': 'req-7',
        'links': [
            {'rel': 'self',
             'href': f'http://localhost/v3/alpha/messages/{made.id}'},
            {'rel': 'bookmark',
             'href': f'http://localhost/alpha/messages/{made.id}'},
        ],
    }
    response = ada(f'./{made.id}', Host='localhost')
    assert response.json == {'message': expected}
    assert list(response.json['message']) == list(expected)
    assert ada('.', Host='localhost').json == {'messages': [expected]}
    assert response.content_type == 'application/json'
    assert response.headers['Cache-Control'] == 'no-store'


def test_what_is_not_known_of_the_resource_is_left_out(api, ada):
    one, = fill(api, 1)
    shown = ada(f'./{one}').json['message']
    assert not {'resource_type', 'resource_uuid'} & set(shown)
    assert len(shown) == 8


def test_times_can_say_that_they_are_in_utc(api):
    one, = fill(api, 1)
    caller = Caller(wrapped(api, timestamps='offset'))
    assert caller(f'./{one}').json['message']['created_at'] == (
        (NOW + STEP).isoformat())


def test_the_newest_is_the_first(api, ada):
    ids = fill(api, 3)
    assert ada.ids() == ids


@pytest.mark.parametrize(('name', 'value'), [
    ('event_id', 'VOLUME_VOLUME_006_008'),
    ('message_level', 'INFO'),
    ('request_id', 'req-2'),
    ('resource_type', 'VOLUME'),
    ('resource_uuid', 'v%&a=b'),
])
def test_a_filter_is_an_exact_comparison(api, ada, name, value):
    fill(api, 2)
    made = api.create(
        context(request_id='req-2'), CREATE, 'alpha', VOLUME, 'v%&a=b',
        'INFO', exception=TooBig(4))
    quoted = value.replace('%', '%25').replace('&', '%26')
    assert ada.ids(f'.?{name}={quoted}') == [made.id]
    assert ada.ids(f'.?{name}={quoted.swapcase()}x') == []
    assert ada.ids(f'.?{name}=') == []


def test_several_filters_hold_together(api, ada):
    first, = fill(api, 1, resource_type=VOLUME, resource_uuid='v')
    fill(api, 1, resource_type=SNAPSHOT, resource_uuid='v')
    assert ada.ids('.?resource_uuid=v&resource_type=VOLUME') == [first]


@pytest.mark.parametrize('name', [
    'action_id', 'project_id', 'user_id', 'id', 'Event_id', 'f%C3%B6', '',
    'filters', 'expires_at', '%00',
])
def test_an_unknown_filter_is_refused_by_name(api, ada, name):
    fill(api, 1)
    shown = {'f%C3%B6': 'fö', '%00': '\0'}.get(name, name)
    refused(ada(f'.?{name}=alpha'), 400, 'unknown_filter', shown, *FILTERABLE)


def test_all_unknown_filters_are_named(ada):
    refused(ada('.?b=1&request_id=2&a=3'), 400, 'unknown_filter', 'a, b.')
    many = '&'.join(f'n{one}{"x" * 500}=1' for one in range(2000))
    assert len(ada(f'.?{many}').body) < 4000


@pytest.mark.parametrize('query', [
    'request_id=a&request_id=a', 'limit=1&limit=1', 'marker=&marker=',
    'sort=id&sort=id', 'all_tenants=1&all_tenants=1', 'x=1&x=2',
])
def test_nothing_can_be_said_twice(ada, query):
    name = query.partition('=')[0]
    refused(ada(f'.?{query}'), 400, 'invalid_query', name, 'once')


@pytest.mark.parametrize(('query', 'word'), [
    ('limit=-1', 'limit'), ('limit=x', 'limit'), ('limit=', 'limit'),
    ('limit=1.0', 'limit'), ('limit=%D9%A1', 'limit'), ('limit=1_0', 'limit'),
    ('offset=-1', 'offset'), ('offset=x', 'offset'),
    ('offset=2147483648', 'offset'),
    ('sort=', 'sort'), ('sort=id,', 'sort'), ('sort=text', 'sort'),
    ('sort=project_id', 'sort'), ('sort=id:up', 'sort'),
    ('sort=id:ASC', 'sort'), ('sort=ID', 'sort'), ('sort=id:asc:x', 'sort'),
    ('sort_key=text', 'sort'), ('sort_key=', 'sort'),
    ('sort_dir=up', 'sort'), ('sort_dir=', 'sort'),
    ('sort=id&sort_key=id', 'sort'), ('sort=id&sort_dir=asc', 'sort'),
    ('all_tenants=perhaps', 'all_tenants'),
    ('request_id=%FF', 'request_id'), ('%FF=1', '\ufffd'),
    ('request_id=%00', 'request_id'),
    ('request_id=' + 256 * 'x', 'request_id'),
])
def test_a_parameter_that_cannot_be_is_refused_by_name(ada, query, word):
    assert refused(ada(f'.?{query}'), 400, 'invalid_query',
                   f'The parameter {word} ') == 'badRequest'


def test_a_list_is_sorted_as_cinder_sorts(api, ada):
    kinds = [('b', 'INFO'), ('a', 'INFO'), ('a', 'ERROR')]
    ids = [fill(api, 1, resource_uuid=one, level=level)[0]
           for one, level in kinds]
    one, two, three = ids
    for query, expected in [
        ('sort=resource_uuid', [one, three, two]),
        ('sort=resource_uuid:asc', [two, three, one]),
        ('sort=resource_uuid:asc,created_at', [three, two, one]),
        ('sort=message_level:asc,resource_uuid', [three, one, two]),
        ('sort= message_level:asc , resource_uuid:asc', [three, two, one]),
        ('sort=resource_uuid:', [one, three, two]),
        ('sort_key=resource_uuid', [one, three, two]),
        ('sort_key=created_at&sort_dir=asc', ids),
        ('sort_dir=asc', ids),
        ('sort=guaranteed_until:asc', ids),
        ('sort=expires_at', ids[::-1]),
        ('sort=id', sorted(ids, reverse=True)),
    ]:
        assert ada.ids(f'.?{query}') == expected, query


def test_limit_and_offset_count(api, ada):
    ids = fill(api, 5)
    assert ada.ids('.?limit=2') == ids[:2]
    assert ada.ids('.?limit=2&offset=2') == ids[2:4]
    assert ada.ids('.?offset=4') == ids[4:]
    for query in ('offset=5', 'offset=2147483647', 'limit=0', 'limit=000'):
        assert ada(f'.?{query}').json == {'messages': []}


def test_a_limit_too_high_is_the_highest(store):
    api = api_of(store, clock=Clock(), max_limit=3)
    ids = fill(api, 4)
    ada = Caller(wrapped(api))
    for query in ('', '?limit=4', '?limit=' + 400 * '9'):
        body = ada('.' + query).json
        assert [one['id'] for one in body['messages']] == ids[:3]
        assert len(body['messages_links']) == 1


@pytest.mark.parametrize('size', [1, 2, 3, 6, 7])
@pytest.mark.parametrize('order', ['', '&sort=request_id:asc,event_id'])
def test_a_walk_over_the_pages_meets_each_message_once(
    api, ada, size, order
):
    ids = fill(api, 6)
    found, pages = walk(ada, f'.?limit={size}{order}')
    assert sorted(found) == sorted(ids)
    # A last page that is full leads to an empty one.
    assert pages == 6 // size + 1


def test_an_offset_leaves_out_rows_of_the_first_page_only(api, ada):
    ids = fill(api, 7)
    assert walk(ada, '.?limit=2&offset=1')[0] == ids[1:]


def test_a_page_that_is_not_full_has_no_link(api, ada):
    fill(api, 2)
    assert 'messages_links' not in ada('.?limit=3').json
    assert 'messages_links' not in ada('.?limit=2&request_id=x').json


def test_a_marker_outlives_its_message_and_an_id_serves_as_one(api, ada):
    ids = fill(api, 4)
    following = ada('.?limit=2').json['messages_links'][0]['href']
    assert ada.ids(f'.?marker={ids[1]}') == ids[2:]
    assert ada.ids(f'.?marker={ids[1]}&request_id=x') == []
    ada(f'./{ids[1]}', 'DELETE')
    assert ada.ids(following) == ids[2:]
    refused(ada(f'.?marker={ids[1]}'), 404, 'marker_not_found', ids[1])


@pytest.mark.parametrize('marker', [
    '', 'x', 'm1.', 'm1.AAAA', '%00', '%F0%9F%92%A9'])
def test_an_unknown_marker_is_not_found_and_named(api, ada, marker):
    fill(api, 1)
    response = ada(f'.?marker={marker}')
    assert refused(response, 404, 'marker_not_found') == 'itemNotFound'
    if marker.isascii() and '%' not in marker:
        assert f'Marker {marker} could' in response.text


def test_a_foreign_marker_is_as_one_that_is_not_there(api, ada):
    theirs = fill(api, 3, 'beta')
    cursor = Caller(ada.application, 'bob:beta')(
        '.?limit=1').json['messages_links'][0]['href'].rpartition('=')[2]
    told = []
    for marker in (theirs[0], str(uuid.uuid4())):
        response = ada(f'.?marker={marker}')
        refused(response, 404, 'marker_not_found', marker)
        told.append(response.json['itemNotFound']['message'].replace(
            marker, ''))
    assert told[0] == told[1]
    refused(ada(f'.?marker={cursor}'), 404, 'marker_not_found')


def test_a_message_is_deleted_once(api, ada):
    one, two = fill(api, 2)
    response = ada(f'./{one}', 'DELETE')
    assert (response.status_int, response.body) == (204, b'')
    assert response.content_type is None
    for method in ('DELETE', 'GET'):
        refused(ada(f'./{one}', method), 404, 'not_found', one)
    assert ada.ids() == [two]


def test_a_foreign_message_is_as_one_that_is_not_there(api, ada):
    theirs, = fill(api, 1, 'beta')
    for method in ('GET', 'DELETE'):
        told = []
        for id in (theirs, str(uuid.uuid4())):
            response = ada(f'./{id}', method)
            told.append((
                response.status, response.text.replace(id, '').replace(
                    response.headers[keys.REQUEST_ID_HEADER], ''),
                {name: value for name, value in response.headers.items()
                 if 'Request-Id' not in name}))
        assert told[0] == told[1]
    assert ada.ids() == []
    assert Caller(ada.application, 'bob:beta').ids() == [theirs]


@pytest.mark.parametrize('id', [
    'x', '%00', '%FF', 'm1.x', '..', 200 * 'x', "'%20OR%201=1", '%0d%0a',
    '%F0%9F%92%A9',
])
def test_any_other_id_is_not_found(api, ada, id):
    fill(api, 1)
    for method in ('GET', 'DELETE'):
        assert ada(f'./{id}', method).status_int == 404
    assert len(ada.ids()) == 1


@pytest.mark.parametrize('path', [
    '/v3/alpha/messages/x/y', '/v3/alpha/message',
    '/v3/a/alpha/messages', '/v3/alpha/messages/%FF',
])
def test_other_paths_lead_nowhere(ada, path):
    refused(ada(path), 404, 'no_such_page')


@pytest.mark.parametrize('path', [
    '', '/', '//', '/alpha', '/alpha//messages', '//messages',
    '/alpha/messages//', '/alpha/messages//x', 'alpha/messages',
    '/\xff/messages', '/a\0b/messages', '/\u20ac/messages', '/messages/x/y',
])
def test_a_path_that_is_none_leads_nowhere(path):
    alone = Messages(api_of(), context_of=lambda environ: context())
    request = webob.Request.blank('/')
    request.environ['PATH_INFO'] = path
    refused(request.get_response(alone), 404, 'no_such_page')


def test_a_slash_at_the_end_changes_nothing(api, ada):
    one, = fill(api, 1)
    assert ada.ids('./') == [one]
    assert ada(f'./{one}/').status_int == 200


@pytest.mark.parametrize('method', [
    'POST', 'PUT', 'PATCH', 'OPTIONS', 'FROB'])
@pytest.mark.parametrize(('path', 'allow'), [
    ('.', 'GET, HEAD'), ('./x', 'GET, HEAD, DELETE')])
def test_other_methods_are_refused_with_those_there_are(
    ada, method, path, allow
):
    response = ada(path, method)
    assert refused(response, 405, 'method_not_allowed') == 'badMethod'
    assert response.headers['Allow'] == allow


def test_the_list_is_not_deleted(api, ada):
    fill(api, 1)
    assert ada('.', 'DELETE').headers['Allow'] == 'GET, HEAD'
    assert len(ada.ids()) == 1


def test_head_is_get_without_a_body(api, ada):
    one, = fill(api, 1)
    for path in ('.', f'./{one}', './x'):
        got, head = ada(path), ada(path, 'HEAD')
        assert head.body == b''
        assert got.status == head.status
        drop = 'X-Openstack-Request-Id', 'X-Compute-Request-Id'
        for response in (got, head):
            for name in drop:
                del response.headers[name]
        assert dict(got.headers) == dict(head.headers)


def test_the_project_in_the_path_is_that_of_the_token(api, ada, admin):
    fill(api, 1)
    for caller in (ada, admin):
        for path in ('/v3/gamma/messages', '/v3/gamma/messages/x'):
            refused(caller(path), 400, 'wrong_project')


@pytest.mark.parametrize('value', ['1', 'true', 'True', '0', 'no'])
def test_nobody_else_sees_all_projects_whatever_he_asks(api, ada, value):
    mine = fill(api, 2)
    fill(api, 2, 'beta')
    assert ada.ids(f'.?all_tenants={value}') == mine
    found, _ = walk(ada, f'.?all_tenants={value}&limit=1')
    assert found == mine


def test_an_admin_sees_his_project_or_one_or_all(api, admin):
    alpha, beta = fill(api, 2), fill(api, 2, 'beta')
    assert admin.ids() == beta
    assert admin.ids('.?all_tenants=0') == beta
    assert admin.ids('.?all_tenants=1') == beta + alpha
    assert admin.ids('.?project_id=alpha') == alpha
    assert admin.ids('.?project_id=alpha&all_tenants=1') == alpha
    assert admin.ids('.?project_id=') == []
    assert walk(admin, '.?all_tenants=1&limit=1')[0] == beta + alpha
    assert walk(admin, '.?project_id=alpha&limit=1')[0] == alpha
    refused(admin('.?all_tenants=1&user_id=ada'), 400, 'unknown_filter')


def test_an_admin_shows_and_deletes_any_message(api, ada, admin):
    one, = fill(api, 1)
    assert admin(f'./{one}').json['message']['id'] == one
    assert admin(f'./{one}', 'DELETE').status_int == 204
    assert ada(f'./{one}').status_int == 404


@pytest.mark.parametrize('token', ['', 'ada', 'ada:'])
def test_who_has_no_project_is_refused(api, ada, token):
    one, = fill(api, 1)
    nobody = Caller(ada.application, token or 'x')
    for path in ('/v3/messages', f'/v3/messages/{one}',
                 '/v3/alpha/messages', f'/v3/alpha/messages/{one}'):
        refused(nobody(path), 403, 'forbidden', 'message:get')
    refused(nobody(f'/v3/messages/{one}', 'DELETE'), 403, 'forbidden',
            'message:delete')
    assert ada.ids() == [one]


@pytest.mark.parametrize('version', [None, '3.0', '3.2'])
def test_before_3_3_there_is_nothing(api, ada, version):
    one, = fill(api, 1)
    ada.version = version
    for path in ('.', f'./{one}'):
        for method in ('GET', 'POST', 'DELETE'):
            refused(ada(path, method), 404, 'no_such_page')


@pytest.mark.parametrize('version', ['3.3', '3.4'])
def test_before_3_5_a_query_does_not_count(api, ada, version):
    ids = fill(api, 3)
    ada.version = version
    for query in ('limit=1', 'limit=x', 'x=1&x=1', 'marker=x', 'sort=x'):
        body = ada(f'.?{query}').json
        assert [one['id'] for one in body['messages']] == ids
        assert 'messages_links' not in body


@pytest.mark.parametrize('version', ['3.5', '3.30'])
def test_before_3_31_nothing_matches_an_unknown_filter(
    api, ada, admin, version
):
    ids = fill(api, 3)
    ada.version = admin.version = version
    assert ada.ids('.?limit=1') == ids[:1]
    for query in ('x=1', 'project_id=alpha', 'x=1&limit=2', 'x=1&offset=1'):
        assert ada(f'.?{query}').json == {'messages': []}
    for query in ('x=1&limit=x', 'x=1&sort=x', 'project_id=a&limit=-1'):
        refused(ada(f'.?{query}'), 400, 'invalid_query')
    assert admin.ids('.?project_id=alpha') == ids
    assert admin.ids('.?x=1&all_tenants=1') == []


def test_the_gates_can_be_taken_away(api):
    fill(api, 2)
    ada = Caller(wrapped(
        api, since=None, paging_since=None, filters_since=None),
        version='3.0')
    assert len(ada.ids('.?limit=1')) == 1
    refused(ada('.?x=1'), 400, 'unknown_filter')


@pytest.mark.parametrize('path', ['.', './x', '.?x=1'])
def test_every_answer_has_the_version_and_the_id(ada, path):
    headers = ada(path).headers
    assert headers['OpenStack-API-Version'] == f'volume {NEWEST}'
    assert headers['X-Openstack-Request-Id'].startswith('req-')


def translated():
    """Return messages some texts of which are in German and French too."""
    permitted = Permitted('volume')
    permitted.event('1', Text('An unknown error occurred.'))
    permitted.event('2', 'English only.')
    return permitted


@pytest.mark.parametrize(('asked', 'language', 'word'), [
    ('de-AT, en;q=0.5', 'de', 'unbekannter'),
    ('fr', 'fr', 'inconnue'),
    ('fi', 'en', 'unknown'),
    (None, 'en', 'unknown'),
    ('\xff;;q=\x00', 'en', 'unknown'),
])
def test_a_message_is_read_in_the_readers_language(asked, language, word):
    api = API(MemoryStore(), permitted=translated())
    made = [api.create(None, id, 'alpha').id for id in ('1', '2')]
    api.store.add(message(event_id='removed'))
    ada = Caller(wrapped(api))
    headers = {} if asked is None else {'Accept_Language': asked}
    for path in ('.', f'./{made[0]}'):
        response = ada(path, **headers)
        assert response.headers['Content-Language'] == language
        assert 'Accept-Language' in response.vary
        assert word in response.text
    texts = [one['user_message'] for one in ada('.', **headers).json[
        'messages']]
    assert texts[0] == 'English only.'
    assert texts[1] == texts[2]


def test_a_language_that_some_texts_have_not_is_none():
    permitted = translated()
    oslo_i18n.enable_lazy()
    try:
        permitted.event('3', oslo_i18n.TranslatorFactory(
            'a-service-in-english').primary('It failed.'))
    finally:
        oslo_i18n.enable_lazy(False)
    api = API(MemoryStore(), permitted=permitted)
    for id in ('1', '3'):
        api.create(None, id, 'alpha')
    response = Caller(wrapped(api))('.', Accept_Language='de')
    assert response.headers['Content-Language'] == 'en'
    assert 'unbekannter' not in response.text
    assert 'It failed.' in response.text


def test_texts_of_one_language_do_not_claim_one(api, ada):
    fill(api, 1)
    headers = ada('.', Accept_Language='de').headers
    assert 'Content-Language' not in headers
    assert 'Accept-Language' not in headers['Vary']


@pytest.mark.parametrize('accept', ['text/html', 'image/png', 'x'])
def test_a_message_is_json_whatever_is_accepted(api, ada, accept):
    one, = fill(api, 1)
    assert ada(f'./{one}', Accept=accept).json['message']['id'] == one


def test_alone_it_answers_in_both_formats_too(api):
    one, = fill(api, 1)
    alone = Messages(api, context_of=lambda environ: context())
    found = webob.Request.blank('/alpha/messages').get_response(alone)
    assert [item['id'] for item in found.json['messages']] == [one]
    for path, status, code in (
        ('/alpha/messages/x', 404, 'not_found'),
        ('/alpha/messages?limit=x', 400, 'invalid_query'),
        ('/beta/messages', 400, 'wrong_project'),
    ):
        response = webob.Request.blank(path).get_response(alone)
        assert list(response.json)[1] == 'errors'
        assert response.status_int == status
        assert response.json['errors'][0]['code'] == (
            f'volume.message.{code}')


def test_alone_the_context_of_an_earlier_request_is_nobodys(api):
    fill(api, 1)
    left_behind = context()
    left_behind.update_store()
    alone = Messages(api)
    for id in (None, 'req-other'):
        request = webob.Request.blank('/alpha/messages')
        if id:
            request.environ[keys.REQUEST_ID] = id
        assert request.get_response(alone).status_int == 403
    nobodys = context()
    nobodys.request_id = None
    nobodys.update_store()
    blank = webob.Request.blank('/alpha/messages')
    assert blank.get_response(alone).status_int == 403
    left_behind.update_store()
    request.environ[keys.REQUEST_ID] = left_behind.request_id
    assert request.get_response(alone).status_int == 200


def test_the_codes_are_declared_once_in_a_catalog():
    catalog = errorkit.Catalog('shop')
    before = set(catalog)
    codes = declare(catalog)
    assert declare(catalog) == codes
    assert set(codes) == set(catalog) - before
    assert set(catalog) == catalog.built_in
    assert all(code.startswith('shop.message.') and code.meaning
               for code in codes.values())


@pytest.mark.parametrize('options', [
    {'project_in_path': 'perhaps'}, {'timestamps': 'local'},
    {'since': '3'}, {'paging_since': 3.5}, {'filters_since': 'x'},
    {'public_endpoint': 'example.com'}, {'policy': 'x'}, {'context_of': 1},
    {'format': 'xml'},
])
def test_an_option_that_cannot_be_is_refused(options):
    with pytest.raises(ConfigError) as caught:
        Messages(api_of(), **options)
    assert next(iter(options)) in str(caught.value)


def test_it_wants_an_api():
    with pytest.raises(ConfigError):
        Messages(MemoryStore())


def test_openstacksdk_finds_a_message_where_it_looks(api):
    one, = fill(api, 1)
    body = Caller(wrapped(api, for_sdk=True))(f'./{one}').json
    assert body['messages'] == body['message']


class Recorder:
    """A store, and what it was asked."""

    def __init__(self, store):
        self.store, self.asked = store, []

    def __getattr__(self, name):
        found = getattr(self.store, name)
        if not callable(found):
            return found

        def call(*args):
            self.asked.append(name)
            return found(*args)

        return call


def test_a_list_takes_one_query_and_nothing_more(store):
    recorder = Recorder(store)
    api = api_of(recorder, clock=Clock())
    ids = fill(api, 20)
    ada = Caller(wrapped(api))
    recorder.asked.clear()
    following = ada('.?limit=10').json['messages_links'][0]['href']
    assert recorder.asked == ['list']
    assert ada.ids(following) == ids[10:]
    assert recorder.asked == ['list', 'list']
    ada(f'./{ids[0]}')
    assert recorder.asked == ['list', 'list', 'get']


def test_a_store_that_fails_shows_nothing_of_it():
    class Broken(MemoryStore):
        def list(self, project_id, page):
            raise RuntimeError('SELECT secret FROM hunter2')

    response = Caller(wrapped(api_of(Broken())))('.')
    assert response.status_int == 500
    assert 'hunter2' not in response.text
    assert 'RuntimeError' not in response.text


API_OF_PASTE = api_of()


def test_paste_mounts_it(tmp_path):
    config = tmp_path / 'shelf.ini'
    config.write_text(
        '[app:main]\npaste.app_factory = errorkit.outcomes.rest:paste_app\n'
        'api = test_rest:API_OF_PASTE\nsince = none\n'
        'timestamps = offset\nfor_sdk = true\n'
        'context_of = test_rest:everybody\n')
    made = API_OF_PASTE.create(None, UNABLE_TO_ALLOCATE, 'alpha')
    response = webob.Request.blank(
        f'/alpha/messages/{made.id}').get_response(
            loadapp(f'config:{config}'))
    assert response.json['messages']['created_at'].endswith('+00:00')
    config.write_text(config.read_text() + 'nonsense = 1\n')
    with pytest.raises(ConfigError):
        loadapp(f'config:{config}')


def everybody(environ):
    """Give everybody the same context."""
    return context()


def test_a_project_in_the_path_can_be_required_or_absent(api):
    one, = fill(api, 1)
    mounts = {
        'required': ('/v3/alpha/messages', '/v3/messages'),
        'absent': ('/v3/messages', '/v3/alpha/messages'),
    }
    for option, (there, nowhere) in mounts.items():
        ada = Caller(wrapped(api, project_in_path=option))
        assert ada.ids(there) == [one]
        assert ada(nowhere).status_int == 404
    optional = Caller(wrapped(api))
    for path in ('/v3/alpha/messages', '/v3/messages'):
        assert optional.ids(path) == [one]
        assert optional(path).json['messages'][0]['links'][0][
            'href'].endswith(f'{path}/{one}')


def test_a_body_of_a_request_is_not_read(api):
    one, = fill(api, 1)

    class Unreadable:
        def read(self, *args):
            raise AssertionError('read')

    request = webob.Request.blank(
        f'/v3/alpha/messages/{one}', method='DELETE')
    request.headers['X-Auth-Token'] = 'ada:alpha'
    request.headers['OpenStack-API-Version'] = 'volume latest'
    request.environ['wsgi.input'] = Unreadable()
    request.environ['CONTENT_LENGTH'] = '7'
    assert request.get_response(wrapped(api)).status_int == 204


def test_an_expired_message_is_there_until_it_is_purged(api, ada):
    one, = fill(api, 1)
    api._clock.now += 40 * DAY
    assert ada.ids() == [one]
    assert api.store.purge(api._clock.now, 10) == 1
    assert ada(f'./{one}').status_int == 404


def test_it_needs_nothing_that_is_an_extra():
    code = (
        'import sys\n'
        "for name in ('oslo_policy', 'jsonschema', 'sqlalchemy', 'paste'):\n"
        '    sys.modules[name] = None\n'
        'from errorkit.outcomes.rest import Messages\n'
        'from errorkit.outcomes.messages import API\n'
        'from errorkit.outcomes.permitted import Permitted\n'
        'import webob\n'
        "app = Messages(API(permitted=Permitted('volume')))\n"
        "request = webob.Request.blank('/p/messages?x=1')\n"
        'print(request.get_response(app).status_int)\n')
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code], text=True,
        capture_output=True, timeout=60, check=True)
    assert done.stdout == '403\n'
