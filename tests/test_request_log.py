# SPDX-License-Identifier: Apache-2.0
"""RequestLog: one line when a request begins, one when its body is closed."""

import json
import logging
import re
import time

import pytest
import webob
import webob.exc
from assertions import ask, assert_error

import errorkit
from errorkit.exceptions import ConfigError

NAME = 'errorkit.request_log'
LINE = re.compile(
    r'(?P<addr>\S+) "(?P<method>\S+) (?P<uri>\S*)" status: (?P<status>\S+) '
    r'len: (?P<len>\d+) microversion: (?P<version>\S+) '
    r'time: (?P<time>\d+\.\d{6})(?: code: (?P<code>\S+))?'
    r'(?P<aborted> aborted)?'
)
PLAIN = [('Content-Type', 'text/plain')]


def answers(*chunks, status='200 OK', headers=()):
    def application(environ, start_response):
        start_response(status, [*PLAIN, *headers])
        return list(chunks)

    return application


def streams(*chunks, headers=()):
    def application(environ, start_response):
        start_response('200 OK', [*PLAIN, *headers])
        yield from chunks

    return application


def breaks_after(*chunks):
    def application(environ, start_response):
        start_response('200 OK', PLAIN)
        yield from chunks
        raise RuntimeError('no flour')

    return application


@pytest.fixture(name='lines')
def _lines(caplog):
    """Return a function that returns the INFO lines so far, taken apart."""
    caplog.set_level(logging.INFO)

    def lines():
        messages = [
            record.getMessage()
            for record in caplog.records
            if record.name == NAME and record.levelno == logging.INFO
        ]
        return [LINE.fullmatch(message).groupdict() for message in messages]

    return lines


def stack(application, **options):
    return errorkit.wrap(application, service_type='volume', **options)


# -- the line


def test_the_line_has_all_its_fields(lines):
    wrapped = stack(answers(b'cheese'), versions='3.0-3.70')
    ask(
        wrapped,
        '/v3/volumes?limit=10',
        headers={'OpenStack-API-Version': 'volume 3.5'},
    )
    [line] = lines()
    line.pop('time')
    assert line == {
        'addr': '192.0.2.7',
        'method': 'GET',
        'uri': '/v3/volumes?limit=10',
        'status': '200',
        'len': '6',
        'version': '3.5',
        'code': None,
        'aborted': None,
    }


def test_the_uri_begins_where_the_service_is_mounted(lines):
    ask(stack(answers(b'')), '/shelf', environ={'SCRIPT_NAME': '/volume'})
    assert lines()[0]['uri'] == '/volume/shelf'


@pytest.mark.parametrize(
    ('application', 'status'),
    [
        (answers(b'x', status='201 Created'), '201'),
        (answers(b'x', status='404 Not Found'), '404'),
        (webob.exc.HTTPFound(location='/'), '302'),
        (webob.exc.HTTPConflict('full'), '409'),
    ],
)
def test_the_status_is_the_one_that_was_sent(lines, application, status):
    reply = ask(stack(application))
    assert lines()[0]['status'] == status == reply.status[:3]


@pytest.mark.parametrize(
    'late', [False, True], ids=['at once', 'after start_response']
)
def test_the_status_of_a_bug_is_500(lines, late):
    def application(environ, start_response):
        if late:
            start_response('200 OK', PLAIN)
        raise RuntimeError('no flour')

    reply = ask(stack(application))
    assert_error(reply, status=500, code='volume.undefined_code')
    [line] = lines()
    assert line['status'] == '500'
    assert line['len'] == str(len(reply.body))
    assert not line['aborted']


def file_wrapped(environ, start_response):
    start_response('200 OK', PLAIN)
    return iter([b'chees', b'e'])


def writes(environ, start_response):
    write = start_response('200 OK', PLAIN)
    write(b'chee')
    write(b'')
    write(b's')
    return [b'e']


