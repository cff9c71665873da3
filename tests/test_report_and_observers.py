# SPDX-License-Identifier: Apache-2.0
"""An error is logged once, and its observers are told without delay."""

import copy
import dataclasses
import logging
import os
import pathlib
import pickle
import subprocess
import sys
import threading

import apps
import greenlet
import pytest
import webob.dec
import webob.exc
from apps import serve
from oslo_context import context as oslo_context

import errorkit
from errorkit import observers as observing
from errorkit.exceptions import ConfigError
from errorkit.observers import ErrorRecord, Observers, quiet

CODE = 'volume.name_exists'
#: How long a test waits for what must happen; it never has to.
SOON = 20
GLOBAL_ID = 'req-11111111-2222-4333-8444-555555555555'


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept


class Listener:
    """An observer that keeps what it is told."""

    def __init__(self):
        self.told = []
        self._more = threading.Condition()

    def __call__(self, record):
        with self._more:
            self.told.append(record)
            self._more.notify_all()

    def wait_for(self, count):
        """Return what it was told, once that is so many records."""
        with self._more:
            assert self._more.wait_for(
                lambda: len(self.told) >= count, SOON)
            return self.told[:]


class Hanging:
    """An observer that does not return before it is released."""

    def __init__(self):
        self.entered = threading.Event()
        self.released = threading.Event()
        self.told = 0

    def __call__(self, record):
        self.entered.set()
        assert self.released.wait(SOON)
        self.told += 1


@pytest.fixture
def hanging():
    observer = Hanging()
    yield observer
    observer.released.set()


def stack(application, *observers, **options):
    """Return the whole stack around an application."""
    options.setdefault('versions', '3.0-3.9')
    return errorkit.wrap(application, service_type='volume',
                         observers=observers, **options)


def told_of(application, environ=None, **options):
    """Return what an observer is told of one request, and the Exchange."""
    listener = Listener()
    exchange = serve(stack(application, listener, **options), environ)
    [record] = listener.wait_for(1)
    return record, exchange


def conflict(environ, start_response):
    raise webob.exc.HTTPConflict('no <uuid>', comment=CODE)


@errorkit.wsgify
def conflict_in_wsgify(request):
    raise webob.exc.HTTPConflict('no <uuid>', comment=CODE)


@webob.dec.wsgify
def conflict_in_plain_wsgify(request):
    raise webob.exc.HTTPConflict('no <uuid>', comment=CODE)


CONFLICTS = [conflict, conflict_in_wsgify, conflict_in_plain_wsgify]


# -- the log

@pytest.mark.parametrize('application', CONFLICTS)
def test_a_4xx_is_logged_at_info_where_no_request_log_is(
        application, records):
    exchange = serve(errorkit.RequestId(errorkit.FaultWrapper(
        application, service_type='volume')))
    [record] = records.of('errorkit.fault_wrap')
    assert record.levelno == logging.INFO
    assert record.getMessage() == f'answered with 409 {CODE}'
    assert (record.code, record.status) == (CODE, 409)
    assert record.request_id == exchange.request_id
    assert not record.exc_info


@pytest.mark.parametrize('application', CONFLICTS)
def test_a_4xx_in_a_request_log_is_said_there(application, records):
    exchange = serve(stack(application))
    [record] = records.of('errorkit.fault_wrap')
    assert record.levelno == logging.DEBUG
    [line] = records.of('errorkit.request_log', logging.INFO)
    assert (line.code, line.status) == (CODE, 409)
    assert line.request_id == exchange.request_id


@pytest.mark.parametrize('application', [
    apps.raises_at_once,
    apps.raising_at_once(webob.exc.HTTPServiceUnavailable('away'))])
def test_a_5xx_is_logged_at_error_with_its_traceback(application, records):
    exchange = serve(stack(application))
    [record] = records.of('errorkit.fault_wrap')
    assert record.levelno == logging.ERROR
    assert record.status == exchange.code
    assert record.exc_info[2] is not None


