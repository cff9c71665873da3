# SPDX-License-Identifier: Apache-2.0
"""The pages of actions: nova's to the letter, and the neutral ones."""

import contextlib
import hashlib
import os
import re
import wsgiref.validate

import hypothesis
import pytest
import webob
from action_engines import opened
from action_samples import age, clear, lapse
from action_service import ADMIN, OTHER, OWNER, Asks, neutral, nova, told
from hypothesis import strategies as st
from message_samples import NO_ROOM, NoRoom
from oslo_config import cfg
from oslo_policy import policy as oslo
from recorded import ASKED, CALLER, Book, asked
from sql_engines import KINDS, VARIABLES, empty, tables

from errorkit.domain import Known
from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions import Actions
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.rest import oslo_policy
from errorkit.outcomes.rest.actions import ActionPages

ACTION = ['action', 'instance_uuid', 'request_id', 'user_id', 'project_id',
          'start_time', 'message']
EVENT = ['event', 'start_time', 'finish_time', 'result']
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}')
VERSIONS = ['2.1', '2.20', '2.21', '2.50', '2.51', '2.57', '2.58', '2.61',
            '2.62', '2.65', '2.66', '2.83', '2.84', '2.101', '2.102',
            '2.104']


def at_least(version, since):
    """Tell whether a version is not older than another."""
    return [int(part) for part in version.split('.')] >= [
        int(part) for part in since.split('.')]


def kept(kinds, folder):
    """Give stores of some kinds, by name; those that there are."""


    stack = contextlib.ExitStack()
    found = {}
    for kind in kinds:
        if kind == 'memory':
            found[kind] = MemoryActions()
        elif kind == 'sqlite' or os.environ.get(VARIABLES[kind]):
            url = stack.enter_context(empty(kind, folder))
            tables(url)
            found[kind] = stack.enter_context(opened(url, budget=10))
    return stack, found


@pytest.fixture(scope='module')
def stores(tmp_path_factory):
    """A store of each kind that there is."""
    stack, found = kept(('memory', *KINDS), tmp_path_factory.mktemp('pages'))
    with stack:
        yield found


@pytest.fixture(params=('memory', *KINDS))
def store(stores, request):
    """Each of them, empty."""
    if request.param not in stores:
        pytest.skip(f'{VARIABLES[request.param]} is not set')
    clear(stores[request.param])
    return stores[request.param]


def filled(store, **options):
    """Return a recorder with an action that succeeded and one that failed."""
    book = Book(store, exceptions={NoRoom: Known(
        503, str(NO_ROOM), detail='No backend has room.')}, **options)
    with book.record('create', context=asked(
            request_id='req-create')) as action, action.event('make'):
        pass
    with contextlib.suppress(NoRoom), book.record('extend') as action:
        with action.event('reserve'):
            pass
        with action.event('resize'):
            raise NoRoom('storage-3')
    return book


@pytest.fixture
def book():
    """A recorder on memory."""
    return filled(MemoryActions())


# Nova's, version by version.

@pytest.mark.parametrize('version', VERSIONS)
@pytest.mark.parametrize('token', [OWNER, ADMIN])
def test_a_list_has_novas_members(book, version, token):
    body = Asks(nova(book.actions), token, version)().json
    assert list(body) == ['instanceActions']
    paged = at_least(version, '2.58')
    for shown in body['instanceActions']:
        assert list(shown) == ACTION + ['updated_at'] * paged
        assert TIME.fullmatch(shown['start_time'])
        assert not paged or TIME.fullmatch(shown['updated_at'])
    newest, oldest = body['instanceActions']
    assert newest == newest | {
        'action': 'extend', 'instance_uuid': 'vol-1', 'request_id': ASKED,
        'user_id': 'ada', 'project_id': 'alpha', 'message': 'Error'}
    assert (oldest['action'], oldest['message']) == ('create', None)


