# SPDX-License-Identifier: Apache-2.0
"""The record of an error, and its way to observers: queue, thread, guard."""

import gc
import json
import os
import pathlib
import pickle
import subprocess
import sys
import threading
import weakref

import apps
import pytest
import webob.exc
from apps import serve
from oslo_context import context as oslo_context

import errorkit
from errorkit.observers import (
    QUEUE_TEXT,
    Counts,
    ErrorRecord,
    Observers,
    Undelivered,
    all_counts,
    courier,
    of_failure,
    quiet,
)
from errorkit.observers.process import PerProcess
from errorkit.request_context import CURRENT

TESTS = pathlib.Path(__file__).parent.parent
#: How long a test waits for what must happen; it never has to.
SOON = 20
USER_ID = '11111111111111111111111111111111'


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept


@pytest.fixture(autouse=True)
def no_context():
    # One that is made becomes the current one where there is none.
    token = CURRENT.set(None)
    yield
    CURRENT.reset(token)


def complaints(records):
    return [record.getMessage() for record in
            records.of('errorkit.observers')]


class Kept:
    """An observer that keeps what it is told."""

    name = 'kept'

    def __init__(self):
        self.told = []

    def __call__(self, record):
        self.told.append(record)


class Inline:
    """An observer that is told in the request's thread."""

    name = 'inline'
    inline = True

    def __init__(self, raising=None):
        self.raising = raising
        self.told = []

    def __call__(self, record, raised):
        self.told.append((record, raised))
        if self.raising is not None:
            raise self.raising


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


def failure(text='went wrong', **more):
    """Return the record of a failure in a worker."""
    try:
        raise apps.Boom(text)
    except apps.Boom as exc:
        return of_failure(exc, kind='action', service='volume', **more)


def stack(application, *observers, **options):
    return errorkit.wrap(application, service_type='volume',
                         observers=observers, **options)


def conflict(environ, start_response):
    raise webob.exc.HTTPConflict('taken', comment='volume.taken')


def record_of(application):
    """Return what an observer is told of one request."""
    kept = Kept()
    observers = Observers([kept])
    serve(stack(application, observers))
    assert observers.flush(SOON)
    [record] = kept.told
    return record


# -- the record

def test_a_bug_is_recorded_with_the_place_it_was_raised_in():
    record = record_of(apps.raises_at_once)
    assert record.module_name == 'apps'
    assert record.function_name == 'raises_at_once'
    assert record.exception == 'apps.Boom'
    assert record.exception_message == 'secret'
    assert (record.kind, record.service) == ('response', 'volume')


def test_the_place_is_the_applications_and_not_the_standard_librarys():
    def parses(environ, start_response):
        json.loads('{')

    record = record_of(parses)
    assert record.module_name == __name__
    assert record.function_name.endswith('.parses')


def test_an_error_that_was_meant_tells_no_place_and_no_message():
    record = record_of(conflict)
    assert (record.module_name, record.function_name, record.exception,
            record.exception_message, record.traceback) == (None,) * 5


def test_a_body_that_broke_off_is_of_a_kind_of_its_own():
    record = record_of(apps.raises_after_a_chunk)
    assert (record.kind, record.status) == ('aborted', None)


def test_what_an_exception_says_is_cut():
    record = record_of(apps.raising_at_once(apps.Boom('x' * 100_000)))
    assert len(record.exception_message) == 4096


def test_an_exception_that_cannot_speak_says_nothing():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    record = record_of(apps.raising_at_once(Mute()))
    assert record.exception_message == ''
    assert record.exception.endswith('Mute')


@pytest.mark.parametrize('raised', [SystemExit, KeyboardInterrupt])
def test_an_exception_whose_text_ends_the_process_does_not(raised):
    class Ending(Exception):
        def __str__(self):
            raise raised

    record = record_of(apps.raising_at_once(Ending()))
    assert record.exception_message == ''
    assert record.exception.endswith('Ending')


def test_a_place_without_a_proper_name_does_no_harm():
    scope = {'__name__': 5}
    exec('def fail(environ, start_response): raise ValueError', scope)
    record = record_of(scope['fail'])
    assert (record.module_name, record.function_name) == (None, 'fail')


