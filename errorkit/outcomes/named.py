# SPDX-License-Identifier: Apache-2.0
"""Finds a store by what a setting says of it."""

from __future__ import annotations

import pkgutil
from typing import Any

from errorkit.exceptions import ConfigError


class Finder:
    """Finds stores of one kind.

    :param protocol: what such a store does
    :param memory: the one of this process that is named ``memory``
    :param sql: names its class in a room above this one, that need not be
        installed
    :param where: for errors: who has the setting
    :param option: for errors: the setting's name
    """

    def __init__(
        self,
        protocol: type,
        memory: object,
        sql: str,
        where: str,
        option: str,
    ) -> None:
        self._calls = [
            name for name in vars(protocol) if not name.startswith('_')
        ]
        self._memory = memory
        self._sql = sql
        self._where = where
        self._option = option

    def find(self, name: Any) -> Any:
        """Return a store.

        :param name: a store itself; ``memory``; the address of a database;
            or ``module:attribute``, which is a store, something that has one
            as ``store``, or a class or function that makes one when it is
            called without arguments
        :raises ConfigError: it is none of these
        """
        if name == 'memory':
            return self._memory
        found = name
        if isinstance(name, str):
            if '://' in name:
                return pkgutil.resolve_name(self._sql)(name)
            if ':' not in name:
                raise self._bad(name)
            try:
                found = pkgutil.resolve_name(name)
            except (ImportError, AttributeError, ValueError) as exc:
                raise self._bad(name) from exc
            if not callable(found) and not self._is_store(found):
                found = getattr(found, 'store', found)
        if callable(found) and not self._is_store(found):
            found = found()
        if not self._is_store(found):
            raise self._bad(name)
        return found

    def _is_store(self, found: object) -> bool:
        return not isinstance(found, type) and all(
            callable(getattr(found, call, None)) for call in self._calls
        )

    def _bad(self, name: object) -> ConfigError:
        # An address can hold a password; what is shown here is none.
        return ConfigError(
            self._where,
            self._option,
            name if isinstance(name, str) else type(name).__name__,
            'a store, "memory", the address of a database and the '
            '"module:attribute" of a store are allowed',
        )
