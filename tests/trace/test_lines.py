# SPDX-License-Identifier: Apache-2.0
"""Lines of every log format become records."""

import datetime
import io
import json
import logging
import pathlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_log import formatters

from errorkit import ids, log
from errorkit.trace import lines
from errorkit.trace.records import Call, Record

UTC = datetime.UTC
LOCAL = 'req-38101a0b-2096-447d-96ea-a692162415ae'
GLOBAL = 'req-9bc36dd9-91c5-4314-898a-47625eb93b09'
OTHER = 'req-55db2d8d-cdb7-4b4b-993b-429be84c0c3e'
WRITTEN = datetime.datetime(2026, 11, 23, tzinfo=UTC)
TEN = datetime.datetime(2026, 11, 22, 10, tzinfo=UTC)
#: Real records; a checkout elsewhere has no such folder beside it.
SAMPLE = (
    pathlib.Path(__file__).parents[2].parent
    / 'shared/data/openstack-nova-500.log'
)


def read(text, name='-', written=WRITTEN):
    """Return the records of a log."""
    if isinstance(text, str):
        text = text.encode()
    return list(lines.records(io.BytesIO(text), name, written))


def one(text, name='-'):
    """Return the one record of a log."""
    [record] = read(text, name)
    return record


OSLO = (
    '2026-11-22 10:00:00.123 1234 INFO nova.api.openstack '
    f'[None {LOCAL} alice demo - - default default] '
    '[instance: 96abccce] Starting'
)


def test_every_member_of_an_oslo_line_is_read():
    assert one(OSLO + '\n', '/var/log/nova/nova-api.log') == Record(
        source='/var/log/nova/nova-api.log', line=1, text=OSLO,
        timestamp=TEN.replace(microsecond=123000), service='nova-api',
        pid=1234, level='INFO', logger='nova.api.openstack',
        message='[instance: 96abccce] Starting', request_id=LOCAL,
        user_id='alice', project_id='demo')


@pytest.mark.parametrize(('context', 'expected'), [
    (f'[{GLOBAL} {LOCAL} u p - - - -]', (GLOBAL, LOCAL, 'u', 'p')),
    (f'[None {LOCAL} u p - - - -]', (None, LOCAL, 'u', 'p')),
    (f'[- {LOCAL} u p]', (None, LOCAL, 'u', 'p')),
    (f'[{LOCAL} u p - - -]', (None, LOCAL, 'u', 'p')),
    (f'[{LOCAL} - - - - -]', (None, LOCAL, None, None)),
    (f'[{GLOBAL} {LOCAL} - -]', (GLOBAL, LOCAL, None, None)),
    (f'[None {LOCAL} None None]', (None, LOCAL, None, None)),
    ('[-]', (None, None, None, None)),
    ('[None None - -]', (None, None, None, None)),
    ('[- - - -]', (None, None, None, None)),
])
def test_the_ids_in_brackets_are_read_in_all_their_forms(context, expected):
    record = one(f'2026-11-22 10:00:00.000 1 INFO nova.x {context} hello')
    assert (record.global_request_id, record.request_id, record.user_id,
            record.project_id) == expected
    assert record.message == 'hello'


@pytest.mark.parametrize('context', [
    f'[x {LOCAL} u p]', '[instance: 96abccce]', f'[{LOCAL}0 u p]',
    f'[{LOCAL.upper()} u p]', f'[{LOCAL},{GLOBAL} u p]',
])
def test_what_is_no_exact_id_in_brackets_stays_in_the_message(context):
    record = one(f'2026-11-22 10:00:00.000 1 INFO nova.x {context} hello')
    assert record.request_id is record.global_request_id is None
    assert record.message == f'{context} hello'