@pytest.mark.parametrize(
    'application',
    [
        pytest.param(answers(b'cheese'), id='a list'),
        pytest.param(answers(b'', b'chee', b'', b'se'), id='chunks'),
        pytest.param(streams(b'ch', b'', b'eese'), id='a generator'),
        pytest.param(file_wrapped, id='an iterator'),
        pytest.param(writes, id='write() and a body'),
    ],
)
@pytest.mark.parametrize('alone', [False, True])
def test_the_length_is_what_was_really_sent(lines, application, alone):
    wrap = errorkit.RequestLog if alone else stack
    wrapped = wrap(application)
    assert ask(wrapped).body == b'cheese'
    [line] = lines()
    assert (line['len'], line['aborted']) == ('6', None)


def test_the_length_of_a_wrong_content_length_is_still_the_true_one(lines):
    application = answers(b'cheese', headers=[('Content-Length', '7')])
    ask(errorkit.RequestLog(application))
    assert lines()[0]['len'] == '6'


@pytest.mark.parametrize(
    ('method', 'application'),
    [
        ('HEAD', answers(headers=[('Content-Length', '6')])),
        ('GET', answers(status='204 No Content')),
        ('GET', answers(status='304 Not Modified')),
        ('GET', answers()),
    ],
    ids=['HEAD', '204', '304', 'empty'],
)
def test_a_response_without_body_has_length_0(lines, method, application):
    ask(stack(application), method=method)
    [line] = lines()
    assert (line['len'], line['aborted']) == ('0', None)


def test_the_time_runs_until_the_body_is_closed(lines):
    def application(environ, start_response):
        start_response('200 OK', PLAIN)
        for chunk in (b'one', b'two', b'three'):
            time.sleep(0.02)
            yield chunk

    ask(stack(application))
    # How long it takes beyond that is the machine's business.
    assert float(lines()[0]['time']) >= 0.06


def test_the_line_is_written_when_the_body_is_closed_and_not_before(lines):
    wrapped = stack(streams(b'one', b'two'))
    body = wrapped(*wsgi())
    chunks = iter(body)
    assert [next(chunks), next(chunks)] == [b'one', b'two']
    assert lines() == []
    body.close()
    body.close()
    assert len(lines()) == 1


def wsgi(**more):
    """Return an environ and a start_response, for calling by hand."""
    environ = webob.Request.blank('/').environ
    environ.update(more)
    return environ, lambda status, headers, exc_info=None: lambda data: None


# -- aborted


def test_a_body_that_dies_midway_is_aborted_with_its_true_length(lines):
    with pytest.raises(RuntimeError, match='no flour'):
        ask(stack(breaks_after(b'one', b'two')))
    [line] = lines()
    assert (line['status'], line['len']) == ('200', '6')
    assert line['aborted']


def test_a_body_that_dies_midway_is_aborted_without_a_fault_wrapper(lines):
    with pytest.raises(RuntimeError, match='no flour'):
        ask(errorkit.RequestLog(breaks_after(b'one')))
    [line] = lines()
    assert (line['len'], line['aborted']) == ('3', ' aborted')


@pytest.mark.parametrize(
    'application', [streams(b'one', b'two'), answers(b'one', b'two')]
)
@pytest.mark.parametrize('taken', [0, 1])
def test_a_client_that_goes_away_is_aborted(lines, application, taken):
    body = stack(application)(*wsgi())
    chunks = iter(body)
    sent = sum(len(next(chunks)) for _ in range(taken))
    body.close()
    [line] = lines()
    assert (line['len'], line['aborted']) == (str(sent), ' aborted')


@pytest.mark.parametrize('make', [streams, answers])
def test_a_server_that_stops_at_the_content_length_is_not_aborted(lines, make):
    application = make(b'one', b'two', headers=[('Content-Length', '6')])
    body = stack(application)(*wsgi())
    chunks = iter(body)
    assert next(chunks) + next(chunks) == b'onetwo'
    body.close()
    [line] = lines()
    assert (line['len'], line['aborted']) == ('6', None)


