# SPDX-License-Identifier: Apache-2.0
"""The pages behind the help links: a list of codes, and one page for each."""

import base64
import hashlib
import html.parser
import io
import json
import urllib.parse
from wsgiref.util import setup_testing_defaults

import jsonschema
import paste.urlmap
import pytest
from assertions import ask, assert_error
from hypothesis import given, settings
from hypothesis import strategies as st
from paste.deploy import loadapp

import errorkit
from errorkit.exceptions import ConfigError
from errorkit.help_pages import HelpPages, paste_app
from errorkit.testing.schema import SCHEMA

BROWSER = ('text/html,application/xhtml+xml,application/xml;q=0.9,'
           'image/avif,image/webp,*/*;q=0.8')
HOSTILE = '</style><script>alert(1)</script>"\' onload=x &amp; \ud800\x00'


def make_catalog(**options):
    """Return a catalog with a code of every kind."""
    catalog = errorkit.Catalog('volume', **options)
    catalog.define(
        'volume.name_exists', status=409, title='Name exists', retry='never',
        since='3.5', meaning='Another volume has this name.',
        help='https://example.org/names')
    catalog.define('volume.in_use', status=409, retry='after-refresh')
    catalog.define('volume.not_found', status=(404, 410))
    catalog.define(
        'volume.gone', status=404, deprecated_since='3.20',
        replaced_by='volume.not_found')
    catalog.define(
        'volume.unlucky', status=400, retired=True,
        replaced_by='volume.not_found')
    catalog.define('volume.old', status=409, retired=True)
    catalog.define(
        'volume.snapshot.busy', status=409, cause='service', retry='later')
    catalog.define(
        'volume.snapshot.not_found', status=404,
        title='Snapshot not found', renames={(3, 30): 'volume.snapshot.none'})
    catalog.define(
        'volume.elsewhere', status=502, replaced_by='image.not_found',
        help='javascript:alert(1)')
    catalog.define(
        'volume.hostile', status=418, title=HOSTILE, meaning=HOSTILE,
        help='https://example.org/"><script>alert(1)</script>')
    return catalog


CATALOG = make_catalog()
PAGES = HelpPages(CATALOG)


def browse(path, application=PAGES, **options):
    """Ask as a browser does."""
    return ask(application, path, headers={'Accept': BROWSER}, **options)


class Page(html.parser.HTMLParser):
    """Read a page as a browser would, with what it would load or run."""

    def __init__(self, reply):
        super().__init__(convert_charrefs=True)
        assert reply.status_int == 200
        assert reply.one('Content-Type') == 'text/html; charset=utf-8'
        self.tags = []
        self.links = []
        self.ids = []
        self.attributes = set()
        self.text = ''
        self.by_tag = {}
        self._open = []
        self.feed(reply.body.decode('utf-8'))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.by_tag.setdefault(tag, []).append('')
        for name, value in attrs:
            if name == 'href':
                self.links.append(value)
            elif name == 'id':
                self.ids.append(value)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        for tag in self._open:
            self.by_tag[tag][-1] += data
        self.text += data

    def facts(self):
        """Return what the list of facts says."""
        return dict(zip(self.by_tag['dt'], self.by_tag['dd'], strict=True))


@pytest.mark.parametrize('path', ['', '/', '/errors', '/errors/'])
def test_the_list_has_every_code_in_order(path):
    page = Page(browse(path))
    assert page.by_tag['h1'] == ['Error codes of volume']
    assert page.by_tag['h2'] == sorted(CATALOG)
    assert page.ids == sorted(CATALOG)


def test_the_list_is_json_for_a_program():
    reply = ask(PAGES, '/')
    assert reply.one('Content-Type') == 'application/json'
    assert [one['code'] for one in reply.json['codes']] == sorted(CATALOG)


@pytest.mark.parametrize('code', [*CATALOG, 'volume.snapshot.none'])
@pytest.mark.parametrize('accept', [BROWSER, 'application/json'])
def test_every_string_that_may_be_sent_has_a_page(code, accept):
    for path in (f'/{code}', f'/errors/{code}', f'/{code}/'):
        reply = ask(PAGES, path, headers={'Accept': accept})
        assert reply.status == '200 OK'


def test_a_page_says_what_the_catalog_says():
    page = Page(browse('/errors/volume.name_exists'))
    assert page.by_tag['h1'] == ['Name exists']
    assert 'Another volume has this name.' in page.text
    assert page.facts() == {
        'code': 'volume.name_exists', 'status': '409', 'cause': 'the request',
        'retry': 'never; the same request fails again',
        'since': 'microversion 3.5', 'help': 'https://example.org/names'}
    assert 'https://example.org/names' in page.links


