# SPDX-License-Identifier: Apache-2.0
"""Microversion: what a client may ask for, and what every response says."""

import logging

import microversion_parse
import pytest
import webob
import webob.dec
import webob.exc
from assertions import ask, assert_error

import errorkit
import errorkit.log
from errorkit.exceptions import ConfigError

HEADER = 'OpenStack-API-Version'
LEGACY = 'X-OpenStack-Volume-API-Version'
OLDER = 'X-Volume-Version'
KEY = 'volume.microversion'
PLAIN = [('Content-Type', 'text/plain')]


def answers(environ, start_response):
    """Answer with nothing but a Content-Type."""
    start_response('200 OK', PLAIN)
    return [b'volumes']


def stack(application=answers, versions='3.0-3.70', **options):
    return errorkit.wrap(
        application, service_type='volume', versions=versions, **options
    )


def get(application, version=None, **more):
    """Ask for a version of the volume service."""
    headers = {} if version is None else {HEADER: f'volume {version}'}
    headers.update(more.pop('headers', {}))
    return ask(application, headers=headers, **more)


# -- the version of a request


@pytest.mark.parametrize(
    ('header', 'version'),
    [
        pytest.param(None, (3, 0), id='none is the oldest'),
        pytest.param('', (3, 0), id='an empty header is none'),
        pytest.param('volume 3.0', (3, 0), id='the oldest'),
        pytest.param('volume 3.5', (3, 5), id='one between'),
        pytest.param('volume 3.70', (3, 70), id='the newest'),
        pytest.param('volume latest', (3, 70), id='latest is the newest'),
        pytest.param('compute 2.90', (3, 0), id="another service's"),
        pytest.param('compute 2.90, volume 3.5', (3, 5), id='ours second'),
        pytest.param('volume 3.5, compute 2.90', (3, 5), id='ours first'),
        pytest.param('VOLUME 3.5', (3, 5), id='upper case'),
    ],
)
def test_environ_has_the_version_of_the_request(header, version):
    headers = {} if header is None else {HEADER: header}
    reply = ask(stack(), headers=headers)
    found = reply.environ[KEY]
    assert found == version
    assert isinstance(found, microversion_parse.Version)
    assert reply.one(HEADER) == f'volume {version[0]}.{version[1]}'


def test_the_version_matches_within_its_bounds_and_the_services():
    found = get(stack(), '3.5').environ[KEY]
    assert found.matches((3, 5))
    assert found.matches((3, 0), (3, 5))
    assert not found.matches((3, 6))
    assert found.matches()
    assert (found.min_version, found.max_version) == ((3, 0), (3, 70))


def test_a_service_has_the_versions_it_lists_and_no_others():
    application = stack(versions=['3.0', '3.2', '4.1'])
    for version in ('3.0', '3.2', '4.1'):
        assert get(application, version).status_int == 200
    for version in ('3.1', '4.0'):
        assert get(application, version).status_int == 406
    assert get(application, 'latest').one(HEADER) == 'volume 4.1'


def test_versions_are_ordered_by_number_and_not_by_text():
    application = stack(versions=['3.10', '3.9', '3.0'])
    assert get(application, 'latest').one(HEADER) == 'volume 3.10'


def test_microversion_alone_works():
    application = errorkit.Microversion(
        answers, service_type='volume', versions='3.0-3.70'
    )
    reply = get(application, '3.5')
    assert reply.environ[KEY] == (3, 5)
    assert_error(
        get(application, 'three'),
        status=400,
        code='volume.microversion.invalid',
        id_header=None,
    )


# -- 400 for what is malformed

