# SPDX-License-Identifier: Apache-2.0
"""Logs: whose request a record belongs to, and one record is one line."""

import io
import json
import logging
import re

import pytest
import webob.exc
from assertions import GLOBAL_ID, ID_HEADER, ask, assert_error

import errorkit
from errorkit.log import ContextFilter, JSONFormatter, TextFormatter

LOG = logging.getLogger('shop')
PLAIN = [('Content-Type', 'text/plain')]
# What could end a line, reorder it, or drive a terminal.
UNSAFE = [
    pytest.param('\n', id='newline'),
    pytest.param('\r\n', id='CRLF'),
    pytest.param('\x00', id='NUL'),
    pytest.param('\x0b', id='vertical tab'),
    pytest.param('\x0c', id='form feed'),
    pytest.param('\x1b[2J', id='escape sequence'),
    pytest.param('\x7f', id='DEL'),
    pytest.param('\x85', id='next line'),
    pytest.param('\x9b31m', id='C1 escape sequence'),
    pytest.param('\u2028', id='line separator'),
    pytest.param('\u2029', id='paragraph separator'),
    pytest.param('\u202e', id='right-to-left override'),
    pytest.param('\u2066', id='isolate'),
    pytest.param('\u200f', id='right-to-left mark'),
    pytest.param('\ud83c', id='lone surrogate'),
    pytest.param('\udcff', id='invalid UTF-8, decoded'),
]


class Lines:
    """A handler as a service has one, and what it wrote."""

    def __init__(self, formatter):
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)

    @property
    def text(self):
        return self.stream.getvalue()

    @property
    def json(self):
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(name='attach')
def _attach(caplog):
    """Return a function that has a formatter write all records."""
    caplog.set_level(logging.DEBUG)
    root = logging.getLogger()
    attached = []

    def attach(formatter, filters=True):
        lines = Lines(formatter)
        if filters:
            lines.handler.addFilter(ContextFilter())
        root.addHandler(lines.handler)
        attached.append(lines.handler)
        return lines

    yield attach
    for handler in attached:
        root.removeHandler(handler)


def keystone(application, user='ada'):
    """Authenticate as Ada of the bakery, whatever the client says."""

    def authenticate(environ, start_response):
        environ['HTTP_X_USER_ID'] = user
        environ['HTTP_X_PROJECT_ID'] = 'bakery'
        return application(environ, start_response)

    return authenticate


def serve(inside, headers=(), auth=keystone):
    """Run a function inside a request of Ada's; return the reply."""

    def application(environ, start_response):
        inside()
        start_response('200 OK', PLAIN)
        return [b'']

    wrapped = errorkit.wrap(application, service_type='volume', auth=auth)
    return ask(wrapped, headers=headers)


# -- whose request it is


def test_the_filter_adds_ids_user_and_project(attach):
    lines = attach(
        logging.Formatter(
            '%(name)s|%(request_id)s|%(global_request_id)s|'
            '%(user_id)s|%(project_id)s'
        )
    )
    reply = serve(lambda: LOG.info('cake'), {ID_HEADER: GLOBAL_ID})
    [line] = [x for x in lines.text.splitlines() if x.startswith('shop')]
    assert line.split('|') == [
        'shop',
        reply.one(ID_HEADER),
        GLOBAL_ID,
        'ada',
        'bakery',
    ]


def test_the_filter_says_nothing_as_a_hyphen(attach):
    lines = attach(
        logging.Formatter(
            '%(request_id)s %(global_request_id)s %(user_id)s %(project_id)s'
        )
    )
    LOG.info('outside of any request')
    assert lines.text == '- - - -\n'


def test_the_filter_leaves_what_a_record_says_itself(attach):
    lines = attach(logging.Formatter('%(request_id)s'))
    serve(lambda: LOG.info('cake', extra={'request_id': 'req-its-own'}))
    assert 'req-its-own' in lines.text.splitlines()