@pytest.mark.parametrize('version', VERSIONS)
@pytest.mark.parametrize('token', [OWNER, ADMIN])
def test_an_action_has_novas_members_and_events(book, version, token):
    body = Asks(nova(book.actions), token, version)(f'/{ASKED}').json
    assert list(body) == ['instanceAction']
    shown = body['instanceAction']
    admin = token == ADMIN
    has_events = admin or at_least(version, '2.51')
    assert list(shown) == (
        ACTION + ['updated_at'] * at_least(version, '2.58')
        + ['events'] * has_events)
    if not has_events:
        return
    hosts, details = at_least(version, '2.62'), at_least(version, '2.84')
    for event in shown['events']:
        assert list(event) == (
            EVENT + ['traceback'] * admin + ['hostId'] * hosts
            + ['host'] * (hosts and admin) + ['details'] * (details and admin))
    resize, reserve = shown['events']
    assert [(one['event'], one['result']) for one in (resize, reserve)] == [
        ('resize', 'Error'), ('reserve', 'Success')]
    if hosts:
        assert re.fullmatch('[0-9a-f]{56}', resize['hostId'])
        assert resize['hostId'] == hashlib.sha224(b'alphahere').hexdigest()
    if admin:
        assert resize['traceback'].startswith('Traceback')
        assert reserve['traceback'] is None
        assert not hosts or resize['host'] == 'here'
        assert not details or (resize['details'], reserve['details']) == (
            'No backend has room.', None)
    else:
        assert 'storage-3' not in str(body)
        assert "'here'" not in str(body)


def test_a_step_that_is_running_has_no_result():
    book = Book(MemoryActions())
    ask = Asks(nova(book.actions), version='2.84')
    with book.record() as action, action.event('copy'):
        [event] = ask(f'/{ASKED}').json['instanceAction']['events']
        assert (event['result'], event['finish_time']) == (None, None)
        lapse(book.reads, book.action, *book.full_events)
        shown = ask(f'/{ASKED}').json['instanceAction']
        assert shown['message'] == 'Error'
        assert shown['events'][0]['result'] == 'Error'


def test_without_a_microversion_layer_it_is_the_newest(book):
    pages = ActionPages(
        book.actions, service_type='compute', resource_type='VOLUME',
        preset='nova', context_of=lambda environ: asked())
    request = webob.Request.blank(
        f'/servers/vol-1/os-instance-actions/{ASKED}?x=1')
    assert request.get_response(pages).status_int == 400
    request.query_string = ''
    shown = request.get_response(pages).json['instanceAction']
    assert 'hostId' in shown['events'][0]


@pytest.mark.parametrize(('version', 'status'), [
    ('2.1', 404), ('2.20', 404), ('2.21', 200), ('2.84', 200)])
def test_actions_of_what_is_deleted_are_there_since_2_21(
        book, version, status):
    ask = Asks(nova(book.actions, resource=lambda context, id: 'deleted'),
               version=version)
    assert ask().status_int == ask(f'/{ASKED}').status_int == status


def test_a_resource_is_what_the_service_says(book):
    seen = []

    def resource(context, id):
        seen.append((context.user_id, id))
        return 'active' if id == 'vol-9' else None

    application = nova(book.actions, resource=resource)
    ask = Asks(application, root='/v2.1/servers/vol-9/os-instance-actions')
    assert ask().json == {'instanceActions': []}
    assert told(ask(f'/{ASKED}'), 404, 'compute.action.not_found')[1] == (
        f'Action {ASKED} not found')
    assert Asks(application)().status_int == 404
    assert seen == [('ada', 'vol-9')] * 2 + [('ada', 'vol-1')]


@pytest.mark.parametrize('version', ['2.1', '2.57'])
@pytest.mark.parametrize('query', [
    'limit=x', 'limit=1', 'marker=none', 'colour=red', 'limit=1&limit=2',
    'changes-since=never', '%ff=%ff'])
def test_before_2_58_no_query_counts(book, version, query):
    body = Asks(nova(book.actions), version=version)('?' + query).json
    assert list(body) == ['instanceActions']
    assert len(body['instanceActions']) == 2


@pytest.mark.parametrize(('query', 'word'), [
    ('colour=red', 'colour'), ('limit=x', 'limit'), ('limit=-1', 'limit'),
    ('limit=1&limit=2', 'limit'), ('limit=%ff', 'limit'),
    ('limit=', 'limit'), ('changes-since=never', 'changes-since'),
    ('changes-since=1969-12-31T23:59:59Z', 'changes-since'),
    ('marker=none', 'none'), ('marker=', 'Marker'),
    ('marker=m1.AAAA', 'm1.AAAA'),
])
@pytest.mark.parametrize('version', ['2.58', '2.66', '2.104'])
def test_since_2_58_a_bad_query_is_400(book, query, word, version):
    response = Asks(nova(book.actions), version=version)('?' + query)
    is_marker = query.startswith('marker')
    name, detail = told(response, 400, 'compute.action.' + (
        'marker_not_found' if is_marker else 'invalid_query'))
    assert name == 'badRequest'
    assert word in detail


