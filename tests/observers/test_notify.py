# SPDX-License-Identifier: Apache-2.0
"""Notifications: which errors, what of them, how many, and how large."""

import dataclasses
import json
import logging
import socket
import threading

import apps
import pytest
import webob.exc
from apps import serve
from hypothesis import given, settings
from hypothesis import strategies as st
from oslo_context import context as oslo_context

import errorkit
from errorkit.exceptions import ConfigError
from errorkit.observers import Counts, Observers, limiting, of_failure
from errorkit.observers.notify import (
    LogNotifier,
    Notification,
    Notifications,
)
from errorkit.observers.payload import MAX_PAYLOAD, fitted, payload_of
from errorkit.request_context import CURRENT

#: How long a test waits for what must happen; it never has to.
SOON = 20
GLOBAL_ID = 'req-11111111-2222-4333-8444-555555555555'
MEMBERS = {
    'version', 'kind', 'code', 'status', 'request_id', 'global_request_id',
    'resource_type', 'resource_uuid', 'module_name', 'function_name',
    'exception', 'exception_message', 'traceback', 'suppressed'}
#: In exception texts as services write them; none may get out.
SECRETS = {
    'X-Auth-Token: gAAAAABkplover1_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa': 'plover1',
    'connecting to mysql+pymysql://cinder:plover2@db/cinder': 'plover2',
    "{'auth_token': 'plover3secret', 'user': 'ada'}": 'plover3secret',
    '{"adminPass": "plover4secret"}': 'plover4secret',
    'Authorization: Bearer plover5.plover5.plover5': 'plover5',
    'password=plover6secret': 'plover6secret',
}


@pytest.fixture(autouse=True)
def no_context():
    token = CURRENT.set(None)
    yield
    CURRENT.reset(token)


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept


class Bus:
    """A notifier that keeps what it is given."""

    name = 'bus'

    def __init__(self):
        self.sent = []

    def notify(self, notification):
        self.sent.append(notification)


