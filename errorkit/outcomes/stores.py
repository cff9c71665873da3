# SPDX-License-Identifier: Apache-2.0
"""Finds the store of messages that a setting names."""

from __future__ import annotations

from typing import Any, cast

from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.named import Finder
from errorkit.outcomes.store import MessageStore

#: The store of this process that is named ``memory``.
MEMORY = MemoryStore()
_FINDER = Finder(
    'messages', MessageStore, MEMORY,
    'errorkit.outcomes.sql:SqlMessages',
    'errorkit.outcomes.messages.API', 'db_driver',
)


def find(name: Any) -> MessageStore:
    """Return a store.

    :param name: a store itself; ``memory``, the same in the whole process;
        the address of a database, such as ``sqlite:////var/lib/m.sqlite``,
        which needs the extra ``db``; or ``module:attribute``, which is a
        store, something that has one as ``store``, or a class or function
        that makes one when it is called without arguments
    :raises ConfigError: it is none of these
    """
    return cast(MessageStore, _FINDER.find(name))
