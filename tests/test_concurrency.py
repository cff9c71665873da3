# SPDX-License-Identifier: Apache-2.0
"""Many requests at a time: no log record with another one's id or user."""

import concurrent.futures
import gc
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import apps
import greenlet
import pytest
import webob.exc
from apps import Watched
from oslo_context import context as oslo_context

import errorkit
import errorkit.log

SOON = 60
CHUNKS = 2
CODE = 'volume.name_exists'


def authenticating(application):
    """Be an auth layer that believes the path, which names the user."""
    def layer(environ, start_response):
        environ['HTTP_X_USER_ID'] = f'user-{environ["PATH_INFO"][1:]}'
        return application(environ, start_response)
    return layer


def talking(environ, start_response):
    """Log a line wherever it runs: called, at each chunk, when closed."""
    name = environ['PATH_INFO'][1:]

    class Body(Watched):
        def close(self):
            say('close')
            super().close()

    def say(where):
        apps.logging.getLogger('volume').info('%s of %s', where, name)

    def chunks():
        for number in range(CHUNKS):
            say(f'chunk {number}')
            yield b'x'
        say('end')
        if name.startswith('late'):
            raise apps.Boom
    say('call')
    if name.startswith('bug'):
        raise apps.Boom
    if name.startswith('conflict'):
        raise webob.exc.HTTPConflict('no', comment=CODE)
    start_response('200 OK', apps.TEXT[:])
    return Body(environ, chunks())


def stack():
    return errorkit.wrap(talking, service_type='volume', versions='3.0-3.9',
                         auth=authenticating)


@pytest.fixture
def records():
    gc.collect()  # no body of an earlier test shall be closed in ours
    with apps.recorded() as kept:
        yield kept
    left = oslo_context.get_current()
    if left is not None:
        del oslo_context._request_store.context  # for the other tests
    assert left is None


class Stepped:
    """A request that is taken from step to step: call, chunks, close."""

    def __init__(self, app, name):
        self.exchange = apps.Exchange(app, apps.request(f'/{name}'))
        self.name = name
        # call, each chunk, the end of the body, close
        self.steps = [self.exchange.call,
                      *[self._pull] * (CHUNKS + 1), self.exchange.close]

    def _pull(self):
        try:
            self.exchange.step()
        except Exception as exc:
            self.exchange.raised = exc.with_traceback(None)

    @property
    def request_id(self):
        return self.exchange.environ['openstack.request_id']


def assert_no_foreign_ids(records, requests):
    """Assert that each record has the id and user of its own request."""
    by_name = {request.name: request.request_id for request in requests}
    assert len(set(by_name.values())) == len(requests)
    counted = dict.fromkeys(by_name, 0)
    for record in records.kept:
        if record.name == 'volume':
            name = record.getMessage().rpartition(' ')[2]
            assert record.user_id == f'user-{name}'
        elif record.name == 'errorkit.request_log':
            name = record.getMessage().partition('"GET /')[2].partition(
                '"')[0]
        else:
            # It names no path: the id is one of ours at least.
            assert record.request_id in by_name.values()
            continue
        assert record.request_id == by_name[name], record.getMessage()
        counted[name] += 1
    assert set(counted) == set(by_name) and all(counted.values())


# -- one thread, every way to interleave two requests

STEPS = CHUNKS + 3


@pytest.mark.parametrize('names', [
    ('one', 'two'), ('one', 'late'), ('late', 'later'), ('bug', 'one'),
    ('conflict', 'late')])
def test_two_requests_interleaved_at_every_step_keep_to_their_own(
        names, records):
    app = stack()
    for chosen in itertools.combinations(range(2 * STEPS), STEPS):
        records.kept.clear()
        requests = [Stepped(app, name) for name in names]
        positions = [iter(request.steps) for request in requests]
        for turn in range(2 * STEPS):
            next(positions[turn not in chosen])()
        assert oslo_context.get_current() is None
        assert_no_foreign_ids(records, requests)
        assert [request.exchange.seen.closed for request in requests] == [
            request.exchange.seen.bodies for request in requests]


def test_three_requests_nested_in_each_other_keep_to_their_own(records):
    app = stack()
    requests = [Stepped(app, name) for name in ('a', 'b', 'late')]
    for request in requests:
        for step in request.steps[:3]:
            step()
    for request in reversed(requests):
        for step in request.steps[3:]:
            step()
    assert oslo_context.get_current() is None
    assert_no_foreign_ids(records, requests)


def test_what_is_current_between_two_steps_is_never_a_closed_request():
    app = stack()
    for chosen in itertools.combinations(range(2 * STEPS), STEPS):
        requests = [Stepped(app, name) for name in ('one', 'two')]
        positions = [iter(request.steps) for request in requests]
        for turn in range(2 * STEPS):
            next(positions[turn not in chosen])()
            current = oslo_context.get_current()
            if current is not None:
                [owner] = [request for request in requests if
                           request.exchange.environ.get(
                               'openstack.request_id') == current.request_id]
                assert owner.exchange.seen.closed == 0


