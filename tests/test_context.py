# SPDX-License-Identifier: Apache-2.0
"""The request's oslo.context: whose it is, how long it is there, for whom."""

import asyncio
import concurrent.futures
import contextvars
import copy
import functools
import logging
import os
import pathlib
import pickle
import subprocess
import sys
import threading

import apps
import pytest
import webob.exc
from apps import Watched, serve
from hypothesis import given, settings
from hypothesis import strategies as st
from oslo_context import context as oslo_context

import errorkit
from errorkit.exceptions import ConfigError

GLOBAL_ID = 'req-11111111-2222-4333-8444-555555555555'

#: For each header that says who somebody is, what oslo.context makes of it.
IDENTITY = {
    'HTTP_X_USER_ID': 'user_id',
    'HTTP_X_USER': 'user_id',
    'HTTP_X_USER_NAME': 'user_name',
    'HTTP_X_USER_DOMAIN_ID': 'user_domain_id',
    'HTTP_X_USER_DOMAIN_NAME': 'user_domain_name',
    'HTTP_X_PROJECT_ID': 'project_id',
    'HTTP_X_TENANT_ID': 'project_id',
    'HTTP_X_TENANT': 'project_id',
    'HTTP_X_PROJECT_NAME': 'project_name',
    'HTTP_X_TENANT_NAME': 'project_name',
    'HTTP_X_PROJECT_DOMAIN_ID': 'project_domain_id',
    'HTTP_X_PROJECT_DOMAIN_NAME': 'project_domain_name',
    'HTTP_X_DOMAIN_ID': 'domain_id',
    'HTTP_X_DOMAIN_NAME': 'domain_name',
    'HTTP_OPENSTACK_SYSTEM_SCOPE': 'system_scope',
    'HTTP_X_ROLES': 'roles',
    'HTTP_X_ROLE': 'roles',
    'HTTP_X_SERVICE_USER_ID': 'service_user_id',
    'HTTP_X_SERVICE_USER_NAME': 'service_user_name',
    'HTTP_X_SERVICE_USER_DOMAIN_ID': 'service_user_domain_id',
    'HTTP_X_SERVICE_USER_DOMAIN_NAME': 'service_user_domain_name',
    'HTTP_X_SERVICE_PROJECT_ID': 'service_project_id',
    'HTTP_X_SERVICE_PROJECT_NAME': 'service_project_name',
    'HTTP_X_SERVICE_PROJECT_DOMAIN_ID': 'service_project_domain_id',
    'HTTP_X_SERVICE_PROJECT_DOMAIN_NAME': 'service_project_domain_name',
    'HTTP_X_SERVICE_ROLES': 'service_roles',
}
TOKENS = {
    'HTTP_X_AUTH_TOKEN': 'auth_token',
    'HTTP_X_STORAGE_TOKEN': 'auth_token',
    'HTTP_X_SERVICE_TOKEN': 'service_token',
}
MARKS = ['keystone.token_auth', 'keystone.token_info']


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept
    left = oslo_context.get_current()
    if left is not None:
        del oslo_context._request_store.context  # for the other tests
    assert left is None


def stack(application, **options):
    return errorkit.wrap(application, service_type='volume', **options)


def authenticating(**identity):
    """Return an auth layer that finds this identity out.

    Its strings are new ones, as those read from a token are.
    """
    def auth(application):
        def layer(environ, start_response):
            for name, value in identity.items():
                environ[name] = ''.join(list(value))
            return application(environ, start_response)
        return layer
    return auth


ALICE = authenticating(HTTP_X_USER_ID='alice', HTTP_X_PROJECT_ID='p1',
                       HTTP_X_ROLES='member,reader')


class Asking:
    """An application that keeps the context it runs in."""

    def __init__(self):
        self.seen = None

    def __call__(self, environ, start_response):
        self.seen = oslo_context.get_current()
        start_response('200 OK', apps.TEXT[:])
        return [b'x']


def seen_by(make, environ=None):
    """Return the context that an application inside a stack sees."""
    asking = Asking()
    exchange = serve(make(asking), environ)
    assert exchange.code == 200
    return asking.seen


def assert_anonymous(context):
    """Assert that a context says of nobody who he is."""
    shown = context.to_dict()
    for name in {*IDENTITY.values(), *TOKENS.values()}:
        assert not getattr(context, name), name
        assert not shown.get(name), name
    assert context.is_admin is False


# -- how long it is there

def test_the_first_line_of_the_log_has_both_ids_and_no_user(records):
    exchange = serve(
        stack(apps.a_list, auth=ALICE), apps.request(
            x_openstack_request_id=GLOBAL_ID, x_user_id='root'))
    [first] = [record for record in records.of('errorkit.request_log')
               if record.levelno == logging.DEBUG]
    assert first.getMessage().startswith('Starting request')
    assert first.request_id == exchange.request_id
    assert first.global_request_id == GLOBAL_ID
    assert (first.user_id, first.project_id) == ('-', '-')


