# SPDX-License-Identifier: Apache-2.0
"""The blocks, and decorators, that an action is recorded by."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from types import TracebackType
from typing import Any

from errorkit.outcomes.actions.entering import Ends, RecordedBlock
from errorkit.outcomes.actions.recording import Live
from errorkit.outcomes.actions.steps import EventBlock

#: The action whose block was entered last in this context; see ``innermost``.
CURRENT: contextvars.ContextVar[Live | None] = contextvars.ContextVar(
    'errorkit.action', default=None
)


def innermost() -> Live | None:
    """Return the action whose block is open in this context, or None.

    Blocks of generators end in any order, so what was entered last may be
    over, and what is around it not.
    """
    live = CURRENT.get()
    while live is not None and not live.is_open:
        live = live.outer
    return live


class LooseEvent(RecordedBlock[EventBlock]):
    """One step of an action that others began, and will finish.

    A block, or the decorator of a function, each call of which is one.

    :param opens: makes the step of a call from its arguments
    """

    def __init__(
        self, opens: Callable[[tuple[Any, ...], dict[str, Any]], EventBlock]
    ) -> None:
        super().__init__()
        self._opens = opens

    def _begin(self) -> tuple[EventBlock, Ends]:
        return self._opens(*self._arguments)._begin()


class ActionBlock(RecordedBlock[Live]):
    """An action from its begin, or its continuation, to its end.

    A block, or the decorator of a function, each call of which is one.

    :param opens: makes the action of a call from its arguments
    :param finishes: the action is a success when the block ends well
    """

    def __init__(
        self,
        opens: Callable[[tuple[Any, ...], dict[str, Any]], Live],
        finishes: bool,
    ) -> None:
        super().__init__()
        self._opens = opens
        self._finishes = finishes

    def _begin(self) -> tuple[Live, Ends]:
        live = self._opens(*self._arguments)
        live.outer = innermost()
        live.open(self._finishes)
        CURRENT.set(live)

        def ends(raised: BaseException | None) -> None:
            _leave(live)
            live.close(raised)

        return live, ends

    async def __aenter__(self) -> Live:
        live = await super().__aenter__()
        # It was set in another thread's context.
        CURRENT.set(live)
        return live

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        live, _ = self._running[-1]
        _leave(live)
        await super().__aexit__(kind, raised, tb)


def _leave(live: Live) -> None:
    # Not by its token: a generator ends where it likes.
    live.is_open = False
    CURRENT.set(innermost())
