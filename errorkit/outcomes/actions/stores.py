# SPDX-License-Identifier: Apache-2.0
"""Finds the store of actions that a setting names."""

from __future__ import annotations

from typing import Any, cast

from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.named import Finder

#: The store of this process that is named ``memory``.
MEMORY = MemoryActions()
_FINDER = Finder(
    ActionStore, MEMORY, 'errorkit.outcomes.sql:SqlActions',
    'errorkit.outcomes.actions.Actions', 'store',
)


def find(name: Any) -> ActionStore:
    """Return a store.

    :param name: as of ``errorkit.outcomes.stores.find``, of actions
    :raises ConfigError: it is none
    """
    return cast(ActionStore, _FINDER.find(name))