def test_an_exception_that_passes_is_aborted_too(lines):
    def application(environ, start_response):
        raise RuntimeError('no flour')

    with pytest.raises(RuntimeError):
        ask(errorkit.RequestLog(application))
    [line] = lines()
    assert (line['status'], line['aborted']) == ('-', ' aborted')


# -- what is masked

SHOWN = [
    'limit=10',
    'limit=10&marker=5c1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b11',
    'sort=created_at:desc,id:asc',
    'all_tenants=1&status=available',
    'changes-since=2026-01-01T00:00:00',
    'limit=',
    'sort=created_at%3Adesc%2Cid&limit=10',
    'limit=10&',
    'marker=' + 'a' * 128,
]
MASKED = [
    ('password=hunter2', 'password=***'),
    ('limit=10&token=hunter2', 'limit=10&token=***'),
    ('token=hunter2&limit=10', 'token=***&limit=10'),
    ('x=hunter2&y=hunter2', 'x=***&y=***'),
    ('hunter2', '***'),
    ('hunter2&limit=1', '***&limit=1'),
    ('name=hunter2', 'name=***'),
    ('LIMIT=hunter2', 'LIMIT=***'),
    ('limit=10;token=hunter2', None),
    ('limit=hunter2%26token=hunter2' * 40, None),
    ('api-key=hunter2', 'api-key=***'),
    ('=hunter2', None),
    ('token==hunter2', 'token=***'),
    ('to%6ben=hunter2', None),
    ('&&&', '&&&'),
    ('limit=10&&x=hunter2&', 'limit=10&&x=***&'),
]


@pytest.mark.parametrize('query', SHOWN)
def test_values_of_known_query_parameters_are_shown(lines, query):
    ask(stack(answers(b'')), f'/v3/volumes?{query}')
    assert lines()[0]['uri'] == f'/v3/volumes?{query}'


@pytest.mark.parametrize(('query', 'shown'), MASKED)
def test_values_of_unknown_query_parameters_are_masked(
    lines, caplog, query, shown
):
    caplog.set_level(logging.DEBUG)
    ask(stack(answers(b'')), f'/v3/volumes?{query}')
    assert 'hunter2' not in caplog.text
    if shown is not None:
        assert lines()[0]['uri'] == f'/v3/volumes?{shown}'


def test_a_very_long_value_of_a_known_parameter_is_masked(lines):
    ask(stack(answers(b'')), '/?marker=' + 'x' * 1000)
    assert 'x' * 200 not in lines()[0]['uri']


def test_headers_and_bodies_are_not_in_the_lines(caplog):
    caplog.set_level(logging.DEBUG)
    ask(
        stack(answers(b'hunter2')),
        '/v3',
        method='POST',
        body=b'hunter2',
        headers={
            'Authorization': 'hunter2',
            'X-Auth-Token': 'hunter2',
            'User-Agent': 'hunter2',
            'Referer': 'https://hunter2.example',
            'X-Forwarded-For': 'hunter2',
        },
    )
    assert 'hunter2' not in caplog.text


# -- one line, whatever the client sends

HOSTILE = [
    pytest.param('/a\r\nb', id='CRLF'),
    pytest.param('/a\x00\x1b[2J', id='an escape sequence'),
    pytest.param('/a\x85b\x9b', id='C1'),
    pytest.param('/a\xe2\x80\xa8b', id='a line separator, in UTF-8'),
    pytest.param('/a\xe2\x80\xaeb', id='a right-to-left override'),
    pytest.param('/a\xff\xfe', id='invalid UTF-8'),
    pytest.param('/a" status: 200 len: 5', id='a forged end'),
    pytest.param('/a b', id='a blank'),
    pytest.param('/' + 'a' * 100_000, id='100,000 characters'),
    pytest.param('', id='nothing'),
]


