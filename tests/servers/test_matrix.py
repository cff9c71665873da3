# SPDX-License-Identifier: Apache-2.0
"""The matrix: every way to fail, in the same service, under seven servers.

Eleven failures come before the first byte, four in the body. Each happens
once in each server, which must still answer one second later.
"""

import concurrent.futures
import dataclasses
import json
import re
import time

import launch
import pytest
import raw

pytestmark = pytest.mark.server

# The failure, and what the log must name for whoever has to find it.
BEFORE = {
    'before': 'ValueError',
    'after_sr': 'ValueError',
    'first_iter': 'ValueError',
    'lazy_sr': 'ValueError',
    'write_raise': 'ValueError',
    'bad_str': 'Unprintable',
    'surrogate': 'ValueError',
    'exit': 'SystemExit',
    'interrupt': 'KeyboardInterrupt',
    'generator_exit': 'GeneratorExit',
    'timeout': 'OutOfTime',
}
DURING = ('mid_length', 'mid_chunked', 'close_raises', 'reset')
FAILURES = (*BEFORE, *DURING)

# gunicorn's sync worker runs the application in the main thread, where its
# own signal handlers raise these two. They are the server's there, and pass.
PASSED_ON = {('gunicorn-sync', 'exit'), ('gunicorn-sync', 'interrupt')}

# uWSGI's first thread is the main one, its others are not. The matrix fails
# in the others; a test of its own fails in the first.
THREADS = {('uwsgi', 'exit'): 'other', ('uwsgi', 'interrupt'): 'other'}

# What a body without a length looks like to the client when it is cut: how
# it was framed, and whether it seems complete. uWSGI and mod_wsgi end a cut
# body like a whole one, which no WSGI application can prevent.
CUT = {
    'gunicorn-sync': ('chunked', False),
    'gunicorn-gthread': ('chunked', False),
    'gunicorn-gevent': ('chunked', False),
    'waitress': ('chunked', False),
    'cheroot': ('chunked', False),
    'uwsgi': ('close', True),
    'mod_wsgi': ('chunked', True),
}

REQUEST_ID = re.compile(
    'req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}')
OURS = ('errorkit.', 'matrix')


@dataclasses.dataclass
class Cell:
    """What one failure looked like from outside, and what it left behind."""

    answer: raw.Response | None
    silence: str
    alive: bool
    records: list
    secret: str

    def of_this_request(self, **wanted):
        """The records with this request's id and these other values."""
        request_id = self.answer.request_id if self.answer else None
        return [record for record in self.records
                if record['request_id'] == request_id
                and all(record[key] == wanted[key] for key in wanted)]


def provoke(server, failure, thread=None):
    """Cause a failure; return the answer, or why there is none."""
    path = f'/{failure}' + (f'?thread={thread}' if thread else '')
    for _attempt in range(50):
        try:
            if failure == 'reset':
                with raw.Connection(server.port) as connection:
                    connection.send(raw.request(path))
                    answer = connection.head()
                    connection.reset()
            else:
                answer = raw.ask(server.port, path)
        except raw.NoAnswerError as error:
            return None, str(error)
        if not answer.all('X-Wrong-Thread'):
            return answer, ''
    raise AssertionError(f'{server.name} never used the {thread} thread')


def is_alive(server):
    """Whether the server still answers."""
    try:
        return raw.ask(server.port, '/ok', timeout=3.0).status == 200
    except (OSError, raw.NoAnswerError):
        return False


def fill_cell(server, failure, thread=None):
    """Cause a failure and see what becomes of it and of the server."""
    mark = server.mark()
    answer, silence = provoke(server, failure, thread)
    time.sleep(1.0)
    alive = is_alive(server)

    def enough(records):
        cell = Cell(answer, silence, alive, records, server.secret)
        return not complaints(failure, cell)
    records = server.wait_for(mark, enough)
    return Cell(answer, silence, alive, records, server.secret)


def complaints(failure, cell):
    """Everything that is wrong with a cell."""
    if failure in BEFORE:
        return complaints_before(failure, cell)
    return complaints_during(failure, cell)


