# SPDX-License-Identifier: Apache-2.0
"""Finds the store of actions that a setting names."""

from __future__ import annotations

from typing import Any, cast

from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.named import Finder, Found

#: The store of this process that is named ``memory``.
MEMORY = MemoryActions()
_FINDER = Finder(
    'actions', ActionStore, MEMORY, 'errorkit.outcomes.sql:SqlActions',
    'errorkit.outcomes.actions.Actions', 'store',
)


def find(name: Any) -> ActionStore:
    """Return a store.

    :param name: as of ``errorkit.outcomes.stores.find``, of actions
    :raises ConfigError: it is none
    """
    return cast(ActionStore, _FINDER.find(name))


def find_with_owner(name: Any) -> Found:
    """Return a store, and the ``Actions`` it was found in, if it was.

    :param name: see ``find``
    :raises ConfigError: it is none
    """
    return _FINDER.find_with_owner(name)
