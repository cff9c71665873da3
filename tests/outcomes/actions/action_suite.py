# SPDX-License-Identifier: Apache-2.0
"""What every store of actions does: the same tests for each of them.

A test module has a subclass of ``ActionSuite`` with a fixture ``store``,
which gives an empty store that many threads may use.
"""

import concurrent.futures
import dataclasses
import datetime

import action_model
import pytest
from action_samples import (
    DAY,
    HOUR,
    action,
    age,
    begin_together,
    clear,
    end_of,
    event,
    fault,
    got,
    is_long,
    lapse,
    messages_of,
    move_lease,
    new_id,
    now,
    shorten,
    whole,
)
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sql_samples import sample

from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    IN_PROGRESS,
    LATE,
    LOST,
    MISSING,
    SUCCESS,
    SUPERSEDED,
    ActionPage,
    Ended,
    Ending,
    Event,
    EventEnd,
    FaultPage,
    Swept,
)

LATER = datetime.datetime(2200, 1, 1, tzinfo=datetime.UTC)
# Not the same, though a database's collation may think so.
ALIKE = ['a', 'A', 'a ', 'á', 'ß', 'ss', '%', '', '\N{PILE OF POO}']
NOTHINGS = ['nothing', "' OR 1=1 --", 'x' * 5000, 'a\0', '\ud800', '']


def ids(records):
    """Return the ids of records."""
    return [one.id for one in records]


def begun(store, lease=HOUR, **members):
    """Start an action, and return it."""
    one = action(**members)
    assert store.start(one, lease) == DONE
    return one


def with_event(store, **members):
    """Start an action with an event, and return both."""
    one = begun(store, **members)
    step = event(one)
    assert store.start_event(step, HOUR) == DONE
    return one, step


def failed(store, **members):
    """Let an action fail, and return its fault."""
    fault_members = members.pop('fault', {})
    one, step = with_event(store, **members)
    broken = fault(one, step, **fault_members)
    ended = store.end(Ending(
        one.id, one.token, ERROR, events=(end_of(step, ERROR),),
        fault=broken))
    assert ended == Ended(DONE, (DONE,), True)
    return broken


def walk(store, limit, between=lambda: None, **members):
    """Return all actions of a resource, page by page."""
    found, page = [], ActionPage(limit, **members)
    for _ in range(200):
        rows = list(store.list('blue', 'VOLUME', 'vol-1', page))
        found += rows
        if len(rows) < limit:
            return found
        page = dataclasses.replace(
            page, after=(rows[-1].start_time, rows[-1].id))
        between()
    raise AssertionError('the pages have no end')


