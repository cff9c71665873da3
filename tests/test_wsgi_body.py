# SPDX-License-Identifier: Apache-2.0
"""errorkit._wsgi and _headers: a start that waits, a body that is owned."""

import contextvars
import gc
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from errorkit import _headers
from errorkit._headers import check_head, with_vary
from errorkit._wsgi.body import Body
from errorkit._wsgi.held import Held
from errorkit.exceptions import InvalidResponse

TEXT = ('Content-Type', 'text/plain')


class Server:
    """A start_response that notes what it is called with."""

    def __init__(self):
        self.calls = []
        self.written = []

    def __call__(self, status, headers, exc_info=None):
        self.calls.append((status, headers, exc_info))
        return self.written.append


def caught(exception):
    """Return the exc_info of an exception that was raised."""
    try:
        raise exception
    except BaseException:
        return sys.exc_info()


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def held(server):
    return Held(server)


# -- Held

def test_a_start_waits_for_the_commit(held, server):
    held('201 Created', [TEXT])
    assert server.calls == []
    assert (held.code, held.committed) == (201, False)
    held.commit()
    assert server.calls == [('201 Created', [TEXT], None)]
    assert held.tried and held.committed


def test_a_commit_without_a_start_is_the_fault_of_the_application(
        held, server):
    with pytest.raises(InvalidResponse, match='was not called'):
        held.commit()
    assert server.calls == []


def test_a_second_start_needs_exc_info(held):
    held('200 OK', [TEXT])
    with pytest.raises(InvalidResponse, match='twice'):
        held('200 OK', [TEXT])


def test_a_second_start_with_exc_info_replaces_the_first(held, server):
    held('200 OK', [TEXT])
    held('500 Bad', [TEXT, ('X-Why', 'it')], caught(ValueError('x')))
    held.commit()
    # The server has heard of no first one, so it gets no exc_info either.
    assert server.calls == [('500 Bad', [TEXT, ('X-Why', 'it')], None)]


def test_a_second_start_forgets_what_was_written_for_the_first(held, server):
    held('200 OK', [TEXT])(b'for the first')
    held('500 Bad', [TEXT], caught(ValueError('x')))
    held.commit()
    assert held.take() == b''
    assert server.written == []


def test_a_start_after_the_commit_raises_what_it_is_given(held, server):
    held('200 OK', [TEXT])
    held.commit()
    exc_info = caught(ValueError('x'))
    with pytest.raises(ValueError, match='x') as raised:
        held('500 Bad', [TEXT], exc_info)
    assert raised.value is exc_info[1]
    assert raised.tb.tb_next is not None
    assert len(server.calls) == 1


def test_the_first_chunk_written_waits_and_the_second_sends_both(
        held, server):
    write = held('200 OK', [TEXT])
    write(b'one')
    assert server.calls == [] and server.written == []
    write(b'two')
    assert len(server.calls) == 1
    assert server.written == [b'one', b'two']
    write(b'three')
    assert server.written == [b'one', b'two', b'three']


def test_empty_chunks_written_send_nothing_by_themselves(held, server):
    write = held('200 OK', [TEXT])
    for chunk in (b'', b'', b'one', b'two'):
        write(chunk)
    assert server.written == [b'one', b'two']


def test_the_chunk_kept_back_is_taken_once(held):
    held('200 OK', [TEXT])(b'one')
    assert held.take() == b'one'
    assert held.take() == b''


def test_after_a_restart_another_response_may_be_started(held, server):
    held('200 OK', [TEXT])(b'one')
    held.restart()
    held('404 Not Found', [TEXT])
    held.commit()
    assert [call[0] for call in server.calls] == ['404 Not Found']
    assert held.take() == b''


def test_a_commit_that_the_server_refuses_was_tried():
    def refusing(status, headers, exc_info=None):
        raise OSError('no')

    held = Held(refusing)
    held('200 OK', [TEXT])
    with pytest.raises(OSError, match='no'):
        held.commit()
    assert held.tried and not held.committed


@pytest.mark.parametrize(('status', 'plain'), [
    ('200 OK', True), ('302 Found', True), ('399 Odd', True),
    ('199 Odd', False), ('204 No Content', False), ('304 Not', False),
    ('205 Reset', False), ('400 Bad', False), ('503 Bad', False)])
def test_plain_is_a_success_with_an_ordinary_body(held, status, plain):
    held(status, [TEXT])
    assert held.is_plain() is plain


def test_a_response_with_a_chunk_kept_back_is_not_plain(held):
    held('200 OK', [TEXT])(b'one')
    assert not held.is_plain()


def test_two_instances_share_nothing(server):
    first, second = Held(server), Held(server)
    first('200 OK', [TEXT])(b'one')
    assert second.status is None
    assert (second.headers, second.chunk, second.code) == ([], b'', 0)


