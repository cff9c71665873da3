# SPDX-License-Identifier: Apache-2.0
"""Every error of a Django site, in one shape."""

import json

import pytest
from assertions import ID_HEADER, ask, assert_error
from django.core.signals import request_finished
from django.test import override_settings
from django.utils import translation
from django_shop import make_app
from one_shape import (
    PROBLEM_OR_JSON,
    SECRET,
    TEXT,
    UNDEFINED,
    check,
    check_formats,
    wrap,
)

from errorkit.error import FAULT_DETAIL

APP = make_app()
FORM_TYPE = {'Content-Type': 'application/x-www-form-urlencoded'}
#: The REST framework's own 406 is another error.
SPEAKING = ('*/*', 'application/json', PROBLEM_OR_JSON)
MISSING = 'The requested resource was not found on this server.'


@pytest.mark.parametrize(
    ('path', 'status', 'detail'),
    [
        ('/missing', 404, MISSING),
        ('/nowhere', 404, MISSING),
        ('/forbidden', 403, None),
        ('/suspicious', 400, None),
        ('/bad', 400, None),
        ('/bug', 500, None),
    ],
)
def test_what_django_says_by_itself(path, status, detail):
    check(APP, path, status=status, detail=detail)


@pytest.mark.parametrize(
    ('path', 'status'),
    [
        ('/missing', 404),
        ('/nowhere', 404),
        ('/forbidden', 403),
        ('/suspicious', 400),
        ('/bad', 400),
        ('/bug', 500),
    ],
)
def test_nothing_of_a_debug_page_gets_out(path, status):
    with override_settings(DEBUG=True):
        bare = ask(APP, path, headers={'Accept': 'text/html'})
        check(APP, path, status=status, detail=None)
    # The page of a 403 is the same, and that of no route has no text.
    assert (SECRET in bare.text) == (path not in ('/forbidden', '/nowhere'))


@pytest.mark.parametrize('accept', ['application/json', 'text/plain'])
def test_nothing_of_a_debug_text_gets_out(accept):
    with override_settings(DEBUG=True):
        bare = ask(APP, '/bug', headers={'Accept': accept})
        reply = ask(wrap(APP), '/bug', headers={'Accept': accept})
    assert SECRET in bare.text
    assert reply.status_int == 500
    assert SECRET not in reply.text
    assert 'raceback' not in reply.text
    assert reply.one(ID_HEADER) in reply.text


@pytest.mark.parametrize('debug', [False, True])
def test_a_bug_that_django_lets_out_says_nothing(debug):
    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True, DEBUG=debug):
        check(APP, '/bug', status=500, detail=FAULT_DETAIL, compared=False)


def test_a_host_that_is_not_allowed_is_400():
    check(
        APP,
        '/missing',
        status=400,
        detail=None,
        environ={'HTTP_HOST': 'elsewhere.example'},
    )


def test_csrf_is_403_and_says_why():
    detail = json.loads(ask(wrap(APP), '/guarded', method='POST').body)
    detail = detail['errors'][0]['detail']
    assert detail.startswith('CSRF verification failed. Request aborted.\n')
    check(APP, '/guarded', status=403, detail=detail, method='POST')


def test_csrf_is_403_under_debug():
    with override_settings(DEBUG=True):
        check(APP, '/guarded', status=403, detail=None, method='POST')


def test_a_method_that_is_not_allowed_keeps_allow():
    reply = check(APP, '/form', status=405, detail=None)
    assert reply.one('Allow') == 'POST'
    reply = check(APP, '/respond/not_allowed', status=405, detail=None)
    assert reply.one('Allow') == 'PUT, DELETE'


@pytest.mark.parametrize(
    ('body', 'kind'),
    [
        (b'x' * 101, FORM_TYPE),
        (b'a=1&b=1&c=1&d=1', FORM_TYPE),
        (b'a', {'Content-Type': 'multipart/form-data; boundary='}),
    ],
    ids=['too large', 'too many fields', 'broken multipart'],
)
def test_a_form_that_cannot_be_read_is_400(body, kind):
    check(
        APP,
        '/form',
        status=400,
        detail=None,
        method='POST',
        body=body,
        headers=kind,
    )


