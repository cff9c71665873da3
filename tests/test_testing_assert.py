# SPDX-License-Identifier: Apache-2.0
"""``assert_error`` with the responses of real clients, and what it refuses."""

import json
import re

import django
import django.test
import falcon
import falcon.testing
import flask
import httpx
import pytest
import requests
import urllib3
import webob
import webob.dec
import webob.exc
import webtest
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from loopback import serving

import errorkit
from errorkit.testing import responses
from errorkit.testing.asserting import assert_error

CATALOG = errorkit.Catalog('shop', help_base='https://help.example/')
GONE = CATALOG.define(
    'shop.cake.gone', status=404, title='Cake gone', retry='never'
)
STALE = CATALOG.define('shop.cake.stale', status=400)
OVEN = CATALOG.define('shop.oven.full', status=429)
ID = 'X-Openstack-Request-Id'
TEXT = 'There is no <cake> here.'
HELP = [{'rel': 'help', 'href': 'https://help.example/shop.cake.gone'}]
ACCEPTS = {
    'errors': 'application/json',
    'compute': 'application/json',
    'bridge': 'application/json',
    'problem': 'application/problem+json',
    'html': 'text/html',
    'text': 'text/plain',
}
#: The formats that say everything.
FULL = [kind for kind in ACCEPTS if kind != 'compute']


@webob.dec.wsgify
def shop(request):
    """Refuse, in the way that the path says."""
    if request.path == '/ok':
        return webob.Response('cake', set_cookie='a=b')
    if request.path == '/twice':
        twice = [(ID, 'req-1'), ('WWW-Authenticate', 'a')]
        raise webob.exc.HTTPUnauthorized(
            headers=[*twice, ('WWW-Authenticate', 'b')]
        )
    if request.path == '/full':
        raise OVEN.error('Wait.', headers=[('Retry-After', '30')])
    raise webob.exc.HTTPNotFound(TEXT, comment=GONE)


@errorkit.wsgify
def several(request):
    """Refuse for two reasons."""
    raise errorkit.MultiError(
        [
            errorkit.Error(
                400,
                'Stale',
                'It is old.',
                STALE,
                source={'pointer': '/cake/age'},
                extra={'age': 7},
            ),
            webob.exc.HTTPNotFound(TEXT, comment=GONE),
        ]
    )


def wrapped(service=shop, **options):
    """Return a service of errorkit's, without the ids of a gate."""
    return errorkit.wrap(
        service, service_type='shop', catalog=CATALOG, **options
    )


def ask(kind='errors', where='/', service=shop):
    """Return webob's response in one of the formats."""
    options = {}
    if kind in ('compute', 'bridge'):
        options['format'] = kind
    request = webob.Request.blank(where, accept=ACCEPTS[kind])
    return request.get_response(wrapped(service, **options))


# The clients


def _doubling(environ, start_response):
    """Send the request id twice where the path is ``/double``."""

    def twice(status, headers, exc_info=None):
        if environ['PATH_INFO'] == '/double':
            headers = headers + [item for item in headers if item[0] == ID]
        return start_response(status, headers, exc_info)

    return WRAPPED(environ, twice)


WRAPPED = wrapped()


@pytest.fixture(scope='module', name='url')
def _url():
    with serving(_doubling) as url:
        yield url


def by_webob(url, where):
    """Ask as WebOb does."""
    return webob.Request.blank(where).get_response(_doubling)


def by_webtest(url, where):
    """Ask as WebTest does, whose own check has the doubled id off."""
    return webtest.TestApp(_doubling).get(where, expect_errors=True)


def by_flask(url, where):
    """Ask Flask's test client, of an app under errorkit."""
    app = flask.Flask('shop')
    app.wsgi_app = _doubling
    return app.test_client().get(where)


def by_falcon(url, where):
    """Ask Falcon's test client, of an app under errorkit."""
    app = wrapped(falcon.App())
    return falcon.testing.TestClient(app).simulate_get(where)