@pytest.mark.parametrize(('stamp', 'expected'), [
    ('2026-11-22 10:00:00', TEN),
    ('2026-11-22 10:00:00,123', TEN.replace(microsecond=123000)),
    ('2026-11-22T10:00:00.123456Z', TEN.replace(microsecond=123456)),
    ('2026-11-22T12:00:00+02:00', TEN),
    ('2026-11-22 12:00:00.000 +0200', TEN),
    ('2026-11-22 07:00:00.000 -0300', TEN),
    ('2026-11-22 07:00:00.000 -03:00', TEN),
    ('2026-11-22 10:00:00.000 Z', TEN),
    ('2026-11-22T10:00:00.123456789', TEN.replace(microsecond=123456)),
    ('2026-99-22 10:00:00', None),
])
def test_times_of_a_line_are_read_and_without_a_zone_are_utc(stamp, expected):
    record = one(f'{stamp} 1 INFO nova.x [{LOCAL} u p - - -] hello')
    assert record.timestamp == expected
    assert record.request_id == LOCAL


@pytest.mark.parametrize(('prefix', 'service'), [
    ('nova-api.log.1.2017-05-16_13:53:08 ', 'nova-api'),
    ('/var/log/cinder/cinder-volume.log:', 'cinder-volume'),
])
def test_a_files_name_may_stand_before_a_line(prefix, service):
    record = one(prefix + OSLO, 'some.log')
    assert record.service == service
    assert record.request_id == LOCAL
    assert record.text == prefix + OSLO


@pytest.mark.parametrize(('name', 'logger', 'service'), [
    ('/logs/nova-api.log', 'nova.x', 'nova-api'),
    ('/logs/nova-api.log.2.gz', 'oslo_messaging.x', 'nova-api'),
    ('volume.jsonl', 'errorkit.request_log', 'volume'),
    ('-', 'nova.x', 'nova'),
    ('all.log', 'cinder.volume.manager', 'cinder'),
    ('-', 'keystoneauth.session', None),
    ('-', 'oslo_db.sqlalchemy', None),
])
def test_the_service_is_known_by_the_file_or_else_by_the_logger(
        name, logger, service):
    line = f'2026-11-22 10:00:00.000 1 INFO {logger} [-] hello'
    assert one(line, name).service == service


DEVSTACK = 'Nov 22 10:00:00.123456 host1 devstack@n-api.service[123]: '


def test_every_member_of_a_line_of_devstacks_journal_is_read():
    line = (DEVSTACK + f'DEBUG nova.api [None {LOCAL} demo admin] '
            '[instance: 1] Hi {{(pid=123) call /opt/nova.py:7}}')
    assert one(line) == Record(
        source='-', line=1, text=line,
        timestamp=TEN.replace(microsecond=123456), host='host1',
        service='nova-api', pid=123, level='DEBUG', logger='nova.api',
        message='[instance: 1] Hi {{(pid=123) call /opt/nova.py:7}}',
        request_id=LOCAL, user_id='admin', project_id='demo')


@pytest.mark.parametrize('stamp', [
    '2026-11-22T10:00:00.000', '2026-11-22T10:00:00.000 Z',
    '2026-11-22T12:00:00.000 +0200', '2026-11-22T07:00:00.000 -0300',
    '2026-11-22T07:00:00.000 -03:00', '2026-11-22T07:00:00.000-03:00'])
def test_the_zone_of_a_journal_may_stand_behind_a_blank(stamp):
    record = one(f'{stamp} host1 devstack@n-api.service[123]: hello')
    assert (record.timestamp, record.host) == (TEN, 'host1')


@pytest.mark.parametrize('escape', ['\x1b', '#033'])
def test_colours_are_taken_out(escape):
    coloured = (
        DEVSTACK + '\x1b[00;32mINFO nova.api [\x1b[01;36m'
        f'None {LOCAL} \x1b[00;36mdemo admin\x1b[00;32m] '
        '\x1b[01;35m\x1b[00;32mHi\x1b[00m').replace('\x1b', escape)
    record = one(coloured)
    assert record.text == DEVSTACK + f'INFO nova.api [None {LOCAL} '\
        'demo admin] Hi'
    assert (record.level, record.request_id, record.project_id) == (
        'INFO', LOCAL, 'demo')