def test_json_says_what_the_lock_says():
    assert ask(PAGES, '/volume.gone').json == {
        'code': 'volume.gone', 'statuses': [404], 'title': None,
        'meaning': '', 'help': None, 'since': None, 'cause': 'user',
        'retry': None, 'deprecated_since': '3.20',
        'replaced_by': 'volume.not_found', 'retired': False, 'renames': {},
        'related': ['volume.not_found', 'volume.snapshot.not_found']}


def test_a_retired_code_says_so_and_links_to_the_other():
    page = Page(browse('/errors/volume.unlucky'))
    assert 'This code is retired.' in page.text
    assert './volume.not_found' in page.links
    assert ask(PAGES, '/volume.unlucky').json['retired'] is True


def test_a_deprecated_code_says_so_and_links_to_the_other():
    page = Page(browse('/errors/volume.gone'))
    assert 'This code is deprecated' in page.text
    assert page.facts()['deprecated since'] == 'microversion 3.20'
    assert './volume.not_found' in page.links


def test_a_code_in_use_says_neither():
    page = Page(browse('/errors/volume.not_found'))
    assert 'retired' not in page.text
    assert 'deprecated' not in page.text


def test_a_renamed_string_leads_to_its_code():
    page = Page(browse('/errors/volume.snapshot.none'))
    assert page.by_tag['h1'] == ['Snapshot not found']
    assert page.facts()['code'] == 'volume.snapshot.not_found'
    assert page.facts()['sent from 3.30 on as'] == 'volume.snapshot.none'
    found = ask(PAGES, '/volume.snapshot.none').json
    assert found['code'] == 'volume.snapshot.not_found'
    assert found['renames'] == {'3.30': 'volume.snapshot.none'}


def test_a_code_that_no_catalog_has_is_named_and_not_linked():
    page = Page(browse('/errors/volume.elsewhere'))
    assert page.facts()['replaced by'] == 'image.not_found'
    assert not any('image' in link for link in page.links)


def test_a_replacement_may_be_named_by_what_it_was_renamed_to():
    catalog = make_catalog()
    catalog.define(
        'volume.shot', status=410, replaced_by='volume.snapshot.none')
    application = HelpPages(catalog)
    page = Page(browse('/volume.shot', application))
    assert page.facts()['replaced by'] == 'volume.snapshot.none'
    assert './volume.snapshot.none' in page.links
    assert browse('/volume.snapshot.none', application).status_int == 200
    assert './volume.snapshot.not_found' in page.links
    heir = Page(browse('/volume.snapshot.not_found', application))
    assert './volume.shot' in heir.links
    # It is the same page.
    assert './volume.snapshot.none' not in heir.links


@pytest.mark.parametrize(('code', 'related'), [
    ('volume.name_exists', ['volume.in_use', 'volume.snapshot.busy']),
    ('volume.snapshot.busy', ['volume.snapshot.not_found']),
    ('volume.not_found', ['volume.gone', 'volume.snapshot.not_found',
                          'volume.unlucky']),
    ('volume.undefined_code', []),
])
def test_the_related_codes_are_of_one_resource_or_status(code, related):
    assert ask(PAGES, f'/{code}').json['related'] == related
    links = Page(browse(f'/{code}')).links
    assert {f'./{name}' for name in related} <= set(links)


@pytest.mark.parametrize('mount', [
    '', '/errors', '/v3/docs', '/a%b c', '/a%41?b#c;d'])
@pytest.mark.parametrize('path', [
    '', '/', '/errors', '/errors/', '/volume.unlucky', '/volume.unlucky/',
    '/errors/volume.gone', '/errors/volume.gone/'])
def test_every_link_of_a_page_leads_to_a_page(mount, path):
    environ = {'SCRIPT_NAME': mount, 'PATH_INFO': path}
    page = Page(browse('/', environ=environ))
    url = 'https://svc.example.org' + (
        urllib.parse.quote(mount + path) or '/')
    followed = 0
    for link in page.links:
        if link.startswith('http'):
            continue
        target = urllib.parse.urljoin(url, link)
        assert target.startswith('https://svc.example.org/')
        whole = urllib.parse.unquote(urllib.parse.urlsplit(target).path)
        assert whole.startswith(mount)
        reply = browse('/', environ={
            'SCRIPT_NAME': mount, 'PATH_INFO': whole[len(mount):]})
        assert reply.status_int == 200, target
        followed += 1
    assert followed


