# SPDX-License-Identifier: Apache-2.0
"""A service's published codes as exception classes, one for each code."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from errorkit.client import naming, statuses
from errorkit.client.response_error import ResponseError
from errorkit.codes import ErrorCode, lock
from errorkit.exceptions import ConfigError

_WHERE = 'client.load_catalog'
_MAX_CHAIN = 32


class Exceptions(Mapping[str, type[ResponseError]]):
    """The exception classes of a service's codes; see ``load_catalog``.

    A class is an attribute by its name, ``placement.DuplicateName``, and an
    item by its code, ``placement['placement.duplicate_name']``.

    :param published: what the lock file says
    :param names: for a code, the name of its class in place of the usual one
    :param digest: of both
    :raises ConfigError: two codes have the same name
    """

    def __init__(
        self,
        published: lock.Published,
        names: Mapping[str, str],
        digest: str,
    ) -> None:
        #: What the classes were made of, to make them once more.
        self.made_of = published, names
        self.service_type = published.service_type
        #: What the service declares of each code.
        self.codes = dict(published.codes)
        self._digest = digest
        self._by_code: dict[str, type[ResponseError]] = {}
        self._by_name: dict[str, tuple[str, type[ResponseError]]] = {}
        self._sent: dict[tuple[str, int], type[ResponseError]] = {}
        for code, declared in self.codes.items():
            name = names.get(code) or naming.name_of(self.service_type, code)
            kind = self._made(name, declared)
            self._add(code, name, kind)
            for _, renamed in declared.renames:
                name = names.get(renamed) or naming.name_of(
                    self.service_type, renamed
                )
                self._add(renamed, name, kind)
        self._related = self._relations()

    def _add(self, code: str, name: str, kind: type[ResponseError]) -> None:
        known = self._by_name.get(name)
        if known is not None and known[1] is not kind:
            raise ConfigError(
                _WHERE,
                'names',
                name,
                f'{known[0]} and {code} would both have it; give one of them '
                'another name',
            )
        if code in self._by_code:
            raise ConfigError(
                _WHERE, 'source', code, 'each code is published once'
            )
        self._by_name[name] = code, kind
        self._by_code[code] = kind

    def _made(self, name: str, declared: ErrorCode) -> type[ResponseError]:
        """Return a new class for a code; its status is its base if one."""
        bases = {statuses.of_status(status) for status in declared.statuses}
        base: type[ResponseError]
        if len(bases) == 1:
            (base,) = bases
        elif max(declared.statuses) < 500:
            base = statuses.ClientError
        elif min(declared.statuses) >= 500:
            base = statuses.ServerError
        else:
            base = ResponseError
        return self._class(name, declared, (base,))

    def _class(
        self,
        name: str,
        declared: ErrorCode,
        bases: tuple[type[ResponseError], ...],
    ) -> type[ResponseError]:
        members = {
            '__module__': 'errorkit.client',
            '__qualname__': f'{self.service_type}.{name}',
            '__doc__': declared.meaning or str(declared),
            'declared': declared,
            # To find the class again when an exception is unpickled, as
            # long as anybody has it.
            '_made_of': (self._digest, str(declared)),
            '_catalog': self,
        }
        return type(name, bases, members)

    def _relations(self) -> dict[str, list[ErrorCode]]:
        """Return for each code those it replaces, or is replaced by."""
        found: dict[str, list[ErrorCode]] = {}
        for code, declared in self.codes.items():
            newer: ErrorCode | None = declared
            for _ in range(_MAX_CHAIN):
                assert newer is not None
                newer = self.find(newer.replaced_by or '')
                if newer is None or newer == declared:
                    break
                if newer in found.get(code, ()):
                    break
                found.setdefault(code, []).append(newer)
                found.setdefault(str(newer), []).append(declared)
        return found

    def find(self, code: str | None) -> ErrorCode | None:
        """Return what is declared of a code, or None.

        :param code: its string, or one that it was renamed to
        """
        kind = self._by_code.get(code or '')
        return None if kind is None else kind.declared

    def class_of(self, code: str | None, status: int) -> type[ResponseError]:
        """Return the class to raise for a response.

        :param code: the response's, or None
        :param status: the response's
        :returns: a class that is the code's, those of the codes it replaces
            and is replaced by where they have this status, and the status';
            the status' alone for a code that is not published
        """
        declared = self.find(code)
        if declared is None:
            return statuses.of_status(status)
        key = str(declared), status
        found = self._sent.get(key)
        if found is None:
            # Two threads that make it at the same time get the same one.
            found = self._sent.setdefault(key, self._combined(*key))
        return found

    def _combined(self, code: str, status: int) -> type[ResponseError]:
        kind = self._by_code[code]
        declared = self.codes[code]
        bases = [kind]
        for other in self._related.get(code, ()):
            if status in other.statuses:
                bases.append(self._by_code[str(other)])
        if status in declared.statuses:
            bases.append(statuses.of_status(status))
        bases = [
            one
            for index, one in enumerate(bases)
            if one not in bases[:index]
            and not any(
                issubclass(other, one) for other in bases if other is not one
            )
        ]
        if bases == [kind]:
            return kind
        return self._class(kind.__name__, declared, tuple(bases))

    def __getattr__(self, name: str) -> type[ResponseError]:
        found = self.__dict__.get('_by_name', {}).get(name)
        if found is None:
            raise AttributeError(self._missing(name))
        kind: type[ResponseError] = found[1]
        return kind

    def _missing(self, name: str) -> str:
        names = self.__dict__.get('_by_name', {})
        close = difflib.get_close_matches(name, names, 1)
        meant = f'; {close[0]}?' if close else ''
        service = self.__dict__.get('service_type')
        return f'{service} has published no code named {name}{meant}'

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._by_name})

    def __getitem__(self, code: str) -> type[ResponseError]:
        return self._by_code[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    # Two mappings are equal by their items; one catalog is only itself.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def __repr__(self) -> str:
        return f'<{len(self.codes)} codes of {self.service_type}>'


def check(catalog: object, where: str) -> None:
    """Refuse what is given as a catalog and is none.

    :param where: the function it was given to
    :raises ConfigError: it is neither ``Exceptions`` nor None
    """
    if catalog is not None and not isinstance(catalog, Exceptions):
        raise ConfigError(
            where,
            'catalog',
            catalog,
            'what client.load_catalog returns is',
        )
