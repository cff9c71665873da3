# SPDX-License-Identifier: Apache-2.0
"""The table of messages.

It says again what ``tables`` says, because it must not change with it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

INDEXES = {
    'errorkit_messages_project': ['project_id', 'created_at', 'id'],
    'errorkit_messages_created': ['created_at', 'id'],
    'errorkit_messages_request': [
        'request_id',
        'project_id',
        'created_at',
        'id',
    ],
    'errorkit_messages_resource': [
        'resource_uuid',
        'project_id',
        'created_at',
        'id',
    ],
    'errorkit_messages_expires': ['expires_at'],
}


def _text(width: int) -> sa.String:
    return (
        sa.String(width)
        .with_variant(sa.String(width, collation='C'), 'postgresql')
        .with_variant(
            mysql.VARCHAR(width, collation='utf8mb4_nopad_bin'), 'mysql'
        )
    )


def _time() -> sa.DateTime:
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql')


def upgrade() -> None:
    """Make the table and its indexes, what of them is not there yet."""
    op.create_table(
        'errorkit_messages',
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
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
        mysql_row_format='DYNAMIC',
        if_not_exists=True,
    )
    for name, columns in INDEXES.items():
        op.create_index(
            name, 'errorkit_messages', columns, if_not_exists=True
        )