def test_every_record_passes_the_filter():
    record = logging.makeLogRecord({'msg': 'cake'})
    assert ContextFilter().filter(record)


def test_a_record_with_wrong_arguments_passes_the_filter():
    record = logging.makeLogRecord({'msg': '%d cakes', 'args': ('many',)})
    assert ContextFilter().filter(record)
    assert (record.msg, record.args) == ('%d cakes', ('many',))


@pytest.mark.parametrize('formatter', [TextFormatter(), JSONFormatter()])
def test_the_user_in_a_line_is_never_a_clients_header(attach, formatter):
    lines = attach(formatter)
    reply = ask(
        errorkit.wrap(
            lambda environ, start: (
                LOG.info('cake') or start('200 OK', PLAIN) or [b'']
            ),
            service_type='volume',
        ),
        headers={'X-User-Id': 'mallory', 'X-Project-Id': 'mallorys'},
    )
    assert reply.one(ID_HEADER) in lines.text
    assert 'mallory' not in lines.text


def test_a_line_after_the_request_has_no_ids(attach):
    lines = attach(JSONFormatter())
    serve(lambda: None)
    LOG.info('later')
    assert lines.json[-1]['message'] == 'later'
    assert lines.json[-1]['request_id'] is None


# -- text


def test_the_text_has_the_ids_in_oslo_logs_order(attach):
    lines = attach(TextFormatter())
    reply = serve(lambda: LOG.warning('cake'), {ID_HEADER: GLOBAL_ID})
    [line] = [x for x in lines.text.splitlines() if ' shop ' in x]
    assert re.fullmatch(
        r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \d+ WARNING shop '
        rf'\[{GLOBAL_ID} {reply.one(ID_HEADER)} ada bakery\] cake',
        line,
    )


def test_a_traceback_cannot_pass_for_records(attach):
    lines = attach(TextFormatter())
    try:
        raise RuntimeError('one\n2024-01-01 00:00:00.000 1 INFO shop forged')
    except RuntimeError:
        LOG.exception('baking failed')
    first, *others = lines.text.splitlines()
    assert first.endswith('baking failed')
    assert len(others) > 3
    assert all(line.startswith('| ') for line in others)


def test_handlers_before_and_after_do_not_matter_to_a_traceback(attach):
    # logging keeps the first handler's text of a traceback in the record.
    before = attach(logging.Formatter())
    barred = attach(TextFormatter())
    after = attach(logging.Formatter())
    try:
        raise RuntimeError('one\nforged')
    except RuntimeError:
        LOG.exception('baking failed')
    assert before.text == after.text
    assert 'forged' in before.text.splitlines()
    assert '| forged' in barred.text.splitlines()


def test_a_stack_cannot_pass_for_records(attach):
    lines = attach(TextFormatter())
    LOG.warning('here', stack_info=True)
    first, *others = lines.text.splitlines()
    assert first.endswith('here')
    assert others and all(line.startswith('| ') for line in others)


@pytest.mark.parametrize('text', UNSAFE)
def test_one_record_is_one_line_of_text(attach, text):
    lines = attach(TextFormatter())
    LOG.info('cake %s', f'a{text}b')
    [line] = lines.text.splitlines()
    assert line.endswith('b')
    assert text not in line
    assert line.encode()


@pytest.mark.parametrize('text', UNSAFE)
def test_a_tracebacks_lines_are_escaped(attach, text):
    lines = attach(TextFormatter())
    try:
        raise RuntimeError(f'a{text}b')
    except RuntimeError:
        LOG.exception('baking failed')
    assert lines.text.encode()
    for line in lines.text.splitlines()[1:]:
        assert line.startswith('| ')
        assert text not in line


def test_ordinary_text_of_any_language_stays_as_it_is(attach):
    lines = attach(TextFormatter())
    text = 'Käsekuchen 蛋糕 \U0001f370 عسل'
    LOG.info(text)
    assert text in lines.text


