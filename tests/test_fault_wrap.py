# SPDX-License-Identifier: Apache-2.0
"""What a client gets when things go wrong inside: row by row, one by one."""

import asyncio
import io
import json
import logging
import threading
import traceback

import apps
import greenlet
import pytest
import webob
import webob.dec
import webob.exc
from apps import Watched, serve
from oslo_context import context as oslo_context

import errorkit
import errorkit.log
from errorkit.exceptions import BodyAborted, ConfigError, InvalidResponse
from errorkit.formats.formatter import Formatter

CONFLICT = 'volume.name_exists'


@pytest.fixture(autouse=True)
def records():
    with apps.recorded() as kept:
        yield kept


def wrapped(application, **options):
    """Return an application behind RequestId and FaultWrapper."""
    return errorkit.RequestId(errorkit.FaultWrapper(
        application, service_type='volume', **options))


def answer(application, environ=None, **options):
    """Serve one request to an application in a FaultWrapper."""
    return serve(wrapped(application, **options), environ)


def answer_to(exception, environ=None, **options):
    """Serve one request to an application that raises this."""
    return answer(apps.raising_at_once(exception), environ, **options)


def assert_fault(exchange):
    """Assert that the client got the constant 500 with the id, and no more."""
    assert exchange.raised is None and exchange.raised_by_close is None
    assert exchange.status == '500 Internal Server Error'
    assert exchange.starts == 1
    assert exchange.header('Content-Type') == 'application/json'
    assert exchange.header('Content-Length') == str(len(exchange.body))
    assert exchange.header('X-Content-Type-Options') == 'nosniff'
    assert exchange.header('Cache-Control') == 'no-store'
    assert exchange.errors == [{
        'code': 'volume.undefined_code',
        'status': 500,
        'title': 'Internal Server Error',
        'detail': (
            'The server met an unexpected condition and could not complete '
            'the request. Give the request id when you report it.'),
        'request_id': exchange.request_id,
    }]


def assert_closed(exchange):
    assert exchange.seen.closed == exchange.seen.bodies


def reported(records):
    """Return the one record of FaultWrapper."""
    [record] = records.of('errorkit.fault_wrap')
    return record


def text_of(records):
    """Return everything that was logged, as operators would read it."""
    formatter = errorkit.log.TextFormatter()
    return '\n'.join(map(formatter.format, records.kept))


def in_thread(function, *args):
    """Return what a function returns when another thread runs it."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)))
    thread.start()
    thread.join()
    [result] = results
    return result


# -- row 1: before the first byte

@pytest.mark.parametrize('name', apps.FAILING_EARLY)
def test_row_1_a_failure_before_the_first_byte_is_our_500(name):
    exchange = answer(apps.FAILING_EARLY[name])
    assert_fault(exchange)
    assert_closed(exchange)


@pytest.mark.parametrize('application', [
    apps.raises_when_iterated, apps.raises_after_one_write])
def test_row_1_so_is_a_failure_of_the_iterable_or_after_one_write(
        application):
    exchange = answer(application)
    assert_fault(exchange)
    assert_closed(exchange)


@pytest.mark.parametrize('application', [
    lambda environ, start_response: [],
    lambda environ, start_response: [b'no start'],
    lambda environ, start_response: iter([b'no start']),
    lambda environ, start_response: Watched(environ, []),
    lambda environ, start_response: None,
    lambda environ, start_response: 5,
    lambda environ, start_response: start_response(),
    lambda environ, start_response: [
        start_response('200 OK', apps.TEXT), start_response('200 OK', [])],
], ids=['empty', 'a list', 'an iterator', 'an empty iterator', 'None', '5',
        'no arguments', 'two starts'])
def test_row_1_so_is_a_breach_of_pep_3333(application):
    exchange = answer(application)
    assert_fault(exchange)
    assert_closed(exchange)


@pytest.mark.parametrize('body', [
    lambda: ['text'], lambda: 'text', lambda: ('text',),
    lambda: iter(['text']), lambda: [None], lambda: iter([5]),
    lambda: iter([b'', 'text']),
], ids=['list', 'str', 'tuple', 'iterator', 'None', 'int', 'second'])
def test_row_1_so_is_a_first_chunk_that_is_not_bytes(body):
    # No server takes it, and the server's own answer has no id.
    def application(environ, start_response):
        start_response('200 OK', apps.TEXT[:])
        return body()

    assert_fault(answer(application))


def test_row_1_the_500_is_logged_once_with_id_code_and_traceback(records):
    exchange = answer(apps.raises_on_the_first_chunk)
    record = reported(records)
    assert record.levelno == logging.ERROR
    assert record.request_id == exchange.request_id
    assert record.code == 'volume.undefined_code'
    assert record.status == 500
    assert record.exc_info[0] is apps.Boom
    assert 'Boom: secret' in text_of(records)


def test_row_1_the_traceback_begins_with_the_application(records):
    answer(apps.raises_at_once)
    frames = traceback.extract_tb(reported(records).exc_info[2])
    assert [frame.name for frame in frames] == ['raises_at_once']


class NonceError(Exception):
    """Its class' name is a secret too: zq-class-nonce."""

    __qualname__ = __name__ = 'zq_class_nonce'


