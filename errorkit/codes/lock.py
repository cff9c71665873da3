# SPDX-License-Identifier: Apache-2.0
"""The lock file: the published codes of a service, as JSON.

It is what ``errorkit codes check`` compares with, and a catalog that a client
may load. Version 1 of the file::

    {
      "version": 1,
      "service_type": "volume",
      "codes": {
        "volume.in_use": {
          "statuses": [409],
          ...

Codes are sorted and every member has a line, so that a difference between
two files reads as what has changed.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from errorkit import versions
from errorkit.codes import forms
from errorkit.codes.catalog import Catalog
from errorkit.codes.code import CAUSES, RETRIES, ErrorCode, Version

VERSION = 1
NAME = 'error-codes.lock'
_CONFLICT = re.compile(r'^(?:<{7}|>{7}|={7}|\|{7})(?: |\r?$)', re.M)
_SURROGATE = re.compile('[\ud800-\udfff]')
_RANGE = re.compile(r'([45][0-9][0-9])-([45][0-9][0-9])')


class LockError(ValueError):
    """The file is no lock that this version of errorkit can read."""


@dataclasses.dataclass(frozen=True)
class Published:
    """What was published of a catalog.

    :param service_type: the prefix of the codes
    :param codes: the codes by their strings, without ``text`` and ``params``
    :param newest: the newest microversion of the service, where it was told
    """

    service_type: str
    codes: Mapping[str, ErrorCode]
    newest: Version | None = None


def of(catalog: Catalog) -> Published:
    """Return what a catalog publishes, as a client would load it."""
    return load(dump(Published(catalog.service_type, dict(catalog))))


def dump(published: Published) -> str:
    """Return the text of a lock file, which ends in a line feed."""
    codes = ',\n'.join(
        f'    {_json(name)}: {{\n'
        + ',\n'.join(
            f'      {_json(member)}: {_json(value)}'
            for member, value in _members(code)
        )
        + '\n    }'
        for name, code in sorted(published.codes.items())
    )
    newest = ''
    if published.newest is not None:
        newest = f'  "newest": {_json(dotted(published.newest))},\n'
    return (
        f'{{\n  "version": {VERSION},\n'
        f'  "service_type": {_json(published.service_type)},\n{newest}'
        f'  "codes": {{\n{codes}\n  }}\n}}\n'
    )


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # A lone surrogate has no form in UTF-8.
    return json.dumps(value) if _SURROGATE.search(text) else text


def _members(code: ErrorCode) -> Iterator[tuple[str, object]]:
    yield 'statuses', _packed(code.statuses)
    yield 'title', _plain(code.title)
    yield 'meaning', _plain(code.meaning)
    yield 'help', _plain(code.help)
    yield 'since', dotted(code.since)
    yield 'cause', code.cause
    yield 'retry', code.retry
    yield 'deprecated_since', dotted(code.deprecated_since)
    yield 'replaced_by', _plain(code.replaced_by)
    yield 'retired', code.retired
    yield 'renames', {dotted(since): name for since, name in code.renames}


def _plain(text: str | None) -> str | None:
    """Return a text, in its own language if it is one to be translated."""
    return None if text is None else str.__str__(getattr(text, 'msgid', text))


def dotted(version: Version | None) -> str | None:
    """Return a version as text."""
    return None if version is None else f'{version[0]}.{version[1]}'


def runs(statuses: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return statuses as runs of consecutive ones: first and last."""
    found = []
    for _, run in itertools.groupby(
        enumerate(statuses), lambda item: item[1] - item[0]
    ):
        numbers = [number for _, number in run]
        found.append((numbers[0], numbers[-1]))
    return found


def _packed(statuses: tuple[int, ...]) -> list[int | str]:
    """Return statuses as in the file, long runs as ``"400-599"``."""
    packed: list[int | str] = []
    for first, last in runs(statuses):
        if last - first < 3:
            packed.extend(range(first, last + 1))
        else:
            packed.append(f'{first}-{last}')
    return packed


def load(text: str) -> Published:
    """Return what a lock file says.

    :raises LockError: it is not one; the text says where and why
    """
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count('\n', 0, conflict.start()) + 1
        raise LockError(
            f'line {line} is the mark of a merge conflict: take either side, '
            'then write the lock anew'
        )
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except LockError:
        raise
    except json.JSONDecodeError as exc:
        raise LockError(f'it is not JSON: {exc}') from exc
    except (ValueError, RecursionError) as exc:
        raise LockError('it is not JSON') from exc
    if not isinstance(content, dict) or 'version' not in content:
        raise LockError('it is JSON, but not a lock: it has no "version"')
    version = content['version']
    if version != VERSION or isinstance(version, bool):
        raise LockError(
            f'it has version {version!r:.40} of the format, and this errorkit '
            f'knows version {VERSION}'
        )
    service_type = content.get('service_type')
    if not isinstance(service_type, str) or not (
        forms.is_valid_service_type(service_type)
    ):
        raise LockError('"service_type" is missing or bad')
    codes = content.get('codes')
    if not isinstance(codes, dict):
        raise LockError('"codes" is not an object')
    try:
        newest = _version(content.get('newest'))
    except ValueError as exc:
        raise LockError(f'"newest": {exc}') from exc
    return Published(
        service_type,
        {name: _code(name, codes[name]) for name in codes},
        newest,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise LockError(f'{name[:140]!r} is in it twice')
        found[name] = value
    return found


def _code(name: str, members: object) -> ErrorCode:
    if not forms.is_valid(name) or not isinstance(members, dict):
        raise LockError(f'{name[:140]!r} is not a code with its members')
    try:
        return ErrorCode(
            name,
            statuses=_unpacked(members['statuses']),
            title=_text(members['title']),
            meaning=_text(members['meaning']) or '',
            help=_text(members['help']),
            since=_version(members['since']),
            cause=_one_of(members['cause'], CAUSES),
            retry=_one_of(members['retry'], (None, *RETRIES)),
            deprecated_since=_version(members['deprecated_since']),
            replaced_by=_text(members['replaced_by']),
            retired=_one_of(members['retired'], (False, True)),
            renames=_renames(members['renames']),
        )
    except KeyError as exc:
        raise LockError(f'{name!r} lacks {exc.args[0]!r}') from exc
    except (TypeError, ValueError) as exc:
        raise LockError(f'{name!r}: {exc}') from exc


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f'{value!r:.40} is not a text')


def _one_of(value: object, allowed: tuple[object, ...]) -> Any:
    for one in allowed:
        if value == one and type(value) is type(one):
            return value
    raise ValueError(f'{value!r:.40} is not one of {allowed}')


def _version(value: object) -> Version | None:
    text = _text(value)
    return None if text is None else versions.parse(text)


def _unpacked(packed: object) -> tuple[int, ...]:
    statuses: list[int] = []
    if not isinstance(packed, list) or not packed or len(packed) > 200:
        raise ValueError('"statuses" is not a list of statuses')
    for one in packed:
        run = _RANGE.fullmatch(one) if isinstance(one, str) else None
        if run:
            statuses.extend(range(int(run[1]), int(run[2]) + 1))
        elif type(one) is int and 400 <= one <= 599:
            statuses.append(one)
        else:
            raise ValueError(f'{one!r:.40} is not the status of an error')
    return tuple(statuses)


def _renames(value: object) -> tuple[tuple[Version, str], ...]:
    if not isinstance(value, dict):
        raise ValueError('"renames" is not an object')
    for name in value.values():
        if not forms.is_valid(name):
            raise ValueError(f'{name!r:.140} is not a code')
    return tuple(
        sorted((versions.parse(since), name) for since, name in value.items())
    )
