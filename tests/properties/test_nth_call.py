# SPDX-License-Identifier: Apache-2.0
"""The n-th call of every seam fails, for n = 1, 2, 3 … until none does."""

import sys

import pytest
from nth_call import (
    ENCODERS,
    EXCEPTIONS,
    FUNCTIONS,
    OPTIONAL,
    SERVERS,
    Errors,
    Fails,
    Handler,
    install,
)
from seam_apps import KINDS, OPTIONS
from test_mutated_ids import is_id
from wsgi_driver import ID_HEADER, make_environ, run

import errorkit

NEVER = 1_000_000
ORDINARY = [name for name in EXCEPTIONS if name != 'timeout like']

CATALOG = errorkit.Catalog('volume', help_base='https://docs.example/')
CATALOG.define('volume.exists', status=409, title='Exists')


class Trial:
    """One request with at most one failure in it."""

    def __init__(self, kind, fail, logger):
        application, method, headers = KINDS[kind]
        self.kind = kind
        self.handler = Handler(fail)
        logger.handlers[:] = [self.handler]
        self.environ = make_environ(method, **headers)
        self.environ.update({'test.fail': fail, 'test.bodies': [],
                             'wsgi.errors': Errors(fail)})

        def seamed(environ, start_response):
            fail('call')
            return application(environ, start_response)

        observers = []
        if fail.seam == 'Thread.start':
            observers.append([].append)
        stack = errorkit.wrap(
            seamed, service_type='volume', versions='3.0-3.5',
            catalog=CATALOG, observers=observers,
            compat_headers=['X-Volume-Request-Id'], **OPTIONS.get(kind, {}))
        # Whether a code is undeclared is said once.
        CATALOG.undeclared.clear()
        self.reply = run(stack, self.environ, fail)

    def shape(self):
        """Return the answer, every request having the same id."""
        words = self.reply.words()
        for request_id in self.reply.all(ID_HEADER):
            words = words.replace(request_id, 'req-')
        return words, type(self.reply.raised)

    def faults(self):
        """Return the lines that say what went wrong."""
        return [line for record, line in self.handler.lines
                if record.levelname == 'ERROR']

    def says_lost(self):
        """Tell whether the server was told of a lost record."""
        return 'lost' in self.environ['wsgi.errors'].getvalue()

    def check(self):
        """Check what holds whatever has failed."""
        reply = self.reply
        assert errorkit.context.current() is None
        for body in self.environ['test.bodies']:
            assert body.closed == 1
        if reply.starts:
            request_id = reply.one(ID_HEADER)
            assert is_id(request_id, True)
            assert reply.one('X-Volume-Request-Id') == request_id
            assert self.environ['openstack.request_id'] == request_id
            length = reply.all('Content-Length')
            if reply.body and reply.raised is None and length:
                assert length == [str(len(reply.body))]

    def check_clean_500(self):
        """Check for a 500 that is whole and says nothing."""
        reply = self.reply
        assert reply.raised is None and reply.status == 500
        assert reply.one('Content-Type').startswith(
            ('application/json', 'text/'))
        if self.environ['REQUEST_METHOD'] != 'HEAD':
            assert reply.one(ID_HEADER).encode() in reply.body
        assert b'disk' not in reply.body


def trials(seam, kind, exceptions, logger):
    """Let the n-th call fail until there is no such call."""
    for name in exceptions:
        number = 0
        while True:
            number += 1
            fail = Fails(seam, number, EXCEPTIONS[name])
            with pytest.MonkeyPatch.context() as patch:
                if seam in FUNCTIONS:
                    install(seam, fail, patch)
                trial = Trial(kind, fail, logger)
            if not fail.happened:
                break
            yield trial, f'{kind}: {name} at call {number} of {seam}'


@pytest.mark.parametrize('seam', OPTIONAL)
@pytest.mark.parametrize('kind', KINDS)
def test_what_is_optional_can_fail_and_no_answer_changes(
        kind, seam, errorkit_logger):
    due = Trial(kind, Fails(), errorkit_logger)
    for trial, said in trials(seam, kind, ORDINARY, errorkit_logger):
        trial.check()
        assert trial.shape() == due.shape(), said
        assert trial.faults() or not due.faults() or trial.says_lost(), said


@pytest.mark.parametrize('kind', KINDS)
def test_no_log_and_no_wsgi_errors_still_change_no_answer(
        kind, errorkit_logger):
    due = Trial(kind, Fails(), errorkit_logger)
    for name in ORDINARY:
        fail = Fails('errors.write', 0, EXCEPTIONS[name],
                     {'emit', 'errors.write'})
        trial = Trial(kind, fail, errorkit_logger)
        trial.check()
        assert trial.shape() == due.shape(), (kind, name)
        assert not trial.handler.lines
        # RequestId alone is outside of all that knows wsgi.errors.
        assert fail.calls or kind == 'rejected id'


@pytest.mark.parametrize('seam', ENCODERS)
@pytest.mark.parametrize('kind', KINDS)
def test_an_encoder_can_fail_and_the_answer_is_clean(
        kind, seam, errorkit_logger):
    due = Trial(kind, Fails(), errorkit_logger)
    for trial, said in trials(seam, kind, ORDINARY, errorkit_logger):
        trial.check()
        if trial.shape() != due.shape():
            assert trial.faults(), said
            trial.check_clean_500()


@pytest.mark.parametrize('seam', SERVERS)
@pytest.mark.parametrize('kind', KINDS)
def test_a_failure_of_application_or_server_is_answered_or_logged(
        kind, seam, errorkit_logger):
    due = Trial(kind, Fails(), errorkit_logger)
    for trial, said in trials(seam, kind, EXCEPTIONS, errorkit_logger):
        trial.check()
        # What the server itself raises outside of all, it knows of.
        assert trial.faults() or kind == 'rejected id', said
        for line in trial.faults():
            assert trial.environ['openstack.request_id'] in line
        if trial.reply.raised is None and trial.shape() != due.shape():
            trial.check_clean_500()


@pytest.mark.parametrize('seam', [*OPTIONAL, *ENCODERS, *SERVERS])
def test_every_seam_is_on_the_way_of_some_request(seam, errorkit_logger):
    calls = {}
    for kind in KINDS:
        fail = Fails(seam, NEVER)
        with pytest.MonkeyPatch.context() as patch:
            if seam in FUNCTIONS:
                install(seam, fail, patch)
            Trial(kind, fail, errorkit_logger)
        calls[kind] = fail.calls
    # Python 3.13 asks another clock for the time of a log record.
    other = 'time' if sys.version_info >= (3, 13) else 'time_ns'
    assert any(calls.values()) == (seam != other)
