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
