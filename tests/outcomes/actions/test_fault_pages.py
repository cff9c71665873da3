# SPDX-License-Identifier: Apache-2.0
"""The page of faults, for admins."""

import contextlib
import wsgiref.validate

import hypothesis
import pytest
import webob
from action_engines import shared, store  # noqa: F401
from action_service import ADMIN, OWNER, VOLUMES, Asks, told, wrapped
from hypothesis import strategies as st
from message_samples import NO_ROOM, NoRoom, context
from oslo_config import cfg
from oslo_policy import policy as oslo
from recorded import ASKED, CALLER, Book, asked

from errorkit.domain import Known
from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.rest import oslo_policy
from errorkit.outcomes.rest.actions import FaultPages

KNOWN = {NoRoom: Known(503, str(NO_ROOM), detail='No backend has room.')}


def filled(store, **options):  # noqa: F811
    """Return a recorder with two faults."""
    book = Book(store, exceptions=KNOWN, **options)
    for project, raised in (('beta', KeyError('key')), ('alpha', NoRoom(
            'storage-3: password=hunter2'))):
        with (
            contextlib.suppress(KeyError, NoRoom),
            book.record(context=asked(project_id=project)) as action,
            action.event('resize'),
        ):
            raise raised
    return book


def asks(book, token=ADMIN, **options):
    """Return who asks for the faults of a recorder."""
    return Asks(wrapped(
        FaultPages(book.actions, **{
            'service_type': 'volume', 'catalog': VOLUMES, **options}),
        OWNER, '/v3', 'volume', VOLUMES), token, root='/v3/faults')


@pytest.fixture
def book(store):  # noqa: F811
    """A recorder with two faults on each database."""
    return filled(store)


@pytest.fixture
def quick():
    """The same, in memory."""
    return filled(MemoryActions())


def test_an_admin_lists_all_there_is(book):
    body = asks(book)().json
    assert list(body) == ['faults']
    newest, oldest = body['faults']
    assert list(newest) == [
        'id', 'resource_type', 'resource_id', 'project_id', 'user_id',
        'request_id', 'global_request_id', 'action_id', 'event_id', 'code',
        'error_code', 'message', 'details', 'host', 'created_at', 'links']
    assert newest == newest | {
        'resource_type': 'VOLUME', 'resource_id': 'vol-1',
        'project_id': 'alpha', 'request_id': ASKED, 'user_id': 'ada',
        'global_request_id': CALLER, 'code': 503, 'host': 'here',
        'error_code': 'volume.no_room', 'message': 'No backend has room.',
        'links': [{
            'rel': 'help',
            'href': 'https://volumes.example/errors/volume.no_room'}]}
    assert 'storage-3' in newest['details']
    assert 'hunter2' not in newest['details']
    assert newest['created_at'].endswith('Z')
    assert (oldest['project_id'], oldest['message'], oldest['code']) == (
        'beta', 'KeyError', 500)
    assert 'error_code' not in oldest
    assert 'links' not in oldest


@pytest.mark.parametrize(('query', 'found'), [
    ('resource_type=VOLUME', 2), ('resource_type=SERVER', 0),
    ('resource_id=vol-1', 2), ('resource_id=vol', 0),
    (f'request_id={ASKED}', 2), (f'global_request_id={CALLER}', 2),
    ('global_request_id=req-1', 0), ('code=volume.no_room', 1),
    ('code=volume.no_room&resource_id=vol-2', 0), ('code=503', 0),
    ('since=2020-01-01', 2), ('before=2020-01-01T00:00:00Z', 0),
    ('since=2099-01-01', 0), ('limit=1', 1), ('limit=0', 0)])
def test_the_list_is_filtered(book, query, found):
    assert len(asks(book)('?' + query).json['faults']) == found


@pytest.mark.parametrize(('query', 'word'), [
    ('colour=red', 'colour'), ('error_code=x', 'error_code'),
    ('project_id=alpha', 'project_id'), ('limit=x', 'limit'),
    ('limit=-1', 'limit'), ('since=never', 'since'),
    ('since=2026-02-01&before=2026-01-01', 'since'),
    ('code=a&code=b', 'code'), ('request_id=%00', 'request_id'),
    ('code=%ff', 'code'), ('marker=x', 'x')])
def test_a_bad_query_is_400(quick, query, word):
    name, detail = told(asks(quick)('?' + query), 400, 'volume.action.' + (
        'marker_not_found' if 'marker' in query else 'invalid_query'))
    assert name == 'badRequest'
    assert word in detail


