# SPDX-License-Identifier: Apache-2.0
"""A failure gives a message, and passes as it is."""

import asyncio
import inspect
import threading

import pytest
from message_samples import (
    ATTACHED,
    CREATE,
    EXCEEDS,
    NOT_ENOUGH,
    PERMITTED,
    UNABLE_TO_ALLOCATE,
    VOLUME,
    NoRoom,
    TooBig,
    context,
)

from errorkit import current
from errorkit.outcomes.exceptions import (
    InvalidLevel,
    InvalidParams,
    UnknownEvent,
    UnknownResourceType,
)
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.request_context import CURRENT


@pytest.fixture
def api():
    return API(MemoryStore(), permitted=PERMITTED)


def told(api, project='alpha'):
    """Return the event ids and resources a project was told of."""
    return sorted(
        (one.event_id, one.resource_uuid)
        for one in api.get_all(context(project)))


def wrapped(capture, kind, body):
    """Return a function that runs a decorated body of a kind to its end."""
    if kind == 'function':
        return capture(body)
    if kind == 'generator':
        @capture
        def generating(*args):
            yield 1
            yield body(*args)
        return lambda *args: list(generating(*args))
    if kind == 'coroutine':
        @capture
        async def awaiting(*args):
            await asyncio.sleep(0)
            return body(*args)
        return lambda *args: asyncio.run(awaiting(*args))

    @capture
    async def async_generating(*args):
        yield 1
        await asyncio.sleep(0)
        yield body(*args)

    async def collect(*args):
        return [item async for item in async_generating(*args)]
    return lambda *args: asyncio.run(collect(*args))


def blocks(capture, kind, body):
    """Return a function that runs a body in a block."""
    def block(*args):
        with capture:
            return body(*args)

    async def async_block(*args):
        async with capture:
            return body(*args)
    if kind == 'block':
        return block
    return lambda *args: asyncio.run(async_block(*args))


KINDS = ['function', 'generator', 'coroutine', 'async generator', 'block',
         'async block']


def made(api, kind, body, *args, **keywords):
    """Return a body captured in one of the ways there are."""
    capture = api.capture(*args, **keywords)
    make = blocks if 'block' in kind else wrapped
    return make(capture, kind, body)


def raises(error):
    """Return a body that raises."""
    def body(*args):
        raise error
    return body


@pytest.mark.parametrize('kind', KINDS)
def test_a_failure_gives_a_message_and_passes(api, kind):
    error = ValueError('hunter2')
    run = made(api, kind, raises(error), context(), UNABLE_TO_ALLOCATE,
               resource_type=VOLUME, resource_uuid='v', level='WARNING')
    with pytest.raises(ValueError, match='hunter2') as caught:
        run()
    assert caught.value is error
    assert (error.__cause__, error.__context__) == (None, None)
    assert vars(error) == {}
    found, = api.get_all(context())
    assert (found.event_id, found.resource_type, found.resource_uuid,
            found.message_level) == ('000002', 'VOLUME', 'v', 'WARNING')
    assert 'hunter2' not in repr(found)


@pytest.mark.parametrize('kind', KINDS)
def test_a_success_gives_none(api, kind):
    run = made(api, kind, lambda: 'fine', context(), UNABLE_TO_ALLOCATE)
    assert run() in ('fine', [1, 'fine'])
    assert told(api) == []


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('error', [
    KeyboardInterrupt(), SystemExit(1), GeneratorExit(),
    asyncio.CancelledError()], ids=lambda error: type(error).__name__)
def test_what_ends_a_task_or_a_process_is_no_failure(api, kind, error):
    run = made(api, kind, raises(error), context(), UNABLE_TO_ALLOCATE)
    with pytest.raises(type(error)):
        run()
    assert told(api) == []


def test_the_end_of_an_iterator_is_no_failure(api):
    step = api.capture(context(), UNABLE_TO_ALLOCATE)(iter([1]).__next__)
    assert step() == 1
    with pytest.raises(StopIteration):
        step()
    assert told(api) == []