def test_changes_before_is_there_since_2_66(book):
    query = '?changes-before=2099-01-01T00:00:00Z'
    old = Asks(nova(book.actions), version='2.65')(query)
    assert 'changes-before' in told(
        old, 400, 'compute.action.invalid_query')[1]
    new = Asks(nova(book.actions), version='2.66')(query)
    assert len(new.json['instanceActions']) == 2


def test_since_and_before_are_bounds_that_count(book):
    ask = Asks(nova(book.actions), version='2.66')
    times = {one['action']: one['updated_at'] + 'Z'
             for one in ask().json['instanceActions']}

    def names(query):
        return [one['action']
                for one in ask('?' + query).json['instanceActions']]

    create, extend = times['create'], times['extend']
    assert names(f'changes-since={create}') == ['extend', 'create']
    assert names(f'changes-since={extend}') == ['extend']
    assert names(f'changes-before={create}') == ['create']
    assert names(f'changes-before={extend}') == ['extend', 'create']
    assert names(f'changes-since={extend}&changes-before={extend}') == [
        'extend']
    assert names('changes-since=2099-01-01') == []
    # A plus that nobody has escaped, and other zones.
    assert names(f'changes-since={create[:-1]}+00:00') == [
        'extend', 'create']
    name, detail = told(
        ask(f'?changes-since={extend}&changes-before={create}'), 400,
        'compute.action.invalid_query')
    assert (name, detail) == (
        'badRequest', 'The value of changes-since must be less than or equal '
        'to changes-before.')


@pytest.mark.parametrize(('version', 'status'), [
    ('2.1', 200), ('2.58', 200), ('2.101', 200), ('2.102', 400)])
def test_a_single_action_has_no_query_since_2_102(book, version, status):
    ask = Asks(nova(book.actions), version=version)
    assert ask(f'/{ASKED}?colour=red').status_int == status
    assert ask(f'/{ASKED}').status_int == 200


def test_a_limit_of_0_gives_nothing(book):
    ask = Asks(nova(book.actions), version='2.58')
    assert ask('?limit=0').json == {'instanceActions': []}
    book.actions.max_limit = 1
    assert len(ask('?limit=5000').json['instanceActions']) == 1


# What is refused.

def test_what_is_not_there_is_404_in_novas_words(book):
    ask = Asks(nova(book.actions), version='2.84')
    assert told(ask('/req-none'), 404, 'compute.action.not_found') == (
        'itemNotFound', 'Action req-none not found')
    gone = '/v2.1/servers/vol-2/os-instance-actions'
    for path in (gone, f'{gone}/{ASKED}'):
        assert told(ask(path), 404, 'compute.action.resource_not_found') == (
            'itemNotFound', 'Instance vol-2 could not be found.')


@pytest.mark.parametrize('path', [
    '/v2.1/servers/vol-1', '/v2.1/servers//os-instance-actions',
    '/v2.1/servers/vol-1/os-instance-actions/a/b', '/v2.1/other',
    '/v2.1/a/b/servers/vol-1/os-instance-actions',
    '/v2.1/volumes/vol-1/actions', '/v2.1/servers/%ff/os-instance-actions',
    '/v2.1/a%00/servers/vol-1/os-instance-actions'])
def test_what_is_no_page_is_404(book, path):
    told(Asks(nova(book.actions))(path), 404, 'compute.action.no_such_page')


@pytest.mark.parametrize('id', [
    'a%00', 'x' * 300, '%e2%80%a8', '%F0%9F%98%80'])
def test_an_id_that_cannot_be_is_404(book, id):
    ask = Asks(nova(book.actions))
    assert ask(f'/v2.1/servers/{id}/os-instance-actions').status_int == 404
    assert ask(f'/{id}').status_int == 404


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'PATCH'])
def test_other_methods_are_405_with_allow(book, method):
    for path in ('', f'/{ASKED}'):
        response = Asks(nova(book.actions))(path, method)
        assert told(response, 405, 'compute.action.method_not_allowed')[0] == (
            'badMethod')
        assert response.headers['Allow'] == 'GET, HEAD'


