# SPDX-License-Identifier: Apache-2.0
"""Error.from_response: what another service has answered, whoever asked it.

Real responses of each HTTP library, from a real server; and what only a
hostile one would send.
"""

import asyncio
import contextlib
import copy
import dataclasses
import gzip
import json
import pickle
import socketserver
import threading
import tracemalloc

import httpx
import keystoneauth1.exceptions
import pytest
import requests
import urllib3
import webob
import webob.exc
from hypothesis import given, settings
from hypothesis import strategies as st
from keystoneauth1 import noauth, session
from loopback import serving

import errorkit
from errorkit import client
from errorkit.error import UpstreamError, explanation_of

read = errorkit.Error.from_response

JSON = 'application/json'
TEXT = 'text/plain'
#: The service's id in its body, in its header, in its compat header.
BODY_ID = 'req-6f1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b22'
HEADER_ID = 'req-0b8c8d5e-8a55-4d6f-9d3c-2f6a0f0a7b33'
COMPAT_ID = 'req-1c9c8d5e-8a55-4d6f-9d3c-2f6a0f0a7b44'
NOTHING_SAID = explanation_of(404)
MIB = 1024 * 1024


def listed(**more):
    """Return a body of one error, as bytes."""
    error = {
        'status': 404,
        'title': 'Not Found',
        'detail': 'No image <1>.',
        'code': 'image.not_found',
    }
    return json.dumps({'errors': [{**error, **more}]}).encode()


BODY = listed(request_id=BODY_ID)
#: The service, by path: a body, its Content-Encoding, its Content-Length.
ANSWERS = {
    '/plain': (BODY, None, None),
    '/gzip': (gzip.compress(BODY), 'gzip', None),
    '/not-gzip': (b'\x1f\x8bnot gzip at all', 'gzip', None),
    '/unknown': (b'\x0b\x02\x80hello\x03', 'zz', None),
    '/broken-off': (BODY, None, 5000),
    '/big': (b'"' + b'a' * MIB + b'"', None, None),
    # Its rest, behind what is read of it, looks like a body.
    '/long': (b' ' * (MIB + 16 * 1024) + BODY, None, None),
}


def service(environ, start_response):
    """Answer 404 with the body of the path."""
    body, encoding, length = ANSWERS[environ['PATH_INFO']]
    headers = [
        ('Content-Type', JSON),
        ('Content-Length', str(length or len(body))),
        ('X-Openstack-Request-Id', HEADER_ID),
    ]
    if encoding:
        headers.append(('Content-Encoding', encoding))
    start_response('404 Not Found', headers)
    return [body]


@pytest.fixture(scope='module')
def url():
    """The URL of the service on loopback, on a port that is free."""
    with serving(service) as served:
        yield served


def by_requests(url, **more):
    """Ask with requests."""
    with requests.get(url, timeout=10, **more) as response:
        return read(response)


def by_requests_closed(url):
    """Ask with requests and close the stream before anybody has read it."""
    with requests.get(url, timeout=10, stream=True) as response:
        pass
    return read(response)


def by_httpx(url):
    """Ask with httpx."""
    return read(httpx.get(url))


def by_httpx_read(url):
    """Ask with httpx for a stream, and read it."""
    with httpx.stream('GET', url) as response:
        response.read()
    return read(response)


def by_httpx_unread(url):
    """Ask with httpx for a stream that nobody has read."""
    with httpx.stream('GET', url) as response:
        return read(response)


def by_httpx_closed(url):
    """Ask with httpx and close the stream before anybody has read it."""
    with httpx.stream('GET', url) as response:
        pass
    return read(response)


def by_httpx_async(url):
    """Ask with httpx from a coroutine."""

    async def asking():
        async with httpx.AsyncClient() as client:
            return read(await client.get(url))

    return asyncio.run(asking())


def by_httpx_async_unread(url):
    """Ask with httpx from a coroutine for a stream that nobody has read."""

    async def asking():
        async with (
            httpx.AsyncClient() as client,
            client.stream('GET', url) as response,
        ):
            return read(response)

    return asyncio.run(asking())


