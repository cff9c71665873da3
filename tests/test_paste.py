# SPDX-License-Identifier: Apache-2.0
"""paste.deploy: every filter alone, the whole stack, and what is refused."""

import logging

import pytest
import webob
import webob.exc
from assertions import GLOBAL_ID, ID, ID_HEADER, ask, assert_error
from paste.deploy import loadapp

import errorkit
from errorkit.exceptions import ConfigError

CATALOG = errorkit.Catalog('volume', help_base='https://help.example/')
FULL = CATALOG.define('volume.full', status=409, title='Full')
EXCEPTIONS = {KeyError: (404, 'volume.no_shelf')}


def shelf_factory(global_conf, **local_conf):
    """Make the service: a plain WSGI app that knows nothing of errorkit."""

    def shelf(environ, start_response):
        path = environ['PATH_INFO']
        if path == '/full':
            raise webob.exc.HTTPConflict('x' * 100, comment='volume.full')
        if path == '/missing':
            raise KeyError('shelf')
        if path == '/put':
            raise webob.exc.HTTPMethodNotAllowed('no')
        if path == '/bug':
            raise RuntimeError('no flour')
        return webob.Response(json=describe(environ))(environ, start_response)

    return shelf


def describe(environ):
    """Return what the layers outside have put into environ."""
    context = environ.get('errorkit.context')
    return {
        'request_id': environ.get('openstack.request_id'),
        'global_request_id': environ.get('openstack.global_request_id'),
        'version': str(environ.get('volume.microversion')),
        'user': getattr(context, 'user_id', None),
        'kind': type(context).__name__,
    }


def trusts_nobody(environ):
    return False


def auth_layer(application):
    """Authenticate everybody as Ada."""

    def authenticate(environ, start_response):
        environ['HTTP_X_USER_ID'] = 'ada'
        return application(environ, start_response)

    return authenticate


class ShopContext(errorkit.context.RequestContext):
    """A service's own class of contexts."""


@pytest.fixture(name='load')
def _load(tmp_path):
    """Return a function that loads the service behind one filter."""

    def load(use, **options):
        listed = ''.join(
            f'{name} = {value}\n' for name, value in options.items()
        )
        config = tmp_path / 'shelf.ini'
        config.write_text(
            '[DEFAULT]\n'
            'debug = true\n'
            '[pipeline:main]\n'
            'pipeline = errors shelf\n'
            '[filter:errors]\n'
            f'use = {use}\n{listed}'
            '[app:shelf]\n'
            f'paste.app_factory = {__name__}:shelf_factory\n'
        )
        return loadapp(f'config:{config}')

    return load


VERSION = 'OpenStack-API-Version'
MAIN = {'service_type': 'volume'}


# -- each filter alone


def test_egg_errorkit_is_the_whole_stack(load, caplog):
    caplog.set_level(logging.INFO)
    application = load('egg:errorkit', **MAIN, versions='3.0-3.70')
    reply = ask(
        application, headers={ID_HEADER: GLOBAL_ID, VERSION: 'volume 3.5'}
    )
    assert reply.json == {
        'request_id': reply.one(ID_HEADER),
        'global_request_id': GLOBAL_ID,
        'version': '3.5',
        'user': None,
        'kind': 'RequestContext',
    }
    assert reply.one(VERSION) == 'volume 3.5'
    assert [record.name for record in caplog.records] == [
        'errorkit.request_log'
    ]
    assert_error(ask(application, '/full'), status=409, code='volume.full')
    assert_error(
        ask(application, '/bug'), status=500, code='volume.undefined_code'
    )


def test_egg_errorkit_main_is_the_same(load):
    reply = ask(load('egg:errorkit#main', **MAIN), '/full')
    assert_error(reply, status=409, code='volume.full')


def test_request_id_alone(load):
    application = load('egg:errorkit#request_id')
    reply = ask(application, headers={ID_HEADER: GLOBAL_ID})
    assert ID.fullmatch(reply.one(ID_HEADER))
    assert reply.json['request_id'] == reply.one(ID_HEADER)
    assert reply.json['global_request_id'] == GLOBAL_ID


def test_request_log_alone(load, caplog):
    caplog.set_level(logging.INFO)
    ask(load('egg:errorkit#request_log'), '/shelf')
    [record] = caplog.records
    assert record.name == 'errorkit.request_log'
    assert '"GET /shelf" status: 200' in record.getMessage()


