# SPDX-License-Identifier: Apache-2.0
"""Every error of a Flask application, in one shape."""

import contextlib
import json

import pytest
from assertions import ID_HEADER, ask, assert_error
from flask_shop import make_app, make_json_app
from one_shape import SECRET, TEXT, UNDEFINED, check, check_formats, wrap
from werkzeug import debug, exceptions

from errorkit.error import FAULT_DETAIL

STATUSES = sorted(exceptions.default_exceptions)
APP = make_app()
TEXT_TYPE = {'Content-Type': 'text/plain'}
FORM_TYPE = {'Content-Type': 'application/x-www-form-urlencoded'}


def words(status):
    """Return the description that werkzeug gives a status."""
    if status == 451:
        return None  # the reason phrase again
    return exceptions.default_exceptions[status].description


@pytest.mark.parametrize('status', STATUSES)
def test_an_abort_without_a_text_says_what_flask_says(status):
    check(APP, f'/abort/{status}', status=status, detail=words(status))


@pytest.mark.parametrize('status', STATUSES)
def test_an_abort_with_a_text_loses_no_word(status):
    check(APP, f'/say/{status}', status=status, detail=TEXT)


def test_a_status_that_is_nobody_elses_keeps_it():
    check(APP, '/sold_out', status=420, detail=TEXT)


def test_no_route_is_404():
    check(APP, '/nowhere', status=404, detail=words(404))


def test_a_method_that_is_not_allowed_keeps_allow():
    reply = check(
        APP, '/order', status=405, detail=words(405), kept=['Allow']
    )
    assert set(reply.one('Allow').split(', ')) == {'OPTIONS', 'POST'}


def test_both_challenges_of_a_401_are_kept():
    reply = check(APP, '/who', status=401, detail=TEXT)
    assert reply.headers.getall('WWW-Authenticate') == [
        'Basic realm=shop',
        'Bearer realm=shop, scope=buy',
    ]


@pytest.mark.parametrize(
    ('path', 'status', 'seconds'),
    [('/slow_down', 429, '30'), ('/away', 503, '120')],
)
def test_retry_after_is_kept(path, status, seconds):
    reply = check(APP, path, status=status, detail=TEXT)
    assert reply.one('Retry-After') == seconds


def test_content_range_of_a_416_is_kept():
    reply = check(APP, '/range', status=416, detail=TEXT)
    assert reply.one('Content-Range') == 'bytes */47'


def test_a_body_over_flasks_limit_is_413():
    check(
        APP,
        '/order',
        status=413,
        detail=words(413),
        method='POST',
        body=b'x' * 101,
        headers=TEXT_TYPE,
    )


def test_a_body_of_another_type_is_415():
    check(
        APP,
        '/json',
        status=415,
        method='POST',
        body=b'cake',
        headers=TEXT_TYPE,
        detail='Did not attempt to load JSON data because the request '
        "Content-Type was not 'application/json'.",
    )


def test_broken_json_is_400():
    check(
        APP,
        '/json',
        status=400,
        detail=words(400),
        method='POST',
        body=b'{"cake',
        headers={'Content-Type': 'application/json'},
    )


def test_a_missing_field_of_a_form_is_400():
    check(
        APP,
        '/form',
        status=400,
        detail=words(400),
        method='POST',
        body=b'tea=1',
        headers=FORM_TYPE,
    )


def test_a_redirect_is_not_touched():
    bare = ask(APP, '/slash')
    reply = ask(wrap(APP), '/slash')
    assert (reply.status, reply.body) == (bare.status, bare.body)
    assert reply.status_int == 308
    assert reply.one('Location') == bare.one('Location')
    assert reply.one(ID_HEADER)


def test_json_of_an_errorhandler_keeps_its_words_and_its_code():
    check(APP, '/unpaid', status=402, detail=TEXT, code='shop.unpaid')


def test_a_message_for_each_field_becomes_an_error_for_each():
    reply = check(APP, '/restful', status=400, detail='Missing.', count=2)
    assert [
        (error['detail'], error['source'])
        for error in reply.json['errors']
    ] == [
        ('Missing.', {'pointer': '/name'}),
        (TEXT, {'pointer': '/size'}),
    ]


def test_a_plain_text_is_verbatim():
    check(APP, '/text', status=409, detail=TEXT)


def test_an_empty_body_gets_the_standard_explanation():
    check(APP, '/nothing', status=404, detail=None)


def test_a_made_response_keeps_its_cookies_and_its_caching():
    one_line = TEXT.replace('\n', ' ')
    reply = check(APP, '/made', status=410, detail=one_line)
    assert len(reply.headers.getall('Set-Cookie')) == 2
    assert reply.one('Cache-Control') == 'max-age=60'
    assert 'ETag' not in reply.headers


def test_a_text_in_another_charset_is_read():
    check(APP, '/latin', status=404, detail='Grüße <an> alle')


