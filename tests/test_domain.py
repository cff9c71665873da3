# SPDX-License-Identifier: Apache-2.0
"""A service's own exceptions: registered by class, and by nothing else."""

import importlib
import importlib.util
import sys
import traceback
import types

import oslo_i18n
import pytest
import webob
import webob.dec
import webob.exc
from assertions import ask, assert_error
from paste.deploy import loadfilter

import errorkit
from errorkit import domain
from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions import failures

SECRET = 'postgresql://admin:hunter2@db-7/volumes'
EXCEPTIONS = errorkit.ExceptionRegistry()


class VolumeError(Exception):
    """Any failure of the domain."""


@EXCEPTIONS.becomes(404, 'volume.not_found', safe=True)
class VolumeNotFound(VolumeError):
    """There is no such volume."""


class SnapshotNotFound(VolumeNotFound):
    """Of a subclass nothing is registered."""


@EXCEPTIONS.becomes(
    503, 'volume.busy', headers=[('Retry-After', '30'), ('X-Twice', 'a'),
                                 ('X-Twice', 'b')])
class VolumeBusy(VolumeError):
    """Its text is not for clients."""


@EXCEPTIONS.becomes(413, 'volume.quota', detail='The project is full.')
class QuotaExceeded(VolumeError):
    """Its text is another one."""


def plain(make):
    def application(environ, start_response):
        raise make()

    return application


