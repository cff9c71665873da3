# SPDX-License-Identifier: Apache-2.0
"""A million hostile characters anywhere: what comes of them stays small."""

import gc
import importlib
import pathlib
import tracemalloc

import pytest
import webob.dec
import webob.exc
from strategies import MARK
from wsgi_driver import make_environ, run

import errorkit

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(pathlib.Path(__file__).parents[2] / 'benchmarks')
    # The program that measures it has the places and the patterns.
    hostile = importlib.import_module('hostile')

MIB = 1024 * 1024
#: Twelve bytes for each character of a detail, and some for the rest.
MAX_BODY = 12 * 8192 + 4096
#: A record is 16 KiB and its traceback.
MAX_LINE = 128 * 1024


@pytest.fixture
def longest(errorkit_logger):
    """Return a function: how long the longest line has been."""
    errorkit_logger.addHandler(hostile.LINES)
    hostile.LINES.longest = 0
    return lambda: hostile.LINES.longest


@pytest.mark.parametrize('place', hostile.PLACES)
def test_a_megabyte_of_any_pattern_gives_a_small_answer_and_line(
        place, longest):
    for name, pattern in hostile.PATTERNS.items():
        work = hostile.PLACES[place](hostile.text_of(pattern, MIB))
        served = work()
        assert len(served.body) < MAX_BODY, name
        assert dict(served.headers)['X-Openstack-Request-Id']
        if served.status[0] != '2':
            assert b'request' in served.body and b'req-' in served.body
    assert 0 < longest() < MAX_LINE


@pytest.mark.usefixtures('unheard')
@pytest.mark.parametrize('accept', [None, 'application/json', 'text/html',
                                    'text/plain'])
@pytest.mark.parametrize('character', [
    'x', '<', '&', '"', "'", '\n', '\x00', '\xe9', '\u20ac', '\U0001f600',
    '\ud800', '\\', '\n<!-- ', '<br /><br />\n'], ids=ascii)
def test_however_long_a_text_is_webobs_answer_is_replaced(
        character, accept):
    for size in (8192, 8193, 100_000, MIB):
        @webob.dec.wsgify
        def handler(request, size=size):
            raise webob.exc.HTTPConflict(
                hostile.text_of(character, size), comment=MARK)

        wrapped = errorkit.wrap(handler, service_type='volume')
        reply = run(wrapped, make_environ(ACCEPT=accept))
        assert reply.status == 409 and len(reply.body) < MAX_BODY
        assert MARK not in reply.words() and b'undefined_code' in reply.body
        kind = reply.one('Content-Type').partition(';')[0]
        assert kind == (accept or 'application/json')
        if kind == 'application/json' and '<!--' not in character:
            shown = reply.error['detail']
            whole = hostile.text_of(character, min(size, 8192))
            if size > 8192:
                whole = whole[:8191] + '…'
            assert shown == whole


@pytest.mark.usefixtures('unheard')
@pytest.mark.parametrize('name', [
    'ACCEPT', 'ACCEPT_LANGUAGE', 'OPENSTACK_API_VERSION'])
def test_long_headers_are_not_remembered(name):
    def application(environ, start_response):
        raise LookupError('a bug')

    wrapped = errorkit.wrap(application, service_type='volume',
                            versions='3.0-3.5')

    def serve(texts):
        for text in texts:
            run(wrapped, make_environ(**{name: text}))
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        # As many as any cache holds, so that all are full before.
        before = serve(f'text/{number}' for number in range(300))
        after = serve(f'text/html;q=0.{number}' * 500
                      for number in range(300))
    finally:
        tracemalloc.stop()
    assert after - before < MIB // 4