def nonces():
    """Return exceptions that carry a secret in each of their places."""
    yield NonceError('zq')
    yield apps.Boom('zq message', {'password': 'zq'})
    noted = apps.Boom()
    noted.add_note('zq note')
    yield noted
    try:
        try:
            raise ValueError('zq cause')
        except ValueError as cause:
            raise apps.Boom from cause
    except apps.Boom as caused:
        yield caused
    yield ExceptionGroup('zq group', [ValueError('zq member')])
    posing = apps.Boom('zq')
    posing.code = posing.status = posing.status_code = 403
    posing.status_int = posing.http_status = 403
    posing.headers = posing.headerlist = [('Set-Cookie', 'zq=1')]
    posing.title = posing.detail = posing.explanation = 'zq detail'
    posing.comment = 'volume.zq'
    yield posing
    yield UnicodeDecodeError('utf-8', b'zq\xff', 0, 1, 'zq reason')
    yield OSError(13, 'zq', '/etc/zq')


@pytest.mark.parametrize('accept', [
    'application/json', 'text/html', 'text/plain', '*/*'])
@pytest.mark.parametrize('exception', list(nonces()), ids=repr)
def test_row_1_the_500_says_nothing_of_the_exception(exception, accept):
    exchange = answer_to(exception, apps.request(accept=accept))
    assert exchange.code == 500
    assert b'zq' not in exchange.body
    assert 'zq' not in str(exchange.headers)
    assert type(exception).__name__.encode() not in exchange.body
    assert exchange.request_id.encode() in exchange.body


class Untouchable(io.RawIOBase):
    """An input that fails a test when it is so much as looked at."""

    def __getattribute__(self, name):
        raise AssertionError(f'wsgi.input.{name} was used')


@pytest.mark.parametrize('name', apps.FAILING_EARLY)
def test_row_1_handling_an_error_never_reads_the_request(name):
    exchange = answer(apps.FAILING_EARLY[name], apps.request(
        method='POST', CONTENT_LENGTH='100', CONTENT_TYPE='application/json',
        **{'wsgi.input': Untouchable()}))
    assert_fault(exchange)


def test_row_1_a_webob_error_never_reads_the_request_either():
    exchange = answer_to(webob.exc.HTTPConflict('no'), apps.request(
        method='POST', CONTENT_LENGTH='100',
        **{'wsgi.input': Untouchable()}))
    assert exchange.code == 409


def test_row_1_a_head_request_gets_the_headers_of_get_and_no_body():
    heads = []
    for method in ('GET', 'HEAD'):
        exchange = answer(apps.raises_at_once, apps.request(method=method))
        heads.append([item for item in exchange.headers
                      if item[0] != apps.REQUEST_ID])
    assert exchange.body == b''
    assert heads[0] == heads[1]


def test_row_1_without_a_request_id_layer_the_500_has_no_id():
    exchange = serve(errorkit.FaultWrapper(
        apps.raises_at_once, service_type='volume'))
    assert exchange.code == 500
    assert 'request_id' not in exchange.errors[0]


def test_row_1_a_failing_auth_layer_is_an_error_of_ours():
    def auth(application):
        def layer(environ, start_response):
            raise apps.Boom('keystone is away')
        return layer

    exchange = serve(errorkit.wrap(
        apps.a_list, service_type='volume', versions='3.0-3.9', auth=auth))
    assert_fault(exchange)
    assert exchange.header('OpenStack-API-Version') == 'volume 3.0'


def test_row_1_a_500_has_the_version_that_was_asked_for():
    exchange = serve(
        errorkit.wrap(apps.raises_at_once, service_type='volume',
                      versions='3.0-3.9'),
        apps.request(openstack_api_version='volume 3.7'))
    assert_fault(exchange)
    assert exchange.header('OpenStack-API-Version') == 'volume 3.7'
    assert 'OpenStack-API-Version' in exchange.header('Vary')


# -- row 2: after a chunk

@pytest.mark.parametrize('name', apps.FAILING_LATE)
def test_row_2_a_late_failure_is_an_aborted_body_and_no_second_status(name):
    exchange = answer(apps.FAILING_LATE[name])
    assert type(exchange.raised) is apps.Boom
    assert (exchange.status, exchange.starts) == ('200 OK', 1)
    assert exchange.body == b'0123456789'
    assert_closed(exchange)


@pytest.mark.parametrize('name', apps.FAILING_LATE)
def test_row_2_a_late_failure_is_logged_once_with_id_and_code(name, records):
    exchange = answer(apps.FAILING_LATE[name])
    record = reported(records)
    assert record.levelno == logging.ERROR
    assert record.request_id == exchange.request_id
    assert record.code == 'volume.undefined_code'
    assert record.exc_info[0] is apps.Boom


@pytest.mark.parametrize('name', apps.FAILING_LATE)
def test_row_2_the_request_log_says_aborted(name, records):
    exchange = serve(errorkit.wrap(
        apps.FAILING_LATE[name], service_type='volume'))
    [line] = records.of('errorkit.request_log', logging.INFO)
    assert line.getMessage().endswith(' aborted')
    assert 'status: 200 len: 10 ' in line.getMessage()
    assert line.request_id == exchange.request_id


@pytest.mark.parametrize('exception', [
    webob.exc.HTTPConflict('late'), webob.exc.HTTPFound(location='/late'),
    errorkit.MultiError([errorkit.Error(409, 'C', 'late', CONFLICT)]),
], ids=apps.class_of)
def test_row_2_a_webob_error_that_comes_late_aborts_like_any(
        exception, records):
    exchange = answer(apps.raising(exception, b'01'))
    assert exchange.raised is exception
    assert exchange.body == b'01'
    assert reported(records).levelno == logging.ERROR