@pytest.mark.parametrize('path', ['', f'/{ASKED}', '/none'])
def test_head_has_the_headers_of_get_and_no_body(book, path):
    ask = Asks(nova(book.actions), version='2.84')
    got, head = ask(path), ask(path, 'HEAD')
    assert head.body == b''
    assert head.status == got.status
    ids = {'X-Openstack-Request-Id', 'X-Compute-Request-Id',
           'Content-Length' if got.status_int == 404 else ''}
    assert {name: value for name, value in head.headers.items()
            if name not in ids} == {
        name: value for name, value in got.headers.items()
        if name not in ids}


def test_an_answer_is_json_that_nobody_keeps(book):
    response = Asks(nova(book.actions), version='2.84')()
    assert response.headers['Content-Type'] == 'application/json'
    assert response.headers['Cache-Control'] == 'no-store'
    assert response.headers['X-Content-Type-Options'] == 'nosniff'
    assert response.headers['OpenStack-API-Version'] == 'compute 2.84'
    assert 'OpenStack-API-Version' in response.headers['Vary']
    assert response.headers['X-Compute-Request-Id'] == (
        response.headers['X-Openstack-Request-Id'])


@pytest.mark.parametrize('make', [nova, neutral])
def test_the_server_and_the_pages_keep_to_wsgi(book, make):
    root = '/v2.1/servers' if make is nova else '/v3/volumes'
    name = 'os-instance-actions' if make is nova else 'actions'
    pages = ActionPages(
        book.actions, service_type='volume', resource_type='VOLUME',
        context_of=lambda environ: asked(),
        preset='nova' if make is nova else 'neutral')
    bare = '/servers' if make is nova else '/resources'
    for application, start in ((make(book.actions), root), (pages, bare)):
        checked = wsgiref.validate.validator(application)
        for path in (f'{start}/vol-1/{name}', f'{start}/vol-1/{name}?limit=x',
                     f'{start}/vol-1/{name}/{ASKED}', f'{start}/none/{name}'):
            for method in ('GET', 'HEAD', 'POST'):
                environ = webob.Request.blank(path, method=method).environ
                environ['HTTP_X_AUTH_TOKEN'] = OWNER
                statuses, _, _ = _called(checked, environ)
                assert statuses[0][:1] in '24'


def _called(application, environ):
    """Call an application as a server does."""
    statuses, headers = [], []

    def start_response(status, given, exc_info=None):
        statuses.append(status)
        headers.append(given)
        return lambda data: None

    body = application(environ, start_response)
    data = b''.join(body)
    body.close()
    return statuses, headers, data


# Pages.

def walk(ask, query, member='instanceActions', links='links'):
    """Give what each page of a list shows."""
    address = '?' + query
    for _ in range(60):
        response = ask(address)
        assert response.status_int == 200, response.text
        body = response.json
        yield body[member]
        if links not in body:
            return
        [link] = body[links]
        assert link['rel'] == 'next'
        address = link['href']
    raise AssertionError('it does not end')


def many(store):
    """Return a recorder with seven actions, four of them of one request."""
    book = Book(store)
    for number, request_id in enumerate(
            ['r-1', 'r-2', 'r-2', 'r-2', 'r-2', 'r-3', 'r-3']):
        with book.record(f'act {number}', context=asked(
                request_id=request_id)):
            pass
    return book


NAMES = [f'act {number}' for number in range(6, -1, -1)]


@pytest.mark.parametrize('limit', [1, 2, 3, 7, 8])
def test_pages_show_each_action_once(store, limit):
    ask = Asks(nova(many(store).actions), version='2.58')
    pages = list(walk(ask, f'limit={limit}'))
    assert [one['action'] for page in pages for one in page] == NAMES
    # A full page may be the last; the next then is empty.
    assert len(pages) == 7 // limit + 1


def test_pages_of_admins_show_each_action_once(store):
    book = many(store)
    with book.record('foreign', context=asked(project_id='beta')):
        pass
    ask = Asks(nova(book.actions), ADMIN, '2.66')
    found = [one['action'] for page in walk(
        ask, 'limit=2&changes-since=2020-01-01T00:00:00Z') for one in page]
    assert found == ['foreign', *NAMES]


def test_rows_that_come_and_go_meanwhile_do_not_matter(store):
    book = many(store)
    ask = Asks(nova(book.actions), version='2.58')
    pages = walk(ask, 'limit=2')
    assert [one['action'] for one in next(pages)] == NAMES[:2]
    with book.record('new'):
        pass
    # The row that the marker is of goes, and with it the whole rest of it.
    gone = [one for one in book.all() if one.action in NAMES[1:3]]
    age(store, *gone)
    assert store.purge(min(
        one.updated_at for one in book.all()
        if one.action not in NAMES[1:3]), 100) == 2
    rest = [one['action'] for page in pages for one in page]
    assert rest == NAMES[3:]