def by_urllib3(url, close=False, **more):
    """Ask with urllib3."""
    with urllib3.PoolManager(retries=False) as pool:
        response = pool.request('GET', url, **more)
        if close:
            response.close()
        try:
            return read(response)
        finally:
            response.close()


def by_keystoneauth(url):
    """Ask with a session of keystoneauth1."""
    asking = session.Session(auth=noauth.NoAuth())
    try:
        return read(asking.get(url, raise_exc=False))
    finally:
        asking.session.close()


def by_webob(url):
    """Ask with webob."""
    return read(webob.Request.blank(url).send())


READ = {
    'requests': by_requests,
    'requests, a stream': lambda url: by_requests(url, stream=True),
    'httpx': by_httpx,
    'httpx, a stream that was read': by_httpx_read,
    'httpx, async': by_httpx_async,
    'urllib3': by_urllib3,
    'urllib3, a stream': lambda url: by_urllib3(url, preload_content=False),
    'keystoneauth1': by_keystoneauth,
    'webob': by_webob,
}
UNREADABLE = {
    'requests, closed': by_requests_closed,
    'httpx, a stream': by_httpx_unread,
    'httpx, closed': by_httpx_closed,
    'httpx, an async stream': by_httpx_async_unread,
    'urllib3, closed': lambda url: by_urllib3(
        url, close=True, preload_content=False
    ),
}
STREAMS = {
    name: by
    for name, by in (READ | UNREADABLE).items()
    if 'a stream' in name and 'read' not in name
}


@pytest.mark.parametrize('library', READ)
def test_a_response_of_each_library_becomes_an_error(url, library):
    error = READ[library](url + '/plain')
    assert error == UpstreamError(
        404,
        'Not Found',
        'No image <1>.',
        'image.not_found',
        BODY_ID,
    )


@pytest.mark.parametrize('library', sorted(set(READ) - {'webob'}))
def test_a_body_that_the_library_decompresses_is_read(url, library):
    error = READ[library](url + '/gzip')
    assert (error.code, error.detail) == ('image.not_found', 'No image <1>.')


@pytest.mark.parametrize('library', UNREADABLE)
def test_where_the_body_cannot_be_had_status_and_header_are_told(
    url, library
):
    error = UNREADABLE[library](url + '/plain')
    assert error == UpstreamError(
        404, 'Not Found', NOTHING_SAID, None, HEADER_ID
    )


@pytest.mark.parametrize('path', ['/not-gzip', '/broken-off'])
@pytest.mark.parametrize('library', STREAMS)
def test_a_body_that_breaks_while_it_is_read_is_no_body(url, library, path):
    error = STREAMS[library](url + path)
    assert (error.status, error.detail) == (404, NOTHING_SAID)
    assert error.request_id == HEADER_ID


@pytest.mark.parametrize('library', READ)
def test_a_body_over_one_mebibyte_is_not_told(url, library):
    error = READ[library](url + '/big')
    assert (error.detail, error.request_id) == (NOTHING_SAID, HEADER_ID)


@pytest.mark.parametrize('library', READ)
def test_a_body_in_an_encoding_that_nobody_undid_is_not_told(url, library):
    error = READ[library](url + '/unknown')
    assert (error.detail, error.request_id) == (NOTHING_SAID, HEADER_ID)


@pytest.mark.parametrize(
    'by',
    [by_webob, lambda url: by_urllib3(url, decode_content=False)],
    ids=['webob', 'urllib3'],
)
def test_compressed_bytes_are_not_told_as_a_text(url, by):
    error = by(url + '/gzip')
    assert '\N{REPLACEMENT CHARACTER}' not in error.detail
    assert error.request_id in (HEADER_ID, BODY_ID)


def test_a_response_of_webob_with_an_iterator_is_read():
    response = webob.Response(
        status=404, content_type=JSON, app_iter=iter([BODY])
    )
    assert read(response).code == 'image.not_found'


def test_a_response_of_webob_whose_iterator_fails_has_its_status():
    def failing():
        yield b'x'
        raise OSError('gone')

    error = read(webob.Response(status=503, app_iter=failing()))
    assert (error.status, error.detail) == (503, explanation_of(503))


