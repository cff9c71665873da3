# SPDX-License-Identifier: Apache-2.0
"""Which format a client gets, and in which language."""

import pytest
import webob
import webob.dec
import webob.exc
from assertions import ask, assert_error

import errorkit

JSON = 'application/json'
HTML = 'text/html'
TEXT = 'text/plain'
FIREFOX = (
    'text/html,application/xhtml+xml,application/xml;q=0.9,'
    'image/avif,image/webp,*/*;q=0.8'
)
CHROME = f'{FIREFOX},application/signed-exchange;v=b3;q=0.7'


def raises(environ, start_response):
    raise webob.exc.HTTPConflict('full', comment='volume.full')


@webob.dec.wsgify
def plain(request):
    raise webob.exc.HTTPConflict('full', comment='volume.full')


@errorkit.wsgify
def ours(request):
    raise webob.exc.HTTPConflict('full', comment='volume.full')


every_way = pytest.mark.parametrize('application', [raises, plain, ours])

ACCEPTS = [
    pytest.param(None, JSON, id='no Accept'),
    pytest.param('', JSON, id='an empty Accept'),
    pytest.param(' ', JSON, id='a blank Accept'),
    pytest.param('*/*', JSON, id='anything'),
    pytest.param('*/*;q=0.1', JSON, id='anything, if need be'),
    pytest.param('application/*', JSON, id='any application type'),
    pytest.param('application/json', JSON, id='JSON'),
    pytest.param('APPLICATION/JSON', JSON, id='JSON in capitals'),
    pytest.param('application/json;charset=utf-8', JSON, id='a charset'),
    pytest.param('application/json; indent=4', JSON, id='a parameter'),
    pytest.param('application/vnd.x+json', JSON, id='a +json type'),
    pytest.param('application/vnd.x+json;v=2;q=0.4', JSON, id='its version'),
    pytest.param('application/hal+json, text/html;q=0.5', JSON, id='+json'),
    pytest.param('text/html', HTML, id='HTML'),
    pytest.param('text/html;charset=utf-8', HTML, id='HTML and a charset'),
    pytest.param(FIREFOX, HTML, id='Firefox'),
    pytest.param(CHROME, HTML, id='Chrome'),
    pytest.param('text/plain', TEXT, id='text'),
    pytest.param('text/plain, */*;q=0.1', TEXT, id='text before anything'),
    pytest.param('text/html, application/json', JSON, id='a tie'),
    pytest.param('text/html, text/plain', HTML, id='a tie of the others'),
    pytest.param('text/*', HTML, id='any text'),
    pytest.param('text/*, application/json;q=0.9', HTML, id='text first'),
    pytest.param('application/json, text/*;q=0.9', JSON, id='JSON first'),
    pytest.param('text/html;q=0.9, application/json;q=0.8', HTML, id='HTML'),
    pytest.param('text/html;q=0.8, application/json;q=0.9', JSON, id='less'),
    pytest.param('text/html;q=0, */*', JSON, id='anything but HTML'),
    pytest.param('application/json;q=0, */*', HTML, id='anything but JSON'),
    pytest.param('application/json;q=0', JSON, id='nothing that we have'),
    pytest.param('text/csv', JSON, id='another type'),
    pytest.param('image/*', JSON, id='other types'),
    pytest.param('*/*;q=0', JSON, id='nothing'),
    pytest.param('json', JSON, id='no type'),
    pytest.param('text/html;q=high', JSON, id='a quality in words'),
    pytest.param(';;;,,,', JSON, id='separators'),
    pytest.param('text/html\x00', JSON, id='NUL'),
    pytest.param('\xff\xfe', JSON, id='bytes beyond ASCII'),
    pytest.param('text/html, ' * 10_000, JSON, id='110,000 characters'),
]


@every_way
@pytest.mark.parametrize(('accept', 'kind'), ACCEPTS)
def test_the_answer_is_json_unless_the_client_truly_prefers_another(
    accept, kind, application
):
    headers = {} if accept is None else {'Accept': accept}
    wrapped = errorkit.wrap(application, service_type='volume')
    assert_error(
        ask(wrapped, headers=headers),
        status=409,
        code='volume.full',
        detail='full',
        kind=kind,
    )