@pytest.mark.parametrize(('limit', 'max_limit'), [
    (1, 1), (2, 2), (3, 3), (2, 1000), (5, 2)])
def test_request_ids_as_markers_come_to_an_end(store, max_limit, limit):
    book = many(store)
    book.actions.max_limit = max_limit
    ask = Asks(nova(book.actions), version='2.58')
    seen, marker = [], ''
    for _ in range(20):
        page = ask(f'?limit={limit}{marker}').json['instanceActions']
        if not page:
            break
        seen += [one['action'] for one in page]
        marker = f'&marker={page[-1]["request_id"]}'
    else:
        raise AssertionError('it does not end')
    assert len(set(seen)) == len(seen)
    assert seen == [name for name in NAMES if name in seen]
    assert {'act 6', 'act 0'} <= set(seen)


def test_a_marker_that_is_a_request_id_is_the_last_of_its_actions(store):
    ask = Asks(nova(many(store).actions), version='2.58')

    def names(query):
        return [one['action']
                for one in ask('?' + query).json['instanceActions']]

    assert names('marker=r-3') == NAMES[2:]
    assert names('marker=r-2') == ['act 0']
    assert names('marker=r-1') == []


def test_the_marker_of_another_project_is_none(store):
    book = many(store)
    with book.record('foreign', context=asked(
            project_id='beta', request_id='r-9')):
        pass
    ask = Asks(nova(book.actions), version='2.58')
    [link] = ask('?limit=1').json['links']
    other = Asks(nova(book.actions), OTHER, '2.58')
    for address in (link['href'], '?marker=r-2'):
        told(other(address), 400, 'compute.action.marker_not_found')
    told(ask('?marker=r-9'), 400, 'compute.action.marker_not_found')


def test_links_are_of_where_the_service_is_mounted(book):
    ask = Asks(nova(book.actions), version='2.58')
    [link] = ask('?limit=1').json['links']
    assert link['href'].startswith(
        'http://localhost/v2.1/servers/vol-1/os-instance-actions?limit=1&')
    [link] = ask('?limit=1', SCRIPT_NAME='/compute',
                 HTTP_HOST='cloud.example:8774').json['links']
    assert link['href'].startswith(
        'http://cloud.example:8774/compute/v2.1/servers/vol-1/')
    ask = Asks(nova(book.actions, public_endpoint='https://api.example/c/'),
               version='2.58')
    [link] = ask('?limit=1').json['links']
    assert link['href'].startswith(
        'https://api.example/c/v2.1/servers/vol-1/')
    [link] = ask('/v2.1/alpha/servers/vol-1/os-instance-actions?limit=1'
                 ).json['links']
    assert link['href'].startswith(
        'https://api.example/c/v2.1/alpha/servers/vol-1/')


# Whose they are.

def test_another_project_cannot_tell_them_from_what_there_is_not(store):
    book = filled(store)
    ask = Asks(nova(book.actions), OTHER, '2.84')
    for path in ('', f'/{ASKED}', '?limit=1'):
        mine = ask(path)
        gone = ask(f'/v2.1/servers/vol-2/os-instance-actions{path}')
        assert mine.status_int == gone.status_int == 404
        assert re.sub('req-[0-9a-f-]+', '', mine.text) == re.sub(
            'req-[0-9a-f-]+', '', gone.text.replace('vol-2', 'vol-1'))


def test_who_has_actions_on_it_too_sees_his_own_only(store):
    book = filled(store)
    with book.record('peek', context=asked(
            project_id='beta', request_id='req-peek')):
        pass
    ask = Asks(nova(book.actions), OTHER, '2.84')
    assert [one['action'] for one in ask().json['instanceActions']] == [
        'peek']
    assert ask(f'/{ASKED}').status_int == 404
    assert len(Asks(nova(book.actions), ADMIN)().json[
        'instanceActions']) == 3


def test_who_has_no_project_sees_nothing(book):
    ask = Asks(nova(book.actions), 'joe:', '2.84')
    assert ask().status_int == 403


