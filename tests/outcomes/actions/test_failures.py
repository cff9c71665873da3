# SPDX-License-Identifier: Apache-2.0
"""What is said of a failure: to the owner, to admins, and to nobody."""

import unicodedata

import hypothesis
import pytest
import webob.exc
from hypothesis import strategies as st
from recorded import Book

from errorkit.domain import Known, table_of
from errorkit.error import Error, MultiError
from errorkit.outcomes.actions import failures
from errorkit.outcomes.actions.memory import MemoryActions


class Unsafe(Exception):
    """Its text is nobody's business."""


class Safe(Exception):
    """It says of itself that it is safe."""

    safe = True


class Registered(Exception):
    """It is in the table."""


class Hidden(Exception):
    """It has another text in the table."""


KNOWN = table_of({
    Registered: Known(404, 'volume.lost', safe=True),
    Hidden: Known(503, 'volume.no_room', detail='There is no room.'),
    Unsafe: (409, 'volume.in_use'),
})


def read(raised, registered=KNOWN):
    """Return a failure of something raised, with a traceback."""
    try:
        raise raised
    except BaseException as exc:
        return failures.read(exc, registered)


@pytest.mark.parametrize(('raised', 'status', 'code', 'message'), [
    (Safe('Volume 5 is busy'), 500, None, 'Volume 5 is busy'),
    (Registered('no <vol> & co'), 404, 'volume.lost', 'no <vol> & co'),
    (Hidden('storage-3'), 503, 'volume.no_room', 'There is no room.'),
    (Unsafe('storage-3'), 409, 'volume.in_use', 'Unsafe'),
    (KeyError('storage-3'), 500, None, 'KeyError'),
    (webob.exc.HTTPConflict('It is in use.', comment='volume.in_use'),
     409, 'volume.in_use', 'It is in use.'),
    (webob.exc.HTTPConflict('It is in use.', comment='no code at all'),
     409, None, 'It is in use.'),
    (webob.exc.HTTPFound(location='/x'), 500, None, None),
    (MultiError([webob.exc.HTTPConflict('One.', comment='volume.one'),
                 webob.exc.HTTPNotFound('Two.')]), 409, 'volume.one', 'One.'),
    (MultiError([Error(400, 'Bad', 'The name.', 'volume.name')]),
     400, 'volume.name', 'The name.'),
    (KeyboardInterrupt(), 500, None, 'KeyboardInterrupt'),
    (Safe(''), 500, None, 'Safe'),
])
def test_the_owner_reads_what_is_safe_or_a_class(
        raised, status, code, message):
    found = read(raised)
    assert (found.status, found.code) == (status, code)
    if message is not None:
        assert found.message == message
    assert 'storage-3' not in found.message


def test_an_exceptions_own_attributes_choose_nothing():
    raised = Unsafe('secret')
    raised.status = raised.code = raised.status_code = 404
    raised.detail = raised.message = 'secret'
    raised.safe = 'yes'
    found = read(raised, {})
    assert (found.status, found.code, found.message) == (500, None, 'Unsafe')


def test_admins_read_its_own_text_and_traceback():
    found = read(Unsafe('storage-3 is full'))
    assert found.details == 'storage-3 is full'
    assert 'storage-3 is full' in found.traceback
    assert found.traceback.startswith('Traceback')


@pytest.mark.parametrize('text', [
    'password=hunter2', "{'auth_token': 'hunter2'}",
    'mysql://root:hunter2@db/volumes', 'Authorization: Basic hunter2',
    'x' * 4000 + ' password="' + 'hunter2' * 40 + '"'])
def test_secrets_are_in_nothing_that_is_kept(text):
    book = Book(MemoryActions())
    with pytest.raises(Unsafe), book.record(
            details=lambda exc: f'Said: {exc}') as action, action.event('a'):
        raise Unsafe(text)
    kept = repr((book.action, book.full_events, book.faults,
                 [one.exception_message for one in book.told]))
    assert 'hunter2' not in kept
    assert '***' in kept


@pytest.mark.parametrize('tail', [
    'e\N{COMBINING ACUTE ACCENT}\N{COMBINING CEDILLA}',
    '\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}',
    '\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}',
    '\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}',
    '\N{DEVANAGARI LETTER KA}\N{DEVANAGARI VOWEL SIGN AA}',
])
def test_no_character_is_split_by_the_cut(tail):
    for before in range(249, 258):
        text = 'x' * before + tail + 'y' * 50
        found = failures.fitted(text)
        assert len(found) <= 255
        assert found.endswith('…')
        rest = found[:-1].lstrip('x').rstrip('y')
        assert rest in ('', tail)