@pytest.mark.parametrize(
    ('path', 'status'),
    [
        ('/missing', 404),
        ('/forbidden', 403),
        ('/suspicious', 400),
        ('/bug', 500),
    ],
)
def test_pages_of_ones_own_keep_their_words(path, status):
    with override_settings(ROOT_URLCONF='django_own_pages'):
        check(
            APP, path, status=status, detail=f'The shop\nSorry.\n{TEXT}'
        )


@pytest.mark.parametrize(
    ('name', 'status', 'detail'),
    [
        ('as_page', 403, TEXT),
        ('as_text', 400, TEXT),
        ('streamed', 410, TEXT),
        ('gone', 410, 'The cake is gone,\nfor ever.'),
        ('empty', 418, None),
        ('kept', 401, 'Who?'),
    ],
)
def test_a_response_keeps_its_words(name, status, detail):
    check(APP, f'/respond/{name}', status=status, detail=detail)


def test_json_keeps_its_words_and_its_code():
    check(
        APP, '/respond/as_json', status=409, detail=TEXT, code='shop.full'
    )


def test_a_list_becomes_an_error_each():
    reply = check(
        APP, '/respond/as_list', status=422, detail='First.', count=2
    )
    assert reply.json['errors'][1]['detail'] == TEXT


def test_a_reason_of_ones_own_is_the_title():
    reply = check(
        APP, '/respond/own_reason', status=503, title='Closed', detail='Wait.'
    )
    assert reply.one('Retry-After') == '9'


def test_headers_are_kept():
    reply = check(APP, '/respond/kept', status=401, detail='Who?')
    assert reply.one('WWW-Authenticate') == 'Basic realm="shop"'
    assert reply.one('Cache-Control') == 'max-age=60'
    assert len(reply.headers.getall('Set-Cookie')) == 2
    assert reply.vary() == ['accept', 'cookie']
    # Django's own layers' too.
    assert reply.one('X-Frame-Options') == 'DENY'
    assert reply.one('Referrer-Policy') == 'same-origin'
    assert reply.one('X-Content-Type-Options') == 'nosniff'


def test_an_error_that_dies_while_it_is_read_is_500():
    reply = ask(wrap(APP), '/respond/dies')
    assert_error(reply, status=500, code=UNDEFINED, detail=FAULT_DETAIL)
    assert SECRET not in reply.text


@pytest.mark.parametrize(
    ('path', 'status'),
    [
        ('/respond/not_modified', 304),
        ('/respond/moved', 302),
        ('/slash', 301),
    ],
)
def test_what_is_no_error_is_not_touched(path, status):
    bare = ask(APP, path)
    reply = ask(wrap(APP), path)
    assert reply.status_int == status
    assert (reply.status, reply.body) == (bare.status, bare.body)
    assert reply.headers.get('Location') == bare.headers.get('Location')
    assert reply.one(ID_HEADER)


LOCALE = 'django.middleware.locale.LocaleMiddleware'


@pytest.mark.parametrize('path', ['/respond/gone', '/bug'])
def test_the_language_of_a_text_is_said_once(path):
    # /bug has no words of Django's: they are ours, and translated too.
    with override_settings(MIDDLEWARE=[LOCALE]), translation.override(None):
        reply = ask(
            wrap(make_app()), path, headers={'Accept-Language': 'de-at, de'}
        )
    assert reply.one('Content-Language') == 'de'
    assert set(reply.vary()) == {'accept', 'accept-language'}


def test_a_compressed_body_is_replaced():
    gzip = 'django.middleware.gzip.GZipMiddleware'
    with override_settings(MIDDLEWARE=[gzip]):
        app = make_app()
        asked = {'Accept-Encoding': 'gzip'}
        bare = ask(app, '/respond/long', headers=asked)
        assert bare.one('Content-Encoding') == 'gzip'
        reply = check(
            app, '/respond/long', status=410, detail=None, headers=asked
        )
        check(app, '/respond/long', status=410, detail=f'{TEXT} ' * 9 + TEXT)
    assert 'Content-Encoding' not in reply.headers


@pytest.mark.parametrize(
    'path', ['/nowhere', '/bug', '/respond/streamed', '/rest/nested', '/']
)
def test_a_request_is_finished_once(path):
    finished = []

    def note(sender, **kwargs):
        finished.append(sender)

    request_finished.connect(note)
    try:
        ask(wrap(APP), path)
    finally:
        request_finished.disconnect(note)
    assert len(finished) == 1


# -- Django REST framework


