# SPDX-License-Identifier: Apache-2.0
"""Prints verdicts for people: a table, and the failures at its end."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Sequence
from typing import TextIO

from errorkit.testing.verdicts import (
    FAILS,
    HOLDS,
    NOT_ASKED,
    Verdict,
    counts,
)
from errorkit.testing.wording import Wording

WIDTH = 80
_VERDICT_WIDTH = 9
_ID_WIDTH = 24
_INDENT = 2 + _VERDICT_WIDTH + 2
_COLOURS = {HOLDS: '32', FAILS: '1;31', NOT_ASKED: '2'}


class Table:
    """Writes to a stream, 80 columns wide.

    :param wording: how requests and answers are said
    :param coloured: with the escapes of a terminal
    :param verbose: also what was asked and what came, of every check
    """

    def __init__(
        self,
        stream: TextIO,
        wording: Wording,
        coloured: bool = False,
        verbose: bool = False,
    ) -> None:
        self._stream = stream
        self._wording = wording
        self._coloured = coloured
        self._verbose = verbose

    def show(self, target: str, verdicts: Sequence[Verdict]) -> None:
        """Print all of it."""
        self._lines('', f'errorkit check {target}')
        for clause, found in itertools.groupby(
            verdicts, lambda verdict: verdict.check.clause
        ):
            self._print(f'\n{clause}')
            for alike in self._together(found):
                self._row(alike)
        for failures in _like_failures(verdicts):
            self._failure(failures)
        hold, fail, others = counts(verdicts).values()
        self._print(f'\n{hold} hold, {fail} fail, {others} not asked')

    def _together(
        self, verdicts: Iterable[Verdict]
    ) -> Iterable[list[Verdict]]:
        """Join neighbours that would say the same."""
        if self._verbose:
            return ([verdict] for verdict in verdicts)
        grouped = itertools.groupby(
            verdicts,
            lambda item: (item.verdict, _family(item), _text(item)),
        )
        return (list(alike) for _, alike in grouped)

    def _row(self, alike: list[Verdict]) -> None:
        verdict = alike[0]
        name = verdict.check.id
        if len(alike) > 1:
            name = f'{_family(verdict)}.* ({len(alike)})'
        indent = _INDENT + _ID_WIDTH + 1
        lines = self._wrapped(_text(verdict), WIDTH - indent, '')
        if len(name) > _ID_WIDTH:
            lines.insert(0, '')
        mark = self._painted(
            f'{verdict.verdict:<{_VERDICT_WIDTH}}', verdict.verdict
        )
        self._print(f'  {mark}  {name:<{_ID_WIDTH}} {lines[0]}'.rstrip())
        for line in lines[1:]:
            self._print(' ' * indent + line)
        if self._verbose:
            before = ' ' * _INDENT
            for answer in verdict.trail:
                asked = ', '.join(self._wording.asked(answer.request))
                self._lines(f'{before}> ', asked)
                self._lines(f'{before}< ', self._wording.in_short(answer))
            if verdict.verdict == HOLDS:
                self._lines(before, f'found: {verdict.came}')

    def _failure(self, alike: list[Verdict]) -> None:
        verdict = alike[0]
        name = self._painted(verdict.check.id, FAILS)
        self._print(f'\n{name} ({verdict.check.clause})')
        self._lines('  ', f'promised: {verdict.check.promise}')
        self._lines('  ', f'but: {verdict.came}')
        if alike[1:]:
            others = ', '.join(item.check.id for item in alike[1:])
            self._lines('  ', f'the same: {others}')
        if verdict.answer is not None:
            for line in self._wording.asked(verdict.answer.request):
                self._lines('  > ', line)
            for line in self._wording.came(verdict.answer):
                self._lines('  < ', line)

    def _lines(self, before: str, text: str) -> None:
        for line in self._wrapped(text, WIDTH - len(before), '  '):
            self._print(before + line)

    def _wrapped(self, text: str, width: int, hang: str) -> list[str]:
        return textwrap.wrap(
            self._wording.text(text), width, subsequent_indent=hang,
            break_on_hyphens=False,
        ) or ['']

    def _painted(self, text: str, verdict: str) -> str:
        if not self._coloured:
            return text
        return f'\x1b[{_COLOURS[verdict]}m{text}\x1b[0m'

    def _print(self, line: str) -> None:
        print(line, file=self._stream)


def _like_failures(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """Return the failures, those of one chapter and one cause together."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for item in verdicts:
        if item.verdict == FAILS:
            found.setdefault((item.check.clause, item.came), []).append(item)
    return list(found.values())


def _family(verdict: Verdict) -> str:
    return verdict.check.id.rpartition('.')[0]


def _text(verdict: Verdict) -> str:
    if verdict.verdict == HOLDS:
        return verdict.check.promise
    return verdict.came