@pytest.mark.parametrize('path', HOSTILE)
@pytest.mark.parametrize('part', ['PATH_INFO', 'QUERY_STRING', 'SCRIPT_NAME'])
def test_control_characters_and_quotes_never_break_the_line(
    caplog, part, path
):
    caplog.set_level(logging.DEBUG)
    environ, start_response = wsgi(**{part: path})
    stack(answers(b''))(environ, start_response).close()
    records = [record for record in caplog.records if record.name == NAME]
    assert len(records) == 2
    for record in records:
        message = record.getMessage()
        assert message.isascii() and message.isprintable()
        assert message.count('"') == 2
        assert len(message) < 16 * 1024
    assert LINE.fullmatch(records[1].getMessage())['status'] == '200'


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('REMOTE_ADDR', '192.0.2.7\r\nforged'),
        ('REMOTE_ADDR', 'fe80::1%\x1b[2J'),
        ('REQUEST_METHOD', 'GE\nT'),
    ],
)
def test_control_characters_elsewhere_do_not_break_it_either(
    caplog, key, value
):
    caplog.set_level(logging.DEBUG)
    environ, start_response = wsgi(**{key: value})
    stack(answers(b''))(environ, start_response).close()
    for record in caplog.records:
        if record.name == NAME:
            assert record.getMessage().isprintable()


@pytest.mark.parametrize('address', ['', None])
def test_a_client_without_an_address_is_a_hyphen(lines, address):
    environ, start_response = wsgi()
    environ.pop('REMOTE_ADDR', None)
    if address is not None:
        environ['REMOTE_ADDR'] = address
    stack(answers(b''))(environ, start_response).close()
    assert lines()[0]['addr'] == '-'


# -- the line at the start, and levels


def test_at_debug_there_is_a_line_at_the_start(caplog):
    caplog.set_level(logging.DEBUG)

    def application(environ, start_response):
        logging.getLogger('shop').info('baking')
        return answers(b'')(environ, start_response)

    ask(stack(application), '/v3/volumes?limit=1&token=x')
    said = [
        (record.name, record.levelname)
        for record in caplog.records
        if record.name in (NAME, 'shop')
    ]
    assert said == [(NAME, 'DEBUG'), ('shop', 'INFO'), (NAME, 'INFO')]
    assert caplog.records[0].getMessage() == (
        'Starting request: 192.0.2.7 "GET /v3/volumes?limit=1&token=***"'
    )


def test_at_info_there_is_no_line_at_the_start(caplog):
    caplog.set_level(logging.INFO)
    ask(stack(answers(b'')))
    assert [record.levelname for record in caplog.records] == ['INFO']


@pytest.mark.parametrize(
    'application',
    [answers(b'cheese'), streams(b'cheese'), webob.exc.HTTPConflict('x')],
)
def test_with_the_level_off_nothing_is_said(caplog, application):
    caplog.set_level(logging.WARNING)
    ask(stack(application))
    assert not caplog.records


def test_levels_may_be_changed_in_a_running_service(caplog):
    wrapped = stack(answers(b''))
    for level, count in (
        (logging.WARNING, 0),
        (logging.INFO, 1),
        (logging.DEBUG, 2),
        (logging.WARNING, 0),
    ):
        caplog.clear()
        caplog.set_level(level)
        ask(wrapped)
        assert len(caplog.records) == count


def test_the_request_log_can_be_left_out(caplog):
    caplog.set_level(logging.DEBUG)
    ask(stack(answers(b''), log_requests=False))
    assert NAME not in {record.name for record in caplog.records}


def test_an_errors_line_carries_its_code_and_status(caplog):
    caplog.set_level(logging.INFO)

    def application(environ, start_response):
        raise webob.exc.HTTPConflict('full', comment='volume.full')

    ask(stack(application))
    [record] = [r for r in caplog.records if r.name == NAME]
    assert (record.code, record.status) == ('volume.full', 409)
    assert record.levelno == logging.INFO


