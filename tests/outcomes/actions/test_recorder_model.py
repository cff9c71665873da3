# SPDX-License-Identifier: Apache-2.0
"""The recorder against a model in dicts: whatever happens in any order."""

import contextlib

import hypothesis
from action_samples import lapse
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)
from message_samples import UNABLE_TO_ALLOCATE
from recorded import Book, asked

from errorkit.outcomes.actions.blocks import CURRENT
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import (
    ERROR,
    IN_PROGRESS,
    LOST,
    SUCCESS,
)

NAMES = st.sampled_from(['create', 'extend'])
REQUESTS = st.sampled_from(['r-1', 'r-2'])
FINAL = (SUCCESS, ERROR, LOST)


class Oops(Exception):
    """A body's failure."""


class Recorder(RuleBasedStateMachine):
    """Workers begin, take over, fail and are lost in any order."""

    blocks = Bundle('blocks')
    steps = Bundle('steps')

    def __init__(self):
        super().__init__()
        self.book = Book(MemoryActions())
        # By name and request: status, whose it is, and the events' statuses.
        self.status = {}
        self.owner = {}
        self.events = {}
        self.faults = 0
        self.messages = 0

    @rule(name=NAMES, request=REQUESTS)
    def accept(self, name, request):
        """The API says that it is accepted."""
        self.book.actions.start(
            asked(request_id=request), name, 'VOLUME', 'vol-1')
        key = name, request
        if key not in self.status:
            self.status[key], self.owner[key] = IN_PROGRESS, None
            self.events[key] = {}

    @rule(target=blocks, name=NAMES, request=REQUESTS)
    def enter(self, name, request):
        """A worker begins, or takes over."""
        block = self.book.record(
            name, context=asked(request_id=request),
            on_failure=UNABLE_TO_ALLOCATE)
        live = block.__enter__()
        key = name, request
        self.events.setdefault(key, {})
        if self.status.setdefault(key, IN_PROGRESS) == IN_PROGRESS:
            self.owner[key] = block
        return key, block, live

    @rule(target=steps, one=blocks)
    def step(self, one):
        """A step of it begins."""
        key, _, live = one
        step = live.event('copy')
        number = len(self.events[key])
        step.__enter__()
        self.events[key][number] = IN_PROGRESS
        return key, step, number

    @rule(one=consumes(steps))
    def end_step(self, one):
        """A step ends well."""
        key, step, number = one
        step.__exit__(None, None, None)
        self.events[key][number] = SUCCESS

    @rule(one=consumes(blocks), fails=st.booleans())
    def leave(self, one, fails):
        """A worker ends, well or not."""
        key, block, _ = one
        raised = Oops('hunter2') if fails else None
        with contextlib.suppress(Oops):
            block.__exit__(type(raised) if fails else None, raised, None)
        mine = self.owner[key] is block
        if fails:
            # Its failure is a step of its own, whoever has the action.
            self.events[key][len(self.events[key])] = ERROR
        if self.status[key] == IN_PROGRESS and mine:
            self.status[key] = ERROR if fails else SUCCESS
            self.faults += fails
            self.messages += fails

    @rule(name=NAMES, request=REQUESTS)
    def lose(self, name, request):
        """All its workers are gone."""
        key = name, request
        if self.status.get(key) == IN_PROGRESS:
            found = self.found()[key]
            lapse(self.book.reads, found)
            self.status[key] = LOST

    @invariant()
    def it_is_as_the_model_says(self):
        """What readers see is what has happened."""
        found = self.found()
        assert {key: one.status for key, one in found.items()} == self.status
        for key, one in found.items():
            events = self.book.reads.events_of(one.id)
            assert sorted(event.status for event in events) == sorted(
                self.events[key].values())
            assert (one.finish_time is not None) == (one.status in FINAL)
        assert len(self.book.faults) == self.faults
        assert len(self.book.texts) == self.messages

    def found(self):
        """Return the actions by name and request."""
        return {(one.action, one.request_id): one for one in self.book.all()}

    def teardown(self):
        """Let go of all that is still renewed, or open in this context."""
        self.book.actions._means.heartbeat._forget()
        CURRENT.set(None)


TestRecorder = Recorder.TestCase
TestRecorder.settings = hypothesis.settings(
    max_examples=40, stateful_step_count=20, deadline=None)