def by_requests(url, where):
    """Ask by requests, over a socket."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url + where)


def by_httpx(url, where):
    """Ask by httpx, over a socket."""
    with httpx.Client(trust_env=False) as client:
        return client.get(url + where)


def by_urllib3(url, where):
    """Ask by urllib3, over a socket."""
    with urllib3.PoolManager() as pool:
        return pool.request('GET', url + where)


def _view(request, where=''):
    """Answer what errorkit does, as a view of Django's."""
    found = webob.Request.blank('/').get_response(WRAPPED)
    kind = StreamingHttpResponse if where == 'stream' else HttpResponse
    body = [found.body] if where == 'stream' else found.body
    return kind(body, status=found.status_int, headers=dict(found.headers))


urlpatterns = [path('<path:where>', _view), path('', _view)]


def by_django(url, where):
    """Ask Django's test client."""
    if not settings.configured:  # by the tests with the frameworks
        settings.configure(LOGGING_CONFIG=None, SECRET_KEY='cake')
        django.setup()
    with django.test.override_settings(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'], MIDDLEWARE=[]
    ):
        return django.test.Client().get(where)


CLIENTS = [by_webob, by_webtest, by_flask, by_requests, by_httpx, by_urllib3]


@pytest.mark.parametrize('client', [*CLIENTS, by_django])
def test_a_response_of_a_client_is_read(client, url):
    response = client(url, '/cakes')
    error = assert_error(
        response,
        status=404,
        code=GONE,
        title='Cake gone',
        detail=TEXT,
        source=None,
        count=1,
        kind='application/json',
        retry='never',
        links=HELP,
    )
    assert error['request_id'] == response.headers[ID]
    with pytest.raises(AssertionError, match=r"shop\.cake\.gone', not 'shop"):
        assert_error(response, code='shop.cake.stale')


def test_a_response_of_falcon_is_read(url):
    response = by_falcon(url, '/cakes')
    assert_error(response, status=404, code='shop.undefined_code')
    with pytest.raises(AssertionError, match='the status is 404, not 405'):
        assert_error(response, status=405)


def test_what_django_streams_is_read(url):
    response = by_django(url, '/stream')
    assert response.streaming
    assert_error(response, status=404, code=GONE)


@pytest.mark.parametrize('client', CLIENTS)
def test_a_header_that_came_twice_is_seen_twice(client, url):
    found = responses.read(client(url, '/twice'))
    assert found.all('www-authenticate') == ['a', 'b']
    with pytest.raises(AssertionError, match=f'there are 2 {ID}'):
        assert_error(client(url, '/double'))


@pytest.mark.parametrize(
    'other', [None, 404, '404', {'status': 404}, b'{}', webob.Request]
)
def test_what_is_no_response_is_a_type_error(other):
    with pytest.raises(TypeError, match='is no response'):
        assert_error(other)


# The formats


@pytest.mark.parametrize('kind', FULL)
def test_a_format_says_everything(kind):
    response = ask(kind)
    error = assert_error(
        response,
        status=404,
        code=GONE,
        title='Cake gone',
        detail=TEXT,
        count=1,
        kind=ACCEPTS[kind],
        retry='never',
        links=HELP,
    )
    assert error['request_id'] == response.headers[ID]


@pytest.mark.parametrize('kind', FULL)
def test_several_errors_are_counted_in_every_format(kind):
    response = ask(kind, service=several)
    assert_error(
        response, status=400, code=STALE, count=2,
        source={'pointer': '/cake/age'},
    )
    with pytest.raises(AssertionError, match=r'^there are 2 errors, not 1\n'):
        assert_error(response, count=1)


def test_a_compute_fault_has_its_code_from_the_header():
    error = assert_error(ask('compute'), status=404, code=GONE, detail=TEXT)
    assert error == {'status': 404, 'code': GONE, 'detail': TEXT}
    assert_error(ask('compute', '/full'), status=429, retryAfter='30')
    response = ask('compute')
    del response.headers['OpenStack-Error-Code']
    assert_error(response, code=None)


def test_a_further_member_is_compared():
    assert_error(ask(service=several), age=7, cream=None)
    with pytest.raises(AssertionError, match=r'^age is 7, not 8\n'):
        assert_error(ask(service=several), age=8)
    with pytest.raises(AssertionError, match=r'^age is 7, not None\n'):
        assert_error(ask(service=several), age=None)


