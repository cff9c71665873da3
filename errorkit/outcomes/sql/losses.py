# SPDX-License-Identifier: Apache-2.0
"""Writes that actions and events are lost, once their lease is over."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from errorkit.outcomes.actions.records import (
    FAILED,
    IN_PROGRESS,
    LOST,
    Action,
    Swept,
)
from errorkit.outcomes.sql import action_rows
from errorkit.outcomes.sql.action_locks import locked, taken
from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.clock import backend_of
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS


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
    lose(own, locked(own, sa.select(ACTIONS.c.id), ids))


def settle_events(
    own: sa.Connection, action_id: str, ids: Collection[str]
) -> None:
    """Lose events that a reader has met, if nobody holds their action."""
    if locked(own, sa.select(ACTIONS.c.id), [action_id]):
        lose_events(own, action_id, ids)


class Sweep:
    """One sweep; it may be tried again when its COMMIT's answer is lost.

    :param batch: events, and as many actions, at most
    :param token: a new one, by which a later try knows what it has done
    """

    def __init__(self, batch: int, token: str) -> None:
        self._batch = batch
        self._token = token
        self._claimed: list[str] = []
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
        found: dict[str, list[str]] = {}
        for id, action_id in own.execute(due, said.clock.values()):
            found.setdefault(action_id, []).append(id)
        if not found:
            return 0
        held = locked(own, sa.select(ACTIONS.c.id), [*found])
        return sum(lose_events(own, id, found[id]) for id in held)

    def _due(self, own: sa.Connection) -> list[str]:
        clock = words(backend_of(own)).clock
        return taken(
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
