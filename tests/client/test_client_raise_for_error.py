# SPDX-License-Identifier: Apache-2.0
"""client.raise_for_error: what is raised, and what its exceptions hold."""

import copy
import json
import pickle
import subprocess
import sys
import urllib.error

import httpx
import pytest
from error_bodies import ID, OTHER_ID
from test_client_catalog import load

from errorkit import client
from errorkit.exceptions import ConfigError

HEADERS = {
    'Content-Type': 'application/json',
    'X-Openstack-Request-Id': ID,
    'Retry-After': '30',
    'Set-Cookie': 'session=secret',
    'Location': 'https://a/?token=secret',
    'X-Compute-Request-Id': ID,
    'X-Other-Request-Id': 'secret',
}


class Response:
    """What any library could return."""

    def __init__(self, status=409, body=b'', headers=HEADERS, **more):
        self.status_code = status
        self.content = body
        self.headers = headers
        vars(self).update(more)


def body(code='placement.full', status=409, **members):
    """Return errors[] with one error."""
    entry = {'status': status, 'title': 'Full', 'detail': 'No room.',
             'code': code, **members}
    return json.dumps({'errors': [entry]}).encode()


def caught(response, catalog=None):
    """Return what is raised for a response."""
    with pytest.raises(client.ResponseError) as found:
        client.raise_for_error(response, catalog)
    return found.value


@pytest.fixture
def placement():
    return load(full={'retry': 'later', 'help': 'https://docs.example/full'})


def test_a_code_is_raised_as_its_class(placement):
    exc = caught(Response(body=body()), placement)
    assert type(exc) is placement.Full
    assert isinstance(exc, client.Conflict)
    assert isinstance(exc, client.ClientError)
    assert (exc.status, exc.code, exc.title, exc.detail, exc.request_id) == (
        409, 'placement.full', 'Full', 'No room.', ID)
    assert exc.error is exc.errors[0]
    assert exc.retry_after == 30
    assert (exc.retry, exc.help) == ('later', 'https://docs.example/full')


def test_a_code_that_is_not_published_is_raised_as_its_status(placement):
    exc = caught(Response(body=body('placement.new')), placement)
    assert type(exc) is client.Conflict
    assert exc.code == 'placement.new'
    assert (exc.declared, exc.retry, exc.help) == (None, None, None)


@pytest.mark.parametrize(('status', 'kind'), [
    (404, client.NotFound), (409, client.Conflict),
    (418, client.ClientError), (503, client.ServiceUnavailable),
    (599, client.ServerError), (777, client.ResponseError)])
def test_without_a_catalog_the_status_is_raised(status, kind):
    exc = caught(Response(status, body()))
    assert type(exc) is kind
    assert exc.status == status


@pytest.mark.parametrize('status', [200, 204, 302, 304])
def test_a_response_that_is_no_error_is_returned(status, placement):
    response = Response(status, body())
    assert client.raise_for_error(response, placement) is response
    assert client.exception_of(response, placement) is None


@pytest.mark.parametrize('what', [None, 5, 'x', object(), {}, [404]])
def test_what_is_no_response_is_a_mistake_of_the_caller(what):
    with pytest.raises(TypeError, match='no status'):
        client.raise_for_error(what)


@pytest.mark.parametrize('catalog', ['error-codes.lock', {}, 5])
def test_what_is_no_catalog_is_refused_even_without_an_error(catalog):
    with pytest.raises(ConfigError, match='catalog'):
        client.raise_for_error(Response(200), catalog)


def test_an_exception_that_holds_a_response_is_the_cause(placement):
    held = OSError('409')
    held.response = Response(body=body())
    exc = caught(held, placement)
    assert type(exc) is placement.Full
    assert exc.__cause__ is held


@pytest.mark.parametrize('response', [None, Response(200), 'x'])
def test_an_exception_without_an_errors_response_is_raised_itself(response):
    held = OSError('broken')
    held.response = response
    with pytest.raises(OSError, match='broken') as found:
        client.raise_for_error(held)
    assert found.value is held


def test_a_response_error_is_raised_itself(placement):
    exc = caught(Response(body=body()), placement)
    assert caught(exc) is exc


