# SPDX-License-Identifier: Apache-2.0
"""What is kept in SQLite, PostgreSQL or MariaDB; needs the extra ``db``."""

try:
    import oslo_db as _oslo_db
    import sqlalchemy as _sqlalchemy
except ImportError as missing:
    raise ImportError(
        f'errorkit.outcomes.sql needs {missing.name}: '
        "pip install 'errorkit[db]'",
        name=missing.name,
    ) from missing

from errorkit.outcomes.sql.actions import SqlActions
from errorkit.outcomes.sql.engine import Database
from errorkit.outcomes.sql.fit import UnfitValue
from errorkit.outcomes.sql.messages import SqlMessages

del _oslo_db, _sqlalchemy

__all__ = ['Database', 'SqlActions', 'SqlMessages', 'UnfitValue']
