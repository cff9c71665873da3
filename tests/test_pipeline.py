# SPDX-License-Identifier: Apache-2.0
"""The stack: its order, by the effects that order has."""

import logging

import pytest
import webob
import webob.dec
import webob.exc
from assertions import GLOBAL_ID, ID_HEADER, ask, assert_error
from oslo_context import context as oslo_context

import errorkit
from errorkit.exceptions import ConfigError
from errorkit.log import ContextFilter

PLAIN = [('Content-Type', 'text/plain')]
VERSION = 'OpenStack-API-Version'
SHOP = logging.getLogger('shop')


def answers(environ, start_response):
    start_response('200 OK', PLAIN)
    return [b'cheese']


def streams(environ, start_response):
    SHOP.info('called')
    start_response('200 OK', PLAIN)
    yield b'one'
    SHOP.info('streaming')
    yield b'two'


def breaks(environ, start_response):
    raise RuntimeError('no flour')


def raises(error):
    def application(environ, start_response):
        raise error

    return application


def stack(application, **options):
    options.setdefault('service_type', 'volume')
    options.setdefault('versions', '3.0-3.70')
    return errorkit.wrap(application, **options)


@pytest.fixture(name='records')
def _records(caplog):
    """Return a function: the records so far, with their requests' ids."""
    caplog.set_level(logging.DEBUG)
    context = ContextFilter()
    caplog.handler.addFilter(context)
    yield lambda: caplog.records
    caplog.handler.removeFilter(context)


def keystone(application):
    """Let Ada in, and nobody else."""

    def authenticate(environ, start_response):
        token = environ.get('HTTP_X_AUTH_TOKEN')
        if token == 'broken':
            raise ConnectionError('keystone does not answer')
        if token != 'adas':
            raise webob.exc.HTTPUnauthorized(
                'who are you?',
                headers=[('WWW-Authenticate', 'Keystone uri="k"')],
            )
        environ['HTTP_X_USER_ID'] = 'ada'
        environ['HTTP_X_PROJECT_ID'] = 'bakery'
        environ['HTTP_X_ROLES'] = 'member,baker'
        return application(environ, start_response)

    return authenticate


ADA = {'X-Auth-Token': 'adas'}


# -- RequestId is outermost


def test_every_record_of_a_request_has_its_ids(records):
    reply = ask(
        stack(streams, auth=keystone), headers={**ADA, ID_HEADER: GLOBAL_ID}
    )
    assert [record.name for record in records()] == [
        'errorkit.request_log',
        'shop',
        'shop',
        'errorkit.request_log',
    ]
    assert {record.request_id for record in records()} == {
        reply.one(ID_HEADER)
    }
    assert {record.global_request_id for record in records()} == {GLOBAL_ID}


def test_whatever_layer_answers_the_answer_has_the_id():
    wrapped = stack(breaks, auth=keystone, on_invalid='reject')
    for headers, status in (
        ({ID_HEADER: 'mine'}, 400),
        ({}, 401),
        ({'X-Auth-Token': 'broken'}, 500),
        ({**ADA, VERSION: 'volume x'}, 400),
        ({**ADA, VERSION: 'volume 4.0'}, 406),
        (ADA, 500),
    ):
        reply = ask(wrapped, headers=headers)
        assert reply.status_int == status
        [error] = reply.json['errors']
        assert_error(reply, status=status, code=error['code'])


# -- RequestLog is outside FaultWrapper


@pytest.mark.parametrize(
    ('application', 'status'),
    [
        (breaks, 500),
        (raises(webob.exc.HTTPConflict('full')), 409),
        (webob.dec.wsgify(lambda request: webob.exc.HTTPGone()), 410),
    ],
)
def test_the_request_log_sees_the_status_and_length_that_were_sent(
    records, application, status
):
    reply = ask(stack(application))
    assert_error(reply, status=status, code='volume.undefined_code')
    line = records()[-1].getMessage()
    assert f'status: {status} len: {len(reply.body)} ' in line