def rest(path, **expected):
    """Check an error of the REST framework, whose methods don't have HEAD."""
    expected.setdefault('accepts', SPEAKING)
    return check(APP, path, **expected)


def test_a_form_of_forms_becomes_an_error_for_each_field():
    reply = rest(
        '/rest/nested',
        status=400,
        detail='Ensure this field has no more than 3 characters.',
        count=3,
    )
    assert [
        (error['detail'], error['source']['pointer'])
        for error in reply.json['errors'][1:]
    ] == [
        ('A valid integer is required.', '/tags/1'),
        (
            'Ensure this value is greater than or equal to 1.',
            '/disks/1/size',
        ),
    ]


@pytest.mark.parametrize(
    ('name', 'status', 'detail'),
    [
        ('whole', 400, TEXT),
        ('text', 400, TEXT),
        ('missing', 404, TEXT),
        ('denied', 403, TEXT),
        ('sold_out', 409, TEXT),
        ('unspecific', 500, 'A server error occurred.'),
    ],
)
def test_an_exception_of_the_rest_framework_loses_no_word(
    name, status, detail
):
    rest(f'/rest/{name}', status=status, detail=detail)


def test_a_list_of_the_rest_framework_becomes_an_error_each():
    reply = rest('/rest/list', status=400, detail='One.', count=2)
    assert reply.json['errors'][1]['detail'] == TEXT


def test_a_text_for_a_field_loses_no_word():
    reply = ask(wrap(APP), '/rest/fields')
    [error] = reply.json['errors']
    told = error['detail']
    assert told == TEXT or json.loads(told) == {'name': TEXT}


def test_a_throttled_client_is_told_when_to_come_back():
    reply = rest(
        '/rest/throttled',
        status=429,
        detail=f'{TEXT} Expected available in 30 seconds.',
    )
    assert reply.one('Retry-After') == '30'


def test_who_is_not_authenticated_is_told_how_to_be():
    reply = rest(
        '/private/missing',
        status=401,
        detail='Authentication credentials were not provided.',
    )
    assert reply.one('WWW-Authenticate') == 'Basic realm="shop"'
    reply = rest(
        '/private/missing',
        status=401,
        detail=TEXT,
        headers={'Authorization': 'Basic wrong'},
    )
    assert reply.one('WWW-Authenticate') == 'Basic realm="shop"'


def test_a_method_the_view_does_not_have_is_405():
    reply = rest(
        '/rest/missing',
        status=405,
        method='PUT',
        detail='Method "PUT" not allowed.',
    )
    assert reply.one('Allow') == 'GET, POST, HEAD, OPTIONS'


@pytest.mark.parametrize(
    ('kind', 'status', 'detail'),
    [
        (
            'application/json',
            400,
            'JSON parse error - Unterminated string starting at: '
            'line 1 column 2 (char 1)',
        ),
        (
            'text/csv',
            415,
            'Unsupported media type "text/csv" in request.',
        ),
    ],
)
def test_a_body_that_cannot_be_read(kind, status, detail):
    rest(
        '/rest/any',
        status=status,
        detail=detail,
        method='POST',
        body=b'{"a',
        headers={'Content-Type': kind},
    )


def test_what_the_rest_framework_cannot_say_is_406():
    rest(
        '/rest/missing',
        status=406,
        detail='Could not satisfy the request Accept header.',
        accepts=['text/html'],
    )


@pytest.mark.parametrize('debug', [False, True])
def test_a_bug_in_a_rest_view_says_nothing(debug):
    with override_settings(DEBUG=debug):
        rest('/rest/bug', status=500, detail=None)


def test_a_page_of_the_browsable_api_says_what_its_json_does():
    check(
        APP,
        '/browsable/missing',
        status=404,
        detail=TEXT,
        accepts=['text/html'],
        kept=['Set-Cookie'],
        volatile=['Set-Cookie'],
    )


@pytest.mark.parametrize(
    ('path', 'status', 'key', 'detail'),
    [
        ('/missing', 404, 'itemNotFound', MISSING),
        ('/rest/denied', 403, 'forbidden', TEXT),
        ('/respond/as_json', 409, 'conflictingRequest', TEXT),
        ('/respond/own_reason', 503, 'serviceUnavailable', 'Wait.'),
    ],
)
def test_the_other_formats(path, status, key, detail):
    check_formats(APP, path, status=status, key=key, detail=detail)
