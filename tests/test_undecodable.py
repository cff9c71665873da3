# SPDX-License-Identifier: Apache-2.0
"""A UnicodeDecodeError is the client's only where the bytes are its own."""

import io
import json
from urllib.parse import unquote_to_bytes

import hypothesis
import hypothesis.strategies as st
import pytest
import webob

from errorkit.formats.undecodable import is_clients

LATE = b'x' * 20000 + b'\xff'
FORM = 'application/x-www-form-urlencoded'


class Input:
    """A server's input: what is read is gone."""

    def __init__(self, body):
        self.read = io.BytesIO(body).read
        self.readline = io.BytesIO(body).readline


def environ_of(path='/', query='', body=None, kind='', script=''):
    environ = {
        'REQUEST_METHOD': 'GET' if body is None else 'POST',
        'SCRIPT_NAME': script,
        'PATH_INFO': path,
        'QUERY_STRING': query,
        'SERVER_NAME': 'volume.example',
        'SERVER_PORT': '80',
        'wsgi.url_scheme': 'http',
        'wsgi.input': Input(body or b''),
    }
    if body is not None:
        environ['CONTENT_LENGTH'] = str(len(body))
        environ['CONTENT_TYPE'] = kind
    return environ


def raised_by(read, *args):
    with pytest.raises(UnicodeDecodeError) as caught:
        read(*args)
    return caught.value


@pytest.mark.parametrize('query', [
    'a=1&b=%ff', 'b=x+%FFy', '%ff=1', 'a=\xff', 'a=%e9&b=2', 'a=b%C3&c=%A9',
    'a=\xc3&c=2', 'a=%2B+%ff'])
@pytest.mark.parametrize('name', ['GET', 'params'])
def test_a_bad_query_string_is_the_clients(query, name):
    request = webob.Request(environ_of(query=query))
    error = raised_by(lambda: dict(getattr(request, name)))
    assert is_clients(error, request.environ)


@pytest.mark.parametrize('path', ['/a/\xff\xfe', '/caf\xe9/x', '/\xc3'])
@pytest.mark.parametrize('name', ['path_info', 'path', 'path_url', 'url'])
def test_a_bad_path_is_the_clients(path, name):
    request = webob.Request(environ_of(path))
    error = raised_by(getattr, request, name)
    assert is_clients(error, request.environ)


def test_a_segment_of_a_bad_path_is_the_clients():
    environ = environ_of('/volumes/caf\xe9/x')
    segment = environ['PATH_INFO'].split('/')[2].encode('latin-1')
    assert is_clients(raised_by(segment.decode), environ)


def test_a_bad_script_name_is_the_clients():
    request = webob.Request(environ_of(script='/\xff'))
    error = raised_by(getattr, request, 'script_name')
    assert is_clients(error, request.environ)


@pytest.mark.parametrize('body', [b'\xff', b'{"a": "\xe9"}', LATE],
                         ids=['short', 'json', 'in a file'])
@pytest.mark.parametrize('read', [
    lambda request: request.text, lambda request: request.json,
    lambda request: json.loads(request.body)],
    ids=['text', 'json', 'json.loads'])
def test_a_bad_body_is_the_clients(body, read):
    request = webob.Request(environ_of(body=body))
    error = raised_by(read, request)
    assert is_clients(error, request.environ)
    request.body_file_raw.close()


def test_a_body_that_is_not_in_its_own_charset_is_the_clients():
    request = webob.Request(environ_of(
        body='caf\xe9'.encode(), kind='text/plain; charset=ascii'))
    assert is_clients(raised_by(getattr, request, 'text'), request.environ)


def test_a_line_of_a_bad_body_is_the_clients():
    request = webob.Request(environ_of(body=b'a,b\nc,\xff\n'))
    line = request.body.split(b'\n')[1]
    assert is_clients(raised_by(line.decode), request.environ)


@pytest.mark.parametrize('body', [b'a=1&b=%ff', b'a=\xff'])
def test_webob_itself_replaces_what_is_bad_in_a_form(body):
    request = webob.Request(environ_of(body=body, kind=FORM))
    assert '\ufffd' in request.POST.values()


def test_looking_does_not_move_the_body():
    request = webob.Request(environ_of(body=b'ab\xffcd'))
    error = raised_by(getattr, request, 'text')
    request.environ['wsgi.input'].seek(2)
    assert is_clients(error, request.environ)
    assert request.environ['wsgi.input'].read() == b'\xffcd'


