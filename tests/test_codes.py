# SPDX-License-Identifier: Apache-2.0
"""Codes: what a catalog declares, checks and refuses."""

import copy
import logging
import pickle

import oslo_i18n
import pytest
import webob.exc
from assertions import ask, assert_error

import errorkit
from errorkit.exceptions import ConfigError, InvalidCode, UndeclaredCode


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


# -- what a code says of itself


def test_a_code_knows_its_life():
    code = defined(
        since='3.5',
        deprecated_since=(3, 40),
        replaced_by='volume.name_taken',
        cause='service',
        retry='later',
        renames={'3.30': 'volume.new', (3, 50): 'volume.newest'},
    )
    assert (code.since, code.deprecated_since) == ((3, 5), (3, 40))
    assert code.replaced_by == 'volume.name_taken'
    assert (code.cause, code.retry) == ('service', 'later')
    assert not code.retired
    assert [
        code.at(version)
        for version in (None, (3, 29), (3, 30), (3, 49), (3, 50), (4, 0))
    ] == [
        name
        for name in ('volume.name_exists', 'volume.new', 'volume.newest')
        for _ in range(2)
    ]


def test_the_status_tells_the_cause_unless_it_is_given():
    assert defined(status=409).cause == 'user'
    assert defined(status=(503, 409)).cause == 'service'


@pytest.mark.parametrize(
    ('member', 'value'),
    [
        ('cause', 'nobody'),
        ('retry', 'perhaps'),
        ('since', '3.05'),
        ('since', (3,)),
        ('since', 3.5),
        ('deprecated_since', 'latest'),
        ('replaced_by', 'Taken'),
        ('renames', {'x': 'volume.new'}),
        ('renames', {'3.5': 'image.new'}),
        ('renames', {'3.5': 'volume.name_exists'}),
        ('renames', {'3.5': 'volume.undefined_code'}),
        ('renames', {'3.5': 'volume.a', '3.6': 'volume.a'}),
        ('params', {'name': str}),
        ('text', 'named %(name)s'),
        ('title', 5),
        ('title', b'Taken'),
        ('meaning', None),
        ('help', 5),
        ('text', 5),
        ('retired', 'yes'),
        ('retired', 1),
        ('replaced_by', 5),
        ('cause', ['user']),
        ('renames', ['3.5']),
        ('params', ['name']),
        ('params', {5: str}),
        ('status', [404] * 201),
        ('status', (404, 410, 404)),
        ('status', None),
        ('status', 4.09),
    ],
)
def test_what_a_code_cannot_say_of_itself_is_refused(member, value):
    with pytest.raises(InvalidCode) as raised:
        defined(**{member: value})
    assert 'volume' in str(raised.value)


def test_a_declared_code_cannot_be_changed():
    with pytest.raises(AttributeError):
        defined().retired = True


def test_a_renamed_string_cannot_be_declared_again():
    catalog = errorkit.Catalog('volume')
    catalog.define('volume.old', status=409, renames={'3.5': 'volume.new'})
    with pytest.raises(InvalidCode):
        catalog.define('volume.new', status=409)


# -- raising by code

TEXT = 'A volume named %(name)s of %(size)d GiB, 100%% full.'


def with_text(**more):
    return defined(text=TEXT, params={'name': str, 'size': int}, **more)


def test_a_code_makes_the_plain_webob_exception():
    error = with_text().error(name='<x> %s', size=3)
    assert type(error) is webob.exc.HTTPConflict
    assert error.detail == 'A volume named <x> %s of 3 GiB, 100% full.'
    assert error.comment == 'volume.name_exists'


def test_what_a_code_raises_is_answered_with_it():
    code = defined(retry='after-refresh')

    def application(environ, start_response):
        raise code.error('Taken.', headers=[('Retry-After', '3')])

    reply = ask(errorkit.wrap(application, service_type='volume'))
    assert_error(reply, status=409, code=code, detail='Taken.')
    assert reply.one('Retry-After') == '3'


@pytest.mark.parametrize(
    'values',
    [
        {},
        {'name': 'x'},
        {'name': 'x', 'size': '3'},
        {'name': 'x', 'size': True},
        {'name': None, 'size': 3},
        {'name': 'x', 'size': 3, 'more': 1},
    ],
)
def test_wrong_values_of_a_text_are_a_type_error_that_names_them(values):
    with pytest.raises(TypeError, match=r"'(name|size|more)'"):
        with_text().error(**values)


