# SPDX-License-Identifier: Apache-2.0
"""What keystonemiddleware's auth_token answers by itself, in one shape."""

import socket

import pytest
from assertions import ask
from keystonemiddleware import auth_token
from one_shape import SECRET, check, check_formats, wrap
from oslo_config import cfg

MESSAGE = 'The request you have made requires authentication.'
CHALLENGE = 'Keystone uri="https://id.example/v3"'
TOKEN = {'X-Auth-Token': SECRET}


@pytest.fixture(name='guard')
def _guard(monkeypatch):
    """Return a function that puts auth_token in front of an application.

    Nobody listens where its keystone is said to be.
    """
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    bound = socket.socket()
    bound.bind(('127.0.0.1', 0))
    url = f'http://127.0.0.1:{bound.getsockname()[1]}/v3'

    def guard(application, **options):
        config = cfg.ConfigOpts()
        config([], project='shop', default_config_files=[])
        return auth_token.AuthProtocol(
            application,
            {
                'oslo_config_config': config,
                'www_authenticate_uri': 'https://id.example/v3',
                'auth_type': 'password',
                'auth_url': url,
                'username': 'shop',
                'password': SECRET,
                'project_name': 'service',
                'user_domain_id': 'default',
                'project_domain_id': 'default',
                'http_request_max_retries': '0',
                **options,
            },
        )

    with bound:
        yield guard


def shop(environ, start_response):
    """Ask who is there, if the layer outside left that to it."""
    if environ['HTTP_X_IDENTITY_STATUS'] == 'Invalid':
        start_response('401 Unauthorized', [('Content-Type', 'text/plain')])
        return [b'Who <are> you?']
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'cake']


def test_a_request_without_a_token_is_401(guard):
    reply = check(guard(shop), status=401, detail=MESSAGE)
    assert reply.one('WWW-Authenticate') == CHALLENGE


def test_it_is_so_where_wrap_puts_the_layer(guard):
    reply = check(
        shop,
        status=401,
        detail=MESSAGE,
        stack=lambda application: wrap(application, auth=guard),
        compared=False,  # the bare application knows no keystone
    )
    assert reply.one('WWW-Authenticate') == CHALLENGE


def test_a_token_that_cannot_be_checked_is_503(guard):
    reply = check(
        guard(shop),
        status=503,
        detail='The Keystone service is temporarily unavailable.',
        headers=TOKEN,
    )
    assert '127.0.0.1' not in reply.text


@pytest.mark.parametrize('headers', [{}, TOKEN])
def test_a_delayed_decision_is_the_applications(guard, headers):
    guarded = guard(shop, delay_auth_decision='true')
    reply = check(
        guarded, status=401, detail='Who <are> you?', headers=headers
    )
    assert reply.one('WWW-Authenticate') == CHALLENGE


def test_the_default_code_of_401_is_said(guard):
    codes = {401: 'shop.who'}
    reply = ask(wrap(guard(shop), default_codes=codes))
    assert reply.json['errors'][0]['code'] == 'shop.who'


@pytest.mark.parametrize(
    ('status', 'headers', 'key', 'detail'),
    [
        (401, {}, 'unauthorized', MESSAGE),
        (
            503,
            TOKEN,
            'serviceUnavailable',
            'The Keystone service is temporarily unavailable.',
        ),
    ],
)
def test_the_other_formats(guard, status, headers, key, detail):
    check_formats(
        guard(shop),
        '/',
        status=status,
        key=key,
        detail=detail,
        headers=headers,
    )
