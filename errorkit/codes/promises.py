# SPDX-License-Identifier: Apache-2.0
"""What a catalog may not change once its codes are published."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from errorkit.codes import source
from errorkit.codes.code import ErrorCode, Version
from errorkit.codes.lock import Published, dotted, runs


@dataclasses.dataclass(frozen=True)
class Broken:
    """A change that breaks clients.

    :param code: the code it is about, or the service type
    :param what: what has changed
    :param why: what it does to clients
    :param advice: how to make it legal
    :param line: the line of source that does; ``...`` stands for what the
        declaration says besides
    """

    code: str
    what: str
    why: str
    advice: str
    line: str

    def __str__(self) -> str:
        return (
            f'{self.code}: {self.what}\n    {self.why}\n'
            f'    {self.advice}\n        {self.line}'
        )


def broken(
    locked: Published, now: Published, name: str = 'CATALOG'
) -> list[Broken]:
    """Return what breaks clients.

    :param locked: what was published
    :param now: what the catalog says today
    :param name: of the catalog in the source, for the advice
    """
    if locked.service_type != now.service_type:
        return [
            Broken(
                locked.service_type,
                f'the service type is {now.service_type!r} now.',
                'Every code begins with it, so every string that clients '
                'compare with has changed.',
                'Keep the service type:',
                f'{name} = Catalog({locked.service_type!r})',
            )
        ]
    found: list[Broken] = []
    newest = _newest(locked)
    for code, was in sorted(locked.codes.items()):
        declared = now.codes.get(code)
        if declared is None:
            found.append(_gone(was, now, locked, name))
        else:
            found.extend(_changed(was, declared, name))
            found.extend(_renames(was, declared, name, newest))
    return found


def _newest(locked: Published) -> Version | None:
    """Return the newest microversion that a lock knows of."""
    known: list[Version | None] = [locked.newest]
    for code in locked.codes.values():
        known += code.since, code.deprecated_since
        known += (since for since, _ in code.renames)
    return max((one for one in known if one is not None), default=None)


def _gone(
    was: ErrorCode, now: Published, locked: Published, name: str
) -> Broken:
    line = source.line(name, was, retired=True)
    advice = (
        'Declare it again. If the service sends it no more, say so, and the '
        'string stays taken:'
    )
    taken = [string for _, string in was.renames if string in now.codes]
    heirs = [
        code
        for code, new in now.codes.items()
        if code not in locked.codes and new.statuses == was.statuses
        and (new.title, new.meaning) == (was.title, was.meaning)
    ]
    if taken and not was.retired:
        line = source.line(name, was)
        advice = (
            f'{taken[0]!r} is what later clients get in its place. Declare '
            'the old string with its renames, and remove the declaration of '
            'the new one:'
        )
    elif len(heirs) == 1 and not was.retired:
        renamed = source.line(name, was, heir=heirs[0])
        last = _newest(locked)
        after = '' if last is None else f', one after {dotted(last)},'
        advice = (
            f'If {heirs[0]!r} is its new string, put the microversion of the '
            f'change{after} for X.Y, and remove the declaration of the new '
            'one; without microversions a service cannot rename:\n'
            f'        {renamed}\n'
            '    If the service sends it no more:'
        )
    return Broken(
        str(was),
        'the code is gone.',
        'Clients go by this string, and it could be used again for '
        'something else.',
        advice,
        line,
    )


def _changed(was: ErrorCode, now: ErrorCode, name: str) -> Iterator[Broken]:
    if was.retired and not now.retired:
        yield Broken(
            str(was),
            'a retired code is used again.',
            'Clients in the field still know the string with its old meaning.',
            'Choose a new string for the new error, and leave this one '
            'retired:',
            source.only(name, was, 'retired=True'),
        )
        return
    lost = sorted(set(was.statuses) - set(now.statuses))
    kept = was.statuses + tuple(
        status for status in now.statuses if status not in was.statuses
    )
    if lost and not now.retired:
        yield Broken(
            str(was),
            f'its status was {_statuses(was.statuses)}, and is '
            f'{_statuses(now.statuses)} now.',
            'Clients that look at the status first do not reach the code.',
            'Keep every status it was published with (adding one is allowed), '
            'or retire the code and declare another:',
            source.only(name, was, f'status={source.status(kept)}'),
        )
    elif now.statuses[0] != was.statuses[0] and not now.retired:
        yield Broken(
            str(was),
            f'its first status was {was.statuses[0]}, and is '
            f'{now.statuses[0]} now.',
            'The first is what error() answers, so clients get another '
            'status than the published one.',
            'Keep the first one, and put a new one behind it:',
            source.only(name, was, f'status={source.status(kept)}'),
        )
    if now.since is not None and (was.since is None or now.since > was.since):
        told = 'None' if was.since is None else repr(dotted(was.since))
        yield Broken(
            str(was),
            f'since was {dotted(was.since)}, and is {dotted(now.since)} now.',
            'Clients of the microversions between were promised the code.',
            'Keep since, or an earlier one:',
            source.only(name, was, f'since={told}'),
        )


def _renames(
    was: ErrorCode, now: ErrorCode, name: str, newest: Version | None
) -> Iterator[Broken]:
    if was.retired and not now.retired:
        return
    missing = [item for item in was.renames if item not in now.renames]
    new = [item for item in now.renames if item not in was.renames]
    early = [item for item in new if newest and item[0] <= newest]
    taken = {string for _, string in was.renames}
    later = [
        item for item in new if item not in early and item[1] not in taken
    ]
    kept = source.renames((*was.renames, *later))
    line = source.only(name, was, f'renames={kept!r}')
    for since, string in missing:
        yield Broken(
            str(was),
            f'it is no longer renamed to {string!r} in {dotted(since)}.',
            f'Clients of microversion {dotted(since)} and later go by that '
            'string.',
            'Keep the rename; another one may follow in a later microversion:',
            line,
        )
    if not missing:
        for since, string in early:
            yield Broken(
                str(was),
                f'it is renamed to {string!r} in {dotted(since)}, which is '
                f'not after {dotted(newest)}, the newest published '
                'microversion.',
                'Clients of published microversions would get another '
                'string.',
                'A rename begins with a microversion that is new; without '
                'one, keep the string:',
                line,
            )


def changes(locked: Published, now: Published) -> list[str]:
    """Return what differs, a line for each code."""
    found = [
        f'{code}: new'
        for code in sorted(set(now.codes) - set(locked.codes))
    ]
    for code in sorted(set(now.codes) & set(locked.codes)):
        was, is_now = vars(locked.codes[code]), vars(now.codes[code])
        members = [
            member for member in was
            if member not in ('text', 'params')
            and was[member] != is_now[member]
        ]
        if members:
            found.append(f'{code}: {", ".join(members)}')
    return found


def flaws(now: Published) -> list[str]:
    """Return what is wrong with a catalog as a whole, a line for each."""
    found = []
    strings = {name for code in now.codes.values() for _, name in code.renames}
    for name, code in sorted(now.codes.items()):
        heir = code.replaced_by
        if heir is not None:
            if heir == name or heir in [string for _, string in code.renames]:
                found.append(f'{name}: replaced_by names the code itself')
            elif heir not in now.codes and heir not in strings:
                found.append(
                    f'{name}: replaced_by names {heir!r}, which the catalog '
                    'does not declare'
                )
            elif heir in now.codes and now.codes[heir].retired:
                found.append(
                    f'{name}: replaced_by names {heir!r}, which is retired: '
                    'name a code that clients can get'
                )
        if (
            code.since is not None
            and code.deprecated_since is not None
            and code.deprecated_since < code.since
        ):
            found.append(
                f'{name}: deprecated_since {dotted(code.deprecated_since)} is '
                f'before since {dotted(code.since)}'
            )
        for since, string in code.renames:
            if code.since is not None and since <= code.since:
                found.append(
                    f'{name}: it is renamed to {string!r} in {dotted(since)}, '
                    f'which is not after its since {dotted(code.since)}: no '
                    'client would ever get it'
                )
    return found


def _statuses(statuses: tuple[int, ...]) -> str:
    return ', '.join(
        str(first) if first == last else f'{first} to {last}'
        for first, last in runs(statuses)
    )