@pytest.mark.parametrize('text', UNSAFE)
def test_a_user_with_a_strange_name_still_gives_one_line(attach, text):
    lines = attach(TextFormatter())
    serve(
        lambda: LOG.info('cake'),
        auth=lambda application: keystone(application, f'a{text}b'),
    )
    assert 'bakery' in lines.text
    assert all(
        re.match(r'\d{4}-\d\d-\d\d ', line) for line in lines.text.splitlines()
    )


HUGE = [
    pytest.param('x' * 1_000_000, id='letters'),
    pytest.param('\x00' * 1_000_000, id='control characters'),
    pytest.param('\U000e0001\u202e' * 500_000, id='marks'),
    pytest.param('蛋' * 1_000_000, id='three bytes each'),
    pytest.param('\\"' * 500_000, id='what JSON escapes'),
]
#: For what is not the message: time, level, names and ids.
FRAME = 512


@pytest.mark.parametrize('formatter', [TextFormatter(), JSONFormatter()])
@pytest.mark.parametrize('text', HUGE)
def test_a_record_is_at_most_16_kib(attach, formatter, text):
    lines = attach(formatter)
    LOG.info(text)
    assert len(lines.text.encode()) <= 16 * 1024 + FRAME
    assert len(lines.text.splitlines()) == 1


def test_a_cut_message_ends_with_an_ellipsis(attach):
    lines = attach(TextFormatter())
    LOG.info('x' * 100_000)
    assert lines.text.endswith('x…\n')


# -- JSON

FIELDS = [
    'timestamp',
    'level',
    'logger',
    'message',
    'request_id',
    'global_request_id',
    'user_id',
    'project_id',
]


@pytest.mark.parametrize('filters', [True, False])
def test_a_json_line_has_its_fields(attach, filters):
    lines = attach(JSONFormatter(), filters)
    reply = serve(lambda: LOG.warning('cake %d', 7), {ID_HEADER: GLOBAL_ID})
    [line] = [line for line in lines.json if line['logger'] == 'shop']
    timestamp = line.pop('timestamp')
    assert re.fullmatch(
        r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00', timestamp
    )
    assert line == {
        'level': 'WARNING',
        'logger': 'shop',
        'message': 'cake 7',
        'request_id': reply.one(ID_HEADER),
        'global_request_id': GLOBAL_ID,
        'user_id': 'ada',
        'project_id': 'bakery',
    }


@pytest.mark.parametrize('filters', [True, False])
def test_a_json_line_outside_of_requests_has_null(attach, filters):
    lines = attach(JSONFormatter(), filters)
    LOG.info('outside')
    [line] = lines.json
    assert list(line) == FIELDS
    assert [line[name] for name in FIELDS[4:]] == [None] * 4


def test_a_json_line_has_code_status_and_resource_where_they_are(attach):
    lines = attach(JSONFormatter())
    LOG.info(
        'full',
        extra={'code': 'volume.full', 'status': 409, 'resource': 'shelf-7'},
    )
    [line] = lines.json
    assert (line['code'], line['status'], line['resource']) == (
        'volume.full',
        409,
        'shelf-7',
    )


def test_a_json_line_has_the_traceback_as_one_text(attach):
    lines = attach(JSONFormatter())
    try:
        raise RuntimeError('no flour')
    except RuntimeError:
        LOG.exception('baking failed')
    [line] = lines.json
    assert line['message'] == 'baking failed'
    assert line['traceback'].startswith('Traceback')
    assert 'RuntimeError: no flour' in line['traceback']


TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
TRACEPARENT = f'00-{TRACE_ID}-b7ad6b7169203331-01'


@pytest.mark.parametrize('filters', [True, False])
def test_a_json_line_has_the_trace_where_the_client_sent_one(attach, filters):
    lines = attach(JSONFormatter(), filters)
    serve(lambda: LOG.info('cake'), {'traceparent': TRACEPARENT})
    serve(lambda: LOG.info('cake'), {'traceparent': 'nonsense'})
    serve(lambda: LOG.info('cake'))
    LOG.info('cake')
    said = [line for line in lines.json if line['logger'] == 'shop']
    assert [line.get('trace_id') for line in said] == [TRACE_ID] + [None] * 3
    assert ['trace_id' in line for line in said] == [True] + [False] * 3