def test_a_response_that_was_raised_keeps_its_words():
    check(APP, '/ready', status=410, detail=TEXT)


@pytest.mark.parametrize('status', [404, 409, 422, 503])
def test_errors_that_are_all_json_say_the_same(status):
    app = make_json_app()
    check(app, f'/say/{status}', status=status, detail=TEXT)
    check(app, f'/abort/{status}', status=status, detail=words(status))


def test_headers_of_errors_that_are_all_json_are_kept():
    app = make_json_app()
    reply = check(app, '/order', status=405, detail=words(405))
    assert set(reply.one('Allow').split(', ')) == {'OPTIONS', 'POST'}
    reply = check(app, '/slow_down', status=429, detail=TEXT)
    assert reply.one('Retry-After') == '30'


def test_a_streamed_error_is_read():
    check(APP, '/streamed', status=409, detail=TEXT)


def test_a_bug_that_flask_answers_says_what_flask_says():
    check(APP, '/bug', status=500, detail=words(500))


@pytest.mark.parametrize(
    'config', [{'PROPAGATE_EXCEPTIONS': True}, {'TESTING': True}]
)
def test_a_bug_that_flask_lets_out_says_nothing(config):
    check(
        make_app(**config),
        '/bug',
        status=500,
        detail=FAULT_DETAIL,
        compared=False,
    )


@pytest.mark.parametrize('debug', [False, True])
def test_debug_shows_a_client_no_more_of_a_bug(debug):
    app = make_app(DEBUG=debug, PROPAGATE_EXCEPTIONS=False)
    check(app, '/bug', status=500, detail=words(500))


def test_what_json_holds_for_the_developer_does_not_get_out():
    assert ask(APP, '/leaky').text.count(SECRET) == 3
    reply = ask(wrap(APP), '/leaky')
    error = assert_error(reply, status=500, code=UNDEFINED)
    assert json.loads(error['detail']) == {
        'result': 'No cake.',
        'user': {'name': 'ada'},
    }


def test_nothing_of_werkzeugs_debugger_gets_out():
    app = make_app(PROPAGATE_EXCEPTIONS=True)
    debugged = debug.DebuggedApplication(app, evalex=True)
    assert SECRET in ask(debugged, '/bug').text
    check(debugged, '/bug', status=500, detail=None)


@pytest.mark.parametrize(
    'path', ['/nowhere', '/bug', '/streamed', '/dies/404/1', '/text']
)
def test_a_request_is_torn_down_as_without_us(path):
    app = make_app()
    torn = []
    app.teardown_request(lambda exc: torn.append(type(exc)))
    with contextlib.suppress(ValueError):
        ask(app, path)
    bare, torn[:] = torn[:], []
    ask(wrap(app), path)
    assert torn == bare != []


def test_a_missing_field_is_named_under_debug():
    app = make_app(DEBUG=True, TRAP_BAD_REQUEST_ERRORS=False)
    check(
        app,
        '/form',
        status=400,
        detail=f"{words(400)}\nKeyError: 'cake'",
        method='POST',
        body=b'tea=1',
        headers=FORM_TYPE,
    )


@pytest.mark.parametrize('status', [200, 404, 500])
def test_a_body_that_dies_at_once_is_500(status):
    reply = ask(wrap(APP), f'/dies/{status}/0')
    assert_error(reply, status=500, code=UNDEFINED, detail=FAULT_DETAIL)


@pytest.mark.parametrize('status', [404, 500])
def test_an_error_that_dies_while_it_is_read_is_500(status):
    reply = ask(wrap(APP), f'/dies/{status}/2')
    assert_error(reply, status=500, code=UNDEFINED, detail=FAULT_DETAIL)
    assert SECRET not in reply.text


def test_a_success_that_dies_midway_is_cut_off():
    sent = []

    def keep(environ, start_response):
        def start(status, headers, exc_info=None):
            sent.append(status)
            return start_response(status, headers)

        for chunk in wrap(APP)(environ, start):
            sent.append(chunk)
            yield chunk

    with pytest.raises(ValueError, match=SECRET):
        ask(keep, '/dies/200/2', valid=False)  # it never ends well
    assert sent == ['200 OK', b'cake ', b'cake ']


@pytest.mark.parametrize(
    ('path', 'status', 'key', 'detail'),
    [
        ('/say/404', 404, 'itemNotFound', TEXT),
        ('/slow_down', 429, 'overLimit', TEXT),
        ('/text', 409, 'conflictingRequest', TEXT),
        ('/bug', 500, 'computeFault', words(500)),
    ],
)
def test_the_other_formats(path, status, key, detail):
    check_formats(APP, path, status=status, key=key, detail=detail)


def test_compute_repeats_retry_after():
    reply = ask(wrap(APP, format='compute'), '/slow_down')
    assert json.loads(reply.body)['overLimit']['retryAfter'] == '30'
