# SPDX-License-Identifier: Apache-2.0
"""The layers of oslo.middleware inside and outside of errorkit."""

import io

import bcrypt
import pytest
import webob
import webob.dec
from assertions import ID_HEADER, ask, assert_error
from flask_shop import make_app as flask_app
from one_shape import (
    PROBLEM,
    SECRET,
    TEXT,
    UNDEFINED,
    check,
    check_formats,
    wrap,
)
from oslo_config import cfg
from oslo_middleware import (
    basic_auth,
    catch_errors,
    cors,
    healthcheck,
    http_proxy_to_wsgi,
    opts,
    sizelimit,
)

from errorkit.error import FAULT_DETAIL, explanation_of

ORIGIN = 'https://ui.example'
FROM_UI = {'Origin': ORIGIN}


def config(group=None, **options):
    """Return a configuration of its own, with options of a group."""
    made = cfg.ConfigOpts()
    made([], project='shop', default_config_files=[])
    for known, listed in opts.list_opts():
        made.register_opts(listed, group=known)
    for name, value in options.items():
        made.set_override(name, value, group=group)
    return made


@webob.dec.wsgify
def reading(request):
    """Read the body, ten bytes at a time."""
    while chunk := request.body_file.read(10):
        assert chunk
    return webob.Response('read')


@webob.dec.wsgify
def service(request):
    """Fail in several ways."""
    if request.path_info == '/bug':
        raise ValueError(SECRET)
    if request.path_info == '/good':
        return webob.Response('good')
    raise webob.exc.HTTPConflict(TEXT, comment='shop.full')


# -- sizelimit


def limited(application):
    """Return an application whose bodies have at most 100 bytes."""
    return sizelimit.RequestBodySizeLimiter(
        application, config('oslo_middleware', max_request_body_size=100)
    )


def chunked(size=101):
    """Return the environ of a body whose length is not told."""
    return {
        'wsgi.input': io.BytesIO(b'x' * size),
        'wsgi.input_terminated': True,
        'HTTP_TRANSFER_ENCODING': 'chunked',
    }


def test_a_declared_body_over_the_limit_is_413():
    check(
        limited(reading),
        status=413,
        # Its own words, the placeholder too.
        detail='Request is too large. Larger than max_request_body_size '
        '(%s).',
        method='POST',
        body=b'x' * 101,
    )


@pytest.mark.parametrize('accept', ['*/*', 'text/html'])
@pytest.mark.parametrize('outside', [False, True])
def test_a_body_found_too_long_deep_inside_is_413(outside, accept):
    stack = limited(wrap(reading)) if outside else wrap(limited(reading))
    for _ in range(2):
        reply = ask(
            stack,
            method='POST',
            headers={'Accept': accept},
            environ=chunked(),
        )
        assert_error(
            reply,
            status=413,
            code=UNDEFINED,
            detail='Request is too large. Larger than 100.',
            kind='text/html' if accept == 'text/html' else 'application/json',
        )


def test_a_body_of_the_limit_is_read():
    reply = ask(wrap(limited(reading)), method='POST', environ=chunked(100))
    assert (reply.status_int, reply.body) == (200, b'read')


@pytest.mark.parametrize('outside', [False, True])
def test_flask_lets_the_limit_through_where_it_lets_bugs_through(outside):
    app = flask_app(PROPAGATE_EXCEPTIONS=True)
    app.config['MAX_CONTENT_LENGTH'] = None
    stack = limited(wrap(app)) if outside else wrap(limited(app))
    reply = ask(
        stack,
        '/order',
        method='POST',
        environ=chunked(),
        valid=False,  # werkzeug reads without a size
    )
    assert_error(
        reply,
        status=413,
        code=UNDEFINED,
        detail='Request is too large. Larger than 100.',
    )


def test_outside_of_us_a_declared_body_is_refused_before():
    reply = ask(limited(wrap(reading)), method='POST', body=b'x' * 101)
    assert reply.status_int == 413
    assert ID_HEADER not in reply.headers


# -- cors


def shared(application, **options):
    """Return an application that the UI's pages may ask."""
    return cors.CORS(
        application, config('cors', allowed_origin=[ORIGIN], **options)
    )


def exposed(reply):
    """Return what a page may read, as a set."""
    return set(reply.one('Access-Control-Expose-Headers').split(', '))


def test_cors_inside_of_us_keeps_its_headers_on_an_error():
    reply = check(
        shared(service),
        status=409,
        detail=TEXT,
        code='shop.full',
        headers=FROM_UI,
        kept=[
            'Access-Control-Allow-Origin',
            'Access-Control-Allow-Credentials',
        ],
    )
    assert reply.one('Access-Control-Allow-Origin') == ORIGIN
    assert reply.vary() == ['accept', 'origin']
    assert ID_HEADER in exposed(reply)


def test_cors_inside_of_us_keeps_what_it_exposes():
    shown = shared(service, expose_headers=['X-Cake'])
    reply = ask(wrap(shown), headers=FROM_UI)
    assert exposed(reply) >= {'X-Cake', ID_HEADER}


@pytest.mark.parametrize(
    ('path', 'status', 'code', 'detail'),
    [
        ('/full', 409, 'shop.full', TEXT),
        ('/bug', 500, UNDEFINED, FAULT_DETAIL),
    ],
)
def test_cors_outside_of_us_adds_its_headers_to_an_error(
    path, status, code, detail
):
    stack = shared(wrap(service), expose_headers=[ID_HEADER])
    reply = ask(stack, path, headers=FROM_UI)
    assert_error(reply, status=status, code=code, detail=detail)
    assert reply.one('Access-Control-Allow-Origin') == ORIGIN
    assert exposed(reply) == {ID_HEADER}


