# SPDX-License-Identifier: Apache-2.0
"""Every error of WhiteNoise and of webob's static files, in one shape."""

import gc

import pytest
import webob.static
import whitenoise
from assertions import ID_HEADER, ask
from one_shape import check, check_formats, wrap

from errorkit.keys import OPT_OUT_HEADER


@pytest.fixture(name='folder')
def _folder(tmp_path):
    (tmp_path / 'cake.txt').write_bytes(b'0123456789')
    (tmp_path / 'empty').mkdir()
    return tmp_path


def nothing(environ, start_response):
    """Have nothing, as the application behind WhiteNoise."""
    start_response('404 Not Found', [('Content-Type', 'text/plain')])
    return [b'No page here.']


@pytest.fixture(name='noise')
def _noise(folder):
    return whitenoise.WhiteNoise(nothing, root=str(folder), prefix='/static')


def test_a_file_is_served_as_it_is(noise):
    bare, reply = ask(noise, '/static/cake.txt'), None
    reply = ask(wrap(noise), '/static/cake.txt')
    assert (reply.status_int, reply.body) == (200, b'0123456789')
    for name, value in bare.headerlist:
        assert value in reply.headers.getall(name)
    assert reply.one(ID_HEADER)
    assert OPT_OUT_HEADER not in reply.headers


def test_what_whitenoise_does_not_have_the_application_answers(noise):
    check(noise, '/static/tea.txt', status=404, detail='No page here.')


def test_a_method_that_is_not_allowed_keeps_allow(noise):
    reply = check(
        noise,
        '/static/cake.txt',
        status=405,
        detail=None,
        method='POST',
        valid=False,  # WhiteNoise sends no Content-Type there
    )
    assert reply.one('Allow') == 'GET, HEAD'


def test_a_file_that_is_not_modified_is_304_and_empty(noise):
    etag = ask(noise, '/static/cake.txt').one('ETag')
    reply = ask(
        wrap(noise), '/static/cake.txt', headers={'If-None-Match': etag}
    )
    assert (reply.status_int, reply.body) == (304, b'')
    assert reply.one('ETag') == etag
    assert 'Content-Type' not in reply.headers
    assert reply.one(ID_HEADER)


def test_a_range_is_served_and_one_beyond_the_end_is_416(noise):
    reply = ask(
        wrap(noise), '/static/cake.txt', headers={'Range': 'bytes=2-4'}
    )
    assert (reply.status_int, reply.body) == (206, b'234')
    reply = check(
        noise,
        '/static/cake.txt',
        status=416,
        detail=None,
        headers={'Range': 'bytes=20-30'},
        valid=False,  # WhiteNoise sends no Content-Type there
    )
    assert reply.one('Content-Range') == 'bytes */10'


def test_the_other_formats(noise, folder):
    check_formats(
        noise,
        '/static/tea.txt',
        status=404,
        key='itemNotFound',
        detail='No page here.',
    )
    check_formats(
        webob.static.DirectoryApp(str(folder)),
        '/tea.txt',
        status=404,
        key='itemNotFound',
        detail='The resource could not be found.',
    )


# -- webob.static


@pytest.fixture(name='files')
def _files(folder):
    return webob.static.DirectoryApp(str(folder))


@pytest.mark.parametrize('path', ['/tea.txt', '/empty/', '/empty'])
def test_a_missing_file_is_404_and_its_path_nobodys_business(
    files, folder, path
):
    assert str(folder) in ask(
        files, path, headers={'Accept': 'text/html'}
    ).text
    reply = check(files, path, status=404, detail=None)
    assert str(folder) not in reply.text


def test_a_path_outside_the_folder_is_403(files):
    check(files, '/../secret', status=403, detail=None)


def test_a_post_to_a_file_is_405(files):
    check(
        files,
        '/cake.txt',
        status=405,
        detail='You cannot POST a file',
        method='POST',
    )


# webob leaves the file open.
@pytest.mark.filterwarnings('ignore:unclosed file:ResourceWarning')
def test_a_range_beyond_the_end_is_416(files):
    reply = check(
        files,
        '/cake.txt',
        status=416,
        detail='Requested range not satisfiable: bytes=20-30',
        headers={'Range': 'bytes=20-30'},
    )
    assert reply.one('Content-Range') == 'bytes */10'
    gc.collect()