@pytest.mark.parametrize(
    'detail', [TEXT, '/no <cake>/', '/^There.*here[.]$/', re.compile('here')]
)
def test_a_detail_is_a_text_or_a_pattern(detail):
    assert_error(ask(), detail=detail)


@pytest.mark.parametrize(
    'detail', ['no <cake>', '/no cake/', re.compile('^here'), '//', '', None]
)
def test_another_detail_is_told_apart(detail):
    with pytest.raises(AssertionError, match=r'^detail is '):
        assert_error(ask(), detail=detail)


def test_without_a_request_id_middleware_none_is_asked_for():
    response = webob.Request.blank('/').get_response(
        errorkit.FaultWrapper(shop, service_type='shop')
    )
    assert_error(response, code=GONE, request_id_header=None)
    with pytest.raises(AssertionError, match=f'^there is no {ID}\n'):
        assert_error(response, code=GONE)


def test_a_problem_without_help_has_no_links():
    service = errorkit.FaultWrapper(shop)
    request = webob.Request.blank('/', accept='application/problem+json')
    response = request.get_response(service)
    assert response.json['type'] == 'about:blank'
    assert_error(response, links=None, request_id_header=None)


def test_a_compat_header_can_be_the_one_with_the_id():
    app = wrapped(compat_headers=['X-Shop-Request-Id'])
    response = webob.Request.blank('/').get_response(app)
    assert_error(response, request_id_header='X-Shop-Request-Id')
    with pytest.raises(AssertionError, match='there is no X-Cake'):
        assert_error(response, request_id_header='X-Cake-Request-Id')


@pytest.mark.parametrize(
    ('expected', 'line'),
    [
        ({'status': 409}, 'the status is 404, not 409'),
        ({'code': None}, "code is 'shop.cake.gone', not None"),
        ({'code': STALE}, "code is 'shop.cake.gone', not 'shop.cake.stale'"),
        ({'title': 'Gone'}, "title is 'Cake gone', not 'Gone'"),
        ({'detail': '/x+/'}, f"detail is '{TEXT}', not /x+/"),
        ({'source': {'header': 'a'}}, "source is None, not {'header': 'a'}"),
        ({'count': 2}, 'there is 1 error, not 2'),
        ({'kind': 'text/html'}, 'the type is application/json, not text/html'),
        ({'retry': 'later'}, "retry is 'never', not 'later'"),
        ({'cream': 'more'}, "cream is None, not 'more'"),
    ],
)
def test_a_failure_says_in_one_line_what_is_wrong(expected, line):
    response = ask()
    with pytest.raises(AssertionError) as caught:
        assert_error(response, **expected)
    first, blank, rest = str(caught.value).partition('\n\n')
    assert (first, blank) == (line, '\n\n')
    head, blank, body = rest.partition('\n\n')
    assert head.startswith('404\nContent-Type: application/json\n')
    assert f'{ID}: {response.headers[ID]}' in head
    assert body == response.text


def test_a_failure_shows_a_page_without_its_style():
    with pytest.raises(AssertionError) as caught:
        assert_error(ask('html'), code=STALE)
    shown = str(caught.value)
    assert '<style>…</style>' in shown
    assert 'There is no &lt;cake&gt; here.' in shown


def test_a_failure_is_cut_where_it_is_long():
    app = wrapped(webob.exc.HTTPConflict('x' * 100_000), max_detail=200_000)
    response = webob.Request.blank('/').get_response(app)
    with pytest.raises(AssertionError) as caught:
        assert_error(response, detail='y' * 100_000)
    assert len(str(caught.value)) < 4000


# What is broken: each of these was sound, but for one thing.


def changed(kind='errors', where='/', service=shop, **entry):
    """Return a response whose own error has other members."""
    response = ask(kind, where, service)
    body = response.json
    own = {
        'errors': lambda: body['errors'][0],
        'bridge': lambda: body['errors'][0],
        'problem': lambda: body,
        'compute': lambda: next(iter(body.values())),
    }[kind]()
    for name, value in entry.items():
        own[name] = value
        if value is None:
            del own[name]
    response.json = body
    return response