def test_the_year_of_a_journal_is_that_of_the_file():
    text = ''.join(
        f'{day} host devstack@c-vol.service[1]: INFO cinder.x [-] hi\n'
        for day in ('Dec 31 23:59:59', 'Jan  1 00:00:01', 'Feb 29 10:00:00'))
    written = datetime.datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
    assert [record.timestamp for record in read(text, written=written)] == [
        datetime.datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime.datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime.datetime(2024, 2, 29, 10, tzinfo=UTC),
    ]


def test_a_journal_may_hold_whole_lines_of_oslo_json_and_uwsgi():
    text = DEVSTACK + OSLO + '\n'
    text += DEVSTACK + json.dumps({
        'timestamp': '2026-11-22T10:00:05+00:00', 'message': 'hi',
        'request_id': LOCAL}) + '\n'
    text += DEVSTACK + UWSGI + '\n' + DEVSTACK + 'Started.\n'
    oslo, jsoned, uwsgi, other = read(text)
    assert (oslo.request_id, oslo.user_id, oslo.pid) == (LOCAL, 'alice', 1234)
    assert jsoned.request_id == LOCAL
    assert jsoned.timestamp == TEN.replace(second=5)
    assert (uwsgi.status, uwsgi.path, uwsgi.host) == (200, '/v2.1', 'host1')
    assert (other.message, other.pid) == ('Started.', 123)
    assert {record.service for record in read(text)} == {'nova-api'}


@pytest.fixture
def emitted():
    """Return what a formatter makes of a failure in a request."""

    def emit(formatter, *filters):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        for each in filters:
            handler.addFilter(each)
        logger = logging.Logger('volumes.api')
        logger.addHandler(handler)
        oslo_context.RequestContext(
            request_id=LOCAL, global_request_id=GLOBAL, user_id='alice',
            project_id='demo')
        try:
            raise ValueError('bad\nthing')
        except ValueError:
            logger.exception('it failed: %s', 'badly',
                             extra={'code': 'volume.broken', 'status': 500})
        finally:
            del oslo_context._request_store.context
        return stream.getvalue()

    return emit


@pytest.mark.parametrize('kind', [
    'errorkit text', 'errorkit json', 'oslo text', 'oslo json'])
def test_what_the_formatters_write_is_read(emitted, kind):
    conf = cfg.ConfigOpts()
    if kind.startswith('errorkit'):
        made = (log.TextFormatter() if kind.endswith('text')
                else log.JSONFormatter())
        written = emitted(made, log.ContextFilter())
    elif kind == 'oslo json':
        written = emitted(formatters.JSONFormatter())
    else:
        from oslo_log import log as oslo_log
        oslo_log.register_options(conf)
        conf([])
        written = emitted(formatters.ContextFormatter(
            config=conf, datefmt=conf.log_date_format))
    record = one(written)
    assert record.message.startswith('it failed: badly')
    assert (record.request_id, record.global_request_id) == (LOCAL, GLOBAL)
    assert (record.level, record.logger) == ('ERROR', 'volumes.api')
    assert 'Traceback (most recent call last):\n' in record.traceback
    assert 'ValueError: bad' in record.traceback
    assert '| ' not in record.traceback
    now = datetime.datetime.now(UTC)
    if kind.endswith('json'):
        assert abs((record.timestamp - now).total_seconds()) < 60
        assert record.user_id == 'alice'
    else:
        assert record.timestamp is not None
    if kind == 'errorkit json':
        assert (record.code, record.status) == ('volume.broken', 500)


TRACED = '''\
2026-11-22 10:00:00.1 7 INFO nova.x [-] before
2026-11-22 10:00:00.124 7 ERROR nova.x [None {0} u p - -] boom
2026-11-22 10:00:00.124 8 INFO nova.x [-] of another process
2026-11-22 10:00:00.124 7 {1} nova.x Traceback (most recent call last):
2026-11-22 10:00:00.124 7 {1} nova.x   File "x.py", line 3, in call
2026-11-22 10:00:00.124 8 ERROR nova.x [-] another's
2026-11-22 10:00:00.124 7 {1} nova.x KeyError: 'x'
2026-11-22 10:00:00.124 7 {1} nova.x
2026-11-22 10:00:00.125 7 INFO nova.x [-] after
'''