def test_a_failure_in_a_worker_is_recorded_with_its_context():
    context = oslo_context.RequestContext(
        user_id=USER_ID, project_id='p', overwrite=False,
        auth_token='token-of-the-user')
    record = failure(
        'no space', context=context, code='volume.full', status=507,
        resource_type='volume', resource_uuid='v1', duration=1.5)
    assert (record.request_id, record.user_id, record.project_id) == (
        context.request_id, USER_ID, 'p')
    assert (record.kind, record.service, record.code) == (
        'action', 'volume', 'volume.full')
    assert (record.status, record.error.status) == (None, 507)
    assert (record.resource_type, record.resource_uuid) == ('volume', 'v1')
    assert record.exception_message == 'no space'
    assert record.function_name == 'failure'
    assert (record.method, record.path, record.duration) == ('', '', 1.5)
    assert 'token-of-the-user' not in repr(record)


def test_a_failure_in_a_worker_is_of_the_current_context():
    context = oslo_context.RequestContext()
    assert failure().request_id == context.request_id
    CURRENT.set(None)
    assert failure().request_id is None


def test_a_failure_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"'mishap'.*action"):
        of_failure(apps.Boom(), kind='mishap', service='volume')


def test_a_record_with_all_its_fields_can_be_pickled():
    record = failure(resource_type='volume', resource_uuid='v1')
    assert pickle.loads(pickle.dumps(record)) == record


def test_a_record_can_be_made_with_the_fields_it_had_first():
    record = ErrorRecord(
        error=None, code=None, status=None, request_id=None,
        global_request_id=None, user_id=None, project_id=None, method='GET',
        path='/', exception=None, traceback=None, duration=0.0)
    assert (record.kind, record.service) == ('response', None)


# -- the queue

def test_an_observer_tells_which_records_it_wants_before_they_are_queued():
    class Choosy(Kept):
        def accepts(self, record):
            threads.append(threading.current_thread())
            return record.code == 'volume.taken'

    threads = []
    choosy = Choosy()
    observers = Observers([choosy])
    serve(stack(apps.raises_at_once, observers))
    serve(stack(conflict, observers))
    assert observers.flush(SOON)
    assert [record.code for record in choosy.told] == ['volume.taken']
    assert threads == [threading.current_thread()] * 2
    assert observers.counts() == {'kept': Counts(told=1)}


def test_an_observer_that_cannot_choose_drops_the_record(records):
    class Failing(Kept):
        def accepts(self, record):
            raise apps.Boom

    observers = Observers([Failing()])
    assert serve(stack(conflict, observers)).code == 409
    assert observers.counts() == {'kept': Counts(dropped=1)}
    assert complaints(records) == [
        'observer kept could not be told (Boom); 1 records dropped so far']


def test_the_queue_is_bounded_by_the_text_in_it_too(hanging):
    observers = Observers([hanging])
    observers.tell(failure())
    assert hanging.entered.wait(SOON)
    record = failure('x' * 100_000)
    size = len(record.traceback)
    most = QUEUE_TEXT // size
    for _ in range(most + 20):
        observers.tell(record)
    dropped = observers.dropped
    assert dropped >= 20
    hanging.released.set()
    assert observers.flush(SOON)
    assert hanging.told == 1 + most + 20 - dropped
    assert (hanging.told - 1) * size <= QUEUE_TEXT
    observers.tell(record)
    assert observers.flush(SOON)
    assert observers.dropped == dropped


def test_a_record_larger_than_the_queue_is_told_when_nothing_waits(
        monkeypatch):
    monkeypatch.setattr(courier, 'QUEUE_TEXT', 10)
    kept = Kept()
    observers = Observers([kept])
    for _ in range(2):
        observers.tell(failure())
        assert observers.flush(SOON)
    assert len(kept.told) == 2


def test_each_observer_is_counted_by_its_name(hanging):
    class Failing(Kept):
        name = 'failing'

        def __call__(self, record):
            raise apps.Boom

    observers = Observers([Kept(), Failing(), Kept()])
    observers.tell(failure())
    assert observers.flush(SOON)
    assert observers.counts() == {
        'kept': Counts(told=2), 'failing': Counts(failed=1)}
    assert all_counts()['failing'].failed >= 1


def test_what_could_not_be_delivered_is_said_in_one_line(records):
    def full(record):
        raise Undelivered('the disk is full')

    observers = Observers([full])
    observers.tell(failure())
    observers.tell(failure())
    assert observers.flush(SOON)
    [record] = records.of('errorkit.observers')
    assert record.getMessage() == (
        'observer full: the disk is full; 1 failures so far')
    assert not record.exc_info
    assert observers.counts() == {'full': Counts(failed=2)}


def test_what_an_observer_has_logged_is_not_logged_again(records):
    def full(record):
        raise Undelivered('the disk is full', logged=True)

    observers = Observers([full])
    observers.tell(failure())
    assert observers.flush(SOON)
    assert complaints(records) == []
    assert observers.counts() == {'full': Counts(failed=1)}


