# SPDX-License-Identifier: Apache-2.0
"""A check of the contract, and the verdict that comes of it."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence

from errorkit.testing.asking import Answer
from errorkit.testing.checking import Failed, NotAsked, Service

HOLDS = 'holds'
FAILS = 'fails'
NOT_ASKED = 'not asked'


@dataclasses.dataclass(frozen=True)
class Check:
    """A promise, and the function that looks whether it holds.

    :param id: such as ``accept.browser``
    :param clause: the chapter of the contract
    :param promise: a sentence
    :param look: returns what came, when the promise holds
    """

    id: str
    clause: str
    promise: str
    look: Callable[[Service], str]


class Chapter:
    """The checks of one chapter of the contract, in their order.

    :param clause: its number and title
    """

    def __init__(self, clause: str) -> None:
        self.clause = clause
        self.checks: list[Check] = []

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def check(
        self, id: str, promise: str
    ) -> Callable[[Callable[[Service], str]], Callable[[Service], str]]:
        """Add the decorated function as a check."""

        def add(look: Callable[[Service], str]) -> Callable[[Service], str]:
            self.checks.append(Check(id, self.clause, promise, look))
            return look

        return add


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a check found.

    :param verdict: ``holds``, ``fails`` or ``not asked``
    :param came: what came, or why nothing was asked
    :param trail: the answers it looked at
    :param answer: the one to blame
    """

    check: Check
    verdict: str
    came: str
    trail: tuple[Answer, ...] = ()
    answer: Answer | None = None


def run(
    service: Service,
    checks: Iterable[Check],
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
) -> list[Verdict]:
    """Look at each check.

    :param only: patterns of ids, as in file names; all if empty
    :param skip: patterns of ids to leave out
    :raises Unreachable: there is nothing to ask
    """
    wanted, unwanted = list(only), list(skip)
    return [
        verdict_on(check, service)
        for check in checks
        if (not wanted or _matches(check.id, wanted))
        and not _matches(check.id, unwanted)
    ]


def verdict_on(check: Check, service: Service) -> Verdict:
    """Look at one check."""
    service.trail.clear()
    blamed = None
    try:
        verdict, came = HOLDS, check.look(service)
    except NotAsked as exc:
        verdict, came = NOT_ASKED, str(exc)
    except Failed as exc:
        verdict, came = FAILS, str(exc)
        blamed = exc.answer
        if blamed is None and service.trail:
            blamed = service.trail[-1]
    return Verdict(check, verdict, came, tuple(service.trail), blamed)


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Return how many there are of each kind."""
    return {
        name.replace(' ', '_'): sum(item.verdict == name for item in verdicts)
        for name in (HOLDS, FAILS, NOT_ASKED)
    }


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
