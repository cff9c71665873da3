# SPDX-License-Identifier: Apache-2.0
"""Notifications on a real RabbitMQ, and on one that is not well.

ERRORKIT_TEST_AMQP_URL says where it is, such as
``amqp://guest:guest@127.0.0.1:5672/``; without it these tests are skipped.
The broker is shared: it is cut off by a proxy, and never stopped.
"""

import contextlib
import importlib.util
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid

import apps
import kombu
import pytest
from amqp_proxy import Proxy
from apps import serve
from oslo_config import cfg
from oslo_context import context as oslo_context

import errorkit
from errorkit.exceptions import ConfigError
from errorkit.observers import Counts, Observers, courier, of_failure
from errorkit.observers import oslo_messaging as bus
from errorkit.observers.notify import Notifications
from errorkit.observers.oslo_messaging import OsloMessagingNotifier
from errorkit.request_context import CURRENT

# Imported there without the warnings of what it imports itself.
oslo_messaging = bus.oslo_messaging

TESTS = pathlib.Path(__file__).parent.parent
BROKER = os.environ.get('ERRORKIT_TEST_AMQP_URL')
#: How long a test waits for what must happen; it never has to.
SOON = 30
SECRET = 'plover-secret'
needs_broker = pytest.mark.skipif(
    not BROKER, reason='ERRORKIT_TEST_AMQP_URL is not set')


