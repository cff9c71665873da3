# SPDX-License-Identifier: Apache-2.0
"""What keeps a caller from waiting: the breaker, and the threads."""

import gc
import threading
import time
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errorkit.outcomes.breaker import Breaker
from errorkit.outcomes.handoff import Busy, Died, Handoff, Unfinished


class Clock:
    """Seconds that go on when they are told to."""

    now = 0.0

    def __call__(self):
        """Return the seconds."""
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(3, 5.0, 30.0, clock)


def open_(breaker):
    """Fail until it is open."""
    return [breaker.failed() for _ in range(3)]


def test_it_opens_after_failures_in_a_row(breaker):
    assert open_(breaker) == [False, False, True]
    assert breaker.is_open
    assert not breaker.allows()


def test_a_success_between_failures_keeps_it_closed(breaker):
    for _ in range(9):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.allows()


def test_after_a_while_one_may_try(breaker, clock):
    open_(breaker)
    clock.now = 4.9
    assert not breaker.allows()
    clock.now = 5
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    assert [breaker.succeeded() for _ in range(2)] == [True, False]
    assert [breaker.allows() for _ in range(3)] == [True] * 3


def test_each_trial_that_fails_doubles_the_wait_up_to_a_limit(breaker, clock):
    open_(breaker)
    waits = []
    for _ in range(5):
        began = clock.now
        while not breaker.allows():
            clock.now += 1
        waits.append(clock.now - began)
        breaker.failed()
    assert waits == [5, 10, 20, 30, 30]


def test_failures_that_had_begun_before_lengthen_nothing(breaker, clock):
    open_(breaker)
    for _ in range(50):
        breaker.failed()
    clock.now = 5
    assert breaker.allows()


def test_another_may_try_when_the_first_never_reports(breaker, clock):
    open_(breaker)
    clock.now = 5
    assert breaker.allows()
    clock.now = 10
    assert breaker.allows()


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(['ask', 'fail', 'succeed', 'wait'])))
def test_it_never_stays_open_for_ever(steps):
    clock = Clock()
    breaker = Breaker(2, 1.0, 8.0, clock)
    for step in steps:
        if step == 'wait':
            clock.now += 0.7
        else:
            {'ask': breaker.allows, 'fail': breaker.failed,
             'succeed': breaker.succeeded}[step]()
    clock.now += 8.0
    assert breaker.allows()


def never(error):
    """Be told of no late end."""
    raise AssertionError(error)


def test_work_is_done_in_another_thread():
    seen = []
    Handoff().run(lambda: seen.append(threading.current_thread()), 30, never)
    assert seen[0] is not threading.current_thread()
    assert seen[0].daemon


def test_a_thread_is_used_again():
    seen, hands = set(), Handoff()
    for _ in range(20):
        hands.run(lambda: seen.add(threading.get_ident()), 30, never)
        time.sleep(0.001)
    assert len(seen) < 20


def test_an_error_is_raised_as_it_is():
    error = KeyError('a')

    def work():
        raise error
    with pytest.raises(KeyError) as caught:
        Handoff().run(work, 30, never)
    assert caught.value is error


def test_what_is_no_error_does_not_leave_its_thread():
    def work():
        raise KeyboardInterrupt
    hands = Handoff(most=1)
    with pytest.raises(Died):
        hands.run(work, 30, never)
    hands.run(lambda: None, 30, never)


@pytest.mark.parametrize('error', [None, OSError()])
def test_a_late_end_is_told(error):
    gate, told = threading.Event(), threading.Event()
    ends = []

    def work():
        gate.wait(30)
        if error is not None:
            raise error

    def late(error):
        ends.append(error)
        told.set()
    with pytest.raises(Unfinished):
        Handoff().run(work, 0.01, late)
    gate.set()
    assert told.wait(30)
    assert ends == [error]


def test_with_all_threads_stuck_nothing_more_is_begun():
    gate, begun = threading.Event(), []
    hands = Handoff(most=2)
    for _ in range(2):
        with pytest.raises(Unfinished):
            hands.run(lambda: gate.wait(30), 0.01, lambda error: None)
    with pytest.raises(Busy):
        hands.run(lambda: begun.append(1), 0.01, never)
    assert begun == []
    gate.set()
    hands.run(lambda: begun.append(2), 30, never)
    assert begun == [2]


def test_every_end_is_told_once_however_close_the_time_is():
    hands, counts = Handoff(most=4), {'on time': 0, 'late': 0, 'left': 0}
    lock = threading.Lock()

    def late(error):
        with lock:
            counts['late'] += 1

    def call():
        for _ in range(100):
            try:
                hands.run(lambda: time.sleep(0.001), 0.00105, late)
                ended = 'on time'
            except Unfinished:
                ended = 'left'
            except Busy:
                continue
            with lock:
                counts[ended] += 1

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = time.monotonic() + 30
    while counts['late'] < counts['left'] and time.monotonic() < until:
        time.sleep(0.005)
    assert counts['late'] == counts['left']


def test_nothing_is_kept_of_what_was_done():
    class Big:
        pass

    hands = Handoff(most=1)
    big = Big()
    gone = weakref.ref(big)

    def work(big=big):
        raise KeyError(big)
    with pytest.raises(KeyError):
        hands.run(work, 30, never)
    hands.run(lambda: None, 30, never)
    del big, work
    gc.collect()
    assert gone() is None


def test_the_threads_end_with_what_used_them():
    hands = Handoff()
    seen = []
    hands.run(lambda: seen.append(threading.current_thread()), 30, never)
    while hands._idle.empty():
        time.sleep(0.001)
    del hands
    gc.collect()
    seen[0].join(30)
    assert not seen[0].is_alive()
