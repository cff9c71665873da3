# SPDX-License-Identifier: Apache-2.0
"""What is recorded of blocks and functions, and that they never notice."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import datetime
import gc
import inspect
import json
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest
import sqlalchemy as sa
import sqlalchemy.event
from action_engines import opened
from action_samples import action as one_action
from action_samples import clear, lapse
from message_samples import (
    CREATE,
    NO_ROOM,
    PERMITTED,
    UNABLE_TO_ALLOCATE,
    VOLUME,
    NoRoom,
    TooBig,
)
from recorded import ASKED, CALLER, Book, Broken, asked
from sql_engines import KINDS, empty, tables

from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions import Actions, current
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    IN_PROGRESS,
    LOST,
    MISSING,
    SUCCESS,
    ActionPage,
    Ending,
)
from errorkit.outcomes.actions.writer import ActionWriter
from errorkit.outcomes.exceptions import InvalidMessage, UnknownResourceType
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.outcomes.permitted import Permitted

WAYS = ('function', 'generator', 'coroutine', 'asynchronous generator')


class Bad(Exception):
    """A failure that nobody has registered."""


class Id(str):
    """An id of a service's own type, whose text is for people."""

    def __str__(self):
        return f'<{str.__str__(self)}>'


class Ends(BaseException):
    """What is no failure of an Exception's kind."""


@pytest.fixture(scope='module', params=('memory', *KINDS))
def kept(request, tmp_path_factory):
    """A store that the tests of this module share."""
    if request.param == 'memory':
        yield MemoryActions()
        return
    with empty(request.param, tmp_path_factory.mktemp('recorded')) as url:
        tables(url)
        with opened(url, budget=10) as found:
            yield found


@pytest.fixture
def book(kept):
    """A recorder on each store, which is empty."""
    clear(kept)
    return Book(kept)


in_a_database = pytest.mark.parametrize(
    'kept', KINDS, indirect=True, scope='module')


@pytest.fixture
def quick():
    """A recorder on memory."""
    return Book(MemoryActions())


def run(block, way, body):
    """Run a body in a block, as a function of some kind."""
    if way == 'function':
        return block(body)()
    if way == 'generator':
        @block
        def generating():
            yield 1
            return body()
        found = generating()
        assert next(found) == 1
        try:
            next(found)
        except StopIteration as exc:
            return exc.value
    if way == 'coroutine':
        @block
        async def awaiting():
            await asyncio.sleep(0)
            return body()
        return asyncio.run(awaiting())

    @block
    async def both():
        yield 1
        yield body()

    async def main():
        return [one async for one in both()][1]

    return asyncio.run(asyncio.wait_for(main(), 30))


# What is kept.

def test_a_block_is_an_action_and_its_steps_are_events(book):
    with book.record() as action:
        assert book.action.status == IN_PROGRESS
        assert (action.id, action.request_id) == (book.action.id, ASKED)
        with action.event('reserve'):
            assert book.events == [('reserve', IN_PROGRESS)]
        with action.event('resize'):
            pass
    found = book.action
    assert (found.action, found.status, found.message, found.code) == (
        'extend', SUCCESS, None, None)
    assert (found.project_id, found.user_id, found.request_id,
            found.global_request_id, found.host) == (
        'alpha', 'ada', ASKED, CALLER, 'here')
    assert found.start_time <= found.updated_at == found.finish_time
    assert book.events == [('reserve', SUCCESS), ('resize', SUCCESS)]
    assert (book.faults, book.texts, book.told) == ([], [], [])


def test_a_failure_is_event_action_fault_message_and_told(book):
    raised = NoRoom('storage-3 is full')
    with pytest.raises(NoRoom) as caught:  # noqa: SIM117
        with book.record(on_failure=UNABLE_TO_ALLOCATE) as action:
            with action.event('reserve'):
                pass
            with action.event('resize'):
                raise raised
    assert caught.value is raised
    found = book.action
    assert (found.status, found.message, found.code) == (
        ERROR, 'Error', None)
    assert book.events == [('reserve', SUCCESS), ('resize', ERROR)]
    step = book.full_events[1]
    assert (step.message, step.details) == ('NoRoom', 'storage-3 is full')
    assert 'in test_a_failure_is' in step.traceback
    [fault] = book.faults
    assert (fault.code, fault.message, fault.host) == (500, 'NoRoom', 'here')
    assert (fault.action_id, fault.event_id) == (found.id, step.id)
    assert (fault.request_id, fault.global_request_id) == (ASKED, CALLER)
    assert fault.details == step.traceback
    assert not fault.public
    [(_, resource, request_id)] = book.texts
    assert (resource, request_id) == ('vol-1', ASKED)
    [told] = book.told
    assert (told.kind, told.request_id, told.global_request_id) == (
        'action', ASKED, CALLER)
    assert (told.resource_type, told.resource_uuid) == ('VOLUME', 'vol-1')
    assert told.service == 'volume'
    assert told.error.detail == 'NoRoom'


def test_one_code_is_in_all_of_it(book):
    actions = Book(book.reads, exceptions={NoRoom: (503, str(NO_ROOM))})
    with pytest.raises(NoRoom), actions.record(
            on_failure=UNABLE_TO_ALLOCATE) as action, action.event('resize'):
        raise NoRoom
    [fault], [told] = actions.faults, actions.told
    assert {actions.action.code, actions.full_events[0].code,
            fault.error_code, told.code} == {'volume.no_room'}
    assert (fault.code, told.service) == (503, 'volume')


def test_observers_are_told_the_request_that_was_accepted(quick):
    # A worker's own context is of another request, and of nobody's project.
    worker = asked(request_id='req-worker', project_id=None, user_id=None)
    with pytest.raises(Bad), quick.record(
            context=worker, request_id=ASKED, project_id='alpha'):
        raise Bad
    [told] = quick.told
    assert (told.request_id, told.error.request_id, told.project_id) == (
        ASKED, ASKED, 'alpha')
    assert quick.action.request_id == ASKED


