# SPDX-License-Identifier: Apache-2.0
"""The clock of a database, in statements.

Of a server its own, so that all hosts agree; of a SQLite file the host's,
which is the only one there.
"""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

# Not the name of any column: SQLAlchemy would take it for one.
_NOW = 'own_now'
_LEASE = 'own_lease'


class Clock:
    """Says the time in the words of a database.

    :param backend: ``sqlite``, ``postgresql`` or ``mysql``
    """

    def __init__(self, backend: str) -> None:
        self.backend = backend
        #: The time, in UTC without a zone. Of one statement it is one time.
        self.now: sa.ColumnElement[Any]
        if backend == 'sqlite':
            self.now = sa.bindparam(_NOW, type_=sa.DateTime)
        elif backend == 'postgresql':
            self.now = sa.func.timezone(
                'UTC', sa.func.statement_timestamp(), type_=sa.DateTime
            )
        else:
            self.now = sa.func.utc_timestamp(
                sa.literal_column('6'), type_=sa.DateTime
            )
        #: The end of a lease that begins now, as ``values`` says.
        self.until = self.later(sa.bindparam(_LEASE))

    def later(self, lease: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Return a time later than now.

        :param lease: as ``lease`` returned it, or an expression of such
        """
        if self.backend == 'sqlite':
            return sa.type_coerce(lease, sa.DateTime)
        if self.backend == 'postgresql':
            zero: sa.ColumnElement[Any] = sa.literal_column('0')
            seconds = sa.cast(lease, sa.Double)
            return self.now + sa.func.make_interval(
                zero, zero, zero, zero, zero, zero, seconds,
                type_=sa.Interval,
            )
        return sa.func.timestampadd(
            sa.literal_column('MICROSECOND'), lease, self.now,
            type_=sa.DateTime,
        )

    def greatest(self, *values: Any) -> sa.ColumnElement[Any]:
        """Return the greatest of some times, none of them NULL."""
        name = 'max' if self.backend == 'sqlite' else 'greatest'
        found: sa.ColumnElement[Any] = getattr(sa.func, name)(
            *values, type_=sa.DateTime
        )
        return found

    def values(self, seconds: float | None = None) -> dict[str, Any]:
        """Return what a statement is executed with.

        :param seconds: of its lease, if it has one
        """
        now = self.moment()
        found: dict[str, Any] = {} if now is None else {_NOW: now}
        if seconds is not None:
            found[_LEASE] = self.lease(seconds, now)
        return found

    def moment(self) -> datetime.datetime | None:
        """Return the time where it is the host's; None: the server's."""
        return _utc_now() if self.backend == 'sqlite' else None

    def lease(self, seconds: float, now: datetime.datetime | None) -> Any:
        """Return seconds as ``later`` takes them.

        :param now: as ``moment`` returned it
        """
        if now is not None:
            return now + datetime.timedelta(seconds=seconds)
        if self.backend == 'postgresql':
            return float(seconds)
        return round(seconds * 1_000_000)


def backend_of(connection: sa.Connection) -> str:
    """Return the backend of a connection, whosever it is."""
    name = connection.dialect.name
    return 'mysql' if name == 'mariadb' else name


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
