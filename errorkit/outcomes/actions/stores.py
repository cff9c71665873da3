# SPDX-License-Identifier: Apache-2.0
"""Finds the store of actions that a setting names."""

from __future__ import annotations

import pkgutil
from typing import Any, cast

from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.store import ActionStore

#: The store of this process that is named ``memory``.
MEMORY = MemoryActions()
# Of a room above this one, that need not be installed: found by its name.
_SQL = 'errorkit.outcomes.sql:SqlActions'
_CALLS = [name for name in vars(ActionStore) if not name.startswith('_')]


def find(name: Any) -> ActionStore:
    """Return a store.

    :param name: a store itself; ``memory``, the same in the whole process;
        the address of a database, such as ``sqlite:////var/lib/a.sqlite``,
        which needs the extra ``db``; or ``module:attribute``, which is a
        store, something that has one as ``store``, or a class or function
        that makes one when it is called without arguments
    :raises ConfigError: it is none of these
    """
    if name == 'memory':
        return MEMORY
    found = name
    if isinstance(name, str):
        if '://' in name:
            return cast(ActionStore, pkgutil.resolve_name(_SQL)(name))
        if ':' not in name:
            raise _bad(name)
        try:
            found = pkgutil.resolve_name(name)
        except (ImportError, AttributeError, ValueError) as exc:
            raise _bad(name) from exc
        if not callable(found):
            found = getattr(found, 'store', found)
    if callable(found) and not _is_store(found):
        found = found()
    if not _is_store(found):
        raise _bad(name)
    return cast(ActionStore, found)


def _is_store(found: object) -> bool:
    return not isinstance(found, type) and all(
        callable(getattr(found, call, None)) for call in _CALLS
    )


def _bad(name: object) -> ConfigError:
    # An address can hold a password; what is shown here is none.
    return ConfigError(
        'errorkit.outcomes.actions.Actions',
        'store',
        name if isinstance(name, str) else type(name).__name__,
        'a store, "memory", the address of a database and the '
        '"module:attribute" of a store are allowed',
    )
