# SPDX-License-Identifier: Apache-2.0
"""Work that is spread over the processors, where that is worth it.

By processes that are forked; where the system has no fork, or where other
threads run, which make forking unsafe, all is done in this one.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

_Task = TypeVar('_Task')
_Result = TypeVar('_Result')

#: Less, in bytes, is not worth a process.
MIN_SIZE = 64 << 20
#: More processes wait for the disk, and each takes memory.
MAX_PROCESSES = 8


class Workers:
    """Some processes; a context manager that ends them.

    :param size: of all there is to read, in bytes
    :param processes: at most; None: as many as there are processors, at
        most 8
    """

    def __init__(self, size: int, processes: int | None = None) -> None:
        if processes is None:
            processes = min(_processors(), MAX_PROCESSES)
        self._pool: concurrent.futures.ProcessPoolExecutor | None = None
        self._ahead = 2 * processes
        if size >= MIN_SIZE and processes > 1 and _may_fork():
            # Where there are no semaphores there are no pools.
            with contextlib.suppress(OSError, ImportError):
                self._pool = concurrent.futures.ProcessPoolExecutor(
                    processes,
                    multiprocessing.get_context('fork'),
                    initializer=_begin,
                )

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._end()

    @property
    def several(self) -> bool:
        """Tell whether there are others besides this process."""
        return self._pool is not None

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def run(
        self,
        function: Callable[[_Task], _Result],
        tasks: Sequence[_Task],
    ) -> Iterator[_Result]:
        """Yield a function's results, in the order of the tasks.

        :param function: of a module, so that another process can find it
        """
        done = 0
        if self._pool is not None and len(tasks) > 1:
            try:
                for result in self._spread(self._pool, function, tasks):
                    done += 1
                    yield result
            except BrokenProcessPool:
                # The system has ended one of them: do the rest alone.
                self._end()
        for task in tasks[done:]:
            yield function(task)

    def _spread(
        self,
        pool: concurrent.futures.ProcessPoolExecutor,
        function: Callable[[_Task], _Result],
        tasks: Sequence[_Task],
    ) -> Iterator[_Result]:
        waiting: collections.deque[
            concurrent.futures.Future[_Result]
        ] = collections.deque()
        try:
            for task in tasks:
                waiting.append(pool.submit(function, task))
                # Not all at once: a result stays in memory until it is taken.
                if len(waiting) >= self._ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _begin() -> None:
    """Leave an interrupt to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _processors() -> int:
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _may_fork() -> bool:
    if not hasattr(os, 'fork') or sys.platform == 'darwin':
        return False
    if multiprocessing.current_process().daemon:
        return False
    try:
        # Threads of C libraries too.
        return len(os.listdir('/proc/self/task')) == 1
    except OSError:
        return threading.active_count() == 1
