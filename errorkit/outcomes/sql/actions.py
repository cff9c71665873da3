# SPDX-License-Identifier: Apache-2.0
"""The store of actions, events and faults in a SQL database."""

from __future__ import annotations

import builtins
import datetime
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from errorkit.outcomes.actions.records import (
    DONE,
    IN_PROGRESS,
    LATE,
    MISSING,
    Action,
    Ended,
    Ending,
    Event,
    Swept,
)
from errorkit.outcomes.sql import (
    action_purge,
    action_rows,
    endings,
    fit,
    losses,
)
from errorkit.outcomes.sql.action_reading import Reading
from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.clock import backend_of
from errorkit.outcomes.sql.compiled import execute
from errorkit.outcomes.sql.joining import joined
from errorkit.outcomes.sql.pages import MOST
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS

T = TypeVar('T')

# Ids in one statement of a renewal.
_BATCH = 500


class SqlActions(Reading):
    """Keeps actions, events and faults in SQLite, PostgreSQL or MariaDB.

    An ``ActionStore``. ``errorkit db upgrade`` makes its tables. A message
    of an ending goes to the messages of the same database.

    :param database: an address, as ``Database`` takes it, or a ``Database``
        that stores share
    """

    def start(
        self, action: Action, lease: float, connection: Any = None
    ) -> str:
        """Keep a new action, or take over the one with this id.

        :raises UnfitValue: no database could keep it; none was asked
        """
        row = action_rows.action_row(action)

        def work(own: sa.Connection) -> bool:
            said = words(backend_of(own))
            found = execute(
                own, said.start,
                {**row, 'own_id': row['id'], **said.clock.values(lease)},
            ).first()
            # Of one that is over, MariaDB gives the row as it is.
            return found is not None and (
                bool(found.is_alive) and found.token == action.token
            )

        if not action.token:
            return self._transact(
                lambda own: _accepted(own, row, lease), connection
            )
        if self._write_one(work, connection):
            return DONE
        return self._transact(
            lambda own: _late(own, row['id']), connection
        )

    def take_over(
        self,
        id: str,
        token: str,
        host: str | None,
        lease: float,
        connection: Any = None,
    ) -> str:
        """Make a token the one that may finish an action.

        :raises UnfitValue: no database could keep the token or the host
        """
        values = {
            'own_id': id,
            'own_token': fit.text('token', token, 64),
            'own_host': action_rows.optional(ACTIONS.c.host, host),
        }
        if not fit.is_storable(id):
            return MISSING

        def work(own: sa.Connection) -> bool:
            said = words(backend_of(own))
            return bool(
                execute(
                    own, said.take_over, {**values, **said.clock.values(lease)}
                ).rowcount
            )

        if self._write_one(work, connection):
            return DONE
        return self._transact(lambda own: _late(own, id), connection)

    def start_event(
        self, event: Event, lease: float, connection: Any = None
    ) -> str:
        """Keep a new event; its action's lease becomes as long at least.

        :raises UnfitValue: no database could keep it; none was asked
        """
        row = action_rows.event_row(event)

        def work(own: sa.Connection) -> str:
            said = words(backend_of(own))
            values = {'own_id': event.action_id, **said.clock.values(lease)}
            if not execute(own, said.begin_event, values).rowcount:
                return MISSING
            values = {**row, **said.clock.values(lease)}
            execute(own, said.add_event, values)
            return DONE

        return self._transact(work, connection)

    def renew(
        self,
        actions: Mapping[str, str],
        events: Mapping[str, tuple[str, float]],
        lease: float,
    ) -> None:
        """Say that these are alive; who renews an event, its action, too."""
        tokens = {
            id: token
            for id, token in actions.items()
            if fit.is_storable(id) and fit.is_storable(token)
        }
        mine = {
            id: token
            for id, (token, _) in events.items()
            if fit.is_storable(id) and fit.is_storable(token)
        }
        leases = dict.fromkeys(tokens, lease)
        for id, action_id in self._living(mine):
            # Who has a living event of it needs no token of its own.
            tokens.pop(action_id, None)
            leases[action_id] = max(events[id][1], leases.get(action_id, 0))
        # The actions first, so that no event's lease is ever longer.
        self._renew(ACTIONS, tokens, leases)
        self._renew(EVENTS, mine, {id: events[id][1] for id in mine})

    def end(self, ending: Ending, connection: Any = None) -> Ended:
        """Write what has ended, all of it or nothing.

        :raises UnfitValue: no database could keep it; none was asked
        :raises ValueError: the fault or an event is another action's
        """
        given = endings.prepared(ending)
        if given is None:
            return Ended(MISSING, (MISSING,) * len(ending.events))
        if ending.is_alone and self._write_one(
            lambda own: endings.end_alone(own, given), connection
        ):
            return Ended(DONE)
        return self._transact(lambda own: endings.end(own, given), connection)

    def sweep(self, batch: int) -> Swept:
        """Write ``lost`` where a lease is over, and tell it once."""
        sweep = losses.Sweep(min(batch, MOST), str(uuid.uuid4()))
        if batch < 1 or not self.database.read(sweep.is_needed):
            return Swept(0)
        return self.database.transact(sweep)

    def purge(self, before: datetime.datetime, batch: int) -> int:
        """Delete actions that are final, or lost, and older than a time.

        Several hosts may do so at once.

        :returns: how many; what an attempt deleted whose answer was lost is
            not counted
        """
        moment = fit.moment('before', before)
        if batch < 1:
            return 0
        return self.database.transact(
            lambda own: action_purge.purge(own, moment, min(batch, MOST))
        )

    def _write_one(
        self, work: Callable[[sa.Connection], T], connection: Any
    ) -> T:
        """Run one statement, in a caller's transaction or its own."""
        if connection is None:
            return self.database.write(work)
        with joined(connection) as theirs:
            return work(theirs)

    def _transact(
        self, work: Callable[[sa.Connection], T], connection: Any
    ) -> T:
        """Run statements, in a caller's transaction or one of their own."""
        if connection is None:
            return self.database.transact(work)
        with joined(connection) as theirs:
            return work(theirs)

    def _living(self, tokens: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Give events that can be renewed, each with its action's id."""
        said = words(self._backend)
        for ids in _batches(tokens):
            values = {'own_ids': ids, **said.clock.values()}
            rows = self.database.read(
                lambda own, values=values: own.execute(  # type: ignore[misc] # mypy knows no default of a lambda
                    said.living_events, values
                ).all()
            )
            for row in rows:
                if row.token == tokens[row.id]:
                    yield row.id, row.action_id

    def _renew(
        self,
        table: sa.Table,
        tokens: Mapping[str, str],
        leases: Mapping[str, float],
    ) -> None:
        said = words(self._backend)
        for ids in _batches(leases):
            statement = said.renew(
                table,
                {id: tokens[id] for id in ids if id in tokens},
                {id: leases[id] for id in ids},
            )
            self.database.write(
                lambda own, statement=statement: own.execute(  # type: ignore[misc] # mypy knows no default of a lambda
                    statement, said.clock.values()
                )
            )


def _batches(ids: Collection[str]) -> Iterator[builtins.list[str]]:
    found = [*ids]
    for first in range(0, len(found), _BATCH):
        yield found[first : first + _BATCH]


def _accepted(
    own: sa.Connection, row: Mapping[str, Any], lease: float
) -> str:
    """Keep an action that has no worker yet, if it is not there."""
    said = words(backend_of(own))
    execute(own, said.accept, {**row, **said.clock.values(lease)})
    values = {'own_id': row['id'], **said.clock.values()}
    found = execute(own, said.find, values).one()
    if found.is_over:
        losses.lose(own, [row['id']])
        return LATE
    return DONE if found.status == IN_PROGRESS else LATE


def _late(own: sa.Connection, id: str) -> str:
    """Return why an action cannot be taken over, and write that it is lost."""
    said = words(backend_of(own))
    values = {'own_id': id, **said.clock.values()}
    row = execute(own, said.find, values).first()
    if row is None:
        return MISSING
    if row.is_over:
        losses.lose(own, [id])
    return LATE
