# SPDX-License-Identifier: Apache-2.0
"""request_id, retry_after and is_retryable: one question each."""

import email.utils
import json

import pytest
from error_bodies import ID, OTHER_ID
from test_client_catalog import load
from test_client_raise_for_error import Response, body

from errorkit import client
from errorkit.error import Error
from errorkit.exceptions import ConfigError

NOW = 1_800_000_000.0
STANDARD = 'X-Openstack-Request-Id'


def at(seconds):
    """Return the HTTP-date of some seconds after NOW."""
    return email.utils.formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(('headers', 'expected'), [
    ({STANDARD: ID}, ID),
    ({'X-Compute-Request-Id': ID}, ID),
    ({'x-request-id': ID}, ID),
    ({b'X-Volume-Request-ID': ID.encode()}, ID),
    ([('X-Compute-Request-Id', OTHER_ID), (STANDARD, ID)], ID),
    ([(STANDARD, 'req-1'), ('X-Compute-Request-Id', ID)], ID),
    ([(STANDARD, 'req-1'), (STANDARD, ID)], ID),
    ({STANDARD: f'{ID}, {OTHER_ID}'}, None),
    ({STANDARD: ID + '\n'}, None),
    ({STANDARD: ' ' + ID}, None),
    ({STANDARD: ID.upper()}, None),
    ({STANDARD: ID[4:]}, None),
    ({STANDARD: f'req-{{{ID[4:]}}}'}, None),
    ({'X-Trans-Id': ID}, None),
    ({'X-Openstack-Global-Request-Id': ID}, None),
    ({'X-Compute-Request-Ids': ID}, None),
    ({}, None),
    (None, None),
])
def test_an_id_is_found_in_headers_and_is_exact(headers, expected):
    assert client.request_id(headers) == expected
    assert client.request_id(Response(headers=headers)) == expected
    assert client.request_id(headers, b'no id here') == expected


@pytest.mark.parametrize('content', [
    json.dumps({'code': 404, 'message': 'x', 'request_id': OTHER_ID}),
    body(request_id=OTHER_ID)])
def test_an_id_is_found_in_the_body_where_no_header_has_it(content):
    assert client.request_id({}, content) == OTHER_ID
    assert client.request_id({STANDARD: ID}, content) == ID
    response = Response(404, content if isinstance(content, bytes)
                        else content.encode(), {})
    assert client.request_id(response) == OTHER_ID


def test_the_body_of_a_success_is_not_read():
    assert client.request_id(
        Response(200, body(request_id=OTHER_ID), {})) is None


def test_an_exception_has_the_id_of_its_response():
    held = OSError('409')
    held.response = Response(headers={STANDARD: ID})
    assert client.request_id(held) == ID
    exc = client.exception_of(held)
    assert client.request_id(exc) == ID


@pytest.mark.parametrize('what', [None, 5, 'x', object(), [1, 2]])
def test_what_has_no_headers_has_no_hints(what):
    assert client.request_id(what) is None
    assert client.retry_after(what) is None
    assert client.is_retryable(what) is False


@pytest.mark.parametrize(('value', 'seconds'), [
    ('30', 30.0),
    ('0', 0.0),
    (' 30 ', 30.0),
    ('1.5', 1.5),
    ('-5', 0.0),
    (30, 30.0),
    (b'30', 30.0),
    ('86401', 86400.0),
    ('9' * 100, 86400.0),
    ('9' * 5000, None),
    (at(120), 120.0),
    (at(-120), 0.0),
    (at(10**7), 86400.0),
    # The three forms of RFC 9110, section 5.6.7.
    ('Fri, 15 Jan 2027 08:01:00 GMT', 60.0),
    ('Friday, 15-Jan-27 08:01:00 GMT', 60.0),
    ('Fri Jan 15 08:01:00 2027', 60.0),
    ('Fri, 15 Jan 2027 09:01:00 +0100', 60.0),
    ('Fri, 99 Foo 2027 08:01:00 GMT', None),
    ('Fri, 15 Jan 99999999 08:01:00 GMT', None),
    ('soon', None),
    ('', None),
    ('nan', None),
    ('inf', None),
    ('1e3', None),
    ('٣٠', None),
    ('30, 60', None),
])
def test_retry_after_is_a_number_or_a_date(value, seconds):
    headers = {'Retry-After': value}
    assert client.retry_after(headers, clock=lambda: NOW) == seconds
    response = Response(503, headers=headers)
    assert client.retry_after(response, clock=lambda: NOW) == seconds


def test_a_date_counts_from_the_responses_own_date():
    headers = {'Retry-After': at(120), 'Date': at(20)}
    assert client.retry_after(headers) == 100.0
    assert client.retry_after(headers, clock=lambda: NOW + 60) == 60.0


