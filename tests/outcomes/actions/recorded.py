# SPDX-License-Identifier: Apache-2.0
"""Recorders for tests, what they have recorded, and stores that fail them."""

import threading

from message_samples import PERMITTED, context

from errorkit.observers import Observers
from errorkit.outcomes.actions import Actions
from errorkit.outcomes.actions.records import ActionPage, FaultPage
from errorkit.outcomes.actions.stores import find
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.outcomes.sql import SqlMessages

ASKED = 'req-11111111-1111-4111-8111-111111111111'
CALLER = 'req-22222222-2222-4222-8222-222222222222'
CALLS = [
    'start', 'find', 'take_over', 'start_event', 'renew', 'end', 'sweep',
]


def asked(**members):
    """Return the context of the request that most tests are about."""
    return context(**{
        'project_id': 'alpha', 'user_id': 'ada', 'request_id': ASKED,
        'global_request_id': CALLER, **members})


class Book:
    """A recorder, and what it has recorded of one volume.

    :param store: of the actions; its database keeps the messages, too
    :param reads: where to look, if that store is broken
    :param options: of the recorder
    """

    def __init__(self, store, reads=None, **options):
        database = getattr(store, 'database', None)
        kept = MemoryStore() if database is None else SqlMessages(database)
        self.reads = reads or store
        self.messages = API(kept, permitted=PERMITTED)
        self._told = []
        self._observers = Observers([self._told.append])
        self.actions = Actions(store, **{
            'messages': self.messages, 'observers': self._observers,
            'host': 'here', **options})

    def record(self, name='extend', **options):
        """Return the block of an action."""
        context = options.pop('context') if 'context' in options else asked()
        return self.actions.record(
            context, name, 'VOLUME', 'vol-1', **options)

    def all(self):
        """Return all actions, the oldest first."""
        return self.reads.list_of_any_project(
            'VOLUME', 'vol-1', ActionPage(1000))[::-1]

    @property
    def told(self):
        """What the observers were told."""
        assert self._observers.flush(10)
        return self._told

    @property
    def action(self):
        """The one action there is."""
        [found] = self.all()
        return found

    @property
    def events(self):
        """Name and status of its events, the oldest first."""
        return [(one.event, one.status) for one in self.full_events]

    @property
    def full_events(self):
        """Its events, the oldest first."""
        return list(self.reads.events_of(self.action.id))[::-1]

    @property
    def faults(self):
        """All faults, the oldest first."""
        return list(self.reads.list_faults_of_all_projects(
            FaultPage(1000)))[::-1]

    @property
    def texts(self):
        """Event, resource and request of the messages, the oldest first."""
        return [
            (one.event_id, one.resource_uuid, one.request_id)
            for one in self.messages.get_all(asked())][::-1]


class Broken:
    """A store that fails or hangs where it is told to.

    :param kept: does the work when it does not
    """

    bounded = False

    def __init__(self, kept=None):
        self.kept = kept or find('memory').__class__()
        self.fails = set()
        self.hangs = set()
        self.released = threading.Event()
        self.asked = []

    def __getattr__(self, name):
        work = getattr(self.kept, name)
        if name not in CALLS:
            return work

        def call(*args, **kwargs):
            self.asked.append(name)
            if name in self.hangs:
                self.released.wait(30)
            if name in self.fails:
                raise OSError('down')
            return work(*args, **kwargs)

        return call
