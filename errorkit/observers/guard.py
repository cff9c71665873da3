# SPDX-License-Identifier: Apache-2.0
"""One observer that is told in the thread that tells, and its failures."""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from errorkit.observers.observer import Counts, InlineObserver, name_of
from errorkit.observers.process import PerProcess
from errorkit.observers.quiet import Quiet
from errorkit.observers.record import ErrorRecord

LOG = logging.getLogger('errorkit.observers')


class _Tally:
    """What became of a guarded observer's records in one process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.told = 0
        self.failed = 0
        self.quiet = Quiet(LOG)


class Guard:
    """Tells one observer at once, in the thread that tells."""

    def __init__(self, observer: InlineObserver) -> None:
        self.name = name_of(observer)
        self._observer = observer
        self._tallies = PerProcess(_Tally)

    def put(self, record: ErrorRecord, raised: BaseException | None) -> None:
        """Tell the observer; what it raises is logged and counted."""
        tally = self._tallies.get()
        try:
            self._observer(record, raised)
            with tally.lock:
                tally.told += 1
        except BaseException as exc:
            if _passes(exc):
                raise
            with tally.lock:
                tally.failed += 1
            tally.quiet.complain(self.name, tally.failed, exc)

    def counts(self) -> Counts:
        """Return what became of its records in this process."""
        tally = self._tallies.peek()
        if tally is None:
            return Counts()
        return Counts(tally.told, 0, tally.failed)

    def flush(self, end: float) -> bool:
        """Nothing ever waits."""
        return True


def _passes(raised: BaseException) -> bool:
    """Tell whether it may be the server's, who ends this thread with it."""
    if isinstance(raised, (SystemExit, KeyboardInterrupt)):
        return threading.current_thread() is threading.main_thread()
    greenlet: Any = sys.modules.get('greenlet')
    return greenlet is not None and isinstance(raised, greenlet.GreenletExit)