def test_a_bad_head_leaves_the_earlier_one_in_place(held, server):
    held('200 OK', [TEXT])
    with pytest.raises(InvalidResponse):
        held('500 Bad', [('X', 'a\r\nb')], caught(ValueError('x')))
    held.commit()
    assert [call[0] for call in server.calls] == ['200 OK']


# -- check_head

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789"
                  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')


def name_is_good(name):
    """Say by hand what RFC 9110 section 5.1 says of a name."""
    return name != '' and all(character in TOKEN for character in name)


def value_is_good(value):
    """Say by hand what RFC 9110 section 5.5 says of a value."""
    return all(character == '\t' or ' ' <= character <= '~'
               or '\x80' <= character <= '\xff' for character in value)


def status_is_good(status):
    """Say by hand what RFC 9112 section 4 says of a status line."""
    number, blank, reason = status[:3], status[3:4], status[4:]
    return (len(number) == 3 and number[0] in '123456789'
            and all(digit in '0123456789' for digit in number)
            and (blank == ' ' or status[3:] == '')
            and value_is_good(reason) and '\t' not in reason)


def passes(status, headers):
    """Tell whether check_head lets a head pass."""
    try:
        return check_head(status, headers) == int(status[:3])
    except InvalidResponse:
        return False


EDGES = [chr(number) for number in range(0x180)] + [
    '\u2028', '\u2029', '\u202e', '\uff10', '\u0660', '\ud800', '\ufeff',
    '\U0001f600', '\U0010ffff']


@pytest.mark.parametrize('character', EDGES, ids=ascii)
def test_each_character_is_judged_as_http_does(character):
    for text in (character, f'a{character}', f'{character}b',
                 f'a{character}b'):
        assert passes('200 OK', [(text, 'v')]) == name_is_good(text)
        assert passes('200 OK', [('X', text)]) == value_is_good(text)
        assert passes(f'200 {text}', []) == status_is_good(f'200 {text}')
        assert passes(f'{text}00 OK', []) == status_is_good(f'{text}00 OK')


@settings(max_examples=500, deadline=None)
@given(st.text(), st.text(), st.text())
@example('', '', '')
@example('X', 'v\n', '200 OK')
@example('X\n', 'v', '200 OK')
@example('X', 'v', '200 OK\n')
@example('X', 'v', '2000')
@example('X', 'v', '200')
@example('X', 'v', '099 Low')
def test_any_head_is_judged_as_http_does(name, value, status):
    assert passes(status, [(name, value)]) == (
        status_is_good(status) and name_is_good(name)
        and value_is_good(value))


@pytest.mark.parametrize(('status', 'headers'), [
    (b'200 OK', []), (200, []), (None, []),
    ('200 OK', None), ('200 OK', [None]), ('200 OK', [('X',)]),
    ('200 OK', [('X', 'v', 'w')]), ('200 OK', [(b'X', 'v')]),
    ('200 OK', [('X', b'v')]), ('200 OK', [('X', 5)]),
    ('200 OK', [('X', None)]), ('200 OK', [(None, 'v')]),
    ('200 OK', [(['X'], 'v')]), ('200 OK', 5)], ids=repr)
def test_what_are_no_strings_is_refused_as_such(status, headers):
    with pytest.raises(InvalidResponse):
        check_head(status, headers)


def test_the_refusal_names_the_header_and_never_its_value():
    with pytest.raises(InvalidResponse) as raised:
        check_head('200 OK', [TEXT, ('X-Subject', 'hunter2\r\nX-Evil: 1')])
    assert 'X-Subject' in str(raised.value)
    assert 'hunter2' not in repr(raised.value)
    assert raised.value.__cause__ is None


def test_the_refusal_shows_a_bad_name_escaped_and_cut():
    with pytest.raises(InvalidResponse) as raised:
        check_head('200 OK', [('X\r\n' + 'é' * 5000, 'v')])
    text = str(raised.value)
    assert text.isascii() and text.isprintable()
    assert len(text) < 200


def test_a_bad_status_is_not_repeated():
    with pytest.raises(InvalidResponse) as raised:
        check_head('200 hunter2\r\nX: 1', [])
    assert 'hunter2' not in repr(raised.value)


def test_the_memory_of_good_names_is_bounded(monkeypatch):
    monkeypatch.setattr(_headers, '_good_names', set())
    for number in range(3000):
        check_head('200 OK', [(f'X-{number}', 'v')])
    assert len(_headers._good_names) <= 1000
    assert passes('200 OK', [('X-2999', 'v')])


def test_a_bad_name_is_bad_the_second_time_too():
    assert not passes('200 OK', [('X Bad', 'v')])
    assert not passes('200 OK', [('X Bad', 'v')])


# -- with_vary

