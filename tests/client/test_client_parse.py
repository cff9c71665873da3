# SPDX-License-Identifier: Apache-2.0
"""client.parse: any status, any headers, any body become Errors."""

import email.message
import gzip
import http.client
import io
import json
import zlib

import httpx
import pytest
import requests.structures
import urllib3
import webob
from error_bodies import ID, JSON, OTHER_ID

from errorkit import client
from errorkit.error import MAX_DETAIL

MIB = 1024 * 1024
ENTRY = {
    'status': 404,
    'title': 'Not Found',
    'detail': 'No image <1>.',
    'code': 'image.not_found',
}


def listed(*more, **members):
    """Return a body of errors, as bytes."""
    return json.dumps({'errors': [{**ENTRY, **members}, *more]}).encode()


def own(status, headers, body):
    """Return the response's own error."""
    return client.parse(status, headers, body)[0]


@pytest.mark.parametrize('status', [200, 204, 302, 304, 399, 100, 0, -1])
def test_what_is_no_error_has_none(status):
    assert client.parse(status, JSON, listed()) == []


@pytest.mark.parametrize(('status', 'title'), [
    (400, 'Bad Request'), (404, 'Not Found'), (429, 'Too Many Requests'),
    (499, 'Error 499'), (500, 'Internal Server Error'), (600, 'Error 600'),
    (999, 'Error 999')])
@pytest.mark.parametrize('body', [b'', None, '', 5, object()])
def test_an_error_without_a_body_has_the_title_of_its_status(
        status, title, body):
    (error,) = client.parse(status, {}, body)
    assert (error.status, error.title, error.detail) == (status, title, '')


@pytest.mark.parametrize('status', [
    http.HTTPStatus.NOT_FOUND, '404', '404 Not Found', b'404 Not Found'])
def test_a_status_may_be_a_line(status):
    assert [one.status for one in client.parse(status, {}, b'')] == [404]


@pytest.mark.parametrize('status', [
    None, 'no', '', b'', '4040', True, 4.04, object(), [404], '٤٠٤'])
def test_what_is_no_status_is_no_error(status):
    assert client.parse(status, JSON, listed()) == []


def test_a_status_of_ten_thousand_digits_is_an_error():
    (error,) = client.parse(10 ** 10000, {}, b'')
    assert (error.status, error.title) == (999, 'Error 999')


def message(pairs):
    found = email.message.Message()
    for name, value in pairs:
        found[name] = value
    return found


def parsed_headers(pairs):
    lines = ''.join(f'{name}: {value}\r\n' for name, value in pairs)
    return http.client.parse_headers(io.BytesIO(f'{lines}\r\n'.encode()))


PAIRS = [('Content-Type', 'application/json'), ('X-OpenStack-Request-ID', ID)]


@pytest.mark.parametrize('headers', [
    dict(PAIRS), PAIRS, tuple(PAIRS), iter(PAIRS),
    [list(one) for one in PAIRS],
    {name.encode(): value.encode() for name, value in PAIRS},
    [(name.encode(), value) for name, value in PAIRS],
    {name: [value] for name, value in PAIRS},
    {name.upper(): value for name, value in PAIRS},
    message(PAIRS), parsed_headers(PAIRS),
    requests.structures.CaseInsensitiveDict(PAIRS), httpx.Headers(PAIRS),
    urllib3.HTTPHeaderDict(PAIRS), webob.Response(headerlist=PAIRS).headers,
    [None, 5, 'ab', ('one',), (1, 2), *PAIRS],
], ids=lambda headers: type(headers).__name__)
def test_headers_of_every_kind_are_read(headers):
    error = own(404, headers, listed())
    assert (error.code, error.request_id) == ('image.not_found', ID)


@pytest.mark.parametrize('headers', [
    None, 5, '', 'Content-Type: x', b'x', object(), [None], {1: 2}, {'a': {}}])
def test_what_are_no_headers_leaves_the_body(headers):
    error = own(404, headers, listed())
    assert (error.code, error.request_id) == ('image.not_found', None)


@pytest.mark.parametrize('body', [
    listed(), bytearray(listed()), memoryview(listed()), listed().decode()],
    ids=lambda body: type(body).__name__)
@pytest.mark.parametrize('kind', [
    'application/json', 'application/json; charset=utf-16', '', 'text/html'])
def test_a_body_of_every_kind_is_read(body, kind):
    assert own(404, {'Content-Type': kind}, body).code == 'image.not_found'


def test_a_text_whose_bytes_had_another_charset_is_read():
    error = own(400, {'Content-Type': 'text/plain; charset=latin-1'}, 'é € ü')
    assert error.detail == 'é € ü'


@pytest.mark.parametrize(('coding', 'body'), [
    ('gzip', gzip.compress(listed(), mtime=0)),
    ('GZIP', gzip.compress(listed(), mtime=0)),
    ('x-gzip', gzip.compress(listed(), mtime=0)),
    ('deflate', zlib.compress(listed())),
    ('deflate', zlib.compress(listed())[2:-4]),
    ('gzip', listed()),
    ('br', listed()),
    ('identity', listed()),
])
def test_a_body_is_decompressed_where_nobody_has_done_it(coding, body):
    headers = {**JSON, 'Content-Encoding': coding}
    assert own(404, headers, body).code == 'image.not_found'