@pytest.mark.parametrize('level', ['ERROR', 'TRACE'])
def test_a_prefixed_traceback_stays_with_its_record(level):
    records = read(TRACED.format(LOCAL, level))
    assert [(record.line, record.message) for record in records] == [
        (1, 'before'), (2, 'boom'), (3, 'of another process'),
        (6, "another's"), (9, 'after')]
    assert records[1].traceback == (
        'Traceback (most recent call last):\n'
        '  File "x.py", line 3, in call\nKeyError: \'x\'\n')
    assert len(records[1].text.split('\n')) == 5
    assert {record.traceback for record in records} == {
        None, records[1].traceback}


def test_a_prefixed_traceback_in_the_journal_has_times_of_its_own():
    text = ''.join(
        f'Nov 22 10:00:00.12345{number} h devstack@n-cpu.service[5]: {rest}\n'
        for number, rest in enumerate([
            f'ERROR nova.x [None {LOCAL} demo admin] [instance: 1] boom',
            'ERROR nova.x [instance: 1] Traceback (most recent call last):',
            "ERROR nova.x [instance: 1] KeyError: 'x'",
            'INFO nova.x [-] after']))
    boom, after = read(text)
    assert boom.request_id == LOCAL
    assert boom.traceback.count('\n') == 1
    assert after.message == 'after'


def test_a_bare_traceback_stays_with_its_record():
    bare = OSLO + '\nTraceback (most recent call last):\n'\
        '  File "x.py", line 3, in call\n\nKeyError: 1\n' + OSLO + '\n'
    first, second = read(bare)
    assert first.traceback.endswith('KeyError: 1')
    assert (first.line, second.line) == (1, 6)
    assert second.traceback is None


def test_further_lines_of_a_message_are_text_but_no_traceback():
    record = one(OSLO + '\n  <domain>\n  </domain>\n')
    assert record.text == OSLO + '\n  <domain>\n  </domain>'
    assert record.traceback is None


URL = 'http://192.0.2.1:9696/v2.0/networks?name=a'


@pytest.mark.parametrize(('message', 'call'), [
    (f'POST call to network for {URL} used request id {OTHER}',
     Call('POST', 'network', URL, OTHER)),
    (f'GET call to {URL} used request id {OTHER}',
     Call('GET', None, URL, OTHER)),
    (f'GET call to Block Storage for {URL} used request id {OTHER}',
     Call('GET', 'Block Storage', URL, OTHER)),
    (f'GET call to network for {URL} used request id {OTHER} request '
     '/usr/lib/keystoneauth1/session.py:1123',
     Call('GET', 'network', URL, OTHER)),
    (f'RESP: [200] Content-Length: 2 x-openstack-request-id: {OTHER}',
     Call(None, None, None, OTHER)),
    (f'RESP: [200] X-Compute-Request-Id: {OTHER} Date: x',
     Call(None, None, None, OTHER)),
    (f'Not found (HTTP 404) (Request-ID: {OTHER})',
     Call(None, None, None, OTHER)),
    ('an upstream service answered 404 volume.gone, request id '
     f'{OTHER}: gone', Call(None, None, None, OTHER)),
    (f'GET call to network for {URL} used request id {OTHER}0', None),
    (f'GET call to network for {URL} used request id {OTHER.upper()}', None),
    (f'GET call to network for {URL} used request id req-1', None),
    (f'used request id {OTHER}', None),
    (f'GET /servers/1/os-instance-actions/{OTHER}', None),
])
def test_the_call_that_a_message_tells_of_is_read(message, call):
    line = f'2026-11-22 10:00:00 1 DEBUG keystoneauth.session [{LOCAL} u p] '
    record = one(line + message)
    assert record.call == call
    assert record.request_id == LOCAL


