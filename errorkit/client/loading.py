# SPDX-License-Identifier: Apache-2.0
"""A published lock file becomes a catalog of exceptions."""

from __future__ import annotations

import copyreg
import hashlib
import json
import os
import pathlib
import threading
from collections.abc import Mapping
from typing import Any

from errorkit.client import naming
from errorkit.client.catalogs import Exceptions
from errorkit.client.response_error import FINDERS
from errorkit.codes import Catalog, lock
from errorkit.exceptions import ConfigError

_WHERE = 'client.load_catalog'

Source = str | os.PathLike[str] | bytes | Mapping[str, Any] | Catalog

_loading = threading.Lock()


def load_catalog(
    source: Source, names: Mapping[str, str] | None = None
) -> Exceptions:
    """Load a service's published codes, as exception classes.

    The same codes give the same classes, wherever they were loaded from.

    :param source: the path of an ``error-codes.lock``, its bytes, the
        mapping that its JSON holds, or a ``Catalog``. Nothing is fetched
        from the network
    :param names: for a code, the name of its class; without it the name is
        what follows the service type, ``placement.duplicate_name`` and
        ``placement.duplicate.name`` both giving ``DuplicateName``
    :raises ConfigError: the source is no lock, or two codes have one name
    :raises OSError: the file cannot be read
    """
    published = _published(source)
    chosen = _checked(names, published)
    with _loading:
        digest = _digest(published, chosen)
        found = FINDERS.get(digest)
        if not isinstance(found, Exceptions):
            found = FINDERS[digest] = Exceptions(published, chosen, digest)
    return found


def _published(source: Any) -> lock.Published:
    if isinstance(source, Catalog):
        return lock.of(source)
    try:
        if isinstance(source, bytes):
            return lock.load(source.decode())
        if isinstance(source, Mapping):
            return lock.load(json.dumps(dict(source)))
        if isinstance(source, (str, os.PathLike)):
            text = pathlib.Path(source).read_bytes().decode()
            return lock.load(text)
    except (ValueError, TypeError, RecursionError) as exc:
        raise ConfigError(_WHERE, 'source', _shown(source), str(exc)) from exc
    raise ConfigError(
        _WHERE,
        'source',
        _shown(source),
        'the path of a lock file, its bytes or a mapping is',
    )


def _shown(source: Any) -> object:
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source)
    return type(source).__name__


def _checked(
    names: Mapping[str, str] | None, published: lock.Published
) -> dict[str, str]:
    known = set(published.codes)
    for declared in published.codes.values():
        known.update(name for _, name in declared.renames)
    for code, name in (names or {}).items():
        if code not in known:
            raise ConfigError(
                _WHERE, 'names', code, 'a published code is to be named'
            )
        if not naming.is_name(name):
            raise ConfigError(
                _WHERE, 'names', name, 'a name that begins with a capital is'
            )
    return dict(names or {})


def _digest(published: lock.Published, names: Mapping[str, str]) -> str:
    text = lock.dump(lock.Published(published.service_type, published.codes))
    text += json.dumps(sorted(names.items()))
    return hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()


def _reloaded(text: bytes, names: dict[str, str]) -> Exceptions:
    return load_catalog(text, names)


def _reduced(catalog: Exceptions) -> tuple[Any, ...]:
    published, names = catalog.made_of
    return _reloaded, (lock.dump(published).encode(), dict(names))


# A copy, and a pickle's too, is the catalog itself: its classes are.
copyreg.pickle(Exceptions, _reduced)
