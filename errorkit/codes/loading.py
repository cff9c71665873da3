# SPDX-License-Identifier: Apache-2.0
"""Imports the catalog that ``MODULE:CATALOG`` names.

The current directory can be imported from, as with ``python -m``.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import Any

from errorkit.codes.catalog import Catalog
from errorkit.exceptions import InvalidCode

_HERE = os.path.dirname(os.path.abspath(__file__))


class CannotLoad(ValueError):
    """There is no such catalog, or its module cannot be imported."""


class BadCatalog(CannotLoad):
    """The module was found, and a code in it cannot be declared."""


def load(name: str) -> Catalog:
    """Import a catalog.

    :param name: ``MODULE:CATALOG``, such as ``volumes.codes:CATALOG``
    :raises CannotLoad: it has another form, or there is no such catalog
    :raises BadCatalog: a code of the module is refused by its catalog
    """
    module, colon, attribute = name.partition(':')
    words = [*module.split('.'), *attribute.split('.')]
    if not colon or not all(word.isidentifier() for word in words):
        raise CannotLoad(
            f'{name!r} is not MODULE:CATALOG, such as volumes.codes:CATALOG'
        )
    found: Any = _imported(module)
    for word in attribute.split('.'):
        try:
            found = getattr(found, word)
        except Exception as exc:
            raise CannotLoad(_no_attribute(module, attribute)) from exc
    if not isinstance(found, Catalog):
        raise CannotLoad(
            f'{name} is not a Catalog: {found!r:.60}'
        )
    return found


def _imported(module: str) -> Any:
    try:
        here = os.getcwd()
    except OSError:
        here = ''
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except InvalidCode as exc:
        raise BadCatalog(f'{_place(exc)}{exc}') from exc
    except ModuleNotFoundError as exc:
        missing = exc.name or ''
        if module == missing or module.startswith(missing + '.'):
            raise CannotLoad(
                f'there is no module {missing!r}, neither installed nor in '
                f'{here or "the current directory"}'
            ) from exc
        raise CannotLoad(_failed(module, exc)) from exc
    except (Exception, SystemExit) as exc:
        raise CannotLoad(_failed(module, exc)) from exc


def _no_attribute(module: str, attribute: str) -> str:
    names = sorted(
        name
        for name, value in vars(sys.modules[module]).items()
        if isinstance(value, Catalog)
    )
    others = f'; its catalogs: {", ".join(names)}' if names else ''
    return f'{module} has no {attribute}{others}'


def _failed(module: str, error: BaseException) -> str:
    return (
        f'{module} cannot be imported: {_place(error)}'
        f'{type(error).__name__}: {error}'
    )


def _place(error: BaseException) -> str:
    """Return the line that raised, outside this package, and a colon."""
    if isinstance(error, SyntaxError):
        return ''  # it tells itself
    place = ''
    for frame in traceback.extract_tb(error.__traceback__):
        name = os.path.abspath(frame.filename)
        if not frame.filename.startswith('<') and not name.startswith(_HERE):
            place = f'{frame.filename}:{frame.lineno}: '
    return place