@pytest.mark.parametrize(('before', 'names', 'after'), [
    ([], ['Accept'], 'Accept'),
    ([('Vary', 'Cookie')], ['Accept'], 'Cookie, Accept'),
    ([('Vary', 'Cookie,Accept')], ['Accept'], 'Cookie, Accept'),
    ([('vary', 'accept')], ['Accept'], 'accept'),
    ([('Vary', 'A'), ('VARY', 'B')], ['C'], 'A, B, C'),
    ([('Vary', '*')], ['Accept'], '*'),
    ([('Vary', '')], ['Accept'], 'Accept'),
    ([('Vary', ' , A ,')], ['B'], 'A, B'),
    ([], ['A', 'B'], 'A, B')])
def test_vary_is_merged_into_one(before, names, after):
    given_headers = [TEXT, *before]
    unchanged = given_headers[:]
    merged = with_vary(given_headers, *names)
    assert [value for name, value in merged
            if name.lower() == 'vary'] == [after]
    assert merged[0] == TEXT
    assert given_headers == unchanged


def test_vary_leaves_the_other_headers_in_their_order():
    headers = [('Set-Cookie', 'a'), ('Vary', 'A'), ('Set-Cookie', 'b')]
    assert with_vary(headers, 'B') == [
        ('Set-Cookie', 'a'), ('Set-Cookie', 'b'), ('Vary', 'A, B')]


# -- Body

class Iterable:
    """What an application returns: counts its closings."""

    def __init__(self, chunks=(), fails_at=None, fails_in_close=None):
        self._chunks = list(chunks)
        self._fails_at = fails_at
        self._fails_in_close = fails_in_close
        self._at = 0
        self.closed = 0

    def __iter__(self):
        return self

    def __next__(self):
        assert not self.closed, 'read after it was closed'
        if self._at == self._fails_at:
            raise ValueError('chunk')
        if self._at == len(self._chunks):
            raise StopIteration
        self._at += 1
        return self._chunks[self._at - 1]

    def close(self):
        self.closed += 1
        if self._fails_in_close is not None:
            raise self._fails_in_close


class Watch:
    """A guard that notes what it is told, and lets it pass."""

    def __init__(self, answer=lambda raised: raised):
        self.told = []
        self._answer = answer

    def __call__(self, raised, closing):
        self.told.append((raised, closing))
        return self._answer(raised)


def test_a_body_passes_every_chunk_and_counts_the_bytes():
    body = Body(Iterable([b'a', b'', b'bcd']))
    assert list(body) == [b'a', b'', b'bcd']
    assert (body.sent, body.finished, body.failed) == (4, True, False)


def test_a_body_sends_first_what_was_in_hand():
    inner = Iterable([b'one', b'two', b'three'])
    chunks = iter(inner)
    assert next(chunks) == b'one'
    body = Body(inner, chunks, (b'one',))
    assert list(body) == [b'one', b'two', b'three']
    assert body.sent == 11


@pytest.mark.parametrize('kind', [list, tuple])
def test_a_body_of_a_list_needs_no_close(kind):
    body = Body(kind([b'a', b'b']), None, (b'-',))
    assert list(body) == [b'-', b'a', b'b']
    body.close()
    assert body.closed and body.finished


def test_a_body_is_read_only_as_far_as_it_is_asked_for():
    def chunks():
        for number in range(5):
            pulled.append(number)
            yield b'%d' % number

    pulled = []
    read = iter(Body(chunks()))
    assert pulled == []
    for count in range(1, 6):
        next(read)
        assert len(pulled) == count


def test_the_iterable_is_closed_before_the_callback_runs():
    inner = Iterable([b'a'])
    order = []
    body = Body(inner)
    body.on_close(lambda closed: order.append((inner.closed, closed is body)))
    body.close()
    body.close()
    assert order == [(1, True)]


def test_the_callback_runs_when_the_close_of_the_iterable_fails():
    order = []
    body = Body(Iterable(fails_in_close=ValueError('close')))
    body.on_close(order.append)
    with pytest.raises(ValueError, match='close'):
        body.close()
    assert order == [body]
    body.close()
    assert order == [body]


def test_a_failure_is_told_once_and_passes():
    body = Body(Iterable([b'a'], fails_at=1))
    body.guard = watch = Watch()
    with pytest.raises(ValueError, match='chunk'):
        list(body)
    [(raised, closing)] = watch.told
    assert type(raised) is ValueError and closing is False
    assert body.failed and not body.finished


def test_a_guard_may_put_another_exception_in_its_place():
    body = Body(Iterable(fails_at=0))
    body.guard = Watch(lambda raised: OSError('instead'))
    with pytest.raises(OSError, match='instead') as raised:
        list(body)
    assert raised.value.__suppress_context__


