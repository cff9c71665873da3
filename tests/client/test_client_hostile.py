# SPDX-License-Identifier: Apache-2.0
"""Whatever the status, the headers and the bytes are: nothing else raises."""

import copy
import json
import math
import pickle
import unicodedata

import pytest
from error_bodies import ALL
from hypothesis import given, settings
from hypothesis import strategies as st
from test_client_catalog import load
from test_client_raise_for_error import Response

from errorkit import client, codes, ids

NAMES = [
    'Content-Type', 'content-encoding', 'Retry-After', 'Date',
    'X-Openstack-Request-Id', 'X-Compute-Request-Id', 'OpenStack-Error-Code']
KINDS = [
    'application/json', 'application/problem+json', 'text/html',
    'text/plain; charset=utf-16', 'application/xml', 'gzip', 'deflate', '30',
    'req-6f1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b22',
    'Fri, 15 Jan 2027 08:01:00 GMT']

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text() | st.binary() | st.integers(), inner, max_size=3),
    max_leaves=8)
names = st.sampled_from(NAMES) | st.text() | st.binary() | anything
values = st.sampled_from(KINDS) | st.text() | st.binary() | anything
headers = (
    st.lists(st.tuples(names, values), max_size=6)
    | st.dictionaries(
        st.sampled_from(NAMES) | st.text() | st.binary(), values, max_size=6)
    | anything)
members = st.dictionaries(
    st.sampled_from([
        'errors', 'error', 'status', 'title', 'detail', 'code', 'message',
        'request_id', 'links', 'source', 'retry', 'faultstring', 'x']),
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text()
        | st.sampled_from([404, 'later', 'a.b', KINDS[8]]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(['status', 'title', 'detail', 'rel', 'href',
                             'pointer']), inner, max_size=4),
        max_leaves=10),
    max_size=6)
bodies = (
    st.binary() | st.text() | anything
    | members.map(json.dumps)
    | members.map(lambda one: json.dumps({'errors': [one]}).encode())
    | st.sampled_from([told.body for told in ALL.values()]))
statuses = (
    st.sampled_from([400, 404, 409, 429, 500, 503, '404 Not Found'])
    | st.integers() | anything)
FOUND = load(full={'status': [409, 503]})


def check(status, errors):
    """Look at what parse returned."""
    assert type(errors) is list
    if type(status) is int:
        assert bool(errors) == (status >= 400)
        assert not errors or errors[0].status == min(status, 999)
    for error in errors:
        assert error.title
        assert type(error.detail) is str
        assert len(error.title) <= 256
        assert len(error.detail) <= 8192
        assert error.code is None or codes.is_valid(error.code)
        assert error.retry in (None, *codes.RETRIES)
        assert error.request_id is None or ids.is_valid(
            error.request_id, False)
        assert all(href.startswith('http') for _, href in error.links)


@settings(max_examples=250, deadline=None)
@given(statuses, headers, bodies)
def test_parse_never_raises(status, headers, body):
    check(status, client.parse(status, headers, body))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 999), headers, bodies)
def test_raise_for_error_raises_its_own_exception_alone(
        status, headers, body):
    response = Response(status, body, headers)
    if status == 0:
        with pytest.raises(TypeError):
            client.raise_for_error(response, FOUND)
        return
    if status < 400:
        assert client.raise_for_error(response, FOUND) is response
        return
    with pytest.raises(client.ResponseError) as caught:
        client.raise_for_error(response, FOUND)
    exc = caught.value
    assert exc.status == status
    check(status, list(exc.errors))
    shown = str(exc).encode('utf-8').decode()
    assert not {unicodedata.category(one) for one in shown} & {
        'Cc', 'Zl', 'Zp', 'Cs'}
    again = pickle.loads(pickle.dumps(exc))
    assert (type(again), str(again)) == (type(exc), str(exc))
    assert type(copy.deepcopy(exc)) is type(exc)
    assert client.is_retryable(exc, catalog=FOUND) in (True, False)
    assert client.is_retryable(response) in (True, False)