def test_help_links_lead_to_the_pages():
    catalog = make_catalog(help_base='https://svc.example.org/errors/')
    catalog.define('volume.mine', status=409)

    def service(environ, start_response):
        raise catalog['volume.mine'].error('no')

    site = paste.urlmap.URLMap()
    site['/'] = service
    site['/errors'] = HelpPages(catalog)
    application = errorkit.wrap(
        site, service_type='volume', catalog=catalog)
    error = assert_error(
        ask(application, '/'), status=409, code='volume.mine')
    path = urllib.parse.urlsplit(error['links'][0]['href']).path
    assert path == '/errors/volume.mine'
    assert ask(application, path).json['code'] == 'volume.mine'
    unknown = assert_error(
        ask(application, '/errors/volume.none'), status=404,
        code='volume.undefined_code')
    path = urllib.parse.urlsplit(unknown['links'][0]['href']).path
    assert browse(path, application).status_int == 200


def test_a_code_that_is_declared_later_has_its_page():
    catalog = errorkit.Catalog('volume')
    application = HelpPages(catalog)
    assert ask(application, '/volume.late').status_int == 404
    catalog.define('volume.late', status=409)
    assert ask(application, '/volume.late').status_int == 200


def test_several_catalogs_are_one_list():
    image = errorkit.Catalog('image')
    image.define('image.not_found', status=404)
    application = HelpPages([CATALOG, image], title='All of it')
    page = Page(browse('/errors/', application))
    assert page.by_tag['h1'] == ['All of it']
    assert page.by_tag['h2'] == sorted([*CATALOG, *image])
    page = Page(browse('/volume.elsewhere', application))
    assert './image.not_found' in page.links
    heading = Page(browse('/', HelpPages([CATALOG, image]))).by_tag['h1']
    assert heading == ['Error codes of volume, image']


UNKNOWN = [
    '/volume.zzq', '/zzq', '/errors/zzq', '/VOLUME.GONE', '/volume.gone//',
    '//volume.gone', '//', '/volume.gone/x', '/errors/errors/', '/errors//',
    '/../volume.gone', '/volume.gone.', '/volume.gone\n', '/volume.gone%00',
    '/\xff\xfe', '/<script>alert(1)</script>', '/%3Cscript%3E', '/errorsx',
    '/volume', '/' + 'a.' * 5000,
]


@pytest.mark.parametrize('path', UNKNOWN)
@pytest.mark.parametrize(('accept', 'kind'), [
    (BROWSER, 'text/html'), ('*/*', 'application/json'),
    ('text/plain', 'text/plain')])
def test_an_unknown_code_is_a_404_that_repeats_nothing(path, accept, kind):
    reply = ask(PAGES, '/', headers={'Accept': accept},
                environ={'PATH_INFO': path})
    assert_error(
        reply, status=404, code='volume.undefined_code', kind=kind,
        id_header=None, detail='There is no error code of this name.')
    assert b'script' not in reply.body
    assert b'zzq' not in reply.body
    assert 'zzq' not in str(reply.headerlist)


@pytest.mark.parametrize('path', UNKNOWN)
def test_in_the_stack_an_unknown_code_is_an_error_of_the_service(path):
    application = errorkit.wrap(
        PAGES, service_type='volume', catalog=CATALOG)
    reply = ask(application, '/', environ={'PATH_INFO': path})
    assert_error(reply, status=404, code='volume.undefined_code')


def test_the_404_can_have_a_code_of_its_own():
    catalog = errorkit.Catalog('volume', strict=True)
    catalog.define('volume.errors.unknown', status=404)
    application = HelpPages(catalog, not_found='volume.errors.unknown')
    assert_error(ask(application, '/none'), status=404,
                 code='volume.errors.unknown', id_header=None)
    wrapped = errorkit.wrap(
        application, service_type='volume', catalog=catalog)
    assert_error(ask(wrapped, '/none'), status=404,
                 code='volume.errors.unknown')


@pytest.mark.parametrize('code', [
    'volume.in_use', 'volume.old', 'volume.nothing', 5])
def test_a_code_that_is_not_for_a_404_is_refused_for_it(code):
    with pytest.raises(ConfigError) as raised:
        HelpPages(CATALOG, not_found=code)
    assert raised.value.option == 'not_found'


