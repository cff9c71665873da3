# SPDX-License-Identifier: Apache-2.0
"""Observers by name, as a paste file gives them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from typing import Any

from errorkit import _paste

#: The entry points; each is called without arguments and returns an observer.
GROUP = 'errorkit.observers'


def listed(value: str) -> list[Any]:
    """Return the observers that the words of an option stand for.

    A word is the name of an entry point of the group ``errorkit.observers``,
    or ``module:name`` of an observer, of a class of observers, or of several
    in a list or an ``Observers``.

    :param value: words with white space or commas between them
    :raises ValueError: a name is unknown, or what it needs is not installed
    """
    found: list[Any] = []
    for word in _paste.words(value):
        one = _paste.loaded(word) if ':' in word else _by_name(word)
        if isinstance(one, type):
            try:
                one = one()
            except TypeError as exc:
                raise ValueError(f'{word}: {exc}') from exc
        if isinstance(one, Iterable) and not callable(one):
            found += one
        else:
            found.append(one)
    return found


def _by_name(name: str) -> Any:
    known = importlib.metadata.entry_points(group=GROUP)
    for entry in known:
        if entry.name == name:
            try:
                return entry.load()()
            except (ImportError, AttributeError) as exc:
                raise ValueError(f'{name}: {exc}') from exc
    names = ', '.join(sorted(set(known.names))) or 'none is installed'
    raise ValueError(
        f'{name!r} is unknown; allowed: module:name, or one of: {names}'
    )
