# SPDX-License-Identifier: Apache-2.0
"""The store of actions in memory: the suite, and what is its own."""

import datetime
import os

import pytest
from action_samples import DAY, HOUR, action, end_of, event, fault, got, lapse
from action_suite import ActionSuite
from message_samples import Clock
from sql_samples import sample

from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    LOST,
    SUCCESS,
    Ended,
    Ending,
)
from errorkit.outcomes.exceptions import StoreFull
from errorkit.outcomes.memory import MemoryStore


class TestMemoryActions(ActionSuite):
    """The suite, in memory."""

    @pytest.fixture
    def store(self):
        """An empty store."""
        return MemoryActions()


def test_a_lease_ends_by_the_stores_clock():
    clock = Clock()
    store = MemoryActions(clock=clock)
    one = action()
    store.start(one, 60)
    assert got(store, one).start_time == clock.now
    clock.now += datetime.timedelta(seconds=60)
    found = got(store, one)
    assert (found.status, found.finish_time) == (LOST, clock.now)
    clock.now -= DAY
    assert got(store, one) == found


def test_a_full_store_begins_nothing_and_ends_what_it_has():
    store = MemoryActions(maximum=2)
    one = action()
    step = event(one)
    store.start(one, HOUR)
    store.start_event(step, HOUR)
    for begin in (lambda: store.start(action(), HOUR),
                  lambda: store.start_event(event(one), HOUR)):
        with pytest.raises(StoreFull):
            begin()
    assert store.start(one, HOUR) == DONE
    assert store.start_event(step, HOUR) == DONE
    late = event(one, status=ERROR)
    assert store.end(Ending(
        one.id, one.token, ERROR, events=(end_of(step, ERROR),),
        late_events=(late,), fault=fault(one, late))) == Ended(
            DONE, (DONE,), True)
    assert store.purge(got(store, one).updated_at + DAY, 9) == 1
    assert store.start(one, HOUR) == DONE


def test_a_message_that_cannot_be_kept_leaves_the_ending_undone():
    store = MemoryActions(messages=MemoryStore(maximum=0))
    one = action()
    step = event(one)
    store.start(one, HOUR)
    store.start_event(step, HOUR)
    before = got(store, one), store.events_of(one.id)
    with pytest.raises(StoreFull):
        store.end(Ending(one.id, one.token, ERROR, events=(
            end_of(step, ERROR),), message=sample()))
    assert (got(store, one), store.events_of(one.id)) == before


def test_messages_go_where_they_are_wanted():
    messages = MemoryStore()
    store = MemoryActions(messages=messages)
    one, message = action(), sample()
    store.start(one, HOUR)
    store.end(Ending(one.id, one.token, ERROR, message=message))
    assert messages.get('blue', message.id) == message


def test_there_is_no_transaction_to_join_in_memory():
    store = MemoryActions()
    one = action()
    for call in (lambda: store.start(one, 1, object()),
                 lambda: store.take_over('a', 't', None, 1, object()),
                 lambda: store.start_event(event(one), 1, object()),
                 lambda: store.end(Ending('a'), object())):
        with pytest.raises(TypeError):
            call()


def test_a_fork_in_the_midst_of_a_call_holds_no_lock_in_the_child():
    store = MemoryActions()
    one = action()
    store.start(one, HOUR)
    store._lock.acquire()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store.end(Ending(one.id, one.token, SUCCESS))
            status = 0 if got(store, one).status == SUCCESS else 2
        finally:
            os._exit(status)
    store._lock.release()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    lapse(store, one)
    assert got(store, one).status == LOST