@pytest.mark.parametrize('method', [
    'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
@pytest.mark.parametrize('wrapped', [False, True])
def test_a_page_can_only_be_read(method, wrapped):
    application = PAGES
    if wrapped:
        application = errorkit.wrap(
            PAGES, service_type='volume', catalog=CATALOG)
    reply = ask(application, '/volume.gone', method=method, body=b'x')
    options = {} if wrapped else {'id_header': None}
    assert_error(reply, status=405, code='volume.undefined_code', **options)
    assert reply.one('Allow') == 'GET, HEAD'


@pytest.mark.parametrize('path', ['/', '/volume.gone', '/none'])
@pytest.mark.parametrize('accept', [BROWSER, '*/*'])
def test_head_is_get_without_the_body(path, accept):
    get = ask(PAGES, path, headers={'Accept': accept})
    head = ask(PAGES, path, method='HEAD', headers={'Accept': accept})
    assert head.body == b''
    assert (head.status, sorted(head.headerlist)) == (
        get.status, sorted(get.headerlist))


@pytest.mark.parametrize('path', ['/', '/volume.gone'])
@pytest.mark.parametrize('accept', [BROWSER, '*/*'])
def test_a_page_that_is_known_is_not_sent_again(path, accept):
    headers = {'Accept': accept}
    first = ask(PAGES, path, headers=headers)
    tag = first.one('ETag')
    assert first.one('Cache-Control') == 'public, max-age=3600'
    for known in (tag, f'W/{tag}', f'"x", {tag}', '*'):
        reply = ask(PAGES, path, headers={**headers, 'If-None-Match': known})
        assert (reply.status, reply.body) == ('304 Not Modified', b'')
        assert reply.one('ETag') == tag
        assert reply.one('Cache-Control') == first.one('Cache-Control')
        assert reply.vary() == ['accept']
        assert 'Content-Type' not in reply.headers
    for other in ('"x"', 'x', '', '"'):
        reply = ask(PAGES, path, headers={**headers, 'If-None-Match': other})
        assert reply.body == first.body


def test_page_and_json_and_another_catalog_have_other_tags():
    tags = {ask(application, path, headers={'Accept': accept}).one('ETag')
            for application in (PAGES, HelpPages(errorkit.Catalog('volume')))
            for path in ('/', '/volume.undefined_code')
            for accept in (BROWSER, '*/*')}
    assert len(tags) >= 6
    for path in ('/', '/volume.gone'):
        again = ask(HelpPages(make_catalog()), path)
        assert again.one('ETag') == ask(PAGES, path).one('ETag')


def test_how_long_a_page_may_be_kept_can_be_set():
    reply = ask(HelpPages(CATALOG, max_age=0), '/')
    assert reply.one('Cache-Control') == 'public, max-age=0'


@pytest.mark.parametrize(('accept', 'kind'), [
    (None, 'application/json'), ('*/*', 'application/json'),
    ('', 'application/json'), (BROWSER, 'text/html; charset=utf-8'),
    ('text/html;q=0.5', 'text/html; charset=utf-8'),
    ('text/plain', 'application/json'),
    ('application/problem+json', 'application/json'),
    ('image/png', 'application/json'),
    ('x' * 1000, 'application/json')])
@pytest.mark.parametrize('wrapped', [False, True])
def test_html_is_for_those_who_prefer_it(accept, kind, wrapped):
    application = PAGES
    if wrapped:
        application = errorkit.wrap(
            PAGES, service_type='volume', catalog=CATALOG)
    headers = {} if accept is None else {'Accept': accept}
    reply = ask(application, '/volume.gone', headers=headers)
    assert reply.one('Content-Type') == kind
    assert 'accept' in reply.vary()
    assert reply.one('X-Content-Type-Options') == 'nosniff'
    assert reply.one('Content-Length') == str(len(reply.body))


@pytest.mark.parametrize('path', ['/', '/volume.hostile', '/volume.gone'])
def test_a_page_runs_and_loads_nothing(path):
    reply = browse(path)
    page = Page(reply)
    [style] = page.by_tag['style']
    digest = hashlib.sha256(style.encode('utf-8')).digest()
    allowed = base64.b64encode(digest).decode('ascii')
    assert reply.one('Content-Security-Policy') == (
        f"default-src 'none'; style-src 'sha256-{allowed}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    assert set(page.tags) <= {
        *('html', 'head', 'meta', 'title', 'style', 'body', 'main', 'nav'),
        *('h1', 'h2', 'p', 'dl', 'dt', 'dd', 'a', 'code', 'ul', 'li'),
        'section'}
    assert page.attributes <= {
        'lang', 'dir', 'charset', 'name', 'content', 'href', 'rel', 'id',
        'class'}
    assert 'url(' not in style
    assert '@import' not in style
    assert b'<!--' not in reply.body


def test_what_a_catalog_says_is_text_on_the_page():
    page = Page(browse('/volume.hostile'))
    shown = HOSTILE.replace('\ud800', '\\ud800')
    assert [text.replace('\ufffd', '\x00') for text in page.by_tag['h1']] == [
        shown]
    assert page.by_tag['p'] == [shown]
    assert [link for link in page.links if 'script' in link] == [
        'https://example.org/"><script>alert(1)</script>']
    body = ask(PAGES, '/volume.hostile').body
    assert not set(b'<>&') & set(body)
    assert body.isascii()


def test_a_link_that_is_not_of_the_web_is_no_link():
    assert b'javascript' not in browse('/volume.elsewhere').body


@pytest.mark.parametrize('script_name', [
    '//evil.example', '/x"><script>alert(1)</script>', '/javascript:alert(1)',
    '/\xff', '/..', '/a/b?c#d', '/\u20ac'])
def test_where_it_is_mounted_is_not_believed(script_name):
    for path in ('', '/', '/volume.gone'):
        reply = browse('/', environ={
            'SCRIPT_NAME': script_name, 'PATH_INFO': path}, valid=False)
        page = Page(reply)
        assert 'script' not in page.tags
        for link in page.links:
            assert link.startswith(('./', '../', 'https://example.org/'))


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(max_codepoint=255), max_size=40),
       st.text(st.characters(max_codepoint=255), max_size=20),
       st.sampled_from([BROWSER, '*/*', 'text/plain']),
       st.text(st.characters(max_codepoint=255), max_size=40))