def test_the_code_of_the_message_stands_in_for_that_of_the_exception(book):
    with pytest.raises(Bad), book.record(
            on_failure=UNABLE_TO_ALLOCATE) as action:
        with contextlib.suppress(Bad), action.event('reserve'):
            raise Bad
        with action.event('resize'):
            raise Bad
    assert [one.code for one in book.full_events] == [None, 'volume.no_room']
    assert book.action.code == book.faults[0].error_code == 'volume.no_room'


def test_a_failure_outside_all_steps_is_an_event_of_its_own(book):
    with pytest.raises(Bad), book.record() as action:
        with action.event('reserve'):
            pass
        raise Bad
    assert book.events == [('reserve', SUCCESS), ('extend', ERROR)]
    assert book.faults[0].event_id == book.full_events[1].id


def test_a_failure_that_is_caught_leaves_the_action_to_succeed(book):
    with book.record() as action:
        with contextlib.suppress(Bad), action.event('reserve'):
            raise Bad
        with action.event('resize'):
            assert book.events == [
                ('reserve', ERROR), ('resize', IN_PROGRESS)]
    assert (book.action.status, book.action.message) == (SUCCESS, 'Error')
    assert book.events == [('reserve', ERROR), ('resize', SUCCESS)]
    assert (book.faults, book.texts) == ([], [])


def test_the_last_step_may_be_caught_too(book):
    with (
        book.record() as action,
        contextlib.suppress(Bad),
        action.event('reserve'),
    ):
        raise Bad
    assert (book.action.status, book.events) == (SUCCESS, [
        ('reserve', ERROR)])


def test_what_was_caught_and_is_raised_later_is_told_once(book):
    with pytest.raises(Bad), book.record() as action:
        try:
            with action.event('reserve'):
                raise Bad
        except Bad as exc:
            caught = exc
        with action.event('clean up'):
            pass
        raise caught
    assert book.events == [('reserve', ERROR), ('clean up', SUCCESS)]
    [fault] = book.faults
    assert fault.event_id == book.full_events[0].id
    assert len(book.told) == 1


def test_another_exception_than_the_steps_is_told_as_what_it_is(book):
    with pytest.raises(TooBig), book.record() as action:
        try:
            with action.event('reserve'):
                raise Bad
        except Bad as exc:
            raise TooBig(5) from exc
    assert [(one.event, one.message) for one in book.full_events] == [
        ('reserve', 'Bad'), ('extend', 'TooBig')]
    assert [one.message for one in book.faults] == ['TooBig']


def test_nested_steps_fail_together(book):
    with (
        pytest.raises(Bad),
        book.record() as action,
        action.event('outer'),
        action.event('inner'),
    ):
        raise Bad
    assert sorted(book.events) == [('inner', ERROR), ('outer', ERROR)]
    [fault] = book.faults
    [inner] = [one for one in book.full_events if one.event == 'inner']
    assert fault.event_id == inner.id


def test_steps_run_in_threads_side_by_side(book):
    together = threading.Barrier(4)

    def step(number):
        with action.event(f'step {number}'):
            together.wait(10)
            if number == 3:
                raise Bad

    with pytest.raises(Bad), book.record() as action:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            done = [pool.submit(step, number) for number in range(4)]
        for one in done:
            one.result()
    assert sorted(book.events) == [
        ('step 0', SUCCESS), ('step 1', SUCCESS), ('step 2', SUCCESS),
        ('step 3', ERROR)]
    assert book.action.status == ERROR
    assert len(book.faults) == 1


