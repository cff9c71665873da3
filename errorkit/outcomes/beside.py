# SPDX-License-Identifier: Apache-2.0
"""Runs what blocks for a coroutine: in a thread beside its event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable


async def run(work: Callable[[], None]) -> None:
    """Run something in a thread of its own, and wait for it.

    The executor of the loop may be busy for as long as it likes; this is
    for what happens rarely and must not wait. Where no asyncio runs, or
    there are no more threads, it is run at once.

    A cancellation that comes while it waits ends the waiting and is not
    raised: the task is about to end with a failure that must not be lost.

    :param work: called in the caller's contextvars; raises nothing
    """
    try:
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        thread = threading.Thread(
            target=_run,
            args=(contextvars.copy_context(), work, loop, ended),
            name='errorkit-beside',
            daemon=True,
        )
        thread.start()
    except RuntimeError:
        work()
        return
    with contextlib.suppress(asyncio.CancelledError):
        await ended


def _run(
    context: contextvars.Context,
    work: Callable[[], None],
    loop: asyncio.AbstractEventLoop,
    ended: asyncio.Future[None],
) -> None:
    try:
        context.run(work)
    finally:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(_end, ended)


def _end(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
