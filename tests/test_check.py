# SPDX-License-Identifier: Apache-2.0
"""``errorkit check``: what holds, what does not, and what is not asked."""

import argparse
import contextlib
import gc
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import types
import warnings

import assertions
import flask
import pytest
import webob
import webob.dec
import webob.exc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import serving
from webob.headers import ResponseHeaders

import errorkit
from errorkit import formats
from errorkit.error import Error
from errorkit.testing import check, checks, schema
from errorkit.testing.asking import MAX_BODY, Request, Unreachable
from errorkit.testing.checking import GLOBAL_ID, Options, Service
from errorkit.testing.in_process import Application, load
from errorkit.testing.over_http import Url
from errorkit.testing.verdicts import FAILS, HOLDS, NOT_ASKED, run

ROOT = pathlib.Path(__file__).parent.parent
# webob leaves the file open when a body breaks off.
pytestmark = pytest.mark.filterwarnings('ignore:unclosed file')
SECRET = 'gAAAA-the-token-of-anna'
TOLD = Options(fault='/bug', post='/', code_version='1.5')


@pytest.fixture(autouse=True, scope='module')
def collected():
    """Leave none of these files to the tests of other modules."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', ResourceWarning)
        gc.collect()


@webob.dec.wsgify
def service(request):
    """A service that knows nothing of errorkit."""
    path = request.environ['PATH_INFO']
    path = path.encode('latin-1').decode('utf-8', 'replace')
    if path == '/bug':
        raise KeyError('the-secret-device')
    if path != '/':
        raise webob.exc.HTTPNotFound(f'Nothing is at {path}.')
    if request.method == 'POST':
        if request.content_type != 'application/json':
            raise webob.exc.HTTPUnsupportedMediaType()
        if request.content_length > 10 ** 6:
            raise webob.exc.HTTPRequestEntityTooLarge()
        raise webob.exc.HTTPBadRequest('No handler takes this.')
    if request.method not in ('GET', 'HEAD'):
        raise webob.exc.HTTPMethodNotAllowed(headers=[('Allow', 'GET')])
    return webob.Response(json_body={'things': []}, headerlist=[
        ('Access-Control-Allow-Origin', '*'),
        ('Content-Type', 'application/json')])


def wrapped(application=service, **options):
    """Return an application inside errorkit."""
    return errorkit.wrap(application, **{
        'service_type': 'thing', 'versions': '1.0-1.9',
        'code_version': '1.5', 'compat_headers': ['X-Thing-Request-Id'],
        **options})


def verdicts(application, options=TOLD, **more):
    """Check an application; return the verdict on each id."""
    asked = Service(Application(application, 'app'), options)
    return {item.check.id: item for item in run(asked, checks.ALL, **more)}


def failing(application, options=TOLD):
    """Return the ids of the checks that an application fails."""
    return {name for name, item in verdicts(application, options).items()
            if item.verdict == FAILS}


def command(*arguments, application=None, monkeypatch=None):
    """Run the command; return its exit status, stdout and stderr."""
    if application is not None:
        module = types.ModuleType('checked')
        module.app = application
        monkeypatch.setitem(sys.modules, 'checked', module)
        arguments = ('checked:app', *arguments)
    parser = argparse.ArgumentParser()
    check.configure(parser)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = check.main(parser.parse_args(list(arguments)))
        except SystemExit as exc:
            status = exc.code
    return status, out.getvalue(), err.getvalue()


# What holds


def test_a_service_inside_errorkit_fails_nothing():
    found = verdicts(wrapped())
    assert {name: item.came for name, item in found.items()
            if item.verdict == FAILS} == {}
    assert {name for name, item in found.items()
            if item.verdict == NOT_ASKED} == {
        'source.login', 'source.unsafe.post', 'source.unsafe.put',
        'source.unsafe.patch', 'source.unsafe.delete'}


@pytest.mark.parametrize('way', ['from_ini', 'from_code'])
def test_the_example_fails_nothing(way, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / 'examples'))
    monkeypatch.setenv('VOLUMES_DATABASE', str(tmp_path / 'volumes.sqlite'))
    monkeypatch.setattr('logging.config.dictConfig', lambda config: None)
    status, out, _ = command(
        f'volumes.wsgi:{way}()', '--path', '/v3/p/volumes',
        '--post', '/v3/p/volumes', '--service-type', 'volume',
        '--code-version', '3.5', '--header', 'X-Project-Id: p', '--unsafe')
    assert status == 0, out
    assert '\n  fails ' not in out


@pytest.mark.parametrize('format', ['errors', 'compute', 'bridge'])
def test_each_format_is_known_by_its_name(format):
    other = 'compute' if format == 'errors' else 'errors'
    application = wrapped(format=format)
    options = Options(fault='/bug', post='/', code_version='1.5')
    assert failing(application, Options(
        **{**vars(options), 'format': format})) == set()
    assert 'error.json' in failing(application, Options(
        **{**vars(options), 'format': other}))


def test_a_service_that_rejects_bad_ids_fails_nothing():
    assert failing(wrapped(on_invalid='reject')) == set()


def test_a_service_without_versions_is_not_asked_for_them():
    application = errorkit.wrap(service, service_type='thing')
    found = verdicts(application, Options(service_type='thing'))
    assert {item.verdict for name, item in found.items()
            if name.startswith('version.')} == {NOT_ASKED}
    assert {item.came for name, item in found.items()
            if name.startswith('version.')} == {
        'no OpenStack-API-Version came back'}
    assert found['error.code'].verdict == HOLDS


# What does not hold


def oslo():
    """Return the service inside oslo.middleware."""
    middleware = pytest.importorskip('oslo_middleware')
    return middleware.RequestId(middleware.CatchErrors(raising))


@webob.dec.wsgify
def raising(request):
    """A service as they are: what it reads from a request may fail."""
    if request.path_info == '/bug':
        raise KeyError('the-secret-device')
    if request.path_info != '/':
        raise webob.exc.HTTPNotFound(f'Nothing is at {request.path_info}.')
    if request.method == 'POST':
        return webob.Response(json_body=request.json_body)
    if request.method != 'GET':
        raise webob.exc.HTTPMethodNotAllowed()
    return webob.Response(json_body={'things': []})


def test_a_service_inside_oslo_middleware_fails_where_it_is_known_to():
    found = verdicts(oslo(), Options(fault='/bug', post='/'))
    held = {name for name, item in found.items() if item.verdict == HOLDS}
    assert held >= {'id.present', 'id.new', 'id.missing', 'id.method',
                    'id.global', 'error.missing', 'fault.silent', 'alive'}
    expected = {
        'id.bogus.nil': 'it became the global id',
        'id.bogus.uuid-1': 'it became the global id',
        'id.bogus.newline': 'it became the global id',
        'id.bogus.short': 'left in environ',
        'error.json': '404 is text/plain',
        'error.nosniff': 'absent',
        'accept.none': '404 is text/plain',
        'accept.anything': '404 is text/html',
        'accept.charset': '404 is text/plain',
        'accept.tie': '404 is text/html',
        'accept.json': '404 has another shape',
        'accept.text': 'does not name the request id',
        'accept.vary': 'absent',
        'text.lossless': 'of <uuid> not all is left',
        'head.same': 'Content-Length is 0',
        'source.method': '405 is text/plain',
        'source.body.deep': '500',
        'source.body.not-text': 'let pass UnicodeDecodeError',
        'hostile.not-text': 'let pass UnicodeDecodeError',
        'fault.clean': '500 is text/plain',
        'fault.body': 'let pass UnicodeDecodeError',
        'fault.unread': 'let pass OSError',
    }
    for name, came in expected.items():
        assert found[name].verdict == FAILS, name
        assert came in found[name].came, name


def test_a_plain_webob_service_has_no_ids_and_lets_its_bugs_pass():
    found = verdicts(raising, Options(fault='/bug'))
    assert found['id.present'].came == '200 has no X-Openstack-Request-Id'
    assert found['id.bogus.nil'].verdict == NOT_ASKED
    assert 'let pass KeyError' in found['fault.clean'].came
    assert found['error.json'].verdict == FAILS


def test_a_flask_service_answers_with_pages():
    application = flask.Flask('things')
    application.get('/')(lambda: {'things': []})
    found = verdicts(application)
    assert found['accept.none'].came == (
        '404 is text/html, not application/json')
    assert found['source.method'].came == (
        '405 is text/html, not application/json')
    assert found['id.head'].verdict == FAILS
    assert found['source.body.deep'].verdict == FAILS


def test_a_flask_service_inside_errorkit_fails_nothing():
    application = flask.Flask('things')
    application.get('/')(lambda: {'things': []})
    assert failing(wrapped(application)) == set()


DJANGO_SITE = """\
import django.urls
import errorkit
from django import http
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'], MIDDLEWARE=[
    'django.middleware.common.CommonMiddleware'])