def on_first_chunk(make):
    def application(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        raise make()
        yield b''

    return application


def decorated(decorator):
    def way(make):
        def handle(request):
            raise make()

        return decorator(handle)

    return way


WAYS = {
    'plain WSGI': plain,
    'a generator, before its first chunk': on_first_chunk,
    'webob.dec.wsgify': decorated(webob.dec.wsgify),
    'errorkit.wsgify': decorated(errorkit.wsgify),
}


def stack(application, exceptions=EXCEPTIONS):
    return errorkit.wrap(
        application, service_type='volume', exceptions=exceptions
    )


def answer(error, exceptions=EXCEPTIONS, way=plain):
    return ask(stack(way(lambda: error), exceptions))


# -- what becomes of one


@pytest.mark.parametrize('way', WAYS.values(), ids=WAYS)
def test_a_registered_exception_is_the_same_answer_everywhere(way):
    reply = answer(VolumeNotFound('There is no volume <5>.'), way=way)
    assert_error(reply, status=404, code='volume.not_found',
                 title='Not Found', detail='There is no volume <5>.')


@pytest.mark.parametrize('way', WAYS.values(), ids=WAYS)
def test_headers_come_along_everywhere_and_the_text_does_not(way):
    reply = answer(VolumeBusy(SECRET), way=way)
    assert_error(reply, status=503, code='volume.busy',
                 detail=webob.exc.HTTPServiceUnavailable.explanation)
    assert reply.one('Retry-After') == '30'
    assert reply.headers.getall('X-Twice') == ['a', 'b']
    assert 'hunter2' not in reply.text


def test_a_subclass_is_what_its_base_was_registered_as():
    assert answer(SnapshotNotFound('x')).json['errors'][0]['code'] == (
        'volume.not_found')


def test_a_subclass_may_be_registered_as_something_else():
    registry = errorkit.ExceptionRegistry()
    registry.register(VolumeNotFound, 404, 'volume.not_found')
    registry.register(SnapshotNotFound, 410, 'volume.snapshot.gone')
    assert_error(answer(SnapshotNotFound('x'), registry),
                 status=410, code='volume.snapshot.gone')
    assert_error(answer(VolumeNotFound('x'), registry),
                 status=404, code='volume.not_found')


def test_an_unregistered_base_is_a_bug():
    assert_error(answer(VolumeError(SECRET)), status=500,
                 code='volume.undefined_code',
                 detail=errorkit.error.FAULT_DETAIL)


def test_a_fixed_detail_stands_in_for_the_exceptions_text():
    reply = answer(QuotaExceeded(SECRET))
    assert_error(reply, status=413, code='volume.quota',
                 detail='The project is full.')
    assert 'hunter2' not in reply.text


def test_a_fixed_detail_stays_when_the_exception_says_it_is_safe():
    error = QuotaExceeded(SECRET)
    error.safe = True
    assert_error(answer(error), status=413, code='volume.quota',
                 detail='The project is full.')


def test_a_fixed_detail_is_translated_for_its_reader(monkeypatch):
    monkeypatch.setattr(oslo_i18n._message.Message, 'translation',
                        lambda self, desired_locale=None, **more:
                        {'de': 'Voll.'}.get(desired_locale, 'Full.'))
    monkeypatch.setattr(errorkit._i18n, 'languages',
                        lambda domain='': ('en', 'de'))
    lazy = oslo_i18n._message.Message('Full.', domain='volume')
    registry = errorkit.ExceptionRegistry()
    registry.register(QuotaExceeded, 413, 'volume.quota', detail=lazy)
    reply = ask(stack(plain(lambda: QuotaExceeded('x')), registry),
                headers={'Accept-Language': 'de'})
    assert reply.json['errors'][0]['detail'] == 'Voll.'


def test_an_instance_may_be_safe_where_its_class_is_not():
    error = VolumeBusy('It is being copied.')
    error.safe = True
    reply = answer(error)
    assert_error(reply, status=503, code='volume.busy',
                 detail='It is being copied.')
    assert reply.one('Retry-After') == '30'


def test_a_class_may_say_itself_that_it_is_safe():
    @EXCEPTIONS.becomes(409, 'volume.attached')
    class Attached(VolumeError):
        safe = True

    assert_error(answer(Attached('to vm-1')), status=409,
                 code='volume.attached', detail='to vm-1')


def test_the_shared_instance_of_an_exception_is_not_changed():
    error = VolumeBusy(SECRET)
    before = dict(vars(error))
    assert {answer(error).status for _ in range(3)} == {
        '503 Service Unavailable'}
    assert vars(error) == before
    assert error.__traceback__ is None


# -- when it is registered


def test_what_is_registered_later_is_seen_by_a_wrapped_application():
    class Late(Exception):
        pass

    registry = errorkit.ExceptionRegistry()
    application = stack(plain(lambda: Late(SECRET)), registry)
    assert ask(application).status_int == 500
    registry.register(Late, 409, 'volume.late')
    assert_error(ask(application), status=409, code='volume.late')


def test_a_registry_is_a_mapping_from_class_to_known():
    registry = errorkit.ExceptionRegistry()
    registry.register(VolumeBusy, 503, 'volume.busy', headers=[('A', 'b')])
    made = errorkit.Known(503, 'volume.busy', headers=(('A', 'b'),))
    assert dict(registry) == {VolumeBusy: made}
    assert registry[VolumeBusy] == made
    assert VolumeError not in registry
    assert len(registry) == 1


def test_registries_can_be_merged_into_a_plain_mapping():
    one, other = errorkit.ExceptionRegistry(), errorkit.ExceptionRegistry()
    one.register(VolumeBusy, 503)
    other.register(QuotaExceeded, 413)
    merged = {**one, **other}
    assert answer(VolumeBusy('x'), merged).status_int == 503
    assert answer(QuotaExceeded('x'), merged).status_int == 413


def test_the_decorator_returns_the_class_itself():
    class Odd(Exception):
        pass

    assert errorkit.ExceptionRegistry().becomes(400)(Odd) is Odd


def test_a_paste_pipeline_takes_a_registry(tmp_path, monkeypatch):
    module = types.ModuleType('volume_errors')
    module.EXCEPTIONS = EXCEPTIONS
    monkeypatch.setitem(sys.modules, 'volume_errors', module)
    ini = tmp_path / 'paste.ini'
    ini.write_text('[filter:main]\nuse = egg:errorkit\n'
                   'service_type = volume\n'
                   'exceptions = volume_errors:EXCEPTIONS\n')
    wrapped = loadfilter(f'config:{ini}')(plain(lambda: VolumeNotFound('x')))
    assert_error(ask(wrapped), status=404, code='volume.not_found')


# -- what cannot be registered


BAD = [
    ({'status': 200}, '400 to 599'),
    ({'status': 600}, '400 to 599'),
    ({'status': '404'}, '400 to 599'),
    ({'status': True}, '400 to 599'),
    ({'code': 'nodots'}, 'a code of'),
    ({'code': 'Volume.Bad'}, 'a code of'),
    ({'code': 7}, 'a code of'),
    ({'safe': 1}, 'safe='),
    ({'headers': [('A', 'b\r\nC: d')]}, 'headers as pairs'),
    ({'headers': [('A b', 'c')]}, 'headers as pairs'),
    ({'headers': [('A', 5)]}, 'headers as pairs'),
    ({'headers': ['A']}, 'headers as pairs'),
    ({'headers': 'A: b'}, 'headers as pairs'),
    ({'headers': 5}, 'headers as pairs'),
    ({'detail': 5}, 'a text as detail'),
    ({'safe': True, 'detail': 'x'}, 'not both'),
]


@pytest.mark.parametrize(('given', 'text'), BAD, ids=repr)
def test_a_bad_registration_is_refused_with_a_clear_text(given, text):
    registry = errorkit.ExceptionRegistry()
    with pytest.raises(ConfigError) as caught:
        registry.register(VolumeBusy, **{'status': 503, **given})
    assert text in str(caught.value)
    assert 'VolumeBusy' in str(caught.value)
    assert len(registry) == 0


@pytest.mark.parametrize(('given', 'text'), BAD, ids=repr)
def test_a_plain_mapping_gets_the_same_checks(given, text):
    known = errorkit.Known(**{'status': 503, **given})
    with pytest.raises(ConfigError, match='exceptions') as caught:
        stack(plain(VolumeBusy), {VolumeBusy: known})
    assert text in str(caught.value)


NO_CLASSES = [VolumeBusy('x'), 'VolumeBusy', int, None,
              webob.exc.HTTPNotFound]


@pytest.mark.parametrize('kind', NO_CLASSES, ids=repr)
def test_only_a_class_of_exceptions_can_be_registered(kind):
    with pytest.raises(ConfigError, match='an exception class'):
        errorkit.ExceptionRegistry().register(kind, 404)
    with pytest.raises(ConfigError, match='an exception class'):
        stack(plain(VolumeBusy), {kind: 404})


def test_a_class_is_registered_once():
    registry = errorkit.ExceptionRegistry()
    registry.register(VolumeBusy, 503)
    with pytest.raises(ConfigError, match='not registered yet'):
        registry.register(VolumeBusy, 409)
    assert registry[VolumeBusy].status == 503


def test_the_value_of_a_bad_header_is_in_no_message():
    with pytest.raises(ConfigError) as caught:
        EXCEPTIONS.register(KeyError, 409,
                            headers=[('X-Secret', f'{SECRET}\n')])
    assert 'X-Secret' in str(caught.value)
    assert 'hunter2' not in str(caught.value)


@pytest.mark.parametrize('value', [5, 'x', [VolumeBusy]], ids=repr)
def test_exceptions_are_a_mapping(value):
    with pytest.raises(ConfigError, match='exceptions'):
        stack(plain(VolumeBusy), value)


SHOP = errorkit.Catalog('volume')
ATTACHED = SHOP.define('volume.attached', status=409)
GONE = SHOP.define('volume.gone', status=(404, 410))


@pytest.mark.parametrize('way', [
    lambda registry, *given: registry.register(VolumeBusy, *given),
    lambda registry, *given: registry.becomes(*given)(VolumeBusy),
], ids=['register', 'becomes'])
@pytest.mark.parametrize(('status', 'code', 'allowed'), [
    (404, ATTACHED, 'a status volume.attached is declared for, 409,'),
    (409, GONE, 'a status volume.gone is declared for, 404, 410,'),
])
def test_a_declared_code_with_another_status_is_refused_at_once(
    way, status, code, allowed
):
    registry = errorkit.ExceptionRegistry()
    with pytest.raises(ConfigError) as caught:
        way(registry, status, code)
    assert str(caught.value) == (
        f"errorkit.ExceptionRegistry: option 'VolumeBusy': {status} is not "
        f'allowed; {allowed} is allowed')
    assert len(registry) == 0


@pytest.mark.parametrize(('status', 'code'), [
    (409, ATTACHED), (404, GONE), (410, GONE), (404, 'volume.attached'),
    (503, errorkit.ErrorCode('volume.of_no_catalog')),
], ids=repr)
def test_a_code_that_may_come_with_its_status_is_registered(status, code):
    registry = errorkit.ExceptionRegistry()
    registry.register(VolumeBusy, status, code)
    assert registry[VolumeBusy] == errorkit.Known(status, code)


def test_of_a_code_for_many_statuses_the_refusal_names_a_few():
    code = SHOP.define('volume.many', status=range(400, 500))
    with pytest.raises(ConfigError, match='404, 405 and more, is allowed'):
        errorkit.ExceptionRegistry().register(VolumeBusy, 503, code)


# -- what an exception says of itself


class Response:
    status_code = 404
    headers = {'X-Foreign': 'yes'}  # noqa: RUF012
    text = SECRET


def alike(name, **attributes):
    return type(name, (Exception,), attributes)(SECRET)


LOOKALIKES = {
    'aiohttp': alike('ClientResponseError', status=404, code=404,
                     message=SECRET, headers={'X-Foreign': 'yes'}),
    'aiohttp server': alike('HTTPNotFound', status=404, status_code=404,
                            reason=SECRET, headers={'X-Foreign': 'yes'}),
    'requests': alike('HTTPError', response=Response(), request=None),
    'django rest framework': alike(
        'NotFound', status_code=404, default_detail=SECRET,
        detail=SECRET, default_code='not_found'),
    'nova and cinder': alike('NotFound', code=404, msg_fmt=SECRET,
                             headers={'X-Foreign': 'yes'}, message=SECRET),
    'keystone': alike('NotFound', code=404, title='Foreign',
                      message_format=SECRET),
    'pecan and wsme': alike('ClientSideError', code=404, faultstring=SECRET,
                            msg=SECRET),
    'webob by its looks': alike(
        'HTTPNotFound', status='404 Not Found', status_int=404, code=404,
        comment='volume.foreign', detail=SECRET, explanation=SECRET,
        headerlist=[('X-Foreign', 'yes')]),
}
#: Built where the library is installed.
REAL = {
    'werkzeug.exceptions': lambda found: found.NotFound(SECRET),
    'requests.exceptions': lambda found: found.HTTPError(
        SECRET, response=Response()),
    'falcon': lambda found: found.HTTPNotFound(
        title=SECRET, headers={'X-Foreign': 'yes'}),
    'httpx': lambda found: found.HTTPStatusError(
        SECRET, request=found.Request('GET', 'http://volume.example/'),
        response=found.Response(404)),
    'urllib.error': lambda found: found.HTTPError(
        'http://volume.example/', 404, SECRET, {'X-Foreign': 'yes'}, None),
    'cinderclient.exceptions': lambda found: found.NotFound(404, SECRET),
}
FOREIGN = {
    **{name: lambda error=error: error for name, error in LOOKALIKES.items()},
    **{name: lambda name=name, make=make: make(importlib.import_module(name))
       for name, make in REAL.items()
       if importlib.util.find_spec(name.partition('.')[0])},
}


@pytest.mark.parametrize('registry', [EXCEPTIONS, None],
                         ids=['registry', 'none'])
@pytest.mark.parametrize('make', FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_exceptions_attributes_choose_no_status(make, registry):
    error = make()
    reply = answer(error, registry)
    assert_error(reply, status=500, code='volume.undefined_code',
                 title='Internal Server Error',
                 detail=errorkit.error.FAULT_DETAIL)
    assert 'hunter2' not in reply.text + str(reply.headerlist)
    assert 'X-Foreign' not in reply.headers
    if hasattr(error, 'close'):
        error.close()


@pytest.mark.parametrize('make', FOREIGN.values(), ids=FOREIGN)
def test_a_registered_one_has_its_registered_status_alone(make):
    error = make()
    registry = errorkit.ExceptionRegistry()
    registry.register(type(error), 502, 'volume.backend')
    reply = answer(error, registry)
    assert_error(reply, status=502, code='volume.backend')
    assert 'hunter2' not in reply.text + str(reply.headerlist)
    assert 'X-Foreign' not in reply.headers
    if hasattr(error, 'close'):
        error.close()


def test_an_exception_that_claims_another_class_is_found_by_its_own():
    class Claiming(Exception):
        @property
        def __class__(self):
            return VolumeNotFound

    assert isinstance(Claiming(), VolumeNotFound)
    assert answer(Claiming(SECRET)).status_int == 500


def test_a_metaclass_that_cannot_be_hashed_is_a_bug_and_no_more():
    class Unhashable(type):
        def __hash__(cls):
            raise RuntimeError(SECRET)

    error = Unhashable('Odd', (Exception,), {})(SECRET)
    assert domain.known(error, EXCEPTIONS) is None
    assert answer(error).status_int == 500


def test_a_domain_module_needs_no_webob():
    # What a service writes: its classes, and one import.
    source = ('from errorkit import ExceptionRegistry\n'
              'R = ExceptionRegistry()\n'
              '@R.becomes(404, "volume.not_found", safe=True)\n'
              'class Missing(Exception): pass\n')
    names = {'__name__': 'volume.errors'}
    exec(source, names)
    assert_error(answer(names['Missing']('gone'), names['R']),
                 status=404, code='volume.not_found', detail='gone')


def test_headers_may_come_from_an_iterator():
    registry = errorkit.ExceptionRegistry()
    registry.register(KeyError, 503, headers=iter([('Retry-After', '30')]))
    assert registry[KeyError].headers == (('Retry-After', '30'),)


def test_headers_of_a_known_in_a_mapping_may_be_an_iterator():
    given = iter([('Retry-After', '5')])
    table = domain.table_of({KeyError: errorkit.Known(503, headers=given)})
    assert table[KeyError].headers == (('Retry-After', '5'),)


class _NotFound(Exception):
    pass


def as_rpc_brings_it(kind, group=False):
    """Return an exception as oslo.messaging's client rebuilds it."""
    try:
        try:
            raise KeyError('secret of the worker')
        except KeyError as exc:
            if group:
                raise ExceptionGroup('g', [kind('No volume 7.')]) from exc
            raise kind('No volume 7.') from exc
    except Exception as exc:
        lines = traceback.format_exception(exc)
    text = 'No volume 7.\n' + '\n'.join(lines)
    if kind is not _NotFound:
        return kind(text)  # a builtin has it as its argument
    remote = type('_NotFound_Remote', (kind,), {'__str__': lambda self: text})
    return remote('No volume 7.')


@pytest.mark.parametrize('group', [False, True])
@pytest.mark.parametrize('kind', [_NotFound, ValueError])
def test_a_safe_exception_of_another_process_shows_no_traceback(kind, group):
    registry = errorkit.ExceptionRegistry()
    registry.register(kind, 404, 'volume.not_found', safe=True)
    raised = as_rpc_brings_it(kind, group)
    assert 'secret of the worker' in str(raised)

    def application(environ, start_response):
        raise raised

    wrapped = errorkit.wrap(
        application, service_type='volume', exceptions=registry
    )
    assert_error(
        ask(wrapped),
        status=404,
        code='volume.not_found',
        detail='No volume 7.',
    )
    failure = failures.read(raised, domain.table_of(registry))
    assert failure.message == 'No volume 7.'


def test_a_safe_exception_that_says_a_traceback_alone_has_the_standard_text():
    class Said(Exception):
        safe = True

    def application(environ, start_response):
        raise Said('Traceback (most recent call last):\n  File "private.py"')

    reply = ask(errorkit.wrap(application, service_type='volume'))
    assert reply.status_int == 500
    assert 'private' not in reply.text
    assert 'Traceback' not in reply.text
