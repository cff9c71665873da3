# SPDX-License-Identifier: Apache-2.0
"""Who is told when an error happened: the record, the protocol, the queues.

An observer is called by a thread of its own, from a bounded queue, after the
response has begun. It can fail, hang or be slow: no request waits for it, and
what it costs it is logged, once a minute with a count.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from errorkit.error import Error
from errorkit.exceptions import ConfigError

LOG = logging.getLogger('errorkit.observers')

#: Records waiting for one observer; the newest beyond it is dropped.
QUEUE_SIZE = 1000
#: Seconds between two log lines about the same observer.
QUIET = 60.0
#: Seconds all observers together have at exit for what still waits.
FLUSH = 2.0


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """What happened, to be passed on; nothing in it refers to the request.

    :param error: the response's own error, as the client reads it
    :param code: its code, also where the client's microversion hides it
    :param status: the status of the response, or None when the body died
        after a response had begun
    :param request_id: the local id
    :param global_request_id: the caller's id, or None
    :param user_id: of the authenticated user, or None
    :param project_id: of the authenticated user's project, or None
    :param method: the request's method
    :param path: SCRIPT_NAME and PATH_INFO
    :param exception: module and name of the exception's class, or None when
        the error was answered on purpose
    :param traceback: the text of the traceback, for operators only
    :param duration: seconds from the request's arrival
    """

    error: Error
    code: str | None
    status: int | None
    request_id: str | None
    global_request_id: str | None
    user_id: str | None
    project_id: str | None
    method: str
    path: str
    exception: str | None
    traceback: str | None
    duration: float


class Observer(Protocol):
    """Is told of every error; may raise, but should return soon."""

    def __call__(self, record: ErrorRecord) -> object:
        """Take note of an error.

        :param record: frozen; may be pickled
        """


class Observers:
    """The observers of a service, each with its own queue and thread.

    :param observers: callables that take an ``ErrorRecord``
    :raises ConfigError: one of them is not callable
    """

    def __init__(self, observers: Iterable[Observer] = ()) -> None:
        listed = list(observers) if isinstance(observers, Iterable) else [None]
        for observer in listed:
            if not callable(observer):
                raise ConfigError(
                    'errorkit#fault_wrap',
                    'observers',
                    observers if observer is None else observer,
                    'allowed: functions that take an ErrorRecord',
                )
        self._couriers = [_Courier(observer) for observer in listed]
        #: There is one at least.
        self.present = bool(self._couriers)

    @property
    def dropped(self) -> int:
        """How many records no observer could take."""
        return sum(courier.dropped for courier in self._couriers)

    def tell(self, record: ErrorRecord) -> None:
        """Queue a record for every observer. Never waits, never raises."""
        for courier in self._couriers:
            courier.put(record)

    def flush(self, timeout: float = FLUSH) -> bool:
        """Wait until every queue is empty.

        :param timeout: seconds, for all of them together
        :returns: False when the time ran out
        """
        end = time.monotonic() + timeout
        # Each is given its turn, also after one that ran out of time.
        return not [one for one in self._couriers if not one.flush(end)]


class _Courier:
    """One observer, its queue, and the thread that empties it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._name = getattr(observer, '__name__', type(observer).__name__)
        self.dropped = 0
        self._failures = 0
        self._said = -QUIET
        self._begin()

    def _begin(self) -> None:
        # Also after a fork, where neither the parent's thread nor its locks
        # can be relied on.
        self._queue: queue.Queue[ErrorRecord] = queue.Queue(QUEUE_SIZE)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    def put(self, record: ErrorRecord) -> None:
        try:
            if self._pid != os.getpid():
                self._begin()
            if self._thread is None:
                self._start()
            self._queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1
            self._complain('is too slow', self.dropped, 'records dropped')
        except Exception as exc:  # no thread to be had: the request goes on
            self.dropped += 1
            self._complain(
                f'could not be told ({type(exc).__name__})',
                self.dropped,
                'records dropped',
            )

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(
                    target=self._run,
                    name=f'errorkit-observer-{self._name}',
                    daemon=True,
                )
                thread.start()
                self._thread = thread
                atexit.register(self._at_exit)

    def _run(self) -> None:
        waiting = self._queue
        while True:
            record = waiting.get()
            try:
                self._observer(record)
            except BaseException as exc:  # it is our thread, and goes on
                self._failures += 1
                self._complain(
                    f'failed ({type(exc).__name__})',
                    self._failures,
                    'failures',
                    exc,
                )
            finally:
                waiting.task_done()
                del record

    def _complain(
        self,
        what: str,
        count: int,
        unit: str,
        exc: BaseException | None = None,
    ) -> None:
        now = time.monotonic()
        if now - self._said < QUIET:
            return
        self._said = now
        try:
            LOG.error(
                'observer %s %s; %d %s so far',
                self._name,
                what,
                count,
                unit,
                exc_info=exc,
            )
        except Exception:  # a failing log handler ends here
            self.dropped += 0

    def flush(self, end: float) -> bool:
        if self._pid != os.getpid():
            return True
        waiting = self._queue
        with waiting.all_tasks_done:
            while waiting.unfinished_tasks:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                waiting.all_tasks_done.wait(left)
        return True

    def _at_exit(self) -> None:
        self.flush(time.monotonic() + FLUSH)