def test_a_text_of_255_characters_is_whole():
    assert failures.fitted('ä' * 255) == 'ä' * 255
    assert failures.fitted('ä' * 256) == 'ä' * 254 + '…'
    assert len(failures.fitted('\N{COMBINING CEDILLA}' * 400)) == 255


@pytest.mark.parametrize(('text', 'kept'), [
    ('a\0b', 'a\N{REPLACEMENT CHARACTER}b'), ('a\ud800b', 'a?b'),
    ('a\n\tb  c', 'a b c'), ('\n', 'Safe'), ('a\N{LINE SEPARATOR}b', 'a b'),
])
def test_what_no_database_keeps_is_replaced(text, kept):
    assert read(Safe(text)).message == kept


@hypothesis.given(st.text(max_size=600), st.booleans())
def test_any_text_becomes_one_that_fits(text, is_safe):
    found = read(Safe(text) if is_safe else Unsafe(text))
    assert 0 < len(found.message) <= 255
    for one in (found.message, found.details or '', found.traceback):
        assert '\0' not in one
        one.encode()
    assert len(found.message.splitlines()) == 1
    if len(' '.join(text.split())) > 255 and is_safe:
        assert not unicodedata.combining(found.message[0]) or (
            unicodedata.combining(' '.join(text.split())[0]))


class Meta(type):
    """A metaclass that is against everything."""

    def __getattribute__(cls, name):
        raise RuntimeError('hunter2')

    def __instancecheck__(cls, one):
        raise RuntimeError('hunter2')

    def mro(cls):
        return type.mro(cls)


class Fiend(Exception, metaclass=Meta):
    """An exception whose class fails at everything."""

    def __str__(self):
        raise RuntimeError('hunter2')

    __repr__ = __str__

    def __getattribute__(self, name):
        raise RuntimeError('hunter2')

    def __bool__(self):
        raise RuntimeError('hunter2')


class Lies(Exception):
    """It says it is of another class."""

    __class__ = webob.exc.HTTPNotFound
    detail = explanation = 'hunter2'
    status = '404 Not Found'
    comment = 'volume.lost'


class Strange(webob.exc.HTTPConflict):
    """An error of webob whose members are traps."""

    @property
    def comment(self):
        raise RuntimeError('hunter2')

    @comment.setter
    def comment(self, value):
        pass


class Odd(webob.exc.HTTPConflict):
    """One with a detail that cannot be read."""

    def __init__(self):
        super().__init__()
        self.detail = Fiend()


class Loud(Exception):
    """Its text is not a text."""

    safe = True

    def __str__(self):
        return 5


@pytest.mark.parametrize('make', [
    lambda: Fiend(), lambda: Lies(), lambda: Strange('x'), lambda: Odd(),
    lambda: Loud(), lambda: MultiError([Odd()])])
def test_a_hostile_exception_is_a_failure_like_others(make):
    raised = make()
    book = Book(MemoryActions())
    try:
        with book.record() as action, action.event('a'):
            raise raised
    except BaseException as exc:
        passed = exc is raised
    assert passed
    assert [status for _, status in book.events] == ['error']
    [fault] = book.faults
    assert 'hunter2' not in fault.message
    assert 'hunter2' not in book.action.message
    beating = book.actions._means.heartbeat
    assert (beating._actions, beating._events) == ({}, {})


def test_what_the_service_tells_of_a_failure_is_for_its_owner():
    book = Book(MemoryActions(), exceptions={
        Registered: Known(409, 'volume.lost', safe=True)})
    with pytest.raises(Registered), book.record(
            details=lambda exc: 'x' * 9000) as action, action.event('a'):
        raise Registered('lost')
    [fault] = book.faults
    assert (fault.code, fault.public, fault.message) == (409, True, 'lost')
    assert len(fault.details) == 8192


@pytest.mark.parametrize('details', [
    lambda exc: None, lambda exc: '', lambda exc: 1 / 0,
    lambda exc: Fiend()])
def test_what_it_cannot_tell_is_the_traceback_for_admins(details):
    book = Book(MemoryActions())
    with pytest.raises(Unsafe), book.record(details=details):
        raise Unsafe('storage-3')
    [fault] = book.faults
    assert not fault.public
    assert fault.details.startswith('Traceback')