@pytest.fixture(autouse=True)
def _no_connection_stays(monkeypatch):
    """Close what a test has opened: each has a thread, with its garbage."""
    made = []
    make = oslo_messaging.get_notification_transport

    def remembered(*args, **kwargs):
        made.append(make(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(
        oslo_messaging, 'get_notification_transport', remembered)
    yield
    for transport in made:
        # In a thread, as a broker may be away or silent.
        closing = threading.Thread(
            target=transport.cleanup, daemon=True, name='closing')
        closing.start()
        closing.join(2)


@pytest.fixture(autouse=True)
def no_context():
    token = CURRENT.set(None)
    yield
    CURRENT.reset(token)


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept


def eventually(condition):
    """Wait until a condition holds."""
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end, 'it never came to be'
        time.sleep(0.01)


class Place:
    """An exchange and a topic of a test's own, and its listener."""

    def __init__(self):
        self.exchange = f'errorkit-test-{uuid.uuid4().hex}'
        self.topic = f'errors-{uuid.uuid4().hex}'
        self.heard = []
        self._listener = self._transport = None

    def notifier(self, url=None, **options):
        """Return a notifier that sends to this place."""
        return OsloMessagingNotifier(
            url or rabbit(), topics=[self.topic], exchange=self.exchange,
            **options)

    def listen(self):
        """Read back what is sent, by oslo.messaging's own listener."""
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        self._transport = oslo_messaging.get_notification_transport(
            conf, rabbit())
        self._listener = oslo_messaging.get_notification_listener(
            self._transport,
            [oslo_messaging.Target(exchange=self.exchange,
                                   topic=self.topic)],
            [self], executor='threading')
        self._listener.start()

    def error(self, context, publisher_id, event_type, payload, metadata):
        """Keep a notification of the priority ERROR."""
        self.heard.append((context, publisher_id, event_type, payload,
                           metadata))

    def messages(self):
        """Return the messages that wait, as bytes."""
        found = []
        with kombu.Connection(BROKER) as connection:
            channel = connection.channel()
            name = f'{self.topic}.error'
            while (message := channel.basic_get(name, no_ack=True)):
                found.append(message)
        return found

    def clear(self):
        """Leave nothing on the broker."""
        if self._listener is not None:
            self._listener.stop()
            self._listener.wait()
            self._transport.cleanup()
        with kombu.Connection(BROKER) as connection:
            channel = connection.channel()
            channel.queue_delete(f'{self.topic}.error')
            channel.exchange_delete(self.exchange)


@pytest.fixture(scope='module')
def cleaners():
    """Give a list of threads that are waited for in the end."""
    threads = []
    yield threads
    for thread in threads:
        thread.join(SOON)


@pytest.fixture
def place(cleaners):
    made = Place()
    yield made
    # A listener takes a second to stop.
    thread = threading.Thread(target=made.clear)
    thread.start()
    cleaners.append(thread)


@pytest.fixture
def proxy():
    with kombu.Connection(BROKER) as connection:
        made = Proxy(connection.hostname, connection.port)
    yield made
    made.cut()


def rabbit(port=None):
    """Return the broker's URL as oslo.messaging wants it."""
    url = re.sub('^amqp:', 'rabbit:', BROKER)
    if port is not None:
        url = re.sub(r'@[^/]*', f'@127.0.0.1:{port}', url)
    return url


def failure(text='no space', **more):
    """Return the record of a failure in a worker."""
    try:
        raise apps.Boom(text)
    except apps.Boom as exc:
        return of_failure(exc, kind='action', service='volume', **more)


def observing(notifier, **options):
    """Return observers that notify without limit."""
    return Observers([Notifications(
        notifier, rate=1e6, burst=10**6, **options)])


def stack(observers, application=apps.raises_at_once, **options):
    return errorkit.wrap(application, service_type='volume',
                         observers=observers, **options)


def said(records):
    """Return what was logged of the bus by whomever, from INFO on."""
    return [record.getMessage() for record in list(records.kept)
            if record.levelno >= 20 and record.name.startswith((
                'errorkit.observers', 'oslo', 'amqp', 'kombu'))
            and not record.name.startswith('oslo_service')]


# -- a bus that is well

@needs_broker
def test_a_bug_is_heard_by_a_listener_of_oslo_messaging(place):
    place.listen()
    observers = observing(place.notifier(), host='host-7')
    exchange = serve(stack(observers))
    assert exchange.code == 500
    assert observers.flush(SOON)
    eventually(lambda: place.heard)
    [(context, publisher, event, payload, metadata)] = place.heard
    assert (publisher, event) == ('volume.host-7', 'volume.error')
    assert payload['exception'] == 'apps.Boom'
    assert payload['exception_message'] == 'secret'
    assert payload['version'] == '1.0'
    assert payload['request_id'] == exchange.request_id
    assert payload['traceback'].startswith('Traceback')
    assert context['request_id'] == exchange.request_id
    assert set(metadata) == {'message_id', 'timestamp'}
    assert re.fullmatch(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}',
                        metadata['timestamp'])
    assert observers.counts() == {'oslo_messaging': Counts(told=1)}


@needs_broker
def test_no_token_ever_reaches_the_bus(place):
    def auth(application):
        def layer(environ, start_response):
            environ['HTTP_X_USER_ID'] = 'alice'
            environ['HTTP_X_ROLES'] = 'member'
            return application(environ, start_response)
        return layer

    def fails(environ, start_response):
        context = oslo_context.get_current()
        assert context.auth_token == SECRET
        raise apps.Boom(f'X-Auth-Token: {SECRET} password={SECRET}')

    observers = observing(place.notifier())
    exchange = serve(stack(observers, fails, auth=auth), apps.request(
        x_auth_token=SECRET, x_service_token=SECRET,
        authorization=f'Bearer {SECRET}', cookie=f's={SECRET}',
        query=f'token={SECRET}'))
    assert exchange.code == 500
    observers.tell(failure(context=oslo_context.RequestContext(
        auth_token=SECRET, overwrite=False)))
    assert observers.flush(SOON)
    messages = place.messages()
    assert len(messages) == 2
    for message in messages:
        assert SECRET not in repr((message.body, message.headers,
                                   message.properties))
    assert b'alice' in messages[0].body.encode()


@needs_broker
def test_it_can_be_configured_as_oslo_messaging_is(place, monkeypatch):
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    oslo_messaging.get_notification_transport(conf, rabbit())
    conf.set_override('control_exchange', place.exchange)
    conf.set_override('transport_url', rabbit(),
                      group='oslo_messaging_notifications')
    conf.set_override('topics', [place.topic],
                      group='oslo_messaging_notifications')
    monkeypatch.setattr(cfg, 'CONF', conf)
    place.listen()
    observers = Observers([bus.notifications()])
    observers.tell(failure())
    assert observers.flush(SOON)
    eventually(lambda: place.heard)


@needs_broker
def test_each_topic_gets_the_notification(place):
    place.listen()
    other = f'{place.topic}-more'
    notifier = OsloMessagingNotifier(
        rabbit(), topics=[other, place.topic], exchange=place.exchange)
    observers = observing(notifier)
    observers.tell(failure())
    assert observers.flush(SOON)
    eventually(lambda: place.heard)
    with kombu.Connection(BROKER) as connection:
        channel = connection.channel()
        message = channel.basic_get(f'{other}.error', no_ack=True)
        channel.queue_delete(f'{other}.error')
    body = json.loads(json.loads(message.body)['oslo.message'])
    assert body['message_id'] == place.heard[0][4]['message_id']


# -- a bus that is not

@needs_broker
def test_a_broker_that_is_down_is_logged_once_and_without_the_payload(
        place, proxy, records):
    proxy.cut()
    observers = observing(place.notifier(rabbit(proxy.port), patience=0))
    for _ in range(2):
        assert serve(stack(observers)).code == 500
    assert observers.flush(SOON)
    assert observers.counts() == {'oslo_messaging': Counts(failed=2)}
    [line] = said(records)
    assert 'notifications wait for the message bus' in line
    assert 'refused' in line
    assert 'guest' not in line
    assert 'Traceback' not in line


@needs_broker
def test_a_broker_that_never_answers_lets_requests_go_on(
        place, proxy, records, monkeypatch):
    monkeypatch.setattr(courier, 'QUEUE_SIZE', 5)
    proxy.mode = 'silent'
    place.listen()
    observers = observing(place.notifier(rabbit(proxy.port)))
    application = stack(observers)
    assert serve(application).code == 500
    eventually(lambda: proxy.accepted)
    for _ in range(20):
        assert serve(application).code == 500
    # One is being sent, five wait, the others are dropped.
    assert observers.dropped == 15
    assert not observers.flush(0)
    proxy.mode = 'pass'
    proxy.cut()
    proxy.open()
    eventually(lambda: len(place.heard) == 6)
    assert observers.flush(SOON)
    assert observers.counts() == {
        'oslo_messaging': Counts(told=6, dropped=15)}
    assert [line for line in said(records) if 'dropped' in line] == [
        'observer oslo_messaging is too slow; 1 records dropped so far']


@needs_broker
def test_a_connection_that_falls_silent_is_given_up_and_made_again(
        place, proxy):
    place.listen()
    observers = observing(place.notifier(rabbit(proxy.port), timeout=1))
    observers.tell(failure('before'))
    assert observers.flush(SOON)
    proxy.mode = 'silent'
    observers.tell(failure('after'))
    # It finds out by itself, and connects again.
    eventually(lambda: proxy.accepted == 2)
    proxy.mode = 'pass'
    proxy.cut()
    proxy.open()
    eventually(lambda: len(place.heard) == 2)
    assert [heard[3]['exception_message'] for heard in place.heard] == [
        'before', 'after']


@needs_broker
def test_a_broker_that_was_cut_off_gets_what_waited_when_it_is_back(
        place, proxy, records):
    place.listen()
    observers = observing(place.notifier(rabbit(proxy.port)))
    observers.tell(failure('0'))
    assert observers.flush(SOON)
    proxy.cut()
    for number in range(1, 5):
        observers.tell(failure(str(number)))
    eventually(lambda: said(records))
    assert not observers.flush(0)
    proxy.open()
    eventually(lambda: len(place.heard) >= 5)
    assert observers.flush(SOON)
    assert [heard[3]['exception_message'] for heard in place.heard] == [
        '0', '1', '2', '3', '4']
    assert observers.counts() == {'oslo_messaging': Counts(told=5)}
    [line] = said(records)
    assert 'notifications wait for the message bus' in line


@needs_broker
def test_a_slow_broker_delays_notifications_and_no_answer(place, proxy):
    proxy.mode = 'slow'
    place.listen()
    observers = observing(place.notifier(rabbit(proxy.port)))
    application = stack(observers)
    ids = [serve(application).request_id for _ in range(3)]
    assert not observers.flush(0)
    eventually(lambda: len(place.heard) == 3)
    assert [heard[3]['request_id'] for heard in place.heard] == ids
    proxy.mode = 'pass'
    assert observers.flush(SOON)


@needs_broker
def test_a_full_queue_on_the_broker_is_counted(place, records):
    full = f'{place.topic}-full'
    with kombu.Connection(BROKER) as connection:
        channel = connection.channel()
        channel.exchange_declare(place.exchange, 'topic', durable=False,
                                 auto_delete=False)
        channel.queue_declare(full, auto_delete=False, arguments={
            'x-max-length': 1, 'x-overflow': 'reject-publish'})
        channel.queue_bind(full, place.exchange, f'{place.topic}.error')
        try:
            observers = observing(place.notifier(patience=0))
            for _ in range(3):
                observers.tell(failure())
            assert observers.flush(SOON)
            assert observers.counts() == {
                'oslo_messaging': Counts(told=1, failed=2)}
            [line] = said(records)
            assert 'Nack' in line
        finally:
            channel.queue_delete(full)


# -- processes

PROGRAM = '''
import os, sys
import apps
from errorkit.observers import Observers, of_failure
from errorkit.observers.notify import Notifications
from errorkit.observers.oslo_messaging import OsloMessagingNotifier

def tell(text):
    observers.tell(of_failure(
        apps.Boom(text), kind='action', service='volume'))

url, exchange, topic, state = sys.argv[1:]
observers = Observers([Notifications(OsloMessagingNotifier(
    url, exchange=exchange, topics=[topic]))])
'''

FORKED = PROGRAM + '''
if state == 'connected':
    tell('before')
    assert observers.flush(30)
for number in range(2):
    pid = os.fork()
    if pid == 0:
        tell(f'in child {number}')
        assert observers.flush(30)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
tell('after')
assert observers.flush(30)
'''


def environment(**more):
    """Return the environment of a program that finds what the tests find."""
    return dict(os.environ, PYTHONPATH=os.pathsep.join(
        [str(TESTS), str(TESTS.parent)]), **more)


def run_program(text, place, state='', url=None):
    """Run a program in a Python of its own."""
    result = subprocess.run(
        [sys.executable, '-c', text, url or rabbit(), place.exchange,
         place.topic, state],
        text=True, capture_output=True, timeout=60, env=environment())
    assert result.returncode == 0, result.stderr
    return result


@needs_broker
@pytest.mark.parametrize('state', ['connected', 'fresh'])
def test_after_a_fork_each_process_sends_on_its_own(place, state):
    place.listen()
    run_program(FORKED, place, state)
    expected = ['in child 0', 'in child 1', 'after']
    if state == 'connected':
        expected.insert(0, 'before')
    eventually(lambda: len(place.heard) >= len(expected))
    assert [heard[3]['exception_message'] for heard in place.heard] == (
        expected)


@needs_broker
def test_what_waits_when_a_process_ends_is_sent(place):
    place.listen()
    run_program(PROGRAM + "tell('last words')", place)
    eventually(lambda: place.heard)
    assert place.heard[0][3]['exception_message'] == 'last words'


@needs_broker
def test_a_silent_broker_keeps_no_process_from_ending(place, proxy):
    proxy.mode = 'silent'
    run_program(PROGRAM + "tell('last words')", place,
                url=rabbit(proxy.port))
    assert proxy.accepted == 1


SERVED = PROGRAM.replace('sys.argv[1:]', "os.environ['ERRORKIT_BUS'].split()"
                         ) + '''
import errorkit
application = errorkit.wrap(
    apps.raises_at_once, service_type='volume', observers=observers)
if state == 'told':
    # The parent of the workers has a connection already.
    tell('before')
    assert observers.flush(30)
'''


def server_command(kind, port, folder, *options):
    """Return what starts a server that forks after it has loaded the app."""
    if kind == 'gunicorn':
        command = [sys.executable, '-m', 'gunicorn', '--preload', '-w', '2',
                   '-b', f'127.0.0.1:{port}', '--worker-tmp-dir', folder,
                   '--graceful-timeout', '2', 'served:application']
        import gunicorn
        if int(gunicorn.__version__.split('.')[0]) >= 25:
            command.insert(-1, '--no-control-socket')
        return command
    return [uwsgi(), '--http-socket', f'127.0.0.1:{port}', '--master',
            '--processes', '2', '--need-app', '--die-on-term',
            '--home', sys.prefix, '--wsgi-file', 'served.py', *options]


def uwsgi():
    """Return the uWSGI beside this Python, or ''."""
    beside = os.path.dirname(sys.executable)
    return shutil.which('uwsgi', path=beside) or ''


def missing(kind):
    """Tell why a server cannot run here."""
    if kind == 'gunicorn' and importlib.util.find_spec('gunicorn'):
        return ''
    if kind == 'uwsgi' and uwsgi():
        return ''
    return f'not installed: {kind}'


@contextlib.contextmanager
def serving(kind, place, state, folder, *options):
    """Run a server; give a function that asks it."""
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    (folder / 'served.py').write_text(SERVED)
    env = environment(ERRORKIT_BUS=' '.join(
        [rabbit(), place.exchange, place.topic, state]))
    env['PYTHONPATH'] += os.pathsep + str(folder)
    with open(folder / 'output', 'wb') as output:
        process = subprocess.Popen(
            server_command(kind, port, str(folder), *options),
            cwd=folder, env=env,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def ask():
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=SOON)
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == 500
                return error.headers['X-Openstack-Request-Id']
        except OSError:
            assert process.poll() is None, (folder / 'output').read_text()
            return None

    try:
        eventually(ask)
        yield ask
    except BaseException as error:
        error.add_note((folder / 'output').read_text()[-5000:])
        raise
    finally:
        process.terminate()
        try:
            process.wait(SOON)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(SOON)


@needs_broker
@pytest.mark.server
@pytest.mark.parametrize('state', ['told', 'fresh'])
@pytest.mark.parametrize('kind', ['gunicorn', 'uwsgi'])
def test_workers_forked_from_a_loaded_service_send(
        kind, state, place, tmp_path):
    if missing(kind):
        pytest.skip(missing(kind))
    place.listen()
    options = ['--enable-threads'] if kind == 'uwsgi' else []
    with serving(kind, place, state, tmp_path, *options) as ask:
        ids = {ask() for _ in range(20)}
        assert len(ids) == 20
        # The bucket of each worker lets ten of a code pass at once.
        eventually(lambda: len(
            ids & {heard[3]['request_id'] for heard in place.heard}) >= 9)
    told = [heard for heard in place.heard
            if heard[3]['exception_message'] == 'before']
    assert len(told) == (state == 'told')


@needs_broker
@pytest.mark.server
@pytest.mark.parametrize(('options', 'rests'), [
    ([], True), (['--enable-threads'], False), (['--threads', '2'], False)],
    ids=['neither', 'enable-threads', 'threads'])
def test_a_uwsgi_whose_threads_rest_is_told_so(
        options, rests, place, tmp_path):
    if missing('uwsgi'):
        pytest.skip(missing('uwsgi'))
    with serving('uwsgi', place, 'fresh', tmp_path, *options) as ask:
        assert ask()
    said = (tmp_path / 'output').read_text()
    assert 'unexpected error, answered with 500' in said
    assert ('without --enable-threads' in said) == rests


# -- options

@pytest.mark.parametrize(('option', 'value'), [
    ('url', None), ('url', 'rabbit'), ('url', 'carrier-pigeon://x/'),
    ('url', 'rabbit://ada:plover-secret@host:port/'),
    ('url', 'carrier-pigeon://ada:plover-secret@host/'),
    ('topics', 'errors'), ('topics', []), ('topics', [5]), ('topics', 5),
    ('timeout', 0), ('timeout', 1.5), ('timeout', 'x'),
    ('patience', -1), ('patience', 'x'), ('patience', float('nan'))])
def test_a_bad_option_is_refused_by_name_and_without_a_password(
        option, value):
    options = {'url': 'rabbit://host/', option: value}
    with pytest.raises(ConfigError) as caught:
        OsloMessagingNotifier(**options)
    assert caught.value.option == option
    assert SECRET not in str(caught.value)


def configured(section='', **defaults):
    """Return a configuration that was read from a file."""
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
        file.write('[DEFAULT]\n')
        file.writelines(f'{name} = {value}\n'
                        for name, value in defaults.items())
        file.write(section)
        file.flush()
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[file.name], default_config_dirs=[])
    return conf