def test_a_line_of_the_auth_layer_has_the_trace_too(attach):
    lines = attach(JSONFormatter())

    def auth(application):
        def authenticate(environ, start_response):
            LOG.info('who is it?')
            return application(environ, start_response)

        return authenticate

    serve(lambda: None, {'traceparent': TRACEPARENT}, auth)
    [line] = [line for line in lines.json if line['logger'] == 'shop']
    assert line['trace_id'] == TRACE_ID


def test_the_filter_adds_the_trace(attach):
    lines = attach(logging.Formatter('%(name)s %(trace_id)s'))
    serve(lambda: LOG.info('cake'), {'traceparent': TRACEPARENT})
    LOG.info('outside')
    said = [line for line in lines.text.splitlines() if 'shop' in line]
    assert said == [f'shop {TRACE_ID}', 'shop -']


@pytest.mark.parametrize('filters', [True, False])
@pytest.mark.parametrize('name', [
    'trace_id', 'request_id', 'global_request_id', 'user_id', 'project_id'])
def test_a_record_that_brings_one_of_the_fields_has_all_others(
        attach, name, filters):
    lines = attach(TextFormatter(), filters)
    LOG.info('cake', extra={name: 'abc'})
    LOG.info('cake', extra={name: 'abc', 'trace_id': 'def'})
    said = [line for line in lines.text.splitlines() if 'shop' in line]
    assert len(said) == 2
    if name != 'trace_id':
        assert all('abc' in line for line in said)


def test_a_status_of_very_many_digits_loses_no_record(attach):
    lines = attach(JSONFormatter())
    LOG.info('cake', extra={'status': 10**5000})
    LOG.info('cake', extra={'status': 2**63 - 1})
    first, second = (line for line in lines.json if line['logger'] == 'shop')
    assert isinstance(first['status'], str)
    assert second['status'] == 2**63 - 1


def test_the_members_of_a_json_line_are_those_that_are_listed(attach):
    lines = attach(JSONFormatter())
    extra = {
        'code': 'volume.full',
        'status': 409,
        'resource': 'shelf-7',
        'downstream_request_ids': (GLOBAL_ID,),
    }

    def inside():
        try:
            raise RuntimeError('no flour')
        except RuntimeError:
            LOG.exception('baking failed', extra=extra)

    serve(inside, {'traceparent': TRACEPARENT})
    [line] = [line for line in lines.json if line['logger'] == 'shop']
    assert tuple(line) == errorkit.log.FIELDS
    assert line['downstream_request_ids'] == [GLOBAL_ID]


@pytest.mark.parametrize('value', ['x', 7, None, {}, ()])
def test_downstream_ids_that_are_no_list_are_left_out(attach, value):
    lines = attach(JSONFormatter())
    LOG.info('cake', extra={'downstream_request_ids': value})
    assert list(lines.json[0]) == FIELDS


class Unreadable:
    def __str__(self):
        raise RuntimeError('no')


@pytest.mark.parametrize(
    ('value', 'shown'),
    [
        ('shelf', 'shelf'),
        (7, 7),
        (True, 'True'),
        (7.5, '7.5'),
        ({'a': [1]}, "{'a': [1]}"),
        ('a\nb', 'a\\nb'),
    ],
)
def test_a_resource_is_a_number_or_a_text_of_one_line(attach, value, shown):
    lines = attach(JSONFormatter())
    LOG.info('cake', extra={'resource': value})
    assert lines.json[0]['resource'] == shown


def test_a_resource_without_a_text_is_still_one_record(attach):
    lines = attach(JSONFormatter())
    LOG.info('cake', extra={'resource': Unreadable()})
    assert 'Unreadable' in lines.json[0]['resource']