@pytest.mark.parametrize('kind', KINDS)
def test_what_the_exception_means_wins(api, kind):
    run = made(api, kind, raises(NoRoom()), context(), UNABLE_TO_ALLOCATE)
    with pytest.raises(NoRoom):
        run()
    run = made(api, kind, raises(TooBig(3)), context(), CREATE,
               resource_type=VOLUME, detail=NOT_ENOUGH)
    with pytest.raises(TooBig):
        run()
    assert told(api) == [('000007', None), ('VOLUME_VOLUME_006_008', None)]


def test_with_no_event_only_mapped_exceptions_give_a_message(api, records):
    capture = api.capture(context(), None)
    for error in (NoRoom(), ValueError()):
        with pytest.raises(type(error)), capture:
            raise error
    assert told(api) == [('000007', None)]
    assert records == []


@pytest.mark.parametrize('kind', KINDS[:4])
def test_a_decorator_asks_the_arguments_of_the_call(api, kind):
    def body(asked, volume):
        raise ValueError
    run = made(
        api, kind, body, lambda asked, volume: asked, EXCEEDS,
        project_id=lambda asked, volume: 'beta',
        resource_uuid=lambda asked, volume: volume,
        params=lambda asked, volume: {
            'limit': 1, 'all': True, 'rule': 'rule-1'})
    for volume in ('v', 'w'):
        with pytest.raises(ValueError):
            run(context(request_id='req-x'), volume)
    assert told(api, 'beta') == [('000006', 'v'), ('000006', 'w')]
    assert {one.request_id for one in api.get_all(context('beta'))} == {
        'req-x'}


def test_the_current_context_is_used_where_none_is_given(api):
    current.install()
    token = CURRENT.set(context('beta'))
    try:
        with pytest.raises(ValueError), api.capture(None, UNABLE_TO_ALLOCATE):
            raise ValueError
    finally:
        CURRENT.reset(token)
    assert told(api, 'beta') == [('000002', None)]


@pytest.mark.parametrize('kind', KINDS)
def test_the_failure_passes_whatever_becomes_of_the_message(
        api, kind, records):
    def broken(*args):
        raise LookupError('in the capture')
    error = ValueError('the failure')
    run = made(api, kind, raises(error), broken, EXCEEDS,
               project_id=broken, resource_uuid=broken, params=broken)
    with pytest.raises(ValueError, match='the failure') as caught:
        run()
    assert caught.value is error
    assert (error.__cause__, error.__context__) == (None, None)
    assert told(api) == []
    assert 'no user message for a failure, builtins.ValueError' in [
        record.getMessage() for record in records]


def test_what_can_not_be_told_is_left_out(api, records):
    with pytest.raises(ValueError), api.capture(
            context(), UNABLE_TO_ALLOCATE, resource_uuid=lambda: 1 / 0):
        raise ValueError
    assert told(api) == [('000002', None)]
    assert [record.levelname for record in records] == ['WARNING']


@pytest.mark.parametrize('kind', KINDS[:4])
def test_a_project_that_can_not_be_told_is_not_that_of_the_context(
        api, records, kind):
    run = made(api, kind, raises(ValueError()), context(),
               UNABLE_TO_ALLOCATE, project_id=lambda: 1 / 0)
    with pytest.raises(ValueError):
        run()
    assert told(api) == []
    assert api.counters['no_project'] == 1
    assert 'there is no project to keep it for' in records[-1].getMessage()


@pytest.mark.parametrize(('arguments', 'error'), [
    ({'event': '000099'}, UnknownEvent),
    ({'event': '000002', 'detail': '007'}, UnknownEvent),
    ({'event': '000002', 'resource_type': 'SHARE'}, UnknownResourceType),
    ({'event': CREATE}, UnknownResourceType),
    ({'event': '000002', 'level': 'BAD'}, InvalidLevel),
    ({'event': ATTACHED}, InvalidParams),
    ({'event': '000002', 'params': {'a': 1}}, InvalidParams),
], ids=str)
def test_a_mistake_is_told_before_there_is_a_failure(api, arguments, error):
    with pytest.raises(error):
        api.capture(context(), **arguments)


def test_a_decorated_function_is_what_it_was(api):
    capture = api.capture(context(), UNABLE_TO_ALLOCATE)

    @capture
    def one():
        """Return one."""

    @capture
    def two():
        yield

    @capture
    async def three():
        return

    @capture
    async def four():
        yield
    assert (one.__name__, one.__doc__) == ('one', 'Return one.')
    assert inspect.isgeneratorfunction(two)
    assert inspect.iscoroutinefunction(three)
    assert inspect.isasyncgenfunction(four)


