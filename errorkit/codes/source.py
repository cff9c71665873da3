# SPDX-License-Identifier: Apache-2.0
"""A declaration as a line of source, for advice."""

from __future__ import annotations

from errorkit.codes.code import ErrorCode, Version
from errorkit.codes.lock import dotted, runs


def line(
    name: str,
    code: ErrorCode,
    *,
    retired: bool = False,
    heir: str | None = None,
) -> str:
    """Return the call that declares a code, as one line of source."""
    words = [f'status={status(code.statuses)}']
    for member in ('title', 'meaning', 'help'):
        said = getattr(code, member)
        # A help link that ends so is, or can be, of help_base.
        if said and not (member == 'help' and said.endswith(f'/{code}')):
            words.append(f'{member}={said!r}')
    if code.since is not None:
        words.append(f'since={dotted(code.since)!r}')
    if code.cause != ('user' if code.statuses[0] < 500 else 'service'):
        words.append(f'cause={code.cause!r}')
    if code.retry is not None:
        words.append(f'retry={code.retry!r}')
    if code.deprecated_since is not None:
        words.append(f'deprecated_since={dotted(code.deprecated_since)!r}')
    if code.replaced_by is not None:
        words.append(f'replaced_by={code.replaced_by!r}')
    renamed = renames(code.renames)
    if heir is not None:
        renamed['X.Y'] = heir
    if renamed:
        words.append(f'renames={renamed!r}')
    if code.retired or retired:
        words.append('retired=True')
    return f'{name}.define({str(code)!r}, {", ".join(words)})'


def only(name: str, code: ErrorCode, word: str) -> str:
    """Return the same for one argument, where the others are at hand."""
    return f'{name}.define({str(code)!r}, ..., {word})'


def status(statuses: tuple[int, ...]) -> str:
    """Return statuses as a declaration has them."""
    found = runs(statuses)
    if len(statuses) == 1:
        return str(statuses[0])
    if len(found) == 1:
        return f'range({found[0][0]}, {found[0][1] + 1})'
    return repr(tuple(statuses))


def renames(pairs: tuple[tuple[Version, str], ...]) -> dict[str, str]:
    """Return renames as a declaration has them."""
    return {f'{since[0]}.{since[1]}': name for since, name in pairs}
