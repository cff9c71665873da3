# SPDX-License-Identifier: Apache-2.0
"""oslo.log, untouched, shows our ids: its formatters read the same context."""

import io
import json
import logging
import re
import subprocess
import sys

import pytest
from assertions import GLOBAL_ID, ID_HEADER, ask, assert_error
from oslo_config import cfg
from oslo_log import formatters
from oslo_log import log as oslo_log

import errorkit

LOG = logging.getLogger('shop')


def keystone(application):
    """Authenticate as Ada, whatever the client says."""

    def authenticate(environ, start_response):
        environ['HTTP_X_USER_ID'] = 'ada'
        environ['HTTP_X_PROJECT_ID'] = 'bakery'
        environ['HTTP_X_ROLES'] = 'member'
        return application(environ, start_response)

    return authenticate


def bakes(environ, start_response):
    LOG.info('the cake is in the oven')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return streamed()


def streamed():
    LOG.info('the first slice')
    yield b'one'
    LOG.info('the second slice')
    yield b'two'


def breaks(environ, start_response):
    raise RuntimeError('no flour')


@pytest.fixture(name='conf')
def _conf():
    conf = cfg.ConfigOpts()
    oslo_log.register_options(conf)
    conf([])
    return conf


@pytest.fixture(name='written')
def _written(request, conf, caplog):
    """Have a formatter of oslo.log write all records."""
    caplog.set_level(logging.INFO)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param(conf))
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: stream.getvalue().splitlines()
    root.removeHandler(handler)


def context_formatter(conf):
    return formatters.ContextFormatter(config=conf, datefmt='%H:%M:%S')


def json_formatter(conf):
    return formatters.JSONFormatter()


def serve(application, auth=keystone):
    wrapped = errorkit.wrap(
        application, service_type='volume', auth=auth, versions='3.0-3.70'
    )
    return ask(wrapped, headers={ID_HEADER: GLOBAL_ID})


@pytest.mark.parametrize('written', [context_formatter], indirect=True)
def test_the_context_formatter_shows_both_ids_and_the_user(written):
    reply = serve(bakes)
    lines = written()
    assert len(lines) == 4
    for line in lines:
        assert re.search(
            rf'\[{GLOBAL_ID} {reply.one(ID_HEADER)} ada bakery\b', line
        ), line
    assert 'in the oven' in lines[0]
    assert 'second slice' in lines[2]
    assert 'status: 200 len: 6 microversion: 3.0' in lines[3]


@pytest.mark.parametrize('written', [context_formatter], indirect=True)
def test_the_context_formatter_shows_the_ids_of_an_anonymous_request(written):
    reply = serve(bakes, auth=None)
    for line in written():
        assert re.search(rf'\[{GLOBAL_ID} {reply.one(ID_HEADER)} -? ?-', line)


@pytest.mark.parametrize('written', [context_formatter], indirect=True)
def test_the_context_formatter_shows_the_ids_of_a_bug(written):
    reply = serve(breaks)
    assert_error(reply, status=500, code='volume.undefined_code')
    lines = written()
    [first] = [line for line in lines if 'unexpected error' in line]
    assert f'[{GLOBAL_ID} {reply.one(ID_HEADER)} ada bakery' in first
    assert 'ERROR errorkit.fault_wrap' in first
    assert any(line.endswith('RuntimeError: no flour') for line in lines)


@pytest.mark.parametrize('written', [context_formatter], indirect=True)
def test_the_context_formatter_shows_no_ids_after_the_request(written):
    reply = serve(bakes)
    LOG.info('closing time')
    last = written()[-1]
    assert 'closing time' in last
    assert reply.one(ID_HEADER) not in last
    assert GLOBAL_ID not in last


@pytest.mark.parametrize('written', [json_formatter], indirect=True)
def test_the_json_formatter_has_the_whole_context(written):
    reply = serve(bakes)
    for line in map(json.loads, written()):
        context = line['context']
        assert context['request_id'] == reply.one(ID_HEADER)
        assert context['global_request_id'] == GLOBAL_ID
        assert context['user'] == 'ada'
        assert context['project_id'] == 'bakery'
        assert context['roles'] == ['member']


PROGRAM = """
import sys
import wsgiref.util

from oslo_config import cfg
from oslo_log import log

import errorkit

CONF = cfg.CONF
log.register_options(CONF)
CONF([])
log.setup(CONF, 'shop')
LOG = log.getLogger('shop')


def application(environ, start_response):
    LOG.warning('the %s is in the oven', 'cake')
    start_response('200 OK', [])
    return [b'']


def keystone(application):
    def authenticate(environ, start_response):
        environ['HTTP_X_USER_ID'] = 'ada'
        environ['HTTP_X_PROJECT_ID'] = 'bakery'
        return application(environ, start_response)
    return authenticate


wrapped = errorkit.wrap(application, service_type='volume', auth=keystone)
environ = {'HTTP_X_OPENSTACK_REQUEST_ID': sys.argv[1]}
wsgiref.util.setup_testing_defaults(environ)
headers = []
body = wrapped(environ, lambda status, given: headers.extend(given))
list(body)
body.close()
print('id', dict(headers)['X-Openstack-Request-Id'], flush=True)
LOG.warning('closing time')
"""


def test_a_service_that_sets_oslo_log_up_sees_our_ids():
    # A process of its own: the set-up is for a whole process.
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM, GLOBAL_ID],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    written = done.stdout.splitlines()
    [local_id] = [line[3:] for line in written if line.startswith('id ')]
    first, last = (line for line in written if ' WARNING shop [' in line)
    assert f'[{GLOBAL_ID} {local_id} ada bakery' in first
    assert first.endswith('the cake is in the oven')
    assert last.endswith('closing time')
    assert local_id not in last
    assert GLOBAL_ID not in last
    [line] = [line for line in written if '"GET /"' in line]
    assert f'[{GLOBAL_ID} {local_id} ada bakery' in line
    assert 'errorkit.request_log' in line
