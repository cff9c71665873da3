# SPDX-License-Identifier: Apache-2.0
"""All frameworks beside each other in one paste pipeline: one shape."""

import itertools

import pytest
from assertions import ID_HEADER, ask, assert_error
from one_shape import PROBLEM, SECRET, TEXT, UNDEFINED, assert_problem
from paste.deploy import loadapp

from errorkit.error import title_of

CONFIG = """
[pipeline:main]
pipeline = {filters} shops

[filter:stack]
use = egg:errorkit
service_type = shop
versions = 1.0-1.9
{options}

[filter:request_id]
use = egg:errorkit#request_id

[filter:request_log]
use = egg:errorkit#request_log
service_type = shop

[filter:fault_wrap]
use = egg:errorkit#fault_wrap
service_type = shop

[filter:context]
use = egg:errorkit#context

[filter:cors]
paste.filter_factory = oslo_middleware:CORS.factory
allowed_origin = https://ui.example

[composite:shops]
use = egg:Paste#urlmap
/flask = flask
/django = django
/falcon = falcon
/pecan = pecan
/webob = webob

[app:flask]
paste.app_factory = flask_shop:app_factory

[app:django]
paste.app_factory = django_shop:app_factory

[app:falcon]
paste.app_factory = falcon_shop:app_factory

[app:pecan]
paste.app_factory = pecan_shop:app_factory

[app:webob]
paste.app_factory = webob_shop:app_factory
"""
STACKS = {
    'one filter': 'stack',
    'a filter each': 'request_id request_log fault_wrap context',
    'around cors': 'stack cors',
}
#: For each kind of error: a header it has to have, and who makes it where.
ERRORS = {
    401: (
        'WWW-Authenticate',
        {
            'flask': '/who',
            'django': '/respond/kept',
            'falcon': '/who',
            'pecan': '/who',
            'webob': '/who',
        },
    ),
    404: (
        None,
        dict.fromkeys(
            ['flask', 'django', 'falcon', 'pecan', 'webob'], '/no/such/cake'
        ),
    ),
    405: (
        'Allow',
        {
            'flask': '/order',
            'django': '/form',
            'falcon': '/order',
            'pecan': '/volumes',
            'webob': '/order',
        },
    ),
    409: (
        None,
        {
            'flask': '/text',
            'django': '/rest/sold_out',
            'falcon': '/text',
            'pecan': '/volumes/1',
            'webob': '/full',
        },
    ),
    429: (
        'Retry-After',
        {
            'flask': '/slow_down',
            'django': '/rest/throttled',
            'falcon': '/slow_down',
            'pecan': '/volumes/4',
            'webob': '/slow_down',
        },
    ),
    500: (
        None,
        dict.fromkeys(
            ['flask', 'django', 'falcon', 'pecan', 'webob'], '/bug'
        ),
    ),
}
#: What an application adds to each of its responses, or to some.
_THEIRS = {
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'access-control-expose-headers',
    'allow',
    'content-language',
    'cross-origin-opener-policy',
    'referrer-policy',
    'set-cookie',
    'x-frame-options',
}


@pytest.fixture(name='load')
def _load(tmp_path):
    """Return a function that loads the pipeline."""

    def load(filters='stack', options=''):
        path = tmp_path / 'shops.ini'
        path.write_text(CONFIG.format(filters=filters, options=options))
        return loadapp(f'config:{path}')

    return load


def names(reply):
    """Return the names of a reply's headers that are ours to choose."""
    return {name.lower() for name, _ in reply.headerlist} - _THEIRS