MALFORMED = [
    pytest.param('3', id='one number'),
    pytest.param('3.', id='no minor'),
    pytest.param('.5', id='no major'),
    pytest.param('3.5.1', id='three numbers'),
    pytest.param('3,5', id='a comma'),
    pytest.param('+3.5', id='a plus'),
    pytest.param('-3.5', id='a minus'),
    pytest.param('3.-5', id='a minus inside'),
    pytest.param('3.+5', id='a plus inside'),
    pytest.param('03.5', id='a leading zero'),
    pytest.param('3.05', id='a leading zero inside'),
    pytest.param('3.00', id='two zeros'),
    pytest.param('0.5', id='major 0'),
    pytest.param('3_0.1', id='an underscore'),
    pytest.param('3 .5', id='a blank inside'),
    pytest.param('3.5 beta', id='a word after'),
    pytest.param('v3.5', id='a letter before'),
    pytest.param('3.5e1', id='an exponent'),
    pytest.param('0x3.5', id='hexadecimal'),
    pytest.param('3.\xb2', id='a superscript'),
    pytest.param('\xd9\xa3.\xd9\xa5', id='Arabic digits'),
    pytest.param('"3.5"', id='quotes'),
    pytest.param('LATEST', id='LATEST'),
    pytest.param('Latest', id='Latest'),
    pytest.param('newest', id='a word'),
    pytest.param('3.5;q=1', id='a parameter'),
    pytest.param('3.' + '5' * 100_000, id='100,000 digits'),
]


@pytest.mark.parametrize('version', MALFORMED)
def test_a_malformed_version_is_a_400(version):
    reply = get(stack(), version)
    error = assert_error(
        reply,
        status=400,
        code='volume.microversion.invalid',
        title='Bad Request',
        source={'header': HEADER},
    )
    assert 'max_version' not in error
    assert KEY not in reply.environ
    assert reply.one(HEADER) == 'volume 3.0'
    assert 'openstack-api-version' in reply.vary()


def test_a_malformed_version_is_not_repeated_to_the_client():
    reply = get(stack(), '<script>alert(1)</script>')
    error = assert_error(reply, status=400, code='volume.microversion.invalid')
    assert 'script' not in error['detail']


# -- 406 for what is not supported


@pytest.mark.parametrize(
    'version',
    [
        pytest.param('3.71', id='too new'),
        pytest.param('2.1', id='too old'),
        pytest.param('4.0', id='another major'),
        pytest.param('99999.0', id='large'),
        pytest.param('3.' + '7' * 900, id='very large'),
    ],
)
def test_an_unsupported_version_is_a_406_with_its_bounds(version):
    reply = get(stack(), version)
    error = assert_error(
        reply,
        status=406,
        code='volume.microversion.unsupported',
        title='Not Acceptable',
        max_version='3.70',
        min_version='3.0',
        source={'header': HEADER},
    )
    assert '3.0' in error['detail'] and '3.70' in error['detail']
    assert KEY not in reply.environ
    assert reply.one(HEADER) == 'volume 3.0'
    assert 'openstack-api-version' in reply.vary()


def not_acceptable(environ, start_response):
    raise webob.exc.HTTPNotAcceptable('only JSON here')


@pytest.mark.parametrize(
    'application',
    [
        pytest.param(not_acceptable, id='raised'),
        pytest.param(
            webob.dec.wsgify(lambda request: not_acceptable(None, None)),
            id="in webob's wsgify",
        ),
        pytest.param(
            errorkit.wsgify(lambda request: not_acceptable(None, None)),
            id="in errorkit's wsgify",
        ),
    ],
)
def test_a_media_type_406_carries_no_versions(application):
    error = assert_error(
        get(stack(application), '3.5'),
        status=406,
        code='volume.undefined_code',
        detail='only JSON here',
    )
    assert not {'max_version', 'min_version'} & set(error)


@pytest.mark.parametrize('version', ['three', '3.71'])
def test_a_wrong_version_has_no_code_where_codes_need_a_version(version):
    reply = get(stack(code_version='3.5'), version)
    assert_error(reply, status=400 if version == 'three' else 406, code=None)


@pytest.mark.parametrize('version', ['three', '3.71'])
def test_a_wrong_version_never_reaches_the_application(version):
    called = []
    get(stack(lambda *args: called.append(args)), version)
    assert not called


@pytest.mark.parametrize('version', ['three', '3.71'])
def test_head_with_a_wrong_version_has_the_headers_of_get(version):
    application = stack()
    got = get(application, version)
    head = get(application, version, method='HEAD')
    assert head.body == b''

    def others(reply):
        return [h for h in reply.headerlist if 'Request-Id' not in h[0]]

    assert (head.status, others(head)) == (got.status, others(got))


