# SPDX-License-Identifier: Apache-2.0
"""What is worked on is said to be alive, and nothing else."""

import contextlib
import gc
import threading
import time
import weakref

import pytest
from action_samples import is_long, lapse, shorten
from recorded import Book, Broken, asked

from errorkit.outcomes.actions.heartbeat import Heartbeat
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import IN_PROGRESS, LOST, SUCCESS


class Noting:
    """A store that notes what it is to renew."""

    def __init__(self, raises=None):
        self.renewed = []
        self.raises = raises
        self.beaten = threading.Semaphore(0)

    def renew(self, actions, events, lease):
        """Note it."""
        self.renewed.append((actions, events, lease))
        self.beaten.release()
        if self.raises:
            raise self.raises


def threads():
    """Return the threads that beat."""
    return [one for one in threading.enumerate()
            if one.name == 'errorkit-heartbeat']


@pytest.fixture
def book():
    """A recorder whose leases are an hour, on memory."""
    return Book(MemoryActions(), lease=3600)


def beat(book):
    """Renew all there is, as the thread would."""
    return book.actions._means.heartbeat.beat()


def test_an_action_and_its_events_are_renewed_while_they_last(book):
    with book.record() as action, action.event('copy'):
        step = book.full_events[0]
        shorten(book.reads, book.action, step)
        assert not is_long(book.reads, step)
        assert beat(book)
        assert is_long(book.reads, book.action)
        assert is_long(book.reads, step)
    assert not beat(book)
    assert book.action.status == SUCCESS


def test_what_is_over_is_renewed_no_more(book):
    with book.record() as action, action.event('copy'):
        step = book.full_events[0]
        lapse(book.reads, book.action, step)
        assert beat(book)
        assert (book.action.status, book.events) == (LOST, [('copy', LOST)])


def test_what_somebody_else_has_is_not_renewed(book):
    other = Book(book.reads, lease=3600)
    with book.record(), other.record():
        shorten(book.reads, book.action)
        assert beat(book)
        assert not is_long(book.reads, book.action)
        assert beat(other)
        assert is_long(book.reads, book.action)


def test_a_step_is_renewed_up_to_its_deadline_and_no_longer():
    store = Noting()
    beating = Heartbeat(store, 60)
    beating.add_event('long', 'a', 3600)
    beating.add_event('short', 'b', 5)
    beating.add_event('over', 'c', 1e-9)
    beating.add_event('none', 'd', None)
    beating.add_action('action', 'e')
    assert beating.beat()
    [(actions, events, lease)] = store.renewed
    assert (actions, lease) == ({'action': 'e'}, 60)
    assert set(events) == {'long', 'short', 'none'}
    assert events['long'] == ('a', 60)
    assert events['none'] == ('d', 60)
    assert 0 < events['short'][1] <= 5
    for id in ('long', 'short', 'over', 'none', 'action'):
        beating.remove(id)
    assert not beating.beat()


def test_a_step_past_its_deadline_is_lost_though_all_is_alive(book):
    with book.record() as action, action.event('copy', deadline=0.02):
        for _ in range(100):
            beat(book)
            if book.events == [('copy', LOST)]:
                break
            time.sleep(0.01)
        assert book.events == [('copy', LOST)]
        assert book.action.status == IN_PROGRESS
    # It came to its end after all, and that is noted.
    assert book.full_events[0].late_status == SUCCESS
    assert (book.action.status, book.action.message) == (SUCCESS, 'Error')


def test_a_step_without_a_heartbeat_is_left_alone(book):
    with book.record() as action, action.event(
            'copy', deadline=7200, heartbeat=False):
        step = book.full_events[0]
        assert is_long(book.reads, step)
        shorten(book.reads, step)
        assert beat(book)
        assert not is_long(book.reads, step)


def test_a_thread_beats_while_there_is_something_and_ends():
    store = Noting()
    before = threads()
    beating = Heartbeat(store, 0.03)
    beating.add_action('one', 'mine')
    beating.add_action('two', 'mine')
    [thread] = [one for one in threads() if one not in before]
    assert thread.daemon
    for _ in range(3):
        assert store.beaten.acquire(timeout=10)
    beating.remove('one')
    beating.remove('two')
    thread.join(10)
    assert not thread.is_alive()
    beating.add_action('three', 'mine')
    while store.renewed[-1][0] != {'three': 'mine'}:
        assert store.beaten.acquire(timeout=10)
    beating.remove('three')


def test_a_store_that_fails_is_tried_again_and_said_once(records):
    store = Noting(raises=OSError('down'))
    beating = Heartbeat(store, 0.03)
    beating.add_action('one', 'mine')
    for _ in range(4):
        assert store.beaten.acquire(timeout=10)
    beating.remove('one')
    said = [one.getMessage() for one in records]
    assert said == ['leases of 1 actions and events are not renewed']


def test_a_recorder_that_nobody_has_beats_no_more():
    before = threads()
    beating = Heartbeat(Noting(), 0.03)
    beating.add_action('one', 'mine')
    [thread] = [one for one in threads() if one not in before]
    gone = weakref.ref(beating)
    del beating
    thread.join(10)
    gc.collect()
    assert gone() is None
    assert not thread.is_alive()


def test_where_no_thread_can_be_had_the_work_goes_on(
        book, monkeypatch, records):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, 'start', refuse)
    with book.record() as action, action.event('copy'):
        pass
    assert book.action.status == SUCCESS
    assert 'not renewed' in records[0].getMessage()
    assert len(records) == 1


def test_a_failed_event_is_alive_until_that_is_written():
    store = Broken()
    book = Book(store, store.kept)
    with contextlib.suppress(KeyError), book.record(
            context=asked()) as action:
        with contextlib.suppress(KeyError), action.event('copy'):
            raise KeyError
        beating = book.actions._means.heartbeat
        assert set(beating._events) == {book.full_events[0].id}
        raise KeyError
    assert (beating._actions, beating._events) == ({}, {})
