# SPDX-License-Identifier: Apache-2.0
"""What the exceptions of a service mean to its users, by their class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from errorkit.outcomes.declared import Declared
from errorkit.outcomes.exceptions import InvalidDeclaration

ParamsOf = Callable[[Any], Mapping[str, object]]

_Declared = TypeVar('_Declared', bound=Declared)
# Past what a metaclass does.
_mro = type.__dict__['__mro__'].__get__


class Meanings:
    """Exception classes and the events and details they mean."""

    def __init__(self) -> None:
        self._known: dict[
            type[BaseException],
            dict[type[Declared], tuple[Any, ParamsOf | None]],
        ] = {}

    def add(
        self,
        kind: type[BaseException],
        means: Declared,
        params: ParamsOf | None = None,
    ) -> None:
        """Add a class; it can mean one event and one detail.

        :raises InvalidDeclaration: it means one already, or is no class of
            exceptions
        """
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            raise InvalidDeclaration(f'{kind!r} is no exception class')
        meant = self._known.setdefault(kind, {})
        if type(means) in meant:
            raise InvalidDeclaration(f'{kind.__qualname__} is mapped twice')
        meant[type(means)] = means, params

    def of(
        self, error: BaseException | None, kind: type[_Declared]
    ) -> tuple[_Declared, ParamsOf | None] | None:
        """Return what an exception means, over its MRO, or None.

        What it says of itself chooses nothing.

        :param kind: ``Event`` or ``Detail``
        """
        if error is None or not self._known:
            return None
        for cls in _mro(type(error)):
            found = self._known.get(cls, {}).get(kind)
            if found is not None:
                return found
        return None