def test_the_last_line_of_the_log_has_the_user_too(records):
    exchange = serve(stack(apps.a_list, auth=ALICE))
    [last] = records.of('errorkit.request_log', logging.INFO)
    assert last.request_id == exchange.request_id
    assert (last.user_id, last.project_id) == ('alice', 'p1')


def test_the_auth_layer_runs_in_an_anonymous_context():
    seen = []

    def auth(application):
        def layer(environ, start_response):
            context = oslo_context.get_current()
            seen.append((context.request_id, context.user_id))
            return ALICE(application)(environ, start_response)
        return layer

    exchange = serve(stack(apps.a_list, auth=auth))
    assert seen == [(exchange.request_id, None)]


@pytest.mark.parametrize('read_before', [False, True])
def test_after_the_auth_layer_it_is_the_authenticated_one(read_before):
    def auth(application):
        def layer(environ, start_response):
            if read_before:
                assert oslo_context.get_current().to_dict()
            return ALICE(application)(environ, start_response)
        return layer

    asking = Asking()
    exchange = serve(stack(asking, auth=auth))
    context = asking.seen
    assert (context.user_id, context.project_id) == ('alice', 'p1')
    assert context.roles == ['member', 'reader']
    assert context.request_id == exchange.request_id


def test_it_is_found_in_three_places():
    def application(environ, start_response):
        context = oslo_context.get_current()
        assert context is errorkit.context.current()
        assert context is environ['errorkit.context']
        start_response('200 OK', apps.TEXT[:])
        return [b'yes']

    for auth in (None, ALICE):
        assert serve(stack(application, auth=auth)).body == b'yes'


class Streaming:
    """An application that looks at the context in every place it runs."""

    def __init__(self, chunks=3):
        self.seen = []
        self._chunks = chunks

    def _look(self):
        self.seen.append(oslo_context.get_current())

    def __call__(self, environ, start_response):
        application, look = self, self._look

        class Body(Watched):
            def __iter__(self):
                look()
                return super().__iter__()

            def close(self):
                look()
                super().close()

        def chunks():
            for _ in range(application._chunks):
                look()
                yield b'x'
            look()

        look()
        start_response('200 OK', apps.TEXT[:])
        return Body(environ, chunks())


@pytest.mark.parametrize('make', [
    functools.partial(stack, auth=ALICE), stack, errorkit.RequestId,
    errorkit.Context], ids=['authenticated', 'anonymous', 'RequestId alone',
                            'Context alone'])
def test_it_is_there_while_a_body_streams_and_in_its_close(make):
    application = Streaming()
    exchange = serve(make(application))
    assert oslo_context.get_current() is None
    assert len(application.seen) >= 7  # call, iter, 3 chunks, end, close
    assert len(set(map(id, application.seen))) == 1
    [context] = set(application.seen)
    if exchange.request_id:
        assert context.request_id == exchange.request_id


@pytest.mark.parametrize('name', [
    *apps.SOUND, *apps.FAILING_EARLY, *apps.FAILING_LATE])
@pytest.mark.parametrize('ending', [{}, {'closes': 0}, {'take': 1}], ids=str)
@pytest.mark.parametrize('make', apps.STACKS)
def test_it_is_gone_after_every_response(make, ending, name):
    application = (
        apps.SOUND | apps.FAILING_EARLY | apps.FAILING_LATE)[name]
    serve(apps.STACKS[make](application), **ending)
    assert oslo_context.get_current() is None
    assert errorkit.context.current() is None


@pytest.mark.parametrize('exception', [
    apps.Boom(), SystemExit(1), KeyboardInterrupt(),
    webob.exc.HTTPConflict('no')], ids=apps.class_of)
@pytest.mark.parametrize('make', apps.STACKS)
def test_it_is_gone_after_every_exception(make, exception):
    serve(apps.STACKS[make](apps.raising_at_once(exception)))
    assert oslo_context.get_current() is None


def test_the_next_request_on_a_thread_sees_nothing_of_the_one_before():
    app = stack(asking := Asking(), auth=lambda inner: lambda environ, start:
                (ALICE(inner) if environ['PATH_INFO'] == '/alice'
                 else inner)(environ, start))
    first = serve(app, apps.request('/alice'))
    assert asking.seen.user_id == 'alice'
    second = serve(app, apps.request('/anonymous'))
    assert_anonymous(asking.seen)
    assert asking.seen.request_id == second.request_id != first.request_id


