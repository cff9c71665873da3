# SPDX-License-Identifier: Apache-2.0
"""Any bytes in a request: a well-formed answer, and log lines that hold."""

import json
import random
import re

import pytest
import webob.dec
import webob.exc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log_catcher import Caught
from strategies import BROWSER, FRAGMENTS, METHODS, RANGES, latin1, texts
from wsgi_driver import ID_HEADER, make_environ, run

import errorkit

REQUESTS = 8_000

HEADERS = ['ACCEPT', 'ACCEPT_LANGUAGE', 'X_OPENSTACK_REQUEST_ID',
           'OPENSTACK_API_VERSION', 'X_OPENSTACK_VOLUME_API_VERSION',
           'ORIGIN', 'HOST', 'X_FORWARDED_FOR', 'X_FORWARDED_HOST',
           'X_FORWARDED_PROTO', 'X_USER_ID', 'X_ROLES', 'USER_AGENT']
PLACES = ['PATH_INFO', 'SCRIPT_NAME', 'QUERY_STRING', 'REMOTE_ADDR',
          'CONTENT_TYPE', 'CONTENT_LENGTH']

#: What is nearly right, to be broken.
SEEDS = [
    'req-01234567-89ab-4cde-8f01-23456789abcd', 'volume 3.5', 'volume 3.0',
    'volume latest', 'compute 2.1, volume 3.1', '3.2', 'latest', BROWSER,
    'de-AT,de;q=0.8,en;q=0.1', 'fr', '*', 'http://evil.example', '/v3/volumes',
    'limit=10&marker=a', 'token=a', '192.0.2.1', *RANGES,
]
#: Controls, halves of characters and other ends of lines, and the marks that
#: turn a line around; a log line must not hold them.
UNFIT = re.compile(
    '[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029'
    '\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]')


@webob.dec.wsgify
def conflict(request):
    """Refuse."""
    raise webob.exc.HTTPConflict('a < b', comment='volume.exists')


def bug(environ, start_response):
    """Fail, the request in the message."""
    raise LookupError(environ.get('HTTP_ACCEPT', ''), environ['PATH_INFO'])


def shared(environ, start_response):
    """Answer a browser that comes from elsewhere."""
    start_response('200 OK', [('Access-Control-Allow-Origin', '*'),
                              ('Vary', 'Origin')])
    return [b'fine']


APPLICATIONS = {'shared': shared, 'conflict': conflict, 'bug': bug}
DUE = {'shared': 200, 'conflict': 409, 'bug': 500}


class Service:
    """An application in the stack, and the lines of its log."""

    def __init__(self, name, mode, logger):
        self.name = name
        self.mode = mode
        self.text = Caught(errorkit.log.TextFormatter())
        self.text.addFilter(errorkit.log.ContextFilter())
        self.json = Caught(errorkit.log.JSONFormatter())
        logger.handlers[:] = [self.text, self.json]
        self.wrapped = errorkit.wrap(
            APPLICATIONS[name], service_type='volume', versions='3.0-3.5',
            compat_headers=['X-Volume-Request-Id'], on_invalid=mode,
            legacy_headers=['X-OpenStack-Volume-API-Version'],
            trust=['192.0.2.0/24'])

    def check(self, places):
        """Serve one request and check what comes of it."""
        environ = make_environ()
        environ.update(places)
        given = dict(environ)
        reply = run(self.wrapped, environ)
        assert reply.raised is None
        assert reply.status in (DUE[self.name], 400, 406)
        assert (reply.one(ID_HEADER) == reply.one('X-Volume-Request-Id')
                == environ['openstack.request_id'])
        self.check_answer(reply, given)
        self.check_lines()

    def check_answer(self, reply, given):
        """Check that the answer is well-formed."""
        if self.mode == 'reject' and reply.status == 400:
            pass
        else:
            version = reply.one('OpenStack-API-Version')
            assert version in [f'volume 3.{minor}' for minor in range(6)]
            assert 'OpenStack-API-Version' in reply.one('Vary')
        if reply.status == 200:
            assert reply.body == b'fine'
            return
        assert reply.one('Content-Length') == str(len(reply.body))
        kind = reply.one('Content-Type').partition(';')[0]
        if kind == 'application/json':
            error = reply.error
            assert error['request_id'] == reply.one(ID_HEADER)
            assert error['status'] == reply.status and error['code']
        else:
            assert kind in (
                'text/html', 'text/plain', 'application/problem+json')
            assert kind.partition('/')[0] in given['HTTP_ACCEPT']

    def check_lines(self):
        """Check that a record is a line, and forget them."""
        for record, line in zip(self.text.records, self.text.lines,
                                strict=True):
            own, *more = line.split('\n')
            assert not more or record.exc_info
            assert all(one.startswith('| ') for one in more)
            for one in (own, *more):
                assert not UNFIT.search(one)
            assert len(own) < 20_000
        for line in self.json.lines:
            assert line.isascii() and line.isprintable()
            assert json.loads(line)['request_id'].startswith('req-')
        assert self.text.lines and len(self.json.lines) == len(
            self.text.lines)
        for handler in (self.text, self.json):
            handler.records.clear()
            handler.lines.clear()


