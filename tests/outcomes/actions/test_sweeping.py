# SPDX-License-Identifier: Apache-2.0
"""Lost actions are written down, and told of once."""

import threading

import pytest
from action_engines import shared, store  # noqa: F401
from action_samples import lapse
from message_samples import ATTACHED, UNABLE_TO_ALLOCATE
from recorded import ASKED, CALLER, Book, asked

from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions import sweeping
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import IN_PROGRESS, LOST, SUCCESS


@pytest.fixture
def book(store):  # noqa: F811
    """A recorder on each database, which is empty."""
    return Book(store)


@pytest.fixture
def quick():
    """A recorder on memory."""
    return Book(MemoryActions())


def lose(book, number, **options):
    """Start actions, and let their leases end."""
    for one in range(number):
        book.actions.start(
            asked(), f'act {one}', 'VOLUME', 'vol-1', **options)
    lapse(book.reads, *book.all())


def test_a_lost_action_is_told_once_and_its_message_written_once(book):
    lose(book, 3, on_failure=UNABLE_TO_ALLOCATE)
    told = []

    def on_lost(action):
        told.append((action.action, action.status, action.message))
        book.actions.tell_lost(action)
        book.actions.tell_lost(action)

    assert sweeping.sweep(book.reads, on_lost=on_lost, batch=2) == 3
    assert sweeping.sweep(book.reads, on_lost=on_lost) == 0
    assert sorted(told) == [
        (f'act {number}', LOST, 'Error') for number in range(3)]
    assert book.texts == [(str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)] * 3
    [one, *_] = book.messages.get_all(asked())
    kept = book.messages.store.get('alpha', one.id)
    assert (kept.user_id, kept.global_request_id) == ('ada', CALLER)


def test_what_a_reader_has_seen_lost_is_told_too(book):
    lose(book, 1)
    assert book.action.status == LOST
    told = []
    assert sweeping.sweep(book.reads, on_lost=told.append) == 1
    assert [one.id for one in told] == [book.action.id]


def test_many_who_sweep_tell_each_action_once(book):
    lose(book, 12)
    told, together = [], threading.Barrier(4)

    def work():
        together.wait(10)
        sweeping.sweep(book.reads, on_lost=told.append, batch=2)

    running = [threading.Thread(target=work) for _ in range(4)]
    for one in running:
        one.start()
    for one in running:
        one.join(30)
    assert sorted(one.action for one in told) == sorted(
        f'act {number}' for number in range(12))


def test_what_is_alive_is_left_alone(book):
    with book.record() as action, action.event('copy'):
        assert sweeping.sweep(book.reads, on_lost=pytest.fail) == 0
        assert book.action.status == IN_PROGRESS
    assert book.action.status == SUCCESS
    assert sweeping.sweep(book.reads, on_lost=pytest.fail) == 0


def test_who_is_told_may_fail(quick, records):
    lose(quick, 2)
    told = []

    def on_lost(action):
        told.append(action)
        raise KeyError('mine')

    assert sweeping.sweep(quick.reads, on_lost=on_lost) == 2
    assert len(told) == 2
    said = [one.getMessage() for one in records]
    assert sum('nobody is told' in one for one in said) == 2
    assert sum('is lost: nothing was heard of host' in one
               for one in said) == 2


def test_a_message_that_cannot_be_said_is_in_the_log(quick, records):
    # Its parameters are known when there is a failure, and here is none.
    lose(quick, 1, on_failure=ATTACHED)
    assert sweeping.sweep(
        quick.reads, on_lost=quick.actions.tell_lost) == 1
    assert quick.texts == []
    assert [one.getMessage() for one in records
            if one.levelname == 'ERROR'] == [
        f'no user message for lost action {quick.action.id} of request '
        f'{ASKED} on VOLUME vol-1']
    # The observers are told.
    assert [one.kind for one in quick.told] == ['action']


def test_a_lost_action_without_a_message_has_none(quick):
    lose(quick, 1)
    assert sweeping.sweep(
        quick.reads, on_lost=quick.actions.tell_lost) == 1
    assert quick.texts == []


def test_a_sweep_ends_after_a_batch_when_it_is_to_stop(quick):
    lose(quick, 5)
    stop = threading.Event()
    assert sweeping.sweep(
        quick.reads, batch=2, stop=stop,
        on_lost=lambda action: stop.set()) == 2


def test_sweeping_goes_on_though_the_store_fails(quick, records):
    lose(quick, 1)
    stop, told, tries = threading.Event(), [], []

    class Failing:
        def sweep(self, batch):
            tries.append(batch)
            if len(tries) == 1:
                raise OSError('down')
            return quick.reads.sweep(batch)

    def on_lost(action):
        told.append(action)
        stop.set()

    sweeping.sweep_forever(
        Failing(), on_lost=on_lost, interval=0.001, stop=stop)
    assert len(told) == 1
    assert 'has failed' in records[0].getMessage()


@pytest.mark.parametrize(('call', 'options'), [
    (sweeping.sweep, {'batch': 0}), (sweeping.sweep, {'batch': 1001}),
    (sweeping.sweep_forever, {'interval': 0}),
    (sweeping.sweep_forever, {'batch': 0}),
])
def test_a_bad_option_is_named(quick, call, options):
    [name] = options
    with pytest.raises(ConfigError, match=name):
        call(quick.reads, **options)