class ActionSuite:
    """The tests."""

    #: Of the model.
    examples = 40

    def test_an_action_comes_back_as_it_was_started(self, store):
        one = action(user_id='u', global_request_id='req-g', host='h',
                     failure_event='VOLUME_1', resource_id='\U0001f4a5')
        assert store.start(one, HOUR) == DONE
        found = store.get('blue', 'VOLUME', '\U0001f4a5', 'req-1')
        assert found.start_time.tzinfo is datetime.UTC
        assert found.updated_at == found.start_time
        assert found == dataclasses.replace(
            one, start_time=found.start_time, updated_at=found.start_time)

    def test_what_a_starter_says_of_the_end_is_not_kept(self, store):
        one = begun(store, status=SUCCESS, code='c', message='m',
                    late_status=ERROR, finish_time=LATER, start_time=LATER)
        found = got(store, one)
        assert (found.status, found.code, found.message, found.late_status,
                found.finish_time) == (IN_PROGRESS, None, None, None, None)
        assert found.start_time < LATER

    def test_starting_the_same_action_again_finds_it(self, store):
        one = begun(store)
        first = got(store, one)
        again = dataclasses.replace(
            one, token='new', host='other', user_id='x')
        assert store.start(again, HOUR) == DONE
        assert got(store, one) == dataclasses.replace(
            first, token='new', host='other')
        ended = store.end(Ending(one.id, 'mine', SUCCESS))
        assert ended == Ended(SUPERSEDED)
        assert store.end(Ending(one.id, 'new', SUCCESS)) == Ended(DONE)

    def test_a_final_action_is_not_started_again(self, store):
        one = begun(store)
        store.end(Ending(one.id, one.token, SUCCESS))
        assert store.start(one, HOUR) == LATE
        assert store.take_over(one.id, 'new', None, HOUR) == LATE
        assert got(store, one).token == 'mine'

    def test_who_accepts_an_action_takes_it_from_nobody(self, store):
        one = begun(store)
        shorten(store, one)
        before = got(store, one)
        accepted = dataclasses.replace(one, token='', host='api', user_id='x')
        assert store.start(accepted, HOUR) == DONE
        assert got(store, one) == before
        assert not is_long(store, one)
        assert store.end(Ending(one.id, 'mine', SUCCESS)) == Ended(DONE)
        before = got(store, one)
        assert store.start(accepted, HOUR) == LATE
        assert got(store, one) == before

    def test_an_accepted_action_is_there_and_waits_for_a_worker(self, store):
        one = begun(store, token='')
        assert got(store, one).status == IN_PROGRESS
        assert is_long(store, one)
        assert store.start(
            dataclasses.replace(one, token='new', host='there'), HOUR) == DONE
        found = got(store, one)
        assert (found.token, found.host) == ('new', 'there')
        assert store.end(Ending(one.id, 'new', SUCCESS)) == Ended(DONE)

    def test_an_accepted_action_that_nobody_took_is_lost(self, store):
        one = begun(store, token='')
        lapse(store, one)
        assert store.start(one, HOUR) == LATE
        assert got(store, one).status == LOST
        # A clock that goes back brings it not back to life.
        move_lease(store, one)
        assert got(store, one).status == LOST

    def test_a_page_can_be_of_one_request(self, store):
        rows = [
            begun(store, action=f'act {number}',
                  request_id=f'req-{number % 2}', resource_id=resource)
            for number in range(6) for resource in ('vol-1', 'vol-2')]
        begun(store, project_id='red', request_id='req-1', action='red')
        mine = [one for one in rows[::-1]
                if (one.resource_id, one.request_id) == ('vol-1', 'req-1')]
        assert ids(store.list(
            'blue', 'VOLUME', 'vol-1', whole(request_id='req-1'))) == ids(mine)
        assert ids(walk(store, 2, request_id='req-1')) == ids(mine)
        assert len(store.list_of_any_project(
            'VOLUME', 'vol-1', whole(request_id='req-1'))) == 4
        for nothing in ('req-9', 'REQ-1', 'req-1 ', '', 'a\0', '\ud800'):
            page = whole(request_id=nothing)
            assert list(store.list('blue', 'VOLUME', 'vol-1', page)) == []
            assert list(store.list_of_any_project(
                'VOLUME', 'vol-1', page)) == []

    def test_an_action_can_be_taken_over(self, store):
        one = begun(store)
        assert store.take_over(one.id, 'new', 'there', HOUR) == DONE
        assert store.take_over(one.id, 'new', 'there', HOUR) == DONE
        found = got(store, one)
        assert (found.token, found.host) == ('new', 'there')
        assert store.take_over('nothing', 'new', None, HOUR) == MISSING

    def test_who_took_over_sets_the_lease(self, store):
        one = begun(store, lease=100 * HOUR)
        assert store.take_over(one.id, 'new', None, -1) == DONE
        assert got(store, one).status == LOST

    def test_who_took_over_does_not_shorten_an_event(self, store):
        one, step = with_event(store)
        assert store.take_over(one.id, 'new', None, -1) == DONE
        assert got(store, one).status == IN_PROGRESS
        store.end(Ending(one.id, events=(end_of(step),)))
        assert store.take_over(one.id, 'new', None, -1) == DONE
        assert got(store, one).status == LOST

    def test_who_starts_it_again_sets_the_lease(self, store):
        one = begun(store)
        other = begun(store, request_id='req-2')
        assert store.start_event(event(other), HOUR) == DONE
        again = dataclasses.replace(one, token='new')
        assert store.start(again, 60) == DONE
        # No step of another action makes it longer, its own does.
        assert not is_long(store, one)
        assert store.start_event(event(one), HOUR) == DONE
        assert store.start(dataclasses.replace(again, token='3'), 60) == DONE
        assert is_long(store, one)

    def test_an_event_comes_back_as_it_was_started(self, store):
        one = begun(store)
        step = event(one, host='h')
        assert store.start_event(step, HOUR) == DONE
        assert store.start_event(step, HOUR) == DONE
        [found] = store.events_of(one.id)
        assert found == dataclasses.replace(step, start_time=found.start_time)
        assert got(store, one).updated_at >= found.start_time

    def test_no_event_without_its_action(self, store):
        stray = Event(new_id(), 'nothing', 'reserve', token='t')
        assert store.start_event(stray, HOUR) == MISSING
        assert list(store.events_of('nothing')) == []
        ended = store.end(Ending(
            'nothing', 't', ERROR, events=(end_of(stray),)))
        assert ended == Ended(MISSING, (MISSING,))

    def test_an_event_of_a_final_action_is_kept(self, store):
        one = begun(store)
        store.end(Ending(one.id, one.token, SUCCESS))
        step = event(one)
        assert store.start_event(step, HOUR) == DONE
        assert ids(store.events_of(one.id)) == [step.id]
        assert got(store, one).status == SUCCESS

    def test_events_are_listed_the_newest_first(self, store):
        one = begun(store)
        steps = [event(one) for _ in range(5)]
        for step in steps:
            store.start_event(step, HOUR)
        assert ids(store.events_of(one.id)) == ids(steps[::-1])

    def test_two_events_of_one_name_are_ended_each_by_its_id(self, store):
        one, first = with_event(store)
        second = event(one, host='other')
        store.start_event(second, HOUR)
        store.end(Ending(one.id, events=(end_of(second, ERROR),)))
        found = {one.id: one.status for one in store.events_of(one.id)}
        assert found == {first.id: IN_PROGRESS, second.id: ERROR}

    def test_an_event_that_ends_lets_its_action_go_on(self, store):
        one, step = with_event(store)
        assert store.end(Ending(
            one.id, events=(end_of(step),))) == Ended(DONE, (DONE,))
        [found] = store.events_of(one.id)
        assert found.status == SUCCESS
        assert found.finish_time >= found.start_time
        assert got(store, one).status == IN_PROGRESS
        assert got(store, one).message is None

    def test_an_event_that_fails_is_told_by_its_action(self, store):
        one, step = with_event(store)
        ended = store.end(Ending(one.id, events=(end_of(
            step, ERROR, code='c', message='m', details='d',
            traceback='x' * 61440),)))
        assert ended == Ended(DONE, (DONE,))
        [found] = store.events_of(one.id)
        assert (found.status, found.code, found.message, found.details) == (
            ERROR, 'c', 'm', 'd')
        assert found.traceback == 'x' * 61440
        assert (got(store, one).status, got(store, one).message) == (
            IN_PROGRESS, 'Error')

    def test_a_success_after_an_event_that_failed_keeps_its_mark(self, store):
        one, step = with_event(store)
        store.end(Ending(one.id, one.token, SUCCESS,
                         events=(end_of(step, ERROR),)))
        assert (got(store, one).status, got(store, one).message) == (
            SUCCESS, 'Error')

    def test_the_failure_of_an_action_is_all_or_nothing(self, store):
        one, step = with_event(store)
        broken, message = fault(one, step), sample()
        ending = Ending(one.id, one.token, ERROR, 'c',
                        (end_of(step, ERROR),), (), broken, message)
        assert store.end(ending) == Ended(DONE, (DONE,), True)
        found = got(store, one)
        assert (found.status, found.code, found.message) == (
            ERROR, 'c', 'Error')
        assert found.finish_time >= found.start_time
        [kept] = store.latest_faults('blue', 'VOLUME', ['vol-1']).values()
        assert kept == dataclasses.replace(
            broken, created_at=kept.created_at)
        assert messages_of(store) == [message.id]

    def test_an_ending_tried_again_finds_what_it_did(self, store):
        one, step = with_event(store)
        ending = Ending(one.id, one.token, ERROR, 'c',
                        (end_of(step, ERROR),), (event(one, status=ERROR),),
                        fault(one, step), sample())
        for _ in range(3):
            assert store.end(ending) == Ended(DONE, (DONE,), True)
        found = got(store, one)
        assert (found.status, found.late_status) == (ERROR, None)
        assert len(store.events_of(one.id)) == 2
        assert len(store.list_faults_of_all_projects(FaultPage(9))) == 1
        assert len(messages_of(store)) == 1

    def test_a_second_end_is_late_and_changes_nothing(self, store):
        one, step = with_event(store)
        store.end(Ending(one.id, one.token, SUCCESS, events=(end_of(step),)))
        before, [event_before] = got(store, one), store.events_of(one.id)
        late = Ending(one.id, one.token, ERROR, 'c', (end_of(step, ERROR),),
                      (), fault(one, step), sample())
        assert store.end(late) == Ended(LATE, (LATE,), False)
        assert got(store, one) == dataclasses.replace(
            before, late_status=ERROR)
        assert list(store.events_of(one.id)) == [dataclasses.replace(
            event_before, late_status=ERROR)]
        assert messages_of(store) == []
        assert store.latest_faults('blue', 'VOLUME', ['vol-1']) == {}

    def test_what_is_late_is_noted_once(self, store):
        one = begun(store)
        lapse(store, one)
        assert store.end(Ending(one.id, 'mine', SUCCESS)) == Ended(LATE)
        assert store.end(Ending(one.id, 'mine', ERROR)) == Ended(LATE)
        assert got(store, one).late_status == SUCCESS

    def test_who_was_taken_over_ends_his_events_and_no_more(self, store):
        one, step = with_event(store)
        store.take_over(one.id, 'new', None, HOUR)
        ended = store.end(Ending(
            one.id, 'mine', ERROR, 'c', (end_of(step, ERROR),), (),
            fault(one, step), sample()))
        assert ended == Ended(SUPERSEDED, (DONE,), False)
        found = got(store, one)
        assert (found.status, found.late_status, found.code) == (
            IN_PROGRESS, None, None)
        assert found.message == 'Error'
        assert messages_of(store) == []
        assert store.latest_faults('blue', 'VOLUME', ['vol-1']) == {}

    def test_an_event_is_ended_by_its_own_token(self, store):
        one, step = with_event(store)
        wrong = EventEnd(step.id, 'wrong', ERROR)
        assert store.end(Ending(one.id, events=(wrong,))) == Ended(
            DONE, (SUPERSEDED,))
        [found] = store.events_of(one.id)
        assert (found.status, found.late_status) == (IN_PROGRESS, None)
        assert got(store, one).message is None

    def test_an_event_is_ended_in_its_own_action(self, store):
        one, step = with_event(store)
        other = begun(store, request_id='req-2')
        assert store.end(Ending(other.id, events=(end_of(step),))) == Ended(
            DONE, (MISSING,))
        [found] = store.events_of(one.id)
        assert found.status == IN_PROGRESS

    def test_without_a_token_an_action_is_not_ended(self, store):
        one = begun(store)
        assert store.end(Ending(one.id, None, SUCCESS)) == Ended(SUPERSEDED)
        assert got(store, one).status == IN_PROGRESS

    def test_a_failure_in_no_event_is_an_event(self, store):
        one = begun(store)
        late = event(one, status=ERROR, code='c', message='NoRoom',
                     details='d', traceback='t')
        broken = fault(one, late)
        assert store.end(Ending(
            one.id, one.token, ERROR, late_events=(late,), fault=broken,
        )) == Ended(DONE, (), True)
        [found] = store.events_of(one.id)
        assert found == dataclasses.replace(
            late, start_time=found.start_time, finish_time=found.start_time)
        assert store.sweep(9) == Swept(0)

    def test_an_event_on_its_own_leaves_its_fault_and_message(self, store):
        one, step = with_event(store)
        message = sample()
        ending = Ending(one.id, events=(end_of(step, ERROR),),
                        fault=fault(one, step), message=message)
        assert store.end(ending) == Ended(DONE, (DONE,), True)
        assert messages_of(store) == [message.id]
        assert 'vol-1' in store.latest_faults('blue', 'VOLUME', ['vol-1'])

    def test_an_event_on_its_own_that_was_lost_leaves_none(self, store):
        one, step = with_event(store)
        lapse(store, step)
        ending = Ending(one.id, events=(end_of(step, ERROR),),
                        fault=fault(one, step), message=sample())
        assert store.end(ending) == Ended(DONE, (LATE,), False)
        assert messages_of(store) == []
        assert store.latest_faults('blue', 'VOLUME', ['vol-1']) == {}

    def test_no_fault_without_its_event(self, store):
        one, step = with_event(store)
        _, foreign = with_event(store, request_id='req-2')
        for stray in (event(one), foreign):
            ended = store.end(Ending(
                one.id, events=(end_of(step, ERROR),),
                fault=fault(one, stray), message=sample()))
            assert ended == Ended(DONE, (DONE,), False)
        assert store.latest_faults('blue', 'VOLUME', ['vol-1']) == {}
        assert messages_of(store) == []

    def test_a_fault_may_be_of_an_event_that_ended_before(self, store):
        one, step = with_event(store)
        store.end(Ending(one.id, events=(end_of(step, ERROR),)))
        assert store.end(Ending(
            one.id, one.token, ERROR, fault=fault(one, step))) == Ended(
                DONE, (), True)

    @pytest.mark.parametrize('ending', [
        Ending('a', fault=fault(action(id='b'), event(action()))),
        Ending('a', late_events=(event(action(id='b'), status=ERROR),)),
        Ending('a', late_events=(event(action(id='a')),)),
        Ending('a', 't', IN_PROGRESS),
        Ending('a', 't', LOST),
        Ending('a', events=(EventEnd('e', 't', LOST),)),
    ], ids=['fault', 'event', 'unended', 'progress', 'lost', 'lost event'])
    def test_an_ending_that_there_cannot_be_is_refused(self, store, ending):
        with pytest.raises(ValueError, match='an end'):
            store.end(ending)

    def test_what_is_over_is_lost_for_every_reader_at_once(self, store):
        for read in (
            lambda one: store.get('blue', 'VOLUME', 'vol-1', one.request_id),
            lambda one: got(store, one),
            lambda one: store.find(None, 'VOLUME', 'vol-1', one.request_id),
            lambda one: store.find('blue', 'VOLUME', 'vol-1', one.request_id),
            lambda one: store.list('blue', 'VOLUME', 'vol-1', whole())[0],
            lambda one: store.list_of_any_project(
                'VOLUME', 'vol-1', whole())[0],
        ):
            one = begun(store, request_id=new_id())
            lapse(store, one)
            found = read(one)
            assert (found.id, found.status) == (one.id, LOST)
            assert found.finish_time == found.start_time
            assert found.message == 'Error'
            assert found.updated_at > found.finish_time

    def test_an_event_that_is_over_is_lost_for_every_reader(self, store):
        one, step = with_event(store)
        lapse(store, step)
        [found] = store.events_of(one.id)
        assert (found.status, found.finish_time) == (LOST, found.start_time)
        assert (got(store, one).status, got(store, one).message) == (
            IN_PROGRESS, 'Error')

    def test_a_lost_event_leaves_a_final_action_as_it_is(self, store):
        one, step = with_event(store)
        store.end(Ending(one.id, one.token, SUCCESS))
        before = got(store, one)
        lapse(store, step)
        assert store.events_of(one.id)[0].status == LOST
        assert got(store, one) == before

    def test_what_is_over_cannot_be_brought_back(self, store):
        one, step = with_event(store)
        lapse(store, one, step)
        store.renew({one.id: one.token}, {step.id: (step.token, HOUR)}, HOUR)
        assert store.start(one, HOUR) == LATE
        lapse(store, one)
        assert store.take_over(one.id, 'new', None, HOUR) == LATE
        assert store.end(Ending(
            one.id, one.token, SUCCESS, events=(end_of(step),))) == Ended(
                LATE, (LATE,))
        assert got(store, one).status == LOST
        [found] = store.events_of(one.id)
        assert (found.status, found.late_status) == (LOST, SUCCESS)

    def test_who_says_that_it_is_lost_has_written_it(self, store):
        # A clock that goes back brings nothing back to life.
        first, second, third = (
            begun(store, request_id=new_id()) for _ in range(3))
        lapse(store, first, second, third)
        assert got(store, first).status == LOST
        assert store.start(second, HOUR) == LATE
        assert store.end(Ending(third.id, 'mine', SUCCESS)) == Ended(LATE)
        for one in (first, second, third):
            move_lease(store, one)
            assert store.end(Ending(one.id, 'mine', ERROR)) == Ended(LATE)
            assert got(store, one).status == LOST

    def test_a_lease_is_renewed_by_its_token(self, store):
        one, step = with_event(store)
        store.end(Ending(one.id, events=(end_of(step),)))
        two, _ = with_event(store, request_id='req-2')
        shorten(store, one, two)
        store.renew({one.id: one.token, two.id: 'wrong', 'none': 'x'}, {},
                    HOUR)
        assert is_long(store, one)
        assert not is_long(store, two)

    def test_who_renews_an_event_renews_its_action(self, store):
        one, step = with_event(store)
        two, other = with_event(store, request_id='req-2')
        store.take_over(one.id, 'new', None, HOUR)
        shorten(store, one, step, two, other)
        store.renew({one.id: 'wrong'}, {
            step.id: (step.token, HOUR), other.id: ('wrong', HOUR),
            'none': ('x', 1.0)}, 1)
        assert is_long(store, one)
        assert is_long(store, step)
        assert not is_long(store, two)
        assert not is_long(store, other)

    def test_many_are_renewed_together(self, store):
        pairs = [with_event(store, request_id=new_id()) for _ in range(12)]
        shorten(store, *(one for pair in pairs for one in pair))
        store.renew(
            {one.id: one.token for one, _ in pairs[::2]},
            {step.id: (step.token, HOUR + number)
             for number, (_, step) in enumerate(pairs) if number % 3},
            HOUR)
        for number, (one, step) in enumerate(pairs):
            assert is_long(store, one) == bool(
                number % 3 or number % 2 == 0)
            assert is_long(store, step) == bool(number % 3)

    def test_a_renewal_shortens_nothing(self, store):
        one, step = with_event(store)
        store.renew({one.id: one.token}, {step.id: (step.token, 1.0)}, 1)
        assert is_long(store, one)
        assert is_long(store, step)

    def test_an_event_makes_its_actions_lease_as_long(self, store):
        one = begun(store)
        shorten(store, one)
        store.start_event(event(one), 1)
        assert not is_long(store, one)
        store.start_event(event(one), HOUR)
        assert is_long(store, one)

    def test_a_sweep_writes_and_tells_what_is_lost(self, store):
        one, step = with_event(store)
        alive = begun(store, request_id='req-2')
        assert store.sweep(10) == Swept(0)
        lapse(store, one, step)
        swept = store.sweep(10)
        assert swept.rows == 2
        [told] = swept.actions
        assert (told.id, told.status, told.message) == (one.id, LOST, 'Error')
        assert told.finish_time == told.start_time
        assert store.sweep(10) == Swept(0)
        assert got(store, alive).status == IN_PROGRESS
        assert store.events_of(one.id)[0].status == LOST

    def test_a_sweep_tells_what_a_reader_has_found_too(self, store):
        one = begun(store)
        two = begun(store, request_id='req-2')
        lapse(store, one, two)
        before = got(store, one)
        assert store.end(Ending(two.id, 'mine', SUCCESS)) == Ended(LATE)
        swept = store.sweep(10)
        assert sorted(ids(swept.actions)) == sorted([one.id, two.id])
        assert dataclasses.replace(
            got(store, one), token='mine') == before
        assert store.sweep(10) == Swept(0)

    def test_a_sweep_of_an_event_lets_its_action_live(self, store):
        one, step = with_event(store)
        lapse(store, step)
        assert store.sweep(10) == Swept(1)
        assert (got(store, one).status, got(store, one).message) == (
            IN_PROGRESS, 'Error')
        assert store.end(Ending(one.id, one.token, SUCCESS)) == Ended(DONE)

    def test_a_sweep_takes_a_batch(self, store):
        pairs = [with_event(store, request_id=new_id()) for _ in range(5)]
        for pair in pairs:
            lapse(store, *pair)
        told = []
        while (swept := store.sweep(2)).rows:
            assert len(swept.actions) <= 2
            assert swept.rows <= 4
            told += ids(swept.actions)
        assert sorted(told) == sorted(one.id for one, _ in pairs)
        assert store.sweep(0) == Swept(0)

    def test_sweeps_at_once_tell_each_loss_once(self, store):
        rows = [begun(store, request_id=new_id()) for _ in range(60)]
        lapse(store, *rows[:50])

        def sweep(_):
            told = []
            while (swept := store.sweep(3)).rows:
                told += ids(swept.actions)
            return told

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            told = [id for part in pool.map(sweep, range(4)) for id in part]
        told += sweep(None)
        assert sorted(told) == sorted(ids(rows[:50]))

    def test_a_tenant_sees_only_its_own(self, store):
        mine = failed(store)
        theirs = failed(store, project_id='red', request_id='req-2')
        for nobody in (None, '', 'Blue', 'blue ', 'blue\0', b'blue', 0):
            assert store.get(nobody, 'VOLUME', 'vol-1', 'req-1') is None
            assert list(store.list(nobody, 'VOLUME', 'vol-1', whole())) == []
            assert store.latest_faults(nobody, 'VOLUME', ['vol-1']) == {}
        assert store.get('blue', 'VOLUME', 'vol-1', 'req-2') is None
        assert store.find('blue', 'VOLUME', 'vol-1', 'req-2') is None
        assert store.find(None, 'VOLUME', 'vol-1', 'req-2').project_id == 'red'
        assert [one.project_id for one in store.list(
            'blue', 'VOLUME', 'vol-1', whole())] == ['blue']
        assert len(store.list_of_any_project(
            'VOLUME', 'vol-1', whole())) == 2
        assert ids(store.latest_faults(
            'blue', 'VOLUME', ['vol-1']).values()) == [mine.id]
        assert ids(store.latest_faults_of_any_project(
            'VOLUME', ['vol-1']).values()) == [theirs.id]

    def test_a_resource_is_found_by_type_and_exact_id(self, store):
        for number, name in enumerate(ALIKE):
            begun(store, resource_id=name, request_id=f'req-{number}')
        for number, name in enumerate(ALIKE):
            [found] = store.list('blue', 'VOLUME', name, whole())
            assert found.request_id == f'req-{number}'
            assert list(store.list('blue', 'volume', name, whole())) == []
            assert store.get(
                'blue', 'VOLUME', name, f'req-{number + 1}') is None

    @pytest.mark.parametrize('nothing', NOTHINGS)
    def test_what_there_cannot_be_is_not_there(self, store, nothing):
        one = begun(store)
        assert store.get('blue', 'VOLUME', 'vol-1', nothing) is None
        assert store.find(None, 'VOLUME', nothing, 'req-1') is None
        assert store.find(nothing, 'VOLUME', 'vol-1', 'req-1') is None
        assert store.get_of_any_project(nothing, 'vol-1', 'req-1') is None
        assert list(store.list('blue', 'VOLUME', nothing, whole())) == []
        assert list(store.list_of_any_project(nothing, 'x', whole())) == []
        assert list(store.events_of(nothing)) == []
        assert store.take_over(nothing, 'new', None, HOUR) == MISSING
        assert store.end(Ending(nothing, 't', SUCCESS)) == Ended(MISSING)
        assert store.end(Ending(one.id, events=(
            EventEnd(nothing, 't', SUCCESS),))) == Ended(DONE, (MISSING,))
        assert store.latest_faults('blue', 'VOLUME', [nothing]) == {}
        assert store.latest_faults('blue', nothing, ['vol-1']) == {}
        assert list(store.list_faults_of_all_projects(
            FaultPage(9, error_code=nothing))) == []
        store.renew({nothing: 't'}, {nothing: ('t', 1.0)}, 1)

    def test_the_newest_action_of_a_request_is_found(self, store):
        begun(store)
        newest = begun(store, action='retype')
        for found in (store.get('blue', 'VOLUME', 'vol-1', 'req-1'),
                      store.find(None, 'VOLUME', 'vol-1', 'req-1')):
            assert found.id == newest.id

    @pytest.mark.parametrize('limit', [1, 2, 3, 4, 7])
    def test_pages_show_each_action_once_also_of_one_request(
            self, store, limit):
        rows = [begun(store) for _ in range(4)]
        rows += [begun(store, request_id=new_id()) for _ in range(5)]
        begin_together(store, rows[2:8])
        due = [one.id for one in sorted(
            store.list('blue', 'VOLUME', 'vol-1', whole()),
            key=lambda one: (one.start_time, one.id), reverse=True)]
        assert ids(walk(store, limit)) == due
        assert len(due) == 9

    def test_a_walk_meets_each_lasting_action_once(self, store):
        lasting = [begun(store) for _ in range(10)]
        passing = [begun(store, request_id='req-2') for _ in range(10)]
        for one in passing:
            store.end(Ending(one.id, one.token, SUCCESS))
        begin_together(store, [*lasting[:5], *passing[:5]])
        victims = iter(passing)

        def between():
            begun(store, request_id=new_id())
            age(store, next(victims))
            assert store.purge(now(store) - DAY, 1) == 1

        found = ids(walk(store, 3, between))
        assert len(found) == len(set(found))
        assert set(ids(lasting)) <= set(found)

    def test_a_page_of_nothing_is_empty(self, store):
        failed(store)
        for limit in (0, -1):
            page = ActionPage(limit)
            assert list(store.list('blue', 'VOLUME', 'vol-1', page)) == []
            assert list(store.list_faults_of_all_projects(
                FaultPage(limit))) == []
        assert len(store.list(
            'blue', 'VOLUME', 'vol-1', ActionPage(10**20))) == 1

    def test_changes_are_asked_for_inclusively(self, store):
        rows = [begun(store, request_id=new_id()) for _ in range(4)]
        times = [got(store, one).updated_at for one in rows]
        for since, before, due in (
                (times[1], None, rows[1:]), (None, times[1], rows[:2]),
                (times[1], times[2], rows[1:3]), (times[2], times[1], [])):
            found = store.list('blue', 'VOLUME', 'vol-1', ActionPage(
                9, changes_since=since, changes_before=before))
            assert ids(found) == ids(due[::-1])

    def test_a_loss_is_a_change(self, store):
        one = begun(store)
        since = got(store, one).updated_at + datetime.timedelta(
            microseconds=1)
        lapse(store, one)
        # Nobody has swept, or read it.
        [found] = store.list('blue', 'VOLUME', 'vol-1', ActionPage(
            9, changes_since=since))
        assert (found.id, found.status) == (one.id, LOST)
        assert found.updated_at >= since

    def test_the_latest_fault_of_each_resource_is_found(self, store):
        due = {}
        for resource in ('a', 'A', '\U0001f4a5', 'ä'):
            for _ in range(3):
                due[resource] = failed(store, resource_id=resource).id
        failed(store, resource_id='other')
        failed(store, resource_id='a', resource_type='BACKUP')
        found = store.latest_faults(
            'blue', 'VOLUME', [*due, *due, 'unknown', ''])
        assert {id: one.id for id, one in found.items()} == due
        assert store.latest_faults('blue', 'VOLUME', []) == {}

    def test_a_fault_comes_back_as_it_was(self, store):
        broken = failed(
            store, fault={'code': 413, 'message': 'é' * 255,
                          'global_request_id': 'req-g', 'user_id': 'u',
                          'error_code': 'volume.no_room', 'public': True,
                          'details': 'd' * 61440, 'host': 'h'})
        [found] = store.list_faults_of_all_projects(FaultPage(9))
        assert found == dataclasses.replace(
            broken, created_at=found.created_at)
        assert found.public is True

    @pytest.mark.parametrize('filters', [
        {'resource_type': 'VOLUME'}, {'resource_id': 'b'},
        {'request_id': 'req-2'}, {'global_request_id': 'g1'},
        {'error_code': 'c1'}, {'error_code': 'c1', 'resource_id': 'b'},
        {'request_id': 'req-9'}], ids=str)
    def test_faults_are_listed_by_what_is_asked(self, store, filters):
        made = [
            failed(store, resource_id='ab'[number % 2],
                   resource_type=['VOLUME', 'BACKUP'][number % 3 == 0],
                   request_id=f'req-{number % 4}',
                   fault={'global_request_id': [None, 'g1'][number % 2],
                          'error_code': f'c{number % 3}'})
            for number in range(12)]
        due = [one.id for one in reversed(made) if all(
            getattr(one, name) == value for name, value in filters.items())]
        page = FaultPage(100, **filters)
        assert ids(store.list_faults_of_all_projects(page)) == due
        found, page = [], FaultPage(2, **filters)
        while rows := store.list_faults_of_all_projects(page):
            found += ids(rows)
            page = dataclasses.replace(
                page, after=(rows[-1].created_at, rows[-1].id))
        assert found == due

    def test_faults_are_listed_by_time(self, store):
        for _ in range(4):
            failed(store, request_id=new_id())
        made = store.list_faults_of_all_projects(FaultPage(9))
        page = FaultPage(9, since=made[2].created_at,
                         before=made[0].created_at)
        assert store.list_faults_of_all_projects(page) == made[1:3]

    def test_a_purge_takes_what_is_over_with_all_that_is_its(self, store):
        broken = failed(store)
        living, step = with_event(store, request_id='req-2')
        lost = begun(store, request_id='req-3')
        fresh = failed(store, request_id='req-4')
        old = action(id=broken.action_id)
        age(store, old, living, lost)
        lapse(store, lost)
        assert store.purge(now(store) - DAY, 10) == 2
        assert store.purge(now(store) - DAY, 10) == 0
        assert list(store.events_of(old.id)) == []
        assert ids(store.list_faults_of_all_projects(FaultPage(9))) == [
            fresh.id]
        assert set(ids(store.list('blue', 'VOLUME', 'vol-1', whole()))) == {
            living.id, fresh.action_id}
        assert ids(store.events_of(living.id)) == [step.id]
        assert store.sweep(9) == Swept(0)

    def test_a_purge_takes_one_batch(self, store):
        rows = [begun(store) for _ in range(5)]
        for one in rows:
            store.end(Ending(one.id, one.token, SUCCESS))
        taken = [store.purge(LATER, size) for size in (0, 2, 2, 2, 2)]
        assert taken == [0, 2, 2, 1, 0]

    def test_threads_share_an_action_without_a_deadlock(self, store):
        one = begun(store)

        def work(number):
            for _ in range(6):
                step = event(one)
                assert store.start_event(step, HOUR) == DONE
                store.renew({one.id: one.token},
                            {step.id: (step.token, HOUR)}, HOUR)
                assert store.end(Ending(one.id, events=(end_of(
                    step, [SUCCESS, ERROR][number % 2]),))) == Ended(
                        DONE, (DONE,))

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        found = store.events_of(one.id)
        assert len(found) == 48
        assert {step.status for step in found} == {SUCCESS, ERROR}
        assert store.end(Ending(one.id, one.token, SUCCESS)) == Ended(DONE)

    def test_threads_that_end_and_sweep_and_read_agree(self, store):
        rows = [with_event(store, request_id=new_id()) for _ in range(25)]
        answers, told, seen = {}, [], []

        def end(pair):
            one, step = pair
            answers[one.id] = store.end(Ending(
                one.id, one.token, SUCCESS, events=(end_of(step),))).action

        def over(pair):
            lapse(store, *pair)
            seen.append(got(store, pair[0]))
            told.extend(ids(store.sweep(3).actions))

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            waiting = []
            for pair in rows:
                waiting += [pool.submit(over, pair), pool.submit(end, pair)]
            for one in waiting:
                one.result()
        while (swept := store.sweep(50)).rows:
            told += ids(swept.actions)
        final = {one.id: one.status for one in store.list(
            'blue', 'VOLUME', 'vol-1', whole())}
        assert final == {
            id: SUCCESS if answer == DONE else LOST
            for id, answer in answers.items()}
        assert sorted(told) == sorted(
            id for id, status in final.items() if status == LOST)
        for one in seen:
            assert one.status in (IN_PROGRESS, final[one.id])

    def test_the_store_is_what_the_model_says(self, store):
        def machine():
            clear(store)
            return action_model.Workers(store)

        run_state_machine_as_test(machine, settings=settings(
            deadline=None, max_examples=self.examples,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck)))