def test_a_request_served_within_another_leaves_it_its_own(records):
    def outer(environ, start_response):
        def chunks():
            yield from apps.serve(app, apps.request('/inner')).chunks
            ids.append(oslo_context.get_current().request_id)
            yield b'own'
        apps.serve(app, apps.request('/inner-before'))
        ids.append(oslo_context.get_current().request_id)
        start_response('200 OK', apps.TEXT[:])
        return Watched(environ, chunks())

    ids = []
    app = stack()
    exchange = apps.serve(errorkit.wrap(outer, service_type='volume'))
    assert exchange.body == b'xxown'
    assert ids == [exchange.request_id] * 2


# -- greenlets of one thread

def run_all(exchange, switch):
    """Handle a request, giving way to others at each step."""
    exchange.call()
    switch()
    try:
        while exchange.step():
            switch()
    except apps.Boom:
        switch()
    exchange.close()
    switch()


def test_greenlets_that_switch_at_every_step_keep_to_their_own(records):
    app = stack()
    names = ['one', 'two', 'late', 'bug', 'conflict']
    requests = [Stepped(app, name) for name in names]
    main = greenlet.getcurrent()
    running = [greenlet.greenlet(run_all) for _ in requests]
    for one, request in zip(running, requests, strict=True):
        one.switch(request.exchange, main.switch)
    while not all(one.dead for one in running):
        assert oslo_context.get_current() is None
        for one in running:
            if not one.dead:
                one.switch()
    assert oslo_context.get_current() is None
    assert_no_foreign_ids(records, requests)


def test_greenlets_may_switch_inside_of_the_application(records):
    def application(environ, start_response):
        main.switch()
        seen.append((environ['PATH_INFO'], oslo_context.get_current()))
        start_response('200 OK', apps.TEXT[:])

        def chunks():
            for _ in range(CHUNKS):
                main.switch()
                seen.append((environ['PATH_INFO'],
                             oslo_context.get_current()))
                yield b'x'
        return Watched(environ, chunks())

    seen = []
    main = greenlet.getcurrent()
    app = errorkit.wrap(application, service_type='volume')
    exchanges = [apps.Exchange(app, apps.request(f'/{number}'))
                 for number in range(4)]
    running = [greenlet.greenlet(run_all) for _ in exchanges]
    for one, exchange in zip(running, exchanges, strict=True):
        one.switch(exchange, lambda: None)
    while not all(one.dead for one in running):
        for one in running:
            if not one.dead:
                one.switch()
    assert len(seen) == 4 * (CHUNKS + 1)
    ids = {exchange.environ['PATH_INFO']: exchange.request_id
           for exchange in exchanges}
    assert all(context.request_id == ids[path] for path, context in seen)
    assert len(set(ids.values())) == 4


GEVENT = '''
from gevent import monkey
if __import__('sys').argv[1] == 'patched':
    monkey.patch_all()
import itertools, json, logging
import gevent
import apps, test_concurrency
from oslo_context import context as oslo_context

app = test_concurrency.stack()
names = ['one', 'two', 'late', 'bug', 'conflict'] * 20
with apps.recorded() as records:
    requests = [test_concurrency.Stepped(app, f'{name}-{number}')
                for number, name in enumerate(names)]
    greenlets = [gevent.spawn(test_concurrency.run_all, request.exchange,
                              lambda: gevent.sleep(0))
                 for request in requests]
    gevent.joinall(greenlets, timeout=60, raise_error=True)
    assert all(one.dead for one in greenlets)
    test_concurrency.assert_no_foreign_ids(records, requests)
assert oslo_context.get_current() is None
print(json.dumps(len(records.kept)))
'''


@pytest.mark.parametrize('state', ['patched', 'unpatched'])
def test_under_gevent_requests_keep_to_their_own(state):
    here = pathlib.Path(__file__).parent
    result = subprocess.run(
        [sys.executable, '-c', GEVENT, state], text=True,
        capture_output=True, timeout=120, cwd=here,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(
            [str(here), str(here.parent)])))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) > 100 * 4


# -- threads

THREADS = 32
ROUNDS = 60


@pytest.fixture
def often():
    """Let Python switch threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_32_threads_keep_to_their_own(records, often):
    names = itertools.cycle(['one', 'late', 'bug', 'conflict'])
    app = stack()
    requests = [Stepped(app, f'{next(names)}-{number}')
                for number in range(THREADS * ROUNDS)]

    def work(mine):
        barrier.wait(SOON)
        for request in mine:
            for step in request.steps:
                step()
            assert oslo_context.get_current() is None
        return True

    barrier = threading.Barrier(THREADS)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(work, requests[start::THREADS])
                   for start in range(THREADS)]
        assert all(future.result(SOON) for future in futures)
    assert_no_foreign_ids(records, requests)


def test_bodies_handed_from_thread_to_thread_keep_to_their_own(
        records, often):
    # As by a server whose workers take the next step of any request.
    app = stack()
    requests = [Stepped(app, f'r-{number}') for number in range(40)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for step in range(STEPS):
            futures = [pool.submit(request.steps[step])
                       for request in requests]
            for future in futures:
                future.result(SOON)
        left = [pool.submit(look) for _ in range(8)]
        assert {future.result(SOON) for future in left} == {None}
    assert_no_foreign_ids(records, requests)


def look():
    """Return what is current in a thread, taking long enough for one each."""
    time.sleep(0.01)
    return oslo_context.get_current()