def test_the_address_of_another_project_is_400(book):
    path = '/v2.1/beta/servers/vol-1/os-instance-actions'
    told(Asks(nova(book.actions))(path), 400,
         'compute.action.wrong_project')


def test_the_newest_of_a_requests_actions_is_shown(store):
    ask = Asks(nova(many(store).actions), version='2.84')
    assert ask('/r-2').json['instanceAction']['action'] == 'act 4'


# The policy.

def test_a_policy_is_asked(book):
    seen = []

    def allows(context, rule, target):
        seen.append((context.user_id, rule, dict(target)))
        return True

    application = nova(book.actions, policy=allows)
    Asks(application)()
    Asks(application)(f'/{ASKED}')
    Asks(application, ADMIN)(f'/{ASKED}')
    own = {'project_id': 'alpha', 'user_id': 'ada'}
    ops = {'project_id': 'ops', 'user_id': 'root'}
    assert seen == [
        ('ada', 'action:get_all', own), ('ada', 'action:get', own),
        ('root', 'action:get', ops), ('root', 'action:details', ops)]


@pytest.mark.parametrize('rule', ['action:get_all', 'action:get'])
def test_what_the_policy_refuses_is_403_for_what_is_not_there_too(
        book, rule):
    ask = Asks(nova(book.actions, policy=lambda context, asked, target:
                    asked != rule), version='2.84')
    for one, path in (('action:get_all', ''), ('action:get', f'/{ASKED}'),
                      ('action:get', '/none')):
        response = ask(path)
        assert (response.status_int == 403) == (one == rule)
    refused = ask('' if rule == 'action:get_all' else '/none')
    assert told(refused, 403, 'compute.action.forbidden') == (
        'forbidden', f'The policy does not allow {rule} to be performed.')


def test_a_policy_can_hide_the_details_from_an_admin(book):
    for make in (nova, neutral):
        root = ('/v2.1/servers/vol-1/os-instance-actions' if make is nova
                else '/v3/volumes/vol-1/actions')
        ask = Asks(make(book.actions, policy=lambda context, asked, target:
                        asked != 'action:details'), ADMIN, root=root)
        text = ask(f'/{ASKED}').text
        assert ASKED in text
        assert 'Traceback' not in text
        assert 'storage-3' not in text


def test_no_policy_gives_an_owner_the_details(book):
    for make in (nova, neutral):
        root = ('/v2.1/servers/vol-1/os-instance-actions' if make is nova
                else '/v3/volumes/vol-1/actions')
        text = Asks(make(book.actions, policy=lambda *asked: True),
                    root=root)(f'/{ASKED}').text
        assert ASKED in text
        assert 'Traceback' not in text
        assert 'storage-3' not in text


@pytest.fixture
def rules(tmp_path):
    """Rules of oslo.policy, and a file to change them."""
    conf = cfg.ConfigOpts()
    conf([], project='volumes', default_config_files=[])
    return oslo_policy.OsloPolicy(oslo.Enforcer(
        conf, policy_file=str(tmp_path / 'policy.yaml')))


def test_rules_of_oslo_policy_hold(rules):
    book = filled(MemoryActions(), sees_all=rules.sees_all)
    application = nova(book.actions, policy=rules)
    for token, statuses in ((OWNER, [200, 200]), (ADMIN, [200, 200]),
                            (OTHER, [404, 404]), ('joe:', [403, 403])):
        ask = Asks(application, token, '2.84')
        assert [ask().status_int, ask(f'/{ASKED}').status_int] == statuses
    assert 'Traceback' in Asks(application, ADMIN, '2.84')(f'/{ASKED}').text
    assert 'Traceback' not in Asks(application, version='2.84')(
        f'/{ASKED}').text


def test_a_policy_file_changes_them(rules, tmp_path):
    (tmp_path / 'policy.yaml').write_text(
        '"action:get": "role:reader"\n"action:details": "!"\n')
    book = filled(MemoryActions(), sees_all=rules.sees_all)
    application = nova(book.actions, policy=rules)
    assert Asks(application)(f'/{ASKED}').status_int == 403
    assert Asks(application, 'ada:alpha:reader')(f'/{ASKED}').status_int == 200
    assert Asks(application)().status_int == 200


# The neutral ones.