@pytest.mark.parametrize(
    'offers',
    [
        ['text/csv', 'application/json'],
        ['application/json', 'text/csv'],
        ['application/json', 'text/csv', 'text/html'],
    ],
)
@pytest.mark.parametrize(
    'accept',
    [
        'text/csv',
        'text/csv;q=0.1, image/*',
        'application/json',
        FIREFOX,
        '*/*',
    ],
)
def test_the_applications_best_choice_stays_the_same(accept, offers):
    @webob.dec.wsgify
    def application(request):
        return webob.Response(request.accept.acceptable_offers(offers)[0][0])

    headers = {'Accept': accept}
    own = ask(application, headers=headers)
    wrapped = errorkit.wrap(application, service_type='volume')
    assert ask(wrapped, headers=headers).body == own.body


@pytest.mark.parametrize(
    'accept',
    [
        'text/csv',
        'image/*',
        'text/csv;q=0.5',
        'application/json;q=0',
    ],
)
def test_a_service_that_offers_json_only_still_answers_406(accept):
    @webob.dec.wsgify
    def application(request):
        if not request.accept.acceptable_offers(['application/json']):
            raise webob.exc.HTTPNotAcceptable('only application/json')
        return webob.Response(json={})

    headers = {'Accept': accept}
    assert ask(application, headers=headers).status_int == 406
    wrapped = errorkit.wrap(application, service_type='volume')
    error = assert_error(
        ask(wrapped, headers=headers),
        status=406,
        code='volume.undefined_code',
        detail='only application/json',
    )
    assert 'max_version' not in error


def test_a_bug_is_negotiated_too():
    def bug(environ, start_response):
        raise RuntimeError

    wrapped = errorkit.wrap(bug, service_type='volume')
    for accept, kind in ((FIREFOX, HTML), (TEXT, TEXT), ('*/*', JSON)):
        assert_error(
            ask(wrapped, headers={'Accept': accept}),
            status=500,
            code='volume.undefined_code',
            kind=kind,
        )


def test_a_wrong_microversion_and_a_rejected_id_are_negotiated_too():
    wrapped = errorkit.wrap(
        raises, service_type='volume', versions='3.0-3.5', on_invalid='reject'
    )
    for name, value, code in (
        ('OpenStack-API-Version', 'volume x', 'volume.microversion.invalid'),
        ('X-Openstack-Request-Id', 'mine', 'volume.request_id.invalid'),
    ):
        reply = ask(wrapped, headers={'Accept': FIREFOX, name: value})
        assert_error(reply, status=400, code=code, kind=HTML)


@pytest.mark.parametrize(('accept', 'kind'), [(FIREFOX, HTML), (TEXT, TEXT)])
def test_head_negotiates_as_get_does(accept, kind):
    for application in (raises, plain, ours):
        wrapped = errorkit.wrap(application, service_type='volume')
        reply = ask(wrapped, method='HEAD', headers={'Accept': accept})
        assert (reply.status_int, reply.body) == (409, b'')
        assert reply.one('Content-Type') == f'{kind}; charset=utf-8'


def test_the_formats_say_the_same():
    wrapped = errorkit.wrap(raises, service_type='volume')
    facts = []
    for kind in (JSON, HTML, TEXT):
        error = assert_error(
            ask(wrapped, headers={'Accept': kind}),
            status=409,
            code='volume.full',
            kind=kind,
        )
        facts.append({**error, 'request_id': None})
    assert facts[0] == facts[1] == facts[2]


@pytest.mark.parametrize('fails', [False, True])
def test_an_application_may_drop_the_accept_that_the_client_did_not_send(
    fails,
):
    @errorkit.wsgify
    def handler(request):
        request.accept = None
        if fails:
            raise webob.exc.HTTPConflict('full', comment='volume.full')
        return 'fine'

    reply = ask(errorkit.wrap(handler, service_type='volume'))
    if fails:
        assert_error(reply, status=409, code='volume.full', detail='full')
    else:
        assert (reply.status_int, reply.body) == (200, b'fine')
