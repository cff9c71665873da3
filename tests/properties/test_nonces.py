# SPDX-License-Identifier: Apache-2.0
"""Whatever exception: a clean 500 that tells nothing, and a log that does."""

import json

import planted
import pytest
import webob.dec
from hostile_exceptions import CORPUS, make
from log_catcher import Caught
from odd_exceptions import NONCE
from strategies import BROWSER
from wsgi_driver import ID_HEADER, make_environ, run

import errorkit

#: Of a record as it is written, its traceback included.
MAX_LINE = 128 * 1024


def before(environ, start_response):
    """Fail before anything else."""
    raise environ['test.make']()


def after(environ, start_response):
    """Fail after the response was started."""
    start_response('200 OK', [('Content-Type', 'text/plain'),
                              ('Set-Cookie', 'a=b')])
    raise environ['test.make']()


class Chunks:
    """A body that fails on its first chunk."""

    def __init__(self, raised):
        self.raised = raised

    def __iter__(self):
        return self

    def __next__(self):
        raise self.raised


def first(environ, start_response):
    """Fail on the first chunk."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return Chunks(environ['test.make']())


@webob.dec.wsgify
def handler(request):
    """Fail under webob's decorator."""
    raise request.environ['test.make']()


@errorkit.wsgify
def our_handler(request):
    """Fail under our decorator."""
    raise request.environ['test.make']()


def auth(application):
    """Return an auth layer that fails where a test wants it to."""
    def layer(environ, start_response):
        if environ.get('test.in_auth'):
            raise environ['test.make']()
        return application(environ, start_response)
    return layer


WAYS = {'before': before, 'after': after, 'first chunk': first,
        'webob': handler, 'ours': our_handler, 'auth': before}


@pytest.fixture
def heard(errorkit_logger):
    """Return what the log and the observers are told."""
    text = Caught(errorkit.log.TextFormatter())
    text.addFilter(errorkit.log.ContextFilter())
    heard = {'text': text, 'json': Caught(errorkit.log.JSONFormatter()),
             'observed': []}
    errorkit_logger.addHandler(heard['text'])
    errorkit_logger.addHandler(heard['json'])
    return heard


def answer(way, maker, heard, accept=None):
    """Serve one request that fails so."""
    stack = errorkit.wrap(
        WAYS[way], service_type='volume', versions='3.0-3.5', auth=auth,
        observers=[heard['observed'].append])
    environ = make_environ(ACCEPT=accept)
    environ['test.make'] = maker
    environ['test.in_auth'] = way == 'auth'
    reply = run(stack, environ)
    assert stack.application.application.observers.flush()
    return reply


def known_again(reply):
    """Return an answer in which every request has the same id."""
    request_id = reply.one(ID_HEADER)
    assert request_id in reply.body.decode()
    return (reply.line, reply.words().replace(request_id, 'req-'))


def check_heard(heard, request_id):
    """Check that operators learn of it, once, in lines of one record."""
    text, lines = heard['text'], heard['json']
    faults = [record for record in text.records
              if record.name == 'errorkit.fault_wrap']
    assert [record.levelname for record in faults] == ['ERROR']
    for record in text.records:
        assert NONCE not in planted.record_text(record)
    assert len(text.lines) == len(text.records) == len(lines.lines)
    for line in text.lines:
        own, *more = line.split('\n')
        assert request_id in own and len(line) < MAX_LINE
        assert all(one.startswith('| ') for one in more)
    for line in lines.lines:
        assert json.loads(line)['request_id'] == request_id
        assert len(line) < MAX_LINE
    records = heard['observed']
    assert len(records) == 1 and records[0].status == 500
    assert records[0].request_id == request_id
    assert NONCE not in repr(records[0].error)


#: It takes a second; once is enough.
LONG = 'a text of 100 MB'
CASES = [
    (name, way) for name in CORPUS for way in WAYS
    # That is how a body says that it has ended.
    if (name, way) != ('StopIteration', 'first chunk')
    and (name != LONG or way == 'first chunk')]


@pytest.mark.parametrize(('name', 'way'), CASES)
def test_any_exception_is_a_500_that_tells_nothing(name, way, heard):
    due = known_again(answer(way, lambda: ValueError('a bug'), heard))
    for sink in (heard['text'], heard['json']):
        sink.records.clear()
        sink.lines.clear()
    heard['observed'].clear()
    reply = answer(way, lambda: make(name), heard)
    assert reply.raised is None and reply.status == 500
    assert NONCE.lower() not in reply.words().lower()
    assert known_again(reply) == due
    check_heard(heard, reply.one(ID_HEADER))


@pytest.mark.parametrize('accept', [BROWSER, 'text/plain'])
@pytest.mark.parametrize('name', sorted(set(CORPUS) - {LONG}))
def test_neither_a_page_nor_plain_text_tells_of_an_exception(
        name, accept, heard):
    reply = answer('before', lambda: make(name), heard, accept)
    assert reply.status == 500 and NONCE not in reply.words()
    assert accept.startswith(reply.one('Content-Type').partition(';')[0])