def test_an_errors_line_says_its_code_in_text_too(lines):
    def application(environ, start_response):
        raise webob.exc.HTTPConflict('full', comment='volume.full')

    ask(stack(application, versions='3.0-3.70', code_version='3.70'))
    [line] = lines()
    # Whatever the client's version shows.
    assert (line['status'], line['code']) == ('409', 'volume.full')


def test_a_success_and_a_redirect_say_none(lines):
    ask(stack(answers(b'')))
    ask(stack(webob.exc.HTTPFound(location='/x')))
    assert [line['code'] for line in lines()] == [None, None]


def test_the_code_of_another_layers_error_cannot_forge_a_line(lines):
    code = 'x y\n10.0.0.1 "GET /" password=hunter2'
    body = json.dumps({'errors': [
        {'status': 409, 'title': 't', 'detail': 'd', 'code': code}]}).encode()
    ask(stack(answers(
        body, status='409 Conflict',
        headers=[('Content-Type', 'application/json')])))
    [line] = lines()
    assert (line['status'], line['code']) == ('409', None)


def test_a_successs_line_carries_neither(caplog):
    caplog.set_level(logging.INFO)
    ask(stack(answers(b'')))
    [record] = [r for r in caplog.records if r.name == NAME]
    assert not hasattr(record, 'code')
    assert not hasattr(record, 'status')


# -- options and shapes


@pytest.mark.parametrize(
    ('service_type', 'version'), [(None, '-'), ('volume', '3.5')]
)
def test_the_microversion_is_the_services(lines, service_type, version):
    versioned = errorkit.Microversion(
        answers(b''), service_type='volume', versions='3.0-3.70'
    )
    ask(
        errorkit.RequestLog(versioned, service_type=service_type),
        headers={'OpenStack-API-Version': 'volume 3.5'},
    )
    assert lines()[0]['version'] == version


def test_a_service_without_microversions_says_a_hyphen(lines):
    ask(stack(answers(b'')))
    assert lines()[0]['version'] == '-'


def test_a_bad_option_is_refused_at_start():
    with pytest.raises(ConfigError, match='service_type'):
        errorkit.RequestLog(answers(b''), service_type=7)


def test_a_body_keeps_its_length_where_it_had_one():
    for level in (logging.INFO, logging.CRITICAL):
        logger = logging.getLogger(NAME)
        before = logger.level
        logger.setLevel(level)
        try:
            body = stack(answers(b'cheese'))(*wsgi())
            assert len(body) == 1
            body.close() if hasattr(body, 'close') else None
        finally:
            logger.setLevel(before)


def test_a_success_has_not_the_code_of_an_error_that_came_before_it(lines):
    results = [webob.exc.HTTPConflict('x', comment='volume.full'), 'fine']
    handler = stack(errorkit.wsgify(lambda request: results.pop(0)))

    def again(environ, start_response):
        request = webob.Request(environ)
        body = request.get_response(handler).app_iter
        getattr(body, 'close', list)()
        return handler(environ, start_response)

    ask(errorkit.RequestLog(again))
    assert [(line['status'], line['code']) for line in lines()][-1] == (
        '200', None
    )


def test_the_line_says_what_the_client_asked_whatever_is_made_of_it(lines):
    def override(environ, start_response):
        environ['REQUEST_METHOD'] = 'GET'
        environ['PATH_INFO'] = '/other'
        environ['QUERY_STRING'] = ''
        environ['REMOTE_ADDR'] = '198.51.100.4'
        start_response('200 OK', [*PLAIN, ('Content-Length', '6')])
        return [] if asked == 'HEAD' else [b'cheese']

    for asked in ('HEAD', 'POST'):
        ask(stack(override), '/volumes?limit=1', method=asked)
    head, post = lines()
    assert (head['method'], post['method']) == ('HEAD', 'POST')
    assert head['uri'] == post['uri'] == '/volumes?limit=1'
    assert head['aborted'] is post['aborted'] is None
    assert head['addr'] == '198.51.100.4'
