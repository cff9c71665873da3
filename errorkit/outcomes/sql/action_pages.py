# SPDX-License-Identifier: Apache-2.0
"""The queries for actions, events and faults; each is read along an index."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from errorkit.outcomes.actions.records import (
    FAULT_FILTERS,
    ActionPage,
    FaultPage,
)
from errorkit.outcomes.sql import fit, keyset
from errorkit.outcomes.sql.action_rows import (
    ACTION_COLUMNS,
    EVENT_COLUMNS,
    FAULT_COLUMNS,
)
from errorkit.outcomes.sql.action_words import words
from errorkit.outcomes.sql.pages import MOST, Every, Tenant
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS, FAULTS

_NEWEST = [
    keyset.Key(ACTIONS.c.start_time, True),
    keyset.Key(ACTIONS.c.id, True),
]
_NEWEST_FAULT = [
    keyset.Key(FAULTS.c.created_at, True),
    keyset.Key(FAULTS.c.id, True),
]
# Filters that leave a few rows, the fewest first, and their indexes.
_SELECTIVE: dict[tuple[str, ...], str] = {
    ('request_id',): 'errorkit_faults_request',
    ('global_request_id',): 'errorkit_faults_global',
    ('resource_id', 'resource_type'): 'errorkit_faults_resource',
    ('resource_id',): 'errorkit_faults_resource',
    ('error_code',): 'errorkit_faults_code',
    (): 'errorkit_faults_created',
}
# The ids as the rows of a table, each from one parameter.
_GIVEN = {
    'sqlite': 'SELECT value AS id FROM json_each(:own_ids)',
    'postgresql': 'SELECT unnest(CAST(:own_ids AS varchar[])) COLLATE "C" '
    'AS id',
    'mysql': "SELECT given.id FROM JSON_TABLE(:own_ids, '$[*]' COLUMNS "
    '(id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin '
    "PATH '$')) AS given",
}


def of(table: sa.Table, project_id: Tenant) -> sa.ColumnElement[bool]:
    """Return the condition of belonging to a tenant."""
    if project_id is Every.TENANT:
        return sa.true()
    if not fit.is_storable(project_id):
        return sa.false()
    return table.c.project_id == project_id


def action(
    backend: str,
    project_id: Tenant,
    resource_type: str,
    resource_id: str,
    request_id: str,
) -> sa.Select[Any] | None:
    """Return the query of a request's newest action on a resource.

    :returns: None: there can be none
    """
    if not _storable(project_id, resource_type, resource_id, request_id):
        return None
    found = _actions(backend, project_id, resource_type, resource_id)
    if backend == 'mysql':
        found = _forced(found, ACTIONS, 'errorkit_actions_request')
    return (
        found.where(ACTIONS.c.request_id == request_id)
        .order_by(*keyset.order_by(_NEWEST, backend))
        .limit(1)
    )


def actions(
    backend: str,
    project_id: Tenant,
    resource_type: str,
    resource_id: str,
    page: ActionPage,
) -> sa.Select[Any] | None:
    """Return the query of a page; None: there is nothing to ask for.

    :raises UnfitValue: ``after`` or a time is none that a row can have
    """
    limits = [
        # What is over is written to be lost when it is met: it changes now.
        sa.or_(
            ACTIONS.c.updated_at
            >= _moment('changes_since', page.changes_since),
            words(backend).is_over(ACTIONS),
        )
        if page.changes_since is not None else sa.true(),
        (ACTIONS.c.updated_at
         <= _moment('changes_before', page.changes_before))
        if page.changes_before is not None else sa.true(),
        ACTIONS.c.request_id == page.request_id
        if page.request_id is not None else sa.true(),
    ]
    start = None
    if page.after is not None:
        start = keyset.stored(_NEWEST, page.after)
    if page.limit <= 0 or not _storable(
        project_id, resource_type, resource_id, page.request_id or ''
    ):
        return None
    found = _actions(backend, project_id, resource_type, resource_id)
    if backend == 'mysql':
        found = _forced(found, ACTIONS, 'errorkit_actions_resource')
    if start is not None:
        found = found.where(keyset.after(_NEWEST, start, backend))
    return (
        found.where(*limits)
        .order_by(*keyset.order_by(_NEWEST, backend))
        .limit(min(page.limit, MOST))
    )


def events(backend: str, action_id: str) -> sa.Select[Any] | None:
    """Return the query of an action's events, the newest first."""
    if not fit.is_storable(action_id):
        return None
    return (
        sa.select(
            *EVENT_COLUMNS,
            words(backend).is_over(EVENTS).label('is_over'),
            EVENTS.c.lease_until,
        )
        .where(EVENTS.c.action_id == action_id)
        .order_by(EVENTS.c.start_time.desc(), EVENTS.c.id.desc())
    )