def raised_by_requests(url):
    """Return what raise_for_status of requests raises."""
    with pytest.raises(requests.HTTPError) as caught:
        requests.get(url, timeout=10).raise_for_status()
    return caught.value


def raised_by_httpx(url):
    """Return what raise_for_status of httpx raises."""
    with pytest.raises(httpx.HTTPStatusError) as caught:
        httpx.get(url).raise_for_status()
    return caught.value


def raised_by_keystoneauth(url):
    """Return what a session of keystoneauth1 raises."""
    asking = session.Session(auth=noauth.NoAuth())
    with pytest.raises(keystoneauth1.exceptions.HttpError) as caught:
        asking.get(url)
    asking.session.close()
    return caught.value


@pytest.mark.parametrize(
    'raised', [raised_by_requests, raised_by_httpx, raised_by_keystoneauth]
)
def test_the_response_of_a_librarys_own_exception_is_read(url, raised):
    error = read(raised(url + '/plain').response)
    assert (error.code, error.request_id) == ('image.not_found', BODY_ID)


class Like:
    """A response that has these attributes and no others."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


BODIES = {
    'errors': (JSON, listed(), 'image.not_found', 'No image <1>.'),
    'compute': (
        JSON,
        b'{"itemNotFound": {"code": 404, "message": "No image <1>."}}',
        None,
        'No image <1>.',
    ),
    'bridge': (
        JSON,
        b'{"itemNotFound": {"code": 404, "message": "No image <1>."}, '
        + listed()[1:],
        'image.not_found',
        'No image <1>.',
    ),
    'problem': (
        'application/problem+json',
        b'{"detail": "No image <1>.", "code": "image.not_found"}',
        'image.not_found',
        'No image <1>.',
    ),
    'keystone': (
        JSON,
        b'{"error": {"code": 404, "title": "Not Found", '
        b'"message": "No image <1>."}}',
        None,
        'No image <1>.',
    ),
    'neutron': (
        JSON,
        b'{"NeutronError": {"type": "NotFound", '
        b'"message": "No image <1>.", "detail": ""}}',
        None,
        'No image <1>.',
    ),
    'webob': (
        'text/html',
        b'<html><head><title>404 Not Found</title></head><body>'
        b'<h1>404 Not Found</h1>No image &lt;1&gt;.<br /><br />\n'
        b'</body></html>',
        None,
        'No image <1>.',
    ),
    'text': (TEXT, b'No image <1>.', None, 'No image <1>.'),
    'empty': (TEXT, b'', None, NOTHING_SAID),
}


@pytest.mark.parametrize('name', BODIES)
def test_a_body_is_read_in_whatever_format_it_is(name):
    content_type, body, code, detail = BODIES[name]
    error = read(
        Like(
            status_code=404,
            headers={'Content-Type': content_type},
            content=body,
        )
    )
    assert (error.status, error.title) == (404, 'Not Found')
    assert (error.code, error.detail) == (code, detail)


@pytest.mark.parametrize('name', ['errors', 'bridge', 'problem', 'text'])
def test_our_own_answer_is_read_back_with_its_code_and_id(name):
    def application(environ, start_response):
        raise webob.exc.HTTPConflict('A < b.', comment='image.busy')

    accept = {'problem': 'application/problem+json', 'text': TEXT}
    wrapped = errorkit.wrap(
        application,
        service_type='image',
        format=name if name in ('errors', 'bridge') else 'errors',
    )
    request = webob.Request.blank('/', accept=accept.get(name, JSON))
    response = request.get_response(wrapped)
    error = read(response)
    assert (error.status, error.code, error.detail) == (
        409,
        'image.busy',
        'A < b.',
    )
    assert error.request_id == response.headers['X-Openstack-Request-Id']


def test_of_several_errors_the_first_is_told():
    body = json.loads(listed())
    body['errors'].append({**body['errors'][0], 'code': 'image.other'})
    response = webob.Response(status=404, json_body=body)
    assert read(response).code == 'image.not_found'


def test_the_status_is_the_responses_not_the_bodys():
    response = webob.Response(
        status=503, content_type=JSON, body=listed(status=404)
    )
    assert read(response).status == 503


@pytest.mark.parametrize(
    'headers',
    [
        {'X-Openstack-Request-Id': HEADER_ID},
        {'x-openstack-request-id': HEADER_ID},
        {'X-OpenStack-Request-ID': HEADER_ID},
        {'X-Compute-Request-Id': HEADER_ID},
        {'x-compute-request-id': HEADER_ID},
        {'X-Request-Id': HEADER_ID},
        {
            'X-Compute-Request-Id': COMPAT_ID,
            'X-Openstack-Request-Id': HEADER_ID,
        },
    ],
)
def test_the_id_is_found_in_a_plain_dict_of_headers(headers):
    response = Like(status_code=404, headers=headers, content=listed())
    assert read(response).request_id == HEADER_ID


def test_the_content_type_is_found_in_a_plain_dict_in_any_case():
    response = Like(
        status_code=404,
        headers={'CONTENT-TYPE': 'application/problem+json'},
        content=BODIES['problem'][1],
    )
    assert read(response).code == 'image.not_found'


def test_the_id_in_the_body_comes_before_that_of_a_header():
    response = Like(
        status_code=404,
        headers={'X-Openstack-Request-Id': HEADER_ID},
        content=BODY,
    )
    assert read(response).request_id == BODY_ID


@pytest.mark.parametrize(
    'value', ['', 'x', f'{BODY_ID}\n', BODY_ID.upper(), 'a' * 5000]
)
def test_what_is_no_id_in_the_body_gives_way_to_the_header(value):
    response = Like(
        status_code=404,
        headers={'X-Openstack-Request-Id': HEADER_ID},
        content=listed(request_id=value),
    )
    assert read(response).request_id == HEADER_ID


@pytest.mark.parametrize(
    'value',
    ['', 'x', f'{HEADER_ID}\n', f'{HEADER_ID}, {HEADER_ID}', [HEADER_ID], 5],
)
def test_what_is_no_id_in_a_header_is_none(value):
    response = Like(
        status_code=404,
        headers={'X-Openstack-Request-Id': value},
        content=listed(),
    )
    assert read(response).request_id is None


@pytest.mark.parametrize('code', ['', 'NOT A CODE <x>', 'one', 'a.' * 65])
def test_what_is_no_code_is_none(code):
    response = Like(status_code=404, content=listed(code=code))
    assert read(response).code is None


def test_a_link_that_is_no_page_is_left_out():
    links = [
        {'rel': 'help', 'href': 'javascript:alert(1)'},
        {'rel': 'help', 'href': 'https://docs.example.org/e'},
    ]
    response = Like(status_code=404, content=listed(links=links))
    assert read(response).links == (('help', 'https://docs.example.org/e'),)


def test_an_error_that_was_read_can_be_pickled():
    error = read(webob.Response(status=404, content_type=JSON, body=BODY))
    copied = pickle.loads(pickle.dumps(error))
    assert copied == error
    assert type(copied) is UpstreamError


def test_exactly_one_mebibyte_is_read():
    detail = 'a' * (MIB - len(listed(detail='')))
    response = Like(status_code=404, content=listed(detail=detail))
    assert len(response.content) == MIB
    assert read(response).code == 'image.not_found'
    response.content += b' '
    assert read(response).code is None


class Failing:
    """A response that fails wherever it is touched, but for its status."""

    status_code = 404

    def __getattr__(self, name):
        raise OSError(name)


class FailingStatus:
    """A response whose status cannot be had."""

    @property
    def status_code(self):
        raise OSError('gone')


class FailingHeaders(dict):
    """Headers that cannot be read."""

    def get(self, *args):
        raise OSError('gone')

    items = __iter__ = __bool__ = get


@pytest.mark.parametrize(
    'response',
    [
        pytest.param(one, id=str(number))
        for number, one in enumerate(
            [
                None,
                object(),
                404,
                {'status': 404},
                Like(),
                Like(status_code=None),
                Like(status_code='404'),
                Like(status_code=True),
                Like(status_code=200),
                Like(status_code=302),
                Like(status_code=399),
                Like(status_code=600),
                Like(status_code=10**30),
                Like(status='404 Not Found'),
                FailingStatus(),
                webob.Response(status=204),
            ]
        )
    ],
)
def test_what_is_no_error_is_a_value_error(response):
    with pytest.raises(ValueError, match='400 to 599'):
        read(response)


@pytest.mark.parametrize(
    'response',
    [
        pytest.param(one, id=str(number))
        for number, one in enumerate(
            [
                Like(status_code=404),
                Like(status=404),
                Like(status_int=404),
                Like(status_code=404, headers=None),
                Like(status_code=404, headers=5),
                Like(status_code=404, headers='X-Openstack-Request-Id'),
                Like(status_code=404, headers=FailingHeaders(a='1')),
                Like(status_code=404, headers={5: 5, None: b'', b'a': b'b'}),
                Like(status_code=404, content=5, body='x', data=None),
                Failing(),
            ]
        )
    ],
)
def test_a_response_that_lacks_parts_has_its_status_at_least(response):
    assert read(response) == UpstreamError(404, 'Not Found', NOTHING_SAID)


def test_headers_that_are_a_list_of_pairs_are_read():
    response = Like(
        status_code=404,
        headers=[('x-openstack-request-id', HEADER_ID)],
        content=b'',
    )
    assert read(response).request_id == HEADER_ID


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ['errors', 'status', 'title', 'detail', 'request_id', 'code',
             'links', 'source', 'message', 'itemNotFound', 'error', 'type']
        )
        | st.text(max_size=4),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)
_bodies = (
    st.binary(max_size=400)
    | _json.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda member, value: listed(**{member: value}),
        st.sampled_from(
            [field.name for field in dataclasses.fields(errorkit.Error)]
        ),
        _json,
    )
)
_values = st.none() | st.integers() | st.text() | st.binary() | _bodies
_headers = _values | st.dictionaries(
    st.sampled_from(
        ['Content-Type', 'content-type', 'X-Openstack-Request-Id']
    )
    | _values,
    _values | st.sampled_from([JSON, TEXT, 'text/html', HEADER_ID]),
)


@settings(deadline=None, max_examples=200)
@given(
    status=st.integers(400, 599),
    headers=_headers,
    name=st.sampled_from(['content', 'body', 'data']),
    body=_bodies,
)
def test_no_error_is_so_odd_that_it_is_not_read(status, headers, name, body):
    error = read(Like(status_code=status, headers=headers, **{name: body}))
    assert type(error) is UpstreamError
    assert error.status == status
    assert error.title
    assert error.detail
    pickle.dumps(error)


@settings(deadline=None, max_examples=100)
@given(
    attributes=st.dictionaries(
        st.sampled_from(
            ['status', 'status_code', 'status_int', 'headers', 'content']
        ),
        _values | st.sampled_from([200, 404, 503]) | _headers,
    )
)
def test_whatever_it_is_it_is_read_or_a_value_error(attributes):
    try:
        error = read(Like(**attributes))
    except ValueError as exc:
        assert '400 to 599' in str(exc)
    else:
        assert error.status in attributes.values()


HOSTILE = {
    'status': 404,
    'title': 'T' * 5000,
    'detail': 'D' * 20000,
    'retry': 'R' * 5000,
    'trace_id': 'I' * 5000,
    'max_version': 'V' * 5000,
    'min_version': '1.0',
    'source': {'pointer': 'P' * 5000, 'parameter': 'limit', 'x': 'y'},
    'links': [{'rel': 'L' * 5000, 'href': 'https://a.example/'}]
    + [{'rel': 'help', 'href': f'https://a.example/{n}'} for n in range(50)],
}


def test_what_it_says_of_itself_is_bounded():
    response = webob.Response(json_body={'errors': [HOSTILE]}, status=404)
    told = errorkit.Error.from_response(response)
    assert len(told.title) <= 256 and len(told.detail) <= 8192
    assert (told.retry, told.trace_id, told.max_version) == (None,) * 3
    assert told.min_version == '1.0'
    assert told.source == {'parameter': 'limit'}
    assert len(told.links) == 8


TRACE = 'Traceback (most recent call last):\n  File "/srv/secret.py"'


@pytest.mark.parametrize(
    'body',
    [
        {'errors': [{'status': 500, 'title': TRACE, 'detail': TRACE}]},
        {'computeFault': {'code': 500, 'message': TRACE}},
        {'type': 'about:blank', 'title': TRACE, 'detail': TRACE},
    ],
)
@pytest.mark.parametrize(
    'kind', ['application/json', 'application/problem+json']
)
def test_a_traceback_in_a_known_format_is_not_taken_over(body, kind):
    response = webob.Response(
        json_body=body, status=500, content_type=kind
    )
    told = errorkit.Error.from_response(response)
    assert 'secret' not in f'{told.title} {told.detail}'


def test_the_title_of_another_status_is_not_taken_over():
    body = {'errors': [{'status': 404, 'title': 'Gone', 'detail': 'x'}]}
    told = errorkit.Error.from_response(
        webob.Response(json_body=body, status=500)
    )
    assert (told.status, told.title) == (500, 'Internal Server Error')


PROBLEM = 'application/problem+json'


def problem(*, kind=PROBLEM, status=422, **members):
    """Return problem details that were answered with."""
    return webob.Response(json_body=members, status=status, content_type=kind)


def test_what_is_wrong_with_a_field_is_the_detail_where_there_is_none():
    error = read(
        problem(
            title='Your request is not valid.',
            type='https://example.net/validation-error',
            errors=[
                {'detail': 'must be positive', 'pointer': '#/a%20b/age'},
                {'detail': 'must be a colour', 'pointer': '#/colour'},
            ],
        )
    )
    assert error == UpstreamError(
        422,
        'Your request is not valid.',
        'must be positive',
        links=(('help', 'https://example.net/validation-error'),),
        source={'pointer': '/a b/age'},
    )


def test_fields_with_lists_of_texts_are_read_too():
    error = read(
        problem(title='Not valid.', errors={'Name': ['Give a name.']})
    )
    assert (error.title, error.detail) == ('Not valid.', 'Give a name.')
    assert error.source == {'pointer': '/Name'}


def test_a_detail_of_its_own_comes_before_a_fields():
    error = read(
        problem(detail='Not valid.', errors={'Name': ['Give a name.']})
    )
    assert (error.detail, error.source) == ('Not valid.', None)


def test_the_text_of_another_code_is_not_taken_over():
    further = {'status': 409, 'title': 'x', 'detail': 'y', 'code': 'a.b'}
    error = read(problem(code='image.full', errors=[further]))
    assert error.code == 'image.full'
    assert error.detail == explanation_of(422)


def test_a_traceback_in_a_field_is_not_taken_over():
    for errors in (
        [{'detail': TRACE, 'pointer': '#/a'}],
        {'a': [TRACE]},
        [TRACE],
    ):
        error = read(problem(errors=errors))
        assert error.detail == explanation_of(422)


FAULT = {'conflictingRequest': {'code': 409, 'message': 'Busy.'}}


@pytest.mark.parametrize('body', [b'', json.dumps(FAULT).encode()])
def test_the_code_of_the_header_counts_where_the_body_has_none(body):
    headers = {'Content-Type': JSON, 'OpenStack-Error-Code': 'image.busy'}
    error = read(Like(status_code=409, headers=headers, content=body))
    assert error.code == 'image.busy'


@pytest.mark.parametrize('value', ['', 'NOT A CODE', 'a.' * 65, 5, None])
def test_what_is_no_code_in_the_header_is_none(value):
    headers = {'OpenStack-Error-Code': value}
    error = read(Like(status_code=409, headers=headers, content=b''))
    assert error.code is None


def test_the_code_of_the_body_comes_before_that_of_the_header():
    response = Like(
        status_code=404,
        headers={'OpenStack-Error-Code': 'image.other'},
        content=listed(),
    )
    assert read(response).code == 'image.not_found'


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('X-Volume-Request-Id', HEADER_ID),
        ('X-Openstack-Global-Request-Id', None),
        ('X-Request-Id-Of-Another', None),
    ],
)
def test_the_id_may_be_in_any_header_of_local_ids(name, expected):
    response = Like(
        status_code=404, headers={name: HEADER_ID}, content=listed()
    )
    assert read(response).request_id == expected


def nested(depth):
    """Return a list in a list in a list."""
    return json.loads('[' * depth + ']' * depth)


@pytest.mark.parametrize(
    'extra',
    [
        {'zone': nested(900)},
        {'zone': list(range(5000))},
        {'zone': 'a' * 65 * 1024},
        {'a' * 65 * 1024: 1},
        {'zone': {'admin_password': 'x'}},
        {'zone': TRACE},
    ],
    ids=['deep', 'many', 'long', 'a long name', 'private', 'a traceback'],
)
def test_further_members_that_are_large_or_private_are_left_out(extra):
    error = read(Like(status_code=404, content=listed(**extra)))
    assert error.extra is None
    assert copy.deepcopy(error) == error


def test_further_members_that_are_small_are_kept():
    extra = {'zone': {'name': 'a', 'full': True}, 'left': [1, 2.5, None]}
    assert read(Like(status_code=404, content=listed(**extra))).extra == extra


# -- a stream is read to one mebibyte, whatever its headers say


class Endless(socketserver.StreamRequestHandler):
    """Answer with 16 MiB in chunks, or 64 MiB packed in few bytes."""

    def handle(self):
        head = b'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n'
        path = self.rfile.readline().split()[1]
        with contextlib.suppress(OSError):  # nobody reads the rest
            if path == b'/packed':
                packed = gzip.compress(b'"' + b'a' * 64 * MIB + b'"')
                self.wfile.write(
                    head + b'Content-Encoding: gzip\r\n'
                    b'Content-Length: %d\r\n\r\n' % len(packed) + packed)
                return
            self.wfile.write(
                head + b'Content-Length: 10\r\n'
                b'Transfer-Encoding: chunked\r\n\r\n')
            for _ in range(256):
                self.wfile.write(b'10000\r\n' + b' ' * 65536 + b'\r\n')
            self.wfile.write(b'0\r\n\r\n')


@pytest.fixture(name='endless', scope='module')
def _endless():
    with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Endless) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f'http://127.0.0.1:{server.server_address[1]}'
        server.shutdown()
        thread.join()


def streamed_by_requests(url, reading):
    """Read a stream of requests."""
    with requests.get(url, timeout=10, stream=True) as response:
        return reading(response)


def streamed_by_urllib3(url, reading):
    """Read a stream of urllib3."""
    with urllib3.PoolManager(retries=False) as pool:
        response = pool.request('GET', url, preload_content=False)
        try:
            return reading(response)
        finally:
            response.close()


streamed = pytest.mark.parametrize(
    'by', [streamed_by_requests, streamed_by_urllib3])


@streamed
@pytest.mark.parametrize('reading', [read, client.exception_of])
@pytest.mark.parametrize('path', ['/chunked', '/packed'])
def test_no_stream_is_read_much_beyond_one_mebibyte(
        endless, by, reading, path):
    def measured(response):
        reading(webob.Response(status=404))  # what it imports
        tracemalloc.start()
        try:
            told = reading(response)
            return told, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    told, peak = by(endless + path, measured)
    assert (told.status, told.code) == (404, None)
    assert told.detail in ('', NOTHING_SAID)
    assert peak < 6 * MIB


@streamed
def test_the_rest_of_a_long_stream_is_not_taken_for_its_body(url, by):
    def twice(response):
        return read(response), read(response)

    first, second = by(url + '/long', twice)
    assert first == second
    assert first.code is None


@streamed
@pytest.mark.parametrize('path', ['/plain', '/gzip'])
@pytest.mark.parametrize('reading', [read, client.exception_of])
def test_a_stream_that_was_read_stays_readable(url, by, path, reading):
    def twice(response):
        told = reading(response)
        kept = getattr(response, 'content', None) or response.data
        return told.code, reading(response).code, kept

    assert by(url + path, twice) == (
        'image.not_found', 'image.not_found', BODY)