# -- legacy headers


@pytest.fixture(name='legacy')
def _legacy():
    return stack(legacy_headers=[LEGACY, OLDER])


@pytest.mark.parametrize(
    ('headers', 'version'),
    [
        pytest.param({LEGACY: '3.5'}, '3.5', id='the legacy one'),
        pytest.param({LEGACY: 'latest'}, '3.70', id='latest'),
        pytest.param({OLDER: '3.6'}, '3.6', id='the second legacy one'),
        pytest.param({LEGACY: '3.5', OLDER: '3.6'}, '3.5', id='the first'),
        pytest.param(
            {HEADER: 'volume 3.7', LEGACY: '3.5'}, '3.7', id='the standard'
        ),
        pytest.param(
            {HEADER: 'compute 2.1', LEGACY: '3.5'}, '3.5', id='ours is legacy'
        ),
        pytest.param({}, '3.0', id='none'),
    ],
)
def test_a_legacy_header_is_read_after_the_standard_one(
    legacy, headers, version
):
    reply = ask(legacy, headers=headers)
    assert str(reply.environ[KEY]) == version
    assert reply.one(HEADER) == f'volume {version}'
    assert reply.one(LEGACY) == reply.one(OLDER) == version


def test_vary_names_the_legacy_headers_too(legacy):
    assert ask(legacy).vary() == [
        HEADER.lower(),
        LEGACY.lower(),
        OLDER.lower(),
    ]


def test_an_answer_to_one_legacy_header_is_not_given_to_another(legacy):
    # What a header means may be remembered; not across different headers.
    both = {HEADER: 'compute 2.1', LEGACY: '3.5'}
    assert str(ask(legacy, headers=both).environ[KEY]) == '3.5'
    alone = {HEADER: 'compute 2.1'}
    assert str(ask(legacy, headers=alone).environ[KEY]) == '3.0'
    other = {HEADER: 'compute 2.1', LEGACY: '3.6'}
    assert str(ask(legacy, headers=other).environ[KEY]) == '3.6'


@pytest.mark.parametrize(
    ('version', 'status', 'code'),
    [
        ('three', 400, 'volume.microversion.invalid'),
        ('volume 3.5', 400, 'volume.microversion.invalid'),
        ('03.5', 400, 'volume.microversion.invalid'),
        ('3.71', 406, 'volume.microversion.unsupported'),
    ],
)
def test_a_wrong_version_in_a_legacy_header_is_said_of_it(
    legacy, version, status, code
):
    reply = ask(legacy, headers={LEGACY: version})
    assert_error(reply, status=status, code=code, source={'header': LEGACY})
    assert reply.one(HEADER) == 'volume 3.0'
    assert reply.one(LEGACY) == '3.0'


# -- the headers of every response


def returns(status, headers=(), body=b'volumes'):
    def application(environ, start_response):
        bodyless = status[:3] in ('204', '304')
        start_response(status, [*([] if bodyless else PLAIN), *headers])
        silent = bodyless or environ['REQUEST_METHOD'] == 'HEAD'
        return [] if silent else [body]

    return application


def raises(error):
    def application(environ, start_response):
        raise error

    return application


def in_chunks(environ, start_response):
    start_response('200 OK', PLAIN)
    yield b'one'
    yield b'two'


def late_bug(environ, start_response):
    start_response('200 OK', PLAIN)
    raise RuntimeError('after start_response')
    yield b''


