# SPDX-License-Identifier: Apache-2.0
"""Exceptions that live as long as the process: never changed, never a leak.

Sixteen threads raise the same ten exception objects over and over. The full
size, 10,000 raises a thread, takes half a minute; without
ERRORKIT_TEST_FULL=1 in the environment it is 2,000.
"""

import concurrent.futures
import gc
import json
import os
import pathlib
import subprocess
import sys
import threading

import apps
import pytest
import webob.exc

import errorkit
import errorkit.ids

THREADS = 16
FULL = os.environ.get('ERRORKIT_TEST_FULL') == '1'
RAISES = 10_000 if FULL else 2_000
WARM_UP = 200
MEBIBYTE = 1024 * 1024
SOON = 300


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


def is_right(answer, number, expected):
    """Tell whether an answer is that of this exception, and its own."""
    status, headers, text = answer
    [error] = json.loads(text)['errors']
    ids = [value for name, value in headers if name == apps.REQUEST_ID]
    return (
        status.startswith(str(SHARED[number].status_int))
        and error['code'] == f'volume.shared.e{number}'
        and error['detail'] == f'the detail of {number}'
        and ids == [error['request_id']]
        and errorkit.ids.is_valid(ids[0])
        and [name for name, _ in headers] == expected[number])


def raise_over_and_over(measure):
    """Raise them from all threads; return the wrong answers and the growth.

    :param measure: called when all is warm and when all is done
    """
    app = stack()
    expected = [[name for name, _ in ask(app, number)[1]]
                for number in range(10)]
    wrong, seen = [], []

    def work(start):
        unique = set()
        for turn in range(WARM_UP + RAISES):
            if turn == WARM_UP:
                unique.clear()
                warm.wait(SOON)
            number = (start + turn) % 10
            answer = ask(app, number)
            unique.add(json.loads(answer[2])['errors'][0]['request_id'])
            if not is_right(answer, number, expected):
                wrong.append((number, answer))
        seen.append(len(unique))
        del answer
        unique.clear()
        done.wait(SOON)
        done.wait(SOON)

    sizes = []
    warm = threading.Barrier(THREADS, lambda: sizes.append(measure()))
    done = threading.Barrier(THREADS + 1)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(work, start) for start in range(THREADS)]
        done.wait(SOON)
        sizes.append(measure())
        done.wait(SOON)
        for future in futures:
            future.result(SOON)
    return wrong, sizes[1] - sizes[0], seen
