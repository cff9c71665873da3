# SPDX-License-Identifier: Apache-2.0
"""The store of actions in SQL: the suite, on every database."""

from action_engines import shared, store  # noqa: F401
from action_suite import ActionSuite


class TestSqlActions(ActionSuite):
    """The suite, in SQLite, PostgreSQL and MariaDB."""

    examples = 8