urlpatterns = [django.urls.path('ok', lambda request: http.JsonResponse({}))]
django.setup()
application = errorkit.wrap(get_wsgi_application(), service_type='thing')
"""
CODED = Options(fault='/bug')


def test_a_head_may_lack_the_code_where_flask_has_dropped_its_body():
    application = flask.Flask('things')
    application.get('/')(lambda: {'things': []})
    application.get('/bug', endpoint='bug')(lambda: flask.abort(500))
    found = verdicts(wrapped(application, code_version=None), CODED)
    assert found['error.code'].verdict == HOLDS
    assert found['head.same'].verdict == HOLDS, found['head.same'].came
    assert FAILS not in {item.verdict for item in found.values()}


def test_a_head_may_lack_the_code_where_django_has_dropped_its_body(tmp_path):
    # A process of its own: Django is configured once in each.
    (tmp_path / 'site_of_things.py').write_text(DJANGO_SITE)
    done = subprocess.run(
        [sys.executable, '-m', 'errorkit', 'check', '--path', '/ok', '--json',
         'site_of_things:application'],
        cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {item['id']: item['verdict']
             for item in json.loads(done.stdout)['checks']}
    assert found['error.code'] == found['head.same'] == HOLDS


def on_head(change):
    """Change the headers of each answer to a HEAD."""
    def changed(environ, inbound, status, headers, body):
        if environ['REQUEST_METHOD'] == 'HEAD' and status >= '4':
            change(headers)
    return changed


@pytest.mark.parametrize(('change', 'came'), [
    (lambda headers: headers.pop('OpenStack-Error-Code', None), None),
    (lambda headers: headers.pop('X-Content-Type-Options'),
     'X-Content-Type-Options is absent'),
    (lambda headers: headers.pop('Vary'), 'Vary is absent'),
    (lambda headers: headers.update({'OpenStack-Error-Code': 'thing.other'}),
     'OpenStack-Error-Code is thing.other; of the GET'),
    (lambda headers: headers.add('OpenStack-Error-Code', ''),
     'OpenStack-Error-Code is'),
], ids=['none', 'nosniff', 'vary', 'another code', 'an empty code'])
def test_a_head_may_lack_its_code_and_nothing_else(change, came):
    broken = Broken(on_head(change), code_version=None)
    found = verdicts(broken, CODED, only=['head.*'])['head.same']
    assert found.verdict == (FAILS if came else HOLDS), found.came
    assert came is None or found.came.startswith(came)


def test_a_bug_before_the_first_byte_of_a_stream_is_found():
    def body():
        raise KeyError('late')
        yield b''

    def streaming(environ, start_response):
        if environ['PATH_INFO'] != '/bug':
            return service(environ, start_response)
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return body()

    middleware = pytest.importorskip('oslo_middleware')
    application = middleware.RequestId(middleware.CatchErrors(streaming))
    found = verdicts(application, Options(fault='/bug'))
    assert 'let pass KeyError' in found['fault.clean'].came
    assert failing(wrapped(streaming), Options(fault='/bug')) == set()


# One promise broken at a time


class Broken:
    """The service inside errorkit, and one thing done to its answers.

    :param change: takes environ, the status, the headers and the body, and
        returns the body, and the status if it is another
    """

    def __init__(self, change, **options):
        self._application = wrapped(**options)
        self._change = change

    def __call__(self, environ, start_response):
        inbound = dict(environ)
        begun = []

        def start(status, headers, exc_info=None):
            begun[:] = [status, ResponseHeaders(headers)]

        chunks = self._application(environ, start)
        body = b''.join(chunks)
        chunks.close() if hasattr(chunks, 'close') else None
        status, headers = begun
        changed = self._change(environ, inbound, status, headers, body)
        if isinstance(changed, str):
            status = changed
        elif changed is not None:
            body = changed
            if headers.get('Content-Length', '0') != '0':
                headers['Content-Length'] = str(len(body))
        start_response(status, list(headers.items()))
        return [body]


def members(body, **changes):
    """Change members of the first error; None removes one."""
    try:
        data = json.loads(body)
        entry = data['errors'][0]
    except (ValueError, LookupError, TypeError):
        return None
    for name, value in changes.items():
        if value is None:
            entry.pop(name, None)
        else:
            entry[name] = value
    return json.dumps(data).encode()


def header(name, value=None, add=False):
    """Remove, change or repeat a header."""
    def change(environ, inbound, status, headers, body):
        if add and name in headers:
            headers.add(name, value or headers[name])
        elif value is None:
            headers.pop(name, None)
        else:
            headers[name] = value
    return change


def error(**changes):
    """Change members of each error."""
    def change(environ, inbound, status, headers, body):
        return members(body, **changes)
    return change


def asked_for(version, said):
    """Answer a request for a version with another one."""
    def change(environ, inbound, status, headers, body):
        if inbound.get('HTTP_OPENSTACK_API_VERSION') == version:
            headers['OpenStack-API-Version'] = said
    return change


def returned(environ, inbound, status, headers, body):
    if 'HTTP_X_OPENSTACK_REQUEST_ID' in inbound:
        headers['X-Echo'] = (
            inbound['HTTP_X_OPENSTACK_REQUEST_ID']
            .encode('unicode_escape').decode())


def left(environ, inbound, status, headers, body):
    name = 'HTTP_X_OPENSTACK_REQUEST_ID'
    if name in inbound:
        environ[name] = inbound[name]


def taken(environ, inbound, status, headers, body):
    found = inbound.get('HTTP_X_OPENSTACK_REQUEST_ID')
    if found:
        environ['openstack.global_request_id'] = found


def split(environ, inbound, status, headers, body):
    if '\r\n' in inbound['PATH_INFO']:
        headers['X-Errorkit-Check'] = 'path'


def with_body(environ, inbound, status, headers, body):
    if inbound['REQUEST_METHOD'] == 'HEAD':
        return b'{}'
    return None


def other_head(environ, inbound, status, headers, body):
    if inbound['REQUEST_METHOD'] == 'HEAD':
        headers['Content-Type'] = 'text/html'


def on(status, kind, text):
    """Put a text into the body of such answers."""
    def change(environ, inbound, got, headers, body):
        if got[:3] == status and kind in headers.get('Content-Type', ''):
            return body.replace(b'</body>', text + b'</body>')
        return None
    return change


def stripped(environ, inbound, status, headers, body):
    return body.replace(b'\\u003cuuid\\u003e', b'') if body else None


def telling(environ, inbound, status, headers, body):
    return members(body, detail='KeyError: 7') if status[0] == '5' else None


COUNT = iter(range(10 ** 6))


def counting(environ, inbound, status, headers, body):
    return (members(body, detail=f'fault {next(COUNT)}')
            if status[0] == '5' else None)


def growing(environ, inbound, status, headers, body):
    if status[0] == '4':
        for number in range(next(COUNT) % 7):
            headers.add('X-Grown', str(number))


def failing_on_bytes(environ, inbound, status, headers, body):
    if '\xff' in inbound['PATH_INFO']:
        return '500 Internal Server Error'
    return None


BROKEN = [
    (header('X-Openstack-Request-Id'), 'id.present'),
    (header('X-Openstack-Request-Id', add=True), 'id.present'),
    (header('X-Openstack-Request-Id', 'req-42'), 'id.present'),
    (header('X-Openstack-Request-Id', GLOBAL_ID), 'id.new'),
    (header('X-Openstack-Request-Id', GLOBAL_ID), 'id.global'),
    (header('X-Thing-Request-Id', GLOBAL_ID), 'id.compat'),
    (header('Access-Control-Expose-Headers'), 'id.cors'),
    (returned, 'id.global'),
    (returned, 'id.bogus.short'),
    (left, 'id.bogus.nil'),
    (left, 'id.twice'),
    (taken, 'id.bogus.uuid-1'),
    (header('OpenStack-API-Version', add=True), 'version.none'),
    (header('OpenStack-API-Version', 'thing 1.9'), 'version.above'),
    (header('OpenStack-API-Version', 'thing 1.0'), 'version.above'),
    (asked_for('thing latest', 'thing new'), 'version.latest'),
    (asked_for('thing 1.9', 'thing 1.8'), 'version.newest'),
    (asked_for('errorkit-check 9.9', 'thing 1.9'), 'version.other'),
    (header('Vary', 'Accept'), 'version.error'),
    (header('Vary', 'Accept'), 'version.repeated'),
    (error(max_version=None, min_version=None), 'version.above'),
    (error(max_version=None, min_version=None), 'version.far'),
    (error(max_version='1.9', min_version='1.0'), 'version.malformed.word'),
    (error(title=None), 'error.json'),
    (error(retry='perhaps'), 'error.json'),
    (error(status=418), 'error.status'),
    (error(request_id=GLOBAL_ID), 'error.id'),
    (error(request_id=None), 'error.id'),
    (error(code=None), 'error.code'),
    (error(code='other.code'), 'error.code'),
    (error(code=None), 'error.code.from'),
    (error(code='thing.always'), 'error.code.before'),
    (lambda environ, inbound, status, headers, body:
        b'{"errors": [' + json.dumps(dict(reversed(list(
            json.loads(body)['errors'][0].items())))).encode() + b']}'
        if b'"errors"' in body else None, 'error.order'),
    (header('Content-Length'), 'error.length'),
    (header('X-Content-Type-Options'), 'error.nosniff'),
    (header('Cache-Control'), 'error.no-store'),
    (header('Cache-Control', add=True), 'error.no-store'),
    (growing, 'error.unchanged'),
    (header('Content-Type', 'text/plain'), 'accept.none'),
    (header('Content-Type', 'application/json'), 'accept.browser'),
    (header('Vary', 'OpenStack-API-Version'), 'accept.vary'),
    (header('Vary', add=True), 'accept.vary'),
    (on('404', 'html', b'<script></script>'), 'html.closed'),
    (header('Content-Security-Policy'), 'html.closed'),
    (on('404', 'html', b'<img title=x>'), 'html.escaped'),
    (stripped, 'text.lossless'),
    (with_body, 'head.body'),
    (with_body, 'fault.head'),
    (other_head, 'head.same'),
    (header('Allow'), 'source.method'),
    (split, 'hostile.crlf'),
    (failing_on_bytes, 'hostile.not-text'),
    (telling, 'fault.silent'),
    (counting, 'fault.constant'),
]


@pytest.mark.parametrize(('change', 'name'), BROKEN, ids=[
    f'{number}-{name}' for number, (_, name) in enumerate(BROKEN)])
def test_a_broken_promise_is_found(change, name):
    found = verdicts(Broken(change), only=[name])
    assert found[name].verdict == FAILS, found[name].came


def test_nothing_done_to_the_answers_breaks_nothing():
    def nothing(environ, inbound, status, headers, body):
        return None
    assert failing(Broken(nothing)) == set()


@pytest.mark.parametrize('headers', [
    [], [('WWW-Authenticate', 'Keystone uri="http://localhost"')]])
def test_without_the_users_headers_a_login_is_asked_for(headers):
    def guarded(environ, start_response):
        if environ.get('HTTP_X_AUTH_TOKEN') != SECRET:
            refused = webob.exc.HTTPUnauthorized(headers=headers)
            return refused(environ, start_response)
        return service(environ, start_response)

    found = verdicts(wrapped(guarded), Options(
        headers=(('X-Auth-Token', SECRET),)))
    assert found['source.login'].verdict == (HOLDS if headers else FAILS)
    assert found['error.missing'].verdict == HOLDS
    found = verdicts(wrapped(guarded), Options())
    assert found['error.missing'].verdict == NOT_ASKED


# What is sent


def recorded():
    """Return an application and the list of what it is asked."""
    asked = []
    inner = wrapped()

    def application(environ, start_response):
        asked.append((environ['REQUEST_METHOD'], environ['PATH_INFO']))
        return inner(environ, start_response)
    return application, asked


def test_nothing_is_sent_that_could_change_anything():
    application, asked = recorded()
    verdicts(application, Options(fault='/bug'))
    assert {method for method, _ in asked} == {
        'GET', 'HEAD', 'OPTIONS', 'BREW'}


def test_a_post_goes_to_the_path_that_was_named_and_to_no_other():
    application, asked = recorded()
    verdicts(application, Options(post='/things'))
    assert {path for method, path in asked if method == 'POST'} == {'/things'}
    assert not {'PUT', 'PATCH', 'DELETE'} & {method for method, _ in asked}


def test_other_methods_are_sent_when_they_are_asked_for():
    application, asked = recorded()
    found = verdicts(application, Options(unsafe=True))
    assert {('PUT', '/'), ('PATCH', '/'), ('DELETE', '/'),
            ('POST', '/')} <= set(asked)
    assert found['source.unsafe.delete'].verdict == HOLDS


def test_the_page_names_every_check():
    page = (ROOT / 'doc' / 'source' / 'check.rst').read_text()
    named = set(re.findall(r'``([a-z][\w.*-]+)``', page))
    assert [item.id for item in checks.ALL if item.id not in named
            and item.id.rpartition('.')[0] + '.*' not in named] == []
    ids = {item.id for item in checks.ALL}
    ids |= {name.rpartition('.')[0] + '.*' for name in ids}
    chapters = page.partition('\nThe checks\n')[2]
    assert [name for name in re.findall(r'``([a-z]+[.][\w.*-]+)``', chapters)
            if name not in ids] == []


def test_the_page_names_every_option():
    page = (ROOT / 'doc' / 'source' / 'check.rst').read_text()
    parser = argparse.ArgumentParser(add_help=False)
    check.configure(parser)
    options = set(re.findall(r'^  .*?(--[a-z-]+)', parser.format_help(), re.M))
    assert len(options) > 10
    assert [name for name in options if f'``{name}' not in page] == []


def test_the_ids_of_the_checks_differ():
    names = [item.id for item in checks.ALL]
    assert len(set(names)) == len(names)


# The command


def test_a_failure_is_exit_status_1_and_comes_last(monkeypatch):
    status, out, _ = command(application=raising, monkeypatch=monkeypatch)
    assert status == 1
    assert re.search(r'  fails +id\.\* \(2\) +200 has no X-Openstack-Re', out)
    table, _, failures = out.partition('\nid.present (1 Request ids)\n')
    assert '4.4 Failures' in table
    assert '  promised: a GET has one well-formed request id' in failures
    assert '  > GET /\n' in failures
    assert '  < 200 OK\n' in failures
    assert re.search(r'\n\d+ hold, \d+ fail, \d+ not asked\n$', out)


def test_no_line_of_the_table_is_longer_than_a_terminal(monkeypatch):
    for options in [(), ('-v',)]:
        _, out, _ = command(
            *options, application=raising, monkeypatch=monkeypatch)
        assert max(map(len, out.split('\n'))) <= 80


def test_no_failure_is_exit_status_0(monkeypatch):
    status, out, err = command(
        application=wrapped(), monkeypatch=monkeypatch)
    assert (status, err) == (0, '')
    assert ', 0 fail, ' in out


def test_json_is_for_programs(monkeypatch):
    status, out, _ = command(
        '--json', application=raising, monkeypatch=monkeypatch)
    told = json.loads(out)
    assert status == 1
    assert told['target'] == 'checked:app'
    counted = {'holds': 0, 'fails': 0, 'not_asked': 0}
    for item in told['checks']:
        counted[item['verdict'].replace(' ', '_')] += 1
    assert told['summary'] == counted
    [first] = [item for item in told['checks'] if item['id'] == 'id.present']
    assert first['clause'] == '1 Request ids'
    assert first['came'] == '200 has no X-Openstack-Request-Id'
    assert first['requests'][0]['asked'] == ['GET /']
    assert first['requests'][0]['came'][0] == '200 OK'


def test_checks_are_chosen_and_left_out_by_pattern(monkeypatch):
    status, out, _ = command(
        '--only', 'accept.*', '--only', 'id.present', '--skip', 'accept.v*',
        '--json', application=wrapped(), monkeypatch=monkeypatch)
    names = {item['id'] for item in json.loads(out)['checks']}
    assert status == 0
    assert 'id.present' in names
    assert {name for name in names if name != 'id.present'} == {
        item.id for item in checks.ALL
        if item.id.startswith('accept.')
        and not item.id.startswith('accept.v')}


def test_a_pattern_that_matches_no_check_is_a_mistake(monkeypatch):
    status, _, err = command(
        '--only', 'nothing', application=wrapped(), monkeypatch=monkeypatch)
    assert status == 2
    assert '--list' in err


def test_the_checks_are_listed_without_asking_anything():
    status, out, _ = command('--list')
    assert status == 0
    assert len(out.splitlines()) == len(checks.ALL)


def test_a_path_that_does_not_succeed_is_said(monkeypatch):
    _, _, err = command('--path', '/gone', application=wrapped(),
                        monkeypatch=monkeypatch)
    assert '/gone was answered 404' in err


@pytest.mark.parametrize('options', [(), ('-v',), ('--json',)])
def test_a_token_is_never_shown(options, monkeypatch):
    def telling(environ, start_response):
        token = environ.get('HTTP_X_AUTH_TOKEN', '')
        start_response('200 OK', [
            ('Content-Type', 'text/plain'), ('X-Echo', token),
            ('Set-Cookie', 'session=of-anna')])
        return [f'Hello {token}'.encode()]

    status, out, err = command(
        '--header', f'X-Auth-Token: {SECRET}', *options,
        application=telling, monkeypatch=monkeypatch)
    assert status == 1
    assert 'X-Auth-Token: ***' in out
    assert SECRET not in out + err
    assert SECRET[:10] not in out + err
    assert 'of-anna' not in out


def test_an_answer_cannot_drive_the_terminal(monkeypatch):
    def hostile(environ, start_response):
        start_response('404 Not\x7f Found', [('Content-Type', 'text/plain')])
        return [b'\x1b]0;title\x07\x1b[2J\r\n\xc2\x9b31m\xe2\x80\xae']

    _, out, _ = command('-v', application=hostile, monkeypatch=monkeypatch)
    assert '\\x1b[2J' in out
    assert not re.search('[^\n -~…]', out)


@pytest.mark.parametrize(('arguments', 'told'), [
    ([], 'name a URL or an application'),
    (['app'], 'module:app'),
    (['ftp://localhost/'], 'http://'),
    (['http://anna:pw@localhost/'], 'scheme, host, port and path'),
    (['http://localhost:99999/'], 'ort'),
    (['no_such_module_here:app'], 'No module named'),
    (['json:nothing'], 'has no attribute'),
    (['json:decoder'], 'no WSGI application'),
    (['os:abort-x'], 'module:app'),
    (['x:y', '--path', 'volumes'], 'a path starts with /'),
    (['x:y', '--header', 'no header'], 'NAME: VALUE'),
    (['x:y', '--header', 'X: a\r\nY: b'], 'NAME: VALUE'),
    (['x:y', '--code-version', 'three'], 'is not a version'),
    (['x:y', '--timeout', '0'], 'seconds'),
    (['x:y', '--timeout', 'nan'], 'seconds'),
])
def test_a_mistake_is_exit_status_2_and_one_clear_line(arguments, told):
    status, out, err = command(*arguments)
    assert (status, out) == (2, '')
    assert told in err.splitlines()[-1]


def test_a_factory_that_fails_is_exit_status_2(monkeypatch):
    module = types.ModuleType('factories')

    def factory():
        raise RuntimeError('no database')
    module.factory = factory
    module.good = wrapped
    monkeypatch.setitem(sys.modules, 'factories', module)
    status, _, err = command('factories:factory()')
    assert status == 2
    assert 'RuntimeError: no database' in err
    assert callable(load('factories:good()'))


def test_a_port_where_nobody_listens_is_exit_status_2():
    with socket.socket() as unused:
        unused.bind(('127.0.0.1', 0))
        port = unused.getsockname()[1]
        status, out, err = command(f'http://127.0.0.1:{port}/')
    assert (status, out) == (2, '')
    assert f'no connection to 127.0.0.1 port {port}' in err


# Over a socket


@contextlib.contextmanager
def answering(*replies):
    """Answer each connection with raw bytes; yield the URL and the requests.

    The last reply is given to all further ones, too.
    """
    listener = socket.create_server(('127.0.0.1', 0))
    listener.settimeout(0.05)
    asked, done = [], threading.Event()

    def serve():
        given = 0
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                head = b''
                while b'\r\n\r\n' not in head and (
                        more := connection.recv(65536)):
                    head += more
                asked.append(head)
                reply = replies[min(given, len(replies) - 1)]
                given += 1
                with contextlib.suppress(OSError):
                    if callable(reply):
                        reply(connection, done)
                    else:
                        connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f'http://127.0.0.1:{listener.getsockname()[1]}', asked
    finally:
        done.set()
        thread.join()
        listener.close()


def test_a_served_application_fails_nothing():
    with serving(wrapped()) as url:
        status, out, _ = command(
            url, '--post', '/', '--fault', '/bug', '--code-version', '1.5',
            # Where the application gives no length, wsgiref says 0.
            '--skip', 'head.same')
    assert status == 0, out


def test_a_served_application_without_errorkit_is_found_out():
    with serving(raising) as url:
        status, out, _ = command(url, '--json')
    found = {item['id']: item for item in json.loads(out)['checks']}
    assert status == 1
    assert found['accept.none']['came'] == (
        '404 is text/plain, not application/json')
    assert found['id.present']['verdict'] == 'fails'


def test_the_path_of_the_url_stands_before_each_path():
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    with answering(answer) as (url, asked):
        Url(url + '/v3/').ask(Request('GET', '/volumes?limit=1'))
        Url(url).ask(Request('GET', '/'))
    assert asked[0].startswith(b'GET /v3/volumes?limit=1 HTTP/1.1\r\n')
    assert asked[1].startswith(b'GET / HTTP/1.1\r\n')


def test_a_header_value_is_sent_byte_for_byte():
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    value = b'a\rb\nc\0d\xff\r\n folded'
    with answering(answer) as (url, asked):
        Url(url).ask(Request('GET', '/', (('X-A', value),)))
    assert b'\r\nX-A: ' + value + b'\r\n\r\n' in asked[0]


@pytest.mark.parametrize(('reply', 'method', 'status', 'body', 'problem'), [
    (b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef', 'GET',
     200, b'abc', ''),
    (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
     b'3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', 'GET', 200, b'abcde', ''),
    (b'HTTP/1.0 200 OK\r\n\r\nto the end', 'GET', 200, b'to the end', ''),
    (b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Nope\r\n'
     b'Content-Length: 0\r\n\r\n', 'GET', 404, b'', ''),
    (b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', 'HEAD',
     200, b'abc', ''),
    (b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', 'HEAD', 200, b'', ''),
    (b'HTTP/1.1 204 No Content\r\n\r\n', 'GET', 204, b'', ''),
    (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', 'GET',
     200, b'', 'the body broke off'),
    (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab', 'GET',
     200, b'', 'the body broke off'),
    (b'', 'GET', 0, b'', 'the connection was closed without an answer'),
    (b'SSH-2.0-OpenSSH_9.2\r\n', 'GET', 0, b'', 'no HTTP: BadStatusLine'),
    (b'HTTP/1.1 abc\r\n\r\n', 'GET', 0, b'', 'no HTTP: BadStatusLine'),
    (b'HTTP/1.1 200 OK\r\nX: ' + b'y' * 70000, 'GET', 0, b'',
     'no HTTP: LineTooLong'),
    (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'GET',
     200, b'', 'the body broke off'),
])
def test_an_answer_is_read_as_it_is(reply, method, status, body, problem):
    with answering(reply) as (url, _):
        answer = Url(url, 5).ask(Request(method, '/'))
    assert (answer.status, answer.problem) == (status, problem)
    if not problem:
        assert answer.body == body


def test_no_more_than_a_mebibyte_of_a_body_is_read():
    reply = (b'HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n'
             + b'x' * 4000000)
    with answering(reply) as (url, _):
        answer = Url(url).ask(Request('GET', '/'))
    assert len(answer.body) == MAX_BODY
    assert answer.problem == ''


def dripping(connection, done):
    connection.sendall(b'HTTP/1.1 200 OK\r\nX: ')
    while not done.wait(0.05):
        connection.sendall(b'y')


def silent(connection, done):
    connection.recv(1)  # until the client goes away


@pytest.mark.parametrize('reply', [dripping, silent])
def test_an_answer_that_never_ends_is_given_up(reply):
    with answering(reply) as (url, _):
        answer = Url(url, 0.3).ask(Request('GET', '/'))
    assert answer.timed_out
    assert answer.problem == 'no whole answer within 0.3 s'


def test_a_server_that_never_answers_is_exit_status_2():
    with answering(silent) as (url, _):
        status, _, err = command(url, '--timeout', '0.2')
    assert status == 2
    assert 'no whole answer' in err


def test_a_service_that_stops_answering_is_not_waited_for_each_time():
    good = (b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
            b'Content-Length: 0\r\n\r\n')
    with answering(good, silent) as (url, asked):
        status, out, _ = command(url, '--timeout', '0.2')
    assert status == 1
    assert len(asked) == 4
    assert 'the service has stopped answering' in out


REFUSED = b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'
GOOD = ('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
        'X-Openstack-Request-Id: {}\r\nContent-Length: 0\r\n\r\n')


@pytest.mark.parametrize('refused', [REFUSED, b''])
def test_what_a_server_refuses_by_itself_is_not_asked(refused):
    good = GOOD.format(GLOBAL_ID.replace('5c', '77')).encode()
    with answering(good, refused) as (url, _):
        asked = Service(Url(url), Options())
        found = run(asked, checks.ALL, only=['id.bogus.nul'])
    assert [(item.verdict, item.came) for item in found] == [
        (NOT_ASKED, 'the server itself refused the request')]


def test_a_body_that_is_too_large_for_the_server_is_not_asked():
    refused = REFUSED.replace(b'400 Bad Request', b'413 Too Large')
    with answering(refused) as (url, _):
        asked = Service(Url(url), Options(post='/'))
        [found] = run(asked, checks.ALL, only=['source.size'])
    assert found.verdict == NOT_ASKED


def test_a_server_that_waits_for_a_whole_body_is_not_asked():
    with answering(silent) as (url, _):
        asked = Service(Url(url, 0.2), Options(post='/'))
        [found] = run(asked, checks.ALL, only=['source.size'])
    assert (found.verdict, found.came) == (
        NOT_ASKED, 'the service waits for the whole body')


def test_a_refusal_with_an_id_is_the_services_own():
    good = GOOD.format(GLOBAL_ID.replace('5c', '77')).encode()
    own = good.replace(b'200 OK', b'500 Oops')
    with answering(good, own) as (url, _):
        asked = Service(Url(url), Options())
        found = run(asked, checks.ALL, only=['id.bogus.nul'])
    assert [(item.verdict, item.came) for item in found] == [
        (FAILS, '500 instead of 200')]


def test_a_server_without_tls_is_unreachable_by_https():
    with answering(REFUSED) as (url, _), pytest.raises(
            Unreachable, match='no TLS'):
        Url(url.replace('http:', 'https:'), 0.5).ask(Request('GET', '/'))


# In this process


def test_an_application_that_breaks_the_rules_of_wsgi_is_found():
    def wrong(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain'),
                                  ('X-A', 'two\nlines')])
        return [b'']
    found = verdicts(wrong, only=['id.present'])
    assert 'let pass AssertionError' in found['id.present'].came


def test_an_application_that_exits_does_not_end_the_checks():
    def leaving(environ, start_response):
        raise SystemExit(3)
    found = verdicts(leaving, only=['id.present'])
    assert found['id.present'].came == (
        'the application let pass SystemExit: 3')


def test_an_endless_body_is_cut_and_closed():
    closed = []

    class Body:
        def __iter__(self):
            return self

        def __next__(self):
            return b'x' * 65536

        def close(self):
            closed.append(True)

    def endless(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return Body()
    answer = Application(endless, 'app').ask(Request('GET', '/'))
    assert len(answer.body) == MAX_BODY
    assert closed == [True]


# Hostile services


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(['errors', 'code', 'status', 'title', 'detail',
                         'message', 'request_id', 'itemNotFound']), inner),
    max_leaves=12)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126))
NAMES = ('X-Openstack-Request-Id', 'OpenStack-API-Version', 'Vary',
         'Content-Length', 'X-A-Request-Id', 'Access-Control-Allow-Origin')


@settings(max_examples=50, deadline=None,
          suppress_health_check=[HealthCheck.too_slow])
@given(
    status=st.sampled_from(['200 OK', '400 No', '404 No', '500 No']),
    kind=st.sampled_from(['application/json', 'application/problem+json',
                          'text/html', 'text/plain', '; ,']) | TEXT,
    headers=st.lists(st.tuples(st.sampled_from(NAMES), TEXT), max_size=5),
    body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(),
    format=st.sampled_from(['errors', 'compute', 'bridge']))
def test_whatever_a_service_answers_each_check_comes_to_a_verdict(
        status, kind, headers, body, format):
    def hostile(environ, start_response):
        start_response(status, [('Content-Type', kind), *headers])
        return [body]

    found = verdicts(hostile, Options(
        fault='/bug', post='/', code_version='1.5', format=format))
    assert len(found) == len(checks.ALL)
    assert found['error.unchanged'].verdict != HOLDS


@settings(max_examples=40, deadline=None)
@given(start=st.sampled_from([b'', b'HTTP/1.1 200 OK\r\n', b'HTTP/1.1 ']),
       reply=st.binary(max_size=300), method=st.sampled_from(['GET', 'HEAD']))
def test_whatever_bytes_a_server_sends_are_read(start, reply, method):
    with answering(start + reply) as (url, _):
        answer = Url(url, 2).ask(Request(method, '/'))
    assert answer.status or answer.problem


def test_a_body_nested_as_deep_as_can_be_is_no_error_of_ours():
    for depth in (100, 700, 900, 2000, 100_000):
        body = b'{"errors": ' + b'[' * depth + b']' * depth + b'}'

        def deep(environ, start_response, body=body):
            start_response('404 Not Found', [
                ('Content-Type', 'application/json')])
            return [body]
        found = verdicts(deep, only=['error.json'])
        assert found['error.json'].verdict == FAILS


# The schema


def test_the_schema_that_is_shipped_is_the_one_of_the_tests():
    assert schema.SCHEMA == assertions.SCHEMA


ERROR = Error(
    404, 'Not Found', 'There is no volume <x>.', 'volume.not_found',
    GLOBAL_ID, (('help', 'https://docs.example.org/errors'),))


@pytest.mark.parametrize('format', sorted(schema.SCHEMAS))
def test_what_errorkit_writes_follows_the_schema_of_its_format(format):
    body = json.loads(formats.dump(format, [ERROR])[2])
    assert schema.violations(body, format) == []
    for other in schema.SCHEMAS:
        if other != format:
            assert schema.violations(body, other) != []
