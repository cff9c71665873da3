# SPDX-License-Identifier: Apache-2.0
"""Sentry gets an event for each error of the service, and no secret."""

import logging
import subprocess
import sys
import threading
import warnings

import apps
import assertions
import observed_shop as shop
import pytest
from apps import request, serve

import errorkit
from errorkit.observers import Observers, of_failure
from errorkit.observers.notify import Notifications

with warnings.catch_warnings():
    # It looks whether eventlet is at work, and that says it is deprecated.
    warnings.simplefilter('ignore')
    import sentry_sdk
from sentry_sdk.integrations.argv import ArgvIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from sentry_sdk.scope import Scope
from sentry_sdk.transport import Transport

from errorkit.observers.sentry import Sentry

# In no line of the source, which events quote.
SESSION = '-'.join(['session', 'of', 'somebody'])
SECRETS = (shop.TOKEN, shop.PASSWORD, SESSION)


class Captured(Transport):
    """Keeps what would have gone to Sentry."""

    def __init__(self):
        super().__init__()
        self.envelopes = []

    def capture_envelope(self, envelope):
        """Keep an envelope, as the bytes that would have been sent."""
        self.envelopes.append((envelope, envelope.serialize()))

    @property
    def events(self):
        """The error events, in order."""
        return [event for envelope, _ in self.envelopes
                if (event := envelope.get_event()) is not None]


@pytest.fixture(params=['alone', 'inside Sentry'])
def around(request):
    """Put Sentry's own WSGI integration around an application, or not."""
    if request.param == 'alone':
        return lambda application: application
    return SentryWsgiMiddleware


@pytest.fixture
def start():
    """Start Sentry's SDK with a transport of ours."""
    def start_(**options):
        transport = Captured()
        with warnings.catch_warnings():
            # Some of the options are deprecated in its later releases.
            warnings.simplefilter('ignore', DeprecationWarning)
            client = sentry_sdk.Client(
                dsn='https://key@sentry.invalid/1', transport=transport,
                default_integrations=False, auto_enabling_integrations=False,
                integrations=[ArgvIntegration(), DedupeIntegration(),
                              LoggingIntegration(), ThreadingIntegration()],
                **options)
        Scope.get_global_scope().set_client(client)
        return transport

    yield start_
    Scope.get_global_scope().set_client(None)
    Scope.get_isolation_scope().clear()
    Scope.get_current_scope().clear()


@pytest.fixture
def sent(start):
    return start()


def service(around=lambda application: application, **options):
    """Return the service, with Sentry for an observer."""
    return around(shop.stack(observers=[Sentry()], **options))


def ask(application, path, **more):
    """Send a request that is full of secrets."""
    return serve(application, request(
        path, query=f'token={shop.TOKEN}', x_auth_token=shop.TOKEN,
        cookie=f'sid={SESSION}', authorization=shop.TOKEN, **more))


# -- what is sent

def test_a_bug_is_sent_with_its_tags(around, sent):
    exchange = ask(service(around), '/bug',
                   x_openstack_request_id=assertions.GLOBAL_ID)
    [event] = sent.events
    tags = event['tags']
    assert tags['code'] == 'shop.undefined_code'
    assert tags['status'] == '500'
    assert tags['request_id'] == exchange.request_id
    assert tags['global_request_id'] == assertions.GLOBAL_ID
    [raised] = event['exception']['values']
    assert (raised['module'], raised['type']) == ('observed_shop', 'Broken')
    assert raised['value'].startswith('no login with')
    frames = raised['stacktrace']['frames']
    assert frames[-1]['function'] == 'handler'


def test_an_error_that_was_meant_is_sent_by_its_code(around, sent):
    ask(service(around), '/closed')
    ask(service(around), '/closed')
    first, second = sent.events
    assert first['tags']['code'] == 'shop.closed'
    assert first['fingerprint'] == ['errorkit', 'shop.closed']
    assert second['fingerprint'] == first['fingerprint']


def test_bugs_are_told_apart_by_where_they_were_raised_too(sent):
    ask(service(), '/bug')
    [event] = sent.events
    assert event['fingerprint'] == ['{{ default }}', 'shop.undefined_code']


def test_another_layers_500_is_sent_without_an_exception(around, sent):
    ask(service(around), '/foreign/502')
    [event] = sent.events
    assert event['message'] == '502 Whatever: shop.undefined_code'
    assert 'exception' not in event
    assert event['tags']['status'] == '502'


@pytest.mark.parametrize('path', [
    '/ok', '/stream', '/conflict', '/undeclared/code', '/foreign/404'])
