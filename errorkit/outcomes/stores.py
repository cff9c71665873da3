# SPDX-License-Identifier: Apache-2.0
"""Finds the store of messages that a setting names."""

from __future__ import annotations

import pkgutil
from typing import Any, cast

from errorkit.exceptions import ConfigError
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.store import MessageStore

#: The store of this process that is named ``memory``.
MEMORY = MemoryStore()
# Of a room above this one, that need not be installed: found by its name.
_SQL = 'errorkit.outcomes.sql:SqlMessages'
_CALLS = [name for name in vars(MessageStore) if not name.startswith('_')]


def find(name: Any) -> MessageStore:
    """Return a store.

    :param name: a store itself; ``memory``, the same in the whole process;
        the address of a database, such as ``sqlite:////var/lib/m.sqlite``,
        which needs the extra ``db``; or ``module:attribute``, which is a
        store, or a class or function that makes one when it is called
        without arguments
    :raises ConfigError: it is none of these
    """
    if name == 'memory':
        return MEMORY
    found = name
    if isinstance(name, str):
        if '://' in name:
            return cast(MessageStore, pkgutil.resolve_name(_SQL)(name))
        if ':' not in name:
            raise _bad(name)
        try:
            found = pkgutil.resolve_name(name)
        except (ImportError, AttributeError, ValueError) as exc:
            raise _bad(name) from exc
    if callable(found) and not _is_store(found):
        found = found()
    if isinstance(found, type) or not _is_store(found):
        raise _bad(name)
    return cast(MessageStore, found)


def _is_store(found: object) -> bool:
    return not isinstance(found, type) and all(
        callable(getattr(found, call, None)) for call in _CALLS
    )


def _bad(name: object) -> ConfigError:
    # An address can hold a password; what is shown here is none.
    return ConfigError(
        'errorkit.outcomes.messages.API',
        'db_driver',
        name if isinstance(name, str) else type(name).__name__,
        'a store, "memory", the address of a database and the '
        '"module:attribute" of a store are allowed',
    )
