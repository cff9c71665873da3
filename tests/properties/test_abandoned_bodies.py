# SPDX-License-Identifier: Apache-2.0
"""A body that a server forgets is closed by whatever collects it."""

import gc
import logging
import pathlib
import subprocess
import sys

import pytest
from seam_apps import Chunks
from wsgi_driver import make_environ

import errorkit

ROOT = pathlib.Path(errorkit.__file__).parent.parent

# On Python 3.11 a collection can begin inside of ContextVar.set; closing a
# body there must not change the variables that are being changed.
PROGRAM = '''
import contextvars, gc, random
import errorkit

OTHERS = [contextvars.ContextVar(str(number)) for number in range(5)]
CURRENT = contextvars.ContextVar('current')
CURRENT.set({})

class Chunks(list):
    def close(self):
        for variable in OTHERS:
            variable.set({})

def application(environ, start_response):
    start_response('200 OK', [])
    return Chunks()

wrapped = errorkit.RequestId(application)
random.seed(1)
for number in range(30_000):
    gc.set_threshold(random.randrange(1, 60))
    environ = {'REQUEST_METHOD': 'GET'}
    environ['body'] = wrapped(environ, lambda *args: None)
    del environ
    CURRENT.reset(CURRENT.set({number: number}))
'''


def test_a_collection_at_any_moment_may_close_a_body():
    result = subprocess.run([sys.executable, '-c', PROGRAM], cwd=ROOT,
                            capture_output=True, text=True, timeout=120)
    assert (result.returncode, result.stderr) == (0, '')


def serve(environ, wrapped):
    """Begin a request and forget its body, in a cycle."""
    environ['test.body'] = wrapped(environ, lambda *args: None)


@pytest.mark.parametrize('wrap', [
    errorkit.RequestId, errorkit.RequestLog, errorkit.FaultWrapper,
    lambda application: errorkit.wrap(application, service_type='volume')])
def test_a_forgotten_body_is_closed_once_and_logged_once(wrap, caught):
    def application(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return Chunks(environ, b'one')

    bodies = []
    environ = make_environ()
    environ.update({'test.fail': lambda seam: None, 'test.bodies': bodies})
    serve(environ, wrap(application))
    del environ
    gc.collect()
    assert [body.closed for body in bodies] == [1]
    assert errorkit.context.current() is None
    said = [record for record in caught.records
            if record.levelno == logging.INFO]
    assert len(said) == (wrap is not errorkit.RequestId
                         and wrap is not errorkit.FaultWrapper)


def test_a_request_that_fails_is_logged_once(caught):
    def application(environ, start_response):
        raise LookupError('a bug')

    with pytest.raises(LookupError):
        errorkit.RequestLog(application)(make_environ(), print)
    gc.collect()
    said = [record for record in caught.records
            if record.levelno == logging.INFO]
    assert len(said) == 1
    assert said[0].getMessage().endswith(' aborted')