def reheaded(name, *values, kind='errors'):
    """Return a response with other values of a header."""
    response = ask(kind)
    response.headers.pop(name, None)
    for value in values:
        response.headers.add(name, value)
    return response


def rebodied(body, kind='errors'):
    """Return a response with another body; a function changes its own."""
    response = ask(kind)
    response.body = body(response.body) if callable(body) else body
    return response


def unlike(kind, where, old, new):
    """Return a response in whose body a text stands for another one."""
    response = ask(kind, where)
    assert old in response.text
    response.text = response.text.replace(old, new)
    return response


def bridged(**fault):
    """Return both in one body, whose fault has other members."""
    response = ask('bridge')
    body = response.json
    body['itemNotFound'].update(fault)
    response.json = body
    return response


def backwards():
    """Return both in one body, the errors first."""
    response = ask('bridge')
    response.json = dict(reversed(response.json.items()))
    return response


def answered(status):
    """Return a response with another status than its body."""
    response = ask()
    response.status = status
    return response


OTHER = 'req-5c1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b11'
BROKEN = {
    'no error': (lambda: ask(where='/ok'), '200 is not the status'),
    'a redirect': (lambda: answered(302), '302 is not the status'),
    'another status in the body': (
        lambda: answered(409), 'the body says status 404, not 409'),
    'another status in the fault': (
        lambda: changed('compute', code=500), 'the body says status 500'),
    'another status in the problem': (
        lambda: changed('problem', status=410), 'the body says status 410'),
    'another status on the page': (
        lambda: unlike('html', '/', '>404 ', '>410 '), 'says status 410'),
    'another status in the lines': (
        lambda: unlike('text', '/', '404 ', '410 '), 'says status 410'),
    'a status that is a text': (
        lambda: changed(status='404'), 'another shape'),
    'a status that is no error': (
        lambda: changed(status=200), 'another shape'),
    'no id in the header': (lambda: reheaded(ID), f'there is no {ID}'),
    'another id in the header': (
        lambda: reheaded(ID, OTHER), f'{ID} is {OTHER}, and the body has req'),
    'two ids': (lambda: reheaded(ID, OTHER, OTHER), f'there are 2 {ID}'),
    'an id of another form': (
        lambda: reheaded(ID, OTHER.upper()), f'{ID} is no request id'),
    'no id with a fault': (
        lambda: reheaded(ID, kind='compute'), f'there is no {ID}'),
    'another id on the page': (
        lambda: reheaded(ID, OTHER, kind='html'), 'and the body has req-'),
    'another id in the lines': (
        lambda: reheaded(ID, OTHER, kind='text'), 'and the body has req-'),
    'no id in the body': (
        lambda: changed(request_id=None), 'the body has no request id'),
    'no id in the problem': (
        lambda: changed('problem', request_id=None, instance=None),
        'the body has no request id'),
    'another instance of the problem': (
        lambda: changed('problem', instance=f'urn:uuid:{OTHER[4:]}'),
        'the instance is urn:uuid:5c1a8d5e'),
    'no title': (lambda: changed(title=None), 'another shape'),
    'no detail': (lambda: changed(detail=None), 'another shape'),
    'an empty detail': (lambda: changed(detail=''), 'another shape'),
    'no message': (lambda: changed('compute', message=None), 'another shape'),
    'no detail of the problem': (
        lambda: changed('problem', detail=None), 'another shape'),
    'no type of the problem': (
        lambda: changed('problem', type=None), 'another shape'),
    'a code that is none': (lambda: changed(code='Cake Gone'), 'shape'),
    'a code with a line break': (
        lambda: changed(code='shop.cake.gone\n'), 'is no code'),
    'a code on the page that is none': (
        lambda: unlike('html', '/', '<dd>shop.cake', '<dd>Shop cake'),
        'another shape'),
    'another code in the header': (
        lambda: reheaded('OpenStack-Error-Code', STALE),
        'OpenStack-Error-Code is shop.cake.stale, and the body has shop.'),
    'a code in the header alone': (
        lambda: changed(code=None), 'and the body has no code'),
    'two codes in the header': (
        lambda: reheaded('OpenStack-Error-Code', GONE, GONE), 'there are 2'),
    'a retry that is no word of ours': (
        lambda: changed(retry='soon'), 'another shape'),
    'links that are none': (lambda: changed(links=[{}]), 'another shape'),
    'a source that is empty': (lambda: changed(source={}), 'another shape'),
    'a source of the problem that is empty': (
        lambda: changed('problem', source={}), 'another shape'),
    'further errors of the problem that are none': (
        lambda: changed('problem', errors=[{'status': 404}]), 'shape'),
    'a member beside errors': (
        lambda: rebodied(b'{"errors": [], "a": 1}'), 'another shape'),
    'no errors': (lambda: rebodied(b'{"errors": []}'), 'another shape'),
    'an empty object': (lambda: rebodied(b'{}'), 'another shape'),
    'a list': (lambda: rebodied(b'[]'), 'another shape'),
    'null': (lambda: rebodied(b'null'), 'another shape'),
    'another name of the fault': (
        lambda: unlike('compute', '/', 'itemNotFound', 'badRequest'),
        'the fault of a 404 is itemNotFound, not badRequest'),
    'another name of the fault in both': (
        lambda: unlike('bridge', '/', 'itemNotFound', 'badRequest'),
        'the fault of a 404 is itemNotFound, not badRequest'),
    'another status in the fault of both': (
        lambda: bridged(code=400), 'have not the same status'),
    'another text in the fault of both': (
        lambda: bridged(message='Cake!'), 'have not the same detail'),
    'errors before the fault': (backwards, 'the fault has to come before'),
    'no body': (lambda: rebodied(b''), 'the body is empty'),
    'half a body': (lambda: rebodied(lambda it: it[:-1]), 'is no JSON'),
    'a body that is not UTF-8': (lambda: rebodied(b'"\xff"'), 'is no JSON'),
    'a deep body': (lambda: rebodied(b'[' * 100_000), 'is no JSON'),
    'NaN': (lambda: rebodied(b'{"errors": NaN}'), 'it has NaN'),
    'a member twice': (
        lambda: rebodied(lambda it: it.replace(b'"code"', b'"title"')),
        'a member is there twice'),
    'a page of others': (
        lambda: rebodied(b'<h1>404</h1>', 'html'), 'text/html is not ours'),
    'lines of others': (
        lambda: rebodied(b'404 Gone\n', 'text'), 'text/plain is not ours'),
    'lines that are not UTF-8': (
        lambda: rebodied(b'404 Gone \xff\n', 'text'), 'is not UTF-8'),
    'no type': (lambda: reheaded('Content-Type'), 'no type is no format'),
    'another type': (
        lambda: reheaded('Content-Type', 'application/xml'),
        'application/xml is no format of ours'),
    'the type of a page': (
        lambda: reheaded('Content-Type', 'text/html'), 'is not ours'),
    'JSON of another kind': (
        lambda: reheaded('Content-Type', 'application/vnd.cake+json'),
        'is no format of ours'),
    'two types': (
        lambda: reheaded('Content-Type', 'application/json', 'text/html'),
        'there are 2 Content-Type'),
}


@pytest.mark.parametrize('name', BROKEN)
def test_a_response_that_is_broken_fails(name):
    make, line = BROKEN[name]
    response = make()
    with pytest.raises(AssertionError) as caught:
        assert_error(response)
    assert line in str(caught.value).partition('\n\n')[0]


def test_what_was_broken_had_been_sound():
    for kind in ACCEPTS:
        assert_error(ask(kind))
    assert_error(changed(title='Other'), title='Other')
    assert_error(changed('problem', title='Other'), title='Other')
    assert_error(changed('compute', message='Other'), detail='Other')
    assert_error(rebodied(lambda it: it))
    assert_error(reheaded('Content-Type', 'Application/JSON; charset=utf-8'))


def test_the_author_reads_the_members_as_they_came():
    error = assert_error(ask(service=several))
    assert json.loads(ask(service=several).body)['errors'][0].keys() == (
        error.keys()
    )
