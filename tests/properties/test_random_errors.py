# SPDX-License-Identifier: Apache-2.0
"""Whatever error, whoever asks: one clean answer, and HEAD's is GET's."""

import random

import pytest
import webob.dec
from error_oracle import SEAM, check, check_head
from hypothesis import HealthCheck, given, settings
from strategies import (
    BROWSER,
    ERROR_CLASSES,
    FRAGMENTS,
    MARK,
    TEMPLATED,
    RandomError,
    random_error,
    random_errors,
)
from wsgi_driver import make_environ, run

import errorkit

ERRORS = 20_000
SEEDS = 4
DEFAULT_CODES = {404: 'volume.no', 405: 'volume.method',
                 415: 'volume.media', 501: 'volume.not_yet'}

pytestmark = pytest.mark.usefixtures('unheard')


def raises(environ, start_response):
    """Let an error through."""
    raise environ['test.error'].make()


def handler(request):
    """Raise or return an error, knowing webob only."""
    error = request.environ['test.error']
    if error.source.endswith('returned'):
        return error.make()
    raise error.make()


WAYS = {
    'raised': raises,
    'ours raised': errorkit.wsgify(handler),
    'ours returned': errorkit.wsgify(handler),
    'webob raised': webob.dec.wsgify(handler),
    'webob returned': webob.dec.wsgify(handler),
}


def application(environ, start_response):
    """Send an error out the way it wants to go."""
    way = WAYS[environ['test.error'].source]
    return way(environ, start_response)


PLAIN = errorkit.wrap(application, service_type='volume')
CODED = errorkit.wrap(application, service_type='volume',
                      default_codes=DEFAULT_CODES)


def answer(error, stack=PLAIN, method=None):
    """Serve one request that ends in this error."""
    environ = make_environ(method or error.method, ACCEPT=error.header())
    environ['test.error'] = error
    reply = run(stack, environ)
    assert reply.raised is None
    return reply


def check_both(error, stack, defaults):
    """Check the answer to a request and to the same as HEAD."""
    reply = answer(error, stack)
    check(error, defaults, reply)
    check_head(error, reply, answer(error, stack, 'HEAD'))


@pytest.mark.parametrize('seed', range(SEEDS))
def test_random_errors_are_answered_as_promised(seed):
    rng = random.Random(f'errors {seed}')
    for number in range(ERRORS // SEEDS):
        error = random_error(rng)
        try:
            if number % 2:
                check_both(error, CODED, DEFAULT_CODES)
            else:
                check_both(error, PLAIN, {})
        except AssertionError as exc:
            exc.add_note(f'{number}: {error}')
            raise


@settings(max_examples=300, deadline=None,
          suppress_health_check=list(HealthCheck))
@given(error=random_errors())
def test_any_error_is_answered_as_promised(error):
    check_both(error, PLAIN, {})
    check_both(error, CODED, DEFAULT_CODES)


ACCEPTS = [
    None, '*/*', 'application/json', 'text/html', 'text/plain', BROWSER,
    'application/vnd.x+json', 'image/png', 'nonsense',
    'text/html;q=0, text/plain', 'text/html;q=0, application/json;q=0',
    'application/vnd.x+json, text/html;q=0, application/json;q=0',
    'text/plain, ' * 100 + 'text/plain', f'text/plain;x={"y" * 1000}',
    '*/*;q=0', 'text/*;q=0, application/*;q=0',
]


def without_id(reply):
    """Return a body in which every request has the same id."""
    body = reply.body.decode('utf-8')
    for request_id in reply.all('X-Openstack-Request-Id'):
        body = body.replace(request_id, 'req-')
    return body


@pytest.mark.parametrize('kind', ERROR_CLASSES, ids=lambda one: one.__name__)
def test_an_error_under_plain_webob_has_the_body_of_a_raised_one(kind):
    details = [None, 'No volume <uuid>, a < b\r\n${detail} %s \ud800 &#128;',
               'x' * 9000, *(one for one in FRAGMENTS if SEAM not in one)]
    default = 'volume.of_this_kind'
    stack = errorkit.wrap(application, service_type='volume',
                          default_codes={kind.code: default})
    for number, detail in enumerate(details):
        one = number % len(ACCEPTS)
        for accept in ACCEPTS if number < 3 else ACCEPTS[one:one + 1]:
            raised, handled = (
                RandomError(kind, detail, comment, (), 'GET', source, None,
                            accept)
                for source, comment in (
                    ('raised', None if kind.code in TEMPLATED
                     else 'volume.name_exists'),
                    ('webob raised', 'volume.name_exists')))
            first, second = answer(raised, stack), answer(handled, stack)
            assert second.line == first.line, accept
            assert second.headers[:-1] == first.headers[:-1], accept
            assert without_id(second) == without_id(first), accept


@pytest.mark.parametrize('accept', ['application/json', 'text/html', None])
@pytest.mark.parametrize('comment', [
    MARK, f'{MARK} -->\n', f'\n<!-- {MARK} -->\n', f'\n<!-- {MARK}',
    f'<br /><br />\n{MARK}', f'{MARK}\n<!-- not a code',
])
def test_a_comment_that_imitates_webobs_template_is_not_shown(
        accept, comment):
    for detail in ('no', None, 'no\n\n', 'no\n'):
        error = RandomError(webob.exc.HTTPConflict, detail, comment, (),
                            'GET', 'webob raised', None, accept)
        assert MARK not in answer(error).words()