def test_the_steps_of_a_task_group_are_told_by_the_one_that_failed(book):
    async def step(action, name, pause):
        async with action.event(name):
            await asyncio.sleep(pause)
            if name == 'resize':
                raise NoRoom

    async def main():
        async with (
            book.record(on_failure=UNABLE_TO_ALLOCATE) as action,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(step(action, 'resize', 0))
            group.create_task(step(action, 'copy', 60))

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(asyncio.wait_for(main(), 30))
    assert caught.group_contains(NoRoom)
    assert sorted(book.events) == [('copy', ERROR), ('resize', ERROR)]
    [fault] = book.faults
    assert fault.message == 'NoRoom'
    assert len(book.texts) == 1


def test_a_block_may_be_left_by_everything_a_body_does(quick):
    def leave():
        for _ in range(2):
            with quick.record() as action, action.event('a'):
                continue
        with quick.record('b') as action, action.event('c'):
            return 5

    assert leave() == 5
    assert [one.status for one in quick.all()] == [SUCCESS, SUCCESS]


# All kinds of functions.

@pytest.mark.parametrize('way', WAYS)
def test_a_decorated_function_is_an_action_at_each_call(quick, way):
    def body():
        with current().event('reserve'):
            return 7

    assert run(quick.record(), way, body) == 7
    assert (quick.action.status, quick.events) == (
        SUCCESS, [('reserve', SUCCESS)])
    assert current() is None


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('kind', [Bad, Ends, KeyboardInterrupt, SystemExit])
def test_whatever_it_raises_passes_and_is_recorded(quick, way, kind):
    raised = kind('it')

    def body():
        with current().event('reserve'):
            raise raised

    if way != 'function' and not issubclass(kind, Exception) and (
            'generator' not in way or way.startswith('a')):
        # asyncio lets these out of its loop by itself.
        kind = (kind, asyncio.CancelledError)
    with pytest.raises(kind) as caught:
        run(quick.record(), way, body)
    assert caught.value is raised
    assert (quick.action.status, quick.events) == (
        ERROR, [('reserve', ERROR)])
    assert quick.faults[0].message == type(raised).__name__
    assert current() is None


@pytest.mark.parametrize('kind', [
    StopIteration, StopAsyncIteration, GeneratorExit,
    asyncio.CancelledError, Ends])
def test_a_block_lets_the_odd_ones_pass_too(quick, kind):
    raised = kind()
    with (
        pytest.raises(kind) as caught,
        quick.record() as action,
        action.event('reserve'),
    ):
        raise raised
    assert caught.value is raised
    ended_well = kind is GeneratorExit
    assert quick.action.status == (SUCCESS if ended_well else ERROR)


def test_each_call_of_a_step_is_a_step(quick):
    with quick.record() as action:
        @action.event('copy')
        def copy(number):
            return number + 1

        assert [copy(1), copy(2)] == [2, 3]
    assert quick.events == [('copy', SUCCESS)] * 2


def test_a_decorated_function_stays_what_it_is(quick):
    async def one():
        """Do it."""

    def two():
        yield

    async def three():
        yield

    for function in (one, two, three):
        made = quick.record()(function)
        assert made.__name__ == function.__name__
        for is_kind in (inspect.iscoroutinefunction,
                        inspect.isgeneratorfunction,
                        inspect.isasyncgenfunction):
            assert is_kind(made) == is_kind(function)


def test_what_a_call_is_about_is_asked_of_its_arguments(book):
    @book.actions.record(
        lambda context, volume, size: context, 'extend', 'VOLUME',
        resource_id=lambda context, volume, size: volume,
        params=lambda context, volume, size: {'limit': size},
        on_failure='000006')
    def extend(context, volume, size):
        assert current().params == {'limit': size}

    extend(asked(), 'vol-1', 5)
    assert book.action.resource_id == 'vol-1'


def test_ids_may_be_of_a_services_own_types(book):
    request, what = Id(ASKED), (VOLUME, Id('vol-1'))
    root = asked(is_admin=True)
    with book.actions.record(asked(), 'extend', *what, request_id=request):
        pass
    actions = book.actions
    assert actions.get(asked(), *what, request) == book.action
    assert actions.get_of_any_project(root, *what, request) == book.action
    assert actions.get_all(asked(), *what) == [book.action]
    assert actions.get_all_of_any_project(root, *what) == [book.action]
    assert actions.get_all(asked(), *what, marker=request) == []


def test_a_function_that_cannot_tell_what_it_is_about_runs(quick, records):
    @quick.actions.record(asked(), 'extend', 'VOLUME',
                          resource_id=lambda: 1 / 0)
    def extend():
        return 3

    assert extend() == 3
    assert quick.all() == []
    assert 'has no resource' in records[-1].getMessage()


def test_a_project_that_cannot_be_told_is_not_that_of_the_context(
        quick, records):
    @quick.actions.record(asked(), 'extend', 'VOLUME', 'vol-1',
                          project_id=lambda: 1 / 0,
                          on_failure=UNABLE_TO_ALLOCATE)
    def extend():
        raise Bad

    with pytest.raises(Bad):
        extend()
    assert (quick.all(), quick.texts) == ([], [])
    assert any('has no project' in one.getMessage() for one in records)


def test_a_generator_that_is_thrown_away_ends_well(quick):
    @quick.record()
    def generating():
        yield from range(5)

    found = generating()
    next(found)
    assert quick.action.status == IN_PROGRESS
    found.close()
    assert quick.action.status == SUCCESS
    assert current() is None


def test_a_generator_is_sent_and_thrown_into(quick):
    @quick.record()
    def generating():
        try:
            yield (yield 1)
        except Bad:
            yield 'caught'

    found = generating()
    assert (next(found), found.send(2), found.throw(Bad)) == (1, 2, 'caught')
    assert list(found) == []
    assert quick.action.status == SUCCESS


def test_an_asynchronous_generator_is_sent_and_thrown_into(quick):
    closed = []

    @quick.record()
    async def generating():
        try:
            try:
                yield (yield 1)
            except Bad:
                yield 'caught'
            yield 'never asked for'
        finally:
            closed.append(True)

    async def main():
        found = generating()
        said = [await anext(found), await found.asend(2),
                await found.athrow(Bad)]
        await found.aclose()
        return said

    assert asyncio.run(asyncio.wait_for(main(), 30)) == [1, 2, 'caught']
    assert (closed, quick.action.status) == ([True], SUCCESS)


def test_generators_that_end_crosswise_leave_no_action_behind(quick):
    def generating(name):
        with quick.record(name):
            yield

    one, two = generating('one'), generating('two')
    next(one)
    next(two)
    assert current().action.action == 'two'
    one.close()
    assert current().action.action == 'two'
    two.close()
    assert current() is None
    assert [found.status for found in quick.all()] == [SUCCESS, SUCCESS]


def test_the_current_action_is_that_of_the_block_around(quick):
    assert current() is None
    with quick.record('outer') as outer:
        with quick.record('inner') as inner:
            assert current() is inner
        assert current() is outer
        seen = contextvars.copy_context()
    assert current() is None
    assert seen.run(current) is None


# Coroutines, and their cancellation.

def test_tasks_have_each_their_own_action(book):
    async def one(number):
        name = f'act {number}'
        async with book.record(name) as action:
            await asyncio.sleep(0.001)
            assert current() is action
            async with current().event('step'):
                await asyncio.sleep(0)
            assert current() is action
        assert current() is None

    async def main():
        await asyncio.gather(*map(one, range(5)))

    asyncio.run(asyncio.wait_for(main(), 30))
    found = book.all()
    assert sorted(one.action for one in found) == [
        f'act {number}' for number in range(5)]
    assert {one.status for one in found} == {SUCCESS}


@pytest.mark.parametrize('call', ['start', 'start_event', 'end'])
def test_a_task_cancelled_while_the_store_works_is_cancelled(call):
    store = Broken()
    store.hangs.add(call)
    book = Book(store, store.kept, budget=20)
    done = []

    async def work():
        async with book.record() as action, action.event('reserve'):
            done.append('reserve')

    async def main():
        task = asyncio.create_task(work())
        while call not in store.asked:
            await asyncio.sleep(0.001)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.005)
        assert not task.done()
        store.released.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(main(), 30))
    assert book.action.status == ERROR
    assert done == ([] if call != 'end' else ['reserve'])
    assert current() is None
    beating = book.actions._means.heartbeat
    assert (beating._actions, beating._events) == ({}, {})