def test_fault_wrap_alone(load):
    application = load('egg:errorkit#fault_wrap', service_type='volume')
    for path, status, code in (
        ('/full', 409, 'volume.full'),
        ('/bug', 500, 'volume.undefined_code'),
    ):
        reply = ask(application, path)
        assert_error(reply, status=status, code=code, id_header=None)


def test_context_alone(load):
    reply = ask(load('egg:errorkit#context', auth='outside'))
    assert reply.json['kind'] == 'RequestContext'
    assert reply.json['user'] is None


def test_microversion_alone(load):
    application = load(
        'egg:errorkit#microversion', service_type='volume', versions='3.0-3.9'
    )
    reply = ask(application, headers={VERSION: 'volume 3.5'})
    assert reply.json['version'] == reply.one(VERSION)[7:] == '3.5'
    wrong = ask(application, headers={VERSION: 'volume 4.0'})
    assert_error(
        wrong,
        status=406,
        code='volume.microversion.unsupported',
        id_header=None,
    )


def test_the_filters_one_by_one_are_the_stack(tmp_path):
    config = tmp_path / 'shelf.ini'
    config.write_text(
        '[pipeline:main]\n'
        'pipeline = request_id request_log fault_wrap context microversion '
        'shelf\n'
        + ''.join(
            f'[filter:{name}]\nuse = egg:errorkit#{name}\n{options}\n'
            for name, options in (
                ('request_id', 'compat_headers = X-Volume-Request-Id'),
                ('request_log', 'service_type = volume'),
                ('fault_wrap', 'service_type = volume\ncode_version = 3.5'),
                ('context', ''),
                ('microversion', 'service_type = volume\nversions = 3.0-3.9'),
            )
        )
        + '[app:shelf]\n'
        f'paste.app_factory = {__name__}:shelf_factory\n'
    )
    application = loadapp(f'config:{config}')
    for version, code in (('3.4', None), ('3.5', 'volume.full')):
        reply = ask(
            application, '/full', headers={VERSION: f'volume {version}'}
        )
        assert_error(reply, status=409, code=code)
        assert reply.one('X-Volume-Request-Id') == reply.one(ID_HEADER)
        assert reply.one(VERSION) == f'volume {version}'


# -- every option, and what it does


def test_compat_headers_are_words_or_a_list(load):
    application = load(
        'egg:errorkit#request_id',
        compat_headers='X-Volume-Request-Id, X-Old-Request-Id X-Older-Id',
    )
    reply = ask(application)
    assert {
        reply.one(name)
        for name in ('X-Volume-Request-Id', 'X-Old-Request-Id', 'X-Older-Id')
    } == {reply.one(ID_HEADER)}


def test_on_invalid_and_service_type(load):
    application = load(
        'egg:errorkit#request_id', on_invalid='reject', service_type='volume'
    )
    reply = ask(application, headers={ID_HEADER: 'mine'})
    assert_error(reply, status=400, code='volume.request_id.invalid')


@pytest.mark.parametrize(
    ('trust', 'accepted'),
    [
        ('all', True),
        ('192.0.2.0/24', True),
        ('10.0.0.0/8, 192.0.2.7', True),
        ('10.0.0.0/8 2001:db8::/32', False),
        ('service_token', False),
        (f'{__name__}:trusts_nobody', False),
    ],
)
def test_trust(load, trust, accepted):
    application = load('egg:errorkit#request_id', trust=trust)
    reply = ask(application, headers={ID_HEADER: GLOBAL_ID})
    found = reply.json['global_request_id']
    assert found == (GLOBAL_ID if accepted else None)


@pytest.mark.parametrize(
    ('value', 'accepted'),
    [('no', True), ('False', True), ('0', True), ('on', False), ('1', False)],
)
def test_strict(load, value, accepted):
    nil = 'req-00000000-0000-0000-0000-000000000000'
    application = load('egg:errorkit#request_id', strict=value)
    reply = ask(application, headers={ID_HEADER: nil})
    assert (reply.json['global_request_id'] == nil) is accepted


def test_request_id_version(load):
    application = load(
        'egg:errorkit', **MAIN, versions='3.0-3.70', request_id_version='3.5'
    )
    for version, there in (('3.4', False), ('3.5', True)):
        reply = ask(application, headers={VERSION: f'volume {version}'})
        assert (ID_HEADER in reply.headers) is there


@pytest.mark.parametrize(('value', 'exposed'), [('yes', True), ('off', False)])
def test_expose(tmp_path, load, value, exposed):
    inner = load('egg:errorkit#request_id', expose=value)
    application = inner.application

    def cors(environ, start_response):
        def start(status, headers, exc_info=None):
            headers = [*headers, ('Access-Control-Allow-Origin', '*')]
            return start_response(status, headers)

        return application(environ, start)

    inner.application = cors
    reply = ask(inner)
    assert ('Access-Control-Expose-Headers' in reply.headers) is exposed


