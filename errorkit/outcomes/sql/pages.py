# SPDX-License-Identifier: Apache-2.0
"""The query of a page, such that every database reads it along an index.

Left alone, PostgreSQL and MariaDB now and then take the index of another
order and skip the rows of all other tenants, or read a tenant's rows from the
first one on: a list is then as slow as the table is long.
"""

from __future__ import annotations

import enum
from typing import Any

import sqlalchemy as sa

from errorkit.outcomes.records import FILTERABLE, SORTABLE, Page
from errorkit.outcomes.sql import fit, keyset
from errorkit.outcomes.sql.tables import MESSAGES

# More rows than this are in no table; the databases differ beyond.
MOST = 2**31 - 1


class Every(enum.Enum):
    """Instead of a tenant, where all are meant; None is no tenant's name."""

    TENANT = 'tenant'


Tenant = str | Every

SELECT = sa.select(*MESSAGES.columns)
# Filters that leave a few rows, and the indexes that find these.
_SELECTIVE = {
    'request_id': 'errorkit_messages_request',
    'resource_uuid': 'errorkit_messages_resource',
}


def of(project_id: Tenant) -> sa.ColumnElement[bool]:
    """Return the condition of belonging to a tenant."""
    if project_id is Every.TENANT:
        return sa.true()
    if not fit.is_storable(project_id):
        return sa.false()
    return MESSAGES.c.project_id == project_id


def query(
    project_id: Tenant, page: Page, backend: str
) -> sa.Select[Any] | None:
    """Return the query of a page; None: there is nothing to ask for.

    :param backend: ``sqlite``, ``postgresql`` or ``mysql``
    :raises ValueError: the page has a filter or an order that there is not
    :raises UnfitValue: ``after`` has values that no row has
    """
    keys = _keys(page)
    start = None
    if page.after is not None:
        start = keyset.stored(keys, page.after)
    if page.offset < 0:
        raise ValueError('an offset is not negative')
    if page.limit <= 0 or page.offset > MOST:
        return None
    found: sa.Select[Any] = SELECT.where(*_filters(page))
    selective = next(
        (name for name in _SELECTIVE if name in page.filters), None
    )
    if (
        backend == 'postgresql'
        and isinstance(project_id, str)
        and selective is None
        and keyset.is_plain(keys)
        and fit.is_storable(project_id)
    ):
        # As part of the order, the tenant binds it to the tenant's index.
        first = keyset.Key(MESSAGES.c.project_id, keys[0].descending)
        keys = [first, *keys]
        found = found.where(_between(project_id))
        start = None if start is None else [project_id, *start]
    else:
        found = found.where(of(project_id))
    if backend == 'mysql':
        found = _forced(found, project_id, selective, keys)
    if start is not None:
        found = found.where(keyset.after(keys, start, backend))
    found = found.order_by(*keyset.order_by(keys, backend))
    found = found.limit(min(page.limit, MOST))
    return found.offset(page.offset) if page.offset else found


def _keys(page: Page) -> list[keyset.Key]:
    if not page.order or page.order[-1].column != 'id':
        raise ValueError('the last key of an order is id')
    if any(key.column not in SORTABLE for key in page.order):
        raise ValueError('an order has a column that has none')
    return [
        keyset.Key(MESSAGES.c[key.column], key.descending)
        for key in page.order
    ]


def _filters(page: Page) -> list[sa.ColumnElement[bool]]:
    if any(name not in FILTERABLE for name in page.filters):
        raise ValueError('a list has no such filter')
    return [
        MESSAGES.c[name] == value if fit.is_storable(value) else sa.false()
        for name, value in page.filters.items()
    ]


def _between(project_id: str) -> sa.ColumnElement[bool]:
    # Of a column that equals a constant, PostgreSQL knows that sorting by it
    # is nothing, and takes whatever index has the rest of the order.
    return MESSAGES.c.project_id.between(project_id, project_id)


def _forced(
    found: sa.Select[Any],
    project_id: Tenant,
    selective: str | None,
    keys: list[keyset.Key],
) -> sa.Select[Any]:
    """Name the index to MariaDB, where one fits."""
    if selective is not None:
        index = _SELECTIVE[selective]
    elif keys[0].column is not MESSAGES.c.created_at:
        return found
    elif project_id is Every.TENANT:
        index = 'errorkit_messages_created'
    else:
        index = 'errorkit_messages_project'
    return found.with_hint(MESSAGES, f'FORCE INDEX ({index})')
