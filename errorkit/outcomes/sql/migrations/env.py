# SPDX-License-Identifier: Apache-2.0
"""What alembic runs around migrations; ``migrate`` hands the connection in."""

from alembic import context

from errorkit.outcomes.sql.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes['connection'],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