def test_row_2_a_late_chunk_that_is_not_bytes_aborts_and_is_logged(records):
    def application(environ, start_response):
        start_response('200 OK', apps.TEXT[:])
        return Watched(environ, [b'01', None, b'23'])

    exchange = answer(application)
    assert isinstance(exchange.raised, Exception)
    assert exchange.body == b'01'
    assert exchange.seen.closed == 1
    assert reported(records).request_id == exchange.request_id


# -- row 3: what PEP 3333 allows

def test_row_3_nothing_is_buffered_beyond_the_first_chunk():
    exchange = apps.Exchange(wrapped(apps.a_streamed_body))
    exchange.call()
    assert exchange.seen.pulled == 1
    assert exchange.step() and exchange.step()
    assert exchange.seen.pulled == 2
    exchange.close()


def test_row_3_a_start_with_exc_info_takes_the_place_of_the_first():
    exchange = answer(apps.starts_again_before_the_first_chunk)
    assert exchange.status == '203 Second'
    assert exchange.header('X-First') is None
    assert exchange.starts == 1


def test_row_3_a_start_with_exc_info_after_a_chunk_raises_it():
    exchange = answer(apps.starts_again_after_a_chunk)
    assert type(exchange.raised) is apps.Boom
    assert exchange.body == b'0123456789'


def test_row_3_exc_info_is_not_passed_on_before_the_server_has_started():
    # A server was seen that loses the body of such an answer.
    seen = []

    def start_response(status, headers, exc_info=None):
        seen.append(exc_info)
        return None

    for name in apps.FAILING_EARLY:
        body = wrapped(apps.FAILING_EARLY[name])(
            apps.request(), start_response)
        assert b'errors' in b''.join(body)
    assert seen == [None] * len(apps.FAILING_EARLY)


def test_row_3_written_and_returned_chunks_come_in_order():
    exchange = answer(apps.writes_and_a_body)
    assert exchange.body == b'first second third'
    assert exchange.starts == 1


def test_row_3_a_file_is_sent_whole_and_closed_once():
    exchange = answer(apps.a_file)
    assert exchange.body == b'a file of its own'
    assert exchange.seen.closed == 1


def test_row_3_a_server_whose_write_fails_is_reported(records):
    def start_response(status, headers, exc_info=None):
        def write(data):
            raise OSError('client is gone')
        return write

    with pytest.raises(OSError, match='client is gone'):
        wrapped(apps.writes_and_a_body)(apps.request(), start_response)
    assert reported(records).levelno == logging.ERROR


class Refusing:
    """A server whose start_response fails so many times."""

    def __init__(self, times):
        self.times = times
        self.calls = []

    def __call__(self, status, headers, exc_info=None):
        self.calls.append((status, exc_info))
        if len(self.calls) <= self.times:
            raise OSError('not this one')
        return None


@pytest.mark.parametrize('application', [
    apps.a_list, apps.a_streamed_body, apps.a_lazy_generator])
def test_row_3_a_server_that_refuses_a_start_gets_our_500_with_exc_info(
        application, records):
    server, environ = Refusing(1), apps.request()
    body = wrapped(application)(environ, server)
    assert b'"status": 500' in b''.join(body)
    [(first, _), (second, exc_info)] = server.calls
    assert (first[:3], second[:3]) == ('200', '500')
    assert exc_info[0] is OSError
    assert environ[apps.SEEN].closed == environ[apps.SEEN].bodies
    assert reported(records).exc_info[0] is OSError


@pytest.mark.parametrize('application', [
    apps.a_list, apps.a_streamed_body, apps.a_lazy_generator])
def test_row_3_a_server_that_refuses_every_start_gets_the_exception(
        application, records):
    environ = apps.request()
    with pytest.raises(OSError, match='not this one'):
        wrapped(application)(environ, Refusing(100))
    assert environ[apps.SEEN].closed == environ[apps.SEEN].bodies
    assert oslo_context.get_current() is None
    assert any(record.exc_info[0] is OSError
               for record in records.of('errorkit.fault_wrap'))


# -- row 4: exceptions that are no Exception

class OutOfTime(BaseException):
    """What a timeout of gevent is: neither an Exception nor an exit."""


class Leaving(SystemExit):
    """A SystemExit of its own kind."""


#: They pass in the main thread, where the server raises them, only.
EXITS = [SystemExit(3), Leaving(0), KeyboardInterrupt()]
#: They are ours to answer, in any thread.
OURS = [GeneratorExit(), OutOfTime('secret'), asyncio.CancelledError(),
        BaseExceptionGroup('secret', [KeyboardInterrupt()])]
ALL = [*EXITS, *OURS, greenlet.GreenletExit()]


def assert_cleaned_up(exchange, records, kind):
    """Assert that it was logged with the id, closed, and the context reset."""
    assert_closed(exchange)
    assert oslo_context.get_current() is None
    record = reported(records)
    assert record.exc_info[0] is kind
    assert record.request_id == exchange.environ['openstack.request_id']
    assert record.levelno == logging.ERROR


@pytest.mark.parametrize('exception', EXITS, ids=repr)
def test_row_4_an_exit_passes_in_the_main_thread(exception, records):
    exchange = answer(apps.raising(exception))
    assert exchange.raised is exception
    assert exchange.starts == 0
    assert_cleaned_up(exchange, records, type(exception))


