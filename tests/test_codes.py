# SPDX-License-Identifier: Apache-2.0
"""Codes: what a catalog declares, checks and refuses."""

import copy
import logging
import pickle

import pytest
import webob.exc
from assertions import ask, assert_error

import errorkit
from errorkit.exceptions import InvalidCode, UndeclaredCode


def defined(code='volume.name_exists', **more):
    more.setdefault('status', 409)
    return errorkit.Catalog('volume').define(code, **more)


# -- the form of a code

VALID = [
    'volume.exists',
    'volume.snapshot.in_use',
    'volume.not-found',
    'volume.404',
    'volume._',
    'volume.-',
    'volume.' + 'x' * 121,
]
INVALID = [
    pytest.param('volume', id='one label'),
    pytest.param('volume.', id='an empty last label'),
    pytest.param('.volume', id='an empty first label'),
    pytest.param('volume..exists', id='an empty label'),
    pytest.param('....', id='dots'),
    pytest.param('', id='empty'),
    pytest.param('volume.Exists', id='upper case'),
    pytest.param('volume.exists\n', id='a trailing newline'),
    pytest.param('volume.exi sts', id='a blank'),
    pytest.param('volume.exists!', id='another character'),
    pytest.param('volume/exists', id='a slash'),
    pytest.param('volume.\xe9', id='a letter beyond ASCII'),
    pytest.param('volume.\u0661', id='a digit beyond ASCII'),
    pytest.param('volume.' + 'x' * 122, id='129 characters'),
    pytest.param(None, id='None'),
    pytest.param(b'volume.exists', id='bytes'),
    pytest.param(17, id='a number'),
]


@pytest.mark.parametrize('code', VALID)
def test_a_code_of_the_right_form_can_be_declared(code):
    assert defined(code) == code


@pytest.mark.parametrize('code', INVALID)
def test_a_code_of_another_form_cannot_be_declared(code):
    with pytest.raises(InvalidCode):
        defined(code)


@pytest.mark.parametrize('code', VALID)
def test_a_code_of_the_right_form_is_sent(code):
    reply = answered(webob.exc.HTTPConflict('x', comment=code))
    assert_error(reply, status=409, code=code)


@pytest.mark.parametrize('code', INVALID)
def test_a_code_of_another_form_is_not_sent(code):
    error = webob.exc.HTTPConflict('x')
    error.comment = code
    assert_error(answered(error), status=409, code='volume.undefined_code')


def answered(error, **options):
    def application(environ, start_response):
        raise error

    wrapped = errorkit.wrap(application, service_type='volume', **options)
    return ask(wrapped)


@pytest.mark.parametrize(
    'code', ['compute.exists', 'volumes.exists', 'volumeexists.x', 'x.volume']
)
def test_a_code_begins_with_the_service_type(code):
    with pytest.raises(InvalidCode, match='begin with'):
        defined(code)


@pytest.mark.parametrize(
    'service_type',
    ['Volume', '', 'a b', 'volume.', '.volume', 'x' * 64, None, 'volume\n'],
)
def test_a_service_type_must_be_able_to_begin_a_code(service_type):
    with pytest.raises(InvalidCode):
        errorkit.Catalog(service_type)


@pytest.mark.parametrize('service_type', ['volume', 'block-storage', 'a.b'])
def test_a_service_types_default_code_is_undefined_code(service_type):
    catalog = errorkit.Catalog(service_type)
    assert catalog.default == f'{service_type}.undefined_code'
    assert catalog.find(catalog.default) is catalog.default


def test_a_code_is_declared_only_once():
    catalog = errorkit.Catalog('volume')
    catalog.define('volume.exists', status=409)
    with pytest.raises(InvalidCode, match='twice'):
        catalog.define('volume.exists', status=400)


def test_the_default_code_cannot_be_declared_again():
    with pytest.raises(InvalidCode, match='twice'):
        defined('volume.undefined_code')


@pytest.mark.parametrize('status', [200, 302, 399, 600, 0, '409', None, 4.09])
def test_a_code_comes_with_the_status_of_an_error(status):
    with pytest.raises((InvalidCode, TypeError)):
        defined(status=status)


def test_a_code_has_at_least_one_status():
    with pytest.raises(InvalidCode, match='no status'):
        defined(status=[])


@pytest.mark.parametrize(
    ('status', 'statuses'),
    [
        (409, (409,)),
        ([404, 410], (404, 410)),
        ((404, 410), (404, 410)),
        (range(400, 403), (400, 401, 402)),
    ],
)
def test_a_code_may_have_several_statuses(status, statuses):
    code = defined(status=status)
    assert code.statuses == statuses
    assert code.status == statuses[0]


# -- an ErrorCode is a str


def test_a_code_is_a_str_and_equal_to_its_text():
    code = defined()
    assert isinstance(code, str)
    assert code == 'volume.name_exists'
    assert hash(code) == hash('volume.name_exists')
    assert f'{code}' == 'volume.name_exists'
    assert {code: 1}['volume.name_exists'] == 1


def test_a_code_is_all_that_a_handler_writes():
    code = defined(title='Name exists')
    error = webob.exc.HTTPConflict('taken', comment=code)
    assert_error(answered(error), status=409, code='volume.name_exists')