@pytest.mark.parametrize('stack', STACKS)
@pytest.mark.parametrize('status', ERRORS)
def test_the_same_error_of_each_is_the_same(load, stack, status):
    application = load(STACKS[stack])
    header, paths = ERRORS[status]
    seen = {}
    for shop, path in paths.items():
        reply = ask(
            application,
            f'/{shop}{path}',
            headers={'Accept': '*/*', 'Origin': 'https://ui.example'},
        )
        error = assert_error(reply, status=status, code=UNDEFINED)
        assert header is None or header in reply.headers
        assert SECRET not in reply.text
        if status == 409:
            assert error['detail'] == TEXT
        seen[shop] = (
            reply.status,
            error['title'],
            list(error),
            names(reply),
        )
        if stack == 'around cors' and status != 500:
            # A bug goes past cors.
            allowed = reply.one('Access-Control-Allow-Origin')
            assert allowed == 'https://ui.example'
            exposed = reply.one('Access-Control-Expose-Headers')
            assert ID_HEADER in exposed
    first, *others = seen.values()
    assert others == [first] * 4
    assert ('openstack-api-version' in first[3]) == ('stack' in STACKS[stack])


@pytest.mark.parametrize('status', [404, 405, 500])
def test_it_is_so_in_html_and_problem_details(load, status):
    application = load()
    for (shop, path), accept in itertools.product(
        ERRORS[status][1].items(), ['text/html', PROBLEM]
    ):
        where = f'/{shop}{path}'
        asked = {'headers': {'Accept': accept}}
        reply = ask(application, where, **asked)
        if accept == PROBLEM:
            assert_problem(
                reply,
                status,
                UNDEFINED,
                title_of(status),
                reply.json['detail'],
            )
        else:
            assert_error(reply, status=status, code=UNDEFINED, kind=accept)
        head = ask(application, where, method='HEAD', **asked)
        assert (head.status, head.body) == (reply.status, b'')
        assert head.one('Content-Type') == reply.one('Content-Type')
        assert head.one(ID_HEADER) != reply.one(ID_HEADER)


def test_what_no_shop_is_mounted_at_is_one_of_them(load):
    reply = ask(load(), '/nowhere')
    error = assert_error(
        reply, status=404, code=UNDEFINED, detail='/nowhere'
    )
    other = assert_error(ask(load(), '/webob/no'), status=404, code=UNDEFINED)
    assert list(error) == list(other)


def test_a_path_may_have_a_format_of_its_own(load):
    application = load(options='format = /flask=compute /django=bridge')
    told = {
        shop: ask(application, f'/{shop}/no/such/cake').json
        for shop in ('flask', 'django', 'falcon', 'pecan', 'webob')
    }
    assert list(told.pop('flask')) == ['itemNotFound']
    assert list(told.pop('django')) == ['itemNotFound', 'errors']
    assert [list(body) for body in told.values()] == [['errors']] * 3


@pytest.mark.parametrize('name', ['compute', 'bridge'])
@pytest.mark.parametrize(
    ('status', 'key'),
    [
        (401, 'unauthorized'),
        (404, 'itemNotFound'),
        (405, 'badMethod'),
        (409, 'conflictingRequest'),
        (429, 'overLimit'),
        (500, 'computeFault'),
    ],
)
def test_the_other_formats_are_the_same_for_each(load, name, status, key):
    application = load(options=f'format = {name}')
    for shop, path in ERRORS[status][1].items():
        reply = ask(application, f'/{shop}{path}')
        assert reply.status_int == status
        told = reply.json
        fault = told.pop(key)
        assert fault.pop('code') == status
        assert fault.pop('message')
        assert fault == ({'retryAfter': '30'} if status == 429 else {})
        assert list(told) == (['errors'] if name == 'bridge' else [])
        assert reply.one(ID_HEADER)


@pytest.mark.parametrize(
    ('reshape', 'reshaped'),
    [
        ('all', {'flask', 'django', 'falcon', 'pecan', 'webob'}),
        ('non-json', {'flask', 'falcon', 'webob'}),
        ('none', {'webob'}),
    ],
)
def test_reshape_says_whose_errors_are_left_alone(load, reshape, reshaped):
    application = load(options=f'reshape = {reshape}')
    found = set()
    for shop, path in ERRORS[409][1].items():
        reply = ask(application, f'/{shop}{path}')
        assert reply.status_int == 409
        assert reply.one(ID_HEADER)
        if b'"errors"' in reply.body:
            found.add(shop)
    assert found == reshaped
