# SPDX-License-Identifier: Apache-2.0
"""Writes that actions and events are lost, and deletes what is old.

The lock of an action guards its events and faults, so it is taken first, of
several together. Who would have to wait for one steps over it: somebody is
just finishing, renewing or losing it.
"""

from __future__ import annotations

import builtins
import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from errorkit.outcomes.actions.records import (
    FAILED,
    IN_PROGRESS,
    LOST,
    Action,
    Swept,
)
from errorkit.outcomes.sql import action_rows
from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.clock import backend_of
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS

# The first version of MariaDB that steps over locked rows.
_SKIPS = (10, 6)


def lose(own: sa.Connection, ids: Collection[str]) -> None:
    """Write that actions whose lease is over are lost.

    The lease stays: by it, the next sweep finds what it has to tell.

    :param ids: of actions that this transaction has locked
    """
    said = words(backend_of(own))
    own.execute(
        sa.update(ACTIONS)
        .where(ACTIONS.c.id.in_(ids), said.is_over(ACTIONS))
        .values(
            status=LOST, message=FAILED, updated_at=said.clock.now,
            finish_time=ACTIONS.c.lease_until,
        ),
        said.clock.values(),
    )


def lose_events(
    own: sa.Connection, action_id: str, ids: Collection[str]
) -> int:
    """Write that events of an action whose lease is over are lost.

    :param action_id: of an action that this transaction has locked
    :returns: how many
    """
    said = words(backend_of(own))
    lost: int = own.execute(
        sa.update(EVENTS)
        .where(
            EVENTS.c.id.in_(ids),
            EVENTS.c.action_id == action_id,
            said.is_over(EVENTS),
        )
        # In this order: MariaDB does one after the other.
        .ordered_values(
            (EVENTS.c.status, LOST),
            (EVENTS.c.finish_time, EVENTS.c.lease_until),
            (EVENTS.c.lease_until, None),
        ),
        said.clock.values(),
    ).rowcount
    if lost:
        own.execute(said.fail, {'own_id': action_id, **said.clock.values()})
    return lost


def settle(own: sa.Connection, ids: Collection[str]) -> None:
    """Lose actions that a reader has met, those that nobody holds."""
    lose(own, _locked(own, sa.select(ACTIONS.c.id), ids))


def settle_events(
    own: sa.Connection, action_id: str, ids: Collection[str]
) -> None:
    """Lose events that a reader has met, if nobody holds their action."""
    if _locked(own, sa.select(ACTIONS.c.id), [action_id]):
        lose_events(own, action_id, ids)


class Sweep:
    """One sweep; it may be tried again when its COMMIT's answer is lost.

    :param batch: events, and as many actions, at most
    :param token: a new one, by which a later try knows what it has done
    """

    def __init__(self, batch: int, token: str) -> None:
        self._batch = batch
        self._token = token
        self._claimed: builtins.list[str] = []
        self._rows = 0

    def is_needed(self, own: sa.Connection) -> bool:
        """Tell whether there is anything to write."""
        clock = words(backend_of(own)).clock
        found = [
            sa.select(sa.literal(1))
            .where(table.c.lease_until <= clock.now)
            .exists()
            for table in (EVENTS, ACTIONS)
        ]
        query = sa.select(sa.or_(*found))
        return bool(own.execute(query, clock.values()).scalar())

    def __call__(self, own: sa.Connection) -> Swept:
        """Write what is lost, inside a transaction."""
        if self._claimed:
            done = self._told(own, self._claimed)
            if done:
                return Swept(self._rows, done)
        rows = self._events(own)
        ids = self._due(own)
        self._claimed = ids
        if ids:
            self._claim(own, ids)
        self._rows = rows + len(ids)
        return Swept(self._rows, self._told(own, ids))

    def _events(self, own: sa.Connection) -> int:
        said = words(backend_of(own))
        due = (
            sa.select(EVENTS.c.id, EVENTS.c.action_id)
            .where(EVENTS.c.lease_until <= said.clock.now)
            .order_by(EVENTS.c.lease_until)
            .limit(self._batch)
        )
        found: dict[str, builtins.list[str]] = {}
        for id, action_id in own.execute(due, said.clock.values()):
            found.setdefault(action_id, []).append(id)
        if not found:
            return 0
        held = _locked(own, sa.select(ACTIONS.c.id), [*found])
        return sum(lose_events(own, id, found[id]) for id in held)

    def _due(self, own: sa.Connection) -> builtins.list[str]:
        clock = words(backend_of(own)).clock
        return _taken(
            own,
            (
                ACTIONS.c.lease_until <= clock.now,
                ACTIONS.c.status.in_((IN_PROGRESS, LOST)),
            ),
            ACTIONS.c.lease_until,
            self._batch,
        )

    def _claim(self, own: sa.Connection, ids: Collection[str]) -> None:
        said = words(backend_of(own))
        is_new = ACTIONS.c.status == IN_PROGRESS
        own.execute(
            sa.update(ACTIONS)
            .where(ACTIONS.c.id.in_(ids))
            .ordered_values(
                (ACTIONS.c.message, FAILED),
                (
                    ACTIONS.c.updated_at,
                    sa.case(
                        (is_new, said.clock.now), else_=ACTIONS.c.updated_at
                    ),
                ),
                (
                    ACTIONS.c.finish_time,
                    sa.case(
                        (is_new, ACTIONS.c.lease_until),
                        else_=ACTIONS.c.finish_time,
                    ),
                ),
                (ACTIONS.c.status, LOST),
                (ACTIONS.c.lease_until, None),
                (ACTIONS.c.token, self._token),
            ),
            said.clock.values(),
        )

    def _told(
        self, own: sa.Connection, ids: Collection[str]
    ) -> tuple[Action, ...]:
        if not ids:
            return ()
        query = (
            sa.select(*action_rows.ACTION_COLUMNS)
            .where(ACTIONS.c.id.in_(ids), ACTIONS.c.token == self._token)
            .order_by(ACTIONS.c.finish_time, ACTIONS.c.id)
        )
        return tuple(map(action_rows.action, own.execute(query)))


