# SPDX-License-Identifier: Apache-2.0
"""Every error of Paste's url map and its other layers, in one shape."""

import inspect

import pytest
from assertions import ID_HEADER, ask
from one_shape import SECRET, TEXT, check, check_formats, wrap
from paste import cascade, httpexceptions, urlmap, urlparser
from paste.auth import basic
from paste.exceptions import errormiddleware

from errorkit.error import FAULT_DETAIL

ERRORS = {
    kind.code: kind
    for kind in vars(httpexceptions).values()
    if inspect.isclass(kind)
    and issubclass(kind, httpexceptions.HTTPError)
    and 400 <= (kind.code or 0) <= 599
}
#: What Paste says of these errors in words of its own.
TEMPLATES = {
    405: 'The method GET is not allowed for this resource. ',
    406: 'The resource could not be generated that was acceptable to your '
    'browser (content of type */*). ',
    407: 'Authentication /w a local proxy is needed.\n',
    415: 'The request media type text/csv is not supported by this server. ',
    429: 'The client has sent too many requests to the server.\n',
    501: 'The request method GET is not implemented for this server. ',
}


def raising(*args, **kwargs):
    """Return an application that raises an error of Paste's."""
    status, *args = args

    @httpexceptions.HTTPExceptionHandler
    def application(environ, start_response):
        raise ERRORS[status](*args, **kwargs)

    return application


def bug(environ, start_response):
    """Fail."""
    raise ValueError(SECRET)


@pytest.mark.parametrize('path', ['/nowhere', '/a/<b>/&c', '/v3/x/nowhere'])
def test_what_no_application_is_mounted_at_is_404(path):
    mapped = urlmap.URLMap()
    mapped['/v3'] = urlmap.URLMap()
    # The path is all that Paste says; what it adds as a comment is not told.
    reply = check(
        mapped, path, status=404, detail=path.removeprefix('/v3')
    )
    assert 'SCRIPT_NAME' not in reply.text
    assert 'defined apps' not in reply.text
    assert SECRET not in reply.text


@pytest.mark.parametrize('status', sorted(ERRORS.keys() - TEMPLATES))
def test_an_error_of_paste_loses_no_word(status):
    one_line = TEXT.replace('\n', ' ')
    check(
        raising(status, one_line, comment=SECRET),
        status=status,
        detail=one_line,
    )


@pytest.mark.parametrize('status', TEMPLATES)
def test_what_paste_says_itself_is_not_lost_either(status):
    check(
        raising(status, 'Not <here>.', [('Allow', 'PUT')]),
        status=status,
        detail=TEMPLATES[status] + 'Not <here>.',
        accepts=['*/*'],
        headers={'Content-Type': 'text/csv'},
    )


@pytest.mark.parametrize('status', [400, 404, 503])
def test_an_error_without_a_text_gets_its_explanation(status):
    explanation = ' '.join(ERRORS[status].explanation.split())
    check(raising(status), status=status, detail=explanation)


def test_the_headers_of_an_error_are_kept():
    headers = [
        ('WWW-Authenticate', 'Basic realm="shop"'),
        ('WWW-Authenticate', 'Bearer'),
        ('Set-Cookie', 'basket=empty'),
    ]
    reply = check(
        raising(401, 'Who?', headers), status=401, detail='Who?'
    )
    assert reply.headers.getall('WWW-Authenticate') == [
        'Basic realm="shop"',
        'Bearer',
    ]
    assert reply.one('Set-Cookie') == 'basket=empty'


def test_basic_auth_asks_for_a_password():
    guarded = basic.AuthBasicHandler(
        bug, 'shop', lambda environ, name, password: False
    )
    reply = check(guarded, status=401, detail=None)
    assert reply.one('WWW-Authenticate') == 'Basic realm="shop"'


@pytest.mark.parametrize('debug', [False, True])
def test_nothing_of_pastes_error_page_gets_out(debug):
    caught = errormiddleware.ErrorMiddleware(bug, {}, debug=debug)
    assert (SECRET in ask(caught, valid=False).text) == debug
    reply = ask(wrap(caught), valid=False)
    [error] = reply.json['errors']
    assert error['status'] == 500
    assert SECRET not in reply.text
    assert 'raceback' not in reply.text
    assert reply.one(ID_HEADER) == error['request_id']


def test_static_files(tmp_path):
    (tmp_path / 'cake.txt').write_text('cake')
    files = urlparser.StaticURLParser(str(tmp_path))
    good = ask(wrap(files), '/cake.txt')
    assert (good.status_int, good.body) == (200, b'cake')
    check(
        files,
        '/tea.txt',
        status=404,
        detail='The resource at http://127.0.0.1/tea.txt could not be found',
    )
    reply = check(
        files,
        '/cake.txt',
        status=405,
        detail='The method POST is not allowed for this resource. '
        'You cannot POST a file',
        method='POST',
        accepts=['*/*', 'text/html'],  # its text has two lines
    )
    assert reply.one('Allow') == 'GET,HEAD'


def test_a_cascade_ends_with_the_last_ones_error():
    both = cascade.Cascade([raising(404, 'First.'), raising(410, 'Second.')])
    check(both, status=410, detail='Second.')


@pytest.mark.parametrize(
    ('application', 'path', 'status', 'key', 'detail'),
    [
        (urlmap.URLMap(), '/nowhere', 404, 'itemNotFound', '/nowhere'),
        (raising(409, 'Full.'), '/', 409, 'conflictingRequest', 'Full.'),
        (bug, '/', 500, 'computeFault', str(FAULT_DETAIL)),
    ],
)
def test_the_other_formats(application, path, status, key, detail):
    check_formats(application, path, status=status, key=key, detail=detail)