def test_a_bare_call_line_of_a_client_is_a_record():
    text = (f'REQ: curl -g -i {URL}\n'
            f'RESP: [200] x-openstack-request-id: {OTHER}\n'
            f'GET call to network for {URL} used request id {OTHER}\n')
    assert [record.call and record.call.service
            for record in read(text)] == [None, None, 'network']


def test_the_standard_librarys_shortest_form_is_read():
    record = one('ERROR:nova.api:it failed: x')
    assert (record.level, record.logger, record.message) == (
        'ERROR', 'nova.api', 'it failed: x')


@pytest.mark.parametrize(('message', 'expected'), [
    ('10.0.0.17 "GET /v3/volumes?limit=10" status: 200 len: 37 '
     'microversion: 3.5 time: 0.004213',
     ('GET', '/v3/volumes?limit=10', 200, 0.004213)),
    ('10.0.0.17 "GET /v3/volumes" status: 500 len: 0 microversion: - '
     'time: 1.5 aborted', ('GET', '/v3/volumes', 500, 1.5)),
    ('10.0.0.17 "PUT /v3" status: - len: 0 microversion: - time: 1.5',
     ('PUT', '/v3', None, 1.5)),
    ('10.1.1.1,10.0.0.1 "GET /v2/servers HTTP/1.1" status: 404 len: 1893 '
     'time: 0.2477829', ('GET', '/v2/servers', 404, 0.2477829)),
    ('10.0.0.1 "GET /v2.0/networks HTTP/1.1" status: 200  len: 12 '
     'time: 0.01', ('GET', '/v2.0/networks', 200, 0.01)),
    ('10.0.0.1 "GET /placement/usages" status: 200 len: 12 '
     'microversion: 1.0', ('GET', '/placement/usages', 200, None)),
    ('http://10.0.0.1/volume/v3/x?a=b returned with HTTP 404',
     (None, '/volume/v3/x?a=b', 404, None)),
    ('http://10.0.0.1/volume/v3/x returned "with" HTTP 404',
     (None, None, None, None)),
])
def test_the_end_of_a_request_is_read(message, expected):
    record = one(f'2026-11-22 10:00:00 1 INFO x [{LOCAL} u p] {message}')
    assert (record.method, record.path, record.status,
            record.duration) == expected


@pytest.mark.parametrize(('message', 'status', 'code'), [
    ('answered with 409 volume.name_exists', 409, 'volume.name_exists'),
    ('unexpected error, answered with 500 volume.undefined_code', 500,
     'volume.undefined_code'),
    ('the body broke off after the response had begun; volume.x', None,
     'volume.x'),
    ('closing the body failed after the response had begun; volume.x', None,
     'volume.x'),
    ('the request broke off before the response had begun; volume.x', None,
     'volume.x'),
    ('answered with 409 apples', 409, None),
    ('10.0.0.1 "POST /v3" status: 409 len: 9 microversion: 3.5 time: 0.1 '
     'code: volume.name_exists', 409, 'volume.name_exists'),
    ('10.0.0.1 "POST /v3" status: 500 len: 9 microversion: - time: 0.1 '
     'code: volume.undefined_code aborted', 500, 'volume.undefined_code'),
    ('10.0.0.1 "POST /v3" status: 409 len: 9 microversion: - time: 0.1 '
     'code: x', 409, None),
])
def test_status_and_code_of_an_error_line_are_read(message, status, code):
    record = one(f'2026-11-22 10:00:00 1 INFO x [{LOCAL} u p] {message}')
    assert (record.status, record.code) == (status, code)


COMMON = '192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /v3?x HTTP/1.1" '
UWSGI = (
    '[pid: 57|app: 0|req: 5/9] 192.0.2.7 () {60 vars in 1167 bytes} '
    '[Sun Nov 22 10:00:00 2026] GET /v2.1 => generated 58 bytes in 34 msecs '
    '(HTTP/1.1 200) 9 headers in 358 bytes (1 switches on core 0)')