def test_a_task_cancelled_in_its_body_is_an_error(quick):
    async def work():
        async with quick.record() as action, action.event('reserve'):
            await asyncio.sleep(60)

    async def main():
        task = asyncio.create_task(work())
        while not quick.all() or not quick.events:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(main(), 30))
    assert quick.events == [('reserve', ERROR)]
    assert quick.faults[0].message == 'CancelledError'


def test_a_failure_stays_what_it_is_though_its_task_is_cancelled(quick):
    store = Broken()
    store.hangs.add('end')
    book = Book(store, store.kept, budget=20)

    async def main():
        async def work():
            async with book.record():
                raise Bad

        task = asyncio.create_task(work())
        while 'end' not in store.asked:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0.005)
        store.released.set()
        with pytest.raises(Bad):
            await task

    asyncio.run(asyncio.wait_for(main(), 30))
    assert book.faults[0].message == 'Bad'


def test_a_coroutine_closed_while_it_begins_is_not_kept_alive():
    store = Broken()
    store.hangs.add('start')
    book = Book(store, store.kept, budget=20)

    async def work():
        async with book.record():
            raise AssertionError('it never begins')

    async def main():
        found = work()
        found.send(None)
        while 'start' not in store.asked:
            await asyncio.sleep(0.001)
        found.close()
        store.released.set()
        while not book.all() or book.action.status == IN_PROGRESS:
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(main(), 30))
    assert book.action.status == ERROR
    assert book.actions._means.heartbeat._actions == {}


def test_the_event_loop_goes_on_while_the_store_hangs():
    store = Broken()
    store.hangs.add('start')
    book = Book(store, store.kept, budget=20)
    ticks = []

    async def main():
        async def work():
            async with book.record():
                pass

        task = asyncio.create_task(work())
        while len(ticks) < 5:
            ticks.append(task.done())
            await asyncio.sleep(0.001)
        store.released.set()
        await task

    asyncio.run(asyncio.wait_for(main(), 30))
    assert not any(ticks)
    assert book.action.status == SUCCESS


# Across processes, and by those who did not begin it.

WORKER = """
import json, sys
from oslo_context.context import RequestContext
from recorded import Book
from errorkit.outcomes.sql import SqlActions
book = Book(SqlActions(sys.argv[1]), host='there')
context = RequestContext.from_dict(json.loads(sys.argv[2]))
way = sys.argv[3]
if way == 'record':
    block = book.record(context=context, on_failure='000002')
else:
    block = book.actions.resume(context, 'VOLUME', 'vol-1')
with block as action, action.event('resize'):
    raise ValueError('boom')
"""