def warnings_of(records):
    return [record.getMessage() for record
            in records.of('errorkit.observers.oslo_messaging')
            if record.levelno == logging.WARNING]


def test_a_configuration_without_a_transport_is_warned_of_at_start(
        monkeypatch):
    monkeypatch.setattr(cfg, 'CONF', configured())
    with apps.recorded() as records:
        bus.notifications()
    [said] = warnings_of(records)
    assert 'no transport_url is configured' in said
    assert 'RabbitMQ on this host' in said


@pytest.mark.parametrize('conf', [
    lambda: configured(transport_url='rabbit://host/'),
    # It is the default, too; but somebody has said it.
    lambda: configured(transport_url='rabbit://'),
    lambda: configured('[oslo_messaging_notifications]\n'
                       'transport_url = rabbit://host/\n')])
def test_a_configuration_that_names_a_transport_is_not_warned_of(
        conf, monkeypatch):
    monkeypatch.setattr(cfg, 'CONF', conf())
    with apps.recorded() as records:
        bus.notifications()
    assert warnings_of(records) == []


def test_who_gives_a_url_is_not_warned_of_the_configuration():
    with apps.recorded() as records:
        OsloMessagingNotifier('rabbit://host/', conf=configured())
        OsloMessagingNotifier('rabbit://host/')
    assert warnings_of(records) == []


def test_nothing_is_connected_before_something_is_sent():
    server = socket.create_server(('127.0.0.1', 0))
    server.settimeout(0.2)
    port = server.getsockname()[1]
    threads = set(threading.enumerate())
    with server:
        OsloMessagingNotifier(f'rabbit://a:b@127.0.0.1:{port}/')
        with pytest.raises(TimeoutError):
            server.accept()
    assert set(threading.enumerate()) <= threads