@pytest.mark.parametrize(('line', 'expected'), [
    (COMMON + '404 12', (404, None, None)),
    (COMMON + '204 -', (204, None, None)),
    (COMMON + '404 12 "-" "curl/8"', (404, None, None)),
    ('example.org:80 ' + COMMON + '404 12 "-" "curl/8"', (404, None, None)),
    ('192.0.2.7 - - [22/Nov/2026 10:00:00] "GET /v3?x HTTP/1.1" 200 7 '
     '0.012345', (200, 0.012345, None)),
    (COMMON.replace('10:00:00 +0000', '12:30:00 +0230') + '200 7',
     (200, None, None)),
    (COMMON + f'200 12 "-" "curl/8" "{LOCAL}"', (200, None, LOCAL)),
    (COMMON + f'200 12 "-" "curl \\" 8" {LOCAL} 5', (200, None, LOCAL)),
    (COMMON + f'200 12 {LOCAL}', (200, None, LOCAL)),
    (COMMON + f'200 12 "{OTHER}" "{OTHER}"', (200, None, None)),
])
def test_an_access_line_is_read(line, expected):
    record = one(line)
    assert (record.status, record.duration, record.request_id) == expected
    assert (record.method, record.path, record.timestamp) == (
        'GET', '/v3?x', TEN)
    assert record.message == line


def test_two_ids_of_an_access_line_are_global_and_local():
    record = one(COMMON + f'200 12 "-" "curl" "{GLOBAL}" "{LOCAL}"')
    assert (record.global_request_id, record.request_id) == (GLOBAL, LOCAL)


@pytest.mark.parametrize('request_line', [
    '-', '', '\\x16\\x03\\x01', 'GET', 'GET / x HTTP/1.1', 'get / HTTP/1.1',
    'GET  HTTP/1.1', '\\" 200 5'])
def test_a_bad_request_line_gives_no_method(request_line):
    record = one('192.0.2.7 - bob [22/Nov/2026:10:00:00 +0000] '
                 f'"{request_line}" 400 0')
    assert (record.status, record.method, record.path, record.user_id) == (
        400, None, None, 'bob')


@pytest.mark.parametrize(('line', 'duration', 'request_id'), [
    (UWSGI, .034, None),
    (UWSGI.replace('34 msecs', '340 micros'), .00034, None),
    (UWSGI.replace('msecs', 'msecs via sendfile()'), .034, None),
    (UWSGI + ' ' + LOCAL, .034, LOCAL),
])
def test_a_uwsgi_line_is_read(line, duration, request_id):
    record = one(line)
    assert (record.method, record.path, record.status, record.pid) == (
        'GET', '/v2.1', 200, 57)
    assert (record.timestamp, record.duration, record.request_id) == (
        TEN, duration, request_id)


def test_a_json_line_of_errorkit_is_read():
    line = json.dumps({
        'timestamp': '2026-11-22T10:00:00.000000+00:00', 'level': 'INFO',
        'logger': 'errorkit.request_log', 'request_id': LOCAL,
        'message': '10.0.0.1 "GET /v3" status: 409 len: 3 microversion: - '
                   'time: 0.5',
        'global_request_id': GLOBAL, 'user_id': 'u', 'project_id': 'p',
        'code': 'volume.name_exists', 'status': 409, 'trace_id': 'a' * 32})
    assert one(line, 'volume.log') == Record(
        source='volume.log', line=1, text=line, timestamp=TEN,
        service='volume', level='INFO', logger='errorkit.request_log',
        message=json.loads(line)['message'], request_id=LOCAL,
        global_request_id=GLOBAL, user_id='u', project_id='p', method='GET',
        path='/v3', status=409, code='volume.name_exists', duration=0.5,
        trace_id='a' * 32)


def test_a_log_engines_object_around_a_line_is_read():
    record = one(json.dumps({
        '@timestamp': '2026-11-22T11:11:11Z', 'message': OSLO,
        'host': {'name': 'h1'}, 'log': {'level': 'info'}}))
    assert (record.request_id, record.host, record.level) == (
        LOCAL, 'h1', 'INFO')
    assert record.timestamp == TEN.replace(microsecond=123000)
    assert record.message == '[instance: 96abccce] Starting'


