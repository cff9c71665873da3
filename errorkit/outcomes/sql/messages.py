# SPDX-License-Identifier: Apache-2.0
"""The store of messages in a SQL database.

The tenant is the first argument of everything, and ``pages.of`` makes the
condition of it. Only the methods that say so in their name mean every tenant.
"""

from __future__ import annotations

import builtins
import datetime
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from errorkit.outcomes.records import Message, Page
from errorkit.outcomes.sql import fit, pages
from errorkit.outcomes.sql.compiled import execute
from errorkit.outcomes.sql.engine import Database
from errorkit.outcomes.sql.joining import joined
from errorkit.outcomes.sql.tables import MESSAGES

_OPTIONAL = tuple(
    column.name for column in MESSAGES.columns if column.nullable
)
_WIDTHS = {
    column.name: column.type.length or 0
    for column in MESSAGES.columns
    if isinstance(column.type, sa.String)
}

# Each says that the same id changes nothing, and hides no other error.
_INSERT: dict[str, sa.Insert] = {
    'sqlite': sqlite.insert(MESSAGES).on_conflict_do_nothing(
        index_elements=[MESSAGES.c.id]
    ),
    'postgresql': postgresql.insert(MESSAGES).on_conflict_do_nothing(
        index_elements=[MESSAGES.c.id]
    ),
    'mysql': mysql.insert(MESSAGES).on_duplicate_key_update(id=MESSAGES.c.id),
}
_INSERT['mariadb'] = _INSERT['mysql']

_EXPIRED = (
    sa.select(MESSAGES.c.id)
    .where(MESSAGES.c.expires_at < sa.bindparam('before', type_=sa.DateTime))
    .order_by(MESSAGES.c.expires_at)
    .limit(sa.bindparam('batch', type_=sa.Integer))
)
_PURGE: dict[str, Any] = {
    'sqlite': sa.delete(MESSAGES).where(MESSAGES.c.id.in_(_EXPIRED)),
    # An array, so that rows are found by their key whatever the planner
    # thinks of the table. Another host's batch is stepped over.
    'postgresql': sa.delete(MESSAGES).where(
        MESSAGES.c.id
        == sa.any_(
            sa.func.array(
                _EXPIRED.with_for_update(skip_locked=True).scalar_subquery()
            )
        )
    ),
    'mysql': sa.text(
        f'DELETE FROM {MESSAGES.name} WHERE expires_at < :before '
        'ORDER BY expires_at LIMIT :batch'
    ),
}


class SqlMessages:
    """Keeps messages in SQLite, PostgreSQL or MariaDB.

    A ``MessageStore``. ``errorkit db upgrade`` makes its table.

    :param database: an address, as ``Database`` takes it, or a ``Database``
        that stores share
    """

    def __init__(self, database: Database | str) -> None:
        if not isinstance(database, Database):
            database = Database(database)
        self.database = database
        #: Whether a call comes back in time by itself: one that waits for a
        #: file does, one that waits for a server may be held by the driver.
        self.bounded = database.backend == 'sqlite'
        #: Seconds after which it does.
        self.budget = database.budget
        self._insert = _INSERT[database.backend]
        self._purge = _PURGE[database.backend]

    def add(self, message: Message, connection: Any = None) -> None:
        """Keep a message; it is stored when this returns.

        Inside a caller's transaction it is stored when that is committed,
        and nothing is tried twice.

        :param connection: a SQLAlchemy connection or session, of a database
            that has the table; None: a transaction of the store's own
        :raises UnfitValue: no database could keep it; none was asked
        """
        row = _row(message)
        if connection is None:
            self.database.write(lambda own: execute(own, self._insert, row))
            return
        with joined(connection) as theirs:
            execute(theirs, _INSERT[theirs.dialect.name], row)

    def get(self, project_id: str, id: str) -> Message | None:
        """Return a message of a tenant, or None."""
        return self._get(project_id, id)

    def list(self, project_id: str, page: Page) -> list[Message]:
        """Return a page of a tenant's messages, in its order.

        :raises ValueError: the page asks for what there is not
        """
        return self._list(project_id, page)

    def delete(self, project_id: str, id: str) -> bool:
        """Delete a message of a tenant; tell whether there was one."""
        return self._delete(project_id, id)

    def get_of_any_project(self, id: str) -> Message | None:
        """Return a message of any tenant, or None."""
        return self._get(pages.Every.TENANT, id)

    def list_of_all_projects(self, page: Page) -> builtins.list[Message]:
        """Return a page of the messages of all tenants.

        :raises ValueError: the page asks for what there is not
        """
        return self._list(pages.Every.TENANT, page)

    def delete_of_any_project(self, id: str) -> bool:
        """Delete a message of any tenant; tell whether there was one."""
        return self._delete(pages.Every.TENANT, id)

    def purge(self, before: datetime.datetime, batch: int) -> int:
        """Delete messages whose ``expires_at`` is before a time.

        Several hosts may do so at once.

        :param batch: at most so many, in one short transaction
        :returns: how many; what an attempt deleted whose answer was lost is
            not counted
        """
        values = {
            'before': fit.moment('before', before),
            'batch': min(batch, pages.MOST),
        }
        if batch < 1:
            return 0
        found: int = self.database.write(
            lambda own: own.execute(self._purge, values).rowcount
        )
        return found

    def _get(self, project_id: pages.Tenant, id: str) -> Message | None:
        if not fit.is_storable(id):
            return None
        query = pages.SELECT.where(
            MESSAGES.c.id == id, pages.of(project_id)
        )
        row = self.database.read(lambda own: own.execute(query).first())
        return None if row is None else _message(row)

    def _list(
        self, project_id: pages.Tenant, page: Page
    ) -> builtins.list[Message]:
        query = pages.query(project_id, page, self.database.backend)
        if query is None:
            return []
        rows = self.database.read(lambda own: own.execute(query).all())
        return [_message(row) for row in rows]

    def _delete(self, project_id: pages.Tenant, id: str) -> bool:
        # Asked first: when the answer to the DELETE is lost and it is tried
        # again, no row is left that would tell.
        if self._get(project_id, id) is None:
            return False
        statement = sa.delete(MESSAGES).where(
            MESSAGES.c.id == id, pages.of(project_id)
        )
        tries = []

        def work(own: sa.Connection) -> int:
            tries.append(own)
            return own.execute(statement).rowcount

        return self.database.write(work) > 0 or len(tries) > 1


def _row(message: Message) -> dict[str, Any]:
    row: dict[str, Any] = {
        'created_at': fit.moment('created_at', message.created_at),
        'expires_at': fit.moment('expires_at', message.expires_at),
        'params': fit.params(message.params),
    }
    for name, width in _WIDTHS.items():
        if name in row:
            continue
        value = getattr(message, name)
        if value is None and name in _OPTIONAL:
            row[name] = None
        else:
            row[name] = fit.text(name, value, width)
    return row


def _message(row: Any) -> Message:
    # The columns stand in the order of the members.
    created, expires, params = row[4], row[5], row[11]
    return Message(
        row[0],
        row[1],
        row[2],
        row[3],
        created.replace(tzinfo=datetime.UTC),
        expires.replace(tzinfo=datetime.UTC),
        row[6],
        row[7],
        row[8],
        row[9],
        row[10],
        json.loads(params) if params != '{}' else {},
    )
