# SPDX-License-Identifier: Apache-2.0
"""A function whose every call runs inside a block of its own.

Plain functions, coroutine functions, generators and asynchronous ones: the
block lasts until the last of them is over.
"""

from __future__ import annotations

import abc
import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from errorkit import log

LOG = logging.getLogger('errorkit.outcomes')

_Function = TypeVar('_Function', bound=Callable[..., Any])


class Block(abc.ABC):
    """A block, or the decorator of a function, each call of which is one.

    It serves ``with`` and ``async with``, and swallows no exception.
    """

    #: Those of the call; a block on its own has none.
    _arguments: tuple[tuple[Any, ...], dict[str, Any]] = (), {}

    @abc.abstractmethod
    def __enter__(self) -> object: ...

    @abc.abstractmethod
    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    @abc.abstractmethod
    async def __aenter__(self) -> object: ...

    @abc.abstractmethod
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def __call__(self, function: _Function) -> _Function:
        """Return a function of the same kind whose calls run in blocks."""
        for is_kind, wrap in (
            (inspect.isasyncgenfunction, _async_generating),
            (inspect.iscoroutinefunction, _awaiting),
            (inspect.isgeneratorfunction, _generating),
        ):
            if is_kind(function):
                return cast(_Function, wrap(function, self._of_call))
        return cast(_Function, _calling(function, self._of_call))

    def _of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Self:
        """Return the block of a call."""
        # What copy.copy() does, at a fifth of its price.
        block = object.__new__(type(self))
        block.__dict__.update(self.__dict__)
        block._arguments = args, kwargs
        return block


#: Makes the block of a call from its arguments.
_Opened = Callable[[tuple[Any, ...], dict[str, Any]], Block]


def told(
    value: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    otherwise: Any = None,
) -> Any:
    """Return what a block is about.

    :param value: itself, or a function of the call's arguments
    :param otherwise: what is returned for a function that raises
    """
    if not callable(value):
        return value
    try:
        return value(*args, **kwargs)
    except Exception as exc:
        log.say(
            LOG, logging.WARNING,
            'what a function should have told of a call is missing',
            raised=exc,
        )
        return otherwise


def _calling(
    function: Callable[..., Any], opened: _Opened
) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with opened(args, kwargs):
            return function(*args, **kwargs)

    return called


def _generating(
    function: Callable[..., Any], opened: _Opened
) -> Callable[..., Any]:
    @functools.wraps(function)
    def generated(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with opened(args, kwargs):
            return (yield from function(*args, **kwargs))

    return generated


def _awaiting(
    function: Callable[..., Any], opened: _Opened
) -> Callable[..., Any]:
    @functools.wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        async with opened(args, kwargs):
            return await function(*args, **kwargs)

    return awaited


def _async_generating(
    function: Callable[..., Any], opened: _Opened
) -> Callable[..., Any]:
    @functools.wraps(function)
    async def generated(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        async with opened(args, kwargs):
            # There is no "yield from" for these.
            inner = function(*args, **kwargs)
            step = inner.__anext__()
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    return
                try:
                    sent = yield item
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as thrown:
                    step = inner.athrow(thrown)
                else:
                    step = inner.asend(sent)

    return generated
