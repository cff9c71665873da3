# SPDX-License-Identifier: Apache-2.0
"""Locks actions, and steps over those that others hold.

The lock of an action guards its events and faults, so it is taken first, of
several together. Who would have to wait for one steps over it: somebody is
just finishing, renewing or losing it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.clock import backend_of
from errorkit.outcomes.sql.tables import ACTIONS

# The first version of MariaDB that steps over locked rows.
_SKIPS = (10, 6)


def taken(
    own: sa.Connection,
    conditions: tuple[sa.ColumnElement[bool], ...],
    order: sa.Column[Any],
    batch: int,
) -> list[str]:
    """Lock a batch of actions, and return the ids of those it got.

    :param conditions: of the actions that are wanted
    :param order: which of them first
    :param batch: so many at most
    """
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
    return locked(own, again, ids)


def locked(
    own: sa.Connection, query: sa.Select[Any], ids: Collection[str]
) -> list[str]:
    """Lock actions, and return the ids of those that nobody else holds.

    :param query: for the ids of the actions that are wanted
    :param ids: which of them
    """
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