def test_a_guard_may_keep_a_failure_to_itself():
    body = Body(Iterable(fails_at=0, fails_in_close=ValueError('close')))
    body.guard = watch = Watch(lambda raised: None)
    assert list(body) == []
    body.close()
    assert [closing for _, closing in watch.told] == [False, True]
    assert body.failed and not body.finished


def test_a_body_that_is_only_dropped_is_closed():
    inner = Iterable([b'a', b'b'])
    body = Body(inner)
    read = iter(body)
    assert next(read) == b'a'
    del body, read
    gc.collect(0)
    assert inner.closed == 1


def test_a_generator_that_was_never_asked_is_closed():
    closed = []

    class Generator(Iterable):
        def close(self):
            closed.append(True)

    body = Body(Generator([b'a']))
    del body
    gc.collect(0)
    assert closed == [True]


OPERATIONS = st.lists(st.sampled_from(['iter', 'next', 'close']), max_size=12)


@settings(max_examples=500, deadline=None)
@given(operations=OPERATIONS,
       chunks=st.lists(st.binary(max_size=3), max_size=4),
       head=st.lists(st.binary(min_size=1, max_size=3), max_size=1),
       fails_at=st.none() | st.integers(0, 4),
       close_fails=st.booleans(), guarded=st.booleans())
def test_whatever_a_server_does_the_iterable_is_closed_once(
        operations, chunks, head, fails_at, close_fails, guarded):
    inner = Iterable(
        chunks, fails_at, ValueError('close') if close_fails else None)
    body = Body(inner, None, tuple(head))
    watch = Watch(lambda raised: None)
    if guarded:
        body.guard = watch
    ended = []
    body.on_close(lambda closed: ended.append(closed.sent))
    read = iter(body)
    received = 0
    for operation in operations:
        try:
            if operation == 'iter':
                read = iter(body)
            elif operation == 'close':
                body.close()
            elif not inner.closed:
                received += len(next(read))
        except StopIteration:
            continue
        except ValueError:
            assert not guarded
    assert body.sent == received
    try:
        body.close()
    except ValueError:
        assert close_fails and not guarded
    assert inner.closed == 1
    assert ended == [received]
    closings = [closing for _, closing in watch.told]
    assert closings.count(True) == (close_fails and guarded)
    del body, read
    assert inner.closed == 1


# -- the value that holds while the application runs

NAME = contextvars.ContextVar('name', default=None)


class Listening(Iterable):
    """It notes the value of NAME whenever it runs."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.heard = []

    def __iter__(self):
        self.heard.append(NAME.get())
        return self

    def __next__(self):
        self.heard.append(NAME.get())
        return super().__next__()

    def close(self):
        self.heard.append(NAME.get())
        super().close()


def test_the_scope_holds_at_each_step_and_ends_with_the_last():
    inner = Listening([b'a', b'b'])
    body = Body(inner)
    body.scope = NAME, 'mine'
    assert list(body) == [b'a', b'b']
    assert NAME.get() is None
    body.close()
    assert NAME.get() is None
    assert set(inner.heard) == {'mine'}
    assert len(inner.heard) >= 5  # iter, two chunks, the end, close


def test_the_scope_holds_whatever_others_set_between_two_steps():
    inner = Listening([b'a', b'b', b'c'])
    body = Body(inner)
    body.scope = NAME, 'mine'
    token = NAME.set('theirs')
    for _ in body:
        NAME.set('anothers')
    assert NAME.get() == 'theirs'
    NAME.reset(token)
    body.close()
    assert set(inner.heard) == {'mine'}


def test_the_scope_ends_where_a_step_fails():
    inner = Listening([], fails_at=0, fails_in_close=ValueError('close'))
    body = Body(inner)
    body.scope = NAME, 'mine'
    with pytest.raises(ValueError, match='chunk'):
        list(body)
    assert NAME.get() is None
    with pytest.raises(ValueError, match='close'):
        body.close()
    assert NAME.get() is None
    assert set(inner.heard) == {'mine'}


def test_the_scope_holds_for_the_guard_and_for_the_callback():
    heard = []
    body = Body(Iterable(fails_at=0))
    body.scope = NAME, 'mine'
    body.guard = lambda raised, closing: heard.append(NAME.get())
    body.on_close(lambda closed: heard.append(NAME.get()))
    list(body)
    body.close()
    assert heard == ['mine', 'mine']


def test_the_scope_can_be_entered_in_one_context_and_left_in_another():
    # A server may hand a body from thread to thread, each in its own context.
    inner = Listening([b'a', b'b'])
    body = Body(inner)
    body.scope = NAME, 'mine'
    read = iter(body)
    assert contextvars.Context().run(next, read) == b'a'
    assert contextvars.Context().run(next, read) == b'b'
    contextvars.Context().run(body.close)
    assert set(inner.heard) == {'mine'}