def random_places(rng):
    """Return a request with something in most places."""
    pieces = [*SEEDS, *(one for one in FRAGMENTS if one.isascii())]
    made = {}
    for name in [*(f'HTTP_{name}' for name in HEADERS), *PLACES]:
        dice = rng.random()
        if dice < 0.3:
            made[name] = rng.choice(pieces)
        elif dice < 0.5:
            made[name] = ''.join(
                rng.choice((rng.choice(pieces), chr(rng.randrange(256))))
                for _ in range(rng.randrange(8)))
    made['REQUEST_METHOD'] = rng.choice(METHODS)
    return made


@pytest.mark.parametrize('mode', ['ignore', 'warn', 'reject'])
@pytest.mark.parametrize('name', APPLICATIONS)
def test_random_requests_get_a_well_formed_answer(
        name, mode, errorkit_logger):
    rng = random.Random(f'{name} {mode}')
    service = Service(name, mode, errorkit_logger)
    for number in range(REQUESTS // 9):
        places = random_places(rng)
        try:
            service.check(places)
        except AssertionError as exc:
            exc.add_note(f'{number}: {places}')
            raise


@settings(max_examples=300, deadline=None,
          suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(sorted(APPLICATIONS)),
       mode=st.sampled_from(['ignore', 'warn', 'reject']),
       places=st.dictionaries(
           st.sampled_from([*(f'HTTP_{name}' for name in HEADERS), *PLACES]),
           latin1() | st.sampled_from(SEEDS)))
def test_any_request_gets_a_well_formed_answer(
        name, mode, places, errorkit_logger):
    Service(name, mode, errorkit_logger).check(places)


@pytest.mark.parametrize('place', [
    *(f'HTTP_{name}' for name in HEADERS), *PLACES])
def test_every_byte_in_every_place_is_borne(place, errorkit_logger):
    for number, name in enumerate(APPLICATIONS):
        service = Service(name, 'warn', errorkit_logger)
        for byte in range(number, 256, len(APPLICATIONS)):
            for seed in ('', SEEDS[byte % len(SEEDS)]):
                service.check({place: f'{seed}{chr(byte)}a'})


@settings(max_examples=200, deadline=None,
          suppress_health_check=list(HealthCheck))
@given(message=texts(), argument=texts(), error=texts())
def test_any_message_of_a_service_is_one_line(
        message, argument, error, errorkit_logger):
    service = Service('shared', 'ignore', errorkit_logger)
    run(service.wrapped, make_environ())
    service.check_lines()
    named = {'request_id': 'req-', 'user_id': argument}
    for args in ((), (argument,)):
        text = message.replace('%', '%%') + '%s' if args else message
        errorkit_logger.info(text, *args, extra=named)
        try:
            raise LookupError(error)
        except LookupError:
            errorkit_logger.exception(text, *args, extra=named)
    service.check_lines()
