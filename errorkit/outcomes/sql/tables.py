# SPDX-License-Identifier: Apache-2.0
"""The tables, as this version of errorkit uses them.

``migrations`` makes them; ``errorkit db check`` compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

#: Where alembic notes the version: a name of its own, so that the tables can
#: stand in a service's database beside the service's own migrations.
VERSION_TABLE = 'errorkit_alembic_version'

METADATA = sa.MetaData()


def _text(width: int) -> sa.String:
    # Compared by code point, trailing spaces too, on every database. That is
    # what SQLite does by itself.
    return (
        sa.String(width)
        .with_variant(sa.String(width, collation='C'), 'postgresql')
        .with_variant(
            mysql.VARCHAR(width, collation='utf8mb4_nopad_bin'),
            'mysql',
            'mariadb',
        )
    )


def _time() -> sa.DateTime:
    # UTC without a zone, to the microsecond.
    return sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), 'mysql', 'mariadb'
    )


MESSAGES = sa.Table(
    'errorkit_messages',
    METADATA,
    sa.Column('id', _text(36), primary_key=True),
    sa.Column('project_id', _text(255), nullable=False),
    sa.Column('event_id', _text(255), nullable=False),
    sa.Column('message_level', _text(10), nullable=False),
    sa.Column('created_at', _time(), nullable=False),
    sa.Column('expires_at', _time(), nullable=False),
    sa.Column('request_id', _text(255)),
    sa.Column('resource_type', _text(36)),
    sa.Column('resource_uuid', _text(255)),
    sa.Column('user_id', _text(255)),
    sa.Column('global_request_id', _text(255)),
    sa.Column('params', sa.Text(), nullable=False),
    # A tenant's list, and everybody's, in the default order, and backwards.
    sa.Index(
        'errorkit_messages_project', 'project_id', 'created_at', 'id'
    ),
    sa.Index('errorkit_messages_created', 'created_at', 'id'),
    # The two filters that single out a few messages of very many. The tenant
    # stands second: the same index serves a list across tenants.
    sa.Index(
        'errorkit_messages_request',
        'request_id',
        'project_id',
        'created_at',
        'id',
    ),
    sa.Index(
        'errorkit_messages_resource',
        'resource_uuid',
        'project_id',
        'created_at',
        'id',
    ),
    # The purge.
    sa.Index('errorkit_messages_expires', 'expires_at'),
    mysql_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_row_format='DYNAMIC',
)


def _long_text() -> sa.Text:
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')


# Until when it is believed to be alive; NULL: it is final, and if it is lost,
# somebody has been told. The sweeps read its index, which where the database
# can has no other rows; a comparison leaves NULL out everywhere.
_LEASE = 'lease_until'
_IS_OPEN = sa.text('lease_until IS NOT NULL')

ACTIONS = sa.Table(
    'errorkit_actions',
    METADATA,
    sa.Column('id', _text(64), primary_key=True),
    sa.Column('project_id', _text(255), nullable=False),
    sa.Column('resource_type', _text(36), nullable=False),
    sa.Column('resource_id', _text(255), nullable=False),
    sa.Column('request_id', _text(255), nullable=False),
    sa.Column('action', _text(255), nullable=False),
    sa.Column('user_id', _text(255)),
    sa.Column('global_request_id', _text(255)),
    sa.Column('host', _text(255)),
    sa.Column('token', _text(64), nullable=False),
    sa.Column('failure_event', _text(255)),
    sa.Column('status', _text(12), nullable=False),
    sa.Column('code', _text(255)),
    sa.Column('message', _text(255)),
    sa.Column('start_time', _time(), nullable=False),
    sa.Column('updated_at', _time(), nullable=False),
    sa.Column('finish_time', _time()),
    sa.Column('late_status', _text(12)),
    sa.Column(_LEASE, _time()),
    # The list of a resource; it is one tenant's, so the tenant is no part.
    sa.Index(
        'errorkit_actions_resource',
        'resource_id',
        'resource_type',
        'start_time',
        'id',
    ),
    sa.Index(
        'errorkit_actions_request',
        'request_id',
        'resource_id',
        'start_time',
        'id',
    ),
    sa.Index(
        'errorkit_actions_lease',
        _LEASE,
        postgresql_where=_IS_OPEN,
        sqlite_where=_IS_OPEN,
    ),
    # The purge.
    sa.Index('errorkit_actions_updated', 'updated_at'),
    mysql_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_row_format='DYNAMIC',
)

# No foreign keys: who adds an event or a fault holds the lock of its action,
# and so does who removes that.
EVENTS = sa.Table(
    'errorkit_action_events',
    METADATA,
    sa.Column('id', _text(36), primary_key=True),
    sa.Column('action_id', _text(64), nullable=False),
    sa.Column('event', _text(255), nullable=False),
    sa.Column('host', _text(255)),
    sa.Column('token', _text(64), nullable=False),
    sa.Column('status', _text(12), nullable=False),
    sa.Column('code', _text(255)),
    sa.Column('message', _text(255)),
    sa.Column('details', _long_text()),
    sa.Column('traceback', _long_text()),
    sa.Column('start_time', _time(), nullable=False),
    sa.Column('finish_time', _time()),
    sa.Column('late_status', _text(12)),
    sa.Column(_LEASE, _time()),
    sa.Index('errorkit_events_action', 'action_id', 'start_time', 'id'),
    sa.Index(
        'errorkit_events_lease',
        _LEASE,
        postgresql_where=_IS_OPEN,
        sqlite_where=_IS_OPEN,
    ),
    mysql_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_row_format='DYNAMIC',
)

FAULTS = sa.Table(
    'errorkit_faults',
    METADATA,
    sa.Column('id', _text(36), primary_key=True),
    sa.Column('project_id', _text(255), nullable=False),
    sa.Column('resource_type', _text(36), nullable=False),
    sa.Column('resource_id', _text(255), nullable=False),
    sa.Column('action_id', _text(64), nullable=False),
    sa.Column('event_id', _text(36), nullable=False),
    sa.Column('request_id', _text(255), nullable=False),
    sa.Column('code', sa.Integer(), nullable=False),
    sa.Column('message', _text(255), nullable=False),
    sa.Column('global_request_id', _text(255)),
    sa.Column('user_id', _text(255)),
    sa.Column('error_code', _text(255)),
    sa.Column('details', _long_text()),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('host', _text(255)),
    sa.Column('created_at', _time(), nullable=False),
    # The latest of a resource, and the ways an admin looks for them.
    sa.Index(
        'errorkit_faults_resource',
        'resource_id',
        'resource_type',
        'created_at',
        'id',
    ),
    sa.Index('errorkit_faults_request', 'request_id', 'created_at', 'id'),
    sa.Index(
        'errorkit_faults_global', 'global_request_id', 'created_at', 'id'
    ),
    sa.Index('errorkit_faults_code', 'error_code', 'created_at', 'id'),
    sa.Index('errorkit_faults_created', 'created_at', 'id'),
    # They go with their action.
    sa.Index('errorkit_faults_action', 'action_id'),
    mysql_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_row_format='DYNAMIC',
)