def test_a_generator_still_talks_to_its_caller(api):
    @api.capture(context(), UNABLE_TO_ALLOCATE)
    def generating():
        got = []
        while True:
            try:
                got.append((yield len(got)))
            except KeyError as exc:
                got.append(exc)
            if got[-1] == 'end':
                return got

    running = generating()
    error = KeyError()
    assert next(running) == 0
    assert running.send('a') == 1
    assert running.throw(error) == 2
    with pytest.raises(StopIteration) as caught:
        running.send('end')
    assert caught.value.value == ['a', error, 'end']
    assert told(api) == []


def test_an_asynchronous_generator_still_talks_to_its_caller(api):
    closed = []

    @api.capture(context(), UNABLE_TO_ALLOCATE)
    async def generating():
        got = []
        try:
            while True:
                try:
                    got.append((yield list(got)))
                except KeyError as exc:
                    got.append(exc)
                if got[-1] == 'end':
                    return
        finally:
            await asyncio.sleep(0)
            closed.append(got)

    async def talk():
        error = KeyError()
        running = generating()
        assert await anext(running) == []
        assert await running.asend('a') == ['a']
        assert await running.athrow(error) == ['a', error]
        with pytest.raises(StopAsyncIteration):
            await running.asend('end')
        other = generating()
        await anext(other)
        await other.aclose()
        assert len(closed) == 2
        third = generating()
        await anext(third)
        with pytest.raises(OSError):
            await third.athrow(OSError())
        assert closed == [['a', error, 'end'], [], []]
        await generating().aclose()

    asyncio.run(talk())
    assert told(api) == [('000002', None)]


def test_a_generator_that_is_closed_has_not_failed(api):
    @api.capture(context(), UNABLE_TO_ALLOCATE)
    def generating():
        yield 1
        yield 2

    running = generating()
    next(running)
    running.close()
    assert told(api) == []


def test_a_cleanup_that_fails_is_a_failure(api):
    @api.capture(context(), UNABLE_TO_ALLOCATE)
    def generating():
        try:
            yield 1
        finally:
            raise OSError

    running = generating()
    next(running)
    with pytest.raises(OSError):
        running.close()
    assert told(api) == [('000002', None)]


def test_a_failing_coroutine_does_not_stop_its_loop():
    gate = threading.Event()

    class Slow(MemoryStore):
        def add(self, message, connection=None):
            assert gate.wait(30)
            super().add(message)

    api = API(Slow(), permitted=PERMITTED)

    async def fail():
        async with api.capture(context(), UNABLE_TO_ALLOCATE):
            raise ValueError

    async def both():
        failing = asyncio.create_task(fail())
        await asyncio.sleep(0.01)
        assert not failing.done()
        gate.set()  # nobody could, were the loop to wait for the store
        with pytest.raises(ValueError):
            await failing

    asyncio.run(both())
    assert told(api) == [('000002', None)]


def test_a_cancellation_while_the_message_is_written_hides_no_failure():
    gate = threading.Event()

    class Slow(MemoryStore):
        def add(self, message, connection=None):
            assert gate.wait(30)
            super().add(message)
            done.set()

    done = threading.Event()
    api = API(Slow(), permitted=PERMITTED)

    async def fail():
        async with api.capture(context(), UNABLE_TO_ALLOCATE):
            raise ValueError

    async def cancel():
        failing = asyncio.create_task(fail())
        await asyncio.sleep(0.01)
        failing.cancel()
        with pytest.raises(ValueError):
            await failing

    asyncio.run(cancel())
    gate.set()
    assert done.wait(30)
    assert told(api) == [('000002', None)]


def test_one_capture_serves_many_threads(api):
    capture = api.capture(
        context(), UNABLE_TO_ALLOCATE,
        resource_uuid=lambda number: str(number))

    @capture
    def fail(number):
        raise ValueError(number)

    def run(number):
        with pytest.raises(ValueError, match=str(number)):
            fail(number)

    threads = [threading.Thread(target=run, args=(number,))
               for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(api) == sorted(
        ('000002', str(number)) for number in range(20))
