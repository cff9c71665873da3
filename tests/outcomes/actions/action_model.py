# SPDX-License-Identifier: Apache-2.0
"""A model of actions: what several workers, sweeps and readers find."""

import datetime

from action_samples import (
    HOUR,
    action,
    age,
    event,
    fault,
    lapse,
    now,
    whole,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    IN_PROGRESS,
    LATE,
    LOST,
    MISSING,
    SUCCESS,
    SUPERSEDED,
    Ended,
    Ending,
    EventEnd,
    FaultPage,
)

PROJECTS = ['blue', 'Blue', 'red']
RESOURCES = ['vol-1', 'vol-2']
TOKENS = ['one', 'two']

picks = st.integers(0, 1000)
tokens = st.sampled_from(TOKENS)
ends = st.sampled_from([SUCCESS, ERROR])


class Workers(RuleBasedStateMachine):
    """Workers record, die and are swept; readers look.

    Each action and event is a dict; ``over`` says that its lease has ended,
    ``told`` that a sweep has told of it.

    :param store: an empty one
    """

    def __init__(self, store):
        super().__init__()
        self.store = store
        self.actions = {}
        self.events = {}
        self.faults = []

    def pick(self, rows, number):
        """Return one of some rows, or None."""
        return [*rows.values()][number % len(rows)] if rows else None

    @rule(project=st.sampled_from(PROJECTS), token=tokens,
          resource=st.sampled_from(RESOURCES), name=st.integers(0, 2))
    def start(self, project, resource, name, token):
        """An action starts, perhaps for the second time."""
        id = f'{project}-{resource}-{name}'
        one = action(id=id, project_id=project, resource_id=resource,
                     request_id=f'req-{name}', token=token)
        answer = self.store.start(one, HOUR)
        kept = self.actions.get(id)
        if kept is None:
            self.actions[id] = {
                'record': one, 'token': token, 'status': IN_PROGRESS,
                'over': False, 'told': False, 'message': None, 'late': None,
                'code': None, 'number': len(self.actions)}
            assert answer == DONE
        else:
            self.expect_taken(kept, token, answer)

    def expect_taken(self, kept, token, answer):
        """Take an action over, if it is alive."""
        self.settle(kept)
        if kept['status'] == IN_PROGRESS:
            kept['token'] = token
            assert answer == DONE
        else:
            assert answer == LATE

    def settle(self, kept):
        """An action is lost, if it is over."""
        if kept['status'] == IN_PROGRESS and kept['over']:
            kept.update(status=LOST, message='Error')

    def settle_event(self, kept):
        """An event is lost, if it is over, and its action told."""
        if kept['status'] == IN_PROGRESS and kept['over']:
            kept['status'] = LOST
            of = self.actions[kept['record'].action_id]
            if of['status'] == IN_PROGRESS:
                of['message'] = 'Error'

    @rule(number=picks, token=tokens)
    def take_over(self, number, token):
        """Somebody else continues an action."""
        kept = self.pick(self.actions, number)
        if kept is not None:
            self.expect_taken(kept, token, self.store.take_over(
                kept['record'].id, token, 'host', HOUR))

    @rule(number=picks)
    def start_event(self, number):
        """A step begins, whatever has become of the action."""
        kept = self.pick(self.actions, number)
        if kept is None:
            return
        step = event(kept['record'])
        assert self.store.start_event(step, HOUR) == DONE
        assert self.store.start_event(step, HOUR) == DONE
        self.events[step.id] = {
            'record': step, 'status': IN_PROGRESS, 'over': False,
            'late': None, 'code': None}

    @rule(number=picks)
    def lapse(self, number):
        """A worker dies: an action's lease ends."""
        kept = self.pick(self.actions, number)
        if kept is not None and kept['status'] == IN_PROGRESS:
            lapse(self.store, kept['record'])
            kept['over'] = True

    @rule(number=picks)
    def lapse_event(self, number):
        """An event's lease ends."""
        kept = self.pick(self.events, number)
        if kept is not None and kept['status'] == IN_PROGRESS:
            lapse(self.store, kept['record'])
            kept['over'] = True

    @rule(of=picks, number=picks, token=tokens)
    def renew(self, of, number, token):
        """Somebody says that things are alive, which may be late."""
        kept, step = self.pick(self.actions, of), self.pick(
            self.events, number)
        if kept is not None:
            self.store.renew(
                {kept['record'].id: token},
                {} if step is None else {
                    step['record'].id: ('step', HOUR)}, HOUR)

    @rule(of=picks, token=st.one_of(tokens, st.none()),
          status=st.one_of(ends, st.none()),
          steps=st.lists(st.tuples(picks, ends, st.booleans()), max_size=2),
          alone=st.one_of(ends, st.none()), broken=st.integers(0, 3))
    def end(self, of, token, status, steps, alone, broken):
        """Something ends, or is tried to be ended."""
        kept = self.pick(self.actions, of)
        if kept is None:
            return
        one = kept['record']
        chosen = {}
        for number, how, right in steps:
            step = self.pick(self.events, number)
            if step is not None:
                chosen[step['record'].id] = EventEnd(
                    step['record'].id, 'step' if right else 'wrong', how,
                    code=how)
        late = () if alone is None else (event(one, status=alone),)
        at = (late + tuple(
            self.events[id]['record'] for id in chosen))[:1]
        made = fault(one, at[0]) if at and broken else None
        ending = Ending(one.id, token, status, 'c', (*chosen.values(),),
                        late, made)
        due = self.end_in_model(kept, ending)
        assert self.store.end(ending) == due
        if due.recorded:
            self.faults.append(made)

    def end_in_model(self, kept, ending):
        """Return what an ending has to find, and write it in the model."""
        answers = [self.event_answer(kept, one) for one in ending.events]
        answer = DONE
        if ending.status is not None:
            answer = self.answer(
                kept, ending.token, ending.token, ending.status)
        marks = [one.status for one, found in zip(
            ending.events, answers, strict=True) if found == DONE]
        marks += [one.status for one in ending.late_events]
        for one, found in zip(ending.events, answers, strict=True):
            step = self.events[one.id]
            if found == LATE:
                self.settle_event(step)
                step['late'] = step['late'] or one.status
            elif found == DONE and step['status'] == IN_PROGRESS:
                step.update(status=one.status, code=one.code)
        if ERROR in marks and kept['status'] == IN_PROGRESS:
            kept['message'] = 'Error'
        for one in ending.late_events:
            self.events[one.id] = {
                'record': one, 'status': one.status, 'over': False,
                'late': None, 'code': None}
        if answer == LATE:
            self.settle(kept)
            kept['late'] = kept['late'] or ending.status
        elif (answer == DONE and ending.status is not None
              and kept['status'] == IN_PROGRESS):
            kept.update(status=ending.status, code=ending.code)
            if ending.status == ERROR:
                kept['message'] = 'Error'
        fine = answer == DONE and (
            ending.status is not None or all(
                found == DONE for one, found in zip(
                    ending.events, answers, strict=True)
                if one.status == ERROR))
        recorded = bool(
            fine and ending.fault is not None
            and self.events[ending.fault.event_id]['record'].action_id
            == ending.action_id)
        return Ended(answer, tuple(answers), recorded)

    def event_answer(self, kept, one):
        """Return what an ending has to find of an event."""
        step = self.events[one.id]
        if step['record'].action_id != kept['record'].id:
            return MISSING
        return self.answer(step, one.token, step['record'].token, one.status)

    def answer(self, row, token, own, status):
        """Return what an ending has to find of a row."""
        own = row.get('token', own)
        if row['status'] == IN_PROGRESS and not row['over']:
            return DONE if token == own else SUPERSEDED
        return DONE if (token, status) == (own, row['status']) else LATE

    @rule(batch=st.integers(1, 3), whole=st.booleans())
    def sweep(self, batch, whole):
        """A sweep, of one batch or of all."""
        while True:
            swept = self.store.sweep(batch)
            for one in swept.actions:
                kept = self.actions[one.id]
                self.settle(kept)
                assert kept['status'] == LOST
                assert not kept['told']
                kept['told'] = True
            if not swept.rows or not whole:
                break
        for one in [*self.actions.values()]:
            for step in self.store.events_of(one['record'].id):
                self.settle_event(self.events[step.id])
        if whole:
            for one in self.actions.values():
                self.settle(one)
                assert one['told'] == (one['status'] == LOST)

    @rule(number=picks)
    def purge(self, number):
        """An action grows old, and goes if it does not live."""
        kept = self.pick(self.actions, number)
        if kept is None:
            return
        id = kept['record'].id
        age(self.store, kept['record'])
        lives = kept['status'] == IN_PROGRESS and not kept['over']
        before = now(self.store) - datetime.timedelta(days=5)
        assert self.store.purge(before, 10) == (0 if lives else 1)
        if lives:
            age(self.store, kept['record'], by=datetime.timedelta(days=-10))
            return
        del self.actions[id]
        for step in [*self.events.values()]:
            if step['record'].action_id == id:
                del self.events[step['record'].id]
        self.faults = [one for one in self.faults if one.action_id != id]

    @rule(number=picks)
    def read_events(self, number):
        """Somebody reads an action's events."""
        kept = self.pick(self.actions, number)
        if kept is None:
            return
        found = self.store.events_of(kept['record'].id)
        mine = [step for step in self.events.values()
                if step['record'].action_id == kept['record'].id]
        for step in mine:
            self.settle_event(step)
        assert {
            one.id: (one.status, one.code, one.late_status) for one in found
        } == {
            step['record'].id: (step['status'], step['code'], step['late'])
            for step in mine}

    @rule(project=st.sampled_from([*PROJECTS, None]),
          resource=st.sampled_from(RESOURCES))
    def read(self, project, resource):
        """Somebody lists a resource's actions."""
        if project is None:
            found = self.store.list_of_any_project(
                'VOLUME', resource, whole())
        else:
            found = self.store.list(project, 'VOLUME', resource, whole())
        due = [kept for kept in self.actions.values()
               if kept['record'].resource_id == resource
               and project in (None, kept['record'].project_id)]
        for kept in due:
            self.settle(kept)
        assert {
            one.id: (one.status, one.code, one.message, one.late_status)
            for one in found
        } == {
            kept['record'].id: (kept['status'], kept['code'],
                                kept['message'], kept['late'])
            for kept in due}
        assert found == sorted(
            found, key=lambda one: (one.start_time, one.id), reverse=True)

    @rule(resource=st.sampled_from(RESOURCES))
    def read_faults(self, resource):
        """Somebody looks for the latest faults of every tenant."""
        for project in PROJECTS:
            due = [one.id for one in self.faults
                   if one.resource_id == resource
                   and one.project_id == project][-1:]
            found = self.store.latest_faults(project, 'VOLUME', [resource])
            assert [one.id for one in found.values()] == due

    @invariant()
    def every_fault_is_there_once(self):
        """An admin sees all faults."""
        found = self.store.list_faults_of_all_projects(FaultPage(1000))
        assert [one.id for one in found] == [
            one.id for one in reversed(self.faults)]