def test_the_text_needs_no_filter(attach):
    lines = attach(TextFormatter(), filters=False)
    reply = serve(lambda: LOG.info('cake\nforged'), {ID_HEADER: GLOBAL_ID})
    [line] = [x for x in lines.text.splitlines() if ' shop ' in x]
    assert line.endswith(
        f'[{GLOBAL_ID} {reply.one(ID_HEADER)} ada bakery] cake\\nforged')


def test_the_time_of_each_record_is_its_own():
    formatter = TextFormatter('%(asctime)s.%(msecs)03d')
    lines = [
        formatter.format(logging.makeLogRecord(
            {'msg': 'x', 'created': created, 'msecs': created % 1 * 1000}))
        for created in (1e9, 1e9 + 0.5, 1e9 + 1, 1e9, 1e9 + 86_400)
    ]
    times = [line.rpartition('.')[0] for line in lines]
    assert times[0] == times[1] == times[3]
    assert len(set(times)) == 3
    assert [line[-3:] for line in lines] == ['000', '500', '000', '000', '000']
    assert ',' in logging.Formatter.formatTime(
        formatter, logging.makeLogRecord({})) and ',' in formatter.formatTime(
        logging.makeLogRecord({}))


def test_a_message_cut_before_it_was_masked_says_so():
    text = 'password="' + 'x' * 40_000
    for formatter in (TextFormatter('%(message)s'), JSONFormatter()):
        line = formatter.format(
            logging.makeLogRecord({'msg': text, 'name': 'x'}))
        assert 'password=\\"***' in line or 'password="***' in line
        assert '\u2026' in line or '\\u2026' in line


@pytest.mark.parametrize('formatter', [TextFormatter(), JSONFormatter()])
def test_the_name_of_a_logger_cannot_end_a_line(attach, formatter):
    lines = attach(formatter)
    logging.getLogger('shop.a\nforged\x1b[2J').warning('cake')
    assert len(lines.text.splitlines()) == 1
    assert '\x1b' not in lines.text


@pytest.mark.parametrize('text', UNSAFE)
def test_a_json_tracebacks_lines_are_escaped(attach, text):
    lines = attach(JSONFormatter())
    try:
        raise RuntimeError(f'a{text}b')
    except RuntimeError:
        LOG.exception('cake')
    # A lone surrogate, for one, is no character that an engine takes.
    inside = lines.json[0]['traceback'].replace('\n', '')
    assert text.strip('\n') == '' or text not in inside
    assert inside.isprintable() and inside.encode()


@pytest.mark.parametrize('text', UNSAFE)
def test_one_record_is_one_line_of_json(attach, text):
    lines = attach(JSONFormatter())
    try:
        raise RuntimeError(f'a{text}b')
    except RuntimeError:
        LOG.exception('cake %s', f'a{text}b', extra={'resource': text})
    assert lines.text.isascii()
    assert len(lines.text.splitlines()) == 1
    assert lines.text.rstrip('\n').isprintable()
    [line] = lines.json
    assert text not in line['message']


@pytest.mark.parametrize(
    'value', [object(), {1, 2}, b'\xff', float('nan'), float('inf')]
)
def test_a_json_line_is_json_whatever_a_record_holds(attach, value):
    lines = attach(JSONFormatter())
    LOG.info('cake', extra={'resource': value})

    def refuse(constant):
        raise ValueError(f'{constant} is not JSON')

    [line] = lines.text.splitlines()
    assert json.loads(line, parse_constant=refuse)['message'] == 'cake'


# -- what errorkit logs of an error


def raising(error):
    def application(environ, start_response):
        raise error

    return application


def said(caplog, name='errorkit.fault_wrap'):
    return [record for record in caplog.records if record.name == name]


def test_a_4xx_is_one_info_record_of_a_fault_wrapper_alone(caplog):
    caplog.set_level(logging.DEBUG)
    error = webob.exc.HTTPConflict('full', comment='volume.full')
    wrapper = errorkit.FaultWrapper(raising(error), service_type='volume')
    ask(wrapper)
    [record] = said(caplog)
    assert record.levelno == logging.INFO
    assert (record.code, record.status) == ('volume.full', 409)
    assert not record.exc_info