def test_an_input_that_nobody_has_read_is_not_read_here():
    environ = environ_of(body=b'\xff')
    assert not is_clients(raised_by(b'\xff'.decode), environ)
    assert environ['wsgi.input'].read() == b'\xff'


@pytest.mark.parametrize('environ', [
    environ_of(), environ_of('/volumes', 'a=1&b=%C3%A9'),
    environ_of('/caf\xc3\xa9'), environ_of(query='a=%fe', body=b'x'),
    {}], ids=['bare', 'query', 'path', 'other bytes', 'nothing'])
def test_bytes_of_the_services_own_are_a_bug(environ):
    assert not is_clients(raised_by(b'row 7: \xff'.decode), environ)


def test_a_good_path_read_as_ascii_is_a_bug():
    environ = environ_of('/caf\xc3\xa9')
    error = raised_by(environ['PATH_INFO'].encode('latin-1').decode, 'ascii')
    assert not is_clients(error, environ)


def test_good_text_cut_in_the_midst_of_a_character_is_a_bug():
    path = '/caf\xc3\xa9'
    error = raised_by(path.encode('latin-1')[:-1].decode)
    assert not is_clients(error, environ_of(path))
    request = webob.Request(environ_of(body='{"a": "\xe9"}'.encode()))
    assert request.json == {'a': '\xe9'}
    error = raised_by(request.body[:8].decode)
    assert not is_clients(error, request.environ)


def test_a_long_body_in_a_file_is_not_mistaken_for_another_ones_bytes():
    request = webob.Request(environ_of(body=LATE))
    assert len(request.body) == len(LATE)
    other = raised_by(LATE[1:].decode)
    assert not is_clients(other, request.environ)
    request.body_file_raw.close()


@pytest.mark.parametrize('raised', [
    ValueError('x'), UnicodeEncodeError('utf-8', '\udc80', 0, 1, 'x'),
    None, UnicodeDecodeError], ids=repr)
def test_any_other_exception_is_not_meant(raised):
    assert not is_clients(raised, environ_of('/\xff'))


def test_an_exception_that_lies_about_its_bytes_is_read_as_it_is():
    class Lying(UnicodeDecodeError):
        @property
        def object(self):
            raise RuntimeError

    error = Lying('utf-8', b'\xff', 0, 1, 'x')
    assert is_clients(error, environ_of('/\xff'))
    assert not is_clients(error, environ_of('/'))


def test_one_without_bytes_is_nobodys():
    assert not is_clients(UnicodeDecodeError.__new__(UnicodeDecodeError),
                          environ_of('/\xff'))
    assert not is_clients(UnicodeDecodeError('utf-8', b'', 0, 0, 'x'),
                          environ_of('/\xff'))


@pytest.mark.parametrize('name', [
    'PATH_INFO', 'SCRIPT_NAME', 'QUERY_STRING', 'wsgi.input',
    'CONTENT_LENGTH'])
@pytest.mark.parametrize('value', [None, 5, b'\xff', '\u2603', [], object()],
                         ids=lambda value: type(value).__name__)
def test_an_odd_environ_is_no_reason_to_fail(name, value):
    error = raised_by(b'\xff'.decode)
    assert is_clients(error, {name: value}) is False


@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(
    path=st.binary(max_size=20), query=st.binary(max_size=20),
    body=st.binary(max_size=20), other=st.binary(max_size=20),
    encoding=st.sampled_from(['utf-8', 'ascii', 'utf-16', 'no-such']))
def test_whatever_the_bytes_only_undecodable_ones_are_the_clients(
        path, query, body, other, encoding):
    environ = {'PATH_INFO': path.decode('latin-1'),
               'QUERY_STRING': query.decode('latin-1'),
               'wsgi.input': io.BytesIO(body)}
    error = UnicodeDecodeError(encoding, other, 0, 1, 'x')
    found = is_clients(error, environ)
    sent = [path, body, unquote_to_bytes(query),
            unquote_to_bytes(query.replace(b'+', b' '))]
    if found:
        assert any(other in one for one in sent)
    elif other and encoding == 'utf-8':
        for one in sent:
            assert other not in one or one.decode() is not None