def test_telling_while_telling_does_not_lock_up():
    # As of a finalizer that runs in the midst of it, or a signal handler.
    kept = Kept()
    observers = Observers([kept])
    observers.tell(failure())
    [told] = observers._told
    with told._lines.get().lock:
        observers.tell(failure())
    assert observers.flush(SOON)
    assert len(kept.told) == 2


def test_many_threads_that_tell_first_have_one_thread_and_lose_nothing():
    kept = Kept()
    observers = Observers([kept])
    barrier = threading.Barrier(8)

    def tell():
        barrier.wait(SOON)
        for _ in range(100):
            observers.tell(failure())

    tellers = [threading.Thread(target=tell) for _ in range(8)]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join(SOON)
    assert observers.flush(SOON)
    assert len(kept.told) == 800
    assert observers.counts() == {'kept': Counts(told=800)}


def test_each_process_has_one_of_its_own_however_many_ask_first():
    for _ in range(50):
        own = PerProcess(object)
        barrier = threading.Barrier(4)
        found = []

        def ask(own=own, barrier=barrier, found=found):
            barrier.wait(SOON)
            found.append(own.get())

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON)
        assert set(found) == {own.peek()}


def test_observers_that_are_gone_leave_no_thread_and_no_record_behind():
    class Watched(Kept):
        def __call__(self, record):
            told.append(threading.current_thread())

    told = []
    observer = Watched()
    seen = weakref.ref(observer)
    observers = Observers([observer])
    for _ in range(3):
        observers.tell(failure())
    del observer, observers
    gc.collect()
    threads = [one for one in threading.enumerate()
               if one.name == 'errorkit-observer-kept']
    for thread in threads:
        thread.join(SOON)
    # What waited was told before.
    assert len(told) == 3
    gc.collect()
    assert seen() is None


def test_one_set_of_observers_serves_requests_and_workers():
    kept = Kept()
    observers = Observers([kept])
    serve(errorkit.wrap(conflict, service_type='volume',
                        observers=observers))
    observers.tell(failure())
    assert observers.flush(SOON)
    assert [record.kind for record in kept.told] == ['response', 'action']
    assert Observers([observers, Kept()]).counts()['kept'] == Counts(told=2)


# -- inline

def test_an_inline_observer_sees_the_live_exception_in_the_requests_thread():
    class Looking(Inline):
        def __call__(self, record, raised):
            super().__call__(record, raised)
            seen.append((threading.current_thread(),
                         oslo_context.get_current().request_id))

    seen = []
    looking = Looking()
    exchange = serve(stack(apps.raises_at_once, looking))
    [(record, raised)] = looking.told
    assert type(raised) is apps.Boom
    assert record.exception == 'apps.Boom'
    assert seen == [(threading.current_thread(), exchange.request_id)]


def test_an_inline_observer_is_told_of_no_exception_that_was_meant():
    inline = Inline()
    serve(stack(conflict, inline))
    [(record, raised)] = inline.told
    assert (record.code, raised) == ('volume.taken', None)


def test_an_inline_observer_is_told_when_the_response_has_begun():
    order = []

    def start_response(status, headers, exc_info=None):
        order.append(status)

    class Looking(Inline):
        def __call__(self, record, raised):
            order.append('told')

    list(stack(conflict, Looking())(apps.request(), start_response))
    assert order == ['409 Conflict', 'told']


def test_an_inline_observer_tells_no_other_thread_of_the_context():
    inline, kept = Inline(), Kept()
    observers = Observers([inline, kept])
    observers.tell(failure(), apps.Boom())
    assert observers.flush(SOON)
    assert len(kept.told) == len(inline.told) == 1


@pytest.mark.parametrize('exception', [
    apps.Boom(), MemoryError(), GeneratorExit(), RecursionError()], ids=repr)
def test_an_inline_observer_that_fails_changes_no_answer(exception, records):
    expected = serve(stack(conflict))
    inline, kept = Inline(exception), Kept()
    observers = Observers([inline, kept])
    exchange = serve(stack(conflict, observers))
    assert exchange.status == expected.status
    assert exchange.errors[0]['code'] == 'volume.taken'
    assert observers.flush(SOON)
    assert len(kept.told) == 1
    assert observers.counts() == {
        'inline': Counts(failed=1), 'kept': Counts(told=1)}
    assert complaints(records) == [
        f'observer inline failed ({type(exception).__name__}); '
        '1 failures so far']