def faults(backend: str, page: FaultPage) -> sa.Select[Any] | None:
    """Return the query of a page of all tenants' faults.

    :returns: None: there is nothing to ask for
    :raises UnfitValue: ``after`` or a time is none that a row can have
    """
    start = None
    if page.after is not None:
        start = keyset.stored(_NEWEST_FAULT, page.after)
    found: sa.Select[Any] = sa.select(*FAULT_COLUMNS)
    if page.since is not None:
        found = found.where(
            FAULTS.c.created_at >= _moment('since', page.since)
        )
    if page.before is not None:
        found = found.where(
            FAULTS.c.created_at < _moment('before', page.before)
        )
    given = {
        name: getattr(page, name)
        for name in FAULT_FILTERS
        if getattr(page, name) is not None
    }
    if page.limit <= 0 or not _storable(*given.values()):
        return None
    leading = next(names for names in _SELECTIVE if {*names} <= {*given})
    order = [key.column for key in _NEWEST_FAULT]
    if backend == 'mysql':
        found = _forced(found, FAULTS, _SELECTIVE[leading])
    elif backend == 'postgresql' and leading != ('resource_id',):
        # As part of the order, they bind it to their index; see ``pages``.
        columns = [FAULTS.c[name] for name in leading]
        values = [given.pop(column.name) for column in columns]
        for column, value in zip(columns, values, strict=True):
            found = found.where(column.between(value, value))
        order = [*columns, *order]
        start = None if start is None else [*values, *start]
    for name, value in given.items():
        found = found.where(FAULTS.c[name] == value)
    if start is not None and backend == 'postgresql':
        # None of these is NULL: the filters leave none.
        found = found.where(sa.tuple_(*order) < tuple(start))
    elif start is not None:
        found = found.where(keyset.after(_NEWEST_FAULT, start, backend))
    return found.order_by(*(column.desc() for column in order)).limit(
        min(page.limit, MOST)
    )


def latest_faults(
    backend: str,
    project_id: Tenant,
    resource_type: str,
    resource_ids: Sequence[str],
) -> tuple[Any, dict[str, Any]] | None:
    """Return the query of each resource's newest fault, and its values.

    Of each id, one row is looked up in the index, however many faults there
    are of it.
    """
    ids = [id for id in dict.fromkeys(resource_ids) if fit.is_storable(id)]
    if not ids or not _storable(project_id, resource_type):
        return None
    tenant = ''
    values: dict[str, Any] = {'own_type': resource_type}
    if project_id is not Every.TENANT:
        tenant = 'AND one.project_id = :own_project '
        values['own_project'] = project_id
    columns = ', '.join(f'fault.{column.name}' for column in FAULT_COLUMNS)
    hint = ''
    if backend == 'mysql':
        hint = 'FORCE INDEX (errorkit_faults_resource) '
    newest = (
        f'FROM {FAULTS.name} AS one {hint}'
        'WHERE one.resource_id = given.id AND one.resource_type = :own_type '
        f'{tenant}ORDER BY one.created_at DESC, one.id DESC LIMIT 1'
    )
    if backend == 'postgresql':
        joined = f'CROSS JOIN LATERAL (SELECT one.* {newest}) AS fault'
    else:
        joined = (
            f'JOIN {FAULTS.name} AS fault ON fault.id = '
            f'(SELECT one.id {newest})'
        )
    text = f'SELECT {columns} FROM ({_GIVEN[backend]}) AS given {joined}'
    if backend == 'postgresql':
        ids_type: Any = postgresql.ARRAY(sa.String)
        values['own_ids'] = ids
    else:
        ids_type = sa.String()
        values['own_ids'] = json.dumps(ids)
    query = (
        sa.text(text)
        .bindparams(sa.bindparam('own_ids', type_=ids_type))
        .columns(*FAULT_COLUMNS)
    )
    return query, values


def _actions(
    backend: str, project_id: Tenant, resource_type: str, resource_id: str
) -> sa.Select[Any]:
    return sa.select(
        *ACTION_COLUMNS,
        words(backend).is_over(ACTIONS).label('is_over'),
        ACTIONS.c.lease_until,
    ).where(
        ACTIONS.c.resource_id == resource_id,
        ACTIONS.c.resource_type == resource_type,
        of(ACTIONS, project_id),
    )


def _moment(name: str, value: object) -> datetime.datetime:
    return fit.moment(name, value)


def _storable(*values: object) -> bool:
    return all(
        value is Every.TENANT or fit.is_storable(value) for value in values
    )


def _forced(
    query: sa.Select[Any], table: sa.Table, index: str
) -> sa.Select[Any]:
    return query.with_hint(table, f'FORCE INDEX ({index})')
