# SPDX-License-Identifier: Apache-2.0
"""Asks an application for one error in every way a client may ask.

Whatever the framework: GET and HEAD, JSON, HTML and problem details, all of
them the same error, and the headers that the application had sent by itself.
"""

import collections
import json
from wsgiref.validate import validator

from assertions import ID, ID_HEADER, ask, assert_error

import errorkit

UNDEFINED = 'shop.undefined_code'
#: What a person may write: markup, entities, lines, other scripts.
TEXT = (
    'No <cake> & no "tea" for O\'Hara: a < b, &lt;b&gt; is not <b>bold</b>.\n'
    'Grüße, 中文, ☃: 100 % of {it} \\n'
)
#: What is nobody's business.
SECRET = 'planted-4711'

PROBLEM = 'application/problem+json'
#: For frameworks that know no Accept but their own types.
PROBLEM_OR_JSON = f'{PROBLEM}, application/json'
KINDS = {
    '*/*': 'application/json',
    'application/json': 'application/json',
    'text/html': 'text/html',
    'text/plain': 'text/plain',
    PROBLEM: PROBLEM,
    PROBLEM_OR_JSON: PROBLEM,
}
#: An application inside of us sees another Accept in place of the others.
_UNCHANGED = {'*/*', 'application/json', 'text/html'}
# They say how the body that is replaced was sent.
_OF_THE_BODY = {
    'content-type',
    'content-length',
    'content-encoding',
    'etag',
    'x-content-type-options',
}


def wrap(application, **options):
    """Return an application in the stack of a service called shop."""
    return errorkit.wrap(application, service_type='shop', **options)


def check(
    application,
    path='/',
    *,
    status,
    detail,
    title=None,
    code=UNDEFINED,
    method='GET',
    count=1,
    head=True,
    kept=(),
    accepts=('*/*', 'application/json', 'text/html', 'text/plain', PROBLEM),
    compared=True,
    volatile=(),
    stack=wrap,
    valid=True,
    **request,
):
    """Ask for an error in every way; all answers have to be one.

    :param application: as its author left it
    :param status: the answer's
    :param detail: the whole detail, or None where it has to be the standard
        explanation
    :param title: None for the status' own
    :param method: HEAD is asked as well where it is GET
    :param count: how many errors there are
    :param head: False where the framework answers HEAD with another error
    :param kept: names of headers that have to be there
    :param accepts: where not all kinds are asked for
    :param compared: compare the headers with those of the bare application;
        False where it raises
    :param volatile: names of headers whose value differs each time
    :param stack: wraps the application
    :param valid: False where it breaks a rule that the validator checks
    :param request: for ``ask``
    :returns: the reply with JSON
    """
    request.setdefault('headers', {})
    wrapped = stack(validator(application) if valid else application)
    title = title or errorkit.error.title_of(status)
    detail = detail or str(errorkit.error.explanation_of(status))
    replies = {}
    for accept in accepts:
        asked = {
            **request,
            'headers': {**request['headers'], 'Accept': accept},
            'valid': valid,
        }
        reply = replies[accept] = ask(wrapped, path, method=method, **asked)
        if KINDS[accept] == PROBLEM:
            assert_problem(reply, status, code, title, detail, count)
        else:
            assert_error(
                reply,
                status=status,
                code=code,
                title=title,
                detail=detail,
                kind=KINDS[accept],
                count=count,
            )
        assert SECRET not in reply.text
        if method == 'GET' and head:
            of_head = ask(wrapped, path, method='HEAD', **asked)
            assert of_head.body == b''
            assert_head(of_head, reply, volatile)
        if compared and accept in _UNCHANGED:
            bare = ask(application, path, method=method, **asked)
            assert bare.status_int == status
            assert_kept(bare, reply, volatile)
        for name in kept:
            assert name in reply.headers
    return replies[accepts[0]]


def assert_problem(reply, status, code, title, detail, count=1):
    """Check a reply that is in the format of RFC 9457."""
    assert reply.status_int == status
    assert reply.one('Content-Type') == PROBLEM
    assert reply.one('Content-Length') == str(len(reply.body))
    assert 'accept' in reply.vary()
    told = reply.json
    request_id = reply.one(ID_HEADER)
    assert ID.fullmatch(request_id)
    assert told['instance'] == 'urn:uuid:' + request_id.removeprefix('req-')
    assert told['request_id'] == request_id
    assert told.get('code') == code
    assert (told['status'], told['title'], told['detail']) == (
        status,
        title,
        detail,
    )
    assert len(told.get('errors', ())) == count - 1


def assert_kept(bare, reply, volatile=()):
    """Check that a bare application's headers are those of the reply."""
    volatile = {name.lower() for name in volatile}
    theirs, ours = (
        collections.Counter(
            (name.lower(), '' if name.lower() in volatile else value)
            for name, value in one.headerlist
            if name.lower() not in (*_OF_THE_BODY, 'vary')
        )
        for one in (bare, reply)
    )
    assert not theirs - ours
    if 'Vary' in bare.headers:
        assert set(bare.vary()) <= set(reply.vary())


def assert_head(head, reply, volatile=()):
    """Check that HEAD says what GET does, but for what the body alone knows.

    That is its length, its code, and whether its text is ours: then it has a
    language.
    """
    assert head.status == reply.status
    assert ID.fullmatch(head.one(ID_HEADER))
    hidden = {
        'content-length',
        'content-language',
        'openstack-error-code',
        'vary',
        ID_HEADER.lower(),
        *(name.lower() for name in volatile),
    }
    ours, gets = (
        sorted(
            item for item in one.headerlist if item[0].lower() not in hidden
        )
        for one in (head, reply)
    )
    assert ours == gets
    if 'Content-Language' in head.headers:
        assert head.one('Content-Language') == reply.one('Content-Language')
    assert set(head.vary()) | {'accept-language'} >= set(reply.vary())


def check_formats(application, path, *, status, key, detail, **request):
    """Check an error as a compute fault, and in both formats in one."""
    fault = {key: {'code': status, 'message': detail}}
    reply = ask(wrap(application, format='compute'), path, **request)
    assert reply.status_int == status
    told = reply.json
    told[key].pop('retryAfter', None)
    assert told == fault
    assert ID.fullmatch(reply.one(ID_HEADER))
    reply = ask(wrap(application, format='bridge'), path, **request)
    assert reply.status_int == status
    told = reply.json
    assert list(told) == [key, 'errors']
    told[key].pop('retryAfter', None)
    assert {key: told[key]} == fault
    [error] = told['errors']
    assert error['detail'] == detail
    assert error['request_id'] == reply.one(ID_HEADER)
    assert json.dumps(told).isascii()