@pytest.mark.parametrize('exception', EXITS, ids=repr)
def test_row_4_an_exit_in_another_thread_is_our_500(exception, records):
    exchange = in_thread(answer, apps.raising(exception))
    assert_fault(exchange)
    assert_cleaned_up(exchange, records, type(exception))


@pytest.mark.parametrize('run', [lambda function, *args: function(*args),
                                 in_thread], ids=['main', 'other'])
@pytest.mark.parametrize('exception', OURS, ids=repr)
def test_row_4_any_other_with_no_byte_sent_is_our_500(
        exception, run, records):
    exchange = run(answer, apps.raising(exception))
    assert_fault(exchange)
    assert_cleaned_up(exchange, records, type(exception))


@pytest.mark.parametrize('run', [lambda function, *args: function(*args),
                                 in_thread], ids=['main', 'other'])
def test_row_4_a_greenlet_exit_passes(run, records):
    exception = greenlet.GreenletExit()
    exchange = run(answer, apps.raising(exception))
    assert exchange.raised is exception
    assert exchange.starts == 0
    assert_cleaned_up(exchange, records, greenlet.GreenletExit)


@pytest.mark.parametrize('exception', [*EXITS, greenlet.GreenletExit()],
                         ids=repr)
def test_row_4_in_a_body_what_passes_passes_as_it_is(exception, records):
    exchange = answer(apps.raising(exception, b'01'))
    assert exchange.raised is exception
    assert exchange.body == b'01'
    assert_cleaned_up(exchange, records, type(exception))


@pytest.mark.parametrize('exception', [*EXITS, *OURS], ids=repr)
def test_row_4_in_a_body_any_other_becomes_an_ordinary_exception(
        exception, records):
    # Servers end, or leave the client waiting, when it is not.
    exchange = in_thread(answer, apps.raising(exception, b'01'))
    assert type(exchange.raised) is BodyAborted
    assert str(exchange.raised) == type(exception).__name__
    assert exchange.raised.__suppress_context__
    assert exchange.body == b'01'
    assert_cleaned_up(exchange, records, type(exception))


@pytest.mark.parametrize('start', [True, False])
def test_row_4_after_two_writes_any_other_becomes_an_ordinary_exception(
        start, records):
    def application(environ, start_response):
        write = start_response('200 OK', apps.TEXT[:])
        write(b'0')
        write(b'1')
        raise OutOfTime

    exchange = answer(application)
    assert type(exchange.raised) is BodyAborted
    assert exchange.body == b'01'
    assert_cleaned_up(exchange, records, OutOfTime)


def closing_with(exception):
    """Return an application whose body raises this when it is closed."""
    def application(environ, start_response):
        start_response('200 OK', apps.TEXT[:])
        return Watched(environ, [b'01'], exception)
    return application


@pytest.mark.parametrize('exception', ALL, ids=repr)
def test_row_4_in_close_it_is_logged(exception, records):
    exchange = in_thread(answer, closing_with(exception))
    assert exchange.body == b'01'
    passes = isinstance(exception, greenlet.GreenletExit)
    assert exchange.raised_by_close is (exception if passes else None)
    assert_cleaned_up(exchange, records, type(exception))


@pytest.mark.parametrize('exception', EXITS, ids=repr)
def test_row_4_an_exit_in_close_passes_in_the_main_thread(exception, records):
    exchange = answer(closing_with(exception))
    assert exchange.raised_by_close is exception
    assert_cleaned_up(exchange, records, type(exception))


def test_row_4_a_failing_close_does_not_replace_our_500(records):
    def application(environ, start_response):
        start_response('200 OK', apps.TEXT[:])
        return Watched(environ, apps.failing_after(), ValueError('close'))

    exchange = answer(application)
    assert_fault(exchange)
    assert exchange.seen.closed == 1
    assert {record.exc_info[0] for record in
            records.of('errorkit.fault_wrap')} == {apps.Boom, ValueError}


@pytest.mark.parametrize('chunks', [(), (b'01',)], ids=['early', 'late'])
@pytest.mark.parametrize('exception', ALL, ids=repr)
def test_row_4_reraise_lets_all_of_them_pass(exception, chunks, records):
    exchange = in_thread(
        lambda: answer(apps.raising(exception, *chunks),
                       base_exceptions='reraise'))
    assert exchange.raised is exception
    assert exchange.chunks == list(chunks)
    assert_cleaned_up(exchange, records, type(exception))


def test_row_4_reraise_still_answers_an_ordinary_exception():
    assert_fault(answer(apps.raises_at_once, base_exceptions='reraise'))


@pytest.mark.parametrize('value', ['no', '', None, True])
def test_row_4_another_value_of_base_exceptions_is_refused(value):
    with pytest.raises(ConfigError, match='answer, reraise'):
        errorkit.FaultWrapper(apps.a_list, base_exceptions=value)


# -- row 5: when the means of answering fail

class Broken(Formatter):
    """A formatter that cannot write anything."""

    def __init__(self, exception):
        super().__init__('volume')
        self._exception = exception

    def respond(self, *args, **kwargs):
        raise self._exception