def test_without_a_date_it_counts_from_the_systems_time(monkeypatch):
    monkeypatch.setattr('time.time', lambda: NOW + 30)
    for date in ({}, {'Date': 'soon'}):
        assert client.retry_after({'Retry-After': at(120), **date}) == 90.0


def test_the_first_value_that_can_be_read_counts():
    headers = [('Retry-After', 'soon'), ('Retry-After', '5')]
    assert client.retry_after(headers) == 5.0


def test_the_limit_can_be_set():
    assert client.retry_after({'Retry-After': '500'}, limit=60) == 60.0


@pytest.mark.parametrize('limit', [-1, float('nan'), 'x', None, True])
def test_a_bad_limit_is_refused(limit):
    with pytest.raises(ConfigError, match='limit'):
        client.retry_after({}, limit=limit)


def test_an_exception_has_the_wait_of_its_response():
    exc = client.exception_of(Response(503, headers={'Retry-After': '7'}))
    assert exc.retry_after == client.retry_after(exc) == 7.0


def every_way(status, headers, content):
    """Return a response, an exception of it, and one that holds it."""
    response = Response(status, content, headers)
    held = OSError(str(status))
    held.response = response
    return response, client.exception_of(response), held


@pytest.mark.parametrize(('retry', 'refreshed', 'expected'), [
    ('never', False, False), ('never', True, False),
    ('same', False, True), ('later', False, True),
    ('after-refresh', False, False), ('after-refresh', True, True)])
@pytest.mark.parametrize('status', [409, 503])
def test_what_the_answer_says_decides(retry, refreshed, expected, status):
    content = body(status=status, retry=retry)
    for failed in (
        *every_way(status, {'Retry-After': '1'}, content),
        client.parse(status, {}, content)[0],
    ):
        assert client.is_retryable(
            failed, method='GET', refreshed=refreshed) is expected


@pytest.mark.parametrize(('retry', 'expected'), [
    ('never', False), ('later', True), ('after-refresh', False)])
def test_else_what_the_catalog_says_of_the_code(retry, expected):
    found = load(full={'retry': retry, 'status': 503})
    content = body(status=503)
    response = Response(503, content, {})
    for failed in (response, client.parse(503, {}, content)[0],
                   client.exception_of(response)):
        assert client.is_retryable(
            failed, catalog=found, method='GET') is expected
    exc = client.exception_of(response, found)
    assert client.is_retryable(exc, method='GET') is expected


@pytest.mark.parametrize(('status', 'wait', 'method', 'expected'), [
    (400, False, 'GET', False),
    (404, False, 'GET', False),
    (409, True, 'GET', False),
    (500, False, 'GET', False),
    (501, False, 'GET', False),
    (429, False, 'POST', True),
    (429, False, None, True),
    (425, False, 'POST', True),
    (413, False, 'PUT', False),
    (413, True, 'POST', True),
    (503, True, 'POST', True),
    (503, True, None, True),
    (503, False, 'POST', False),
    (503, False, None, False),
    (503, False, 'get', True),
    (502, False, 'GET', True),
    (502, True, 'POST', False),
    (502, False, 'PATCH', False),
    (504, False, 'DELETE', True),
    (504, False, None, False),
    (408, False, 'PUT', True),
    (408, False, 'POST', False),
    (200, True, 'GET', False),
    (302, True, 'GET', False),
])
def test_else_the_status_and_the_method(status, wait, method, expected):
    headers = {'Retry-After': '1'} if wait else {}
    response, exc, held = every_way(status, headers, b'')
    assert client.is_retryable(response, method=method) is expected
    assert client.is_retryable(held, method=method) is expected
    if exc is not None:
        assert client.is_retryable(exc, method=method) is expected


def test_the_method_of_the_response_counts_where_none_is_given():
    def failed(method):
        return Response(502, b'', {}, request=Response(method=method))

    assert client.is_retryable(failed('GET'))
    assert not client.is_retryable(failed('POST'))
    assert client.is_retryable(client.exception_of(failed('GET')))
    assert not client.is_retryable(failed('GET'), method='POST')


def test_an_error_alone_knows_no_header():
    assert client.is_retryable(Error(429, 'Too Many Requests', ''))
    assert not client.is_retryable(Error(503, 'Service Unavailable', ''))
    assert not client.is_retryable(Error(404, 'Not Found', '', retry='x'))


@pytest.mark.parametrize('catalog', ['error-codes.lock', {}, 5])
def test_what_is_no_catalog_is_refused(catalog):
    with pytest.raises(ConfigError, match='catalog'):
        client.is_retryable(None, catalog=catalog)