def test_an_inline_observer_that_fails_is_said_once_a_minute(
        records, monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(quiet, 'time', clock)
    observers = Observers([Inline(apps.Boom())])
    for seconds in (0, 30, 29, 2):
        clock.now += seconds
        observers.tell(failure())
    assert [text.rpartition('; ')[2] for text in complaints(records)] == [
        '1 failures so far', '4 failures so far']


@pytest.mark.parametrize('exception', [SystemExit(3), KeyboardInterrupt()],
                         ids=repr)
def test_what_ends_a_process_passes_in_the_main_thread_only(exception):
    observers = Observers([Inline(exception)])
    with pytest.raises(type(exception)):
        observers.tell(failure())
    other = threading.Thread(target=observers.tell, args=[failure()])
    other.start()
    other.join(SOON)
    assert observers.counts() == {'inline': Counts(failed=1)}


# -- processes

def run_program(text, *arguments):
    """Run a program in a Python of its own; return what it printed."""
    result = subprocess.run(
        # Newer Pythons warn of any fork in a process with threads.
        [sys.executable, '-W', 'ignore::DeprecationWarning', '-c', text,
         *arguments],
        text=True, capture_output=True, timeout=120, cwd=TESTS,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(
            [str(TESTS), str(TESTS.parent)])))
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


WORKER = '''
import ctypes, gc, os, sys, threading
import apps
from errorkit.observers import Observers, courier, of_failure

def failure():
    return of_failure(apps.Boom(), kind='action', service='volume')

def observer(record):
    print('told', 'in the child' if os.getpid() != parent else 'at home',
          flush=True)

def wait_for(pid):
    _, status = os.waitpid(pid, 0)
    assert status == 0, status

parent = os.getpid()
'''

GONE_AT_EXIT = WORKER + '''
def slow(record):
    asked.wait(30)
    observer(record)

asked = threading.Event()
def main():
    observers = Observers([slow])
    observers.tell(failure())
    observers.tell(failure())
main()
gc.collect()
asked.set()
'''


def test_what_waits_at_exit_is_told_though_the_observers_are_gone():
    assert run_program(GONE_AT_EXIT) == ['told at home'] * 2


SEVERAL_HANGING = WORKER + '''
import time

def hanging(record):
    entered.release()
    threading.Event().wait()

entered = threading.Semaphore(0)
courier.FLUSH = 0.5
observers = Observers([hanging] * 40)
observers.tell(failure())
for _ in range(40):
    assert entered.acquire(timeout=30)
import atexit
begun = time.monotonic()
# The first registered is the last to run.
atexit._run_exitfuncs()
print(time.monotonic() - begun < 40 * courier.FLUSH / 2)
'''


def test_all_observers_share_the_time_that_there_is_at_exit():
    # Each with its own half second it would be twenty of them.
    assert run_program(SEVERAL_HANGING) == ['True']


LOCKED_FORK = WORKER + '''
observers = Observers([observer])
observers.tell(failure())
assert observers.flush(30)
[told] = observers._told
held, done = threading.Event(), threading.Event()

def hold():
    with told._lines.get().lock:
        held.set()
        done.wait(30)

threading.Thread(target=hold, daemon=True).start()
assert held.wait(30)
fork = os.fork if sys.argv[1] == 'python' else ctypes.PyDLL(None).fork
pid = fork()
if pid == 0:
    tellers = [threading.Thread(target=observers.tell, args=[failure()])
               for _ in range(4)]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join(30)
    assert observers.flush(30)
    assert observers.counts()['observer'].told == 4
    os._exit(0)
wait_for(pid)
done.set()
observers.tell(failure())
assert observers.flush(30)
'''


@pytest.mark.parametrize('kind', ['python', 'c'])
def test_a_fork_while_a_lock_is_held_leaves_the_child_telling(kind):
    # Servers written in C fork without Python's knowledge.
    assert run_program(LOCKED_FORK, kind) == [
        'told at home', *['told in the child'] * 4, 'told at home']


GEVENT = '''
from gevent import monkey
monkey.patch_all()
import gevent
import apps, errorkit
from errorkit.observers import Observers
from errorkit.request_context import CURRENT

def observer(record):
    gevent.sleep(0)
    print(record.status, CURRENT.get(), flush=True)

observers = Observers([observer])
app = errorkit.wrap(apps.raises_at_once, service_type='volume',
                    observers=observers)
jobs = [gevent.spawn(apps.serve, app) for _ in range(3)]
gevent.joinall(jobs, timeout=30, raise_error=True)
assert observers.flush(30)
'''


def test_under_gevent_observers_are_told_outside_of_any_request():
    assert run_program(GEVENT) == ['500 None'] * 3