def test_an_exception_that_is_the_response_is_read():
    error = urllib.error.HTTPError('http://a', 404, 'Not Found', {}, None)
    exc = caught(error)
    assert type(exc) is client.NotFound
    assert exc.__cause__ is error
    error.close()


def test_only_harmless_headers_are_kept():
    exc = caught(Response(body=body()))
    assert exc.headers == {
        'content-type': 'application/json',
        'x-openstack-request-id': ID,
        'x-compute-request-id': ID,
        'retry-after': '30',
    }
    assert 'secret' not in repr(vars(exc))


def test_the_id_of_the_header_is_the_request_that_failed():
    exc = caught(Response(body=body(request_id=OTHER_ID)))
    assert exc.request_id == ID
    assert exc.error.request_id == OTHER_ID
    exc = caught(Response(body=body(request_id=OTHER_ID), headers={}))
    assert exc.request_id == OTHER_ID


def test_the_text_is_one_line_with_code_and_id():
    exc = caught(Response(body=body()))
    assert str(exc) == f'409 Full: No room. (placement.full, {ID})'
    exc = caught(Response(404, b'', {}))
    assert str(exc) == '404 Not Found'


@pytest.mark.parametrize('detail', [
    'a\nERROR forged', 'a\r\n\x1b[2Jb', 'a\u2028b', 'a\u202eb', 'a\x00b',
    'a\ud800b', 'a' * 100000])
def test_a_hostile_text_stays_one_short_line(detail):
    exc = caught(Response(body=body(detail=detail)))
    shown = str(exc)
    assert shown.isprintable()
    assert len(shown) < 1500
    assert shown.endswith(f'(placement.full, {ID})')
    shown.encode('utf-8')


def test_further_errors_are_counted_in_the_text():
    entry = json.loads(body())['errors'][0]
    exc = caught(Response(body=json.dumps({'errors': [entry] * 3}).encode()))
    assert str(exc).endswith('(+2 more)')
    assert len(exc.errors) == 3


def test_what_the_answer_says_of_trying_again_is_newer(placement):
    assert caught(Response(body=body(retry='never')), placement).retry == (
        'never')


#: URLs of a response, and whether the service behind them is known.
ORIGINS = [
    ('http://placement.example/v1?token=secret#top',
     'http://placement.example'),
    ('https://ada:secret@placement.example:8778/v1',
     'https://placement.example:8778'),
    ('HTTPS://Placement.Example', 'https://placement.example'),
    ('http://[::1]:8778/v1', 'http://[::1]:8778'),
    (httpx.URL('https://placement.example/v1'), 'https://placement.example'),
    ('/v1/things', None), ('//placement.example/v1', None), ('', None),
    (None, None), (b'http://placement.example/', None), (7, None),
    ('ftp://placement.example/', None), ('file:///etc', None),
    ('javascript:alert(1)', None), ('http+unix://socket/v1', None),
    ('http://ada@b@placement.example/', None), ('http:///v1', None),
    ('http://a\\b/', None), ('http://a b/', None), ('http://a:b/', None),
    (object(), None),
]


@pytest.mark.parametrize(('url', 'origin'), ORIGINS)
def test_help_that_is_a_path_is_at_the_service_that_has_answered(url, origin):
    catalog = load(full={'help': '/errors/placement.full'})
    exc = caught(Response(body=body(), url=url), catalog)
    assert exc.help == f'{origin or ""}/errors/placement.full'
    for again in (copy.copy(exc), pickle.loads(pickle.dumps(exc))):
        assert again.help == exc.help


def test_without_a_url_help_stays_a_path():
    catalog = load(full={'help': '/errors/placement.full'})
    assert caught(Response(body=body()), catalog).help == (
        '/errors/placement.full')


def test_an_exception_of_an_older_release_has_its_help_still():
    catalog = load(full={'help': '/errors/placement.full'})
    exc = caught(Response(body=body(), url='http://a/'), catalog)
    del exc._origin
    assert pickle.loads(pickle.dumps(exc)).help == '/errors/placement.full'


@pytest.mark.parametrize('help', [
    'https://docs.example/full', 'errors/full', 'javascript:alert(1)',
    'ftp://a/full', 'file:///errors/full', '/a b'])
