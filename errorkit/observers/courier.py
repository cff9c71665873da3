# SPDX-License-Identifier: Apache-2.0
"""One observer, a bounded queue before it, and the thread that empties it.

Whoever tells waits for nobody: a record is queued under a lock that is held
for a few steps only, may be taken again by its own thread, and is never that
of a parent process. The queue holds so many records and so many characters.
"""

from __future__ import annotations

import atexit
import contextvars
import logging
import os
import queue
import sys
import threading
import time
import weakref
from typing import Any

from errorkit.observers.observer import Counts, Observer, name_of
from errorkit.observers.process import PerProcess
from errorkit.observers.quiet import Quiet
from errorkit.observers.record import ErrorRecord

LOG = logging.getLogger('errorkit.observers')

#: Records waiting for one observer; the newest beyond it is dropped.
QUEUE_SIZE = 1000
#: Characters of text in the waiting records of one observer.
QUEUE_TEXT = 8 * 1024 * 1024
#: Seconds all observers together have at exit for what still waits.
FLUSH = 2.0

# Seconds a request has for its end before the observer it woke begins: the
# two share the interpreter, which a thread keeps for 5 ms once it has it.
_LEAD = 0.01
_EMPTY = 512


class _Line:
    """An observer's queue, thread and counts in one process."""

    def __init__(self, observer: Observer, name: str) -> None:
        self.observer = observer
        self.name = name
        self.pid = os.getpid()
        self.queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        # Reentrant: a finalizer or a signal handler may tell as well.
        self.lock = threading.RLock()
        self.runs = False
        self.waiting = 0
        self.text = 0
        self.told = 0
        self.dropped = 0
        self.failed = 0
        self.quiet = Quiet(LOG)
        _LINES.add(self)

    def put(self, record: ErrorRecord) -> None:
        size = _size(record)
        with self.lock:
            full = self.waiting >= QUEUE_SIZE or (
                self.waiting > 0 and self.text + size > QUEUE_TEXT
            )
            if full:
                self.dropped += 1
            else:
                self.waiting += 1
                self.text += size
            # The others do not wait for the thread to start.
            starts = not full and not self.runs
            self.runs = self.runs or starts
        if full:
            self.quiet.say(
                'observer %s is too slow; %d records dropped so far',
                self.name,
                self.dropped,
            )
            return
        if starts:
            self._start(size)
        self.queue.put((record, size))

    def _start(self, size: int) -> None:
        try:
            # In a context that is empty: a greenlet would inherit the
            # request's, and keep it for ever.
            threading.Thread(
                target=contextvars.Context().run,
                args=(_deliver, self),
                name=f'errorkit-observer-{self.name}',
                daemon=True,
            ).start()
        except BaseException:
            self.runs = False
            self.taken(size)
            raise
        if _rests_between_requests():
            self.quiet.say(
                'observer %s rests between requests: uWSGI was started '
                'without --enable-threads',
                self.name,
            )

    def taken(self, size: int) -> None:
        with self.lock:
            self.waiting -= 1
            self.text -= size

    def failure(self, exc: BaseException) -> None:
        self.failed += 1
        self.quiet.complain(self.name, self.failed, exc)

    def lost(self, exc: BaseException) -> None:
        with self.lock:
            self.dropped += 1
        self.quiet.say(
            'observer %s could not be told (%s); %d records dropped so far',
            self.name,
            type(exc).__name__,
            self.dropped,
        )

    def ended(self) -> None:
        """Note that the thread has ended; who waits for it goes on."""
        with self.lock:
            self.runs = False
            while not self.queue.empty():
                left = self.queue.get()
                if isinstance(left, threading.Event):
                    left.set()
                elif left is not None:
                    self.waiting -= 1
                    self.text -= left[1]
                    self.dropped += 1

    def flush(self, end: float) -> bool:
        reached = threading.Event()
        with self.lock:
            if not self.runs:
                return not self.waiting
            self.queue.put(reached)
        return reached.wait(max(0.0, end - time.monotonic()))


_LINES: weakref.WeakSet[_Line] = weakref.WeakSet()


def _at_exit() -> None:
    end = time.monotonic() + FLUSH
    for line in list(_LINES):
        if line.pid == os.getpid():
            line.flush(end)


atexit.register(_at_exit)


def _rests_between_requests() -> bool:
    """Tell whether threads run only while a request is handled."""
    options = getattr(sys.modules.get('uwsgi'), 'opt', None)
    return options is not None and not any(
        name in options for name in ('enable-threads', 'threads', 'gevent')
    )


def _size(record: ErrorRecord) -> int:
    text = _EMPTY
    for name in ('traceback', 'exception_message', 'path', 'method'):
        text += len(getattr(record, name, None) or '')
    return text + len(getattr(getattr(record, 'error', None), 'detail', ''))


def _deliver(line: _Line) -> None:
    """Tell an observer what waits, until the courier is gone."""
    waiting, observer = line.queue, line.observer
    try:
        while True:
            idle = waiting.empty()
            item = waiting.get()
            if item is None:
                break
            if isinstance(item, threading.Event):
                item.set()
                continue
            if idle:
                time.sleep(_LEAD)
            record, size = item
            line.taken(size)
            try:
                observer(record)
                line.told += 1
            except BaseException as exc:  # it is our thread, and goes on
                line.failure(exc)
            del item, record
    finally:
        line.ended()


class Courier:
    """Tells one observer, from a queue, in a thread of its own."""

    def __init__(self, observer: Observer) -> None:
        self.name = name = name_of(observer)
        self._accepts = getattr(observer, 'accepts', None)
        self._lines = PerProcess(lambda: _Line(observer, name))
        # What waits is still told, and then its thread ends.
        weakref.finalize(self, _dismiss, self._lines).atexit = False

    def put(self, record: ErrorRecord, raised: BaseException | None) -> None:
        """Queue a record. Never waits, never raises."""
        line = self._lines.get()
        try:
            if self._accepts is None or self._accepts(record):
                line.put(record)
        except Exception as exc:  # no thread to be had: the request goes on
            line.lost(exc)

    def counts(self) -> Counts:
        """Return what became of its records in this process."""
        line = self._lines.peek()
        if line is None:
            return Counts()
        return Counts(line.told, line.dropped, line.failed)

    def flush(self, end: float) -> bool:
        """Wait until all that is queued now has been told.

        :param end: until then, by ``time.monotonic``
        :returns: False when the time ran out
        """
        line = self._lines.peek()
        return line is None or line.flush(end)


def _dismiss(lines: PerProcess[_Line]) -> None:
    line = lines.peek()
    if line is not None:
        line.queue.put(None)
