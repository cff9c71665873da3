# SPDX-License-Identifier: Apache-2.0
"""Runs what blocks for a coroutine: in a thread beside its event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable


async def complete(
    work: Callable[[], None],
) -> asyncio.CancelledError | None:
    """Run something in a thread of its own, and wait to its very end.

    :param work: called in the caller's contextvars; raises nothing, and
        comes back in time
    :returns: a cancellation that came meanwhile: it is the caller's to raise
    """
    cancelled = None
    started = _started(work)
    if started is not None:
        while not started.done():
            try:
                await asyncio.shield(started)
            except asyncio.CancelledError as exc:
                cancelled = exc
    return cancelled


async def run(work: Callable[[], None]) -> None:
    """Run something in a thread of its own, and wait for it.

    The executor of the loop may be busy for as long as it likes; this is
    for what happens rarely and must not wait. Where no asyncio runs, or
    there are no more threads, it is run at once.

    A cancellation that comes while it waits ends the waiting and is not
    raised: the task is about to end with a failure that must not be lost.

    :param work: called in the caller's contextvars; raises nothing
    """
    started = _started(work)
    if started is not None:
        with contextlib.suppress(asyncio.CancelledError):
            await started


def _started(work: Callable[[], None]) -> asyncio.Future[None] | None:
    """Start a thread; None: there is none, and the work is done."""
    try:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        thread = threading.Thread(
            target=_run,
            args=(contextvars.copy_context(), work, loop, ended),
            name='errorkit-beside',
            daemon=True,
        )
        thread.start()
    except RuntimeError:
        work()
        return None
    return ended


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