def test_a_4xx_is_said_at_debug_where_the_request_log_says_it(caplog):
    caplog.set_level(logging.DEBUG)
    error = webob.exc.HTTPConflict('full', comment='volume.full')
    reply = ask(errorkit.wrap(raising(error), service_type='volume'))
    assert_error(reply, status=409, code='volume.full')
    [record] = said(caplog)
    assert record.levelno == logging.DEBUG
    records = said(caplog, 'errorkit.request_log')
    assert (records[-1].code, records[-1].status) == ('volume.full', 409)
    assert records[-1].levelno == logging.INFO


@pytest.mark.parametrize(
    ('error', 'status', 'code'),
    [
        (RuntimeError('no flour'), 500, 'volume.undefined_code'),
        (
            webob.exc.HTTPServiceUnavailable('x', comment='volume.down'),
            503,
            'volume.down',
        ),
    ],
)
def test_a_5xx_is_one_error_record_with_traceback(caplog, error, status, code):
    caplog.set_level(logging.INFO)
    reply = ask(errorkit.wrap(raising(error), service_type='volume'))
    assert_error(reply, status=status, code=code)
    [record] = said(caplog)
    assert record.levelno == logging.ERROR
    assert (record.code, record.status) == (code, status)
    assert record.exc_info[1] is error
    text = logging.Formatter().format(record)
    assert 'Traceback' in text
    assert 'in application' in text


def test_an_errors_record_belongs_to_its_request(attach):
    lines = attach(JSONFormatter())
    wrapped = errorkit.wrap(
        raising(RuntimeError('no flour')),
        service_type='volume',
        auth=keystone,
    )
    reply = ask(wrapped, headers={ID_HEADER: GLOBAL_ID})
    [line] = [line for line in lines.json if line['level'] == 'ERROR']
    assert line['request_id'] == reply.one(ID_HEADER)
    assert line['global_request_id'] == GLOBAL_ID
    assert (line['user_id'], line['project_id']) == ('ada', 'bakery')
    assert (line['code'], line['status']) == ('volume.undefined_code', 500)


def test_bodies_and_headers_are_never_logged(attach):
    lines = attach(TextFormatter())

    def application(environ, start_response):
        environ['wsgi.input'].read(100)
        raise RuntimeError('no flour')

    ask(
        errorkit.wrap(application, service_type='volume'),
        '/shelf?password=hunter2',
        method='POST',
        body=b'{"password": "hunter2"}',
        headers={
            'X-Auth-Token': 'hunter2',
            'Authorization': 'Basic hunter2',
            'Cookie': 'session=hunter2',
            'X-Shelf': 'hunter2',
        },
    )
    assert 'no flour' in lines.text
    assert 'hunter2' not in lines.text


class Failing(logging.Handler):
    def emit(self, record):
        raise OSError('the disk is full')


@pytest.mark.parametrize('status', [200, 409, 500])
def test_a_failing_log_handler_changes_no_answer(status, caplog):
    caplog.set_level(logging.INFO)

    def application(environ, start_response):
        if status == 409:
            raise webob.exc.HTTPConflict('full')
        if status == 500:
            raise RuntimeError('no flour')
        start_response('200 OK', PLAIN)
        return [b'cake']

    wrapped = errorkit.wrap(application, service_type='volume')
    failing = Failing()
    root = logging.getLogger()
    before = errorkit.log.lost()
    errors = io.StringIO()
    root.addHandler(failing)
    try:
        reply = ask(wrapped, environ={'wsgi.errors': errors})
    finally:
        root.removeHandler(failing)
    if status == 200:
        assert (reply.status_int, reply.body) == (200, b'cake')
    else:
        assert_error(reply, status=status, code='volume.undefined_code')
    assert errorkit.log.lost() > before
    assert 'a log record was lost' in errors.getvalue()
