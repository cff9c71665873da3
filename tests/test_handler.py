# SPDX-License-Identifier: Apache-2.0
"""errorkit.wsgify and json_error_formatter: what a handler's author uses."""

import json

import pytest
import webob
import webob.dec
import webob.exc
from assertions import ID, ID_HEADER, ask, assert_error

import errorkit
from errorkit.formats.formatter import Formatter

UNDEFINED = 'volume.undefined_code'
FULL = {'comment': 'volume.full'}


def stack(application, **options):
    return errorkit.wrap(application, service_type='volume', **options)


# -- what a handler may return


def returned(value):
    return [
        pytest.param(decorator(lambda request: value()), id=name)
        for name, decorator in (
            ('webob', webob.dec.wsgify),
            ('errorkit', errorkit.wsgify),
        )
    ]


def wsgi_app(environ, start_response):
    start_response('202 Accepted', [('Content-Type', 'text/x-shelf')])
    return [b'a ', b'shelf']


class Shelf(webob.Response):
    """A response of the service's own class."""


KINDS = {
    'a str': lambda: 'käse',
    'bytes': lambda: b'cheese',
    'an empty str': lambda: '',
    'None': lambda: None,
    'a response': lambda: webob.Response('cheese', status=201),
    'a response of a class': lambda: Shelf(json={'cheese': 1}),
    'an application': lambda: wsgi_app,
    'a redirect': lambda: webob.exc.HTTPFound(location='/cellar'),
    'no content': lambda: webob.exc.HTTPNoContent(),
}


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'POST'])
@pytest.mark.parametrize('make', KINDS.values(), ids=KINDS)
def test_what_is_no_error_is_what_webobs_own_wsgify_makes_of_it(make, method):
    headers = {'Accept': 'text/html'}
    ours, webobs = (
        ask(decorator(lambda request: make()), method=method, headers=headers)
        for decorator in (errorkit.wsgify, webob.dec.wsgify)
    )
    assert (ours.status, ours.body) == (webobs.status, webobs.body)
    assert ours.headerlist == webobs.headerlist


def test_a_returned_response_is_kept_and_not_only_the_prepared_one():
    @errorkit.wsgify
    def handler(request):
        request.response.status = 500
        return webob.Response('cheese', cache_control='private')

    reply = ask(stack(handler))
    assert (reply.status_int, reply.body) == (200, b'cheese')
    assert reply.one('Cache-Control') == 'private'


def test_the_prepared_response_may_be_filled_and_returned_or_not():
    for returns in (True, False):

        @errorkit.wsgify
        def handler(request, returns=returns):
            request.response.status = 202
            request.response.json = {'shelf': 7}
            return request.response if returns else None

        reply = ask(stack(handler))
        assert (reply.status_int, reply.json) == (202, {'shelf': 7})


def test_cookies_of_the_prepared_response_are_merged():
    def handle(request):
        request.response.set_cookie('shelf', '7')
        return webob.Response('cheese')

    ours, webobs = (
        ask(decorator(handle))
        for decorator in (errorkit.wsgify, webob.dec.wsgify)
    )
    assert ours.headers.getall('Set-Cookie') == webobs.headers.getall(
        'Set-Cookie'
    )
    assert ours.headers.getall('Set-Cookie')


@pytest.mark.parametrize('raised', [True, False])
def test_cookies_set_before_an_error_are_not_lost(raised):
    @errorkit.wsgify
    def handler(request):
        request.response.set_cookie('shelf', '7')
        error = webob.exc.HTTPConflict('full', **FULL)
        if raised:
            raise error
        return error

    reply = ask(stack(handler))
    assert_error(reply, status=409, code='volume.full')
    assert reply.headers.getall('Set-Cookie') == ['shelf=7; Path=/']


# -- raised and returned errors


@pytest.mark.parametrize('raised', [True, False])
def test_an_error_has_its_text_and_code(raised):
    @errorkit.wsgify
    def handler(request):
        error = webob.exc.HTTPConflict('a < b\nc', **FULL)
        if raised:
            raise error
        return error

    assert_error(
        ask(stack(handler)), status=409, code='volume.full', detail='a < b\nc'
    )


@pytest.mark.parametrize('status', [405, 406, 415, 501])
def test_the_four_statuses_keep_their_codes_here(status):
    @errorkit.wsgify
    def handler(request):
        raise webob.exc.status_map[status]('text', **FULL)

    assert_error(
        ask(stack(handler)), status=status, code='volume.full', detail='text'
    )


def test_a_multi_error_may_be_raised():
    @errorkit.wsgify
    def handler(request):
        raise errorkit.MultiError(
            [
                webob.exc.HTTPBadRequest('no name', comment='volume.name'),
                webob.exc.HTTPBadRequest('no size', comment='volume.size'),
            ]
        )

    assert_error(
        ask(stack(handler)),
        status=400,
        code='volume.name',
        detail='no name',
        count=2,
    )