@pytest.mark.parametrize(('coding', 'body'), [
    ('gzip', gzip.compress(listed(), mtime=0)[:-9]),
    ('gzip', b'\x1f\x8bnot gzip'),
    ('zz', b'\x0b\x02\x80hello\x03'),
    ('gzip', gzip.compress(b'"' + b'a' * 64 * MIB + b'"', mtime=0)),
    ('deflate', b'\xff' * 64),
])
def test_a_compressed_body_that_nobody_can_read_is_none(coding, body):
    headers = {**JSON, 'Content-Encoding': coding,
               'X-Openstack-Request-Id': ID}
    (error,) = client.parse(404, headers, body)
    assert (error.detail, error.request_id) == ('', ID)


@pytest.mark.parametrize('body', [
    b'a' * (MIB + 1), 'a' * (MIB + 1), 'é' * (MIB // 2 + 1),
    memoryview(bytes(8 * (MIB // 8 + 1))).cast('d')])
def test_a_body_over_one_mebibyte_is_not_read(body):
    (error,) = client.parse(502, {}, body)
    assert (error.title, error.detail) == ('Bad Gateway', '')


def test_a_body_of_one_mebibyte_is_read_and_its_text_is_cut():
    (error,) = client.parse(502, {}, b'a' * MIB)
    assert len(error.detail) == MAX_DETAIL
    assert error.detail.startswith('aaa')
    assert error.detail.endswith('…')


def test_the_status_of_the_response_counts():
    error = own(502, JSON, listed())
    assert (error.status, error.title) == (502, 'Bad Gateway')
    assert (error.detail, error.code) == ('No image <1>.', 'image.not_found')


def test_further_errors_have_their_own_status_and_id():
    further = {**ENTRY, 'status': 409, 'title': 'Full', 'request_id': OTHER_ID}
    first, second = client.parse(
        404, {**JSON, 'X-Openstack-Request-Id': ID}, listed(further))
    assert (first.status, first.request_id) == (404, ID)
    assert (second.status, second.title) == (409, 'Full')
    assert second.request_id == OTHER_ID


def test_no_more_than_a_hundred_errors_are_told():
    found = client.parse(404, JSON, listed(*[ENTRY] * 5000))
    assert len(found) == 100


def test_the_code_of_the_header_counts_where_the_body_has_none():
    headers = {**JSON, 'OpenStack-Error-Code': 'image.gone'}
    assert own(404, headers, b'').code == 'image.gone'
    assert own(404, headers, listed()).code == 'image.not_found'
    assert own(404, {'OpenStack-Error-Code': 'No Code!'}, b'').code is None


@pytest.mark.parametrize(('name', 'value', 'expected'), [
    ('code', 'No Code', None),
    ('code', 'a' * 200 + '.b', None),
    ('request_id', 'req-1', None),
    ('request_id', ID.upper(), None),
    ('request_id', ID + '\n', None),
    ('retry', 'whenever', None),
    ('retry', 'later', 'later'),
    ('max_version', '1.39', '1.39'),
    ('max_version', '1.39; drop', None),
    ('trace_id', 'a' * 300, None),
    ('trace_id', 'abc', 'abc'),
    ('links', [{'rel': 'help', 'href': 'javascript:alert(1)'}], ()),
    ('links', [{'rel': 'help', 'href': 'https://docs.example/1'}],
     (('help', 'https://docs.example/1'),)),
    ('source', {'pointer': '/a', 'evil': 'x'}, {'pointer': '/a'}),
    ('detail', 'Traceback (most recent call last):\n  File "a.py"', ''),
    ('title', 'a' * 300, 'a' * 255 + '…'),
])
def test_a_member_that_cannot_be_true_is_left_out(name, value, expected):
    error = own(404, {}, listed(**{name: value}))
    assert getattr(error, name) == expected
    assert error.status == 404


def nested(depth):
    """Return a list in a list in a list."""
    return json.loads('[' * depth + ']' * depth)


@pytest.mark.parametrize(('extra', 'kept'), [
    ({'zone': 'a', 'count': 3}, True),
    ({'zone': nested(20)}, True),
    ({'zone': nested(200)}, False),
    ({'zone': list(range(5000))}, False),
    ({'traceback': 'x'}, False),
    ({'zone': {'admin_password': 'x'}}, False),
])
def test_further_members_are_kept_where_they_are_small_and_public(
        extra, kept):
    assert own(404, {}, listed(**extra)).extra == (extra if kept else None)


@pytest.mark.parametrize('errors', [
    'x', 5, {}, [], [5], [None, 'x'], {'a': 5}, [{'pointer': 5}],
    [{'pointer': 'x', 'detail': 'y'}]])
def test_any_errors_of_problem_details_leave_the_problem(errors):
    body = json.dumps({'title': 'Full', 'errors': errors})
    found = client.parse(
        422, {'Content-Type': 'application/problem+json'}, body)
    assert found[0].title == 'Full'
    assert all(one.source is None for one in found)
