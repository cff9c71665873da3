# SPDX-License-Identifier: Apache-2.0
"""Failed requests in the terminal: by their code, the newest first."""

from __future__ import annotations

from collections.abc import Iterator

from errorkit.trace.failures import Failure, Failures
from errorkit.trace.safe import escaped, fitted, width
from errorkit.trace.text import Look


def lines(failures: Failures, look: Look) -> Iterator[str]:
    """Yield a paragraph for each code, that with the newest request first.

    A line is as wide as it needs to be: it is there to copy the id from.
    """
    by_kind: dict[str, list[Failure]] = {}
    for one in failures.newest:
        by_kind.setdefault(one.kind, []).append(one)
    first = True
    for kind, listed in by_kind.items():
        if not first:
            yield ''
        first = False
        number = failures.counts[kind]
        counted = '1 request' if number == 1 else f'{number} requests'
        if len(listed) < number:
            counted += f', the newest {len(listed)}'
        shown = look.painted(fitted(kind, look.columns), 'worst')
        yield f'{shown}  {counted}'
        for one in listed:
            yield from _failure(one, look)
    others = failures.counts.keys() - by_kind
    if others:
        hidden = sum(failures.counts[kind] for kind in others)
        yield ''
        yield (
            f'and {hidden} older with {len(others)} other '
            f'{"code" if len(others) == 1 else "codes"}: --limit shows more'
        )


def _failure(one: Failure, look: Look) -> Iterator[str]:
    stamp = '-'
    if one.timestamp is not None:
        stamp = one.timestamp.isoformat(sep=' ', timespec='milliseconds')
    status = '-' if one.status is None else str(one.status)
    asked = ' '.join(filter(None, [one.method, one.path]))
    request_id = escaped(one.request_id or '-')
    start = f'  {stamp}  {fitted(status, 3):>3}  '
    name = f'{fitted(one.service or "?", 20, look.more)}  '
    left = look.columns - width(start + name + request_id) - 2
    shown = fitted(asked or '-', max(left, 24), look.more)
    yield (
        f'{look.painted(start, "dim")}{look.painted(name, "bold")}{shown}  '
        f'{request_id}'
    )
    if one.error and one.message:
        said = fitted(one.message, max(look.columns - 6, 24), look.more)
        yield '      ' + look.painted(said, 'failed')