def test_what_is_no_error_of_the_service_is_not_sent(around, sent, path):
    ask(service(around), path)
    assert sent.events == []


def test_a_body_that_breaks_off_is_sent_once(around, sent):
    exchange = ask(service(around), '/breaks')
    assert isinstance(exchange.raised, shop.Broken)
    [event] = sent.events
    assert event['tags']['request_id'] == exchange.request_id
    assert event['tags']['kind'] == 'aborted'


def test_the_error_in_our_log_is_not_sent_a_second_time(around, sent):
    application = service(around)
    with apps.recorded() as records:
        ask(application, '/bug')
    assert records.of('errorkit.fault_wrap', logging.ERROR)
    assert len(sent.events) == 1


def test_beside_notifications_in_the_log_each_error_is_sent_once(
        around, sent):
    observers = Observers([Notifications(), Sentry()])
    application = around(shop.stack(observers=observers))
    with apps.recorded() as records:
        asked = [ask(application, path).request_id
                 for path in ('/bug', '/closed')]
        assert observers.flush(10)
    assert len(records.of('errorkit.observers.notify', logging.ERROR)) == 2
    assert [event['tags']['request_id'] for event in sent.events] == asked


def test_an_exception_of_a_module_is_sent_each_time(sent):
    raised = shop.fail()
    application = errorkit.wrap(
        apps.raising_at_once(raised), service_type='shop',
        observers=[Sentry()])
    ids = [serve(application).request_id for _ in range(3)]
    assert [event['tags']['request_id'] for event in sent.events] == ids


def test_the_events_id_is_in_the_log(sent):
    with apps.recorded() as records:
        exchange = ask(service(), '/bug')
    [event] = sent.events
    [record] = records.of('errorkit.observers.sentry')
    assert event['event_id'] in record.getMessage()
    assert record.request_id == exchange.request_id


def test_a_failed_action_of_a_worker_is_sent(sent):
    observers = Observers([Sentry()])
    raised = shop.fail()
    observers.tell(of_failure(
        raised, kind='action', service='shop', code='shop.closed'), raised)
    [event] = sent.events
    assert event['tags']['kind'] == 'action'
    assert event['tags']['code'] == 'shop.closed'
    assert 'status' not in event['tags']


# -- what is not sent

@pytest.mark.parametrize('path', ['/bug', '/breaks', '/closed',
                                  '/foreign/500'])
@pytest.mark.parametrize('options', [
    {},
    {'data_collection': {}},
    {'send_default_pii': True, 'include_local_variables': True,
     'attach_stacktrace': True, 'add_full_stack': True,
     'max_request_body_size': 'always'},
])
def test_no_secret_of_a_request_leaves(around, start, path, options):
    sent = start(**options)
    ask(service(around), path)
    assert len(sent.events) == 1
    for _, sent_bytes in sent.envelopes:
        for secret in SECRETS:
            assert secret.encode() not in sent_bytes
    event = sent.events[0]
    assert set(event['request']) <= {'method', 'url'}
    assert "'vars':" not in str(event)


def test_the_text_of_every_exception_in_a_chain_is_masked(sent):
    def application(environ, start_response):
        try:
            raise shop.fail()
        except shop.Broken as exc:
            raise shop.Broken('second, password=hunter2hunter2') from exc

    serve(errorkit.wrap(application, service_type='shop',
                        observers=[Sentry()]))
    [event] = sent.events
    assert len(event['exception']['values']) == 2
    assert shop.PASSWORD not in str(
        [one['value'] for one in event['exception']['values']])


def test_lines_of_source_are_masked(sent):
    password = 'planted-here'

    def application(environ, start_response):
        database = {'password': 'planted-here'}
        raise LookupError(len(database))

    serve(errorkit.wrap(application, service_type='shop',
                        observers=[Sentry()]))
    [event] = sent.events
    assert password not in str(event)
    [raised] = event['exception']['values']
    lines = str([one['pre_context'] for one in raised['stacktrace']['frames']])
    assert "database = {'password': '***'}" in lines.replace('\\', '')


def test_an_event_that_cannot_be_masked_is_sent_without_its_contents(
    sent, monkeypatch
):
    def fails(value, depth=8):
        raise RuntimeError

    monkeypatch.setattr('errorkit.observers.sentry._masked', fails)

    def application(environ, start_response):
        Scope.get_isolation_scope().set_tag('password', 'planted-here')
        raise LookupError('planted-here')

    serve(errorkit.wrap(application, service_type='shop',
                        observers=[Sentry()]))
    [event] = sent.events
    assert 'planted-here' not in str(event)
    assert event['tags']['code'] == 'shop.undefined_code'