def assert_constant(exchange):
    """Assert that the client got the 500 that was made beforehand."""
    assert exchange.raised is None
    assert exchange.status == '500 Internal Server Error'
    assert exchange.header('Content-Type') == 'application/json'
    assert exchange.header('Content-Length') == str(len(exchange.body))
    [error] = exchange.errors
    assert error['status'] == 500
    assert error['title'] == 'Internal Server Error'
    assert error['request_id'] == exchange.request_id
    assert b'secret' not in exchange.body


@pytest.mark.parametrize('failure', [
    RuntimeError('secret'), MemoryError(), RecursionError(),
    UnicodeEncodeError('utf-8', 'secret', 0, 1, 'secret'),
    InvalidResponse('secret')], ids=repr)
@pytest.mark.parametrize('exception', [
    apps.Boom('secret'), webob.exc.HTTPConflict('secret')], ids=apps.class_of)
def test_row_5_a_failing_formatter_leaves_a_constant_500_with_the_id(
        exception, failure, records):
    exchange = serve(errorkit.RequestId(errorkit.FaultWrapper(
        apps.raising_at_once(exception), formatter=Broken(failure))))
    assert_constant(exchange)
    kinds = [record.exc_info[0] for record in
             records.of('errorkit.fault_wrap')]
    assert sorted(kinds, key=str) == sorted(
        [type(failure), type(exception)], key=str)
    assert all(record.request_id == exchange.request_id
               for record in records.of('errorkit.fault_wrap'))


def test_row_5_so_does_an_error_that_cannot_be_written():
    error = errorkit.Error(409, 'Conflict', 'no', CONFLICT, links=('x',))
    assert_constant(answer_to(errorkit.MultiError([error])))


def test_row_5_the_constant_500_is_silent_to_head():
    exchange = serve(
        errorkit.RequestId(errorkit.FaultWrapper(
            apps.raises_at_once, formatter=Broken(RuntimeError()))),
        apps.request(method='HEAD'))
    assert exchange.code == 500
    assert exchange.body == b''
    assert int(exchange.header('Content-Length')) > 0


class Unprintable(Exception):
    """An exception that fails when somebody looks at it."""

    def __str__(self):
        raise RuntimeError('no text for you')

    __repr__ = __str__


class Textless(Exception):
    """An exception whose text is none."""

    def __str__(self):
        return None


class Endless(Exception):
    """An exception that asks itself."""

    def __str__(self):
        return str(self)


class Exiting(Exception):
    """An exception whose text ends the process."""

    def __str__(self):
        raise SystemExit(3)


@pytest.mark.parametrize('kind', [Unprintable, Textless, Endless])
def test_row_5_an_exception_that_cannot_be_printed_is_our_500(kind, records):
    exchange = answer_to(kind())
    assert_fault(exchange)
    assert reported(records).exc_info[0] is kind
    assert kind.__name__ in text_of(records)


@pytest.mark.parametrize('kind', [Unprintable, Textless, Endless])
def test_row_5_a_registered_one_shows_the_standard_text(kind):
    exchange = answer_to(kind(), exceptions={
        kind: errorkit.Known(409, CONFLICT, safe=True)})
    [error] = exchange.errors
    assert (error['status'], error['code']) == (409, CONFLICT)
    assert error['detail'] == webob.exc.HTTPConflict.explanation


@pytest.mark.parametrize('message', [
    '\ud800', '\0', 'a\r\nX-Evil: 1', 'x' * 1_000_000, '%s %d {} ${x}',
    '</script>', b'\xff\xfe'], ids=ascii)
def test_row_5_any_text_of_an_exception_can_be_handled(message):
    assert_fault(answer_to(apps.Boom(message)))


class FailingHandler(logging.Handler):
    """A log handler that cannot write."""

    def __init__(self, exception):
        super().__init__()
        self._exception = exception

    def handle(self, record):
        raise self._exception


@pytest.fixture
def full_disk():
    """Make every log call of errorkit fail."""
    handler = FailingHandler(OSError('disk full'))
    logger = logging.getLogger('errorkit')
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


@pytest.mark.parametrize('level', [logging.DEBUG, logging.INFO])
@pytest.mark.parametrize('name', apps.SOUND)
def test_row_5_a_failing_log_handler_changes_no_good_answer(
        name, level, full_disk):
    alone = serve(apps.SOUND[name])
    with apps.recorded(level):
        exchange = serve(errorkit.wrap(
            apps.SOUND[name], service_type='volume'))
    assert exchange.raised is None and exchange.raised_by_close is None
    assert exchange.status == alone.status
    assert exchange.body == alone.body
    assert_closed(exchange)
    assert oslo_context.get_current() is None


@pytest.mark.parametrize('name', apps.FAILING_EARLY)
def test_row_5_nor_the_answer_to_a_failure(name, full_disk):
    exchange = serve(errorkit.wrap(
        apps.FAILING_EARLY[name], service_type='volume'))
    assert_fault(exchange)
    assert_closed(exchange)
    assert oslo_context.get_current() is None


@pytest.mark.parametrize('name', apps.FAILING_LATE)
def test_row_5_nor_the_end_of_a_broken_body(name, full_disk):
    exchange = serve(errorkit.wrap(
        apps.FAILING_LATE[name], service_type='volume'))
    assert type(exchange.raised) is apps.Boom
    assert_closed(exchange)
    assert oslo_context.get_current() is None


def test_row_5_a_lost_log_record_is_counted_and_said_where_the_server_hears(
        full_disk):
    before = errorkit.log.lost()
    exchange = answer(apps.raises_at_once)
    assert errorkit.log.lost() == before + 1
    said = exchange.environ['wsgi.errors'].getvalue()
    assert said == 'errorkit: a log record was lost: OSError\n'


