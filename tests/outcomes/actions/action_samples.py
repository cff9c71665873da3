# SPDX-License-Identifier: Apache-2.0
"""Actions, events and faults for tests, and stores whose leases end."""

import datetime
import uuid

import sqlalchemy as sa

from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import (
    Action,
    ActionPage,
    Event,
    EventEnd,
    Fault,
)
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS, MESSAGES

HOUR = 3600.0
DAY = datetime.timedelta(days=1)


def new_id():
    """Return an id that nothing has."""
    return str(uuid.uuid4())


def action(**members):
    """Return an action to start."""
    return Action(**{
        'id': new_id(), 'project_id': 'blue', 'resource_type': 'VOLUME',
        'resource_id': 'vol-1', 'request_id': 'req-1', 'action': 'extend',
        'token': 'mine', **members})


def event(of, **members):
    """Return an event of an action to start."""
    return Event(**{
        'id': new_id(), 'action_id': of.id, 'event': 'reserve',
        'token': 'step', **members})


def end_of(one, status='success', **members):
    """Return how an event ended."""
    return EventEnd(one.id, one.token, status, **members)


def fault(of, at, **members):
    """Return the fault of an action's event."""
    return Fault(**{
        'id': new_id(), 'project_id': of.project_id,
        'resource_type': of.resource_type, 'resource_id': of.resource_id,
        'action_id': of.id, 'event_id': at.id, 'request_id': of.request_id,
        'code': 500, 'message': 'NoRoom', **members})


def got(store, one):
    """Return an action as a reader of any project gets it."""
    page = store.get_of_any_project(
        one.resource_type, one.resource_id, one.request_id)
    assert page is None or page.id == one.id
    return page


def lapse(store, *records):
    """Let leases end, all at the time when they began."""
    _set_lease(store, records, None)


def move_lease(store, *records):
    """Let leases end far in the future, as if a clock had gone back."""
    _set_lease(store, records, now(store) + DAY)


def shorten(store, *records):
    """Let leases end in a minute."""
    _set_lease(store, records, now(store) + DAY / 1440)


def is_long(store, record):
    """Tell whether a lease ends in more than half an hour."""
    if isinstance(store, MemoryActions):
        until = _kept(store, record).lease_until
    else:
        table = ACTIONS if isinstance(record, Action) else EVENTS
        with store.database.engine.connect() as connection:
            until = connection.execute(sa.select(table.c.lease_until).where(
                table.c.id == record.id)).scalar().replace(
                    tzinfo=datetime.UTC)
    return until > now(store) + DAY / 48


def now(store):
    """Return the time; the servers of the tests are on this host."""
    return datetime.datetime.now(datetime.UTC)


def _kept(store, record):
    if isinstance(record, Action):
        return store._actions[record.id]
    return store._actions[record.action_id].events[record.id]


def _set_lease(store, records, until):
    for record in records:
        is_action = isinstance(record, Action)
        if isinstance(store, MemoryActions):
            kept = _kept(store, record)
            own = kept.action if is_action else kept.event
            kept.lease_until = until or own.start_time
            continue
        table = ACTIONS if is_action else EVENTS
        value = table.c.start_time
        if until is not None:
            value = until.replace(tzinfo=None)
        store.database.write(lambda own, table=table, id=record.id,
                             value=value: own.execute(
            sa.update(table)
            .where(table.c.id == id, table.c.lease_until.is_not(None))
            .values(lease_until=value)))


def age(store, *actions, by=10 * DAY):
    """Make actions older: they began and changed earlier."""
    for one in actions:
        if isinstance(store, MemoryActions):
            kept = store._actions[one.id]
            kept.change(updated_at=kept.action.updated_at - by,
                        start_time=kept.action.start_time - by)
            continue
        with store.database.engine.connect() as connection:
            old = connection.execute(
                sa.select(ACTIONS.c.updated_at, ACTIONS.c.start_time)
                .where(ACTIONS.c.id == one.id)).one()
        change(store, ACTIONS, one.id, updated_at=old[0] - by,
               start_time=old[1] - by)


def begin_together(store, actions):
    """Give actions one start time."""
    when = got_time(store, actions[0])
    for one in actions:
        if isinstance(store, MemoryActions):
            store._actions[one.id].change(start_time=when)
        else:
            change(store, ACTIONS, one.id,
                   start_time=when.replace(tzinfo=None))


def got_time(store, one):
    """Return when an action began."""
    return next(
        found.start_time
        for found in store.list_of_any_project(
            one.resource_type, one.resource_id, whole())
        if found.id == one.id)


def whole(**members):
    """Return a page of everything, or of all that is so."""
    return ActionPage(10_000, **members)


def change(store, table, id, **values):
    """Change a row behind a store's back."""
    store.database.write(lambda own: own.execute(
        sa.update(table).where(table.c.id == id).values(**values)))


def clear(store):
    """Empty a store."""
    if isinstance(store, MemoryActions):
        store.__init__()
        return
    store.database.transact(lambda own: [
        own.execute(sa.delete(table)) and None
        for table in (FAULTS, EVENTS, ACTIONS, MESSAGES)])


def messages_of(store):
    """Return the ids of the messages that endings have left."""
    if isinstance(store, MemoryActions):
        return sorted(store.messages._messages)
    with store.database.engine.connect() as connection:
        return sorted(connection.execute(sa.select(MESSAGES.c.id)).scalars())
