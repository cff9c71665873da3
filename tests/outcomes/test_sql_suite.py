# SPDX-License-Identifier: Apache-2.0
"""The store in SQL: the suite of all stores, on every database."""

import pytest
from sql_engines import emptied, shared  # noqa: F401
from store_suite import StoreSuite


class TestSqlMessages(StoreSuite):
    """The suite, in SQLite, PostgreSQL and MariaDB."""

    @pytest.fixture
    def store(self, emptied):  # noqa: F811
        """An empty store."""
        return emptied