@pytest.mark.parametrize('way', ['record', 'resume'])
def test_another_process_goes_on_by_the_request_id(tmp_path, way):
    with empty('sqlite', tmp_path) as url:
        tables(url)
        with opened(url, budget=10) as store:
            book = Book(store)
            started = book.actions.start(
                asked(), 'extend', 'VOLUME', 'vol-1',
                on_failure=UNABLE_TO_ALLOCATE)
            assert book.action.status == IN_PROGRESS
            done = subprocess.run(
                [sys.executable, '-c', WORKER, url,
                 json.dumps(asked().to_dict()), way],
                capture_output=True, text=True, timeout=60, check=False,
                env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
            assert 'ValueError: boom' in done.stderr
            found = book.action
            assert (found.id, found.host) == (started.id, 'there')
            assert (found.status, book.events) == (
                ERROR, [('resize', ERROR)])
            assert book.faults[0].host == 'there'
            assert book.texts == [
                (str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)]


def test_who_starts_it_again_finds_it(book):
    for _ in range(3):
        started = book.actions.start(asked(), 'extend', 'VOLUME', 'vol-1')
    assert started.id == book.action.id
    with book.record() as action:
        assert action.id == started.id
    assert book.action.status == SUCCESS


@pytest.mark.parametrize('other', [
    {'project_id': 'beta'}, {'request_id': 'req-2'}])
def test_another_project_or_request_has_an_action_of_its_own(book, other):
    for context in (asked(), asked(**other)):
        with book.record(context=context):
            pass
    assert len({one.id for one in book.all()}) == 2


def test_a_start_that_comes_late_takes_nothing_away(book):
    with book.record() as action:
        book.actions.start(asked(), 'extend', 'VOLUME', 'vol-1')
        with action.event('resize'):
            pass
    assert (book.action.status, book.action.host) == (SUCCESS, 'here')
    before = book.action
    book.actions.start(asked(), 'extend', 'VOLUME', 'vol-1')
    assert book.action == before


def test_a_worker_that_is_faster_than_the_api_is_no_warning(quick, records):
    with quick.record():
        pass
    quick.actions.start(asked(), 'extend', 'VOLUME', 'vol-1')
    [said] = records
    assert said.levelname == 'INFO'
    assert 'it was final before' in said.getMessage()
    with quick.record():
        pass
    assert [one.levelname for one in records[1:]] == ['WARNING', 'WARNING']


def test_the_later_of_two_workers_has_it(book, records):
    other = Book(book.reads, host='there')
    with book.record(on_failure=UNABLE_TO_ALLOCATE) as mine:
        with other.record(), pytest.raises(Bad), mine.event('mine'):
            raise Bad
        assert book.action.status == SUCCESS
        records.clear()
    assert (book.action.status, book.action.host) == (SUCCESS, 'there')
    assert ('mine', ERROR) in book.events
    assert book.action.late_status == SUCCESS
    assert 'it was final before' in records[-1].getMessage()
    assert (book.faults, book.texts) == ([], [])


def test_who_has_it_no_more_tells_nobody_of_his_failure(book):
    other = Book(book.reads, host='there')
    with other.record() as theirs:
        with pytest.raises(Bad), book.record(on_failure=UNABLE_TO_ALLOCATE):
            theirs.means.writer.take_over(theirs.action, 60)
            raise Bad
        assert book.action.status == IN_PROGRESS
    assert book.action.status == SUCCESS
    assert (book.faults, book.texts) == ([], [])


def test_a_block_can_leave_the_end_to_somebody_else(book):
    with book.record(finish=False) as action, action.event('reserve'):
        pass
    assert book.action.status == IN_PROGRESS
    assert book.actions._means.heartbeat._actions == {}
    with book.actions.resume(asked(), 'VOLUME', 'vol-1') as action:
        assert action.action.action == 'extend'
    assert book.action.status == SUCCESS
    assert book.events == [('reserve', SUCCESS)]


def test_a_block_that_fails_ends_it_whoever_was_to_end_it(book):
    with pytest.raises(Bad), book.record(finish=False):
        raise Bad
    assert book.action.status == ERROR


def test_who_resumes_has_the_message_of_who_began(book):
    book.actions.start(asked(), 'extend', 'VOLUME', 'vol-1',
                       on_failure=UNABLE_TO_ALLOCATE)
    with pytest.raises(Bad), book.actions.resume(
            asked(), 'VOLUME', 'vol-1'):
        raise Bad
    assert book.texts == [(str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)]


def test_a_composite_message_is_kept_for_who_resumes(book):
    book.actions.start(asked(), 'extend', 'VOLUME', 'vol-1',
                       on_failure=CREATE)
    kept = book.action.failure_event
    with pytest.raises(Bad), book.actions.resume(
            asked(), 'VOLUME', 'vol-1'):
        raise Bad
    assert [text for text, _, _ in book.texts] == [kept]
    assert kept.startswith('VOLUME_VOLUME_006_')


def test_a_lost_action_stays_lost_whoever_comes_back(book, records):
    with book.record(on_failure=UNABLE_TO_ALLOCATE) as action:
        with action.event('resize'):
            pass
        lapse(book.reads, book.action)
        assert book.action.status == LOST
    found = book.action
    assert (found.status, found.message, found.late_status) == (
        LOST, 'Error', SUCCESS)
    assert 'it was final before' in records[-1].getMessage()


# Where the row is missing.

def test_a_missing_row_is_a_warning_and_the_work_goes_on(book, records):
    with book.actions.resume(asked(), 'VOLUME', 'vol-1') as action:
        assert (action.id, action.request_id) == (None, None)
        with action.event('reserve'):
            pass
    assert [record.levelname for record in records] == ['WARNING']
    assert ASKED in records[0].getMessage()
    assert book.all() == []


def test_the_message_of_a_failure_is_written_without_the_row(book):
    with pytest.raises(Bad), book.actions.resume(
            asked(), 'VOLUME', 'vol-1',
            on_failure=UNABLE_TO_ALLOCATE) as action, action.event('a'):
        raise Bad
    assert book.texts == [(str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)]
    assert book.faults == []
    assert len(book.told) == 1


def test_a_composite_message_needs_no_row(book):
    with pytest.raises(NoRoom), book.actions.resume(
            asked(), 'VOLUME', 'vol-1', on_failure=CREATE):
        raise NoRoom
    [(text, resource, _)] = book.texts
    assert (text[:18], resource) == ('VOLUME_VOLUME_006_', 'vol-1')


def test_a_row_that_is_gone_meanwhile_takes_no_message_with_it(
        book, records):
    with pytest.raises(Bad), book.record(
            on_failure=UNABLE_TO_ALLOCATE) as action, action.event('a'):
        clear_rows(book)
        raise Bad
    assert book.texts == [(str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)]
    assert any('there is no such action' in one.getMessage()
               for one in records)


def clear_rows(book):
    """Let all actions be gone, as if they had been purged."""
    clear(book.reads)


def test_without_a_project_nothing_is_recorded(quick, records):
    with quick.record(context=None) as action, action.event('a'):
        assert action.id is None
    assert 'has no project' in records[0].getMessage()
    assert quick.all() == []


# Single steps.

def test_a_single_step_is_of_the_action_of_its_request(book):
    book.actions.start(asked(), 'extend', 'VOLUME', 'vol-1')
    with book.actions.event(asked(), 'copy', 'VOLUME', 'vol-1'):
        pass
    with pytest.raises(Bad), book.actions.event(
            asked(), 'check', 'VOLUME', 'vol-1',
            on_failure=UNABLE_TO_ALLOCATE):
        raise Bad
    found = book.action
    assert (found.status, found.message) == (IN_PROGRESS, 'Error')
    assert book.events == [('copy', SUCCESS), ('check', ERROR)]
    [fault] = book.faults
    assert fault.event_id == book.full_events[1].id
    assert len(book.texts) == len(book.told) == 1


def test_a_single_step_without_an_action_gives_its_message(book, records):
    with pytest.raises(Bad), book.actions.event(
            asked(), 'copy', 'VOLUME', 'vol-1',
            on_failure=UNABLE_TO_ALLOCATE):
        raise Bad
    assert 'there is no action' in records[0].getMessage()
    assert book.texts == [(str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)]


def test_inside_its_block_a_single_step_is_one_like_all_others(book):
    with pytest.raises(Bad), book.record(
            on_failure=UNABLE_TO_ALLOCATE), book.actions.event(
            asked(), 'copy', 'VOLUME', 'vol-1'):
        raise Bad
    assert book.events == [('copy', ERROR)]
    assert len(book.faults) == len(book.texts) == len(book.told) == 1


@pytest.mark.parametrize('way', WAYS)
def test_a_single_step_is_a_decorator_too(quick, way):
    quick.actions.start(asked(), 'extend', 'VOLUME', 'vol-1')
    assert run(quick.actions.event(asked(), 'copy', 'VOLUME', 'vol-1'),
               way, lambda: 4) == 4
    assert quick.events == [('copy', SUCCESS)]


# Where the store fails.

@pytest.mark.parametrize('calls', [
    ['start'], ['start_event'], ['end'], ['find'], ['start', 'end'],
    ['start', 'start_event', 'end', 'take_over', 'renew', 'find']])
@pytest.mark.parametrize('raises', [None, Bad])
def test_a_store_that_fails_harms_no_body(calls, raises, records):
    store = Broken()
    store.fails.update(calls)
    book = Book(store, store.kept)
    done = []

    def work():
        with book.record(on_failure=UNABLE_TO_ALLOCATE) as action:
            with action.event('reserve'):
                done.append(1)
            with book.actions.event(asked(), 'copy', 'VOLUME', 'vol-1'):
                done.append(2)
            with action.event('resize'):
                done.append(3)
                if raises:
                    raise raises

    if raises is None:
        work()
    else:
        with pytest.raises(raises):
            work()
    assert done == [1, 2, 3]
    if calls != ['find']:  # it is not asked here
        assert any('not stored' in one.getMessage() for one in records)
    assert book.actions.counters['store_failed'] == (
        sum(one in calls for one in store.asked))
    assert book.actions._means.heartbeat._events == {}


def test_what_the_store_fails_to_keep_is_in_the_log(records):
    store = Broken()
    store.fails.update(['start', 'end'])
    with pytest.raises(Bad), Book(store, store.kept).record():
        raise Bad('the password=hunter2 is wrong')
    said = [one.getMessage() for one in records]
    assert len(said) == 2
    for part in ('"extend"', ASKED, CALLER, '"alpha"', '"vol-1"'):
        assert part in said[0]
    assert 'RuntimeError' not in said[1]
    assert '"message": "Bad"' in said[1]
    assert 'token' not in ''.join(said)
    assert 'hunter2' not in ''.join(said)


def test_a_body_is_not_held_by_a_store_that_hangs(records):
    store = Broken()
    store.hangs.update(['start', 'start_event', 'end'])
    book = Book(store, store.kept, budget=0.05)
    with pytest.raises(Bad), book.record() as action, action.event('a'):
        assert not store.released.is_set()
        raise Bad
    # It hung all the time, and yet here we are.
    assert not store.released.is_set()
    assert book.actions.counters['timed_out'] == 3
    assert all('did not answer in time' in one.getMessage()
               for one in records if one.levelname == 'ERROR')
    store.released.set()


def over(store, slow, raises=None):
    """Return the recorder of a block that is over, though calls are not.

    :param slow: the calls
    """
    store.hangs.update(slow)
    book = Book(store, store.kept, budget=0.05)
    expected = pytest.raises(raises) if raises else contextlib.nullcontext()
    with expected, book.record() as action, action.event('a'):
        if raises:
            raise raises
    assert book.actions.counters['timed_out'] >= len(slow)
    return book


def released(book):
    """Let the calls of a recorder end, and wait for them."""
    writer = book.actions._means.writer
    writer.store.released.set()
    waits(lambda: not writer._starts._begun and not threads_at_work(book))
    return book


def threads_at_work(book):
    """Tell whether a call of a recorder is not over."""
    hands = book.actions._means.writer.guard._state.hands
    return hands._idle.qsize() < hands._started


def waits(is_so):
    """Wait until something is so."""
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.001)