class Clock:
    """Stands in for the time module: it shows what it was set to."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(limiting, 'time', made)
    return made


def failure(text='no space', **more):
    """Return the record of a failure in a worker."""
    more.setdefault('kind', 'action')
    try:
        raise apps.Boom(text)
    except apps.Boom as exc:
        return of_failure(exc, service='volume', **more)


def sent(*records, **options):
    """Return the notifications that records give."""
    bus = Bus()
    observers = Observers([Notifications(bus, **options)])
    for record in records:
        observers.tell(record)
    assert observers.flush(SOON)
    return bus.sent


def sent_of(application, environ=None, *, auth=None, **options):
    """Return the notifications of one request, and the Exchange."""
    bus = Bus()
    observers = Observers([Notifications(bus, **options)])
    exchange = serve(errorkit.wrap(
        application, service_type='volume', observers=observers, auth=auth),
        environ)
    assert observers.flush(SOON)
    return bus.sent, exchange


def conflict(environ, start_response):
    raise webob.exc.HTTPConflict('taken', comment='volume.taken')


# -- what is sent

def test_a_bug_is_notified_of_with_all_that_is_known():
    [notification], exchange = sent_of(
        apps.raises_at_once, apps.request(x_openstack_request_id=GLOBAL_ID))
    assert notification.event_type == 'volume.error'
    assert notification.publisher_id == f'volume.{socket.gethostname()}'
    assert notification.priority == 'ERROR'
    payload = dict(notification.payload)
    assert set(payload) == MEMBERS
    assert payload.pop('traceback').startswith('Traceback (most recent')
    assert payload == {
        'version': '1.0', 'kind': 'response',
        'code': 'volume.undefined_code', 'status': 500,
        'request_id': exchange.request_id, 'global_request_id': GLOBAL_ID,
        'resource_type': None, 'resource_uuid': None,
        'module_name': 'apps', 'function_name': 'raises_at_once',
        'exception': 'apps.Boom', 'exception_message': 'secret',
        'suppressed': 0}
    assert notification.context == {
        'request_id': exchange.request_id, 'global_request_id': GLOBAL_ID,
        'user_id': None, 'project_id': None}


def test_a_failed_action_is_notified_of_with_its_resource():
    [notification] = sent(failure(
        resource_type='volume', resource_uuid='v1', code='volume.full'))
    payload = notification.payload
    assert (payload['kind'], payload['status'], payload['code']) == (
        'action', None, 'volume.full')
    assert (payload['resource_type'], payload['resource_uuid']) == (
        'volume', 'v1')


def test_service_and_host_can_be_named():
    [notification] = sent(failure(), service='cinder', host='host-7')
    assert notification.event_type == 'cinder.error'
    assert notification.publisher_id == 'cinder.host-7'


def test_the_payload_is_json_and_nothing_else():
    [notification] = sent(failure())
    payload = dict(notification.payload)
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_nothing_of_a_token_is_sent_of_the_context():
    def auth(application):
        def layer(environ, start_response):
            environ['HTTP_X_USER_ID'] = 'alice'
            environ['HTTP_X_PROJECT_ID'] = 'p1'
            return application(environ, start_response)
        return layer

    [notification], _ = sent_of(
        apps.raises_at_once, apps.request(
            x_auth_token='plover-token', x_service_token='plover-service',
            authorization='Basic plover-basic', cookie='s=plover-cookie',
            query='token=plover-query'), auth=auth)
    assert notification.context['user_id'] == 'alice'
    assert notification.context['project_id'] == 'p1'
    assert 'plover' not in repr(notification)


def test_nothing_of_a_token_is_sent_of_a_workers_context():
    context = oslo_context.RequestContext(
        user_id='alice', auth_token='plover-token', overwrite=False,
        service_token='plover-service')
    [notification] = sent(failure(context=context))
    assert notification.context['user_id'] == 'alice'
    assert 'plover' not in repr(notification)


@pytest.mark.parametrize('text', SECRETS, ids=range(len(SECRETS)))
def test_no_secret_in_an_exceptions_text_is_sent(text):
    [notification], _ = sent_of(apps.raising_at_once(apps.Boom(text)))
    assert SECRETS[text] not in repr(notification)
    assert notification.payload['exception'] == 'apps.Boom'


def test_no_secret_of_an_exceptions_cause_is_sent():
    def fails(environ, start_response):
        try:
            raise KeyError('password=plover7secret')
        except KeyError as cause:
            raise apps.Boom('no space') from cause

    [notification], _ = sent_of(fails)
    assert 'KeyError' in notification.payload['traceback']
    assert 'plover7secret' not in repr(notification)


def test_a_notification_is_frozen():
    [notification] = sent(failure())
    with pytest.raises(dataclasses.FrozenInstanceError):
        notification.priority = 'INFO'


# -- which errors

def test_a_4xx_is_not_sent():
    notifications, exchange = sent_of(conflict)
    assert exchange.code == 409
    assert notifications == []


def test_a_4xx_is_sent_whose_code_was_asked_for():
    [notification], _ = sent_of(conflict, codes=['volume.taken'])
    assert notification.payload['status'] == 409
    assert notification.payload['exception_message'] is None


@pytest.mark.parametrize(('application', 'status'), [
    (apps.raising_at_once(webob.exc.HTTPServiceUnavailable('away')), 503),
    (apps.raises_after_a_chunk, None)])
def test_what_is_the_services_fault_is_sent(application, status):
    [notification], _ = sent_of(application)
    assert notification.payload['status'] == status


def test_a_users_mistake_in_a_worker_is_not_sent():
    assert sent(failure(status=413)) == []


# -- how many

def test_of_one_code_a_burst_is_sent_and_then_so_many_a_second(clock):
    bus = Bus()
    notifications = Notifications(bus, rate=0.5, burst=3)
    observers = Observers([notifications])

    def tell(count, code='volume.full'):
        before = len(bus.sent)
        for _ in range(count):
            observers.tell(failure(code=code))
            assert observers.flush(SOON)
        return [one.payload['suppressed'] for one in bus.sent[before:]]

    assert tell(10) == [0, 0, 0]
    assert notifications.suppressed == 7
    # Another code has its own.
    assert tell(1, 'volume.lost') == [0]
    clock.now += 1.9
    assert tell(1) == []
    clock.now += 0.2
    assert tell(2) == [8]
    clock.now += 1000
    # No more than a burst is ever saved up.
    assert tell(10) == [1, 0, 0]
    assert notifications.suppressed == 16
    assert observers.counts() == {'bus': Counts(told=8)}


def test_what_is_suppressed_takes_no_place_in_the_queue(clock):
    released, entered = threading.Event(), threading.Event()

    class Hanging(Bus):
        def notify(self, notification):
            entered.set()
            assert released.wait(SOON)
            super().notify(notification)

    bus = Hanging()
    observers = Observers([Notifications(bus, burst=2)])
    observers.tell(failure(code='volume.storm'))
    assert entered.wait(SOON)
    for _ in range(3000):
        observers.tell(failure(code='volume.storm'))
    observers.tell(failure(code='volume.other'))
    assert observers.dropped == 0
    released.set()
    assert observers.flush(SOON)
    assert [one.payload['code'] for one in bus.sent] == [
        'volume.storm', 'volume.storm', 'volume.other']


def test_any_number_of_codes_needs_a_bounded_number_of_buckets(clock):
    limit = limiting.Limit(1.0, 1)
    passed = sum(limit.passes(f'volume.{n}') for n in range(5000))
    assert passed == limiting.MAX_CODES + 1
    assert len(limit._buckets) == limiting.MAX_CODES + 1


# -- how large

@pytest.mark.parametrize('text', ['x', '\n', '"', '\u2603', '\U0001f30d',
                                  '\udc80', '\0'])
def test_a_payload_has_64_kib_at_most_and_says_what_is_missing(text):
    record = dataclasses.replace(
        failure(), traceback=text * 32_768, exception_message=text * 4096,
        exception='x' * 100_000, resource_uuid=text * 100_000,
        module_name=text * 1000, function_name=text * 1000)
    payload = payload_of(record)
    size = len(json.dumps(payload))
    assert size <= MAX_PAYLOAD
    if len(json.dumps(text * 32_768)) > MAX_PAYLOAD:
        assert '[...]' in payload['traceback']
        # No more is cut than has to be.
        assert size > MAX_PAYLOAD - 64
    else:
        assert payload['traceback'] == record.traceback
    assert payload['exception_message'] == record.exception_message


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=3000), st.text(max_size=3000),
       st.integers(4096, 20_000))
def test_a_payload_fits_whatever_is_in_it(traceback, message, limit):
    payload = {'version': '1.0', 'traceback': traceback,
               'exception_message': message}
    cut = fitted(payload, limit)
    assert len(json.dumps(cut)) <= limit
    assert set(cut) == set(payload)
    if len(json.dumps(payload)) <= limit:
        assert cut == payload
    elif cut['exception_message'] != message:
        # The traceback has gone first.
        assert cut['traceback'] in (' [...] ', '')


def test_a_payload_without_a_traceback_is_left_alone():
    payload = {'traceback': None, 'exception_message': None, 'x': 'y' * 5000}
    assert fitted(payload, 4096) == payload


# -- the log

def test_the_log_has_one_line_of_json_with_the_requests_ids(records):
    observers = Observers([Notifications()])
    exchange = serve(errorkit.wrap(
        apps.raises_at_once, service_type='volume', observers=observers))
    assert observers.flush(SOON)
    [record] = records.of('errorkit.observers.notify')
    assert record.levelno == logging.ERROR
    assert record.request_id == exchange.request_id
    kind, _, payload = record.getMessage().split(' ', 2)
    assert kind == 'volume.error'
    assert set(json.loads(payload)) == MEMBERS
    assert '\n' not in record.getMessage()


def test_a_line_of_the_log_has_16_kib_at_most(records):
    record = dataclasses.replace(failure(), traceback='\u2603' * 30_000)
    observers = Observers([Notifications(LogNotifier())])
    observers.tell(record)
    assert observers.flush(SOON)
    [line] = records.of('errorkit.observers.notify')
    assert len(line.getMessage()) <= 16 * 1024
    payload = json.loads(line.getMessage().split(' ', 2)[2])
    assert '[...]' in payload['traceback']


def test_a_log_that_is_off_costs_nothing(records):
    logger = logging.getLogger('errorkit.test_notify')
    logger.setLevel(logging.CRITICAL)
    LogNotifier(logger).notify(Notification('a.error', 'a.b', {}, {}))
    assert records.of('errorkit.test_notify') == []


# -- options

@pytest.mark.parametrize(('option', 'value'), [
    ('rate', 0), ('rate', -1), ('rate', 'x'), ('rate', True),
    ('rate', float('nan')), ('rate', float('inf')),
    ('burst', 0), ('burst', 1.5), ('burst', True),
    ('codes', 'volume.taken'), ('codes', 5),
    ('service', ''), ('service', 5), ('host', ''), ('host', 5),
    ('notifier', 5), ('notifier', print)])
def test_a_bad_option_is_refused_by_name(option, value):
    with pytest.raises(ConfigError) as caught:
        Notifications(**{option: value})
    assert caught.value.option == option
    assert repr(value) in str(caught.value)