def test_any_other_exception_passes_on():
    @errorkit.wsgify
    def handler(request):
        raise KeyError('shelf')

    with pytest.raises(KeyError):
        ask(handler)
    assert_error(ask(stack(handler)), status=500, code=UNDEFINED)


OWN = {'errors': [{'status': 409, 'title': 'Full', 'detail': 'No room.'}]}


@pytest.mark.parametrize('raised', [True, False])
def test_an_error_with_a_json_body_of_its_own_is_kept(raised):
    @errorkit.wsgify
    def handler(request):
        error = webob.exc.HTTPConflict(json=OWN)
        if raised:
            raise error
        return error

    reply = ask(stack(handler))
    assert reply.status_int == 409
    [entry] = reply.json['errors']
    del entry['request_id']
    assert entry == OWN['errors'][0]


# -- without a FaultWrapper outside


def test_without_a_fault_wrapper_it_answers_by_itself():
    @errorkit.wsgify
    def handler(request):
        raise webob.exc.HTTPConflict('full', **FULL)

    error = assert_error(
        ask(handler), status=409, code='volume.full', id_header=None
    )
    assert 'request_id' not in error
    assert_error(
        ask(errorkit.RequestId(handler)), status=409, code='volume.full'
    )


def test_without_a_fault_wrapper_a_formatter_may_be_given():
    @errorkit.wsgify(formatter=Formatter('volume', max_detail=4))
    def handler(request):
        raise webob.exc.HTTPConflict('cheese')

    assert_error(
        ask(handler),
        status=409,
        code=UNDEFINED,
        detail='che…',
        id_header=None,
    )


def test_inside_a_fault_wrapper_the_services_options_hold():
    @errorkit.wsgify(formatter=Formatter('other', max_detail=4))
    def handler(request):
        raise webob.exc.HTTPConflict('cheese')

    assert_error(
        ask(stack(handler)), status=409, code=UNDEFINED, detail='cheese'
    )


# -- a decorator like webob's own


def test_a_method_can_be_decorated():
    class Shelves:
        @errorkit.wsgify
        def show(self, request):
            raise webob.exc.HTTPNotFound(request.path_info, **FULL)

    assert_error(
        ask(stack(Shelves().show), '/7'),
        status=404,
        code='volume.full',
        detail='/7',
    )


def test_a_request_class_and_arguments_can_be_given():
    class Request(webob.Request):
        shelf = 7

    @errorkit.wsgify(RequestClass=Request, args=('a',), kwargs={'b': 'c'})
    def handler(request, a, b):
        raise webob.exc.HTTPConflict(f'{request.shelf}{a}{b}', **FULL)

    assert_error(
        ask(stack(handler)), status=409, code='volume.full', detail='7ac'
    )


class _Request(webob.Request):
    pass


@pytest.mark.parametrize('kind', [_Request, webob.BaseRequest])
@pytest.mark.parametrize('value', [None, 'text', webob.Response('text')])
def test_a_handler_with_a_request_class_succeeds(kind, value):
    handler = errorkit.wsgify(lambda request: value, RequestClass=kind)
    reply = ask(stack(handler))
    assert reply.status_int == 200
    assert reply.body == (b'' if value is None else b'text')


def test_a_handler_with_a_request_class_may_set_headers_of_its_response():
    @errorkit.wsgify(RequestClass=_Request)
    def handler(request):
        request.response.set_cookie('size', '7')
        return 'text'

    assert ask(handler).one('Set-Cookie') == 'size=7; Path=/'


def test_a_request_that_is_asked_twice_has_the_same_body_twice():
    handler = errorkit.wsgify(lambda request: 'text')
    request = webob.Request.blank('/')
    bodies = [request.get_response(handler).body for _ in range(2)]
    assert bodies == [b'text', b'text']


def test_the_answer_of_a_handler_has_nothing_of_one_that_was_asked_before():
    @errorkit.wsgify
    def first(request):
        request.response.set_cookie('first', '1')
        request.response.content_type = 'text/csv'
        raise webob.exc.HTTPNotFound()

    second = errorkit.wsgify(lambda request: 'found')

    def either(environ, start_response):
        request = webob.Request(environ)
        response = request.get_response(first)
        if response.status_int == 404:
            response = request.get_response(second)
        return response(environ, start_response)

    reply = ask(either)
    assert 'Set-Cookie' not in reply.headers
    assert reply.one('Content-Type') == 'text/html; charset=UTF-8'


def test_a_middleware_can_be_decorated():
    @errorkit.wsgify.middleware
    def only_get(request, application):
        if request.method != 'GET':
            raise webob.exc.HTTPMethodNotAllowed(
                'read only', headers=[('Allow', 'GET')], **FULL
            )
        return request.get_response(application)

    wrapped = stack(only_get(webob.Response('cheese')))
    assert ask(wrapped).body == b'cheese'
    reply = ask(wrapped, method='PUT')
    assert_error(reply, status=405, code='volume.full', detail='read only')
    assert reply.one('Allow') == 'GET'


