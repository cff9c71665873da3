# SPDX-License-Identifier: Apache-2.0
"""The tables of actions, of their events, and of faults.

All are new, so nothing in use is locked. It says again what ``tables`` says,
because it must not change with it.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

INDEXES = {
    'errorkit_actions': {
        'errorkit_actions_resource': [
            'resource_id',
            'resource_type',
            'start_time',
            'id',
        ],
        'errorkit_actions_request': [
            'request_id',
            'resource_id',
            'start_time',
            'id',
        ],
        'errorkit_actions_lease': ['lease_until'],
        'errorkit_actions_updated': ['updated_at'],
    },
    'errorkit_action_events': {
        'errorkit_events_action': ['action_id', 'start_time', 'id'],
        'errorkit_events_lease': ['lease_until'],
    },
    'errorkit_faults': {
        'errorkit_faults_resource': [
            'resource_id',
            'resource_type',
            'created_at',
            'id',
        ],
        'errorkit_faults_request': ['request_id', 'created_at', 'id'],
        'errorkit_faults_global': ['global_request_id', 'created_at', 'id'],
        'errorkit_faults_code': ['error_code', 'created_at', 'id'],
        'errorkit_faults_created': ['created_at', 'id'],
        'errorkit_faults_action': ['action_id'],
    },
}


def _text(width: int) -> sa.String:
    return (
        sa.String(width)
        .with_variant(sa.String(width, collation='C'), 'postgresql')
        .with_variant(
            mysql.VARCHAR(width, collation='utf8mb4_nopad_bin'), 'mysql'
        )
    )


def _long_text() -> sa.Text:
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql')


def _time() -> sa.DateTime:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql')


def upgrade() -> None:
    """Make the tables and their indexes, what of them is not there yet."""
    for table, columns in _columns().items():
        op.create_table(
            table,
            *columns,
            mysql_engine='InnoDB',
            mysql_charset='utf8mb4',
            mysql_row_format='DYNAMIC',
            if_not_exists=True,
        )
        for name, indexed in INDEXES[table].items():
            is_partial = indexed == ['lease_until']
            where = sa.text('lease_until IS NOT NULL') if is_partial else None
            op.create_index(
                name,
                table,
                indexed,
                postgresql_where=where,
                sqlite_where=where,
                if_not_exists=True,
            )


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        'errorkit_actions': [
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
            sa.Column('lease_until', _time()),
        ],
        'errorkit_action_events': [
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
            sa.Column('lease_until', _time()),
        ],
        'errorkit_faults': [
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
        ],
    }
