# SPDX-License-Identifier: Apache-2.0
"""Deletes old actions, with all that is theirs."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from errorkit.outcomes.actions.records import IN_PROGRESS
from errorkit.outcomes.sql.action_locks import taken
from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.clock import backend_of
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS


def purge(own: sa.Connection, before: datetime.datetime, batch: int) -> int:
    """Delete a batch of old actions with all that is theirs.

    :param before: in UTC, without its zone
    :returns: how many actions
    """
    said = words(backend_of(own))
    ids = taken(
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