@pytest.mark.parametrize(('member', 'value'), [
    ('request_id', 7), ('request_id', [LOCAL]), ('request_id', 'req-1'),
    ('status', 'ok'), ('status', 7), ('status', True), ('status', 1e400),
    ('status', -1), ('timestamp', 10**400), ('timestamp', 'yesterday'),
    ('timestamp', {}), ('level', 7), ('message', {'a': 1}), ('host', []),
    ('pid', '9' * 5000), ('code', None), ('context', [1]),
    ('logger', '\ud800'), ('message', '\udc80<script>\x00'),
    ('created', float('nan')),
])
def test_a_json_member_of_the_wrong_kind_is_passed_over(member, value):
    line = json.dumps({'message': 'hi', member: value})
    record = one(line)
    assert record.request_id is None
    assert record.status is None
    assert record.timestamp is None
    repr(record).encode()
    (record.message + (record.logger or '')).encode()


@pytest.mark.parametrize('line', [
    '{', '{}', '{"a": 1}', '[1]', '{"message": ' + '[' * 100000,
    '{"message": ' + '9' * 10000 + '}', '{"a":' * 5000 + '1' + '}' * 5000,
])
def test_json_that_is_no_record_is_an_unknown_line(line):
    record = one(line)
    assert record.request_id is None
    assert record.text == line


@pytest.mark.parametrize('raw', [
    b'\xff\xfe' + OSLO.encode(), b'\x00' * 100,
    OSLO.encode() + b' \xff\x00<script>\x1b]0;x\x07', b'\r\n\r\n',
    b'\xed\xa0\x80',
])
def test_bytes_that_are_no_text_are_escaped(raw):
    for record in read(raw):
        record.text.encode('utf-8')
        if b'\xff' in raw:
            assert '\\xff' in record.text


HOSTILE = [
    'a' * 2**20, ' ' * 2**20, '"' * 2**20, '[' * 2**20, '\\' * 2**20,
    '{' * 2**20, 'req-' * 2**18, '\x1b[' * 2**19, '2026-11-22 ' * 10**5,
    OSLO + ' ' + 'x' * 2**20, OSLO + '"' * 2**20,
    OSLO.replace('nova.api', 'n' * 2**20), OSLO.replace('[', '[' * 2**20, 1),
    '2026-11-22 10:00:00 1 INFO x [' + 'a ' * 2**19 + '] m',
    '2026-11-22 10:00:00 1 INFO x [-] GET call to ' + ' for ' * 2**18,
    '2026-11-22 10:00:00 1 INFO x [-] ' + ' used request id ' * 2**16,
    '2026-11-22 10:00:00 1 INFO x [-] ' + '(Request-ID: req-' * 2**16,
    '2026-11-22 10:00:00 1 INFO x [-] RESP: ' + 'x-openstack-request-id: '
    * 2**16, '2026-11-22 10:00:00 1 INFO x [-] a "' + 'x ' * 2**19,
    COMMON[:-20] + '"' + '\\"' * 2**19, COMMON + '200 5 ' + '"a" ' * 2**18,
    COMMON + '200 5 "' + '\\' * 2**20, UWSGI.replace('/v2.1', '/' * 2**20),
    UWSGI.replace('60 vars', 'v' * 2**20),
    'Nov 22 10:00:00 ' + 'h' * 2**20, DEVSTACK + '[pid: ' * 2**17,
    'http' + '://a' * 2**18, 'ERROR:' * 2**17,
    '{"message": "' + 'a' * 2**20 + '"}',
    '{"message": ' + json.dumps(OSLO + '\n' * 2**19) + '}',
]


