# SPDX-License-Identifier: Apache-2.0
"""Exceptions that live as long as the process: never changed, never a leak.

Sixteen threads raise the same ten exception objects, 10,000 times each.
"""

import array
import concurrent.futures
import gc
import itertools
import json
import logging
import os
import pathlib
import resource
import subprocess
import sys
import threading
import tracemalloc

import apps
import pytest
import webob.exc

import errorkit

THREADS = 16
MEBIBYTE = 1024 * 1024
SOON = 300


@pytest.fixture(autouse=True, scope='module')
def _earlier_tests():
    """Let no collection here go through what earlier tests have left."""
    gc.collect()
    gc.freeze()


def frozen(kind):
    """Return a subclass whose instances no one may change once made."""
    def setattr_(self, name, value):
        if '_frozen' in self.__dict__:
            raise AssertionError(f'{name} was set')
        kind.__setattr__(self, name, value)
    return type(f'Frozen{kind.__name__}', (kind,), {'__setattr__': setattr_})


def made(kind, number, *headers):
    """Return one of the exceptions: its code and detail have its number."""
    exception = kind(
        f'the detail of {number}', headers=list(headers),
        comment=f'volume.shared.e{number}')
    exception.__dict__['_frozen'] = True
    return exception


SHARED = [
    made(frozen(webob.exc.HTTPConflict), 0),
    made(frozen(webob.exc.HTTPNotFound), 1, ('X-Kept', 'yes')),
    made(frozen(webob.exc.HTTPUnauthorized), 2,
         ('WWW-Authenticate', 'Basic'), ('WWW-Authenticate', 'Bearer')),
    made(frozen(webob.exc.HTTPBadRequest), 3),
    made(webob.exc.HTTPForbidden, 4),
    made(frozen(webob.exc.HTTPConflict), 5),
    made(frozen(webob.exc.HTTPTooManyRequests), 6, ('Retry-After', '3')),
    made(frozen(webob.exc.HTTPMethodNotAllowed), 7, ('Allow', 'GET, PUT')),
    made(frozen(webob.exc.HTTPServiceUnavailable), 8),
    made(webob.exc.HTTPGone, 9, ('Set-Cookie', 'a'), ('Set-Cookie', 'b')),
]


@errorkit.wsgify
def in_wsgify(request):
    """Raise one in a handler."""
    raise SHARED[int(request.path_info[1:])]


def application(environ, start_response):
    """Raise the first five past everything, the others in a handler."""
    number = int(environ['PATH_INFO'][1:])
    if number >= 5:
        return in_wsgify(environ, start_response)
    raise SHARED[number]


def stack():
    return errorkit.wrap(application, service_type='volume',
                         versions='3.0-3.9')


def ask(app, number):
    """Raise one once; return the head, the body and the id of the answer."""
    started = []
    environ = {
        'REQUEST_METHOD': 'GET', 'SCRIPT_NAME': '', 'PATH_INFO': f'/{number}',
        'QUERY_STRING': '', 'SERVER_NAME': 'x', 'SERVER_PORT': '80',
        'SERVER_PROTOCOL': 'HTTP/1.1', 'wsgi.url_scheme': 'http',
        'wsgi.input': None, 'wsgi.errors': sys.stderr,
        'wsgi.version': (1, 0)}
    body = app(environ, lambda *head: started.append(head))
    text = b''.join(body)
    if hasattr(body, 'close'):
        body.close()
    [(status, headers)] = started
    return status, headers, text


def judged(answer, number, names):
    """Return the id of an answer, and whether it is this exception's own."""
    status, headers, text = answer
    [error] = json.loads(text)['errors']
    ids = [value for name, value in headers if name == apps.REQUEST_ID]
    return error['request_id'], (
        status.startswith(str(SHARED[number].status_int))
        and error['code'] == f'volume.shared.e{number}'
        and error['detail'] == f'the detail of {number}'
        and ids == [error['request_id']]
        and [name for name, _ in headers] == names)


