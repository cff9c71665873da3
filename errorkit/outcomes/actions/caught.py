# SPDX-License-Identifier: Apache-2.0
"""Which event an action's exception is of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from errorkit.outcomes.actions.failures import Failure
from errorkit.outcomes.actions.records import EventEnd


@dataclasses.dataclass(frozen=True, slots=True)
class Failed:
    """An event that has failed.

    :param end: of the event, as it is written
    :param raised: what was raised in it
    :param failure: the same in words
    """

    end: EventEnd
    raised: BaseException
    failure: Failure


def first(
    failed: Sequence[Failed], raised: BaseException
) -> Failed | None:
    """Return the event that failed by an exception; the innermost.

    :param failed: in the order in which they failed
    :param raised: the exception, or a group that it is in
    """
    for leaf in _leaves(raised):
        for one in failed:
            if one.raised is leaf:
                return one
    return None


def _leaves(raised: BaseException) -> Iterator[BaseException]:
    """Give an exception, and of a group all that are in it."""
    waiting = [raised]
    while waiting:
        one = waiting.pop(0)
        yield one
        if issubclass(type(one), BaseExceptionGroup):
            waiting.extend(_members(one))


# Past what an exception says of itself, as in is_end.
_members: Any = BaseExceptionGroup.__dict__['exceptions'].__get__


def is_end(raised: BaseException) -> bool:
    """Tell whether this is how a generator that is closed ends."""
    return issubclass(type(raised), GeneratorExit)
