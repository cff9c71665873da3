# SPDX-License-Identifier: Apache-2.0
"""The Python files below some paths, read and parsed, never imported."""

from __future__ import annotations

import ast
import dataclasses
import fnmatch
import os
import re
import stat
import warnings
from collections.abc import Iterator, Sequence

MAX_BYTES = 8 * 1024 * 1024
_NO_CODE = re.compile(rb'#\s*errorkit:\s*no-code\b')


@dataclasses.dataclass(frozen=True)
class File:
    """A file of source.

    :param path: as it was named, or found below what was named
    :param names: the dotted names it can be imported by
    :param is_package: it is an ``__init__.py``
    :param tree: what it says, or None
    :param problem: why there is no tree; or empty
    :param line: where the problem is, from 1
    :param no_code: the lines with the comment ``# errorkit: no-code``
    """

    path: str
    names: tuple[str, ...]
    is_package: bool
    tree: ast.Module | None
    problem: str
    line: int
    no_code: frozenset[int]


def read(paths: Sequence[str], exclude: Sequence[str] = ()) -> Iterator[File]:
    """Read files.

    :param paths: files and folders; a folder stands for every ``*.py`` in it
    :param exclude: patterns such as ``*/tests/*`` of paths to leave out
    :raises OSError: one of the paths is not there
    """
    seen: set[str] = set()
    with warnings.catch_warnings():
        # The parser warns of escapes and such; they are not our matter.
        warnings.simplefilter('ignore')
        for path in paths:
            for name in _found(path):
                real = os.path.realpath(name)
                if real in seen or _is_excluded(name, exclude):
                    continue
                seen.add(real)
                yield _read(name)


def _found(path: str) -> Iterator[str]:
    if not stat.S_ISDIR(os.stat(path).st_mode):
        yield path
        return
    failed: list[OSError] = []
    # Links to folders are not followed.
    for folder, folders, names in os.walk(path, onerror=failed.append):
        folders[:] = sorted(
            name for name in folders
            if name[0] != '.' and name != '__pycache__'
        )
        for name in sorted(names):
            if name.endswith('.py'):
                yield os.path.join(folder, name)
    yield from (str(exc.filename) for exc in failed)


def _is_excluded(path: str, exclude: Sequence[str]) -> bool:
    name = path.replace(os.sep, '/')
    return any(
        fnmatch.fnmatchcase(name, pattern)
        or fnmatch.fnmatchcase('/' + name, pattern)
        for pattern in exclude
    )


def _read(path: str) -> File:
    names, is_package = names_of(path)
    tree, problem, line = None, '', 1
    content = b''
    try:
        # A pipe would keep us waiting for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            problem = 'it is not a file, or a folder that cannot be read'
        elif os.path.getsize(path) > MAX_BYTES:
            problem = f'it is larger than {MAX_BYTES} bytes'
        else:
            with open(path, 'rb') as file:
                content = file.read(MAX_BYTES + 1)
            tree = ast.parse(content)
    except OSError as exc:
        problem = exc.strerror or type(exc).__name__
    except SyntaxError as exc:
        problem, line = f'it is not Python: {exc.msg}', exc.lineno or 1
    except (RecursionError, MemoryError):
        problem = 'it is nested too deeply'
    except ValueError as exc:
        problem = f'it is not Python: {exc}'
    marks: frozenset[int] = frozenset()
    if b'errorkit:' in content:
        marks = frozenset(
            number
            for number, text in enumerate(content.splitlines(), 1)
            if _NO_CODE.search(text)
        )
    return File(path, names, is_package, tree, problem, max(line, 1), marks)


def names_of(path: str) -> tuple[tuple[str, ...], bool]:
    """Return the names a file may have in an import, the likeliest first.

    That is its name from the outermost package on; folders above it may be
    namespace packages, which have no ``__init__.py``.
    """
    full = os.path.abspath(path)
    folder, name = os.path.split(full)
    name = name.removesuffix('.py')
    is_package = name == '__init__'
    parts = [] if is_package else [name]
    while os.path.isfile(os.path.join(folder, '__init__.py')):
        folder, name = os.path.split(folder)
        if not name:
            break
        parts.insert(0, name)
    names = ['.'.join(parts)] if parts else []
    while True:
        folder, name = os.path.split(folder)
        if not name.isidentifier():
            break
        parts.insert(0, name)
        names.append('.'.join(parts))
    return tuple(names), is_package