def test_code_version(load):
    application = load(
        'egg:errorkit', **MAIN, versions='3.0-3.70', code_version='3.5'
    )
    for version, code in (('3.4', None), ('3.5', 'volume.full')):
        reply = ask(
            application, '/full', headers={VERSION: f'volume {version}'}
        )
        assert_error(reply, status=409, code=code)


def test_catalog(load):
    application = load('egg:errorkit', catalog=f'{__name__}:CATALOG', **MAIN)
    assert_error(
        ask(application, '/full'),
        status=409,
        code='volume.full',
        title='Full',
        links=[{'rel': 'help', 'href': 'https://help.example/volume.full'}],
    )


def test_default_codes(load):
    application = load(
        'egg:errorkit',
        **MAIN,
        default_codes='405=volume.method 501=volume.missing',
    )
    assert_error(ask(application, '/put'), status=405, code='volume.method')


def test_detail_style_and_max_detail(load):
    plain = load('egg:errorkit', **MAIN, max_detail='10')
    assert_error(
        ask(plain, '/full'),
        status=409,
        code='volume.full',
        detail='x' * 9 + '…',
    )
    webobs = load('egg:errorkit', **MAIN, detail_style='webob')
    error = assert_error(ask(webobs, '/full'), status=409, code='volume.full')
    assert error['detail'].startswith(webob.exc.HTTPConflict.explanation)


def test_exceptions(load):
    application = load(
        'egg:errorkit', **MAIN, exceptions=f'{__name__}:EXCEPTIONS'
    )
    assert_error(
        ask(application, '/missing'), status=404, code='volume.no_shelf'
    )


def test_base_exceptions(load):
    application = load(
        'egg:errorkit#fault_wrap', base_exceptions='reraise', **MAIN
    )
    assert_error(
        ask(application, '/full'),
        status=409,
        code='volume.full',
        id_header=None,
    )


def test_legacy_headers(load):
    application = load(
        'egg:errorkit', **MAIN, versions='3.0-3.70', legacy_headers='X-Version'
    )
    reply = ask(application, headers={'X-Version': '3.5'})
    assert reply.json['version'] == reply.one('X-Version') == '3.5'


@pytest.mark.parametrize('versions', ['3.0 3.1', '3.0, 3.1', '3.0-3.1'])
def test_versions(load, versions):
    application = load('egg:errorkit', **MAIN, versions=versions)
    reply = ask(application, headers={VERSION: 'volume latest'})
    assert reply.json['version'] == '3.1'


def test_auth_noauth_warns_at_start_and_believes_the_client(load, caplog):
    application = load('egg:errorkit', **MAIN, auth='noauth')
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert 'noauth' in record.getMessage()
    reply = ask(application, headers={'X-User-Id': 'bob'})
    assert reply.json['user'] == 'bob'


def test_auth_may_be_a_layer_of_the_service(load, caplog):
    application = load('egg:errorkit', **MAIN, auth=f'{__name__}:auth_layer')
    reply = ask(application, headers={'X-User-Id': 'bob'})
    assert reply.json['user'] == 'ada'
    assert not caplog.records


def test_context_class(load):
    application = load(
        'egg:errorkit', **MAIN, context_class=f'{__name__}:ShopContext'
    )
    assert ask(application).json['kind'] == 'ShopContext'


@pytest.mark.parametrize(('value', 'lines'), [('no', 0), ('yes', 1)])
def test_log_requests(load, caplog, value, lines):
    caplog.set_level(logging.INFO)
    ask(load('egg:errorkit', **MAIN, log_requests=value))
    assert len(caplog.records) == lines


# -- what is refused: the message names filter, option, value, and what is
# allowed

NEEDED = {
    'egg:errorkit': MAIN,
    'egg:errorkit#request_id': {},
    'egg:errorkit#request_log': {},
    'egg:errorkit#fault_wrap': MAIN,
    'egg:errorkit#context': {},
    'egg:errorkit#microversion': {**MAIN, 'versions': '3.0-3.9'},
}


@pytest.mark.parametrize('use', NEEDED)
def test_an_unknown_option_is_refused_by_name(load, use):
    with pytest.raises(ConfigError) as caught:
        load(use, **NEEDED[use], servce_type='volume')
    message = str(caught.value)
    assert use.removeprefix('egg:') in message
    assert "'servce_type'" in message
    assert "'volume'" in message
    assert 'the options are' in message
    if use != 'egg:errorkit#context':
        assert 'service_type' in message.partition('the options are')[2]