def test_only_a_bug_is_called_unexpected(records):
    serve(stack(apps.raises_at_once))
    serve(stack(apps.raising_at_once(webob.exc.HTTPServiceUnavailable())))
    bug, meant = records.of('errorkit.fault_wrap')
    assert bug.getMessage() == (
        'unexpected error, answered with 500 volume.undefined_code')
    assert meant.getMessage() == 'answered with 503 volume.undefined_code'


def test_no_error_is_logged_for_a_good_answer(records):
    serve(stack(apps.a_list))
    assert records.of('errorkit.fault_wrap') == []
    [line] = records.of('errorkit.request_log', logging.INFO)
    assert not hasattr(line, 'code')


def test_the_line_of_an_error_is_in_the_context_of_its_request(records):
    # Whatever the application has made current, and left so.
    def application(environ, start_response):
        oslo_context.RequestContext(user_id='mallory')
        raise apps.Boom

    exchange = serve(stack(application))
    for record in [*records.of('errorkit.fault_wrap'),
                   *records.of('errorkit.request_log', logging.INFO)]:
        assert record.request_id == exchange.request_id
        assert record.user_id == '-'


def test_a_level_that_is_off_costs_no_record(records):
    logger = logging.getLogger('errorkit.fault_wrap')
    logger.setLevel(logging.CRITICAL)
    try:
        exchange = serve(stack(apps.raises_at_once))
    finally:
        logger.setLevel(logging.NOTSET)
    assert exchange.code == 500
    assert records.of('errorkit.fault_wrap') == []


def test_a_broken_body_is_said_to_be_broken_off(records):
    serve(stack(apps.raises_after_a_chunk))
    [record] = records.of('errorkit.fault_wrap')
    assert record.getMessage() == (
        'the body broke off after the response had begun; '
        'volume.undefined_code')


def test_a_failing_close_is_said_to_be_one(records):
    serve(stack(apps.raises_in_close))
    [record] = records.of('errorkit.fault_wrap')
    assert record.getMessage() == (
        'closing the body failed after the response had begun; '
        'volume.undefined_code')


@pytest.mark.parametrize('late', [False, True])
def test_an_exit_before_the_response_is_not_said_to_break_a_body_off(
    records, late
):
    def application(environ, start_response):
        if late:
            start_response('200 OK', [('Content-Type', 'text/plain')])
        raise SystemExit(1)

    exchange = serve(stack(application))
    assert isinstance(exchange.raised, SystemExit)
    [record] = records.of('errorkit.fault_wrap')
    assert record.getMessage() == (
        'the request broke off before the response had begun; '
        'volume.undefined_code')


# -- what an observer is told

@pytest.mark.parametrize('application', CONFLICTS)
def test_an_observer_is_told_of_an_error_that_was_meant(application):
    record, exchange = told_of(application, apps.request(
        '/v3/volumes', 'POST', query='limit=1',
        openstack_api_version='volume 3.4', SCRIPT_NAME='/api',
        x_openstack_request_id=GLOBAL_ID))
    assert record.duration >= 0
    assert dataclasses.replace(record, duration=0) == ErrorRecord(
        error=record.error, code=CODE, status=409,
        request_id=exchange.request_id, global_request_id=GLOBAL_ID,
        user_id=None, project_id=None, method='POST',
        path='/api/v3/volumes', exception=None, traceback=None, duration=0,
        kind='response', service='volume')
    assert record.error.detail == 'no <uuid>'
    assert record.error.request_id == exchange.request_id


def test_an_observer_is_told_of_a_bug_with_its_traceback():
    record, exchange = told_of(apps.raises_at_once)
    assert record.status == exchange.code == 500
    assert record.exception == 'apps.Boom'
    assert record.code == 'volume.undefined_code'
    assert record.traceback.startswith('Traceback (most recent call last):')
    assert 'raises_at_once' in record.traceback
    assert record.traceback.endswith('apps.Boom: secret')
    assert 'secret' not in record.error.detail


def test_a_5xx_that_was_meant_names_no_exception():
    record, _ = told_of(apps.raising_at_once(
        webob.exc.HTTPServiceUnavailable('away')))
    assert record.exception is None
    assert 'HTTPServiceUnavailable' in record.traceback


@pytest.mark.parametrize('application', [
    apps.raises_after_a_chunk, apps.raises_in_close])
