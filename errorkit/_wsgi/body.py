# SPDX-License-Identifier: Apache-2.0
"""Body: stands in for an application's iterable, and closes it once.

It passes the chunks, and knows how it ended.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from errorkit import keys
from errorkit.exceptions import InvalidResponse


def check_chunk(chunk: object) -> None:
    """Refuse what is no part of a body.

    :raises InvalidResponse: it is not bytes
    """
    if not isinstance(chunk, bytes):
        raise InvalidResponse(
            f'a chunk of the body is not bytes but {type(chunk).__name__}'
        )


class Guard(Protocol):
    """What a Body tells of a failure of the iterable it stands for."""

    def __call__(
        self, raised: BaseException, closing: bool
    ) -> BaseException | None:
        """Take note of a failure.

        :param raised: what the iterable raised
        :param closing: True when it came from ``close()``
        :returns: what to raise to the server: the same, another, or nothing
        """


class Body:
    """An application's iterable, owned: counted, watched, closed once.

    :param iterable: what the application returned
    :param chunks: its iterator, when iterating has begun already
    :param head: chunks in hand that go out before the others
    """

    # Class attributes for what most bodies never change.
    #: What it stands in for.
    iterable: Iterable[bytes] = ()
    closed = False
    failed = False
    finished = False
    #: Bytes handed to the server so far.
    sent = 0
    #: Told of failures; without one they pass untold.
    guard: Guard | None = None
    #: The variable and the value that hold while the application runs.
    scope: Scope | None = None
    #: With it the request ends whose environ the scope's value is.
    ends = False
    _on_close: Callable[[Body], None] | None = None
    _chunks: Iterator[bytes] | None = None
    _head: Iterable[bytes] = ()
    _before: Any = None

    def __init__(
        self,
        iterable: Iterable[bytes],
        chunks: Iterator[bytes] | None = None,
        head: Iterable[bytes] = (),
    ) -> None:
        self.iterable = iterable
        self._chunks = chunks
        self._head = head

    def __iter__(self) -> Iterator[bytes]:
        # A generator costs a third of a __next__ per chunk; what must happen
        # even when it never starts or ends is in close(). The variable stays
        # set between two chunks: it is looked at before each, since another
        # body may have been served here meanwhile.
        variable, value = self.scope or _NO_SCOPE
        current, enter = variable.get, variable.set
        for chunk in self._head:
            self.sent += len(chunk)
            yield chunk
        self._head = ()
        self._before = current()
        enter(value)
        try:
            if self._chunks is None:
                self._chunks = iter(self.iterable)
            sent = self.sent
            for chunk in self._chunks:
                if type(chunk) is not bytes:
                    check_chunk(chunk)
                sent += len(chunk)
                self.sent = sent
                yield chunk
                if current() is not value:
                    enter(value)
            self.finished = True
        except BaseException as exc:
            if type(exc) is GeneratorExit and _is_ours(exc):
                raise  # we were dropped half-way
            try:
                if self._told(exc, closing=False):
                    raise
            finally:
                self._leave()
        else:
            self._leave()

    def _leave(self) -> None:
        """Take the variable back, once nothing of the application runs."""
        variable, value = self.scope or _NO_SCOPE
        if variable.get() is value:
            variable.set(self._before)

    def _told(self, exc: BaseException, closing: bool) -> bool:
        """Tell the guard; return True when the exception passes on."""
        self.failed = True
        if self.guard is None:
            return True
        raised = self.guard(exc, closing)
        if raised is not None and raised is not exc:
            raise raised from None
        return raised is exc

    def on_close(self, callback: Callable[[Body], None]) -> None:
        """Have a callable run, with this body, once the body is closed.

        One callable: a second one would have no place in the stack.
        """
        self._on_close = callback

    def closing(self) -> None:
        """Do what is left to do once the iterable is closed."""
        if self._on_close is not None:
            self._on_close(self)

    def close(self) -> None:
        """Close the application's iterable, then run the callback. Once."""
        if self.closed:
            return
        self.closed = True
        variable, value = self.scope or _NO_SCOPE
        before = variable.get()
        if before is value:
            before = self._before
        variable.set(value)
        try:
            if hasattr(self.iterable, 'close'):
                self._close_iterable()
        finally:
            try:
                self.closing()
            finally:
                variable.set(before)
                if self.ends:
                    # Wherever it may still be current, it is so no longer.
                    value[keys.CLOSED] = True

    def _close_iterable(self) -> None:
        try:
            self.iterable.close()  # type: ignore[attr-defined] # it has one
        except BaseException as exc:
            if self._told(exc, closing=True):
                raise

    def __del__(self) -> None:
        # A server that never closes us still gets the iterable closed. In a
        # copy of the context: Python 3.11 may collect us in the midst of a
        # ContextVar.set, and a second one would crash the interpreter.
        if not self.closed:
            contextvars.copy_context().run(self.close)


def _is_ours(exc: GeneratorExit) -> bool:
    """Tell whether it was thrown into our generator, not raised below it."""
    return exc.__traceback__ is None or exc.__traceback__.tb_next is None


Scope = tuple[contextvars.ContextVar[Any], Any]
_NO_SCOPE: Scope = (
    contextvars.ContextVar('errorkit.no_scope', default=None),
    None,
)