def test_a_clone_keeps_the_formatter():
    @errorkit.wsgify(formatter=Formatter('volume'))
    def handler(request, shelf=1):
        raise webob.exc.HTTPConflict(str(shelf))

    again = handler.clone(handler.func, kwargs={'shelf': 2})
    assert type(again) is errorkit.wsgify
    assert_error(
        ask(again), status=409, code=UNDEFINED, detail='2', id_header=None
    )


def test_a_handler_can_be_called_with_a_request():
    @errorkit.wsgify
    def handler(request):
        return webob.Response(request.path_info)

    assert handler(webob.Request.blank('/7')).body == b'/7'


def test_a_request_sent_to_a_handler_gets_its_error_as_a_response():
    @errorkit.wsgify
    def handler(request):
        raise webob.exc.HTTPConflict('full', **FULL)

    response = webob.Request.blank('/').get_response(handler)
    assert_error(response, status=409, code='volume.full', id_header=None)


def test_handling_an_error_does_not_read_the_requests_body():
    class Untouched:
        def read(self, *args):
            raise AssertionError('the body was read')

        readline = readlines = __iter__ = read

    @errorkit.wsgify
    def handler(request):
        raise webob.exc.HTTPConflict('full', **FULL)

    environ = {'wsgi.input': Untouched(), 'CONTENT_LENGTH': '100'}
    for application in (handler, webob.dec.wsgify(handler.func)):
        reply = ask(
            stack(application), method='POST', environ=environ, valid=False
        )
        assert_error(reply, status=409, code='volume.full')


# -- json_error_formatter


def formatted(detail='full', environ=None, **more):
    """Return an application whose errors webob writes, with our function."""

    @webob.dec.wsgify
    def application(request):
        request.environ.update(environ or {})
        raise webob.exc.HTTPConflict(
            detail, json_formatter=errorkit.json_error_formatter, **more
        )

    return application


JSON = {'Accept': 'application/json'}


def only(reply):
    assert reply.one('Content-Type') == 'application/json'
    [error] = reply.json['errors']
    return error


def test_json_error_formatter_gives_webob_the_error_format():
    error = only(ask(formatted(**FULL), headers=JSON))
    assert error == {
        'code': 'volume.full',
        'status': 409,
        'title': 'Conflict',
        'detail': 'full',
    }
    assert list(error) == ['code', 'status', 'title', 'detail']


def test_json_error_formatter_takes_the_code_from_environ():
    application = formatted(environ={'errorkit.error_code': 'volume.full'})
    reply = ask(application, headers=JSON)
    assert only(reply)['code'] == 'volume.full'
    assert 'errorkit.error_code' not in reply.environ


def test_json_error_formatter_prefers_environ_to_the_comment():
    application = formatted(
        environ={'errorkit.error_code': 'volume.full'}, comment='volume.other'
    )
    reply = ask(application, headers=JSON)
    assert only(reply)['code'] == 'volume.full'
    assert 'other' not in reply.text


def test_json_error_formatter_ignores_what_is_no_code():
    application = formatted(
        environ={'errorkit.error_code': 'no code'}, comment='volume.other'
    )
    assert 'no code' not in ask(application, headers=JSON).text


@pytest.mark.parametrize(
    'detail', ["no '<uuid>'", 'a < b\nc > d', '<!-- x -->', '', 'ä\u2028']
)
def test_json_error_formatter_keeps_the_text(detail):
    error = only(ask(formatted(detail, **FULL), headers=JSON))
    assert error['detail'] == (detail or webob.exc.HTTPConflict.explanation)


def test_json_error_formatter_has_the_request_id():
    reply = ask(errorkit.RequestId(formatted(**FULL)), headers=JSON)
    assert ID.fullmatch(only(reply)['request_id'])
    assert reply.one(ID_HEADER) == only(reply)['request_id']


@pytest.mark.parametrize('accept', [None, 'application/json', 'text/html'])
def test_json_error_formatter_inside_the_stack_is_the_same_error(accept):
    headers = {} if accept is None else {'Accept': accept}
    kind = 'text/html' if accept == 'text/html' else 'application/json'
    wrapped = stack(
        formatted('a < b', **FULL), versions='3.0-3.5', code_version='3.5'
    )
    for version, code in (('3.4', None), ('3.5', 'volume.full')):
        reply = ask(
            wrapped,
            headers={**headers, 'OpenStack-API-Version': f'volume {version}'},
        )
        assert_error(reply, status=409, code=code, detail='a < b', kind=kind)


def test_json_error_formatter_inside_the_stack_takes_the_code_from_environ():
    wrapped = stack(formatted(environ={'errorkit.error_code': 'volume.full'}))
    reply = ask(wrapped, headers=JSON)
    assert_error(reply, status=409, code='volume.full')


def test_json_error_formatter_can_be_called_by_hand():
    shown = errorkit.json_error_formatter(
        'Gone.<br /><br />\nfull\n\n', '410 Gone', 'Gone', {}
    )
    assert shown == {
        'errors': [
            {
                'code': 'errorkit.undefined_code',
                'status': 410,
                'title': 'Gone',
                'detail': 'full',
            }
        ]
    }
    assert json.dumps(shown)
