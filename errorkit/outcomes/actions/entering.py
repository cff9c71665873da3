# SPDX-License-Identifier: Apache-2.0
"""Blocks that are recorded, so that neither body nor event loop notice."""

from __future__ import annotations

import abc
import asyncio
import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from errorkit import log
from errorkit.outcomes import beside
from errorkit.outcomes.decorating import Block

LOG = logging.getLogger('errorkit.outcomes')

_Given = TypeVar('_Given')
#: Ends what has begun; called with what the body has raised, or None.
Ends = Callable[[BaseException | None], None]


class RecordedBlock(Block, Generic[_Given]):
    """A block whose begin and end are recorded.

    It can be used again, within itself too, by one thread or task at a time;
    as a decorator by any number, since each call has a block of its own. In a
    coroutine it begins and ends beside the event loop, which must not wait
    for a store.
    """

    def __init__(self) -> None:
        #: Of each time that it is entered, what it gave and what ends it.
        self._running: list[tuple[_Given, Ends]] = []

    @abc.abstractmethod
    def _begin(self) -> tuple[_Given, Ends]:
        """Begin; return what the block gives, and what ends it."""

    def __enter__(self) -> _Given:
        given, ends = self._begin()
        self._running.append((given, ends))
        return given

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        _, ends = self._running.pop()
        unharmed(raised, lambda: ends(raised))

    async def __aenter__(self) -> _Given:
        await entered(self)
        return self._running[-1][0]

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await exited(self, raised)

    def _of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Self:
        block = super()._of_call(args, kwargs)
        block._running = []
        return block


def unharmed(
    raised: BaseException | None, work: Callable[[], None]
) -> None:
    """Do what must not replace an exception that is on its way.

    :param raised: the exception; None: what the work raises passes
    """
    if raised is None:
        work()
        return
    try:
        work()
    except Exception as exc:
        log.say(
            LOG, logging.ERROR, 'a failure is not recorded, %s',
            log.class_name(type(raised)), raised=exc,
        )


async def entered(block: Block) -> None:
    """Enter a block beside the event loop.

    :raises asyncio.CancelledError: it came meanwhile; the block has ended by
        it
    """
    raised: list[BaseException] = []
    # Who comes second, the thread or a coroutine that is closed, ends it.
    first = threading.Lock()

    def work() -> None:
        try:
            block.__enter__()
            if not first.acquire(blocking=False):
                _never_began(block)
        except BaseException as exc:
            raised.append(exc)

    try:
        cancelled = await beside.complete(work)
    except GeneratorExit:
        if not first.acquire(blocking=False) and not raised:
            _never_began(block)
        raise
    if raised:
        raise raised[0]
    if cancelled is not None:
        await exited(block, cancelled)
        raise cancelled


def _never_began(block: Block) -> None:
    closed = asyncio.CancelledError()
    block.__exit__(type(closed), closed, None)


async def exited(
    block: Block, raised: BaseException | None
) -> None:
    """Leave a block beside the event loop.

    :raises asyncio.CancelledError: it came meanwhile, and nothing else is on
        its way
    """
    failures: list[BaseException] = []

    def work() -> None:
        try:
            block.__exit__(
                None if raised is None else type(raised), raised, None
            )
        except BaseException as exc:
            failures.append(exc)

    cancelled = await beside.complete(work)
    if raised is None and (failures or cancelled):
        raise failures[0] if failures else cancelled  # type: ignore[misc] # one of them is there