def test_breadcrumbs_and_extras_are_masked(sent):
    def application(environ, start_response):
        logging.getLogger('shop').warning(
            'trying password=%s', shop.PASSWORD)
        Scope.get_isolation_scope().set_extra(
            'deep', {
                'list': [f'password={shop.PASSWORD}', 3, None],
                'password': shop.PASSWORD, 'size': 'large'})
        return shop.routed(environ, start_response)

    serve(errorkit.wrap(application, service_type='shop',
                        observers=[Sentry()]), request('/bug'))
    [event] = sent.events
    [crumb] = [one for one in event['breadcrumbs']['values']
               if one['category'] == 'shop']
    assert crumb['message'].startswith('trying password=')
    assert event['extra']['deep']['list'][1:] == [3, None]
    assert event['extra']['deep']['size'] == 'large'
    assert shop.PASSWORD not in str(event['breadcrumbs'])
    assert shop.PASSWORD not in str(event['extra'])


def test_what_a_service_says_of_itself_and_its_user_is_masked(sent):
    def application(environ, start_response):
        scope = Scope.get_isolation_scope()
        scope.set_context('backend', {
            'password': shop.PASSWORD, 'deep': {'token': shop.TOKEN},
            'size': 3, 'zone': 'north'})
        scope.set_tag('password', shop.PASSWORD)
        scope.set_tag('zone', 'north')
        scope.set_user({'id': 'blue', 'password': shop.PASSWORD})
        return shop.routed(environ, start_response)

    exchange = serve(
        errorkit.wrap(application, service_type='shop',
                      observers=[Sentry()]), request('/bug'))
    [event] = sent.events
    [(_, sent_bytes)] = sent.envelopes
    assert shop.PASSWORD.encode() not in sent_bytes
    assert shop.TOKEN.encode() not in sent_bytes
    assert event['contexts']['backend']['size'] == 3
    assert event['contexts']['backend']['zone'] == 'north'
    assert event['user']['id'] == 'blue'
    assert event['tags']['zone'] == 'north'
    assert event['tags']['code'] == 'shop.undefined_code'
    assert event['tags']['status'] == '500'
    assert event['tags']['kind'] == 'response'
    assert event['tags']['request_id'] == exchange.request_id


def test_the_trace_of_an_event_stays(start):
    sent = start(traces_sample_rate=1.0)
    with sentry_sdk.start_transaction(name='request') as transaction:
        serve(errorkit.wrap(shop.routed, service_type='shop',
                            observers=[Sentry()]), request('/bug'))
    [event] = sent.events
    assert event['contexts']['trace']['trace_id'] == transaction.trace_id


# -- isolation

def test_nothing_of_a_request_is_in_the_next_ones_event(around, sent):
    application = service(around)
    first = ask(application, '/bug',
                x_openstack_request_id=assertions.GLOBAL_ID)
    second = ask(application, '/closed')
    told, later = sent.events
    assert told['tags']['request_id'] == first.request_id
    assert later['tags']['request_id'] == second.request_id
    assert 'global_request_id' not in later['tags']
    sentry_sdk.capture_message('of nobody')
    assert 'request_id' not in (sent.events[-1].get('tags') or {})
    assert sent.events[-1].get('fingerprint') is None


def test_requests_of_several_threads_are_kept_apart(around, sent):
    application = service(around)
    ids = []

    def many():
        ids.extend(ask(application, path).request_id
                   for path in ('/bug', '/ok', '/closed', '/conflict') * 10)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [event['tags']['request_id'] for event in sent.events]
    assert len(found) == len(set(found)) == 80
    assert set(found) <= set(ids)


# -- without Sentry, and when it fails

def test_without_a_client_nothing_happens():
    assert ask(service(), '/bug').code == 500


def test_a_client_that_fails_changes_no_response(start):
    def fail(event, hint):
        raise shop.Broken('before_send')

    start(before_send=fail)
    assert ask(service(), '/bug').code == 500


def test_a_missing_extra_is_named():
    code = (
        'import sys; sys.modules["sentry_sdk"] = None\n'
        'try:\n'
        '    import errorkit.observers.sentry\n'
        'except ImportError as exc:\n'
        '    print(exc)\n')
    found = subprocess.run([sys.executable, '-c', code], check=True,
                           capture_output=True, text=True).stdout
    assert "pip install 'errorkit[sentry]'" in found