@pytest.mark.parametrize('raises', [None, Bad])
@pytest.mark.parametrize('slow', [
    ['start'], ['start_event'], ['start', 'end'], ['start_event', 'end'],
    ['start', 'start_event', 'end']])
def test_what_ends_before_its_start_is_stored_is_ended(slow, raises):
    book = released(over(Broken(), slow, raises))
    assert book.action.status == (ERROR if raises else SUCCESS)
    assert {status for _, status in book.events} <= {book.action.status}
    assert book.action.late_status is None


def test_a_worker_is_ended_too_that_came_late_to_an_accepted_action():
    store = Broken()
    Book(store.kept).actions.start(asked(), 'extend', 'VOLUME', 'vol-1')
    book = released(over(store, ['start']))
    assert book.action.status == SUCCESS


def test_what_is_stored_while_its_end_is_written_is_ended():
    store = Broken()
    store.hangs.add('start')
    book = Book(store, store.kept, budget=1)
    begun = book.actions._means.writer._starts._begun
    found = []

    def end(ending, write=store.kept.end):
        ended = write(ending)
        found.append(ended.action)
        store.released.set()
        waits(lambda: not begun)
        return ended

    store.kept.end = end
    with book.record():
        pass
    assert found == [MISSING, DONE]
    assert released(book).action.status == SUCCESS


def test_a_late_start_that_fails_leaves_nothing(records):
    store = Broken()
    store.fails.add('start')
    assert released(over(store, ['start'])).all() == []
    assert not any('is not ended' in one.getMessage() for one in records)