NOT_FOUND = webob.exc.HTTPNotFound('no such volume')
EVERY = [
    pytest.param(returns('200 OK'), id='200'),
    pytest.param(returns('204 No Content'), id='204'),
    pytest.param(returns('304 Not Modified'), id='304'),
    pytest.param(returns('302 Found', [('Location', '/')]), id='302'),
    pytest.param(returns('404 Not Found'), id='a 404 of its own'),
    pytest.param(in_chunks, id='a generator'),
    pytest.param(raises(NOT_FOUND), id='raised'),
    pytest.param(
        raises(webob.exc.HTTPFound(location='/')), id='a raised redirect'
    ),
    pytest.param(
        raises(webob.exc.HTTPConflict(json={'errors': [{}]})),
        id='raised with a JSON body',
    ),
    pytest.param(
        webob.dec.wsgify(lambda request: NOT_FOUND), id='plain wsgify'
    ),
    pytest.param(errorkit.wsgify(lambda request: NOT_FOUND), id='our wsgify'),
    pytest.param(raises(RuntimeError('a bug')), id='a bug'),
    pytest.param(late_bug, id='a bug after start_response'),
]


@pytest.mark.parametrize('method', ['GET', 'HEAD'])
@pytest.mark.parametrize('application', EVERY)
def test_every_response_has_the_version_and_the_vary(application, method):
    reply = get(stack(application), '3.5', method=method)
    assert reply.one(HEADER) == 'volume 3.5'
    assert 'openstack-api-version' in reply.vary()


@pytest.mark.parametrize(
    ('auth', 'status'),
    [
        pytest.param(
            lambda application: raises(webob.exc.HTTPUnauthorized()),
            401,
            id='raised 401',
        ),
        pytest.param(
            lambda application: webob.exc.HTTPUnauthorized(),
            401,
            id='answered 401',
        ),
        pytest.param(
            lambda application: webob.dec.wsgify(
                lambda request: webob.exc.HTTPForbidden()
            ),
            403,
            id='a 403 of plain wsgify',
        ),
        pytest.param(
            lambda application: raises(RuntimeError('no keystone')),
            500,
            id='a bug',
        ),
    ],
)
@pytest.mark.parametrize('version', [None, '3.5', 'three', '3.71'])
def test_an_error_made_outside_says_the_oldest_version(auth, status, version):
    reply = get(stack(auth=auth), version)
    assert_error(reply, status=status, code='volume.undefined_code')
    assert reply.one(HEADER) == 'volume 3.0'
    assert 'openstack-api-version' in reply.vary()


def test_a_rejected_request_id_says_the_oldest_version():
    reply = get(
        stack(on_invalid='reject'),
        '3.5',
        headers={'X-Openstack-Request-Id': 'mine'},
    )
    assert_error(reply, status=400, code='volume.request_id.invalid')
    assert reply.one(HEADER) == 'volume 3.0'
    assert 'openstack-api-version' in reply.vary()


def test_an_answer_of_another_kind_from_the_auth_layer_has_them_too():
    reply = get(stack(auth=lambda application: returns('302 Found')), '3.5')
    assert reply.one(HEADER) == 'volume 3.0'
    assert reply.vary() == ['openstack-api-version']


@pytest.mark.parametrize(
    ('status', 'given', 'merged'),
    [
        ('200 OK', ['Accept'], ['accept', 'openstack-api-version']),
        ('200 OK', ['openstack-api-version'], ['openstack-api-version']),
        (
            '200 OK',
            ['Origin, Accept', 'Cookie'],
            ['origin', 'accept', 'cookie', 'openstack-api-version'],
        ),
        ('200 OK', ['*'], ['*']),
        ('200 OK', ['Accept, *'], ['accept', '*']),
        (
            '404 Not Found',
            ['Origin'],
            ['accept', 'origin', 'openstack-api-version'],
        ),
    ],
)
def test_vary_is_merged_into_the_applications_own(status, given, merged):
    headers = [('Vary', value) for value in given]
    reply = get(stack(returns(status, headers)), '3.5')
    assert reply.vary() == merged


@pytest.mark.parametrize(
    ('given', 'merged'),
    [
        ('Origin', {'accept', 'origin', 'openstack-api-version'}),
        ('accept', {'accept', 'openstack-api-version'}),
        ('*', {'*'}),
    ],
)
def test_vary_of_an_error_is_merged_into_the_exceptions_own(given, merged):
    error = webob.exc.HTTPConflict(headers=[('Vary', given)])
    reply = get(stack(raises(error)), '3.5')
    names = reply.vary()
    assert len(names) == len(set(names))
    assert set(names) == merged


