# SPDX-License-Identifier: Apache-2.0
"""RequestId: the local id, the global id, and who may set it."""

import logging
import random
import subprocess
import sys

import pytest
import webob
import webob.exc
from assertions import GLOBAL_ID, ID, ID_HEADER, ask, assert_error

import errorkit
from errorkit import keys
from errorkit.exceptions import ConfigError

COMPUTE = 'X-Compute-Request-Id'
EXPOSE = 'Access-Control-Expose-Headers'
CORS = [('Access-Control-Allow-Origin', 'https://shop.example')]
OTHER_ID = 'req-0f6f2f10-6d5c-4e0a-8a53-6d6d9c1f0c11'


def answers(status='200 OK', headers=(), body=b'volumes'):
    """Return an application that always answers the same."""

    def application(environ, start_response):
        sent = [('Content-Type', 'text/plain'), *headers]
        if status[:3] in ('204', '304'):
            sent = list(headers)
        start_response(status, sent)
        if environ['REQUEST_METHOD'] == 'HEAD' or status[:3] in ('204', '304'):
            return []
        return [body]

    return application


def streams(environ, start_response):
    """Start late, and answer in chunks."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    yield b'one'
    yield b'two'


def writes(environ, start_response):
    """Answer through ``write``."""
    start_response('200 OK', [('Content-Type', 'text/plain')])(b'volumes')
    return []


def raises(error):
    """Return an application that raises."""

    def application(environ, start_response):
        raise error

    return application


def breaks(environ, start_response):
    """Have a bug."""
    raise RuntimeError('the secret of the bakery')


def inner_environ(application=errorkit.RequestId, **options):
    """Return a function that sends a request and returns what got inside."""

    def send(value=None, **more):
        seen = {}

        def inside(environ, start_response):
            seen.update(environ)
            return answers()(environ, start_response)

        headers = {} if value is None else {ID_HEADER: value}
        ask(application(inside, **options), headers=headers, **more)
        return seen

    return send


# -- the local id


def test_the_local_id_is_req_and_a_random_uuid():
    reply = ask(errorkit.RequestId(answers()))
    assert ID.fullmatch(reply.one(ID_HEADER))


def test_every_request_has_a_local_id_of_its_own():
    application = errorkit.RequestId(answers())
    ids = {ask(application).one(ID_HEADER) for _ in range(200)}
    assert len(ids) == 200
    assert all(ID.fullmatch(one) for one in ids)


def test_the_local_id_is_never_taken_from_the_client():
    application = errorkit.RequestId(answers(), compat_headers=[COMPUTE])
    reply = ask(
        application, headers={ID_HEADER: GLOBAL_ID, COMPUTE: GLOBAL_ID}
    )
    assert reply.environ[keys.REQUEST_ID] != GLOBAL_ID
    assert reply.one(ID_HEADER) == reply.environ[keys.REQUEST_ID]


def test_the_local_id_does_not_come_from_a_seeded_generator():
    application = errorkit.RequestId(answers())
    ids = set()
    state = random.getstate()
    try:
        for _ in range(3):
            random.seed(1)
            ids.add(ask(application).one(ID_HEADER))
    finally:
        random.setstate(state)
    assert len(ids) == 3


def test_a_forked_worker_does_not_repeat_the_ids_of_its_parent():
    # A process of its own: pytest's may have threads, which do not fork.
    program = (
        'import os\n'
        'import errorkit\n'
        'def answer(environ, start_response):\n'
        '    os.write(1, environ["openstack.request_id"].encode() + b" ")\n'
        '    return []\n'
        'application = errorkit.RequestId(answer)\n'
        'application({}, None)\n'
        'for worker in range(3):\n'
        '    if os.fork() == 0:\n'
        '        application({}, None)\n'
        '        os._exit(0)\n'
        '    os.wait()\n'
        'application({}, None)\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    ids = done.stdout.split()
    assert len(ids) == len(set(ids)) == 5
    assert all(ID.fullmatch(one) for one in ids)


# -- the global id, and the form it must have


def test_a_valid_id_of_the_client_is_the_global_id():
    seen = inner_environ()(GLOBAL_ID)
    assert seen['openstack.global_request_id'] == GLOBAL_ID
    assert ID.fullmatch(seen['openstack.request_id'])


def test_without_an_id_of_the_client_there_is_no_global_id():
    assert 'openstack.global_request_id' not in inner_environ()()


def test_a_valid_inbound_header_is_still_there_for_inner_layers():
    assert inner_environ()(GLOBAL_ID)[keys.HTTP_REQUEST_ID] == GLOBAL_ID


def test_a_header_that_looks_like_the_environ_key_sets_nothing():
    seen = inner_environ()(
        environ={
            'HTTP_OPENSTACK.GLOBAL_REQUEST_ID': GLOBAL_ID,
            'HTTP_OPENSTACK.REQUEST_ID': GLOBAL_ID,
        }
    )
    assert 'openstack.global_request_id' not in seen
    assert seen['openstack.request_id'] != GLOBAL_ID


VALID = [
    pytest.param(GLOBAL_ID, id='lower case'),
    pytest.param('req-00000000-0000-4000-8000-000000000000', id='zeros'),
    pytest.param('req-ffffffff-ffff-4fff-bfff-ffffffffffff', id='all f'),
    pytest.param('req-12345678-1234-4234-9234-123456789012', id='variant 9'),
    pytest.param('req-abcdefab-cdef-4bcd-aabc-abcdefabcdef', id='variant a'),
]
NOT_VERSION_4 = [
    pytest.param('req-00000000-0000-0000-0000-000000000000', id='nil'),
    pytest.param('req-ffffffff-ffff-ffff-ffff-ffffffffffff', id='max'),
    pytest.param('req-c232ab00-9414-11ec-b3c8-9f6bdeced846', id='v1'),
    pytest.param('req-5df41881-3aed-3515-88a7-2f4a814cf09e', id='v3'),
    pytest.param('req-2ed6657d-e927-568b-95e1-2665a8aea6a2', id='v5'),
    pytest.param('req-017f22e2-79b0-7cc3-98c4-dc0c0c07398f', id='v7'),
    pytest.param('req-5c1a8d5e-8a55-4d6f-7d3c-2f6a0f0a7b11', id='NCS variant'),
    pytest.param('req-5c1a8d5e-8a55-4d6f-cd3c-2f6a0f0a7b11', id='variant c'),
]
MALFORMED = [
    pytest.param(GLOBAL_ID + '\n', id='trailing newline'),
    pytest.param(GLOBAL_ID + '\r\n', id='trailing CRLF'),
    pytest.param('\n' + GLOBAL_ID, id='leading newline'),
    pytest.param(GLOBAL_ID + ' ', id='trailing blank'),
    pytest.param(f'{GLOBAL_ID},{OTHER_ID}', id='comma-joined pair'),
    pytest.param(f'{GLOBAL_ID}, {GLOBAL_ID}', id='the same one twice'),
    pytest.param(GLOBAL_ID.upper(), id='upper case'),
    pytest.param('req-' + GLOBAL_ID[4:].upper(), id='upper case hex'),
    pytest.param('REQ-' + GLOBAL_ID[4:], id='upper case prefix'),
    pytest.param('{' + GLOBAL_ID + '}', id='braces'),
    pytest.param('req-{' + GLOBAL_ID[4:] + '}', id='braced uuid'),
    pytest.param('req-urn:uuid:' + GLOBAL_ID[4:], id='urn'),
    pytest.param(GLOBAL_ID[4:], id='no prefix'),
    pytest.param('req-' + GLOBAL_ID[4:].replace('-', ''), id='no hyphens'),
    pytest.param(GLOBAL_ID[:-1], id='one digit short'),
    pytest.param(GLOBAL_ID + '0', id='one digit long'),
    pytest.param(GLOBAL_ID[:-1] + 'g', id='not hexadecimal'),
    pytest.param(GLOBAL_ID[:-1] + '\xb2', id='a digit beyond ASCII'),
    pytest.param(GLOBAL_ID.replace('-', '_'), id='underscores'),
    pytest.param('req-5c1a8d5e8-a55-4d6f-9d3c-2f6a0f0a7b11', id='shifted'),
    pytest.param('', id='empty'),
    pytest.param('req-', id='prefix alone'),
    pytest.param(GLOBAL_ID * 1000, id='40,000 characters'),
]


@pytest.mark.parametrize('value', VALID)
@pytest.mark.parametrize('strict', [True, False])
def test_an_id_of_the_exact_form_is_accepted(value, strict):
    seen = inner_environ(strict=strict)(value)
    assert seen[keys.GLOBAL_REQUEST_ID] == value


@pytest.mark.parametrize('value', [*MALFORMED, *NOT_VERSION_4])
def test_an_id_of_any_other_form_is_not_accepted(value):
    seen = inner_environ()(value)
    assert keys.GLOBAL_REQUEST_ID not in seen
    assert keys.HTTP_REQUEST_ID not in seen


@pytest.mark.parametrize('value', NOT_VERSION_4)
def test_without_strict_any_hexadecimal_uuid_is_accepted(value):
    seen = inner_environ(strict=False)(value)
    assert seen[keys.GLOBAL_REQUEST_ID] == value


@pytest.mark.parametrize('value', MALFORMED)
def test_without_strict_a_malformed_id_is_still_not_accepted(value):
    seen = inner_environ(strict=False)(value)
    assert keys.GLOBAL_REQUEST_ID not in seen


# -- on_invalid

HOSTILE = '\x1b[31mreq-\u2028'.encode().decode('latin-1') + 'x' * 200


def logged(caplog, level):
    return [
        record
        for record in caplog.records
        if record.levelno == level and record.name == 'errorkit.request_id'
    ]


def test_on_invalid_ignore_is_the_default_and_says_so_once_at_debug(caplog):
    caplog.set_level(logging.DEBUG)
    application = errorkit.RequestId(answers())
    reply = ask(application, headers={ID_HEADER: 'mine'})
    assert reply.status_int == 200
    assert len(logged(caplog, logging.DEBUG)) == 1
    assert not logged(caplog, logging.WARNING)
    assert 'mine' not in caplog.text


def test_on_invalid_warn_logs_one_warning_and_serves(caplog):
    caplog.set_level(logging.DEBUG)
    application = errorkit.RequestId(answers(), on_invalid='warn')
    reply = ask(application, headers={ID_HEADER: 'mine'})
    assert reply.status_int == 200
    [record] = logged(caplog, logging.WARNING)
    assert "'mine'" in record.getMessage()
    assert '4 characters' in record.getMessage()
    assert not logged(caplog, logging.DEBUG)


def test_on_invalid_warn_shows_ascii_cut_at_64_and_the_length(caplog):
    application = errorkit.RequestId(answers(), on_invalid='warn')
    ask(application, headers={ID_HEADER: HOSTILE})
    [record] = logged(caplog, logging.WARNING)
    message = record.getMessage()
    assert message.isascii() and message.isprintable()
    assert ascii(HOSTILE)[:64] in message
    assert ascii(HOSTILE)[:65] not in message
    assert f'{len(HOSTILE)} characters' in message


def test_on_invalid_warn_names_a_comma_joined_pair(caplog):
    application = errorkit.RequestId(answers(), on_invalid='warn')
    ask(application, headers={ID_HEADER: f'{GLOBAL_ID},{OTHER_ID}'})
    [record] = logged(caplog, logging.WARNING)
    assert 'several' in record.getMessage()


def test_on_invalid_reject_is_a_400_with_its_code():
    application = errorkit.RequestId(
        breaks, on_invalid='reject', service_type='volume'
    )
    reply = ask(application, headers={ID_HEADER: 'mine'})
    assert_error(
        reply,
        status=400,
        code='volume.request_id.invalid',
        title='Bad Request',
        source={'header': ID_HEADER},
    )
    assert b'mine' not in reply.body


@pytest.mark.parametrize(
    ('strict', 'form'), [(True, 'UUID of version 4 in'), (False, 'UUID in')]
)
def test_the_400_says_the_form_that_is_accepted(strict, form):
    application = errorkit.RequestId(
        breaks, on_invalid='reject', strict=strict
    )
    reply = ask(application, headers={ID_HEADER: 'req-1'})
    assert form in reply.json['errors'][0]['detail']


def test_on_invalid_reject_serves_a_valid_id():
    application = errorkit.RequestId(answers(), on_invalid='reject')
    reply = ask(application, headers={ID_HEADER: GLOBAL_ID})
    assert reply.status_int == 200


def test_on_invalid_reject_has_no_body_for_head():
    application = errorkit.RequestId(breaks, on_invalid='reject')
    get, head = (
        ask(application, method=method, headers={ID_HEADER: 'mine'})
        for method in ('GET', 'HEAD')
    )
    assert (head.status, head.body) == ('400 Bad Request', b'')
    assert head.one('Content-Length') == str(len(get.body))


@pytest.mark.parametrize('mode', ['ignore', 'warn', 'reject'])
def test_an_invalid_header_is_removed_whatever_the_mode(mode):
    application = errorkit.RequestId(answers(), on_invalid=mode)
    reply = ask(application, headers={ID_HEADER: GLOBAL_ID + '\n'})
    assert keys.HTTP_REQUEST_ID not in reply.environ
    assert keys.GLOBAL_REQUEST_ID not in reply.environ


@pytest.mark.parametrize('mode', ['ignore', 'warn', 'reject'])
def test_invalid_ids_are_counted_whatever_the_mode(mode):
    application = errorkit.RequestId(answers(), on_invalid=mode)
    for value in ('mine', GLOBAL_ID, 'yours', None):
        ask(application, headers={} if value is None else {ID_HEADER: value})
    assert application.rejected == {'invalid': 2, 'untrusted': 0}


# -- trust


def test_everybody_is_trusted_by_default():
    seen = inner_environ()(GLOBAL_ID, environ={'REMOTE_ADDR': '203.0.113.9'})
    assert seen[keys.GLOBAL_REQUEST_ID] == GLOBAL_ID


@pytest.mark.parametrize(
    ('address', 'trusted'),
    [
        pytest.param('10.1.2.3', True, id='in the first network'),
        pytest.param('2001:db8::5', True, id='in the second, IPv6'),
        pytest.param('192.0.2.1', True, id='the one address'),
        pytest.param('192.0.2.2', False, id='another address'),
        pytest.param('11.0.0.1', False, id='outside'),
        pytest.param('2001:db9::5', False, id='outside, IPv6'),
        pytest.param('', False, id='a socket without an address'),
        pytest.param('unix:', False, id='not an address'),
        pytest.param('10.1.2.3\n', False, id='nearly an address'),
    ],
)
def test_trust_by_networks_looks_at_remote_addr(address, trusted):
    send = inner_environ(trust=['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'])
    seen = send(GLOBAL_ID, environ={'REMOTE_ADDR': address})
    assert (seen.get(keys.GLOBAL_REQUEST_ID) == GLOBAL_ID) is trusted
    assert (keys.HTTP_REQUEST_ID in seen) is trusted


@pytest.mark.parametrize(
    ('network', 'address', 'trusted'),
    [
        ('10.0.0.0/8', '::ffff:10.1.2.3', True),
        ('10.0.0.0/8', '::ffff:11.0.0.1', False),
        ('::ffff:10.0.0.0/104', '::ffff:10.1.2.3', True),
    ],
)
def test_an_ipv4_client_of_a_socket_of_both_families_is_in_its_network(
    network, address, trusted
):
    send = inner_environ(trust=network)
    seen = send(GLOBAL_ID, environ={'REMOTE_ADDR': address})
    assert (seen.get(keys.GLOBAL_REQUEST_ID) == GLOBAL_ID) is trusted


def test_trust_by_networks_believes_no_forwarded_header():
    seen = inner_environ(trust=['10.0.0.0/8'])(
        GLOBAL_ID, environ={'HTTP_X_FORWARDED_FOR': '10.1.2.3'}
    )
    assert keys.GLOBAL_REQUEST_ID not in seen


@pytest.mark.parametrize('verdict', [True, False])
def test_trust_by_a_predicate_over_environ(verdict):
    def trusts(environ):
        return verdict and environ['REMOTE_ADDR'] == '192.0.2.7'

    seen = inner_environ(trust=trusts)(GLOBAL_ID)
    assert (keys.GLOBAL_REQUEST_ID in seen) is verdict
    assert (keys.HTTP_REQUEST_ID in seen) is verdict


def test_a_predicate_that_fails_trusts_nobody(caplog):
    def fails(environ):
        raise KeyError('HTTP_X_PEER')

    application = errorkit.RequestId(answers(), trust=fails)
    reply = ask(application, headers={ID_HEADER: GLOBAL_ID})
    assert (reply.status_int, reply.body) == (200, b'volumes')
    assert ID.fullmatch(reply.one(ID_HEADER))
    assert keys.GLOBAL_REQUEST_ID not in reply.environ
    assert keys.HTTP_REQUEST_ID not in reply.environ
    assert application.rejected['untrusted'] == 1
    assert any(
        record.exc_info and record.exc_info[0] is KeyError
        for record in caplog.records
    )


def test_an_untrusted_id_is_counted_and_not_rejected():
    application = errorkit.RequestId(
        answers(), trust=['10.0.0.0/8'], on_invalid='reject'
    )
    reply = ask(application, headers={ID_HEADER: GLOBAL_ID})
    assert reply.status_int == 200
    assert application.rejected == {'invalid': 0, 'untrusted': 1}


def keystone(**identity):
    """Return an auth layer that puts an identity into environ."""

    def layer(application):
        def authenticate(environ, start_response):
            for name in list(environ):
                if name.startswith(('HTTP_X_SERVICE_', 'HTTP_X_USER_')):
                    del environ[name]
            environ.update(identity)
            return application(environ, start_response)

        return authenticate

    return layer


def with_auth(inside, auth, **options):
    return errorkit.wrap(
        inside, service_type='volume', auth=auth, trust='service_token'
    )


USER = {'HTTP_X_USER_ID': 'ada', 'HTTP_X_PROJECT_ID': 'bakery'}
SERVICE = {**USER, 'HTTP_X_SERVICE_ROLES': 'service'}


@pytest.mark.parametrize(
    ('auth', 'trusted'),
    [
        pytest.param(keystone(**SERVICE), True, id='a service token'),
        pytest.param(keystone(**USER), False, id='a user alone'),
        pytest.param(None, False, id='no auth layer'),
    ],
)
def test_trust_by_a_validated_service_token(auth, trusted):
    seen = inner_environ(with_auth, auth=auth)(GLOBAL_ID)
    assert (seen.get(keys.GLOBAL_REQUEST_ID) == GLOBAL_ID) is trusted
    assert (keys.HTTP_REQUEST_ID in seen) is trusted
    context = seen[keys.CONTEXT]
    assert context.global_request_id == (GLOBAL_ID if trusted else None)


@pytest.mark.parametrize('auth', [keystone(**USER), None])
def test_a_client_cannot_claim_to_have_a_service_token(auth):
    seen = inner_environ(with_auth, auth=auth)(
        GLOBAL_ID, environ={'HTTP_X_SERVICE_ROLES': 'service'}
    )
    assert keys.GLOBAL_REQUEST_ID not in seen
    assert seen[keys.CONTEXT].global_request_id is None


def test_an_invalid_id_stays_invalid_with_a_service_token():
    seen = inner_environ(with_auth, auth=keystone(**SERVICE))('mine')
    assert keys.GLOBAL_REQUEST_ID not in seen
    assert keys.HTTP_REQUEST_ID not in seen


# -- every response has the local id, exactly once

EVERY = [
    pytest.param(answers(), id='200'),
    pytest.param(answers('201 Created'), id='201'),
    pytest.param(answers('204 No Content'), id='204'),
    pytest.param(answers('301 Moved', [('Location', '/')]), id='301'),
    pytest.param(answers('304 Not Modified'), id='304'),
    pytest.param(answers('404 Not Found'), id='404 of the application'),
    pytest.param(answers('503 Service Unavailable'), id='503'),
    pytest.param(streams, id='a generator'),
    pytest.param(writes, id='write()'),
    pytest.param(webob.Response('volumes'), id='a webob response'),
    pytest.param(webob.exc.HTTPNotFound(), id='a webob error'),
    pytest.param(raises(webob.exc.HTTPConflict()), id='raised 409'),
    pytest.param(
        raises(webob.exc.HTTPFound(location='/shelf')), id='raised 302'
    ),
    pytest.param(raises(webob.exc.HTTPNotModified()), id='raised 304'),
    pytest.param(raises(webob.exc.HTTPNoContent()), id='raised 204'),
    pytest.param(
        errorkit.FaultWrapper(breaks, service_type='volume'), id='a bug'
    ),
]


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'OPTIONS', 'DELETE'])
@pytest.mark.parametrize('application', EVERY)
def test_every_response_has_the_local_id_exactly_once(application, method):
    wrapped = errorkit.RequestId(
        application, compat_headers=[COMPUTE, 'X-Volume-Request-Id']
    )
    reply = ask(wrapped, method=method, headers={ID_HEADER: GLOBAL_ID})
    local_id = reply.environ[keys.REQUEST_ID]
    for name in (ID_HEADER, COMPUTE, 'X-Volume-Request-Id'):
        assert reply.one(name) == local_id
    assert GLOBAL_ID not in str(reply.headerlist)


@pytest.mark.parametrize('application', EVERY)
def test_every_response_of_the_stack_has_the_local_id(application):
    wrapped = errorkit.wrap(
        application, service_type='volume', compat_headers=[COMPUTE]
    )
    reply = ask(wrapped, headers={ID_HEADER: GLOBAL_ID})
    local_id = reply.environ[keys.REQUEST_ID]
    assert reply.one(ID_HEADER) == reply.one(COMPUTE) == local_id
    assert GLOBAL_ID not in str(reply.headerlist)
    if reply.status_int >= 400:
        assert GLOBAL_ID.encode() not in reply.body


def test_the_standard_header_among_the_compat_headers_is_not_doubled():
    application = errorkit.RequestId(
        answers(), compat_headers=[ID_HEADER.lower(), COMPUTE]
    )
    reply = ask(application)
    assert reply.one(ID_HEADER) == reply.one(COMPUTE)


def test_one_compat_header_may_be_given_as_a_string():
    reply = ask(errorkit.RequestId(answers(), compat_headers=COMPUTE))
    assert reply.one(COMPUTE) == reply.one(ID_HEADER)


def test_an_exception_that_is_not_webobs_passes_through_request_id_alone():
    with pytest.raises(RuntimeError):
        ask(errorkit.RequestId(breaks))


def test_the_applications_own_list_of_headers_is_not_changed():
    shared = [('Content-Type', 'text/plain')]

    def application(environ, start_response):
        start_response('200 OK', shared)
        return [b'volumes']

    wrapped = errorkit.RequestId(application)
    for _ in range(3):
        ask(wrapped)
    assert shared == [('Content-Type', 'text/plain')]


# -- an inner layer set the header too


@pytest.mark.parametrize('name', [ID_HEADER, ID_HEADER.lower(), COMPUTE])
def test_the_outermost_id_wins_and_the_other_is_logged(caplog, name):
    caplog.set_level(logging.INFO)
    inner = answers(headers=[(name, OTHER_ID)])
    reply = ask(errorkit.RequestId(inner, compat_headers=[COMPUTE]))
    assert reply.one(ID_HEADER) == reply.one(COMPUTE)
    assert reply.one(ID_HEADER) == reply.environ[keys.REQUEST_ID]
    assert OTHER_ID in caplog.text


def test_several_ids_of_inner_layers_become_one():
    inner = answers(headers=[(ID_HEADER, OTHER_ID), (ID_HEADER, GLOBAL_ID)])
    reply = ask(errorkit.RequestId(inner))
    assert reply.one(ID_HEADER) == reply.environ[keys.REQUEST_ID]


def test_an_inner_id_reaches_the_log_escaped(caplog):
    caplog.set_level(logging.INFO)
    inner = answers(headers=[(ID_HEADER, '\x85' + 'x' * 300)])
    ask(errorkit.RequestId(inner))
    [record] = logged(caplog, logging.INFO)
    assert record.getMessage().isascii()
    assert 'x' * 65 not in record.getMessage()


# -- mounted twice


def test_an_inner_instance_reuses_the_outer_ones_id(caplog):
    caplog.set_level(logging.INFO)
    seen = []

    def inside(environ, start_response):
        seen.append(environ[keys.REQUEST_ID])
        return answers()(environ, start_response)

    twice = errorkit.RequestId(errorkit.RequestId(inside))
    reply = ask(twice, headers={ID_HEADER: GLOBAL_ID})
    assert seen == [reply.one(ID_HEADER)]
    assert reply.environ[keys.GLOBAL_REQUEST_ID] == GLOBAL_ID
    assert not caplog.records


def test_the_whole_stack_twice_has_one_id():
    inner = errorkit.wrap(breaks, service_type='volume')
    outer = errorkit.wrap(inner, service_type='volume')
    assert_error(ask(outer), status=500, code='volume.undefined_code')


@pytest.mark.parametrize('given', ['req-1\r\nSet-Cookie: a=b', '', None, 5])
def test_an_outer_layers_id_that_is_none_is_replaced(given):
    application = errorkit.RequestId(answers())
    reply = ask(application, environ={keys.REQUEST_ID: given})
    assert ID.fullmatch(reply.one(ID_HEADER))
    assert reply.environ[keys.REQUEST_ID] == reply.one(ID_HEADER)


# -- the microversion gate


@pytest.fixture(name='gated')
def _gated():
    return errorkit.wrap(
        answers(),
        service_type='compute',
        versions='2.1-2.60',
        request_id_version='2.46',
        compat_headers=[COMPUTE],
    )


@pytest.mark.parametrize(
    ('version', 'there'),
    [
        pytest.param('compute 2.45', False, id='below'),
        pytest.param('compute 2.46', True, id='from it on'),
        pytest.param('compute 2.60', True, id='above'),
        pytest.param('compute latest', True, id='latest'),
        pytest.param('volume 3.5', False, id='none, so the oldest'),
    ],
)
def test_the_gate_hides_the_standard_header_below_its_version(
    gated, version, there
):
    reply = ask(gated, headers={'OpenStack-API-Version': version})
    assert reply.one(COMPUTE) == reply.environ[keys.REQUEST_ID]
    assert (ID_HEADER in reply.headers) is there


def test_the_gate_keeps_the_compat_headers_on_an_error(gated):
    reply = ask(gated, headers={'OpenStack-API-Version': 'compute two'})
    assert ID_HEADER not in reply.headers
    assert_error(
        reply,
        status=400,
        code='compute.microversion.invalid',
        id_header=COMPUTE,
    )


def test_the_gate_hides_an_inner_layers_header_too():
    gated = errorkit.wrap(
        answers(headers=[(ID_HEADER, OTHER_ID)]),
        service_type='compute',
        versions='2.1-2.60',
        request_id_version='2.46',
    )
    assert ID_HEADER not in ask(gated).headers


def test_without_a_gate_the_version_does_not_matter():
    application = errorkit.wrap(
        answers(), service_type='compute', versions='2.1-2.60'
    )
    assert ID.fullmatch(ask(application).one(ID_HEADER))


# -- browsers


def exposed(reply):
    return [name.strip() for name in reply.one(EXPOSE).split(',')]


def test_a_cors_response_exposes_the_id_headers():
    inner = answers(headers=CORS)
    reply = ask(errorkit.RequestId(inner, compat_headers=[COMPUTE]))
    assert exposed(reply) == [ID_HEADER, COMPUTE]
    assert reply.one('Access-Control-Allow-Origin') == CORS[0][1]


def test_what_a_cors_response_exposes_already_is_kept_and_not_repeated():
    inner = answers(headers=[*CORS, (EXPOSE, 'ETag, x-openstack-request-id')])
    reply = ask(errorkit.RequestId(inner, compat_headers=[COMPUTE]))
    assert exposed(reply) == ['ETag', 'x-openstack-request-id', COMPUTE]


def test_several_lists_of_exposed_headers_become_one():
    inner = answers(headers=[*CORS, (EXPOSE, 'ETag'), (EXPOSE, 'Link')])
    assert exposed(ask(errorkit.RequestId(inner))) == [
        'ETag',
        'Link',
        ID_HEADER,
    ]


def test_a_response_that_exposes_everything_is_left_so():
    inner = answers(headers=[*CORS, (EXPOSE, '*')])
    assert exposed(ask(errorkit.RequestId(inner))) == ['*']


def test_a_response_without_cors_exposes_nothing():
    assert EXPOSE not in ask(errorkit.RequestId(answers())).headers


def test_expose_can_be_switched_off():
    inner = answers(headers=[*CORS, (EXPOSE, 'ETag')])
    reply = ask(errorkit.RequestId(inner, expose=False))
    assert exposed(reply) == ['ETag']


def test_the_gate_is_minded_in_what_is_exposed():
    application = errorkit.wrap(
        answers(headers=CORS),
        service_type='compute',
        versions='2.1-2.60',
        request_id_version='2.46',
        compat_headers=[COMPUTE],
    )
    assert exposed(ask(application)) == [COMPUTE]


# -- options


@pytest.mark.parametrize(
    ('option', 'value', 'allowed'),
    [
        ('on_invalid', 'explode', 'ignore, warn, reject'),
        ('trust', 'friends', 'service_token'),
        ('trust', ['10.0.0.0/33'], '10.0.0.0/8'),
        ('trust', 7, 'a function'),
        ('compat_headers', ['X-Id:'], 'names of headers'),
        ('compat_headers', ['X-Id\r\n'], 'names of headers'),
        ('request_id_version', 'soon', '2.46'),
    ],
)
def test_a_bad_option_is_refused_at_start(option, value, allowed):
    with pytest.raises(ConfigError) as caught:
        errorkit.RequestId(answers(), **{option: value})
    message = str(caught.value)
    for part in ('errorkit#request_id', option, allowed):
        assert part in message


def test_a_compat_header_named_in_two_spellings_is_sent_once():
    names = ['X-Volume-Request-Id', 'x-volume-request-id']
    application = errorkit.RequestId(answers(), compat_headers=names)
    assert ask(application).one('X-Volume-Request-Id')