def test_an_error_to_another_origin_is_the_same_without():
    reply = check(
        shared(service),
        status=409,
        detail=TEXT,
        code='shop.full',
        headers={'Origin': 'https://elsewhere.example'},
    )
    assert 'Access-Control-Allow-Origin' not in reply.headers


@pytest.mark.parametrize('outside', [False, True])
def test_a_preflight_is_answered_whatever_the_application_says(outside):
    stack = shared(wrap(service)) if outside else wrap(shared(service))
    reply = ask(
        stack,
        method='OPTIONS',
        headers={**FROM_UI, 'Access-Control-Request-Method': 'PUT'},
        valid=False,  # oslo.middleware sends no Content-Type there
    )
    assert (reply.status_int, reply.body) == (200, b'')
    assert reply.one('Access-Control-Allow-Methods') == 'PUT'


# -- the others


def test_http_proxy_to_wsgi_changes_no_error():
    proxied = http_proxy_to_wsgi.HTTPProxyToWSGI(
        service, config('oslo_middleware', enable_proxy_headers_parsing=True)
    )
    check(
        proxied,
        status=409,
        detail=TEXT,
        code='shop.full',
        headers={
            'Forwarded': 'for=198.51.100.7;proto=https;host=shop.example',
            'X-Forwarded-Prefix': '/shop',
        },
    )


def test_catch_errors_inside_of_us_says_nothing_of_a_bug():
    check(
        catch_errors.CatchErrors(service),
        '/bug',
        status=500,
        detail=webob.exc.HTTPInternalServerError.explanation,
    )


def test_catch_errors_outside_of_us_has_nothing_to_catch():
    reply = ask(catch_errors.CatchErrors(wrap(service)), '/bug')
    assert_error(reply, status=500, code=UNDEFINED, detail=FAULT_DETAIL)


@pytest.fixture(name='unhealthy')
def _unhealthy(tmp_path):
    """Return a function that makes a check of health that fails."""
    path = tmp_path / 'disabled'
    path.touch()

    def unhealthy(**options):
        return healthcheck.Healthcheck(
            service,
            config(
                'healthcheck',
                backends=['disable_by_file'],
                disable_by_file_path=str(path),
                **options,
            ),
        )

    return unhealthy


def test_a_failing_check_of_health_keeps_its_words(unhealthy):
    said = 'DISABLED BY FILE'
    check(unhealthy(), status=503, detail=said, accepts=['*/*'])
    # Its page has a heading and a table around them.
    check(
        unhealthy(),
        status=503,
        detail=f'Healthcheck Status\nResult of 1 checks:\nReason\n{said}',
        accepts=['text/html', PROBLEM],
    )
    reply = ask(wrap(unhealthy()), headers={'Accept': 'application/json'})
    assert said in reply.json['errors'][0]['detail']


@pytest.mark.parametrize(
    'accept', ['*/*', 'application/json', 'text/html', 'text/plain']
)
def test_a_detailed_check_of_health_tells_nothing_of_its_threads(
    unhealthy, accept, monkeypatch
):
    # It would look at each object of the process, at Django's lazy ones too.
    monkeypatch.setattr(healthcheck, '_find_objects', lambda kind: [])
    layer = unhealthy(detailed=True)
    bare = ask(layer, headers={'Accept': 'application/json'})
    assert 'threads' in bare.json
    reply = ask(wrap(layer), headers={'Accept': accept})
    assert reply.status_int == 503
    assert reply.one(ID_HEADER) in reply.text
    assert __file__ not in reply.text
    assert 'line ' not in reply.text


@pytest.fixture(name='locked')
def _locked(tmp_path):
    """Return the service behind basic_auth, which knows Ada."""
    path = tmp_path / 'users'
    secret = bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4))
    path.write_text(f'ada:{secret.decode()}\n')
    cfg.CONF.set_override(
        'http_basic_auth_user_file', str(path), group='oslo_middleware'
    )
    yield basic_auth.BasicAuthMiddleware(service, {})
    cfg.CONF.clear_override(
        'http_basic_auth_user_file', group='oslo_middleware'
    )


@pytest.mark.parametrize(
    ('header', 'detail'),
    [
        ({}, explanation_of(401)),
        (
            {'Authorization': 'Bearer x'},
            'Unsupported authorization type "Bearer"',
        ),
        (
            {'Authorization': 'Basic ?'},
            'Could not decode authorization token',
        ),
        ({'Authorization': 'Basic YWRhOng='}, explanation_of(401)),
        ({'Authorization': 'Basic ZXZlOng='}, explanation_of(401)),
    ],
    ids=['none', 'another type', 'broken', 'wrong', 'unknown'],
)
def test_basic_auth_says_401(locked, header, detail):
    check(locked, status=401, detail=detail, headers=header)


def test_the_other_formats(unhealthy):
    check_formats(
        unhealthy(),
        '/',
        status=503,
        key='serviceUnavailable',
        detail='DISABLED BY FILE',
    )
    check_formats(
        shared(service),
        '/',
        status=409,
        key='conflictingRequest',
        detail=TEXT,
        headers=FROM_UI,
    )
