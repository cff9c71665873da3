# SPDX-License-Identifier: Apache-2.0
"""Stores of actions in databases, each of them a test's own."""

import contextlib

import pytest
from action_samples import clear
from sql_engines import KINDS, empty, tables

from errorkit.outcomes.sql import Database, SqlActions


@contextlib.contextmanager
def opened(url, **options):
    """Give a store, and close its connections afterwards."""
    database = Database(url, **options)
    try:
        yield SqlActions(database)
    finally:
        database.dispose()


@pytest.fixture(scope='module', params=KINDS)
def shared(request, tmp_path_factory):
    """A store that the tests of a module share; it is seldom empty."""
    with empty(request.param, tmp_path_factory.mktemp('actions')) as url:
        tables(url)
        with opened(url, budget=10) as found:
            found.url = url
            yield found


@pytest.fixture
def store(shared):
    """The same store, empty."""
    clear(shared)
    return shared
