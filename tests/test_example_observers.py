# SPDX-License-Identifier: Apache-2.0
"""The example's bug on a real message bus, and its numbers for Prometheus."""

import collections
import contextlib
import json
import os
import pathlib
import re
import time
import uuid

import pytest
from oslo_config import cfg
from prometheus_client.parser import text_string_to_metric_families

from errorkit.observers import oslo_messaging as bus

# Imported there without the warnings of what it imports itself.
oslo_messaging = bus.oslo_messaging

ROOT = pathlib.Path(__file__).resolve().parent.parent
BROKER = os.environ.get('ERRORKIT_TEST_AMQP_URL')
SECONDS = 30
VOLUMES = '/v3/bakery/volumes'
SECRET = 'plover-secret'
ADA = {
    'OpenStack-API-Version': 'volume 3.70',
    'X-User-Id': 'ada',
    'X-Project-Id': 'bakery',
}

pytestmark = pytest.mark.server


def eventually(condition):
    """Wait until there is something, and return it."""
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, 'it never came to be'
        time.sleep(0.05)
    return found


@pytest.fixture(name='serving')
def _serving(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / 'examples')
    from volumes.stage import Server

    return Server


def asked(server, method, path, body=None, **headers):
    """Ask as Ada of the bakery."""
    content = None if body is None else json.dumps(body)
    return server.ask(method, path, {**ADA, **headers}, content)


def made(server, name, size=1):
    """Make a volume, and return its path once it is there."""
    wanted = {'name': name, 'size': size}
    reply = asked(server, 'POST', VOLUMES, {'volume': wanted})
    assert reply.status == 202
    return f'{VOLUMES}/{reply.json["volume"]["id"]}'


class Heard:
    """What a listener of oslo.messaging hears, at the priority ``error``."""

    def __init__(self):
        self.notifications = []

    def error(self, context, publisher_id, event_type, payload, metadata):
        """Keep a notification."""
        self.notifications.append(
            (context, publisher_id, event_type, payload, metadata))


@contextlib.contextmanager
def listening(url, topic):
    """Listen to a topic, and leave nothing on the broker."""
    import kombu

    heard = Heard()
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    transport = oslo_messaging.get_notification_transport(conf, url)
    listener = oslo_messaging.get_notification_listener(
        transport, [oslo_messaging.Target(exchange='openstack', topic=topic)],
        [heard], executor='threading')
    listener.start()
    try:
        yield heard.notifications
    finally:
        listener.stop()
        listener.wait()
        transport.cleanup()
        with kombu.Connection(BROKER) as connection:
            connection.channel().queue_delete(f'{topic}.error')


@pytest.mark.skipif(not BROKER, reason='ERRORKIT_TEST_AMQP_URL is not set')
def test_the_bug_is_heard_on_the_bus_and_no_secret_is(serving):
    url = re.sub('^amqp:', 'rabbit:', BROKER)
    topic = f'volumes-{uuid.uuid4().hex}'
    with (
        listening(url, topic) as heard,
        serving(VOLUMES_AMQP_URL=url, VOLUMES_AMQP_TOPIC=topic) as server,
    ):
        volume = made(server, 'ice cream')
        reply = asked(
            server, 'GET', f'{volume}/statistics?token={SECRET}',
            **{'X-Auth-Token': SECRET, 'Authorization': f'Bearer {SECRET}',
               'Cookie': f'session={SECRET}'})
        assert reply.status == 500
        # What fails after it was accepted is told too, by the same means.
        sea = asked(server, 'POST', VOLUMES,
                    {'volume': {'name': 'the sea', 'size': 600}})
        assert sea.status == 202
        eventually(lambda: len(heard) >= 2)
        logged = server.notifications(reply.request_id)
        output = server.output()
    by_kind = {one[3]['kind']: one for one in heard}
    assert len(heard) == 2
    context, publisher, event, payload, _ = by_kind['response']
    assert event == 'volume.error'
    assert publisher.startswith('volume.')
    assert payload['request_id'] == reply.request_id
    assert (payload['status'], payload['code']) == (
        500, 'volume.undefined_code')
    assert payload['exception'] == 'builtins.KeyError'
    assert payload['function_name'] == 'statistics'
    assert payload['traceback'].startswith('Traceback')
    assert (context['user_id'], context['project_id']) == ('ada', 'bakery')
    assert context['request_id'] == reply.request_id
    _, _, event, payload, _ = by_kind['action']
    assert (event, payload['code']) == ('volume.error', 'volume.no_room')
    assert payload['request_id'] == sea.request_id
    assert payload['resource_uuid'] == sea.json['volume']['id']
    # The log has the same.
    assert [one['exception'] for one in logged] == ['builtins.KeyError']
    assert SECRET not in repr(heard) + repr(logged) + output


def numbers(server):
    """The numbers of ``/metrics``, by name and labels."""
    page = server.ask('GET', '/metrics', {}, None)
    assert page.status == 200
    assert page.headers.get_content_type() == 'text/plain'
    found = collections.Counter()
    for family in text_string_to_metric_families(page.body.decode()):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def test_the_numbers_of_all_workers_add_up_to_what_was_asked(serving):
    with serving() as server:
        volume = made(server, 'ice cream')
        for _ in range(20):
            assert asked(server, 'GET', VOLUMES).status == 200
        for number in range(9):
            path = f'{VOLUMES}/lost-{number}'
            assert asked(server, 'GET', path).status == 404
        for _ in range(5):
            reply = asked(server, 'POST', VOLUMES, {
                'volume': {'name': 'ice cream', 'size': 1}})
            assert reply.status == 409
        for _ in range(3):
            reply = asked(server, 'GET', f'{volume}/statistics')
            assert reply.status == 500
        assert asked(server, 'GET', VOLUMES, **{
            'X-Openstack-Request-Id': 'req-42'}).status == 200
        # Those for the page itself are not counted.
        reply = server.ask('POST', '/metrics', {}, b'{}')
        assert reply.status == 405
        assert reply.headers['Allow'] == 'GET, HEAD'
        # A worker counts a request when it has been answered.
        total = 'errorkit_requests_total'
        found = eventually(lambda: (
            all_ := numbers(server)) and sum(
                value for (name, _), value in all_.items() if name == total
            ) == 39 and all_)

    def number(name, **labels):
        return found[name, tuple(sorted(labels.items()))]

    assert number(total, method='GET', status='2xx') == 21
    assert number(total, method='GET', status='4xx') == 9
    assert number(total, method='GET', status='5xx') == 3
    assert number(total, method='POST', status='2xx') == 1
    assert number(total, method='POST', status='4xx') == 5
    assert number(
        'errorkit_request_duration_seconds_count', method='GET') == 33
    errors = {
        dict(labels)['code']: value
        for (name, labels), value in found.items()
        if name == 'errorkit_errors_total' and value
    }
    assert errors == {
        'volume.volume_not_found': 9,
        'volume.name_exists': 5,
        'volume.undefined_code': 3,
    }
    assert number('errorkit_rejected_request_ids_total') == 1
    assert not [key for key in found if 'lost-' in repr(key)]