def test_a_code_knows_what_was_declared_of_it():
    code = defined(
        title='Name exists', meaning='It is taken.', help='https://x.example'
    )
    assert (code.title, code.meaning, code.help) == (
        'Name exists',
        'It is taken.',
        'https://x.example',
    )


def test_a_code_pickles_and_copies_with_all_of_it():
    code = defined(title='T', meaning='M', help='H', status=[409, 412])
    for again in (
        pickle.loads(pickle.dumps(code)),
        copy.copy(code),
        copy.deepcopy(code),
    ):
        assert again == code
        assert type(again) is type(code)
        assert again.statuses == (409, 412)
        assert (again.title, again.meaning, again.help) == ('T', 'M', 'H')


# -- the catalog


def test_a_catalog_is_a_mapping_of_its_codes():
    catalog = errorkit.Catalog('volume')
    code = catalog.define('volume.exists', status=409)
    assert catalog['volume.exists'] is code
    assert {'volume.undefined_code', 'volume.exists'} <= set(catalog)
    assert len(catalog) == len(list(catalog))
    assert 'volume.other' not in catalog
    assert catalog.find('volume.other') is None


def test_a_catalogs_service_type_is_the_stacks_default():
    def application(environ, start_response):
        raise webob.exc.HTTPConflict('x')

    wrapper = errorkit.FaultWrapper(
        application, catalog=errorkit.Catalog('share')
    )
    assert_error(
        ask(wrapper), status=409, code='share.undefined_code', id_header=None
    )


def test_the_help_link_is_the_base_and_the_code_unless_given():
    catalog = errorkit.Catalog('volume', help_base='https://help.example/')
    assert catalog.define('volume.a', status=409).help == (
        'https://help.example/volume.a'
    )
    own = catalog.define('volume.b', status=409, help='https://b.example')
    assert own.help == 'https://b.example'
    assert defined().help is None


# -- undeclared codes


def test_an_undeclared_code_is_sent_as_it_is_logged_once_and_counted(caplog):
    caplog.set_level(logging.WARNING)
    catalog = errorkit.Catalog('volume')
    error = webob.exc.HTTPConflict('x', comment='volume.new')
    wrapped = errorkit.wrap(
        raising(error), service_type='volume', catalog=catalog
    )
    for _ in range(3):
        assert_error(ask(wrapped), status=409, code='volume.new')
    assert catalog.undeclared == {'volume.new': 3}
    assert caplog.text.count('volume.new') == 1


def raising(error):
    def application(environ, start_response):
        raise error

    return application


def test_another_services_code_is_an_undeclared_one():
    catalog = errorkit.Catalog('volume')
    error = webob.exc.HTTPConflict('x', comment='compute.full')
    reply = answered(error, catalog=catalog)
    assert_error(reply, status=409, code='compute.full')
    assert catalog.undeclared == {'compute.full': 1}


def test_the_counter_of_undeclared_codes_is_bounded():
    catalog = errorkit.Catalog('volume')
    for number in range(1200):
        error = webob.exc.HTTPConflict('x', comment=f'volume.n{number}')
        answered(error, catalog=catalog)
    assert len(catalog.undeclared) == 1000


def test_a_strict_catalog_raises_for_an_undeclared_code():
    catalog = errorkit.Catalog('volume', strict=True)
    error = webob.exc.HTTPConflict('x', comment='volume.new')
    with pytest.raises(UndeclaredCode, match=r'volume\.new'):
        answered(error, catalog=catalog)


def test_a_strict_catalog_lets_the_declared_ones_pass():
    catalog = errorkit.Catalog('volume', strict=True)
    code = catalog.define('volume.exists', status=409)
    for comment in (code, 'volume.exists', None, 'no code at all'):
        error = webob.exc.HTTPConflict('x', comment=comment)
        assert answered(error, catalog=catalog).status_int == 409


def test_a_strict_catalog_lets_errorkits_own_codes_pass():
    # A wrong microversion is the client's doing, not a code forgotten.
    wrapped = errorkit.wrap(
        raising(None),
        service_type='volume',
        versions='3.0-3.5',
        on_invalid='reject',
        catalog=errorkit.Catalog('volume', strict=True),
    )
    for name, value, status, code in (
        ('OpenStack-API-Version', 'volume x', 400, 'microversion.invalid'),
        ('OpenStack-API-Version', 'volume 4.0', 406, None),
        ('X-Openstack-Request-Id', 'mine', 400, 'request_id.invalid'),
    ):
        code = f'volume.{code or "microversion.unsupported"}'
        reply = ask(wrapped, headers={name: value})
        assert_error(reply, status=status, code=code)


def test_errorkits_own_codes_are_not_logged_as_undeclared(caplog):
    caplog.set_level(logging.WARNING)
    catalog = errorkit.Catalog('volume')
    wrapped = errorkit.wrap(
        raising(None),
        service_type='volume',
        versions='3.0-3.5',
        catalog=catalog,
    )
    reply = ask(wrapped, headers={'OpenStack-API-Version': 'volume x'})
    assert_error(reply, status=400, code='volume.microversion.invalid')
    assert not catalog.undeclared
    assert not caplog.records