NOT_BOOLEAN = 'true, yes, on, 1, false, no, off, 0'
NOT_LOADED = 'module:name'
BAD = {
    'request_id': [
        ('on_invalid', 'explode', 'ignore, warn, reject'),
        ('trust', '10.0.0.0/33', 'service_token'),
        ('trust', 'everybody', 'service_token'),
        ('trust', 'no.such:thing', 'no'),
        ('strict', 'maybe', NOT_BOOLEAN),
        ('expose', '2', NOT_BOOLEAN),
        ('compat_headers', 'X-Id:', 'headers'),
        ('request_id_version', 'soon', '2.46'),
        ('service_type', 'Volume!', 'a-z'),
    ],
    'fault_wrap': [
        ('service_type', 'Volume!', 'a-z'),
        ('code_version', 'soon', '1.23'),
        ('catalog', 'shelf', NOT_LOADED),
        ('catalog', 'no.such:thing', NOT_LOADED),
        ('catalog', 'os:no_such_thing', NOT_LOADED),
        ('catalog', 'os:path', 'Catalog'),
        ('default_codes', '405', '405='),
        ('default_codes', '405=No Code', '405='),
        ('default_codes', '405=nocode', 'code'),
        ('detail_style', 'loud', 'plain'),
        ('max_detail', 'ten', 'a whole number'),
        ('max_detail', '0', 'above 0'),
        ('exceptions', 'shelf', NOT_LOADED),
        ('exceptions', 'os:path', 'classes'),
        ('base_exceptions', 'eat', 'answer, reraise'),
    ],
    'context': [
        ('auth', 'maybe', 'outside, noauth'),
        ('context_class', 'shelf', NOT_LOADED),
        ('context_class', 'os:path', 'from_environ'),
    ],
    'microversion': [
        ('service_type', 'Volume!', 'volume'),
        ('versions', '3', '1.0-1.39'),
        ('versions', '3.9-3.0', '1.0-1.39'),
        ('versions', '', '1.0-1.39'),
        ('legacy_headers', 'X-Version:', 'headers'),
    ],
    'main': [
        ('on_invalid', 'explode', 'ignore, warn, reject'),
        ('versions', '3', '1.0-1.39'),
        ('code_version', '1.23', 'versions'),
        ('request_id_version', '1.23', 'versions'),
        ('legacy_headers', 'X-Version', 'versions'),
        ('auth', 'maybe', 'noauth, outside'),
        ('auth', 'no.such:thing', 'noauth, outside'),
        ('log_requests', 'maybe', NOT_BOOLEAN),
        ('detail_style', 'loud', 'plain'),
        ('catalog', 'os:path', 'Catalog'),
    ],
}
CASES = [
    pytest.param(name, *case, id=f'{name}: {case[0]} = {case[1]}')
    for name, cases in BAD.items()
    for case in cases
]


@pytest.mark.parametrize(('name', 'option', 'value', 'allowed'), CASES)
def test_a_bad_value_is_refused_by_filter_option_value_and_allowed(
    load, name, option, value, allowed
):
    use = 'egg:errorkit' if name == 'main' else f'egg:errorkit#{name}'
    options = {**NEEDED[use], option: value}
    with pytest.raises(ConfigError) as caught:
        load(use, **options)
    message = str(caught.value)
    # Whoever uses the whole stack may be told of the layer in it.
    assert 'errorkit' in message
    if name != 'main':
        assert f'errorkit#{name}' in message
    assert repr(option) in message
    assert repr(value) in message or value in message
    rest = message.replace(repr(option), '').replace(repr(value), '')
    assert 'allowed' in rest
    assert allowed in rest


@pytest.mark.parametrize(
    ('use', 'missing'),
    [
        ('egg:errorkit', 'service_type'),
        ('egg:errorkit#microversion', 'service_type'),
        ('egg:errorkit#microversion', 'versions'),
    ],
)
def test_a_missing_option_is_named(load, use, missing):
    options = {**NEEDED[use]}
    del options[missing]
    with pytest.raises(ConfigError) as caught:
        load(use, **options)
    message = str(caught.value)
    assert use.removeprefix('egg:') in message
    assert repr(missing) in message


def test_options_of_the_whole_file_do_not_reach_the_filter(load):
    # [DEFAULT] of the file has debug = true.
    assert ask(load('egg:errorkit', **MAIN)).status_int == 200