def test_the_pages_show_each_once(book):
    for number in range(3):
        with contextlib.suppress(NoRoom), book.record(
                context=asked(request_id=f'r-{number}')):
            raise NoRoom
    ask = asks(book, public_endpoint='https://api.example/c')
    seen, address = [], '?limit=2&resource_type=VOLUME'
    for _ in range(4):
        body = ask(address).json
        seen += [one['request_id'] for one in body['faults']]
        if 'faults_links' not in body:
            break
        [link] = body['faults_links']
        address = link['href']
        assert link['rel'] == 'next'
        assert address.startswith('https://api.example/c/v3/faults?limit=2&')
        address = address.replace('https://api.example/c', '')
    assert seen == ['r-2', 'r-1', 'r-0', ASKED, ASKED]


@pytest.mark.parametrize('token', [OWNER, 'joe:', 'eve:beta'])
def test_nobody_else_may_see_it(quick, token):
    for query in ('', '?resource_id=vol-1', '?limit=0', '?colour=red'):
        response = asks(quick, token)(query)
        assert response.status_int in (400, 403)
        assert 'storage' not in response.text
    assert told(asks(quick, token)(), 403, 'volume.action.forbidden') == (
        'forbidden',
        'The policy does not allow fault:get_all to be performed.')


def test_a_policy_refuses_an_admin_and_admits_nobody(quick):
    seen = []

    def allows(context, rule, target):
        seen.append((rule, dict(target)))
        return answer

    answer = False
    assert asks(quick, policy=allows)().status_int == 403
    answer = True
    assert asks(quick, policy=allows)().status_int == 200
    assert asks(quick, OWNER, policy=allows)().status_int == 403
    ops = {'project_id': 'ops', 'user_id': 'root'}
    own = {'project_id': 'alpha', 'user_id': 'ada'}
    assert seen == [('fault:get_all', who) for who in (ops, ops, own)]


def test_rules_of_oslo_policy_hold(tmp_path):
    conf = cfg.ConfigOpts()
    conf([], project='volumes', default_config_files=[])
    path = tmp_path / 'policy.yaml'
    rules = oslo_policy.OsloPolicy(oslo.Enforcer(conf, policy_file=str(path)))
    book = filled(MemoryActions(), sees_all=rules.sees_all)
    assert asks(book, policy=rules)().status_int == 200
    assert asks(book, OWNER, policy=rules)().status_int == 403
    path.write_text('"fault:get_all": "role:auditor"\n')
    assert asks(book, policy=rules)().status_int == 403


def test_other_paths_are_404_and_other_methods_405(quick):
    ask = asks(quick)
    for path in ('/v3/faults/x', '/v3/fault', '/v3'):
        assert ask(path).status_int == 404
    assert ask('/v3/faults/').status_int == 200
    for method in ('POST', 'DELETE'):
        response = ask('', method)
        told(response, 405, 'volume.action.method_not_allowed')
        assert response.headers['Allow'] == 'GET, HEAD'
    head = ask('', 'HEAD')
    assert (head.status_int, head.body) == (200, b'')


def test_alone_it_keeps_to_wsgi(quick):
    pages = wsgiref.validate.validator(FaultPages(
        quick.actions, service_type='volume',
        context_of=lambda environ: context('ops', is_admin=True)))
    for path in ('/faults', '/faults?limit=x', '/none'):
        for method in ('GET', 'HEAD', 'POST'):
            environ = webob.Request.blank(path, method=method).environ
            body = pages(environ, lambda *said: lambda data: None)
            list(body)
            body.close()


@pytest.mark.parametrize(('option', 'value'), [
    ('actions', 5), ('policy', 5), ('context_of', 5),
    ('public_endpoint', 'ftp://x'), ('public_endpoint', 5),
    ('service_type', ''), ('service_type', 5), ('format', 'xml')])
def test_a_bad_option_is_named(quick, option, value):
    options = {'actions': quick.actions, 'service_type': 'volume',
               option: value}
    with pytest.raises(ConfigError, match=option):
        FaultPages(options.pop('actions'), **options)


@hypothesis.given(st.lists(st.tuples(
    st.sampled_from(['code', 'since', 'before', 'limit', 'marker',
                     'resource_id', 'colour']),
    st.one_of(st.text(max_size=30), st.sampled_from(
        ['%00', '%ff', 'm1.AAAA', '9' * 400, '0001-01-01', "' OR 1=1"]))),
    max_size=3))
@hypothesis.settings(
    max_examples=40, deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_any_query_has_an_answer(quick, pairs):
    query = '&'.join(f'{name}={value}' for name, value in pairs)
    pages = FaultPages(
        quick.actions, service_type='volume',
        context_of=lambda environ: context('ops', is_admin=True))
    request = webob.Request.blank('/faults')
    request.environ['QUERY_STRING'] = query.encode(
        'utf-8', 'replace').decode('latin-1')
    assert request.get_response(pages).status_int in (200, 400)
