# SPDX-License-Identifier: Apache-2.0
"""Enters and leaves blocks, so that neither body nor event loop notice."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from errorkit import log
from errorkit.outcomes import beside
from errorkit.outcomes.decorating import Block

LOG = logging.getLogger('errorkit.outcomes')


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
    """Enter a block beside the event loop, which must not wait for a store.

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
