# SPDX-License-Identifier: Apache-2.0
"""The blocks, and decorators, that an action is recorded by."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from errorkit.outcomes import decorating
from errorkit.outcomes.actions.entering import entered, exited, unharmed
from errorkit.outcomes.actions.recording import Live
from errorkit.outcomes.actions.steps import EventBlock

_Function = TypeVar('_Function', bound=Callable[..., Any])

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


class LooseEvent:
    """One step of an action that others began, and will finish.

    A block, or the decorator of a function, each call of which is one.

    :param opens: makes the step of a call from its arguments
    """

    def __init__(
        self,
        opens: Callable[[tuple[Any, ...], dict[str, Any]], EventBlock],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._opens = opens
        self._args = args
        self._kwargs = kwargs or {}
        self._running: list[EventBlock] = []

    def __enter__(self) -> EventBlock:
        block = self._opens(self._args, self._kwargs)
        block.__enter__()
        self._running.append(block)
        return block

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._running.pop().__exit__(kind, raised, tb)

    async def __aenter__(self) -> EventBlock:
        await entered(self)
        return self._running[-1]

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await exited(self, raised)

    def __call__(self, function: _Function) -> _Function:
        """Return a function each call of which is such a step."""
        return decorating.decorated(
            function,
            lambda args, kwargs: LooseEvent(self._opens, args, kwargs),
        )


class ActionBlock:
    """An action from its begin, or its continuation, to its end.

    A block, or the decorator of a function, each call of which is one.

    :param opens: makes the action of a call from its arguments
    :param finishes: the action is a success when the block ends well
    """

    def __init__(
        self,
        opens: Callable[[tuple[Any, ...], dict[str, Any]], Live],
        finishes: bool,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        self._opens = opens
        self._finishes = finishes
        self._args = args
        self._kwargs = kwargs or {}
        self._running: list[Live] = []

    def __enter__(self) -> Live:
        live = self._opens(self._args, self._kwargs)
        live.outer = innermost()
        live.open(self._finishes)
        self._running.append(live)
        CURRENT.set(live)
        return live

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        live = self._running.pop()
        _leave(live)
        unharmed(raised, lambda: live.close(raised))

    async def __aenter__(self) -> Live:
        await entered(self)
        live = self._running[-1]
        # It was set in another thread's context.
        CURRENT.set(live)
        return live

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        _leave(self._running[-1])
        await exited(self, raised)

    def __call__(self, function: _Function) -> _Function:
        """Return a function each call of which is such an action."""
        return decorating.decorated(
            function,
            lambda args, kwargs: ActionBlock(
                self._opens, self._finishes, args, kwargs
            ),
        )


def _leave(live: Live) -> None:
    # Not by its token: a generator ends where it likes.
    live.is_open = False
    CURRENT.set(innermost())