def test_row_5_even_if_the_server_does_not_hear(full_disk):
    exchange = answer(apps.raises_at_once, apps.request(
        **{'wsgi.errors': None}))
    assert_fault(exchange)


def test_row_5_a_failing_observer_leaves_the_same_answer():
    told = threading.Event()

    def observer(record):
        told.set()
        raise apps.Boom('secret')

    exchange = answer(apps.raises_at_once, observers=[observer])
    assert_fault(exchange)
    assert told.wait(30)


# -- row 6: a head that cannot be sent

BAD = ['CR\r', 'LF\n', 'CRLF\r\nX-Evil: 1', 'NUL\0', 'ESC\x1b',
       'snow\u2603', 'wide\uff41', 'surrogate\ud800', 'DEL\x7f']
SECRET = 'hunter' + '2'


def bad_value(bad):
    return 'X-Subject', [('X-Subject', f'{SECRET}{bad}{SECRET}')]


def bad_name(bad):
    return 'X-Subject', [(f'X-Subject{bad}', SECRET)]


@pytest.mark.parametrize('streamed', [False, True])
@pytest.mark.parametrize('place', [bad_value, bad_name])
@pytest.mark.parametrize('bad', BAD, ids=ascii)
def test_row_6_a_bad_header_is_our_500_and_the_log_names_it(
        bad, place, streamed, records):
    named, headers = place(bad)

    def application(environ, start_response):
        start_response('200 OK', [*apps.TEXT, *headers])
        return Watched(environ, [b'x']) if streamed else [b'x']

    exchange = answer(application)
    assert_fault(exchange)
    assert_closed(exchange)
    assert reported(records).exc_info[0] is InvalidResponse
    assert named in text_of(records)
    assert SECRET not in text_of(records)
    assert SECRET not in str(exchange.headers) + str(exchange.body)


@pytest.mark.parametrize('bad', BAD, ids=ascii)
def test_row_6_a_bad_status_line_is_our_500_and_the_log_says_so(bad, records):
    status = f'200 {SECRET}{bad}'

    def application(environ, start_response):
        start_response(status, apps.TEXT[:])
        return [b'x']

    assert_fault(answer(application))
    assert 'status line' in text_of(records)
    assert SECRET not in text_of(records)


@pytest.mark.parametrize('bad', BAD, ids=ascii)
@pytest.mark.parametrize('kind', [
    webob.exc.HTTPConflict, webob.exc.HTTPServiceUnavailable,
    webob.exc.HTTPNoContent])
def test_row_6_a_bad_header_of_a_webob_exception_is_our_500(
        kind, bad, records):
    _, headers = bad_value(bad)
    assert_fault(answer_to(kind(headers=headers)))
    assert 'X-Subject' in text_of(records)
    assert SECRET not in text_of(records)


@pytest.mark.parametrize('bad', BAD, ids=ascii)
def test_row_6_a_bad_header_of_a_registered_exception_is_refused(bad):
    named, headers = bad_value(bad)
    with pytest.raises(ConfigError, match=named) as caught:
        errorkit.FaultWrapper(apps.a_list, exceptions={
            apps.Boom: errorkit.Known(409, CONFLICT, headers=tuple(headers))})
    assert SECRET not in str(caught.value)


def test_row_6_a_bad_header_of_a_webob_handler_is_our_500(records):
    @webob.dec.wsgify
    def application(request):
        response = webob.Response('x')
        response.headerlist = [bad_value('\r\n')[1][0]]
        return response

    assert_fault(answer(application))
    assert SECRET not in text_of(records)


@pytest.mark.parametrize('bad', BAD, ids=ascii)
def test_row_6_a_title_with_such_characters_stays_in_the_body(bad):
    exception = webob.exc.HTTPBadRequest('no')
    exception.title = f'Bad{bad}'
    exchange = answer_to(exception)
    assert exchange.status == '400 Bad Request'
    assert exchange.errors[0]['title'] == f'Bad{bad}'


# -- responses that stay an author's own

@pytest.mark.parametrize('kind', [
    webob.exc.HTTPMovedPermanently, webob.exc.HTTPFound,
    webob.exc.HTTPSeeOther, webob.exc.HTTPTemporaryRedirect])
def test_a_raised_redirect_passes_untouched(kind):
    environ = apps.request(accept='text/html')
    alone = serve(kind(location='/there'), environ)
    exchange = answer_to(kind(location='/there'), apps.request(
        accept='text/html'))
    assert exchange.status == alone.status
    assert exchange.body == alone.body
    assert exchange.headers == [
        *alone.headers, (apps.REQUEST_ID, exchange.request_id)]


def test_a_raised_304_has_no_body_and_no_type():
    exchange = answer_to(webob.exc.HTTPNotModified(headers=[('ETag', '"1"')]))
    assert exchange.status == '304 Not Modified'
    assert exchange.body == b''
    assert exchange.header('ETag') == '"1"'
    assert exchange.header('Content-Type') is None


def test_a_raised_error_with_its_own_json_body_becomes_errors():
    body = {'error': {'message': 'in words of its own', 'code': 409}}
    exchange = answer_to(webob.exc.HTTPConflict(json_body=body))
    assert exchange.status == '409 Conflict'
    [error] = exchange.errors
    assert error['detail'] == 'in words of its own'