@pytest.mark.parametrize('ending', ['close', 'drop'])
def test_it_is_gone_at_the_end_of_a_body_even_before_its_close(ending):
    exchange = apps.Exchange(stack(Streaming(), auth=ALICE))
    exchange.call()
    assert oslo_context.get_current() is None
    while exchange.step():
        continue
    assert oslo_context.get_current() is None
    getattr(exchange, ending)()
    assert oslo_context.get_current() is None


class VolumeContext(oslo_context.RequestContext):
    """A service's own context, made in its own way."""

    def __init__(self, *args, quota_class=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.quota_class = quota_class

    @classmethod
    def from_environ(cls, environ, **kwargs):
        kwargs['quota_class'] = environ.get('HTTP_X_QUOTA_CLASS')
        return super().from_environ(environ, **kwargs)


@pytest.mark.parametrize('first', [
    lambda environ: None, VolumeContext.from_environ], ids=['ours', 'own'])
@pytest.mark.parametrize('read_by', [0, 1, 2])
def test_each_step_may_be_taken_by_another_thread(read_by, first):
    streaming = Streaming()

    def application(environ, start_response):
        first(environ)
        return streaming(environ, start_response)

    exchange = apps.Exchange(stack(application, auth=ALICE))
    pools = [concurrent.futures.ThreadPoolExecutor(1) for _ in range(3)]
    pools[0].submit(exchange.call).result()
    pools[read_by].submit(exchange.step).result()
    for number in range(3):
        pools[number].submit(exchange.step).result()
    pools[2].submit(exchange.close).result()
    assert exchange.body == b'xxx'
    assert {context.request_id for context in streaming.seen} == {
        exchange.request_id}
    for pool in pools:
        assert pool.submit(oslo_context.get_current).result() is None
        pool.shutdown()


# -- whose it is: a client's word is nobody's identity

@pytest.mark.parametrize('header', [*IDENTITY, *TOKENS])
@pytest.mark.parametrize('make', [
    stack, functools.partial(stack, auth=apps.passing), errorkit.Context,
    lambda app: errorkit.FaultWrapper(errorkit.Context(app)),
    lambda app: errorkit.RequestId(errorkit.Context(app)),
], ids=['no auth', 'auth that sets nothing', 'Context alone',
        'FaultWrapper and Context', 'RequestId and Context'])
def test_a_header_of_the_client_is_no_identity(make, header):
    context = seen_by(make, apps.request(**{header: 'admin'}))
    assert_anonymous(context)


@pytest.mark.parametrize('make', [
    stack, functools.partial(stack, auth=apps.passing)])
def test_all_of_them_together_are_none_either(make, records):
    everything = dict.fromkeys([*IDENTITY, *TOKENS], 'admin')
    assert_anonymous(seen_by(make, apps.request(
        **everything, HTTP_X_IS_ADMIN_PROJECT='True')))
    assert {(record.user_id, record.project_id)
            for record in records.kept} == {('-', '-')}


@pytest.mark.parametrize('header', [*IDENTITY])
def test_an_auth_layer_that_sets_some_vouches_for_no_others(header):
    auth = authenticating(HTTP_X_USER_NAME='alice')
    if header == 'HTTP_X_USER_NAME':
        auth = authenticating(HTTP_X_USER_ID='u1')
    context = seen_by(functools.partial(stack, auth=auth),
                      apps.request(**{header: 'admin'}))
    assert not getattr(context, IDENTITY[header])
    assert context.user_name == 'alice' or context.user_id == 'u1'


@pytest.mark.parametrize('header', [*IDENTITY])
def test_what_the_auth_layer_sets_is_the_identity(header):
    context = seen_by(functools.partial(
        stack, auth=authenticating(**{header: 'a,b'})))
    value = getattr(context, IDENTITY[header])
    assert value == (['a', 'b'] if 'ROLE' in header else 'a,b')


@pytest.mark.parametrize('header', [*IDENTITY])
def test_what_the_auth_layer_sets_takes_the_place_of_a_claim(header):
    context = seen_by(
        functools.partial(stack, auth=authenticating(**{header: 'truth'})),
        apps.request(**{header: 'claim'}))
    assert getattr(context, IDENTITY[header]) in ('truth', ['truth'])


@pytest.mark.parametrize('header', [*IDENTITY])
def test_what_the_auth_layer_takes_away_is_gone(header):
    def auth(application):
        def layer(environ, start_response):
            del environ[header]
            return authenticating(HTTP_X_USER_DOMAIN_NAME='d')(application)(
                environ, start_response)
        return layer

    context = seen_by(functools.partial(stack, auth=auth),
                      apps.request(**{header: 'claim'}))
    if header != 'HTTP_X_USER_DOMAIN_NAME':
        assert not getattr(context, IDENTITY[header])


@pytest.mark.parametrize('header', [*IDENTITY])
def test_a_client_that_claims_what_is_true_is_still_known(header):
    # Else its lines in the log would lose their user at its own wish.
    more = ('HTTP_X_USER_DOMAIN_ID' if header != 'HTTP_X_USER_DOMAIN_ID'
            else 'HTTP_X_USER_ID')
    context = seen_by(
        functools.partial(stack, auth=authenticating(
            **{header: 'truth', more: 'more'})),
        apps.request(**{header: ''.join(list('truth'))}))
    assert getattr(context, IDENTITY[header]) in ('truth', ['truth'])
    assert getattr(context, IDENTITY[more]) == 'more'


@pytest.mark.parametrize('header', [*IDENTITY])
def test_a_layer_that_only_rewrites_what_the_client_sent_vouches_for_nobody(
        header):
    # Such as one that decodes headers, or makes a copy of environ.
    def rewriting(application):
        def layer(environ, start_response):
            copied = {
                key: ''.join(list(value)) if type(value) is str else value
                for key, value in environ.items()}
            return application(copied, start_response)
        return layer

    assert_anonymous(seen_by(functools.partial(stack, auth=rewriting),
                             apps.request(**{header: 'admin'})))


def test_the_token_is_there_only_for_an_established_identity():
    token = {'x_auth_token': 'secret'}
    assert seen_by(stack, apps.request(**token)).auth_token is None
    context = seen_by(functools.partial(stack, auth=ALICE),
                      apps.request(**token))
    assert context.auth_token == 'secret'


def test_of_two_headers_that_name_the_user_only_the_believed_one_counts():
    # X-User is the old name of X-User-Id, which goes before it.
    context = seen_by(
        functools.partial(stack, auth=authenticating(HTTP_X_USER='alice')),
        apps.request(x_user_id='root'))
    assert context.user_id == 'alice'


def test_is_admin_project_is_not_the_clients_to_say():
    plain = seen_by(functools.partial(stack, auth=ALICE))
    claimed = seen_by(functools.partial(stack, auth=ALICE),
                      apps.request(x_is_admin_project='False'))
    assert claimed.is_admin_project == plain.is_admin_project


@pytest.mark.parametrize('mark', MARKS)
@pytest.mark.parametrize('make', [stack, errorkit.Context])
def test_the_mark_of_keystonemiddleware_vouches_for_all(make, mark):
    # It has taken away every header of the client's that it did not set.
    context = seen_by(make, apps.request(**{
        mark: object(), 'HTTP_X_USER_ID': 'alice',
        'HTTP_X_PROJECT_ID': 'p1', 'HTTP_X_ROLES': 'admin'}))
    assert (context.user_id, context.project_id) == ('alice', 'p1')
    assert context.roles == ['admin']


@pytest.mark.parametrize('mark', MARKS)
@pytest.mark.parametrize('header', [
    f'HTTP_{mark.upper().replace(".", "_")}' for mark in MARKS])
def test_no_header_can_pass_for_that_mark(header, mark):
    context = seen_by(stack, apps.request(
        **{header: 'yes', 'HTTP_X_USER_ID': 'root'}))
    assert_anonymous(context)


@pytest.mark.parametrize('make', [
    functools.partial(stack, auth='outside'),
    functools.partial(errorkit.Context, auth='outside')])
def test_a_layer_outside_may_be_named_as_the_auth_layer(make, records):
    context = seen_by(make, apps.request(x_user_id='alice', x_roles='admin'))
    assert (context.user_id, context.roles) == ('alice', ['admin'])
    assert records.of('errorkit.context', logging.WARNING) == []


@pytest.mark.parametrize('make', [
    functools.partial(stack, auth='noauth'),
    functools.partial(errorkit.Context, auth='noauth')])
def test_noauth_believes_the_client_and_warns_at_start(make, records):
    app = make(asking := Asking())
    [warning] = records.of('errorkit.context')
    assert warning.levelno == logging.WARNING
    assert 'noauth' in warning.getMessage()
    serve(app, apps.request(x_user_id='alice', x_project_id='p1'))
    assert (asking.seen.user_id, asking.seen.project_id) == ('alice', 'p1')
    assert len(records.of('errorkit.context')) == 1


@pytest.mark.parametrize('value', ['', 'none', 'NOAUTH', True, 5], ids=repr)
def test_another_value_of_auth_is_refused(value):
    with pytest.raises(ConfigError, match='outside, noauth'):
        errorkit.Context(apps.a_list, auth=value)


# -- trust = service_token

def service_token(**more):
    return functools.partial(
        stack, trust='service_token', auth=authenticating(**more))


def test_a_service_with_a_validated_token_may_set_the_global_id(records):
    context = seen_by(
        service_token(HTTP_X_SERVICE_ROLES='service'),
        apps.request(x_openstack_request_id=GLOBAL_ID))
    assert context.global_request_id == GLOBAL_ID
    assert context.service_roles == ['service']
    first, last = records.of('errorkit.request_log')
    assert first.global_request_id == '-'
    assert last.global_request_id == GLOBAL_ID


@pytest.mark.parametrize('make', [
    service_token(), service_token(HTTP_X_USER_ID='alice'),
    service_token(HTTP_X_SERVICE_USER_ID='nova'),
    service_token(HTTP_X_SERVICE_ROLES=''),
    functools.partial(stack, trust='service_token')])
def test_nobody_else_may(make, records):
    for claims in ({}, {'x_service_roles': 'service'},
                   {'x_service_token': 'stolen'}):
        environ = apps.request(x_openstack_request_id=GLOBAL_ID, **claims)
        context = seen_by(make, environ)
        assert context.global_request_id is None
        assert environ.get('openstack.global_request_id') is None
        assert 'HTTP_X_OPENSTACK_REQUEST_ID' not in environ
    assert {record.global_request_id for record in records.kept} == {'-'}


def test_a_global_id_that_was_vouched_for_does_not_come_back_either():
    exchange = serve(
        service_token(HTTP_X_SERVICE_ROLES='service')(apps.a_list),
        apps.request(x_openstack_request_id=GLOBAL_ID))
    assert GLOBAL_ID not in str(exchange.headers)


# -- a service's own class

def test_a_services_own_class_is_made_by_its_own_from_environ():
    def application(environ, start_response):
        context = oslo_context.get_current()
        assert context is environ['errorkit.context']
        assert type(context) is VolumeContext
        assert context.request_id == environ['openstack.request_id']
        assert context.global_request_id == GLOBAL_ID
        assert (context.user_id, context.roles) == (
            'alice', ['member', 'reader'])
        assert context.quota_class == 'gold'
        start_response('200 OK', apps.TEXT[:])
        return [b'yes']

    exchange = serve(
        stack(application, auth=ALICE, context_class=VolumeContext),
        apps.request(x_quota_class='gold', x_openstack_request_id=GLOBAL_ID))
    assert exchange.body == b'yes'


@pytest.mark.parametrize('header', [*IDENTITY, *TOKENS])
@pytest.mark.parametrize('make', [
    functools.partial(stack, context_class=VolumeContext),
    functools.partial(stack, context_class=VolumeContext,
                      auth=apps.passing)])
def test_a_services_own_class_sees_no_claim_of_the_client(make, header):
    assert_anonymous(seen_by(make, apps.request(**{header: 'admin'})))


def test_a_services_own_class_lives_as_long():
    application = Streaming()
    exchange = serve(stack(application, auth=ALICE,
                           context_class=VolumeContext))
    assert {(type(context), context.user_id, context.request_id)
            for context in application.seen} == {
        (VolumeContext, 'alice', exchange.request_id)}


def test_a_class_that_fails_is_our_500():
    class FailingContext(oslo_context.RequestContext):
        @classmethod
        def from_environ(cls, environ, **kwargs):
            raise apps.Boom

    exchange = serve(stack(apps.a_list, context_class=FailingContext))
    assert exchange.code == 500
    assert exchange.errors[0]['request_id'] == exchange.request_id


@pytest.mark.parametrize('value', [dict, 'x', 5], ids=repr)
def test_what_is_no_context_class_is_refused(value):
    with pytest.raises(ConfigError, match='from_environ'):
        errorkit.Context(apps.a_list, context_class=value)


# -- errorkit.context.wrap

def in_request(function, **options):
    """Call a function in a request of alice's; return its result and id."""
    results = []

    def application(environ, start_response):
        results.append(function())
        start_response('200 OK', apps.TEXT[:])
        return [b'x']

    exchange = serve(stack(application, auth=ALICE, **options))
    assert exchange.code == 200
    return results[0], exchange.request_id


def ids():
    """Return the request id and the user of here and now."""
    context = oslo_context.get_current()
    return context and (context.request_id, context.user_id)


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(1) as made:
        yield made


def test_a_thread_has_no_context_by_itself(pool):
    result, _ = in_request(lambda: pool.submit(ids).result())
    assert result is None


def test_a_wrapped_function_runs_in_the_context_of_its_request(pool):
    result, request_id = in_request(
        lambda: pool.submit(errorkit.context.wrap(ids)).result())
    assert result == (request_id, 'alice')


def test_it_does_so_after_the_request_has_ended(pool):
    future, request_id = in_request(
        lambda: functools.partial(pool.submit, errorkit.context.wrap(ids)))
    assert future().result() == (request_id, 'alice')


def test_a_thread_of_a_pool_has_no_context_when_it_is_done(pool):
    in_request(lambda: pool.submit(errorkit.context.wrap(ids)).result())
    assert pool.submit(ids).result() is None


def test_nor_when_the_function_failed(pool):
    def fail():
        raise apps.Boom

    future, _ = in_request(lambda: pool.submit(errorkit.context.wrap(fail)))
    with pytest.raises(apps.Boom):
        future.result()
    assert pool.submit(ids).result() is None


def test_wrapped_outside_a_request_a_function_has_no_context():
    wrapped = errorkit.context.wrap(ids)
    assert wrapped() is None
    result, request_id = in_request(lambda: (wrapped(), ids()))
    assert result == (None, (request_id, 'alice'))


def test_a_wrapped_function_is_otherwise_the_same():
    @errorkit.context.wrap
    def add(one, *, two=2):
        """Add two numbers."""
        return one + two

    assert add(1) == 3 and add(1, two=5) == 6
    assert (add.__name__, add.__doc__) == ('add', 'Add two numbers.')


@pytest.mark.parametrize('callable_', [
    functools.partial(ids), type('Asks', (), {
        '__call__': lambda self: ids()})(), apps.Boom('x').__str__])
def test_whatever_can_be_called_can_be_wrapped(callable_, pool):
    (result, direct), request_id = in_request(
        lambda: (pool.submit(errorkit.context.wrap(callable_)).result(),
                 callable_()))
    assert result == direct
    assert result in ('x', (request_id, 'alice'))


def test_wrapped_functions_of_many_requests_share_a_pool():
    def work(wanted):
        barrier.wait(20)
        return ids() == wanted

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        barrier = threading.Barrier(8)
        futures = [
            in_request(lambda: pool.submit(
                errorkit.context.wrap(work), ids()))[0]
            for _ in range(8)]
        assert all(future.result(20) for future in futures)


def test_a_wrapped_coroutine_function_keeps_its_context_over_each_await():
    async def ask():
        seen = [ids()]
        for _ in range(3):
            await asyncio.sleep(0)
            seen.append(ids())
        return seen

    async def main(coroutines):
        return await asyncio.gather(*(made() for made in coroutines))

    wanted, made = [], []
    for _ in range(3):
        coroutine, request_id = in_request(
            lambda: errorkit.context.wrap(ask))
        made.append(coroutine)
        wanted.append([(request_id, 'alice')] * 4)
    assert asyncio.run(main(made)) == wanted


def test_a_wrapped_coroutine_leaves_the_context_of_its_task_alone():
    async def ask():
        return ids()

    async def main(coroutine):
        return ids(), await coroutine(), ids()

    coroutine, request_id = in_request(lambda: errorkit.context.wrap(ask))
    assert asyncio.run(main(coroutine)) == (
        None, (request_id, 'alice'), None)


def test_a_failing_wrapped_coroutine_leaves_nothing_behind():
    async def fail():
        raise apps.Boom

    async def main(coroutine):
        with pytest.raises(apps.Boom):
            await coroutine()
        return ids()

    coroutine, _ = in_request(lambda: errorkit.context.wrap(fail))
    assert asyncio.run(main(coroutine)) is None


def test_tasks_of_asyncio_have_each_their_own_context():
    # As under an adapter that runs WSGI applications in tasks.
    async def handle(path):
        application = Streaming()
        exchange = apps.Exchange(
            stack(application, auth=ALICE), apps.request(path))
        exchange.call()
        await asyncio.sleep(0)
        while exchange.step():
            await asyncio.sleep(0)
        exchange.close()
        assert oslo_context.get_current() is None
        return exchange.request_id, {
            context.request_id for context in application.seen}

    async def main():
        return await asyncio.gather(*(handle(f'/{n}') for n in range(5)))

    results = asyncio.run(main())
    assert len({request_id for request_id, _ in results}) == 5
    for request_id, seen in results:
        assert seen == {request_id}


def test_a_task_begun_in_a_request_inherits_its_context():
    async def main():
        return await asyncio.create_task(later())

    async def later():
        return ids()

    result, request_id = in_request(lambda: asyncio.run(main()))
    assert result == (request_id, 'alice')


def test_a_copied_context_carries_it_into_a_thread(pool):
    result, request_id = in_request(lambda: pool.submit(
        contextvars.copy_context().run, ids).result())
    assert result == (request_id, 'alice')


def test_a_thread_may_make_it_current_as_services_do(pool):
    # What nova's and cinder's own helpers for threads do.
    def work(context):
        context.update_store()
        return ids()

    def application():
        return pool.submit(work, oslo_context.get_current()).result()

    result, request_id = in_request(application)
    assert result == (request_id, 'alice')
    pool.submit(delattr, oslo_context._request_store, 'context').result()


# -- a context that nobody has looked at yet

def lazy(**options):
    """Return the context of a request of alice's, not looked at."""
    return in_request(oslo_context.get_current, **options)[0]


def shown(context):
    """Return all that a context says."""
    return {name: value for name, value in context.to_dict().items()
            if name != 'timestamp'}


@pytest.mark.parametrize('duplicate', [
    copy.copy, copy.deepcopy,
    *(functools.partial(lambda protocol, context: pickle.loads(
        pickle.dumps(context, protocol)), protocol)
      for protocol in range(pickle.HIGHEST_PROTOCOL + 1))])
@pytest.mark.parametrize('read', [False, True])
def test_it_copies_and_pickles(read, duplicate):
    context = lazy()
    if read:
        assert context.user_id == 'alice'
    made = duplicate(context)
    assert made is not context
    assert made.user_id == 'alice'
    assert shown(made) == shown(context)
    made.user_id = 'bob'
    assert context.user_id == 'alice'
    assert oslo_context.get_current() is None


def test_what_is_set_before_the_first_look_survives_it():
    def application():
        context = oslo_context.get_current()
        context.project_id = 'p2'
        context.quota_class = 'gold'
        context.is_admin = True
        return (context.user_id, context.project_id, context.quota_class,
                context.is_admin, context.roles)

    result, _ = in_request(application)
    assert result == ('alice', 'p2', 'gold', True, ['member', 'reader'])


def test_what_it_does_not_have_it_does_not_have():
    context = lazy()
    assert not hasattr(context, 'nothing_of_the_kind')
    with pytest.raises(AttributeError, match='nothing_of_the_kind'):
        _ = context.nothing_of_the_kind


def test_to_oslo_it_is_a_request_context_and_a_users():
    context = lazy()
    assert isinstance(context, oslo_context.RequestContext)
    assert oslo_context.is_user_context(context)


def test_a_redacted_copy_does_not_become_the_current_one():
    def application():
        context = oslo_context.get_current()
        redacted = context.redacted_copy()
        assert oslo_context.get_current() is context
        assert redacted.redacted_copy() is not redacted
        assert oslo_context.get_current() is context
        return context, redacted

    def auth(inner):
        def layer(environ, start_response):
            environ['HTTP_X_AUTH_TOKEN'] = 'secret'
            return ALICE(inner)(environ, start_response)
        return layer

    made = []

    def app(environ, start_response):
        made.extend(application())
        start_response('200 OK', apps.TEXT[:])
        return [b'x']

    assert serve(stack(app, auth=auth)).code == 200
    context, redacted = made
    assert context.auth_token == 'secret'
    assert redacted.auth_token is None
    assert redacted.user_id == 'alice'
    assert redacted.request_id == context.request_id


def test_many_threads_may_look_at_it_first():
    def look():
        barrier.wait(20)
        return context.user_id, context.roles, shown(context)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            context = lazy()
            barrier = threading.Barrier(8)
            results = [future.result(20) for future in
                       [pool.submit(look) for _ in range(8)]]
            assert all(result == results[0] for result in results)
            assert results[0][:2] == ('alice', ['member', 'reader'])


ENVIRONS = st.dictionaries(
    st.sampled_from([*IDENTITY, *TOKENS, 'HTTP_X_IS_ADMIN_PROJECT']),
    st.sampled_from(['', 'a', 'a,b', ' a , b ', 'true', 'False', 'all',
                     'caf\xe9']))


@settings(deadline=None)
@given(ENVIRONS)
def test_it_says_what_oslo_context_would_say(identity):
    environ = apps.request(**identity)
    context = seen_by(functools.partial(stack, auth='outside'), environ)
    if not set(identity) - set(TOKENS):
        return  # a token alone establishes nobody
    # Of oslo's own class, from the same environ.
    other = oslo_context.RequestContext.from_environ(
        environ, overwrite=False)
    del oslo_context._request_store.context
    assert shown(context) == shown(other)
    assert dict(context.to_policy_values()) == dict(other.to_policy_values())


def in_a_record(context):
    """Return what oslo.log shows of a context, and what oslo's own would."""
    other = copy.copy(context)
    return (context.get_logging_values(),
            oslo_context.RequestContext.get_logging_values(other))


def anonymous(**headers):
    return seen_by(stack, apps.request(**headers))


@pytest.mark.parametrize('headers', [
    {}, {'HTTP_X_OPENSTACK_REQUEST_ID': GLOBAL_ID}])
@pytest.mark.parametrize('change', [
    None, ('user_id', 'bob'), ('roles', ['admin']), ('request_id', 'req-0'),
    ('global_request_id', 'req-1'), ('auth_token', 'secret'),
    ('user_idt_format', '{user}!')])
def test_a_record_shows_of_an_anonymous_one_what_oslo_would(headers, change):
    context = anonymous(**headers)
    if change is not None:
        setattr(context, *change)
    ours, theirs = in_a_record(context)
    assert ours == theirs
    assert list(ours) == list(theirs)
    assert 'secret' not in str(ours)


def test_so_it_does_when_the_class_has_another_format(monkeypatch):
    context = anonymous()
    monkeypatch.setattr(oslo_context.RequestContext, 'user_idt_format',
                        '{user} of {project_id}')
    ours, theirs = in_a_record(context)
    assert ours == theirs
    assert ours['user_identity'] == '- of -'


def test_what_one_record_is_shown_is_not_shown_to_the_next():
    context = anonymous()
    first = context.get_logging_values()
    first['roles'].append('admin')
    first['user'] = 'eve'
    second = context.get_logging_values()
    assert second['roles'] == []
    assert second['user'] is None


# -- applications that make contexts of their own

def own_context():
    oslo_context.RequestContext(user_id='own', request_id=GLOBAL_ID)


def own_context_in_a_thread_local_way():
    oslo_context.RequestContext(user_id='own').update_store()


@pytest.mark.parametrize('make', [
    own_context, own_context_in_a_thread_local_way,
    oslo_context.get_admin_context])
def test_the_request_log_keeps_the_requests_own_ids(make, records):
    def application(environ, start_response):
        make()
        start_response('200 OK', apps.TEXT[:])
        return [b'x']

    for app in (application, streaming_after(make)):
        records.kept.clear()
        exchange = serve(stack(app, auth=ALICE))
        assert oslo_context.get_current() is None
        [line] = records.of('errorkit.request_log', logging.INFO)
        assert line.request_id == exchange.request_id
        assert line.user_id == 'alice'


def streaming_after(make):
    """Return an application that makes a context in each of its steps."""
    def application(environ, start_response):
        def chunks():
            for _ in range(3):
                make()
                yield b'x'

        make()
        start_response('200 OK', apps.TEXT[:])
        return Watched(environ, chunks())
    return application


def test_an_admin_context_made_in_a_handler_is_not_the_current_one():
    def application():
        before = oslo_context.get_current()
        admin = oslo_context.get_admin_context()
        assert admin.is_admin
        return oslo_context.get_current() is before

    assert in_request(application)[0] is True


def test_a_context_of_its_own_is_current_for_the_rest_of_the_handler():
    def application():
        own = oslo_context.RequestContext(user_id='own')
        return oslo_context.get_current() is own

    assert in_request(application)[0] is True
    assert oslo_context.get_current() is None


def test_a_body_streams_in_a_context_of_its_own_that_has_the_requests_id():
    # As services do whose class is made in a layer of their own.
    seen = []

    def application(environ, start_response):
        VolumeContext.from_environ(environ, quota_class=None)
        start_response('200 OK', apps.TEXT[:])

        def chunks():
            for _ in range(3):
                seen.append(oslo_context.get_current())
                yield b'x'
        return Watched(environ, chunks())

    exchange = serve(stack(application, auth=ALICE))
    assert {type(context) for context in seen[1:]} == {VolumeContext}
    assert {context.request_id for context in seen} == {exchange.request_id}


def test_a_body_streams_in_no_context_of_another_request():
    seen = []

    def application(environ, start_response):
        own_context()
        start_response('200 OK', apps.TEXT[:])

        def chunks():
            for _ in range(3):
                seen.append(ids())
                yield b'x'
        return Watched(environ, chunks())

    exchange = serve(stack(application, auth=ALICE))
    assert seen[1:] == [(exchange.request_id, 'alice')] * 2


# -- setting up

BEFORE = '''
from oslo_context import context as oslo_context
own = oslo_context.RequestContext(user_id='service')
import apps, errorkit

def application(environ, start_response):
    print(oslo_context.get_current().user_id)
    start_response('200 OK', apps.TEXT[:])
    return [b'x']

print(oslo_context.get_current() is own)
app = errorkit.wrap(application, service_type='volume')
print(oslo_context.get_current() is own)
apps.serve(app)
print(oslo_context.get_current() is own)
del oslo_context._request_store.context
print(oslo_context.get_current())
'''


def test_a_context_that_was_current_before_the_setting_up_still_is():
    here = pathlib.Path(__file__).parent
    result = subprocess.run(
        [sys.executable, '-c', BEFORE], text=True, capture_output=True,
        timeout=60, cwd=here, env=dict(os.environ, PYTHONPATH=os.pathsep.join(
            [str(here), str(here.parent)])))
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ['True', 'True', 'None', 'True', 'None']


def test_being_set_up_twice_is_being_set_up_once():
    store = oslo_context._request_store
    stack(stack(apps.a_list))
    assert oslo_context._request_store is store


def test_outside_any_request_oslo_context_works_as_ever():
    own = oslo_context.RequestContext(user_id='periodic task')
    try:
        assert oslo_context.get_current() is own
        assert errorkit.context.current() is own
        serve(stack(apps.a_list))
        assert oslo_context.get_current() is own
    finally:
        del oslo_context._request_store.context
    assert oslo_context.get_current() is None
