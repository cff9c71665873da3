# SPDX-License-Identifier: Apache-2.0
"""Finds a store by what a setting says of it."""

from __future__ import annotations

import dataclasses
import pkgutil
from typing import Any

from errorkit import secrets
from errorkit.exceptions import ConfigError
from errorkit.masking import one_line

#: What stores there are, for who gave one of another kind; by their names,
#: as they are above this.
_PROTOCOLS = {
    'messages': 'errorkit.outcomes.store:MessageStore',
    'actions': 'errorkit.outcomes.actions.store:ActionStore',
}


@dataclasses.dataclass(frozen=True)
class Found:
    """A store that was found.

    :param store: the store
    :param owner: what was named and has it as its ``store``; None: the store
        itself was
    """

    store: Any
    owner: object = None

    @property
    def database(self) -> Any:
        """The database of the store, if it has one."""
        return getattr(self.store, 'database', None)


class Finder:
    """Finds stores of one kind.

    :param kind: what is kept, for errors
    :param protocol: what such a store does
    :param memory: the one of this process that is named ``memory``
    :param sql: names its class in a room above this one, that need not be
        installed
    :param where: for errors: who has the setting
    :param option: for errors: the setting's name
    """

    def __init__(
        self,
        kind: str,
        protocol: type,
        memory: object,
        sql: str,
        where: str,
        option: str,
    ) -> None:
        self._protocol = protocol
        self._memory = memory
        self._sql = sql
        self._where = where
        self._option = option
        self._kind = kind

    def find(self, name: Any) -> Any:
        """Return a store.

        :param name: a store itself; ``memory``; the address of a database;
            or ``module:attribute``, which is a store, something that has one
            as ``store``, or a class or function that makes one when it is
            called without arguments
        :raises ConfigError: it is none of these
        """
        return self.find_with_owner(name).store

    def find_with_owner(self, name: Any) -> Found:
        """Return a store, and what it was found in.

        :param name: see ``find``
        :raises ConfigError: it is none of these
        """
        if name == 'memory':
            return Found(self._memory)
        found, owner = name, None
        if isinstance(name, str):
            if '://' in name:
                return Found(pkgutil.resolve_name(self._sql)(name))
            if ':' not in name:
                raise self._bad(name)
            try:
                found = pkgutil.resolve_name(name)
            except Exception as exc:  # it runs whatever the module does
                raise self._bad(name, _reason(exc)) from exc
            if not callable(found) and not self._is_store(found):
                inner = getattr(found, 'store', None)
                if inner is not None:
                    found, owner = inner, found
        if callable(found) and not self._is_store(found):
            found = found()
        if not self._is_store(found):
            raise self._bad(name, self._other(found))
        return Found(found, owner)

    def _other(self, found: object) -> str:
        for kind, protocol in _PROTOCOLS.items():
            if _is_a(found, pkgutil.resolve_name(protocol)):
                return f'it is a store of {kind}, not of {self._kind}'
        return ''

    def _is_store(self, found: object) -> bool:
        return _is_a(found, self._protocol)

    def _bad(self, name: object, reason: str = '') -> ConfigError:
        shown = name if isinstance(name, str) else type(name).__name__
        if '@' in shown:
            # An address that was mistyped, and may hold a password.
            shown, reason = '…', ''
        allowed = (
            'a store, "memory", the address of a database and the '
            '"module:attribute" of a store are allowed'
        )
        return ConfigError(
            self._where,
            self._option,
            shown,
            f'{reason}; {allowed}' if reason else allowed,
        )


def _is_a(found: object, protocol: type) -> bool:
    return not isinstance(found, type) and all(
        callable(getattr(found, call, None))
        for call in vars(protocol)
        if not call.startswith('_')
    )


def _reason(error: Exception) -> str:
    return one_line(secrets.mask(f'{type(error).__name__}: {error}'))