def test_the_neutral_preset_tells_its_owner_why(store):
    book = filled(store)
    ask = Asks(neutral(book.actions), root='/v3/volumes/vol-1/actions')
    shown = ask(f'/{ASKED}').json
    assert list(shown) == ['action']
    shown = shown['action']
    assert list(shown) == [
        'action', 'resource_type', 'resource_id', 'request_id',
        'global_request_id', 'user_id', 'project_id', 'status', 'code',
        'start_time', 'updated_at', 'finish_time', 'links', 'events']
    assert shown == shown | {
        'action': 'extend', 'resource_type': 'VOLUME',
        'resource_id': 'vol-1', 'request_id': ASKED,
        'global_request_id': CALLER, 'user_id': 'ada',
        'project_id': 'alpha', 'status': 'error', 'code': 'volume.no_room'}
    assert TIME.fullmatch(shown['start_time'].removesuffix('Z'))
    assert shown['start_time'].endswith('Z')
    help_link = {'rel': 'help',
                 'href': 'https://volumes.example/errors/volume.no_room'}
    assert shown['links'] == [
        {'rel': 'self', 'href':
         f'http://localhost/v3/volumes/vol-1/actions/{ASKED}'}, help_link]
    assert ask(shown['links'][0]['href']).json['action'] == shown
    resize, reserve = shown['events']
    assert list(resize) == [
        'event', 'status', 'code', 'message', 'start_time', 'finish_time',
        'host_id', 'links']
    assert (resize['status'], resize['message'], resize['links']) == (
        'error', 'No backend has room.', [help_link])
    assert list(reserve) == [
        'event', 'status', 'start_time', 'finish_time', 'host_id']


def test_the_neutral_preset_tells_admins_all(book):
    ask = Asks(neutral(book.actions), ADMIN, root='/v3/volumes/vol-1/actions')
    resize, reserve = ask(f'/{ASKED}').json['action']['events']
    assert list(resize) == [
        'event', 'status', 'code', 'message', 'start_time', 'finish_time',
        'host_id', 'links', 'host', 'details', 'traceback']
    assert (resize['host'], resize['details']) == ('here', 'storage-3')
    assert list(reserve)[-1] == 'host'


def test_the_neutral_list_has_pages_and_its_own_words(store):
    ask = Asks(neutral(many(store).actions), root='/v3/volumes/vol-1/actions')
    pages = list(walk(ask, 'limit=3', 'actions', 'actions_links'))
    assert [one['action'] for page in pages for one in page] == NAMES
    assert 'events' not in pages[0][0]
    assert told(
        ask('/v3/volumes/vol-2/actions'), 404,
        'volume.action.resource_not_found')[1] == (
            'Resource vol-2 could not be found.')
    assert ask('/r-2?x=1').status_int == 400


def test_a_lost_action_is_lost():
    book = Book(MemoryActions())
    with book.record() as action, action.event('copy'):
        lapse(book.reads, book.action, *book.full_events)
        ask = Asks(neutral(book.actions), root='/v3/volumes/vol-1/actions')
        shown = ask(f'/{ASKED}').json['action']
    assert (shown['status'], shown['events'][0]['status']) == ('lost', 'lost')


# The 202.

def pages_of(book, **options):
    return ActionPages(book.actions, **{
        'service_type': 'volume', 'resource_type': 'VOLUME',
        'collection': 'volumes', **options})


@pytest.mark.parametrize(('options', 'mount', 'project', 'address'), [
    ({}, None, None, 'http://localhost/v3/volumes/vol-1/actions/'),
    ({}, '/api/v3', 'alpha',
     'http://localhost/api/v3/alpha/volumes/vol-1/actions/'),
    ({}, '', None, 'http://localhost/volumes/vol-1/actions/'),
    ({'public_endpoint': 'https://api.example'}, '/v3', 'a/b',
     'https://api.example/v3/a%2Fb/volumes/vol-1/actions/'),
    ({'preset': 'nova', 'collection': None}, '/v2.1', None,
     'http://localhost/v2.1/servers/vol-1/os-instance-actions/'),
])
def test_an_accepted_request_is_told_where_to_ask(
        book, options, mount, project, address):
    request = webob.Request.blank('/v3/volumes/vol-1/action', method='POST')
    request.script_name, request.path_info = '/v3', '/volumes/vol-1/action'
    for action in (book.all()[1],
                   book.actions.start(asked(), 'extend', 'VOLUME', 'vol-1')):
        response = pages_of(book, **options).accepted(
            request, action, mount=mount, project_id=project)
        assert (response.status_int, response.body) == (202, b'')
        assert response.headers['Location'] == address + ASKED
        assert response.headers['Link'] == (
            f'<{address}{ASKED}>; rel="monitor"')
        assert 'Content-Type' not in response.headers


