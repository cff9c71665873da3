# SPDX-License-Identifier: Apache-2.0
"""The links of messages: absolute, wherever the application is mounted."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import webob
from message_samples import UNABLE_TO_ALLOCATE, context
from oslo_middleware import http_proxy_to_wsgi
from paste.urlmap import URLMap
from rest_service import api_of

from errorkit.outcomes.rest import Messages


@pytest.fixture
def api():
    return api_of()


@pytest.fixture
def one(api):
    """The id of the newest of three messages."""
    return [api.create(None, UNABLE_TO_ALLOCATE, 'alpha').id
            for _ in range(3)][-1]


def messages(api, **options):
    """Return the application alone, for the project alpha."""
    return Messages(api, context_of=lambda environ: context(), **options)


def ask(application, path, script='', base='http://volumes.example',
        **environ):
    """Return the body of an answer."""
    request = webob.Request.blank(path, base_url=base + script)
    request.environ.update(environ)
    response = request.get_response(application)
    assert response.status_int == 200, response.text
    return response.json


def hrefs(body):
    """Return the links self, bookmark and next of a list."""
    return [
        *(link['href'] for link in body['messages'][0]['links']),
        *(link['href'] for link in body.get('messages_links', ())),
    ]


@pytest.mark.parametrize(('script', 'bookmark'), [
    ('', ''),
    ('/v3', ''),
    ('/volume/v3', '/volume'),
    ('/v2/volume/v3.1', '/v2/volume'),
    ('/vault', '/vault'),
    ('/v3/x', '/x'),
    ('/gr%C3%BC%C3%9Fe/v3', '/gr%C3%BC%C3%9Fe'),
])
@pytest.mark.parametrize('path', ['/alpha/messages', '/messages'])
def test_they_follow_the_mount(api, one, script, bookmark, path):
    host = 'http://volumes.example'
    own, marked, following = hrefs(
        ask(messages(api), path + '?limit=1', script))
    assert own == f'{host}{script}{path}/{one}'
    assert marked == f'{host}{bookmark}{path}/{one}'
    assert following.startswith(f'{host}{script}{path}?limit=1&marker=')


def test_below_a_urlmap_they_lead_back(api, one):
    application = URLMap()
    application['/shop/v3'] = messages(api)
    own, marked, following = hrefs(
        ask(application, '/shop/v3/alpha/messages?limit=1'))
    assert marked == f'http://volumes.example/shop/alpha/messages/{one}'
    assert webob.Request.blank(own).get_response(
        application).json['message']['id'] == one
    second = webob.Request.blank(following).get_response(application).json
    assert second['messages'][0]['id'] != one


def test_a_shown_message_has_the_same_links_as_a_listed_one(api, one):
    shown = ask(messages(api), f'/alpha/messages/{one}', '/v3')
    listed = ask(messages(api), '/alpha/messages', '/v3')
    assert shown['message'] == listed['messages'][0]


def test_the_next_page_keeps_every_other_parameter(api, one):
    query = ('limit=1&sort=message_level:asc,id&event_id=000002'
             '&marker=' + one)
    after = ask(messages(api), f'/alpha/messages?{query}&all_tenants=0')
    if 'messages_links' not in after:
        query = query.rpartition('&')[0]
        after = ask(messages(api), f'/alpha/messages?{query}&all_tenants=0')
    kept = dict(parse_qsl(urlsplit(hrefs(after)[2]).query))
    assert kept.pop('marker') not in (one, '')
    assert kept == {
        'limit': '1', 'sort': 'message_level:asc,id', 'event_id': '000002',
        'all_tenants': '0'}


@pytest.mark.parametrize('value', [
    'a&b=c', 'a%b', 'ü \u2603 \U0001f4a5', '"<x>', '+', '#', '?',
])
def test_a_parameter_comes_back_as_it_was(api, value):
    for _ in range(2):
        api.create(context(), UNABLE_TO_ALLOCATE, 'alpha', None, value)
    request = webob.Request.blank('/alpha/messages')
    request.GET.update({'resource_uuid': value, 'limit': '1'})
    application = messages(api)
    body = request.get_response(application).json
    again = webob.Request.blank(hrefs(body)[2])
    assert again.GET['resource_uuid'] == value
    assert len(again.get_response(application).json['messages']) == 1


def test_behind_a_proxy_they_are_what_the_operator_trusts(api, one):
    headers = {
        'HTTP_X_FORWARDED_PROTO': 'https',
        'HTTP_X_FORWARDED_HOST': 'cloud.example:8443',
        'HTTP_X_FORWARDED_PREFIX': '/shop',
    }
    alone = messages(api)
    own, _ = hrefs(ask(alone, '/alpha/messages', '/v3', **headers))
    assert own == f'http://volumes.example/v3/alpha/messages/{one}'
    trusting = http_proxy_to_wsgi.HTTPProxyToWSGI(
        alone, {'enable_proxy_headers_parsing': True})
    own, _ = hrefs(ask(trusting, '/alpha/messages', '/v3', **headers))
    assert own == (
        f'https://cloud.example:8443/shop/v3/alpha/messages/{one}')


@pytest.mark.parametrize('endpoint', [
    'https://cloud.example/volumes', 'https://cloud.example/volumes/'])
def test_a_public_endpoint_is_in_their_place(api, one, endpoint):
    own, marked, following = hrefs(ask(
        messages(api, public_endpoint=endpoint),
        '/alpha/messages?limit=1', '/v3'))
    base = 'https://cloud.example/volumes'
    assert own == f'{base}/v3/alpha/messages/{one}'
    assert marked == f'{base}/alpha/messages/{one}'
    assert following.startswith(f'{base}/v3/alpha/messages?limit=1')


@pytest.mark.parametrize(('host', 'root'), [
    ('volumes.example', 'http://volumes.example'),
    ('volumes.example:8776', 'http://volumes.example:8776'),
    ('[::1]:8776', 'http://[::1]:8776'),
    ('', 'http://server.example:8000'),
    ('evil.example/x', 'http://server.example:8000'),
    ('a@evil.example', 'http://server.example:8000'),
    ('evil"><script>', 'http://server.example:8000'),
    ('evil\r\nx: y', 'http://server.example:8000'),
    ('evil.example\n', 'http://server.example:8000'),
    ('\xff', 'http://server.example:8000'),
    ('x' * 300, 'http://server.example:8000'),
])
def test_a_host_that_can_be_none_is_not_repeated(api, one, host, root):
    body = ask(messages(api), '/alpha/messages', HTTP_HOST=host,
               SERVER_NAME='server.example', SERVER_PORT='8000')
    assert hrefs(body)[0] == f'{root}/alpha/messages/{one}'


@pytest.mark.parametrize(('scheme', 'name', 'port', 'root'), [
    ('http', 'a.example', '80', 'http://a.example'),
    ('https', 'a.example', '443', 'https://a.example'),
    ('https', 'a.example', '80', 'https://a.example:80'),
    ('javascript', 'a.example', '80', 'http://a.example'),
    ('http', '::1', '81', 'http://[::1]:81'),
])
def test_without_a_host_it_is_the_server(
    api, one, scheme, name, port, root
):
    body = ask(messages(api), '/alpha/messages', **{
        'wsgi.url_scheme': scheme, 'HTTP_HOST': '', 'SERVER_NAME': name,
        'SERVER_PORT': port})
    assert hrefs(body)[0] == f'{root}/alpha/messages/{one}'


@pytest.mark.parametrize('project', ['a b', 'ü', 'a:b', "'", 'a.b~c'])
def test_a_project_of_any_name_is_quoted(api, project):
    api.create(None, UNABLE_TO_ALLOCATE, project)
    application = Messages(
        api, context_of=lambda environ: context(project))
    request = webob.Request.blank('/')
    request.path_info = f'/{project}/messages'
    own, _ = hrefs(request.get_response(application).json)
    assert webob.Request.blank(own).get_response(
        application).status_int == 200


@pytest.mark.parametrize('script', ['/\xff', '/\u20ac', '/a b', '//evil'])
def test_a_mount_of_any_bytes_does_no_harm(api, one, script):
    body = ask(messages(api), '/alpha/messages', SCRIPT_NAME=script)
    parts = urlsplit(hrefs(body)[0])
    assert parts.netloc == 'volumes.example'
    assert parts.path.isascii()
