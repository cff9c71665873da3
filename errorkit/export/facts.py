# SPDX-License-Identifier: Apache-2.0
"""What is said of a code wherever a person reads: in tables and on pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from errorkit.codes import Catalog, ErrorCode, lock
from errorkit.error import title_of

#: What each word of ``retry`` means to whoever got the error.
RETRY = {
    'never': 'never; the same request fails again',
    'same': 'the same request may succeed',
    'after-refresh': 'after reading the resource anew',
    'later': 'some time later',
}
CAUSE = {
    'user': 'the request',
    'service': 'the service',
}
RETIRED = (
    'This code is retired. It is not sent any more, and never used again '
    'for anything else.'
)


class Fact(NamedTuple):
    """One thing the catalog says of a code.

    :param name: lower case, in words
    :param text: what is so
    :param kind: ``text``; ``code``: the text is a code; ``link``: a URL
    """

    name: str
    text: str
    kind: str = 'text'


def listed(catalog: Catalog) -> list[ErrorCode]:
    """Return the codes of a catalog, sorted, their texts translated no more.

    They are as in the lock, so that all that is published says the same.
    """
    return [*lock.load(lock.dump(lock.of(catalog))).codes.values()]


def statuses(code: ErrorCode) -> str:
    """Return the statuses of a code in words: ``404, 410`` or ``400-599``."""
    return ', '.join(
        str(first) if first == last else f'{first}-{last}'
        for first, last in lock.runs(code.statuses)
    )


def title(code: ErrorCode) -> str:
    """Return the title that is sent with a code; it may depend: then ''."""
    if code.title:
        return code.title
    return title_of(code.statuses[0]) if len(code.statuses) == 1 else ''


def facts(code: ErrorCode) -> Iterator[Fact]:
    """Return what is said of a code besides title and meaning."""
    yield Fact('status', statuses(code))
    yield Fact('cause', CAUSE[code.cause])
    if code.retry:
        yield Fact('retry', RETRY[code.retry])
    if code.since:
        yield Fact('since', f'microversion {lock.dotted(code.since)}')
    yield from changes(code)
    if code.help:
        yield Fact('help', code.help, 'link')


def changes(code: ErrorCode) -> Iterator[Fact]:
    """Return what has become of a code since it was published."""
    if code.deprecated_since:
        version = lock.dotted(code.deprecated_since)
        yield Fact('deprecated since', f'microversion {version}')
    if code.replaced_by:
        yield Fact('replaced by', code.replaced_by, 'code')
    for since, name in code.renames:
        yield Fact(f'sent from {lock.dotted(since)} on as', name, 'code')


def is_web(link: str) -> bool:
    """Tell whether a link is the same from everywhere, and no script."""
    return link.startswith(('https://', 'http://'))