def test_an_end_that_fails_again_is_told(records):
    store = Broken()
    book = over(store, ['start'])
    store.fails.add('end')
    assert released(book).action.status == IN_PROGRESS
    assert f'action {book.action.id} was stored when' in (
        records[-1].getMessage())


def test_a_store_that_fails_again_and_again_is_left_alone(records):
    store = Broken()
    store.fails.update(['start', 'end'])
    book = Book(store, store.kept, breaker_failures=3, breaker_seconds=60)
    for _ in range(5):
        with book.record():
            pass
    assert store.asked == ['start', 'end', 'start']
    assert book.actions.counters['breaker_open'] == 7
    said = [one.getMessage() for one in records]
    assert sum('left alone for a while' in one for one in said) == 1
    assert sum('not stored' in one for one in said) == 10


CALLS = {
    'start': lambda writer: writer.start(one_action(), 60),
    'end': lambda writer: writer.end(Ending('a')),
    'renew': lambda writer: writer.hand_over('a', 't', 60),
    'find': lambda writer: writer.find('alpha', 'VOLUME', 'vol-1', ASKED),
}
LEFT_ALONE = ('the store of actions has failed again and again; it is left '
              'alone for a while')
BACK = 'the store of actions is back'


def said_of_breaker(records):
    """Return what was logged of the breaker."""
    return [text for text in (one.getMessage() for one in records)
            if text in (LEFT_ALONE, BACK)]


@pytest.mark.parametrize('call', CALLS)
def test_whatever_call_meets_it_that_a_store_is_left_alone_is_told(
        call, records):
    store = Broken()
    store.fails.add(call)
    writer = ActionWriter(store, 30, 2, 0)
    for _ in range(2):
        CALLS[call](writer)
    assert said_of_breaker(records) == [LEFT_ALONE]
    store.fails.clear()
    CALLS[call](writer)
    assert said_of_breaker(records) == [LEFT_ALONE, BACK]


def test_a_store_is_told_to_be_back_that_answers_late(records):
    store = Broken()
    store.hangs.add('start')
    writer = ActionWriter(store, 0.02, 1, 3600)
    writer.start(one_action(), 60)
    assert said_of_breaker(records) == [LEFT_ALONE]
    store.released.set()
    waits(lambda: not writer._starts._begun and len(
        said_of_breaker(records)) == 2)
    assert said_of_breaker(records) == [LEFT_ALONE, BACK]


def test_messages_are_kept_though_the_store_of_actions_is_down():
    store = Broken()
    store.fails.update(['start', 'start_event', 'end'])
    book = Book(store, store.kept)
    with pytest.raises(Bad), book.record(on_failure=UNABLE_TO_ALLOCATE):
        raise Bad
    assert book.texts == [(str(UNABLE_TO_ALLOCATE), 'vol-1', ASKED)]


def test_an_observer_that_fails_harms_nobody(kept, records):
    clear(kept)

    def observer(record):
        raise ValueError('mine')

    book = Book(kept, observers=[observer])
    with pytest.raises(Bad), book.record():
        raise Bad
    assert book.action.status == ERROR


def test_a_failure_that_cannot_be_told_is_recorded(book):
    class Hostile(Exception):
        def __str__(self):
            raise KeyError('no')

        def __getattribute__(self, name):
            raise AttributeError(name)

    with pytest.raises(Hostile), book.record(
            details=lambda exc: 1 / 0) as action, action.event('a'):
        raise Hostile
    assert book.events == [('a', ERROR)]
    assert book.faults[0].message == 'Hostile'


# All or nothing.

class Cut:
    """Fails a database's n-th statement from now on."""

    def __init__(self, engine):
        self.left = None
        self.cut = None
        sqlalchemy.event.listen(engine, 'before_cursor_execute', self._see)
        self._engine = engine

    def _see(self, connection, cursor, statement, *rest):
        if self.left is None:
            return
        self.left -= 1
        if self.left == 0:
            self.cut = statement
            raise RuntimeError('cut')

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        sqlalchemy.event.remove(
            self._engine, 'before_cursor_execute', self._see)


@in_a_database
def test_a_failure_is_recorded_all_of_it_or_nothing(book):
    cuts = []
    with Cut(book.reads.database.engine) as cut:
        for number in range(1, 30):
            clear(book.reads)
            cut.cut = None
            with (
                pytest.raises(Bad),
                book.record(on_failure=UNABLE_TO_ALLOCATE) as action,
                action.event('resize'),
            ):
                cut.left = number
                raise Bad
            cut.left = None
            what = (book.action.status, book.events, len(book.faults),
                    len(book.texts))
            if cut.cut is None:
                assert what == (ERROR, [('resize', ERROR)], 1, 1)
                break
            assert what == (IN_PROGRESS, [('resize', IN_PROGRESS)], 0, 0)
            cuts.append(cut.cut.replace(';', ' ').split()[0])
    # Event, action, fault and message, between BEGIN and COMMIT.
    assert len(cuts) >= 6
    assert (cuts[0], cuts[-1]) == ('BEGIN', 'COMMIT')


# In a caller's transaction.

