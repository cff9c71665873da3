# SPDX-License-Identifier: Apache-2.0
"""What our own stack writes, in each format, client.parse reads back."""

import dataclasses

import pytest
import webob
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import errorkit
from errorkit import client
from errorkit.error import FAULT_DETAIL, MAX_DETAIL, explanation_of, title_of
from errorkit.formats.foreign import private

ID_HEADER = 'X-Openstack-Request-Id'
CODE = 'volume.undefined_code'
#: A format: which JSON the service speaks, and what the client accepts.
KINDS = {
    'errors': ('errors', '*/*'),
    'compute': ('compute', '*/*'),
    'bridge': ('bridge', '*/*'),
    'problem': ('errors', 'application/problem+json'),
    'html': ('errors', 'text/html'),
    'text': ('errors', 'text/plain'),
}
JSON_KINDS = ('errors', 'compute', 'bridge', 'problem')

#: What each format has to quote, and what looks like its own frame.
PIECES = st.sampled_from(
    ['<b>', '</p>\n', '&amp;', '&lt;', '\n\n', '\n* * *\n\n', '> * * *',
     '\r\n', '\\n', '\\', ': ', '"', "'", '\x00', '\u2028', '\ufeff',
     '404 Not Found', '<!-- x -->', '<dl lang="en">\n', '{"errors": []}',
     '</main>\n</body>\n</html>\n', 'code: a.b\n', '\N{HORIZONTAL ELLIPSIS}']
)
TEXTS = st.lists(PIECES | st.text(max_size=12), max_size=5).map(''.join)
HREFS = st.sampled_from(
    ['https://docs.example/a', 'https://docs.example/a?b=c&d=(e)#f',
     "http://docs.example:8080/it's;x=*"]
)
MEMBERS = {
    'title': TEXTS,
    'detail': TEXTS,
    'code': st.none() | st.sampled_from(['volume.full', 'a.b-c_d.0']),
    'links': st.lists(
        st.tuples(st.sampled_from(['help', 'self', 'related']), HREFS),
        max_size=3,
    ).map(tuple),
    'source': st.none()
    | st.dictionaries(
        st.sampled_from(['pointer', 'parameter', 'header']),
        TEXTS,
        min_size=1,
    ),
    'retry': st.none()
    | st.sampled_from(['never', 'same', 'after-refresh', 'later']),
    'max_version': st.none() | st.just('3.9'),
    'min_version': st.none() | st.just('3.0'),
    'trace_id': st.none() | st.just('84c1fd4063c38d9f3900d06e56542d48'),
}
STATUSES = st.sampled_from([400, 404, 409, 413, 418, 429, 451, 500, 503, 599])
ERRORS = st.lists(
    st.builds(errorkit.Error, STATUSES, **MEMBERS), min_size=1, max_size=4
)


def ask(raised, kind, *, version='3.5', method='GET'):
    """Return the response of a service that raises this."""

    def application(environ, start_response):
        raise raised

    spoken, accept = KINDS[kind]
    wrapped = errorkit.wrap(
        application,
        service_type='volume',
        versions='3.0-3.9',
        code_version='3.5',
        format=spoken,
    )
    headers = {'Accept': accept, 'OpenStack-API-Version': f'volume {version}'}
    request = webob.Request.blank('/', method=method, headers=headers)
    return request.get_response(wrapped)


def told(response):
    """Return what client.parse makes of it."""
    return client.parse(response.status, response.headers, response.body)


def sent(given, request_id, shows_code):
    """Return an error as the service means it."""
    meant = dataclasses.replace(
        given,
        title=given.title or title_of(given.status),
        detail=given.detail or str(explanation_of(given.status)),
        code=given.code or CODE,
        request_id=request_id,
    )
    if not shows_code:
        # The link would tell the code, and the hint belongs to it.
        meant = dataclasses.replace(meant, code=None, links=(), retry=None)
    return meant


@pytest.mark.parametrize('kind', KINDS)
@settings(max_examples=60, deadline=None)
@given(given_errors=ERRORS, shows_code=st.booleans())
def test_an_answer_of_ours_says_what_was_raised(
        kind, given_errors, shows_code):
    assume(not any(
        private.is_text(text)
        for one in given_errors for text in (one.title, one.detail)))
    response = ask(
        errorkit.MultiError(given_errors), kind,
        version='3.5' if shows_code else '3.4')
    expected = [
        sent(one, response.headers[ID_HEADER], shows_code)
        for one in given_errors]
    if kind == 'compute':
        # A fault has a place for the first one's status and text alone.
        first = expected[0]
        expected = [errorkit.Error(
            first.status, title_of(first.status), first.detail, first.code,
            first.request_id)]
    assert told(response) == expected


@pytest.mark.parametrize('kind', ['errors', 'bridge', 'problem'])
def test_the_further_members_of_an_author_are_read_back(kind):
    extra = {'zone': {'name': 'a', 'full': True}, 'left': [1, 2.5, None]}
    raised = errorkit.Error(409, 'Full', 'No room.', extra=extra)
    (error,) = told(ask(errorkit.MultiError([raised]), kind))
    assert error.extra == extra


@pytest.mark.parametrize('kind', sorted(set(KINDS) - {'compute'}))
def test_of_many_errors_those_that_were_sent_are_read_back(kind):
    many = [errorkit.Error(400, 'Bad', f'No. {n}') for n in range(50)]
    errors = told(ask(errorkit.MultiError(many), kind))
    assert [one.detail for one in errors] == [
        f'No. {n}' for n in range(20)]


@pytest.mark.parametrize('text', ['a' * 20_000, '\n' * 20_000, '<' * 20_000])
@pytest.mark.parametrize('kind', KINDS)
def test_a_text_that_was_cut_is_cut_once(kind, text):
    raised = errorkit.Error(409, 'T' * 300, text)
    (error,) = told(ask(errorkit.MultiError([raised]), kind))
    assert error.detail == text[:MAX_DETAIL - 1] + '…'
    if kind != 'compute':
        assert error.title == 'T' * 255 + '…'


@pytest.mark.parametrize('kind', KINDS)
def test_a_bug_is_read_back_with_its_id(kind):
    response = ask(RuntimeError('secret'), kind)
    assert told(response) == [errorkit.Error(
        500, title_of(500), FAULT_DETAIL, CODE, response.headers[ID_HEADER])]


@pytest.mark.parametrize('shows_code', [True, False])
@pytest.mark.parametrize('kind', KINDS)
def test_of_a_head_status_id_and_code_are_read_back(kind, shows_code):
    raised = errorkit.Error(409, 'Full', 'No room.', 'volume.full')
    response = ask(
        errorkit.MultiError([raised]), kind, method='HEAD',
        version='3.5' if shows_code else '3.4')
    assert response.body == b''
    # Only JSON answers have the header, for there a program asks.
    code = 'volume.full' if shows_code and kind in JSON_KINDS else None
    assert told(response) == [errorkit.Error(
        409, 'Conflict', '', code, response.headers[ID_HEADER])]