def complaints_before(failure, cell):
    """What is wrong with the answer to a failure before the first byte."""
    answer = cell.answer
    if answer is None:
        return [f'no answer ({cell.silence})']
    found = clean_500(answer, cell.secret)
    if not found:
        errors = cell.of_this_request(level='ERROR')
        if not any(BEFORE[failure] in record['fault'] for record in errors):
            found.append(f'no ERROR record with the id and the fault: '
                         f'{cell.records}')
    closed = [record for record in cell.records
              if record['message'] == f'closed {failure}']
    if len(closed) != (failure == 'first_iter'):
        found.append(f'close() ran {len(closed)} times')
    return found


def clean_500(answer, secret=''):
    """What is wrong with a response that must be a clean 500."""
    found = []
    ids = answer.all('X-Openstack-Request-Id')
    if answer.status != 500:
        found.append(f'status {answer.status}')
    if answer.all('Content-Type') != ['application/json']:
        found.append(f'type {answer.all("Content-Type")}')
    if len(ids) != 1 or not REQUEST_ID.fullmatch(ids[0]):
        found.append(f'ids {ids}')
    if not answer.complete or answer.trailing:
        found.append(f'{answer.framing} body incomplete or more follows')
    try:
        error = json.loads(answer.body)['errors'][0]
        if [error['request_id']] != ids or error['status'] != 500:
            found.append(f'body says {error}')
    except (ValueError, LookupError, TypeError) as problem:
        found.append(f'body {answer.body!r}: {problem!r}')
    wire = (answer.head + answer.body).decode('latin-1')
    found += [f'{text} leaked'
              for text in (secret, 'Traceback', 'Evil', *BEFORE.values())
              if text and text in wire]
    return found


def complaints_during(failure, cell):
    """What is wrong with the traces of a failure in the body."""
    answer = cell.answer
    if answer is None:
        return [f'no answer ({cell.silence})']
    found = []
    ids = answer.all('X-Openstack-Request-Id')
    if answer.status != 200 or len(ids) != 1:
        return [f'status {answer.status}, ids {ids}']
    lines = cell.of_this_request(logger='errorkit.request_log', level='INFO')
    if len(lines) != 1:
        found.append(f'{len(lines)} request log lines')
    aborted = [line for line in lines if line['message'].endswith(' aborted')]
    if failure != 'close_raises' and not aborted:
        found.append(f'no request log line says aborted: {lines}')
    if failure != 'reset':
        errors = cell.of_this_request(level='ERROR')
        if not any('ValueError' in record['fault'] for record in errors):
            found.append(f'no ERROR record with the id: {cell.records}')
    closed = [record for record in cell.records
              if record['message'] == f'closed {failure}']
    if len(closed) != 1 or closed[0]['request_id'] not in ids:
        found.append(f'close() left {closed}')
    return found


class Matrix:
    """The cells of the servers that this run needs.

    A row takes some twenty seconds, nearly all of them waiting; the rows are
    filled side by side.
    """

    def __init__(self, fleet, kinds):
        servers = {kind: fleet.get(kind) for kind in kinds}
        with concurrent.futures.ThreadPoolExecutor(len(kinds) or 1) as pool:
            self._rows = {kind: pool.submit(self._row, server)
                          for kind, server in servers.items()}

    @staticmethod
    def _row(server):
        return {failure: fill_cell(server, failure,
                                   THREADS.get((server.name, failure)))
                for failure in FAILURES}

    def cell(self, kind, failure):
        """One cell; an error while its row was filled is raised here."""
        return self._rows[kind].result()[failure]


@pytest.fixture(scope='session')
def matrix(request, fleet):
    """The matrix, as far as the tests chosen for this run look at it."""
    kinds = set()
    for item in request.session.items:
        if 'matrix' in getattr(item, 'fixturenames', ()):
            params = item.callspec.params if hasattr(item, 'callspec') else {}
            kinds.update([params['kind']] if 'kind' in params
                         else launch.KINDS)
    return Matrix(fleet, [kind for kind in launch.KINDS
                          if kind in kinds and not launch.missing(kind)])


