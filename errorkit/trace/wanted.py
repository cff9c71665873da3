# SPDX-License-Identifier: Apache-2.0
"""What is looked for in the bytes of a log: ids, or signs of a failure.

In a log of millions of records only these bytes are looked at; no line is
cut out, decoded or understood that does not hold what is looked for.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

from errorkit import ids

_ID = re.compile(
    'req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
)
#: What is looked for of ``req-``, and how many bytes stand before it: a search
#: goes the faster the rarer its first byte is.
_RARE, _BEFORE = b'q-', 2
#: So many bytes behind it tell nearly all ids apart.
_TELLING = 8
_DIGITS = _BEFORE + len(_RARE)
_STARTS = re.compile(_RARE + b'([0-9a-f]{%d})' % _TELLING)
#: So many ids are faster looked for one by one than all at once.
_FEW = 2
#: Of more ids than these, every id of the log is compared with the set.
_MANY = 400


Bytes: TypeAlias = bytes | bytearray


class Wanted(Protocol):
    """What is looked for."""

    def places(self, block: Bytes, end: int) -> list[int]:
        """Return where it is, ascending.

        :param end: where the block ends
        """

    def matches(self, text: str) -> bool:
        """Tell whether a text holds it."""


class Ids:
    """Some request ids.

    :param wanted: each of the form of an id
    """

    def __init__(self, wanted: Iterable[str]) -> None:
        self._texts = frozenset(wanted)
        self._ids = frozenset(one.encode() for one in self._texts)
        self._starts = frozenset(
            one[_DIGITS:_DIGITS + _TELLING] for one in self._ids
        )
        self._search = _STARTS.finditer
        if _FEW < len(self._ids) <= _MANY:
            self._search = re.compile(
                _RARE + _trie(sorted(map(bytes.decode, self._starts))).encode()
            ).finditer

    def places(self, block: Bytes, end: int) -> list[int]:
        """Return where the ids are, ascending."""
        if len(self._ids) <= _FEW:
            found = [
                place for one in self._ids for place in _all(block, end, one)
            ]
            return sorted(found)
        if len(self._ids) > _MANY and self._starts.isdisjoint(
            _STARTS.findall(block, 0, end)
        ):
            return []
        return [
            start for match in self._search(block, 0, end)
            if bytes(
                block[(start := match.start() - _BEFORE):start + ids.LENGTH]
            ) in self._ids
        ]

    def matches(self, text: str) -> bool:
        """Tell whether a text holds one of the ids."""
        if 'req-' not in text:
            return False
        if len(self._texts) <= _FEW:
            return any(one in text for one in self._texts)
        return not self._texts.isdisjoint(_ID.findall(text))


def _all(block: Bytes, end: int, one: bytes) -> Iterable[int]:
    place = block.find(one, 0, end)
    while place >= 0:
        yield place
        place = block.find(one, place + len(one), end)


def _trie(words: list[str]) -> str:
    """Return an expression for words of one length, sorted.

    What they begin with in common is tried once.
    """
    branches = []
    for first, group in itertools.groupby(words, lambda word: word[:1]):
        rest = list(dict.fromkeys(word[1:] for word in group))
        branches.append(first + (rest[0] if len(rest) == 1 else _trie(rest)))
    return f'(?:{"|".join(branches)})'


@functools.lru_cache(maxsize=4)
def ids_of(wanted: frozenset[str]) -> Ids:
    """Return what looks for some ids; remembered for the next segment."""
    return Ids(wanted)


def _of_lines(
    sign: re.Pattern[bytes], block: Bytes, end: int
) -> Iterator[int]:
    """Yield the first place of a sign in each line that has one."""
    match = sign.search(block, 0, end)
    while match is not None:
        yield match.start()
        line = block.find(b'\n', match.end(), end)
        match = sign.search(block, line, end) if line >= 0 else None


class Failures:
    """Signs of a request that failed, of which a few may mean nothing."""

    # Each begins with what is rare in logs, or is long: that is what makes
    # the search fast.
    _SIGNS = tuple(
        re.compile(sign)
        for sign in (
            rb'ERROR',
            rb'CRITICAL',
            rb'FATAL',
            # Of JSON records, in any case.
            rb'v(?:el(?:name)?|erity)": ?'
            rb'"(?i:error|critical|fatal|alert|emergency)"',
            rb'HTTP(?:/[0-9.]{1,4}\\?[")]?)? [45][0-9][0-9](?![0-9])',
            rb'tatus(?:: {1,2}|(?:_code)?": ?"?)[45][0-9][0-9](?![0-9])',
            rb'wered with [45][0-9][0-9](?![0-9])',
        )
    )
    _TEXT = re.compile('|'.join(sign.pattern.decode() for sign in _SIGNS))

    def places(self, block: Bytes, end: int) -> list[int]:
        """Return where the signs are, ascending: each kind's first a line."""
        return sorted(
            place
            for sign in self._SIGNS
            for place in _of_lines(sign, block, end)
        )

    def matches(self, text: str) -> bool:
        """Tell whether a text holds a sign."""
        return self._TEXT.search(text) is not None
