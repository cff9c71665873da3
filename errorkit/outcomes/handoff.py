# SPDX-License-Identifier: Apache-2.0
"""Runs what may never return in another thread, so that its caller does.

A database that was stopped answers nothing and closes nothing, and a driver
without a time limit of its own waits for it in C code for ever. A caller then
leaves after his time, and the thread stays behind.
"""

from __future__ import annotations

import contextlib
import contextvars
import queue
import threading
import time
import weakref
from collections.abc import Callable

Work = Callable[[], object]
Late = Callable[[BaseException | None], object]


class Busy(RuntimeError):
    """No thread was free in time: the work was not begun."""


class Unfinished(TimeoutError):
    """The time is over, and the work goes on."""


class Died(RuntimeError):
    """The work raised what ends a thread or a process, and no error."""


class _Job:
    __slots__ = ('context', 'done', 'end', 'error', 'late', 'work')

    def __init__(self, work: Work, late: Late) -> None:
        self.work = work
        self.late = late
        self.context = contextvars.copy_context()
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()
        # Whoever gets it first, the worker or the caller who leaves, decides
        # whether the end is on time.
        self.end = threading.Lock()

    def run(self) -> None:
        try:
            self.context.run(self.work)
        except BaseException as exc:
            self.error = exc
        if self.end.acquire(blocking=False):
            self.done.release()
        else:
            self.context.run(self.late, self.error)


class _Worker(threading.Thread):
    def __init__(self, idle: queue.SimpleQueue[_Worker]) -> None:
        super().__init__(name='errorkit-messages', daemon=True)
        self.jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._idle = idle

    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            # Of what is told of a late end.
            with contextlib.suppress(Exception):
                job.run()
            del job
            self._idle.put(self)


class Handoff:
    """Some threads that wait for others; started when they are needed.

    :param most: so many threads at most, those left behind among them
    """

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._started = 0
        self._lock = threading.Lock()
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._end = weakref.finalize(self, _dismiss, self._idle)
        self._end.atexit = False

    def forget(self) -> None:
        """Leave the threads alone: they are those of a parent process."""
        self._end.detach()

    def run(self, work: Work, seconds: float, late: Late) -> None:
        """Run something, and wait for it so long and no longer.

        :param work: called in another thread, in this one's contextvars
        :param late: called there if it ends after the caller has left, with
            what it raised or None
        :raises Busy: it was not begun
        :raises Unfinished: the time is over
        :raises Died: it raised what is no ``Exception``, which is of its
            thread and not of this one
        :raises Exception: what it raised
        """
        until = time.monotonic() + seconds
        worker = self._free(seconds)
        job = _Job(work, late)
        worker.jobs.put(job)
        left = max(0.0, until - time.monotonic())
        if not job.done.acquire(timeout=left) and job.end.acquire(
            blocking=False
        ):
            raise Unfinished(f'not finished in {seconds} s')
        error = job.error
        try:
            if isinstance(error, Exception):
                raise error
            if error is not None:
                raise Died(type(error).__name__) from error
        finally:
            # The frames it holds hold it.
            del job, error

    def _free(self, seconds: float) -> _Worker:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        with self._lock:
            starts = self._started < self._most
            self._started += starts
        if starts:
            worker = _Worker(self._idle)
            try:
                worker.start()
            except RuntimeError as exc:  # the system gives no more threads
                with self._lock:
                    self._started -= 1
                raise Busy(str(exc)) from exc
            return worker
        try:
            return self._idle.get(timeout=seconds)
        except queue.Empty:
            raise Busy(f'{self._most} threads are at work') from None


def _dismiss(idle: queue.SimpleQueue[_Worker]) -> None:
    try:
        while True:
            idle.get_nowait().jobs.put(None)
    except queue.Empty:
        pass