def test_a_failure_that_came_too_late_has_no_status(application):
    record, exchange = told_of(application)
    assert exchange.code == 200
    assert record.status is None
    assert record.exception == 'apps.Boom'
    assert record.request_id == exchange.request_id


def test_the_traceback_is_kept_from_its_end_and_bounded():
    record, _ = told_of(apps.raising_at_once(
        apps.Boom('x' * 100_000 + 'the end')))
    assert len(record.traceback) <= 32 * 1024
    assert record.traceback.endswith('the end')


def test_the_user_is_the_authenticated_one_and_no_header_of_the_client():
    claiming = {'x_user_id': 'root', 'x_project_id': 'all'}
    record, _ = told_of(conflict, apps.request(**claiming))
    assert (record.user_id, record.project_id) == (None, None)

    def auth(application):
        def layer(environ, start_response):
            environ['HTTP_X_USER_ID'] = 'alice'
            environ['HTTP_X_PROJECT_ID'] = 'p1'
            return application(environ, start_response)
        return layer

    record, _ = told_of(conflict, apps.request(**claiming), auth=auth)
    assert (record.user_id, record.project_id) == ('alice', 'p1')


def test_the_code_is_told_also_where_the_client_is_too_old_to_see_it():
    record, exchange = told_of(conflict, code_version='3.5')
    assert 'code' not in exchange.errors[0]
    assert record.code == record.error.code == CODE


def test_a_record_is_frozen_and_can_be_copied_and_pickled():
    record, _ = told_of(conflict)
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.code = 'volume.other'
    assert copy.copy(record) == copy.deepcopy(record) == record
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(record, protocol)) == record


def test_without_an_error_nobody_is_told():
    listener = Listener()
    for name in apps.SOUND:
        serve(stack(apps.SOUND[name], listener))
    serve(stack(conflict, listener))
    assert [record.status for record in listener.wait_for(1)] == [409]


def test_every_observer_is_told_of_every_error_in_order():
    def application(environ, start_response):
        raise webob.exc.HTTPConflict('no', comment='volume.e' + environ[
            'PATH_INFO'][1:])

    listeners = Listener(), Listener()
    app = stack(application, *listeners)
    for number in range(100):
        serve(app, apps.request(f'/{number}'))
    for listener in listeners:
        assert [record.code for record in listener.wait_for(100)] == [
            f'volume.e{number}' for number in range(100)]


@pytest.mark.parametrize('application', [*CONFLICTS, apps.raises_at_once])
def test_an_observer_is_told_when_the_response_has_begun(application):
    told = threading.Event()

    def start_response(status, headers, exc_info=None):
        # Not a matter of speed: it may not be told while we are here.
        assert not told.wait(0.1)
        started.append(status)

    started = []
    body = stack(application, lambda record: told.set())(
        apps.request(), start_response)
    list(body)
    assert told.wait(SOON)
    assert len(started) == 1


def test_an_observer_runs_outside_the_context_of_any_request():
    seen = []
    listener = Listener()

    def observer(record):
        seen.append(oslo_context.get_current())
        listener(record)

    app = stack(conflict, observer)
    serve(app)
    serve(app)
    listener.wait_for(2)
    assert seen == [None, None]


# -- observers that misbehave

def test_a_request_does_not_wait_for_an_observer_that_hangs(hanging):
    app = stack(conflict, hanging)
    first = serve(app)
    assert hanging.entered.wait(SOON)
    second = serve(app)
    # Both have their answers, and it still has not returned.
    assert first.code == second.code == 409
    assert hanging.told == 0


def test_one_that_hangs_does_not_keep_another_from_being_told(hanging):
    listener = Listener()
    app = stack(conflict, hanging, listener)
    serve(app)
    serve(app)
    assert len(listener.wait_for(2)) == 2
    assert hanging.told == 0