@settings(max_examples=200, deadline=None)
@given(headers, bodies)
def test_the_hints_never_raise(headers, body):
    wait = client.retry_after(headers)
    assert wait is None or 0 <= wait <= 86400
    assert wait is None or not math.isnan(wait)
    named = client.request_id(headers, body)
    assert named is None or ids.is_valid(named, False)
    assert client.is_retryable(headers) is False


class LyingText(str):
    """A text that fails whatever it is asked."""

    def _fail(self, *args, **more):
        raise RuntimeError('no')

    __len__ = __iter__ = __getitem__ = __str__ = __format__ = _fail
    lower = strip = encode = partition = startswith = _fail


class LyingBytes(bytes):
    """Bytes that fail whatever they are asked."""

    def _fail(self, *args, **more):
        raise RuntimeError('no')

    __len__ = __iter__ = __getitem__ = __bytes__ = decode = _fail


class LyingNumber(int):
    """A number that fails when it is compared or shown."""

    def _fail(self, *args, **more):
        raise RuntimeError('no')

    __int__ = __index__ = __lt__ = __gt__ = __ge__ = __le__ = __str__ = _fail


class LyingMapping(dict):
    """Headers whose items fail midway."""

    def items(self):
        yield 'Content-Type', 'application/json'
        raise RuntimeError('no')


class NoClass:
    """An object that does not even tell its class."""

    @property
    def __class__(self):
        raise RuntimeError('no')


def endless():
    """Give headers without an end."""
    while True:
        yield 'X-Openstack-Request-Id', 'req-1'


LYING = {
    'text': lambda: LyingText('404 {"detail": "x"}'),
    'bytes': lambda: LyingBytes(b'404 {"detail": "x"}'),
    'number': lambda: LyingNumber(404),
    'mapping': LyingMapping,
    'no class': NoClass,
    'endless': endless,
    'names': lambda: {LyingText('content-type'): LyingText('text/html')},
    'pairs': lambda: [
        (LyingBytes(b'content-type'), LyingBytes(b'text/html')),
        (NoClass(), NoClass()), NoClass()],
    'value': lambda: {'Content-Type': LyingNumber(5)},
    'attributes': lambda: Response(NoClass(), NoClass(), NoClass()),
}


@pytest.mark.parametrize('body', LYING)
@pytest.mark.parametrize('headers', LYING)
def test_headers_and_bodies_that_lie_do_no_harm(headers, body):
    found = client.parse(404, LYING[headers](), LYING[body]())
    assert [one.status for one in found] == [404]


@pytest.mark.parametrize('status', LYING)
def test_a_status_that_lies_is_what_it_is_or_none(status):
    found = client.parse(LYING[status](), {}, b'')
    known = status in ('number', 'text')
    assert [one.status for one in found] == [404] * known


def test_a_response_that_lies_is_no_response():
    for what in LYING.values():
        with pytest.raises(TypeError, match='no status'):
            client.raise_for_error(what())


@pytest.mark.parametrize('what', LYING)
def test_the_hints_of_objects_that_lie_are_none(what):
    assert client.request_id(LYING[what](), LYING[what]()) is None
    assert client.retry_after(LYING[what]()) is None
    assert client.is_retryable(LYING[what]()) is False


@pytest.mark.parametrize('body', [
    b'[' * 500_000, b'{"a":' * 200_000, b'{"errors":[' * 90_000,
    b'{"errors": [{"status": ' + b'9' * 100_000 + b'}]}',
    b'<' * 1_000_000, b'<a ' * 300_000, b'&' * 1_000_000,
    b'\x00' * 1_000_000, b'\xff\xfe' * 500_000, b'> * * *\n' * 100_000,
    b'404 a\n\n' * 100_000, b'<!--' * 250_000,
    b'{"detail": "' + b'\\ud800' * 100_000 + b'"}',
    b'{"errors": {' + b','.join(b'"%d": ["x"]' % n for n in range(50_000))
    + b'}}',
], ids=lambda body: repr(body[:12]))
@pytest.mark.parametrize('kind', [
    '', 'application/json', 'application/problem+json', 'text/html',
    'text/plain'])
def test_a_body_made_to_be_costly_is_read_or_not_but_soon(kind, body):
    errors = client.parse(400, {'Content-Type': kind}, body)
    check(400, errors)
    assert len(errors) <= 100
