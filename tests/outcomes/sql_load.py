# SPDX-License-Identifier: Apache-2.0
"""Threads that write messages without a pause, and what they were told."""

import collections
import logging
import threading
import time

from message_samples import PERMITTED, UNABLE_TO_ALLOCATE, VOLUME, context

from errorkit.outcomes.messages import API
from errorkit.outcomes.sql import Database, SqlMessages
from errorkit.outcomes.writer import OUTCOMES, STORED


class Load:
    """Writers at work, in a ``with`` block.

    :param url: of the database
    :param threads: how many
    :param budget: seconds that each message gets
    :param pause: seconds that each waits between two
    """

    def __init__(self, url, threads=8, budget=2.0, pause=0.0, **options):
        self.database = Database(url, budget=budget)
        self.api = API(SqlMessages(self.database), permitted=PERMITTED,
                       budget=budget, **options)
        self.pause = pause
        self.outcomes = collections.Counter()
        self.stored = []
        self.waits = []
        #: What reached a writer, which nothing should.
        self.raised = []
        #: Messages that were said to be kept nowhere, as the log has them.
        self.logged = []
        #: What the stores raised, as far as writers were still there.
        self.errors = collections.Counter()
        self.last = 0.0
        self._stop = threading.Event()
        self._failures = [0] * threads
        self._threads = [
            threading.Thread(target=self._write, args=(number,))
            for number in range(threads)]
        self._handler = logging.Handler()
        self._handler.emit = self._log

    def __enter__(self):
        logger = logging.getLogger('errorkit.outcomes')
        logger.addHandler(self._handler)
        self._propagates, logger.propagate = logger.propagate, False
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised):
        self.stop()
        logger = logging.getLogger('errorkit.outcomes')
        logger.removeHandler(self._handler)
        logger.propagate = self._propagates
        self.database.dispose()

    def stop(self):
        """Let the writers go home."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def told(self, ids):
        """Return in words what became of all.

        :param ids: of what is stored
        """
        return (
            f'{len(self.waits)} calls, {dict(self.outcomes)}, '
            f'{self.api.counters["late"]} late, {len(self.lost(ids))} lost, '
            f'{len(ids) - len({*ids})} twice, {self.unaccounted()} not '
            f'logged, {len(self.raised)} raised, longest wait '
            f'{max(self.waits):.2f} s, met '
            f'{[error.splitlines()[0] for error in self.errors]}')

    def wait_for_more(self, seconds=90):
        """Return after how many seconds a message that begins now is kept.

        :param seconds: to wait for it at most
        """
        began = time.monotonic()
        while self.last <= began:
            time.sleep(0.005)
            assert time.monotonic() < began + seconds, self.outcomes
        return time.monotonic() - began

    def wait_for_failures(self, seconds=60):
        """Wait until each writer was told that a message is not kept.

        :param seconds: to wait at most
        """
        before = [*self._failures]
        until = time.monotonic() + seconds
        while any(map(int.__eq__, before, self._failures)):
            time.sleep(0.005)
            assert time.monotonic() < until, self.outcomes

    def lost(self, ids):
        """Return which acknowledged messages are not among some ids."""
        return {*self.stored} - {*ids}

    def unaccounted(self):
        """Return outcomes whose messages are not all in the log."""
        failed = self.outcomes.total() - self.outcomes[STORED]
        return failed - len(self.logged)

    def _write(self, number):
        mine = context(request_id='req-1')
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                made = self.api.create(
                    mine, UNABLE_TO_ALLOCATE, 'alpha', VOLUME, 'vol-1')
            except BaseException as exc:
                self.raised.append(exc)
                raise
            self.waits.append(time.monotonic() - began)
            assert made.outcome in OUTCOMES
            self.outcomes[made.outcome] += 1
            if made:
                self.stored.append(made.id)
                self.last = max(self.last, began)
            else:
                self._failures[number] += 1
                # A service that goes on has other work, too.
                time.sleep(0.01)
            time.sleep(self.pause)

    def _log(self, record):
        if record.msg.startswith('user message not stored'):
            text = record.getMessage()
            fields = ('"project_id": "alpha"', '"resource_uuid": "vol-1"',
                      '"request_id": "req-1"', '"event_id": "000002"')
            if all(field in text for field in fields):
                self.logged.append(text)
            if record.exc_info:
                self.errors[str(record.exc_info[1])[:150]] += 1