def test_what_the_queue_cannot_hold_is_dropped_and_counted(hanging):
    observers = Observers([hanging])
    observers.tell('the first')
    assert hanging.entered.wait(SOON)
    for number in range(observing.QUEUE_SIZE + 7):
        observers.tell(number)
    assert observers.dropped == 7
    hanging.released.set()
    assert observers.flush(SOON)
    assert hanging.told == observing.QUEUE_SIZE + 1
    observers.tell('one more')
    assert observers.flush(SOON)
    assert hanging.told == observing.QUEUE_SIZE + 2
    assert observers.dropped == 7


class Clock:
    """Stands in for the time module: it shows what it was set to."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(quiet, 'time', made)
    return made


def complaints(records):
    return [record.getMessage() for record in
            records.of('errorkit.observers')]


def test_dropped_records_are_said_once_a_minute_with_their_count(
        hanging, clock, records):
    observers = Observers([hanging])
    observers.tell('the first')
    assert hanging.entered.wait(SOON)
    for number in range(observing.QUEUE_SIZE + 5):
        observers.tell(number)
    assert complaints(records) == [
        'observer Hanging is too slow; 1 records dropped so far']
    clock.now += 59.9
    observers.tell('dropped')
    assert len(complaints(records)) == 1
    clock.now += 0.2
    observers.tell('dropped')
    observers.tell('dropped')
    assert complaints(records)[1:] == [
        'observer Hanging is too slow; 7 records dropped so far']


def test_failures_are_said_once_a_minute_with_their_count(clock, records):
    def failing(record):
        raise apps.Boom('in the observer')

    observers = Observers([failing])
    for _ in range(3):
        observers.tell('x')
    assert observers.flush(SOON)
    clock.now += 61
    observers.tell('x')
    assert observers.flush(SOON)
    assert complaints(records) == [
        'observer failing failed (Boom); 1 failures so far',
        'observer failing failed (Boom); 4 failures so far']
    [first, _] = records.of('errorkit.observers')
    assert first.levelno == logging.ERROR
    assert first.exc_info[0] is apps.Boom


@pytest.mark.parametrize('exception', [
    apps.Boom(), MemoryError(), SystemExit(3), KeyboardInterrupt(),
    GeneratorExit(), greenlet.GreenletExit()], ids=repr)
def test_an_observer_that_fails_is_told_of_the_next_error_again(exception):
    listener = Listener()

    def failing(record):
        listener(record)
        raise exception

    app = stack(conflict, failing)
    for count in range(1, 4):
        assert serve(app).code == 409
        assert len(listener.wait_for(count)) == count


def test_a_failing_log_handler_does_not_end_the_observers_thread():
    class FailingHandler(logging.Handler):
        def handle(self, record):
            raise OSError('disk full')

    listener = Listener()

    def failing(record):
        listener(record)
        raise apps.Boom

    handler = FailingHandler()
    logging.getLogger('errorkit').addHandler(handler)
    try:
        observers = Observers([failing])
        observers.tell('x')
        observers.tell('y')
        assert listener.wait_for(2) == ['x', 'y']
        assert observers.flush(SOON)
    finally:
        logging.getLogger('errorkit').removeHandler(handler)


def test_no_thread_to_be_had_is_no_fault_of_the_request(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, 'start', start)
    listener = Listener()
    app = stack(conflict, listener)
    assert serve(app).code == 409
    monkeypatch.undo()
    assert serve(app).code == 409
    assert len(listener.wait_for(1)) == 1


def test_an_observer_that_cannot_be_named_is_named_by_its_class(records):
    class Nameless:
        def __call__(self, record):
            raise apps.Boom

    observers = Observers([Nameless()])
    observers.tell('x')
    assert observers.flush(SOON)
    assert complaints(records) == [
        'observer Nameless failed (Boom); 1 failures so far']


@pytest.mark.parametrize('observer', [5, 'x', None], ids=repr)
def test_an_observer_that_cannot_be_called_is_refused_at_once(observer):
    with pytest.raises(ConfigError, match='observers'):
        errorkit.FaultWrapper(apps.a_list, observers=[observer])


# -- flush

def test_flush_says_whether_all_were_told(hanging):
    observers = Observers([hanging])
    assert observers.flush(0)
    observers.tell('x')
    assert hanging.entered.wait(SOON)
    assert not observers.flush(0)
    hanging.released.set()
    assert observers.flush(SOON)


def run_program(text, *arguments):
    """Run a program in a Python of its own; return what it printed."""
    here = pathlib.Path(__file__).parent
    result = subprocess.run(
        # Newer Pythons warn of any fork in a process with threads.
        [sys.executable, '-W', 'ignore::DeprecationWarning', '-c', text,
         *arguments],
        text=True, capture_output=True, timeout=120, cwd=here,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(
            [str(here), str(here.parent)])))
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


AT_EXIT = '''
import threading, apps
from errorkit.observers import Observers

def slow(record):
    asked.wait(30)
    print('told', record, flush=True)

asked = threading.Event()
observers = Observers([slow])
for number in range(3):
    observers.tell(number)
asked.set()
'''


def test_what_still_waits_at_the_end_of_the_process_is_told():
    assert run_program(AT_EXIT) == ['told 0', 'told 1', 'told 2']


HANGING_AT_EXIT = '''
import threading
from errorkit import observers
from errorkit.observers import courier

courier.FLUSH = 0.1
told = threading.Event()

def hanging(record):
    told.set()
    threading.Event().wait()

observers.Observers([hanging]).tell('x')
told.wait(30)
print('leaving', flush=True)
'''


def test_an_observer_that_hangs_does_not_keep_a_process_from_ending():
    assert run_program(HANGING_AT_EXIT) == ['leaving']


# -- fork

FORKED = '''
import os, sys, threading
import apps, errorkit

def raising(environ, start_response):
    raise apps.Boom(environ['PATH_INFO'])

def observer(record):
    print(sys.argv[1], record.path, threading.current_thread().name,
          'child' if os.getpid() != parent else 'parent', flush=True)
    told.release()

told = threading.Semaphore(0)
parent = os.getpid()
app = errorkit.wrap(raising, service_type='volume', observers=[observer])

def ask(path):
    exchange = apps.serve(app, apps.request(path))
    assert exchange.code == 500, exchange.status
    assert told.acquire(timeout=30)

if sys.argv[1] == 'started':
    ask('/before')
pid = os.fork()
if pid == 0:
    ask('/in-child')
    ask('/in-child-again')
    os._exit(0)
_, status = os.waitpid(pid, 0)
assert status == 0, status
ask('/after')
'''


@pytest.mark.parametrize('state', ['started', 'fresh'])
def test_after_a_fork_both_processes_tell_their_observers(state):
    lines = run_program(FORKED, state)
    thread = 'errorkit-observer-observer'
    expected = [
        f'{state} /in-child {thread} child',
        f'{state} /in-child-again {thread} child',
        f'{state} /after {thread} parent']
    if state == 'started':
        expected.insert(0, f'{state} /before {thread} parent')
    assert lines == expected


FORKED_WHILE_WAITING = '''
import os, threading
from errorkit.observers import Observers

def observer(record):
    entered.set()
    assert released.wait(30)
    print(record, 'child' if os.getpid() != parent else 'parent', flush=True)

entered, released = threading.Event(), threading.Event()
parent = os.getpid()
observers = Observers([observer])
observers.tell('first')
observers.tell('second')
assert entered.wait(30)
pid = os.fork()
if pid == 0:
    released = threading.Event()
    released.set()
    observers.tell('third')
    assert observers.flush(30)
    os._exit(0)
_, status = os.waitpid(pid, 0)
assert status == 0, status
released.set()
assert observers.flush(30)
'''


def test_what_waited_before_a_fork_is_told_once_and_by_the_parent():
    assert run_program(FORKED_WHILE_WAITING) == [
        'third child', 'first parent', 'second parent']


FORKING_OBSERVER = '''
import os, threading
import apps, errorkit

def observer(record):
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    print(record.path, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]),
          flush=True)
    told.release()

told = threading.Semaphore(0)
app = errorkit.wrap(apps.raises_at_once, service_type='volume',
                    observers=[observer])
for path in ('/one', '/two'):
    assert apps.serve(app, apps.request(path)).code == 500
    assert told.acquire(timeout=30)
'''


def test_an_observer_may_fork():
    assert run_program(FORKING_OBSERVER) == ['/one 7', '/two 7']