# -- FaultWrapper is outside the auth layer


def test_an_auth_layer_that_refuses_is_an_error_of_ours():
    reply = ask(stack(answers, auth=keystone))
    assert_error(
        reply,
        status=401,
        code='volume.undefined_code',
        detail='who are you?',
    )
    assert reply.one('WWW-Authenticate') == 'Keystone uri="k"'


def test_an_auth_layer_that_fails_is_an_error_of_ours(records):
    reply = ask(
        stack(answers, auth=keystone), headers={'X-Auth-Token': 'broken'}
    )
    assert_error(reply, status=500, code='volume.undefined_code')
    assert 'keystone' not in reply.text
    [record] = [r for r in records() if r.levelno == logging.ERROR]
    assert record.exc_info[0] is ConnectionError
    assert record.request_id == reply.one(ID_HEADER)


# -- Context is inside the auth layer


def who(environ, start_response):
    """Answer with who asks, by every way to know it."""
    current = errorkit.context.current()
    assert current is oslo_context.get_current()
    assert environ['errorkit.context'] is current
    body = webob.Response(
        json={
            'user': current.user_id,
            'project': current.project_id,
            'roles': current.roles,
            'request_id': current.request_id,
            'global_request_id': current.global_request_id,
        }
    )
    return body(environ, start_response)


NOBODY = {'user': None, 'project': None, 'roles': []}
MALLORY = {
    'X-User-Id': 'mallory',
    'X-Project-Id': 'mallorys',
    'X-Roles': 'admin',
    'X-Service-Roles': 'service',
    'X-Is-Admin-Project': 'True',
    'OpenStack-System-Scope': 'all',
}


def asked(application, **more):
    """Return what ``who`` says, and the reply."""
    reply = ask(application, **more)
    assert reply.status_int == 200
    return reply.json, reply


def test_the_context_has_whom_the_auth_layer_let_in():
    said, reply = asked(
        stack(who, auth=keystone), headers={**ADA, ID_HEADER: GLOBAL_ID}
    )
    assert said == {
        'user': 'ada',
        'project': 'bakery',
        'roles': ['member', 'baker'],
        'request_id': reply.one(ID_HEADER),
        'global_request_id': GLOBAL_ID,
    }


def test_the_id_to_pass_on_is_the_global_one_or_else_the_local_one():
    seen = []

    def application(environ, start_response):
        seen.append(errorkit.context.current().global_id)
        return answers(environ, start_response)

    ask(stack(application), headers={ID_HEADER: GLOBAL_ID})
    reply = ask(stack(application))
    assert seen == [GLOBAL_ID, reply.one(ID_HEADER)]


def test_a_clients_own_headers_are_nobody():
    said, _ = asked(stack(who), headers=MALLORY)
    assert {name: said[name] for name in NOBODY} == NOBODY


def test_a_clients_own_headers_are_nobody_beside_an_auth_layer_too():
    def lenient(application):
        return application

    said, _ = asked(stack(who, auth=lenient), headers=MALLORY)
    assert {name: said[name] for name in NOBODY} == NOBODY


def test_an_auth_layer_that_leaves_a_claim_alone_does_not_confirm_it():
    said, _ = asked(
        stack(who, auth=keystone), headers={**ADA, 'X-Roles': 'admin'}
    )
    assert said['roles'] == ['member', 'baker']


def test_noauth_believes_the_client_and_warns_at_start(caplog):
    wrapped = stack(who, auth='noauth')
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert 'noauth' in record.getMessage()
    said, _ = asked(wrapped, headers=MALLORY)
    assert (said['user'], said['project']) == ('mallory', 'mallorys')


def test_without_noauth_nothing_warns_at_start(caplog):
    stack(who)
    stack(who, auth=keystone)
    assert not caplog.records