def test_an_accepted_request_may_have_a_body(book):
    request = webob.Request.blank('/v3/volumes')
    response = pages_of(book).accepted(
        request, book.all()[0], json_body={'volume': {'id': 'vol-1'}})
    assert response.json == {'volume': {'id': 'vol-1'}}
    assert response.headers['Content-Type'] == 'application/json'


def test_what_could_not_be_started_leads_nowhere(book):
    request = webob.Request.blank('/v3/volumes')
    nothing = book.actions.start(asked(project_id=None), 'a', 'VOLUME', None)
    for action in (None, nothing):
        response = pages_of(book).accepted(request, action)
        assert response.status_int == 202
        assert not {'Location', 'Link'} & set(response.headers)


@pytest.mark.parametrize(('option', 'value'), [
    ('actions', 5), ('preset', 'cinder'), ('preset', None), ('policy', 5),
    ('resource', 'x'), ('context_of', 5), ('service_type', ''),
    ('resource_type', None), ('collection', 'a/b'), ('service_type', 5),
    ('public_endpoint', 'ftp://x'), ('public_endpoint', 5),
    ('format', 'xml'), ('what', 5)])
def test_a_bad_option_is_named(book, option, value):
    options = {'actions': book.actions, 'service_type': 'volume',
               'resource_type': 'VOLUME', option: value}
    with pytest.raises(ConfigError, match=option):
        ActionPages(options.pop('actions'), **options)


def test_a_resource_type_that_messages_do_not_know_is_refused(book):
    with pytest.raises(ConfigError) as caught:
        pages_of(book, resource_type='NOSUCH')
    assert (caught.value.option, caught.value.value) == (
        'resource_type', 'NOSUCH')
    assert 'VOLUME, VOLUME_SNAPSHOT' in caught.value.allowed


def test_without_declared_resource_types_any_is_right():
    for messages in (None, API(MemoryStore(), permitted=Permitted('volume'))):
        actions = Actions(MemoryActions(), messages=messages)
        assert ActionPages(
            actions, service_type='volume', resource_type='NOSUCH')


# Whatever is asked.

PARTS = st.one_of(
    st.sampled_from([
        'limit', 'marker', 'changes-since', 'changes-before', '0', '1', '2',
        'r-1', 'r-2', '-1', '10' * 20, '2026-01-01', '9999-12-31T23:59:59',
        '2026-11-22T10:00:00+00:00', '0001-01-01T00:00:00-23:59',
        '9999-12-31T23:59:59-23:59', 'm1.', 'm1.AAAA', '%00', '%ff', '%',
        "' OR 1=1 --", '2026-W47', '٣', '1e3', 'T', '%e2%80%a8']),
    st.text(max_size=20))


@hypothesis.given(
    st.lists(st.tuples(PARTS, PARTS), max_size=4), st.booleans(),
    st.sampled_from(['2.1', '2.58', '2.65', '2.104']),
    st.sampled_from(['', '/r-2', '/none']))
@hypothesis.settings(max_examples=60, deadline=None)
def test_any_query_has_one_answer_on_every_database(
        hostile, pairs, is_admin, version, path):
    query = '&'.join(f'{name}={value}' for name, value in pairs)
    query = query.encode('utf-8', 'replace').decode('latin-1')
    answers = set()
    for application in hostile:
        request = webob.Request.blank(
            '/v2.1/servers/vol-1/os-instance-actions')
        request.environ['QUERY_STRING'] = query
        request.path_info += path
        request.headers['X-Auth-Token'] = ADMIN if is_admin else OWNER
        request.headers['OpenStack-API-Version'] = f'compute {version}'
        response = request.get_response(application)
        assert response.status_int in (200, 400, 404), response.text
        body = response.json
        shown = body.get('instanceActions') or [body.get('instanceAction')]
        answers.add((
            response.status_int,
            str([one and one['action'] for one in shown]),
            'links' in body,
            str([one['detail'] for one in body.get('errors', ())])))
    assert len(answers) == 1


@pytest.fixture(scope='module')
def hostile(tmp_path_factory):
    """A service on each store, all with the same actions."""
    stack, found = kept(
        ('memory', *KINDS), tmp_path_factory.mktemp('hostile'))
    with stack:
        yield [nova(many(store).actions) for store in found.values()]