def raise_over_and_over(raises, measure, warm_up):
    """Raise them from all threads, so often each.

    :param measure: called when all is warm and when all is done
    :param warm_up: how often each raises them before
    :returns: what is to be said of it, for ``print`` as JSON
    """
    app = stack()
    expected = [[name for name, _ in ask(app, number)[1]]
                for number in range(10)]
    wrong, sizes = [], []
    # Made before anything is measured: the ids, cut to 60 bits each.
    seen = [array.array('q', [0]) * raises for _ in range(THREADS)]

    def work(start):
        for turn in range(warm_up):
            ask(app, turn % 10)
        warm.wait(SOON)
        for turn in range(raises):
            number = (start + turn) % 10
            answer = ask(app, number)
            request_id, right = judged(answer, number, expected[number])
            seen[start][turn] = int(request_id[-12:], 16)
            if not right:
                wrong.append(ascii(answer))
        done.wait(SOON)

    warm = threading.Barrier(THREADS, lambda: sizes.append(measure()))
    done = threading.Barrier(THREADS, lambda: sizes.append(measure()))
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(work, start) for start in range(THREADS)]
        for future in futures:
            future.result(SOON)
    return {
        'raised': THREADS * raises,
        'ids': len(set(itertools.chain.from_iterable(seen))),
        'wrong': wrong[:3],
        'growth': sizes[1] - sizes[0],
        'frames': [exception.__traceback__ is not None
                   for exception in SHARED],
    }


def peak():
    """Return the most memory that the process has ever had, in bytes."""
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def traced():
    """Return the memory that Python's objects have now, in bytes."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def main(measure):
    """Be the process that a test starts."""
    # Every traceback is written out, and kept by nobody.
    logging.basicConfig(filename=os.devnull, level=logging.INFO)
    if measure == 'peak':
        said = raise_over_and_over(10_000, peak, 500)
    else:
        tracemalloc.start()
        said = raise_over_and_over(500, traced, 100)
    print(json.dumps(said))


@pytest.mark.parametrize(('measure', 'raised'), [
    ('peak', 160_000), ('traced', 8_000)])
def test_shared_exceptions_are_told_apart_and_cost_no_memory(measure, raised):
    # In a process of its own: pytest keeps what is logged.
    here = pathlib.Path(__file__).parent
    result = subprocess.run(
        [sys.executable, '-c',
         f'import test_memory; test_memory.main({measure!r})'],
        text=True, capture_output=True, timeout=SOON, cwd=here,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(
            [str(here), str(here.parent)])))
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said['wrong'] == []
    assert said['ids'] == said['raised'] == raised
    assert said['growth'] < MEBIBYTE
    assert said['frames'] == [False] * 10


def test_the_headers_of_the_hundredth_answer_are_as_many_as_of_the_first():
    app = stack()
    for number in range(10):
        counts = {len(ask(app, number)[1]) for _ in range(100)}
        assert len(counts) == 1


def test_a_bug_that_is_a_module_level_exception_costs_no_memory_either():
    bug = apps.Boom('shared')

    def application(environ, start_response):
        raise bug

    app = errorkit.wrap(application, service_type='volume')
    logging.disable()
    try:
        for turn in range(200):
            if turn == 100:
                gc.collect()
                before = sys.getallocatedblocks()
            assert apps.serve(app).code == 500
    finally:
        logging.disable(logging.NOTSET)
    gc.collect()
    # A hundred tracebacks with their frames would be thousands of blocks.
    assert sys.getallocatedblocks() - before < 100
    assert bug.__traceback__ is None


@pytest.mark.parametrize('name', [
    *apps.SOUND, *apps.FAILING_EARLY, *apps.FAILING_LATE])
def test_a_request_leaves_nothing_for_the_garbage_collector(name):
    # Then no memory waits for it, and no body is closed at its pleasure.
    application = (
        apps.SOUND | apps.FAILING_EARLY | apps.FAILING_LATE)[name]
    app = errorkit.wrap(application, service_type='volume',
                        versions='3.0-3.9')
    logging.disable()
    try:
        ask_for(app)
        gc.collect()
        gc.disable()
        ask_for(app)
        assert gc.collect() == 0
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)


def ask_for(app):
    """Serve one request and forget all about it."""
    exchange = apps.Exchange(app)
    try:
        exchange.call()
        while exchange.step():
            pass
    except apps.Boom:
        pass
    exchange.close()
    exchange.drop()
    exchange.environ.clear()
