# SPDX-License-Identifier: Apache-2.0
"""Real HTTP libraries against a real service: typed exceptions of each."""

import asyncio
import contextlib
import http.client
import urllib.error
import urllib.request

import httpx
import keystoneauth1.exceptions
import pytest
import refusing_service as service
import requests
import urllib3
import webob
from keystoneauth1 import noauth, session
from loopback import serving

from errorkit import client, ids
from errorkit.error import FAULT_DETAIL

volume = client.load_catalog(service.CATALOG)


@pytest.fixture(scope='module')
def url():
    """The URL of the service."""
    with serving(service.APPLICATION) as served:
        yield served


def checked(response):
    """Return the response that was let through."""
    return client.raise_for_error(response, volume)


def by_requests(url, accept, **more):
    with requests.get(
        url, timeout=10, headers={'Accept': accept}, **more
    ) as response:
        return checked(response).status_code


def by_requests_exception(url, accept):
    with requests.get(
        url, timeout=10, headers={'Accept': accept}
    ) as response:
        try:
            response.raise_for_status()
        except requests.HTTPError as exc:
            checked(exc)
        return response.status_code


def by_httpx(url, accept):
    return checked(httpx.get(url, headers={'Accept': accept})).status_code


def by_httpx_stream(url, accept):
    with httpx.stream('GET', url, headers={'Accept': accept}) as response:
        response.read()
        return checked(response).status_code


def by_httpx_exception(url, accept):
    try:
        response = httpx.get(url, headers={'Accept': accept})
        return response.raise_for_status().status_code
    except httpx.HTTPStatusError as exc:
        checked(exc)


def by_httpx_async(url, accept):
    async def asking():
        async with httpx.AsyncClient() as asker:
            return checked(await asker.get(url, headers={'Accept': accept}))

    return asyncio.run(asking()).status_code


def by_urllib3(url, accept, **more):
    with urllib3.PoolManager(retries=False) as pool:
        response = pool.request(
            'GET', url, headers={'Accept': accept}, **more)
        try:
            return checked(response).status
        finally:
            response.close()


def by_webob(url, accept):
    request = webob.Request.blank(url, accept=accept)
    return checked(request.send()).status_int


def by_webob_in_process(url, accept):
    path = '/' + url.split('/', 3)[3]
    request = webob.Request.blank(path, accept=accept)
    return checked(request.get_response(service.APPLICATION)).status_int


@contextlib.contextmanager
def asking():
    made = session.Session(auth=noauth.NoAuth())
    try:
        yield made
    finally:
        made.session.close()


def by_keystoneauth(url, accept):
    with asking() as made:
        return checked(made.get(
            url, raise_exc=False, headers={'Accept': accept})).status_code


def by_keystoneauth_exception(url, accept):
    with asking() as made:
        try:
            return made.get(url, headers={'Accept': accept}).status_code
        except keystoneauth1.exceptions.HttpError as exc:
            checked(exc)


def by_http_client(url, accept):
    host, _, path = url.removeprefix('http://').partition('/')
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request('GET', '/' + path, headers={'Accept': accept})
    try:
        with connection.getresponse() as response:
            return checked(response).status
    finally:
        connection.close()


def by_urllib(url, accept):
    request = urllib.request.Request(url, headers={'Accept': accept})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as exc:
        with exc:
            checked(exc)


WAYS = {
    'requests': by_requests,
    'requests, a stream': lambda *asked: by_requests(*asked, stream=True),
    'requests, its exception': by_requests_exception,
    'httpx': by_httpx,
    'httpx, a stream': by_httpx_stream,
    'httpx, its exception': by_httpx_exception,
    'httpx, async': by_httpx_async,
    'urllib3': by_urllib3,
    'urllib3, a stream': lambda *asked: by_urllib3(
        *asked, preload_content=False),
    'webob': by_webob,
    'webob, in process': by_webob_in_process,
    'keystoneauth1': by_keystoneauth,
    'keystoneauth1, its exception': by_keystoneauth_exception,
    'http.client': by_http_client,
    'urllib': by_urllib,
}
FORMATS = {
    'errors': ('', 'application/json'),
    'compute': ('/compute', 'application/json'),
    'bridge': ('/bridge', 'application/json'),
    'problem': ('', 'application/problem+json'),
    'html': ('', 'text/html'),
    'text': ('', 'text/plain'),
}


def raised(ask, url, accept='application/json'):
    """Return what is raised when a URL is asked."""
    with pytest.raises(client.ResponseError) as caught:
        ask(url, accept)
    return caught.value


@pytest.mark.parametrize('format', FORMATS)
@pytest.mark.parametrize('ask', WAYS.values(), ids=WAYS)
def test_an_error_is_raised_as_the_class_of_its_code(url, ask, format):
    prefix, accept = FORMATS[format]
    if format in ('html', 'text'):
        # Only the body has it then.
        assert 'code' not in client.parse(409, {}, b'')[0].detail
    exc = raised(ask, f'{url}{prefix}/taken', accept)
    assert type(exc) is volume.NameExists
    assert isinstance(exc, client.Conflict)
    assert (exc.status, exc.code, exc.detail) == (
        409, 'volume.name_exists', 'A volume <data> exists.')
    assert ids.is_valid(exc.request_id)
    assert exc.headers['x-compute-request-id'] == exc.request_id