def test_one_with_a_fault_for_a_body_passes():
    body = {'conflictingRequest': {'message': 'its own', 'code': 409}}
    exchange = answer_to(webob.exc.HTTPConflict(json_body=body))
    assert exchange.status == '409 Conflict'
    assert json.loads(exchange.body) == body
    assert exchange.request_id


def test_a_raised_error_with_its_own_text_becomes_errors():
    exchange = answer_to(webob.exc.HTTPConflict(
        'the detail', comment=CONFLICT, body=b'own text',
        content_type='text/plain'))
    [error] = exchange.errors
    assert (error['code'], error['detail']) == (CONFLICT, 'the detail')
    assert exchange.header('Content-Type') == 'application/json'
    assert b'own text' not in exchange.body


def test_the_headers_of_an_error_are_kept_but_for_its_bodys():
    exchange = answer_to(webob.exc.HTTPUnauthorized('no', headers=[
        ('WWW-Authenticate', 'Basic'), ('WWW-Authenticate', 'Bearer'),
        ('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2'), ('Retry-After', '3'),
        ('ETag', '"x"'), ('Content-Encoding', 'gzip'),
        ('Content-MD5', 'x'), ('Transfer-Encoding', 'chunked')]))
    assert exchange.code == 401
    assert exchange.all_of('WWW-Authenticate') == ['Basic', 'Bearer']
    assert exchange.all_of('Set-Cookie') == ['a=1', 'b=2']
    assert exchange.header('Retry-After') == '3'
    for name in ('ETag', 'Content-Encoding', 'Content-MD5',
                 'Transfer-Encoding'):
        assert exchange.header(name) is None
    assert exchange.header('Content-Length') == str(len(exchange.body))


def test_an_error_keeps_a_cache_control_of_its_own():
    exchange = answer_to(webob.exc.HTTPGone('no', headers=[
        ('Cache-Control', 'max-age=60')]))
    assert exchange.header('Cache-Control') == 'max-age=60'


# -- domain exceptions

class DomainError(Exception):
    """The base of a service's own exceptions."""


class MissingError(DomainError):
    """Something is not there."""


class SnapshotMissingError(MissingError):
    """A snapshot is not there."""


EXCEPTIONS = {
    DomainError: 400,
    MissingError: (404, 'volume.missing'),
    LookupError: errorkit.Known(410, 'volume.gone', safe=True),
}


@pytest.mark.parametrize(('exception', 'status', 'code'), [
    (DomainError('x'), 400, 'volume.undefined_code'),
    (MissingError('x'), 404, 'volume.missing'),
    (SnapshotMissingError('x'), 404, 'volume.missing'),
    (LookupError('x'), 410, 'volume.gone'),
    (KeyError('x'), 410, 'volume.gone'),
    (ValueError('x'), 500, 'volume.undefined_code'),
], ids=repr)
@pytest.mark.parametrize('order', [list, reversed])
def test_a_registered_exception_is_found_over_its_bases_in_any_order(
        order, exception, status, code):
    exchange = answer_to(
        exception, exceptions=dict(order(list(EXCEPTIONS.items()))))
    [error] = exchange.errors
    assert exchange.code == error['status'] == status
    assert error['code'] == code


def test_of_two_bases_the_one_that_comes_first_decides():
    class BothError(LookupError, MissingError):
        pass

    assert answer_to(BothError('x'), exceptions=EXCEPTIONS).code == 410


def test_a_registered_exception_keeps_its_text_to_itself():
    exchange = answer_to(MissingError('secret'), exceptions=EXCEPTIONS)
    assert exchange.errors[0]['detail'] == webob.exc.HTTPNotFound.explanation
    assert b'secret' not in exchange.body


@pytest.mark.parametrize('text', ['<uuid> & a < b', 'two\nlines', '\u2603'])
def test_the_text_of_a_safe_one_is_shown_as_it_is(text):
    exchange = answer_to(LookupError(text), exceptions=EXCEPTIONS)
    assert exchange.errors[0]['detail'] == text


def test_an_exception_may_say_itself_that_it_is_safe():
    exception = MissingError('there is no volume 5')
    exception.safe = True
    exchange = answer_to(exception, exceptions=EXCEPTIONS)
    [error] = exchange.errors
    assert error['code'] == 'volume.missing'
    assert error['detail'] == 'there is no volume 5'


def test_an_unregistered_safe_one_is_a_500_with_its_text():
    exception = ValueError('the backend is away')
    exception.safe = True
    exchange = answer_to(exception)
    assert exchange.code == 500
    assert exchange.errors[0]['detail'] == 'the backend is away'


@pytest.mark.parametrize('value', [1, 'yes', [True], None])
def test_only_true_is_safe(value):
    exception = ValueError('secret')
    exception.safe = value
    assert_fault(answer_to(exception))


def test_a_safe_property_that_fails_is_not_safe():
    class OddError(Exception):
        @property
        def safe(self):
            raise RuntimeError('secret')

    assert_fault(answer_to(OddError('secret')))


def test_a_registered_exception_brings_its_headers():
    exchange = answer_to(MissingError(), exceptions={
        DomainError: errorkit.Known(429, CONFLICT, headers=(
            ('Retry-After', '30'), ('Link', '<a>'), ('Link', '<b>')))})
    assert exchange.code == 429
    assert exchange.header('Retry-After') == '30'
    assert exchange.all_of('Link') == ['<a>', '<b>']


