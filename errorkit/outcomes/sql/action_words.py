# SPDX-License-Identifier: Apache-2.0
"""The statements by which actions and events begin, live on and end.

Made once for each kind of database.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from errorkit.outcomes.actions.records import FAILED, IN_PROGRESS
from errorkit.outcomes.sql.clock import Clock
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS

_INSERT: dict[str, Any] = {
    'sqlite': sqlite.insert,
    'postgresql': postgresql.insert,
    'mysql': mysql.insert,
}
_ID: sa.BindParameter[Any] = sa.bindparam('own_id')
_TOKEN: sa.BindParameter[Any] = sa.bindparam('own_token')
_IDS: sa.BindParameter[Any] = sa.bindparam('own_ids', expanding=True)


def insert_once(backend: str, table: sa.Table, **values: Any) -> sa.Insert:
    """Return the statement that adds a row, if none has its id.

    :param values: what is the database's to say
    """
    found = _INSERT[backend](table)
    if values:
        found = found.values(**values)
    if backend == 'mysql':
        found = found.on_duplicate_key_update(id=table.c.id)
    else:
        found = found.on_conflict_do_nothing(index_elements=[table.c.id])
    statement: sa.Insert = found
    return statement


class Words:
    """The statements for one kind of database.

    :param backend: ``sqlite``, ``postgresql`` or ``mysql``
    """

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.clock = clock = Clock(backend)
        self.start = self._start()
        self.accept = insert_once(
            backend, ACTIONS, status=IN_PROGRESS, start_time=clock.now,
            updated_at=clock.now, lease_until=clock.until,
        )
        self.take_over = (
            sa.update(ACTIONS)
            .where(ACTIONS.c.id == _ID, self.is_alive(ACTIONS))
            .values(
                token=_TOKEN,
                host=sa.bindparam('own_host'),
                lease_until=self._lease_taken(clock.until),
            )
        )
        self.find = (
            sa.select(
                ACTIONS.c.status,
                ACTIONS.c.token,
                self.is_over(ACTIONS).label('is_over'),
            )
            .where(ACTIONS.c.id == _ID)
            .with_for_update()
        )
        self.add_event = insert_once(
            backend, EVENTS, status=IN_PROGRESS, start_time=clock.now,
            lease_until=clock.until,
        )
        # It makes the action's lease as long at least, and locks the row.
        self.begin_event = (
            sa.update(ACTIONS)
            .where(ACTIONS.c.id == _ID)
            .values(
                updated_at=clock.now,
                lease_until=sa.case(
                    (
                        self.is_alive(ACTIONS),
                        clock.greatest(ACTIONS.c.lease_until, clock.until),
                    ),
                    else_=ACTIONS.c.lease_until,
                ),
            )
        )
        self.touch = (
            sa.update(ACTIONS)
            .where(ACTIONS.c.id == _ID)
            .values(updated_at=clock.now)
        )
        self.fail = (
            sa.update(ACTIONS)
            .where(ACTIONS.c.id == _ID, ACTIONS.c.status == IN_PROGRESS)
            .values(message=FAILED, updated_at=clock.now)
        )
        self.fail_ended = (
            sa.update(ACTIONS)
            .where(ACTIONS.c.id == _ID)
            .values(message=FAILED)
        )
        self.end = (
            sa.update(ACTIONS)
            .where(
                ACTIONS.c.id == _ID,
                ACTIONS.c.token == _TOKEN,
                self.is_alive(ACTIONS),
            )
            .values(
                status=sa.bindparam('own_status'),
                code=sa.bindparam('own_code'),
                message=sa.func.coalesce(
                    sa.bindparam('own_message'), ACTIONS.c.message
                ),
                updated_at=clock.now,
                finish_time=clock.now,
                lease_until=None,
            )
        )
        self.end_event = (
            sa.update(EVENTS)
            .where(
                EVENTS.c.id == _ID,
                EVENTS.c.action_id == sa.bindparam('own_action'),
                EVENTS.c.token == _TOKEN,
                self.is_alive(EVENTS),
            )
            .values(
                status=sa.bindparam('own_status'),
                code=sa.bindparam('own_code'),
                message=sa.bindparam('own_message'),
                details=sa.bindparam('own_details'),
                traceback=sa.bindparam('own_traceback'),
                finish_time=clock.now,
                lease_until=None,
            )
        )
        self.find_event = (
            sa.select(
                EVENTS.c.status,
                EVENTS.c.token,
                self.is_over(EVENTS).label('is_over'),
            )
            .where(
                EVENTS.c.id == _ID,
                EVENTS.c.action_id == sa.bindparam('own_action'),
            )
            .with_for_update()
        )
        self.note_late = self._note_late(ACTIONS)
        self.note_late_event = self._note_late(EVENTS)
        self.add_ended_event = insert_once(
            backend, EVENTS, start_time=clock.now, finish_time=clock.now
        )
        self.add_fault = insert_once(backend, FAULTS, created_at=clock.now)
        self.living_events = sa.select(
            EVENTS.c.id, EVENTS.c.action_id, EVENTS.c.token
        ).where(EVENTS.c.id.in_(_IDS), self.is_alive(EVENTS))

    def is_alive(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Return the condition that a row can be ended or renewed."""
        return sa.and_(
            table.c.status == IN_PROGRESS,
            table.c.lease_until > self.clock.now,
        )

    def is_over(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Return the condition that a row is lost, and not written so."""
        return sa.and_(
            table.c.status == IN_PROGRESS,
            table.c.lease_until <= self.clock.now,
        )

    def renew(
        self,
        table: sa.Table,
        tokens: Mapping[str, str],
        leases: Mapping[str, float],
    ) -> sa.Update:
        """Return the statement that lengthens leases.

        :param tokens: by ids; of those that are renewed by their own token
        :param leases: seconds by ids
        """
        now = self.clock.moment()
        ends = {
            id: sa.literal(self.clock.lease(seconds, now))
            for id, seconds in leases.items()
        }
        if len({*leases.values()}) == 1:
            lease: sa.ColumnElement[Any] = next(iter(ends.values()))
        else:
            lease = sa.case(ends, value=table.c.id)
        condition: sa.ColumnElement[bool] = table.c.id.in_([*leases])
        if tokens:
            others = [id for id in leases if id not in tokens]
            mine = sa.tuple_(table.c.id, table.c.token).in_([*tokens.items()])
            condition = sa.and_(
                condition,
                sa.or_(mine, table.c.id.in_(others)) if others else mine,
            )
        until = self.clock.later(lease)
        return (
            sa.update(table)
            .where(condition, self.is_alive(table))
            .values(
                lease_until=self.clock.greatest(table.c.lease_until, until)
            )
        )

    def _start(self) -> Any:
        clock = self.clock
        statement = _INSERT[self.backend](ACTIONS).values(
            status=IN_PROGRESS, start_time=clock.now, updated_at=clock.now,
            lease_until=clock.until,
        )
        alive = self.is_alive(ACTIONS)
        if self.backend == 'mysql':
            given = statement.inserted
            # One after the other: what the condition reads comes last.
            statement = statement.on_duplicate_key_update(
                [
                    (name, sa.case((alive, new), else_=ACTIONS.c[name]))
                    for name, new in (
                        ('host', given.host),
                        ('token', given.token),
                        ('lease_until', self._lease_taken(given.lease_until)),
                    )
                ]
            )
        else:
            given = statement.excluded
            statement = statement.on_conflict_do_update(
                index_elements=[ACTIONS.c.id],
                set_={
                    'host': given.host,
                    'token': given.token,
                    'lease_until': self._lease_taken(given.lease_until),
                },
                where=alive,
            )
        return statement.returning(
            ACTIONS.c.token, alive.label('is_alive')
        )

    def _lease_taken(self, until: Any) -> sa.ColumnElement[Any]:
        """Return a lease's end, such that no living event's is later."""
        latest = (
            sa.select(sa.func.max(EVENTS.c.lease_until))
            .where(
                EVENTS.c.action_id == _ID,
                EVENTS.c.status == IN_PROGRESS,
            )
            .scalar_subquery()
        )
        return self.clock.greatest(until, sa.func.coalesce(latest, until))

    def _note_late(self, table: sa.Table) -> sa.Update:
        return (
            sa.update(table)
            .where(table.c.id == _ID, table.c.late_status.is_(None))
            .values(late_status=sa.bindparam('own_status'))
        )


@functools.cache
def words(backend: str) -> Words:
    """Return the statements for a kind of database."""
    return Words(backend)
