# SPDX-License-Identifier: Apache-2.0
"""Tells whether a database failed for tables that are missing or old."""

from __future__ import annotations

import sqlite3

import sqlalchemy.exc
from oslo_db import exception as oslo_exception

# undefined_table, undefined_column
_POSTGRESQL = frozenset({'42P01', '42703'})
# ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR
_MARIADB = frozenset({1146, 1054})
# It has no codes for them.
_SQLITE = ('no such table', 'no such column', 'has no column named')


def is_outdated(error: BaseException) -> bool:
    """Tell whether ``errorkit db upgrade`` may help.

    :param error: of SQLAlchemy, or what oslo.db's filters made of it
    """
    if isinstance(error, oslo_exception.DBError):
        error = error.inner_exception or error
    original = getattr(error, 'orig', None)
    if not isinstance(error, sqlalchemy.exc.DBAPIError) or original is None:
        return False
    if isinstance(original, sqlite3.Error):
        return any(words in str(original) for words in _SQLITE)
    state = getattr(original, 'pgcode', None) or getattr(
        original, 'sqlstate', None
    )
    return state in _POSTGRESQL or (
        original.args[:1] != () and original.args[0] in _MARIADB
    )