def test_before_the_auth_layer_the_context_is_anonymous(records):
    ask(stack(streams, auth=keystone), headers=ADA)
    assert [record.user_id for record in records()] == [
        '-',
        'ada',
        'ada',
        'ada',
    ]


def test_after_the_response_there_is_no_context():
    wrapped = stack(streams, auth=keystone)
    ask(wrapped, headers=ADA)
    assert errorkit.context.current() is None
    with pytest.raises(RuntimeError):
        ask(stack(late_bug, auth=keystone), headers=ADA)
    assert errorkit.context.current() is None


def late_bug(environ, start_response):
    start_response('200 OK', PLAIN)
    yield b'one'
    raise RuntimeError('no flour')


def test_two_bodies_that_alternate_keep_their_own_ids(records):
    wrapped = stack(streams, auth=keystone)
    bodies, ids = [], []
    for _ in range(2):
        environ = webob.Request.blank('/', headers=ADA).environ
        bodies.append(
            wrapped(
                environ,
                lambda status, headers, exc_info=None: lambda data: None,
            )
        )
        ids.append(environ['openstack.request_id'])
    chunks = [iter(body) for body in bodies]
    for turn in (0, 1, 1, 0):
        next(chunks[turn])
    for body in bodies:
        body.close()
    assert errorkit.context.current() is None
    lines = [r.request_id for r in records() if 'streaming' in r.getMessage()]
    assert lines == [ids[1], ids[0]]


# -- Microversion is innermost


@pytest.mark.parametrize('version', ['volume x', 'volume 4.0'])
def test_who_may_not_ask_learns_nothing_of_versions(version):
    reply = ask(stack(answers, auth=keystone), headers={VERSION: version})
    error = assert_error(reply, status=401, code='volume.undefined_code')
    assert 'max_version' not in error
    assert reply.one(VERSION) == 'volume 3.0'


def test_a_wrong_version_is_logged_with_the_user(records):
    reply = ask(
        stack(answers, auth=keystone), headers={**ADA, VERSION: 'volume x'}
    )
    assert_error(reply, status=400, code='volume.microversion.invalid')
    assert records()[-1].user_id == 'ada'
    assert 'status: 400' in records()[-1].getMessage()
    assert records()[-1].code == 'volume.microversion.invalid'


# -- the whole


def test_wrapping_twice_is_wrapping_once(records):
    twice = stack(stack(raises(webob.exc.HTTPConflict('full'))))
    reply = ask(twice, headers={VERSION: 'volume 3.5'})
    assert_error(reply, status=409, code='volume.undefined_code')
    assert reply.one(VERSION) == 'volume 3.5'
    assert reply.vary().count('openstack-api-version') == 1
    assert [
        record.name for record in records() if record.levelno == logging.INFO
    ] == ['errorkit.request_log']


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'PUT'])
@pytest.mark.parametrize(
    'application',
    [
        answers,
        streams,
        webob.Response('cheese', etag='1', vary='Origin'),
        webob.exc.HTTPNoContent(),
    ],
)
def test_a_success_is_the_applications_own_but_for_our_headers(
    application, method
):
    own = ask(application, method=method)
    reply = ask(stack(application, auth=keystone), method=method, headers=ADA)
    assert (reply.status, reply.body) == (own.status, own.body)
    ours = {ID_HEADER, VERSION, 'Vary'}
    assert [h for h in reply.headerlist if h[0] not in ours] == [
        h for h in own.headerlist if h[0] not in ours
    ]


def test_the_layers_names_are_in_environ():
    reply = ask(
        stack(answers, auth=keystone), headers={**ADA, ID_HEADER: GLOBAL_ID}
    )
    environ = reply.environ
    assert environ['openstack.request_id'] == reply.one(ID_HEADER)
    assert environ['openstack.global_request_id'] == GLOBAL_ID
    assert environ['volume.microversion'] == (3, 0)
    assert environ['errorkit.context'].user_id == 'ada'
    ours = {key for key in environ if key.startswith('errorkit')}
    assert all(key.startswith('errorkit.') for key in ours)