@contextlib.contextmanager
def joined(book):
    """Give a connection of the service's own, in a transaction."""
    engine = sa.create_engine(
        book.reads.database.url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@in_a_database
@pytest.mark.parametrize('commits', [True, False])
def test_a_joined_action_shares_the_fate_of_the_transaction(book, commits):
    with joined(book) as connection:
        with (
            book.record(connection=connection) as action,
            action.event('reserve'),
        ):
            pass
        connection.commit() if commits else connection.rollback()
    if commits:
        assert (book.action.status, book.events) == (
            SUCCESS, [('reserve', SUCCESS)])
    else:
        assert book.all() == []


@in_a_database
def test_a_joined_action_is_handed_over_by_its_transaction(book):
    with joined(book) as connection:
        with book.record(connection=connection, finish=False):
            pass
        connection.commit()
    with book.reads.database.engine.connect() as own:
        until, began = own.exec_driver_sql(
            'SELECT lease_until, start_time FROM errorkit_actions').one()
    if isinstance(until, str):
        until, began = map(datetime.datetime.fromisoformat, (until, began))
    assert (until - began).total_seconds() > 3000
    assert book.action.status == IN_PROGRESS


def test_what_a_joined_store_raises_passes(quick):
    with pytest.raises(TypeError):
        quick.record(connection=object()).__enter__()


@in_a_database
def test_a_failure_is_told_though_its_transaction_is_broken(book, records):
    messages = API(MemoryStore(), permitted=PERMITTED)
    book = Book(book.reads, messages=messages)
    with joined(book) as connection, pytest.raises(Bad), book.record(
            on_failure=UNABLE_TO_ALLOCATE, connection=connection):
        connection.close()
        raise Bad
    assert [one.kind for one in book.told] == ['action']
    assert [one.resource_uuid for one in messages.get_all(asked())] == [
        'vol-1']


# A fork.

def test_the_child_of_a_fork_records_by_itself(tmp_path):
    script = """
import os, sys
from recorded import Book, asked
from errorkit.outcomes.sql import SqlActions
book = Book(SqlActions(sys.argv[1]))
with book.record('before') as action:
    child = os.fork()
    if not child:
        try:
            with book.record('child') as mine, mine.event('step'):
                pass
            beating = book.actions._means.heartbeat
            assert not beating._actions, beating._actions
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    with action.event('parent'):
        pass
print(sorted((one.action, one.status) for one in book.all()))
"""
    with empty('sqlite', tmp_path) as url:
        tables(url)
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', script, url],
            capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    assert done.stdout == (
        "[('before', 'success'), ('child', 'success')]\n"), done.stderr


# Mistakes are told at once.

@pytest.mark.parametrize('name', ['', 'a\0', 'x' * 256, 'a\nb', 5, None])
def test_a_name_that_no_store_keeps_is_refused(quick, name):
    for call in (
            lambda: quick.record(name),
            lambda: quick.actions.start(asked(), name, 'VOLUME', 'v'),
            lambda: quick.actions.event(asked(), name, 'VOLUME', 'v'),
            lambda: quick.actions.record(asked(), 'extend', name, 'v')):
        with pytest.raises(ValueError, match='a text of 1 to'):
            call()
    with quick.record() as action, pytest.raises(ValueError, match='name'):
        action.event(name)


@pytest.mark.parametrize('deadline', [0, -1])
def test_a_deadline_in_the_past_is_refused(quick, deadline):
    with quick.record() as action, pytest.raises(ValueError, match='dead'):
        action.event('a', deadline=deadline)


def test_a_message_that_is_not_permitted_is_refused(quick):
    with pytest.raises(InvalidMessage):
        quick.record(on_failure='VOLUME_999999')
    alone = Actions(MemoryActions())
    with pytest.raises(ConfigError, match='on_failure'):
        alone.record(asked(), 'extend', 'VOLUME', 'v', on_failure='a')


def test_a_resource_type_that_messages_do_not_know_is_refused(quick):
    actions = quick.actions
    for call in (
            lambda: actions.start(asked(), 'extend', 'NOSUCH', 'v'),
            lambda: actions.record(asked(), 'extend', 'NOSUCH', 'v'),
            lambda: actions.record(None, 'extend', 'volume', 'v'),
            lambda: actions.resume(asked(), 'NOSUCH', 'v'),
            lambda: actions.event(asked(), 'copy', 'NOSUCH', 'v')):
        with pytest.raises(UnknownResourceType, match='VOLUME_SNAPSHOT'):
            call()
    for resource_type in ('NOSUCH', 'volume'):
        assert quick.reads.list_of_any_project(
            resource_type, 'v', ActionPage(10)) == []


@pytest.mark.parametrize('messages', [
    None, API(MemoryStore(), permitted=Permitted('volume'))])
def test_where_no_resource_type_is_declared_any_is_right(messages):
    store = MemoryActions()
    actions = Actions(store, messages=messages)
    with actions.record(asked(), 'extend', 'NOSUCH', 'v'):
        pass
    assert len(store.list_of_any_project('NOSUCH', 'v', ActionPage(10))) == 1


@pytest.mark.parametrize('options', [
    {'lease': 0}, {'lease': '60'}, {'hand_over': -1}, {'budget': True},
    {'max_limit': 10**9}, {'cursor_key': 'text'}, {'messages': object()},
    {'breaker_failures': None}, {'exceptions': 5},
    {'exceptions': {int: 500}}, {'breaker_seconds': float('nan')}])
def test_a_bad_option_is_named(options):
    [name] = options
    with pytest.raises(ConfigError, match=name):
        Actions(MemoryActions(), **options)


@pytest.mark.parametrize('store', [5, None, 'nothing', 'a:b', object()])
def test_a_store_that_is_none_is_refused(store):
    with pytest.raises(ConfigError, match='store'):
        Actions(store)


def test_a_store_is_found_by_its_name():
    assert Actions('memory').store is Actions('memory').store
    assert Actions(
        'errorkit.outcomes.actions.memory:MemoryActions').store is not None


def test_a_recorder_keeps_no_action_that_is_over(quick):
    def work(number):
        context = asked(request_id=f'r-{number}')
        with contextlib.suppress(Bad), quick.record(context=context) as live:
            made.append(weakref.ref(live))
            with contextlib.suppress(Bad), live.event('a'):
                raise Bad
            with live.event('b'):
                raise Bad

    made = []
    for number in range(20):
        work(number)
    gc.collect()
    assert [one() for one in made] == [None] * 20