def skip_if_missing(*kinds):
    """Skip where one of these servers is not there, and say why."""
    reasons = [reason for reason in map(launch.missing, kinds) if reason]
    if reasons:
        pytest.skip('; '.join(reasons))


each_server = pytest.mark.parametrize('kind', launch.KINDS)


@each_server
@pytest.mark.parametrize('failure', BEFORE)
def test_a_failure_before_the_first_byte_is_a_clean_500(
        kind, failure, matrix):
    skip_if_missing(kind)
    cell = matrix.cell(kind, failure)
    if (kind, failure) in PASSED_ON:
        assert_passed_on(failure, cell)
    else:
        assert complaints_before(failure, cell) == []


def assert_passed_on(failure, cell):
    """The exception went through to the server, but not without a trace."""
    assert any(record['message'] == 'thread main' for record in cell.records)
    if cell.answer is not None:
        assert cell.answer.all('X-Openstack-Request-Id') == []
        assert cell.secret.encode() not in cell.answer.head
        assert cell.secret.encode() not in cell.answer.body
    logged = [record for record in cell.records
              if record['logger'].startswith('errorkit.')
              and BEFORE[failure] in record['fault']
              and REQUEST_ID.fullmatch(record['request_id'] or '')]
    assert logged, cell.records


@each_server
@pytest.mark.parametrize('failure', DURING)
def test_a_failure_in_the_body_is_logged_with_its_id_and_closed_once(
        kind, failure, matrix):
    skip_if_missing(kind)
    assert complaints_during(failure, matrix.cell(kind, failure)) == []


@each_server
@pytest.mark.parametrize('failure', FAILURES)
def test_the_server_answers_one_second_after_a_failure(
        kind, failure, matrix):
    skip_if_missing(kind)
    assert matrix.cell(kind, failure).alive


@each_server
def test_a_cut_body_with_a_length_is_seen_to_be_cut(kind, matrix):
    skip_if_missing(kind)
    answer = matrix.cell(kind, 'mid_length').answer
    assert answer.status == 200
    assert answer.one('Content-Length') == '30'
    assert answer.body == b'0123456789'
    assert not answer.complete


@each_server
def test_a_cut_body_without_a_length_looks_as_this_server_makes_it(
        kind, matrix):
    skip_if_missing(kind)
    answer = matrix.cell(kind, 'mid_chunked').answer
    assert answer.status == 200
    assert answer.body == b'0123456789'
    assert (answer.framing, answer.complete) == CUT[kind]


@each_server
def test_a_body_whose_close_fails_has_reached_the_client(kind, matrix):
    skip_if_missing(kind)
    answer = matrix.cell(kind, 'close_raises').answer
    assert answer.body == b'0123456789'
    assert answer.complete
    assert answer.trailing == b''


def test_the_matrix_adds_up(matrix):
    skip_if_missing(*launch.KINDS)
    unclean = {
        (kind, failure) for kind in launch.KINDS for failure in BEFORE
        if complaints_before(failure, matrix.cell(kind, failure))}
    logged_and_closed = [
        (kind, failure) for kind in launch.KINDS for failure in DURING
        if not complaints_during(failure, matrix.cell(kind, failure))]
    alive = [
        (kind, failure) for kind in launch.KINDS for failure in FAILURES
        if matrix.cell(kind, failure).alive]
    assert len(launch.KINDS) * len(BEFORE) == 77
    assert unclean == PASSED_ON
    assert 77 - len(unclean) >= 74
    assert len(logged_and_closed) == 28
    assert len(alive) == 105


@pytest.mark.parametrize('failure', ['exit', 'interrupt'])
@pytest.mark.parametrize('kind', ['uwsgi'])
def test_an_exit_in_the_main_thread_passes_and_the_server_recovers(
        server, failure):
    cell = fill_cell(server, failure, thread='main')
    assert_passed_on(failure, cell)
    assert cell.alive