@pytest.mark.parametrize('ask', WAYS.values(), ids=WAYS)
def test_the_hints_of_an_answer_are_there(url, ask):
    exc = raised(ask, f'{url}/busy')
    assert type(exc) is volume.Busy
    assert (exc.retry_after, exc.retry) == (7.0, 'later')
    assert client.retry_after(exc) == 7.0
    assert client.is_retryable(exc)
    assert client.request_id(exc) == exc.error.request_id


#: The others know the path, at most.
WITH_URL = [
    way for way in WAYS
    if way.startswith(('requests', 'httpx', 'keystoneauth1', 'urllib'))
    and not way.startswith('urllib3')]


@pytest.mark.parametrize('way', WAYS)
def test_help_that_is_a_path_is_absolute_where_the_url_is_known(url, way):
    host = url if way in WITH_URL else ''
    assert raised(WAYS[way], f'{url}/busy').help == (
        f'{host}/errors/volume.busy')


def test_a_redirect_that_urllib3_has_followed_tells_the_url(url):
    def redirecting(environ, start_response):
        start_response('302 Found', [('Location', f'{url}/busy')])
        return []

    # It would wait, and ask again.
    retries = urllib3.Retry(3, respect_retry_after_header=False)
    with (
        serving(redirecting) as other,
        urllib3.PoolManager(retries=retries) as pool,
    ):
        response = pool.request('GET', other)
        with pytest.raises(client.ResponseError) as caught:
            checked(response)
    assert caught.value.help == f'{url}/errors/volume.busy'


@pytest.mark.parametrize('ask', WAYS.values(), ids=WAYS)
def test_a_bug_of_the_service_is_a_server_error(url, ask):
    exc = raised(ask, f'{url}/bug')
    assert isinstance(exc, client.InternalServerError)
    assert isinstance(exc, volume.UndefinedCode)
    assert exc.detail == FAULT_DETAIL


@pytest.mark.parametrize('ask', WAYS.values(), ids=WAYS)
def test_a_success_is_let_through(url, ask):
    assert ask(f'{url}/fine', 'application/json') == 200


@pytest.mark.parametrize('ask', WAYS.values(), ids=WAYS)
def test_a_body_over_one_mebibyte_has_its_status(url, ask):
    exc = raised(ask, f'{url}/big')
    assert type(exc) is client.BadGateway
    assert (exc.detail, ids.is_valid(exc.request_id)) == ('', True)


STREAMS = [
    'requests, a stream', 'urllib3, a stream', 'http.client', 'urllib']


@pytest.mark.parametrize('way', STREAMS)
def test_a_body_that_breaks_while_it_is_read_is_no_body(url, way):
    exc = raised(WAYS[way], f'{url}/broken')
    assert type(exc) is client.NotFound
    assert exc.detail == ''


def test_a_stream_of_httpx_that_nobody_has_read_has_its_status(url):
    def asking(url, accept):
        with httpx.stream('GET', url) as response:
            checked(response)

    exc = raised(asking, f'{url}/taken')
    assert type(exc) is volume.NameExists  # the header has the code
    assert exc.detail == ''


def test_an_async_stream_of_httpx_that_nobody_has_read_has_its_status(url):
    def asking(url, accept):
        async def reading():
            async with (
                httpx.AsyncClient() as asker,
                asker.stream('GET', url) as response,
            ):
                checked(response)

        asyncio.run(reading())

    assert type(raised(asking, f'{url}/taken')) is volume.NameExists


def test_a_stream_of_requests_that_was_read_here_can_be_read_again(url):
    with requests.get(f'{url}/taken', timeout=10, stream=True) as response:
        assert client.exception_of(response, volume).detail
        assert response.json()['errors'][0]['code'] == 'volume.name_exists'


def test_of_a_stream_of_requests_no_more_than_needed_is_read(url):
    with requests.get(f'{url}/big', timeout=10, stream=True) as response:
        client.exception_of(response)
        assert response.raw.tell() < service.MIB + 256 * 1024


@pytest.mark.parametrize('ask', [by_requests, by_httpx, by_keystoneauth])
def test_the_method_of_the_request_is_known(url, ask):
    assert raised(ask, f'{url}/taken').method == 'GET'


def test_keystoneauths_own_exception_is_the_cause(url):
    exc = raised(by_keystoneauth_exception, f'{url}/taken')
    assert isinstance(exc.__cause__, keystoneauth1.exceptions.Conflict)


def test_an_exception_without_an_answer_is_raised_itself():
    with asking() as made:
        with pytest.raises(keystoneauth1.exceptions.ConnectFailure) as caught:
            made.get('http://127.0.0.1:1/')
        with pytest.raises(keystoneauth1.exceptions.ConnectFailure) as again:
            checked(caught.value)
        assert again.value is caught.value
        assert not client.is_retryable(caught.value, method='GET')


def test_an_exception_of_keystoneauth_without_a_response_has_its_status():
    exc = keystoneauth1.exceptions.http.NotFound()
    with pytest.raises(client.NotFound):
        checked(exc)


def test_head_has_the_code_and_no_detail(url):
    response = requests.head(f'{url}/taken', timeout=10)
    with pytest.raises(volume.NameExists) as caught:
        checked(response)
    assert (caught.value.detail, caught.value.method) == ('', 'HEAD')