def test_without_versions_there_are_no_version_headers():
    reply = ask(errorkit.wrap(breaks, service_type='volume'))
    assert_error(reply, status=500, code='volume.undefined_code')
    assert VERSION not in reply.headers
    assert reply.vary() == ['accept', 'accept-language']


def test_the_parts_can_be_put_together_by_hand():
    wrapped = errorkit.RequestId(
        errorkit.RequestLog(
            errorkit.FaultWrapper(
                keystone(
                    errorkit.Context(
                        errorkit.Microversion(
                            who, service_type='volume', versions='3.0-3.70'
                        )
                    )
                ),
                service_type='volume',
            ),
            service_type='volume',
        ),
        compat_headers=['X-Volume-Request-Id'],
    )
    said, reply = asked(wrapped, headers={**ADA, VERSION: 'volume 3.5'})
    assert said['user'] == 'ada'
    assert reply.one(VERSION) == 'volume 3.5'
    assert reply.one('X-Volume-Request-Id') == reply.one(ID_HEADER)
    assert_error(ask(wrapped), status=401, code='volume.undefined_code')


# -- options


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        ('code_version', '3.5'),
        ('legacy_headers', ['X-Version']),
        ('request_id_version', '3.5'),
    ],
)
def test_what_needs_versions_is_refused_without_them(option, value):
    with pytest.raises(ConfigError) as caught:
        errorkit.wrap(answers, service_type='volume', **{option: value})
    assert repr(option) in str(caught.value)
    assert 'versions' in str(caught.value)


VERSIONS = ['code_version', 'request_id_version']


@pytest.mark.parametrize('option', VERSIONS)
@pytest.mark.parametrize('value', ['3.71', '9.9', '10.0'])
def test_a_version_that_nobody_can_ask_for_is_refused_at_start(
    option, value
):
    with pytest.raises(ConfigError) as caught:
        stack(answers, **{option: value})
    assert (caught.value.option, caught.value.value) == (option, value)
    assert '3.70' in caught.value.allowed


@pytest.mark.parametrize('option', VERSIONS)
@pytest.mark.parametrize('value', ['1.0', '2.99', '3.0', '3.9', '3.70'])
def test_a_version_up_to_the_newest_is_taken(option, value):
    assert stack(answers, **{option: value})


def test_the_newest_version_is_so_by_number_and_wherever_it_is_listed():
    versions = ['3.10', '4.0', '3.9']
    assert stack(answers, versions=versions, code_version='3.11')
    with pytest.raises(ConfigError, match=r'none above 4\.0'):
        stack(answers, versions=versions, code_version='4.1')


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        ('service_type', 'Volume Service'),
        ('service_type', None),
        ('versions', 'new'),
        ('code_version', 'soon'),
        ('code_version', '1'),
        ('code_version', '03.5'),
        ('code_version', ' 3.5'),
        ('request_id_version', '03.5'),
        ('request_id_version', '\u0663.\u0665'),
        ('catalog', {'volume.full': 409}),
        ('auth', 'maybe'),
        ('auth', 7),
        ('on_invalid', 'explode'),
        ('trust', 'friends'),
        ('context_class', object),
        ('default_codes', {405: 'no code'}),
        ('detail_style', 'loud'),
        ('max_detail', 0),
        ('exceptions', {KeyError: 200}),
        ('base_exceptions', 'eat'),
        ('compat_headers', ['X Id']),
        ('legacy_headers', ['X Version']),
        ('request_id_version', 'soon'),
    ],
)
def test_a_bad_option_is_refused_at_start_by_name(option, value):
    with pytest.raises(ConfigError) as caught:
        stack(answers, **{option: value})
    assert repr(option) in str(caught.value)
    assert 'allowed' in str(caught.value)


def test_an_unknown_option_is_refused_at_start():
    with pytest.raises(TypeError, match='servce_type'):
        stack(answers, servce_type='volume')
