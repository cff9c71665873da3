# SPDX-License-Identifier: Apache-2.0
"""Every error of a Pecan application with WSME, in one shape."""

import pytest
import webob.exc
from assertions import ID_HEADER, ask
from one_shape import (
    PROBLEM,
    PROBLEM_OR_JSON,
    SECRET,
    TEXT,
    check,
    check_formats,
    wrap,
)
from pecan_shop import make_app

from errorkit.error import FAULT_DETAIL

APP = make_app()
JSON_TYPE = {'Content-Type': 'application/json'}
#: Pecan answers 406 where a controller makes JSON and it is not wanted.
SPEAKING = ('*/*', 'application/json', PROBLEM_OR_JSON)
#: ... and where it makes HTML and only JSON is.
PAGES = ('*/*', 'text/html', 'text/plain', PROBLEM)
STATUSES = sorted(
    status
    for status in webob.exc.status_map
    # webob's templates for these have no place for a text.
    if status >= 400 and status not in (405, 406, 415, 501)
)


@pytest.mark.parametrize('status', STATUSES)
def test_an_abort_with_a_text_loses_no_word(status):
    check(
        APP,
        f'/say/{status}',
        status=status,
        detail=TEXT,
        accepts=PAGES,
    )


@pytest.mark.parametrize('status', STATUSES)
def test_an_abort_without_a_text_gets_the_standard_one(status):
    check(
        APP,
        f'/abort/{status}',
        status=status,
        detail=webob.exc.status_map[status].explanation,
        accepts=PAGES,
    )


@pytest.mark.parametrize(
    ('path', 'status'),
    [('/nowhere', 404), ('/nowhere.xml', 404), ('/text.html', 404)],
)
def test_no_route_is_404(path, status):
    check(APP, path, status=status, detail=None)


def test_an_abort_where_json_is_made_loses_no_word():
    check(APP, '/as_json', status=409, detail=TEXT, accepts=SPEAKING)


def test_an_object_keeps_its_words_and_its_code():
    check(
        APP,
        '/returned',
        status=409,
        detail=TEXT,
        code='shop.full',
        accepts=SPEAKING,
    )


def test_what_pecan_cannot_say_is_406():
    check(
        APP,
        '/say/409',
        status=406,
        detail=None,
        accepts=['application/json'],
    )
    check(APP, '/returned', status=406, detail=None, accepts=['text/html'])


@pytest.mark.parametrize(
    ('path', 'status', 'code'),
    [('/coded', 409, 'shop.full'), ('/raised', 410, 'shop.gone')],
)
def test_a_comment_is_the_code(path, status, code):
    check(
        APP, path, status=status, detail=TEXT, code=code, accepts=PAGES
    )


def test_both_challenges_of_a_401_are_kept():
    reply = check(APP, '/who', status=401, detail=TEXT, accepts=PAGES)
    assert reply.headers.getall('WWW-Authenticate') == [
        'Basic realm="shop"',
        'Bearer',
    ]


def test_a_method_that_is_not_allowed_keeps_allow():
    reply = check(APP, '/rest', status=405, detail=None, method='DELETE')
    assert reply.one('Allow') == 'GET'


def test_a_plain_text_is_verbatim():
    check(APP, '/text', status=410, detail=TEXT, accepts=['*/*'])


def test_a_redirect_is_a_redirect():
    reply = ask(wrap(APP), '/moved')
    assert reply.status_int == 302
    assert reply.one('Location') == 'http://127.0.0.1/elsewhere'
    assert reply.one(ID_HEADER)


@pytest.mark.parametrize('path', ['/bug', '/needs'])
def test_a_bug_says_nothing(path):
    check(
        APP,
        path,
        status=500,
        detail=FAULT_DETAIL,
        accepts=PAGES,
        compared=False,
    )


def test_nothing_of_the_debug_page_gets_out():
    app = make_app(debug=True)
    page = ask(app, '/bug')
    assert SECRET in page.text
    check(app, '/bug', status=500, detail=None, accepts=PAGES)


def test_a_page_that_stands_in_keeps_its_words():
    app = make_app(errors={404: '/sorry'})
    check(app, '/nowhere', status=404, detail=TEXT, accepts=SPEAKING)


# -- WSME


@pytest.mark.parametrize(
    ('number', 'status', 'detail'),
    [
        (1, 409, TEXT),
        (2, 400, TEXT),
        (
            3,
            400,
            "Invalid input for field/attribute size. Value: 'huge'. " + TEXT,
        ),
        (4, 429, TEXT),
        (
            'x',
            400,
            "Invalid input for field/attribute number. Value: 'x'. unable "
            "to convert to int. Error: invalid literal for int() with base "
            "10: 'x'",
        ),
    ],
)
def test_a_fault_of_the_client_loses_no_word(number, status, detail):
    check(
        APP,
        f'/volumes/{number}',
        status=status,
        detail=detail,
        accepts=SPEAKING,
        head=False,  # 405, of a RestController
    )


def test_retry_after_is_kept():
    reply = ask(wrap(APP), '/volumes/4')
    assert reply.one('Retry-After') == '30'


@pytest.mark.parametrize('accept', ['application/xml', 'text/xml'])
def test_a_fault_in_xml_says_the_same(accept):
    bare = ask(APP, '/volumes/1', headers={'Accept': accept})
    assert b'<faultstring>' in bare.body
    reply = ask(wrap(APP), '/volumes/1', headers={'Accept': accept})
    [error] = reply.json['errors']
    assert (error['status'], error['detail']) == (409, TEXT)


@pytest.mark.parametrize('debug', [False, True])
@pytest.mark.parametrize('path', ['/volumes/0', '/volumes/0.xml'])
def test_a_fault_of_the_server_says_nothing(path, debug):
    app = make_app(wsme={'debug': debug})
    assert SECRET in ask(app, path).text
    check(
        app, path, status=500, detail=None, accepts=SPEAKING, head=False
    )
    make_app(wsme={'debug': False})  # it holds for all


@pytest.mark.parametrize(
    ('body', 'kind', 'status', 'detail'),
    [
        (
            b'{"size": 1}',
            JSON_TYPE,
            400,
            "Invalid input for field/attribute name. Value: 'None'. "
            'Mandatory field missing.',
        ),
        (b'{"size', JSON_TYPE, 400, 'Request is not in valid JSON format'),
        (
            b'{"name": "x", "cake": 1}',
            JSON_TYPE,
            400,
            'Unknown attribute for argument volume: cake',
        ),
        (
            b'size',
            {'Content-Type': 'text/csv'},
            415,
            'Unknown mimetype: text/csv',
        ),
    ],
)
def test_what_wsme_finds_wrong(body, kind, status, detail):
    check(
        APP,
        '/volumes',
        status=status,
        detail=detail,
        method='POST',
        body=body,
        headers=kind,
        accepts=SPEAKING,
    )


def test_a_client_of_problem_details_alone_is_refused():
    reply = ask(wrap(APP), '/volumes/1', headers={'Accept': PROBLEM})
    assert reply.status_int == 406
    assert reply.one('Content-Type') == PROBLEM


@pytest.mark.parametrize(
    ('path', 'status', 'key', 'detail'),
    [
        ('/say/404', 404, 'itemNotFound', TEXT),
        ('/volumes/1', 409, 'conflictingRequest', TEXT),
        ('/volumes/4', 429, 'overLimit', TEXT),
        ('/volumes/0', 500, 'computeFault', str(FAULT_DETAIL)),
    ],
)
def test_the_other_formats(path, status, key, detail):
    check_formats(APP, path, status=status, key=key, detail=detail)