@pytest.mark.parametrize(
    ('text', 'kind'),
    [
        ('%(n)..d', int),
        ('%(n)-d', int),
        ('%(n)1.2.3f', float),
        ('%(n)9999999999d', int),
        ('%(n)d', str),
        ('%(n)f', str),
        ('%(n)d', float),
        ('%(n)d', object),
        ('%(n)', int),
        ('%(n)s and %', int),
        ('%(n)s %s', int),
        ('%(n)\u0663d', int),
    ],
)
def test_a_text_that_could_not_be_filled_in_is_refused(text, kind):
    with pytest.raises(InvalidCode, match=r'volume\.name_exists'):
        defined(text=text, params={'n': kind})


@pytest.mark.parametrize(
    ('text', 'kind', 'value', 'detail'),
    [
        ('%(n)03d', int, 7, '007'),
        ('%(n)s', int, 7, '7'),
        ('%(n)f', int, 7, '7.000000'),
        ('%(n).1f', float, 7, '7.0'),
        ('%(n)s', float, float('inf'), 'inf'),
        ('%(n)5.1f%%', float, float('nan'), '  nan%'),
        ('%(n)r', str, 'a', "'a'"),
        ('%(n)d', bool, True, '1'),
    ],
)
def test_an_accepted_text_is_filled_in(text, kind, value, detail):
    error = defined(text=text, params={'n': kind}).error(n=value)
    assert error.detail == detail


@pytest.mark.parametrize('value', [True, '1.5', None])
def test_for_a_float_nothing_but_a_number_will_do(value):
    with pytest.raises(TypeError, match="'n'"):
        defined(text='%(n)s', params={'n': float}).error(n=value)


def test_a_doubled_percent_sign_without_parameters_is_told_of():
    assert defined(text='100% sure').error().detail == '100% sure'
    with pytest.raises(InvalidCode, match='write %'):
        defined(text='100%% sure')


def test_a_text_and_values_for_the_declared_one_do_not_go_together():
    with pytest.raises(TypeError):
        with_text().error('Another.', name='x', size=3)
    with pytest.raises(TypeError):
        defined().error(name='x')


def test_a_code_is_raised_with_one_of_its_statuses():
    code = defined(status=(409, 418))
    assert code.error().status_int == 409
    error = code.error(status=418)
    assert (error.status_int, error.comment) == (418, code)
    with pytest.raises(InvalidCode):
        code.error(status=404)


def test_a_retired_code_is_not_raised():
    with pytest.raises(InvalidCode, match='retired'):
        defined(retired=True).error()


def test_a_lazy_text_is_translated_for_its_reader():
    oslo_i18n.enable_lazy()
    try:
        text = oslo_i18n.TranslatorFactory('volumes').primary('No %(name)s.')
        error = defined(text=text, params={'name': str}).error(name='x')
        assert error.detail == 'No x.'
        assert hasattr(type(error.detail), 'translation')
    finally:
        oslo_i18n.enable_lazy(False)


# -- what the catalog adds to an error


def answering(code, status=409, **options):
    """Return the stack of a service that raises an error with a code."""

    def application(environ, start_response):
        raise webob.exc.status_map[status]('x', comment=code)

    return errorkit.wrap(application, service_type='volume', **options)


def test_the_retry_hint_is_sent_with_the_code():
    catalog = errorkit.Catalog('volume')
    code = catalog.define('volume.busy', status=409, retry='later')
    assert_error(
        ask(answering(code, catalog=catalog)),
        status=409,
        code=code,
        retry='later',
    )


def test_the_code_of_a_json_answer_is_in_a_header_too():
    assert (
        ask(answering('volume.busy')).one('OpenStack-Error-Code')
        == 'volume.busy'
    )
    for options, accept in (
        ({'code_header': False}, '*/*'),
        ({}, 'text/html'),
    ):
        reply = ask(
            answering('volume.busy', **options), headers={'Accept': accept}
        )
        assert 'OpenStack-Error-Code' not in reply.headers