def test_a_registered_base_exception_is_answered_too():
    exchange = answer_to(OutOfTime(), exceptions={OutOfTime: 504})
    assert exchange.code == 504


def test_a_registered_5xx_is_logged_with_its_traceback(records):
    answer_to(OutOfTime(), exceptions={OutOfTime: 504})
    assert reported(records).levelno == logging.ERROR
    assert reported(records).exc_info[0] is OutOfTime


@pytest.mark.parametrize('value', [
    200, 399, 600, 0, '404', None, (404,), (404, 'volume.a', 'b'), [404],
    errorkit.Known(302)], ids=repr)
def test_a_bad_registration_is_refused_at_once(value):
    with pytest.raises(ConfigError, match='exceptions'):
        errorkit.FaultWrapper(apps.a_list, exceptions={ValueError: value})


# -- several errors

def error(number, status=400):
    return errorkit.Error(status, 'Bad', f'no {number}', f'volume.e{number}')


def test_the_first_of_several_errors_is_the_status_of_the_response():
    exchange = answer_to(errorkit.MultiError([
        error(1, 422), error(2, 400), error(3, 503)]))
    assert exchange.code == 422
    assert [(one['code'], one['status'], one['detail'])
            for one in exchange.errors] == [
        ('volume.e1', 422, 'no 1'), ('volume.e2', 400, 'no 2'),
        ('volume.e3', 503, 'no 3')]
    assert {one['request_id'] for one in exchange.errors} == {
        exchange.request_id}


@pytest.mark.parametrize('count', [1, 2, 19, 20, 21, 22, 1000])
def test_at_most_twenty_errors_are_shown_and_the_last_says_so(count):
    exchange = answer_to(errorkit.MultiError(map(error, range(count))))
    shown = exchange.errors
    assert [one['code'] for one in shown] == [
        f'volume.e{number}' for number in range(min(count, 20))]
    assert [one.get('truncated') for one in shown] == (
        [None] * (len(shown) - 1) + [True if count > 20 else None])


def test_several_errors_may_be_of_both_kinds():
    exchange = answer_to(errorkit.MultiError([
        webob.exc.HTTPConflict('first', comment=CONFLICT, headers=[
            ('Retry-After', '3')]),
        errorkit.Error(400, 'Bad', 'second', source={'pointer': '/name'}),
        webob.exc.HTTPBadRequest('third', headers=[('X-Third', '3')])]))
    assert exchange.code == 409
    assert [one['code'] for one in exchange.errors] == [
        CONFLICT, 'volume.undefined_code', 'volume.undefined_code']
    assert exchange.errors[1]['source'] == {'pointer': '/name'}
    assert exchange.header('Retry-After') == '3'
    assert exchange.header('X-Third') is None


def test_no_errors_at_all_are_refused():
    with pytest.raises(ValueError, match='one error at least'):
        errorkit.MultiError([])


# -- exceptions that everybody raises

class FrozenConflict(webob.exc.HTTPConflict):
    """A webob error that no one may change."""

    _frozen = False

    def __setattr__(self, name, value):
        if self._frozen:
            raise AssertionError(f'{name} was set')
        super().__setattr__(name, value)


class FrozenError(Exception):
    """An exception that no one may change."""

    def __setattr__(self, name, value):
        raise AssertionError(f'{name} was set')


def frozen_conflict():
    exception = FrozenConflict('no', comment=CONFLICT)
    exception.__dict__['_frozen'] = True
    return exception


@pytest.mark.parametrize('kind', ['FaultWrapper', 'wsgify', 'returned'])
def test_a_shared_exception_is_never_changed(kind):
    exception = frozen_conflict()
    before = dict(exception.__dict__)

    @errorkit.wsgify
    def raising(request):
        raise exception

    @errorkit.wsgify
    def returning(request):
        return exception

    application = {'FaultWrapper': apps.raising_at_once(exception),
                   'wsgify': raising, 'returned': returning}[kind]
    for _ in range(3):
        exchange = answer(application)
        assert exchange.code == 409
        assert exchange.errors[0]['code'] == CONFLICT
    assert exception.__dict__ == before


def test_a_frozen_bug_is_our_500_each_time():
    exception = FrozenError('secret')
    for _ in range(3):
        assert_fault(answer_to(exception))


def test_an_answered_exception_holds_no_frames():
    for exception in (frozen_conflict(), FrozenError(), apps.Boom()):
        answer_to(exception)
        assert exception.__traceback__ is None


def test_an_exception_that_cannot_forget_its_traceback_is_answered():
    class StubbornError(Exception):
        def with_traceback(self, tb):
            raise AssertionError('with_traceback was called')

    assert_fault(answer_to(StubbornError()))


# -- a foreign answer with an error status

def test_an_error_page_that_is_not_webobs_passes():
    def application(environ, start_response):
        start_response('404 Not Found', apps.TEXT[:])
        return [b'nothing here']

    exchange = answer(application)
    assert exchange.code == 404
    assert exchange.request_id


def test_an_error_of_an_inner_layer_is_reported_once(records):
    @errorkit.wsgify
    def application(request):
        raise webob.exc.HTTPServiceUnavailable('no', comment=CONFLICT)

    exchange = answer(application)
    assert exchange.code == 503
    assert reported(records).code == CONFLICT
    assert reported(records).request_id == exchange.request_id