@pytest.mark.parametrize('line', HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_line_of_a_megabyte_is_read(line):
    # In quadratic time this would never end.
    records = read(line + '\n' + OSLO + '\n')
    assert records[-1].request_id == LOCAL


def test_a_log_without_ends_of_lines_is_read_in_pieces(monkeypatch):
    monkeypatch.setattr(lines, 'MAX_LINE', 1000)
    records = read('x' * 5000)
    assert [len(record.text) for record in records] == [1000] * 5


def test_a_record_of_endless_lines_is_cut(monkeypatch):
    monkeypatch.setattr(lines.groups, 'MAX_SIZE', 1000)
    first, second = read(OSLO + '\n' + 'more\n' * 1000 + OSLO + '\n')
    assert len(first.text) < 1500
    assert second.line == 1002


PIECES = st.sampled_from([
    OSLO, COMMON, UWSGI, DEVSTACK, LOCAL, '[', ']', ' ', '"', '\n', '{', '}',
    '\\', '\x1b[0m', 'ERROR ', 'Traceback (most recent call last):', '\x00',
    ' status: 404 len: ', ' used request id ', ' call to ', '2026-11-22 ',
    '10:00:00.5 ', '{"message": "', '"timestamp": 5', 'Nov 22 ', '-', ':',
]).map(str.encode)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=8), max_size=12).map(b''.join))
def test_no_bytes_make_the_reading_fail(raw):
    records = read(raw)
    for record in records:
        record.text.encode('utf-8')
        record.message.encode('utf-8')
        for found in (record.request_id, record.global_request_id):
            assert found is None or ids.is_valid(found, strict=False)
        assert record.timestamp is None or record.timestamp.tzinfo
    numbers = [record.line for record in records]
    assert numbers == sorted(set(numbers))


# From here on the records of a real cloud, where they are at hand.

if SAMPLE.exists():
    LINE = re.compile(
        r'(\S+)\.log\S* (\S+ \S+) (\d+) (\w+) (\S+) '
        r'\[(req-\S{36})?[^\]]*\] (.*)')

    def test_every_record_of_a_real_cloud_is_read():
        text = SAMPLE.read_text()
        records = read(text, 'openstack-nova-500.log')
        assert len(records) == len(text.splitlines()) == 500
        for number, (line, record) in enumerate(
                zip(text.splitlines(), records, strict=True), 1):
            service, stamp, pid, level, logger, request_id, message = (
                LINE.fullmatch(line).groups())
            assert (record.text, record.line) == (line, number)
            assert record.timestamp == datetime.datetime.strptime(
                stamp + '+0000', '%Y-%m-%d %H:%M:%S.%f%z')
            assert (record.service, record.pid, record.level, record.logger,
                    record.request_id, record.message) == (
                service, int(pid), level, logger, request_id, message)
            if ' status: ' in line:
                assert record.status == int(
                    line.partition(' status: ')[2][:3])
                assert record.duration > 0
                assert record.path in line


def test_the_lines_of_a_real_clouds_shape_are_read():
    prefix = 'nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:17.531 '
    text = (
        f'{prefix}25793 INFO nova.metadata.wsgi.server [-] 10.1.1.2,10.1.1.1 '
        '"GET /openstack/2013-10-17/user_data HTTP/1.1" status: 404 len: 176 '
        'time: 0.0010660\n'
        f'{prefix}25746 INFO nova.api.openstack.wsgi [{LOCAL} {"a" * 32} '
        f'{"b" * 32} - - -] HTTP exception thrown: No instances found\n'
        f'{prefix}2931 WARNING nova.virt.libvirt.imagecache [{OTHER} - - - - '
        '-] Unknown base file: /var/lib/nova/instances/_base/a489\n')
    first, second, third = read(text)
    assert (first.status, first.path, first.duration, first.request_id) == (
        404, '/openstack/2013-10-17/user_data', 0.001066, None)
    assert (second.request_id, second.user_id, second.project_id) == (
        LOCAL, 'a' * 32, 'b' * 32)
    assert (third.request_id, third.user_id, third.level) == (
        OTHER, None, 'WARNING')
    assert third.service == 'nova-api'