def test_the_gate_of_the_code_holds_for_header_and_hint():
    catalog = errorkit.Catalog('volume')
    code = catalog.define('volume.busy', status=409, retry='later')
    application = answering(
        code, catalog=catalog, versions='3.0-3.9', code_version='3.5'
    )
    reply = ask(application, headers={'OpenStack-API-Version': 'volume 3.4'})
    error = assert_error(reply, status=409, code=None)
    assert 'retry' not in error
    assert 'OpenStack-Error-Code' not in reply.headers


def renaming():
    catalog = errorkit.Catalog('volume')
    catalog.define('volume.old', status=409, renames={(3, 5): 'volume.new'})
    return catalog


@pytest.mark.parametrize('comment', ['volume.old', 'volume.new'])
def test_each_client_gets_the_string_that_its_version_knows(comment):
    application = answering(comment, catalog=renaming(), versions='3.0-3.9')
    for version, code in (
        ('3.0', 'volume.old'),
        ('3.4', 'volume.old'),
        ('3.5', 'volume.new'),
        ('latest', 'volume.new'),
        (None, 'volume.old'),
    ):
        headers = {}
        if version:
            headers['OpenStack-API-Version'] = f'volume {version}'
        reply = ask(application, headers=headers)
        assert_error(reply, status=409, code=code)
        assert reply.one('OpenStack-Error-Code') == code


@pytest.mark.parametrize('comment', ['volume.old', 'volume.new'])
def test_without_versions_the_original_string_is_sent(comment):
    for headers in ({}, {'OpenStack-API-Version': 'volume 3.9'}):
        reply = ask(answering(comment, catalog=renaming()), headers=headers)
        assert_error(reply, status=409, code='volume.old')
        assert reply.one('OpenStack-Error-Code') == 'volume.old'


@pytest.mark.parametrize(
    ('options', 'status', 'said'),
    [
        ({'status': 404}, 409, 'is not declared for status 409'),
        ({'status': 409, 'retired': True}, 409, 'is retired'),
    ],
)
def test_a_code_used_against_its_declaration_is_sent_logged_and_counted(
    options, status, said, caplog
):
    catalog = errorkit.Catalog('volume')
    code = catalog.define('volume.x', **options)
    application = answering(code, status, catalog=catalog)
    for _ in range(3):
        assert_error(ask(application), status=status, code=code)
    assert caplog.text.count(said) == 1
    assert catalog.undeclared == {'volume.x': 3}


@pytest.mark.parametrize(
    'options',
    [
        {'default_codes': {404: 'volume.typo'}},
        {'default_codes': {404: 'volume.x'}},
        {'exceptions': {LookupError: (404, 'volume.typo')}},
        {'exceptions': {LookupError: (404, 'volume.x')}},
    ],
)
def test_an_option_with_such_a_code_is_told_of_at_start(options, caplog):
    catalog = errorkit.Catalog('volume')
    catalog.define('volume.x', status=409)
    answering('volume.x', catalog=catalog, **options)
    assert 'is not declared' in caplog.text
    catalog.strict = True
    with pytest.raises(ConfigError) as raised:
        answering('volume.x', catalog=catalog, **options)
    assert raised.value.option in options


def test_a_catalog_of_another_service_is_told_of_at_start(caplog):
    catalog = errorkit.Catalog('image')
    answering('volume.x', catalog=catalog)
    assert "volume is not 'image'" in caplog.text
    catalog.strict = True
    with pytest.raises(ConfigError) as raised:
        answering('volume.x', catalog=catalog)
    assert raised.value.option == 'service_type'


def test_an_option_with_a_declared_code_is_not(caplog):
    catalog = errorkit.Catalog('volume', strict=True)
    catalog.define('volume.x', status=(404, 409))
    answering(
        'volume.x',
        catalog=catalog,
        default_codes={404: 'volume.x'},
        exceptions={LookupError: (409, 'volume.x'), ValueError: 400},
    )
    assert not caplog.text


def test_a_strict_catalog_raises_for_it():
    catalog = errorkit.Catalog('volume', strict=True)
    code = catalog.define('volume.x', status=404)
    with pytest.raises(UndeclaredCode, match='not declared for status 409'):
        ask(answering(code, catalog=catalog))