def test_whatever_is_asked_gets_a_page_or_an_error(path, mount, accept, tag):
    environ = {'PATH_INFO': '/' + path, 'SCRIPT_NAME': mount,
               'HTTP_ACCEPT': accept, 'HTTP_IF_NONE_MATCH': tag}
    setup_testing_defaults(environ)
    environ['wsgi.errors'] = io.StringIO()
    begun = []
    body = b''.join(PAGES(environ, lambda *args: begun.append(args)))
    [(status, headers)] = begun
    assert status in ('200 OK', '404 Not Found', '304 Not Modified')
    if status[0] == '4' and accept == '*/*':
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(body))
        assert all('\n' not in value for _, value in headers)


@pytest.mark.parametrize(('given', 'options', 'option'), [
    (None, {}, 'catalog'), ('volume', {}, 'catalog'), ([], {}, 'catalog'),
    ([CATALOG, 3], {}, 'catalog'), (CATALOG, {'max_age': -1}, 'max_age'),
    (CATALOG, {'max_age': '5'}, 'max_age'),
    (CATALOG, {'not_found': 'volume.undeclared'}, 'not_found')])
def test_a_bad_option_is_refused_at_start(given, options, option):
    with pytest.raises(ConfigError, match=f"option '{option}'"):
        HelpPages(given, **options)


INI = f'''
[app:errors]
paste.app_factory = errorkit.help_pages:paste_app
catalog = {__name__}:CATALOG
title = The codes
max_age = 60

[composite:main]
use = egg:Paste#urlmap
/errors = errors
'''


def test_paste_mounts_it(tmp_path):
    ini = tmp_path / 'volumes.ini'
    ini.write_text(INI)
    application = loadapp(f'config:{ini}', name='main')
    page = Page(browse('/errors/', application))
    assert page.by_tag['h1'] == ['The codes']
    reply = browse('/errors/volume.gone', application)
    assert reply.one('Cache-Control') == 'public, max-age=60'
    assert Page(reply).facts()['code'] == 'volume.gone'


def test_paste_takes_several_catalogs():
    application = paste_app(
        {}, catalog=f'{__name__}:CATALOG {__name__}:IMAGES')
    assert ask(application, '/image.undefined_code').status_int == 200
    assert ask(application, '/volume.gone').status_int == 200


IMAGES = errorkit.Catalog('image')


@pytest.mark.parametrize(('options', 'said'), [
    ({}, "option 'catalog': None is not allowed; it has to be given"),
    ({'catalog': 'nowhere'}, 'allowed: a module and a name in it'),
    ({'catalog': 'nowhere:CATALOG'}, 'allowed: module:name'),
    ({'catalog': f'{__name__}:BROWSER'}, 'an errorkit.Catalog'),
    ({'catalog': f'{__name__}:CATALOG', 'max_age': 'x'}, 'a whole number'),
    ({'catalog': f'{__name__}:CATALOG', 'colour': 'red'},
     'the options are: catalog, max_age, not_found, title'),
])
def test_a_bad_paste_option_names_the_application(options, said):
    with pytest.raises(ConfigError) as caught:
        paste_app({}, **options)
    assert str(caught.value).startswith('errorkit#help_pages: option ')
    assert said in str(caught.value)