def test_a_version_header_of_the_application_is_replaced():
    reply = get(stack(returns('200 OK', [(HEADER, 'volume 9.9')])), '3.5')
    assert reply.one(HEADER) == 'volume 3.5'


def test_the_applications_own_list_of_headers_is_not_changed():
    before = list(PLAIN)
    application = stack()
    for _ in range(3):
        get(application, '3.5')
    assert before == PLAIN


# -- the log


@pytest.mark.parametrize('version', ['3.5', 'three', '3.71'])
def test_the_log_lines_of_any_version_have_the_request_id(caplog, version):
    caplog.set_level(logging.DEBUG)
    context = errorkit.log.ContextFilter()
    caplog.handler.addFilter(context)
    try:
        reply = get(stack(), version)
    finally:
        caplog.handler.removeFilter(context)
    lines = [
        record
        for record in caplog.records
        if record.name == 'errorkit.request_log'
    ]
    assert len(lines) == 2
    assert {record.request_id for record in lines} == {
        reply.one('X-Openstack-Request-Id')
    }


# -- options


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        ('service_type', 'Volume Service'),
        ('service_type', ''),
        ('versions', '3.0 - 2.0'),
        ('versions', '3.0-4.0'),
        ('versions', ''),
        ('versions', []),
        ('versions', '3'),
        ('versions', ['3.0', 'latest']),
        ('versions', None),
        ('legacy_headers', ['X Version']),
        ('legacy_headers', 'X-Version:'),
    ],
)
def test_a_bad_option_is_refused_at_start(option, value):
    options = {'service_type': 'volume', 'versions': '3.0-3.70'}
    options[option] = value
    with pytest.raises(ConfigError) as caught:
        errorkit.Microversion(answers, **options)
    message = str(caught.value)
    assert 'errorkit#microversion' in message
    assert repr(option) in message
    assert 'allowed' in message


@pytest.mark.parametrize(
    'versions',
    ['3.0-3.3', '3.0 - 3.3', '3.0, 3.1, 3.2, 3.3', '3.3 3.2 3.1 3.0'],
)
def test_versions_may_be_written_as_a_range_or_as_a_list(versions):
    application = stack(versions=versions)
    statuses = {
        version: get(application, version).status_int
        for version in ('3.0', '3.1', '3.2', '3.3', '3.4')
    }
    assert list(statuses.values()) == [200, 200, 200, 200, 406]


def test_the_version_of_a_service_mounted_inside_is_kept():
    inside = errorkit.Microversion(
        answers, service_type='compute', versions='2.1-2.96')
    both = errorkit.Microversion(
        inside, service_type='volume', versions='3.0-3.9')
    reply = ask(both, headers={
        'OpenStack-API-Version': 'volume 3.5, compute 2.84'})
    assert sorted(reply.headers.getall('OpenStack-API-Version')) == [
        'compute 2.84', 'volume 3.5']


def test_a_version_that_nobody_has_parsed_is_replaced():
    def odd(environ, start_response):
        start_response('200 OK', [('OpenStack-API-Version', 'compute 9.9'),
                                  *PLAIN])
        return []

    application = errorkit.Microversion(
        odd, service_type='volume', versions='3.0-3.9')
    reply = ask(application)
    assert reply.headers.getall('OpenStack-API-Version') == ['volume 3.0']


@pytest.mark.parametrize('version', ['volume 9.9', 'volume x'])
def test_a_wrong_version_is_answered_as_the_fault_wrapper_around_says(version):
    built = errorkit.FaultWrapper(
        errorkit.Microversion(
            answers, service_type='volume', versions='3.0-3.70'
        ),
        service_type='volume',
        code_version='3.5',
        format='compute',
        code_header=False,
    )
    reply = ask(built, headers={'OpenStack-API-Version': version})
    [fault] = reply.json.values()
    assert fault['code'] == reply.status_int
    assert 'OpenStack-Error-Code' not in reply.headers
    assert 'microversion' not in reply.text.replace('The microversion', '')
