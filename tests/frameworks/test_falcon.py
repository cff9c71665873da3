# SPDX-License-Identifier: Apache-2.0
"""Every error of a Falcon application, in one shape."""

import pytest
from assertions import ID_HEADER, ask, assert_error
from falcon_shop import ERRORS, HREF, make_app
from one_shape import PROBLEM, TEXT, UNDEFINED, check, check_formats, wrap

from errorkit.error import explanation_of

APP = make_app()
#: To a client that wants HTML or text alone Falcon answers without a body.
SPEAKING = ('*/*', 'application/json', PROBLEM)


def status_of(name):
    """Return the status of a class of errors."""
    needed = {
        'HTTPMethodNotAllowed': (['PUT'],),
        'HTTPRangeNotSatisfiable': (47,),
    }
    return int(ERRORS[name](*needed.get(name, ())).status[:3])


@pytest.mark.parametrize('name', sorted(ERRORS))
def test_an_error_without_a_text_gets_the_standard_one(name):
    check(APP, f'/raise/{name}', status=status_of(name), detail=None)


@pytest.mark.parametrize('name', sorted(ERRORS))
def test_title_text_link_and_headers_are_kept(name):
    reply = check(
        APP,
        f'/say/{name}',
        status=status_of(name),
        title='Out of <cake>',
        detail=TEXT,
        accepts=SPEAKING,
        kept=['X-Cake'],
    )
    assert reply.json['errors'][0]['links'] == [{'rel': 'help', 'href': HREF}]


def test_what_falcon_does_not_say_is_the_standard_text():
    check(
        APP,
        '/say/HTTPConflict',
        status=409,
        detail=None,
        accepts=['text/html', 'text/plain'],
    )


@pytest.mark.parametrize('accept', ['application/xml', 'text/xml'])
def test_an_error_in_xml_says_the_same(accept):
    reply = ask(
        wrap(APP), '/say/HTTPConflict', headers={'Accept': accept}
    )
    assert b'<error>' in ask(
        APP, '/say/HTTPConflict', headers={'Accept': accept}
    ).body
    assert_error(
        reply, status=409, code=UNDEFINED, title='Out of <cake>', detail=TEXT
    )


@pytest.mark.parametrize(
    ('path', 'status', 'name', 'values'),
    [
        ('/who', 401, 'WWW-Authenticate', ['Basic realm="shop"', 'Bearer']),
        ('/slow_down', 429, 'Retry-After', ['30']),
        ('/away', 503, 'Retry-After', ['120']),
    ],
)
def test_the_headers_of_an_error_are_kept(path, status, name, values):
    reply = check(
        APP, path, status=status, detail=TEXT, accepts=SPEAKING
    )
    assert ', '.join(reply.headers.getall(name)) == ', '.join(values)


def test_a_status_of_its_own_keeps_its_reason():
    check(
        APP,
        '/sold_out',
        status=420,
        title='Sold Out',
        detail=TEXT,
        accepts=SPEAKING,
    )


def test_no_route_is_404():
    check(APP, '/no/such/route', status=404, detail=None)


def test_a_method_that_is_not_allowed_keeps_allow():
    reply = check(APP, '/order', status=405, detail=None, kept=['Allow'])
    assert set(reply.one('Allow').split(', ')) == {'OPTIONS', 'PATCH', 'PUT'}


@pytest.mark.parametrize(
    ('query', 'headers', 'body', 'status', 'title', 'detail'),
    [
        (
            '',
            {},
            b'',
            400,
            'Missing parameter',
            'The "size" parameter is required.',
        ),
        (
            '?size=x',
            {},
            b'',
            400,
            'Invalid parameter',
            'The "size" parameter is invalid. The value must be an integer.',
        ),
        (
            '?size=1',
            {},
            b'',
            400,
            'Missing header value',
            'The "X-Cake" header is required.',
        ),
        (
            '?size=1',
            {'X-Cake': '1', 'Content-Type': 'application/json'},
            b'{"a',
            400,
            'Invalid JSON',
            'Could not parse JSON body - Unterminated string starting at: '
            'line 1 column 2 (char 1)',
        ),
        (
            '?size=1',
            {'X-Cake': '1', 'Content-Type': 'image/png'},
            b'png',
            415,
            None,
            'image/png is an unsupported media type.',
        ),
    ],
)
def test_what_falcon_finds_wrong(query, headers, body, status, title, detail):
    check(
        APP,
        f'/order{query}',
        method='PUT',
        status=status,
        title=title,
        detail=detail,
        headers=headers,
        body=body,
        accepts=SPEAKING,
    )


@pytest.mark.parametrize(
    ('body', 'detail'),
    [
        (b'{}', "'name' is a required property"),
        (b'{"name": 1, "size": "x"}', "'x' is not of type 'integer'"),
    ],
)
def test_a_body_that_breaks_a_schema_is_400(body, detail):
    check(
        APP,
        '/order',
        method='PATCH',
        status=400,
        title='Request data failed validation',
        detail=detail,
        body=body,
        headers={'Content-Type': 'application/json'},
        accepts=SPEAKING,
    )


def test_falcons_own_cors_is_kept_and_our_id_shown():
    reply = check(
        make_app(cors_enable=True),
        '/slow_down',
        status=429,
        detail=TEXT,
        headers={'Origin': 'https://ui.example'},
        accepts=SPEAKING,
    )
    assert reply.one('Access-Control-Allow-Origin') == '*'
    assert reply.one('Access-Control-Expose-Headers') == ID_HEADER


def test_a_static_route_is_404_without_a_path(tmp_path):
    app = make_app()
    app.add_static_route('/static', str(tmp_path))
    reply = check(app, '/static/cake.txt', status=404, detail=None)
    assert str(tmp_path) not in reply.text


def test_a_body_of_its_own_keeps_text_and_code():
    check(APP, '/media', status=409, detail=TEXT, code='shop.full')


def test_a_plain_text_is_verbatim_and_its_cookie_kept():
    reply = check(
        APP, '/text', status=409, detail=TEXT, kept=['Set-Cookie']
    )
    assert 'ETag' not in reply.headers


def test_a_status_that_was_raised_keeps_its_text():
    check(APP, '/status', status=410, detail=TEXT)


def test_a_redirect_is_not_touched():
    reply = ask(wrap(APP), '/moved')
    assert reply.status_int == 301
    assert reply.one('Location') == '/elsewhere'
    assert reply.body == ask(APP, '/moved').body
    assert reply.one(ID_HEADER)


def test_a_bug_says_nothing():
    check(APP, '/bug', status=500, detail=None)


def test_errors_without_xml_are_the_same():
    check(
        make_app(xml=False),
        '/say/HTTPGone',
        status=410,
        title='Out of <cake>',
        detail=TEXT,
        accepts=SPEAKING,
    )


@pytest.mark.parametrize(
    ('path', 'status', 'key', 'detail'),
    [
        ('/say/HTTPNotFound', 404, 'itemNotFound', TEXT),
        ('/slow_down', 429, 'overLimit', TEXT),
        ('/raise/HTTPBadRequest', 400, 'badRequest', explanation_of(400)),
        ('/media', 409, 'conflictingRequest', TEXT),
    ],
)
def test_the_other_formats(path, status, key, detail):
    check_formats(APP, path, status=status, key=key, detail=detail)
