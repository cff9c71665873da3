# SPDX-License-Identifier: Apache-2.0
"""The store in memory: the suite of all stores, and what is its own."""

import os

import pytest
from message_samples import message
from store_suite import EVERYTHING, StoreSuite, ids, several

from errorkit.outcomes.exceptions import StoreFull
from errorkit.outcomes.memory import MemoryStore


class TestMemoryStore(StoreSuite):
    """The suite, in memory."""

    @pytest.fixture
    def store(self):
        """An empty store."""
        return MemoryStore()


def test_a_full_store_refuses_and_keeps_what_it_has():
    store = MemoryStore(maximum=2)
    rows = several(3)
    store.add(rows[0])
    store.add(rows[1])
    with pytest.raises(StoreFull):
        store.add(rows[2])
    store.add(rows[1])
    assert ids(store.list('alpha', EVERYTHING)) == ids(rows[1::-1])


def test_there_is_no_transaction_to_join_in_memory():
    with pytest.raises(TypeError):
        MemoryStore().add(message(), connection=object())


def test_a_fork_has_a_copy_of_its_own():
    store = MemoryStore()
    first = message()
    store.add(first)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store.add(message())
            status = 0 if len(store.list('alpha', EVERYTHING)) == 2 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(store.list('alpha', EVERYTHING)) == [first]