def test_help_that_is_no_path_stays_what_it_is(help):
    catalog = load(full={'help': help})
    exc = caught(Response(body=body(), url='https://a.example/'), catalog)
    assert exc.help == help


@pytest.mark.parametrize(('href', 'found'), [
    ('/errors/full', 'https://a.example/errors/full'),
    ('//docs.example/full', 'https://docs.example/full'),
    ('http://docs.example/full', 'http://docs.example/full'),
    # Not a link for sure, and not one that is to be opened.
    ('full', None), ('', None), ('?full', None), ('javascript:alert(1)', None),
    ('ftp://a/full', None), ('/a b', None), ('/a\nb', None), ('\\a', None),
])
def test_a_link_of_the_answer_that_is_a_path_is_at_the_service(href, found):
    links = [{'rel': 'help', 'href': href}]
    response = Response(body=body(links=links), url='https://a.example/v1')
    assert caught(response).help == found
    response = Response(
        body=json.dumps({'type': href, 'title': 'Full'}).encode(),
        headers={'Content-Type': 'application/problem+json'},
        url='https://a.example/v1')
    assert caught(response).help == found


def test_a_url_that_cannot_be_read_is_unknown():
    class Url:
        def __str__(self):
            raise OSError

    class Closed(Response):
        @property
        def url(self):
            raise RuntimeError('never sent')

    catalog = load(full={'help': '/full'})
    assert caught(Response(body=body(), url=Url()), catalog).help == '/full'
    assert caught(Closed(body=body()), catalog).help == '/full'


def test_the_link_of_the_answer_is_its_help(placement):
    links = [{'rel': 'help', 'href': 'https://docs.example/now'}]
    exc = caught(Response(body=body(links=links)), placement)
    assert exc.help == 'https://docs.example/now'


@pytest.mark.parametrize('code', ['placement.full', 'placement.new', None])
@pytest.mark.parametrize('status', [409, 418, 503])
def test_an_exception_can_be_copied_and_pickled(placement, code, status):
    exc = caught(Response(status, body(code)), placement)
    exc.add_note('while testing')
    for again in (copy.copy(exc), copy.deepcopy(exc),
                  pickle.loads(pickle.dumps(exc))):
        assert type(again) is type(exc)
        assert vars(again) == vars(exc)
        assert str(again) == str(exc)
        assert again.args == exc.args


class OnlyHere(client.NotFound):
    """A class that a user has derived from a status."""


def test_a_derived_class_is_pickled_as_itself():
    exc = OnlyHere(client.parse(404, {}, b'gone'))
    again = pickle.loads(pickle.dumps(exc))
    assert type(again) is OnlyHere
    assert again.errors == exc.errors


def test_a_process_that_has_not_the_catalog_gets_the_class_of_the_status(
        placement):
    exc = caught(Response(body=body()), placement)
    program = (
        'import pickle, sys; exc = pickle.load(sys.stdin.buffer); '
        'print(type(exc).__module__, type(exc).__name__, exc.code, exc)')
    done = subprocess.run(
        [sys.executable, '-c', program], input=pickle.dumps(exc),
        capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().strip() == (
        f'errorkit.client.statuses Conflict placement.full {exc}')


def test_the_method_is_known_where_the_response_knows_it():
    exc = caught(Response(request=Response(method='PUT')))
    assert exc.method == 'PUT'
    assert caught(Response()).method is None


class Hostile:
    """A response whose every attribute fails, but for its status."""

    status_code = 503

    def __getattr__(self, name):
        raise RuntimeError(name)


def test_a_response_of_which_nothing_can_be_had_has_its_status():
    exc = caught(Hostile())
    assert type(exc) is client.ServiceUnavailable
    assert (exc.detail, exc.request_id, exc.headers) == ('', None, {})


def test_the_import_brings_in_no_http_library():
    program = (
        'import sys; from errorkit import client; '
        'print(sorted({"requests", "httpx", "urllib3", "keystoneauth1"} '
        '& set(sys.modules)))')
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', program],
        capture_output=True, check=True, timeout=60, text=True)
    assert done.stdout.strip() == '[]'