def purge(own: sa.Connection, before: datetime.datetime, batch: int) -> int:
    """Delete a batch of old actions with all that is theirs.

    :param before: in UTC, without its zone
    :returns: how many actions
    """
    said = words(backend_of(own))
    ids = _taken(
        own,
        (
            ACTIONS.c.updated_at < before,
            sa.or_(
                ACTIONS.c.status != IN_PROGRESS,
                ACTIONS.c.lease_until <= said.clock.now,
            ),
        ),
        ACTIONS.c.updated_at,
        batch,
    )
    if ids:
        _delete(own, FAULTS.c.action_id, 'errorkit_faults_action', ids)
        _delete(own, EVENTS.c.action_id, 'errorkit_events_action', ids)
        _delete(own, ACTIONS.c.id, 'PRIMARY', ids)
    return len(ids)


def _delete(
    own: sa.Connection,
    column: sa.Column[Any],
    index: str,
    ids: Collection[str],
) -> None:
    table = column.table
    statement: Any = sa.delete(table).where(column.in_(ids))
    if backend_of(own) == 'mysql':
        # Left alone, it reads all rows of a small table, and a DELETE waits
        # for each that is locked. With two tables' syntax it takes a hint.
        statement = sa.text(
            f'DELETE one FROM {table.name} AS one FORCE INDEX ({index}) '
            f'WHERE one.{column.name} IN :own_ids'
        ).bindparams(sa.bindparam('own_ids', ids, expanding=True))
    own.execute(statement)


def _taken(
    own: sa.Connection,
    conditions: tuple[sa.ColumnElement[bool], ...],
    order: sa.Column[Any],
    batch: int,
) -> builtins.list[str]:
    """Lock a batch of actions, and return the ids of those it got."""
    query = (
        sa.select(ACTIONS.c.id)
        .where(*conditions)
        .order_by(order)
        .limit(batch)
    )
    values = words(backend_of(own)).clock.values()
    if backend_of(own) != 'mysql':
        return [*own.execute(_stepping_over(own, query), values).scalars()]
    # Locking along this index would lock an entry too many, one that is
    # alive; and who holds the row of an entry could then wait for it.
    ids = [*own.execute(query, values).scalars()]
    again = sa.select(ACTIONS.c.id).where(*conditions)
    return _locked(own, again, ids)


def _locked(
    own: sa.Connection, query: sa.Select[Any], ids: Collection[str]
) -> builtins.list[str]:
    """Lock actions, and return the ids of those that nobody else holds."""
    if not ids:
        return []
    query = query.where(ACTIONS.c.id.in_(sorted(ids))).order_by(ACTIONS.c.id)
    if backend_of(own) == 'mysql':
        query = query.with_hint(ACTIONS, 'FORCE INDEX (PRIMARY)')
    values = words(backend_of(own)).clock.values()
    return [*own.execute(_stepping_over(own, query), values).scalars()]


def _stepping_over(
    own: sa.Connection, query: sa.Select[Any]
) -> sa.Select[Any]:
    version = own.dialect.server_version_info or ()
    skips = backend_of(own) != 'mysql' or version >= _SKIPS
    return query.with_for_update(skip_locked=skips)
