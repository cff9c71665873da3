# SPDX-License-Identifier: Apache-2.0
"""The current request's oslo.context, per thread, greenlet and task.

oslo.context keeps its current context in a thread-local, which two coroutines
or two interleaved bodies of one thread share. Here the same functions read a
contextvar. What it holds is a request's environ, and the context is made of
that when somebody looks: a request that nobody logs never pays for it.
"""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any

from oslo_context import context as oslo_context

from errorkit import _wsgi, keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIEnvironment

CURRENT: contextvars.ContextVar[Any] = contextvars.ContextVar(
    'errorkit.context', default=None
)

_LOADING = threading.RLock()


class RequestContext(oslo_context.RequestContext):
    """An oslo.context that fills itself in when it is first looked at.

    ``request_id`` and ``global_request_id`` are there from the beginning.
    """

    #: The environ entries it is made of; none is an anonymous request.
    _source: dict[str, Any] = {}  # noqa: RUF012 - shared and never changed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._loaded = True
        super().__init__(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        # Called for what is not set yet.
        if '_loaded' in self.__dict__ or name.startswith('__'):
            raise AttributeError(
                f'{type(self).__name__} has no attribute {name!r}'
            )
        self._load()
        return getattr(self, name)

    def _load(self) -> None:
        with _LOADING:
            if '_loaded' in self.__dict__:
                return
            given = dict(self.__dict__)
            keywords = _ids(given)
            if self._source:
                # from_environ of the dict class gives the keywords
                # themselves.
                keywords = _from_environ(dict, self._source, **keywords)
            token = CURRENT.set(self)
            try:
                super().__init__(overwrite=False, **keywords)
            finally:
                CURRENT.reset(token)
            self.__dict__.update(given, _loaded=True)

    def identify(self, source: dict[str, Any]) -> None:
        """Take on the identity that an auth layer has established.

        :param source: environ keys and values
        """
        with _LOADING:
            known = self.__dict__
            if known.pop('_loaded', False):
                ids = _ids(known)
                known.clear()
                known.update(ids)
            self._source = source

    def redacted_copy(self, **kwargs: Any) -> Any:
        """Return a copy without secrets; it does not become the current."""
        before = CURRENT.get()
        try:
            return super().redacted_copy(**kwargs)
        finally:
            CURRENT.set(before)

    def __getstate__(self) -> dict[str, Any]:
        self._load()
        return dict(self.__dict__)


_from_environ: Any = oslo_context.RequestContext.__dict__[
    'from_environ'
].__func__


def _ids(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: values[name]
        for name in ('request_id', 'global_request_id')
        if name in values
    }


def anonymous(
    request_id: str, global_request_id: str | None = None
) -> RequestContext:
    """Return the context of a request that nobody has vouched for yet."""
    made = RequestContext.__new__(RequestContext)
    made.request_id = request_id
    made.global_request_id = global_request_id
    return made


class _Store:
    """Stands in for oslo.context's thread-local of the current context."""

    def __init__(self, before: Any) -> None:
        self._before = before

    @property
    def context(self) -> Any:
        found = CURRENT.get()
        if type(found) is dict:
            return of(found)
        if found is None:
            # Whatever the service had stored before errorkit was set up.
            return self._before.context
        return found

    @context.setter
    def context(self, value: Any) -> None:
        CURRENT.set(value)

    @context.deleter
    def context(self) -> None:
        CURRENT.set(None)
        if hasattr(self._before, 'context'):
            del self._before.context


def install() -> None:
    """Make oslo.context keep its current context in a contextvar. Once."""
    store = oslo_context._request_store
    if not isinstance(store, _Store):
        oslo_context._request_store = _Store(store)  # type: ignore[assignment] # it has the same one attribute


def current() -> oslo_context.RequestContext | None:
    """Return the context of the request being handled here, or None."""
    return oslo_context.get_current()


def note_claims(environ: WSGIEnvironment) -> None:
    """Remember, outside the auth layer, what the client claims to be."""
    if keys.CLAIMS not in environ:
        # Copying it whole is cheaper than picking the thirty keys.
        environ[keys.CLAIMS] = environ.copy()


def of(environ: WSGIEnvironment) -> Any:
    """Return the context of a request, an anonymous one if it has none."""
    found = environ.get(keys.CONTEXT)
    if found is None:
        found = environ[keys.CONTEXT] = anonymous(
            environ[keys.REQUEST_ID], environ.get(keys.GLOBAL_REQUEST_ID)
        )
    return found


def streamed(
    body: Iterable[bytes], environ: WSGIEnvironment
) -> _wsgi.Body:
    """Return a body that streams in the context of its request.

    In the one the application has left current, where that is of the same
    request.
    """
    if not isinstance(body, _wsgi.Body):
        body = _wsgi.Body(body)
    left = CURRENT.get()
    if left is not environ and (
        getattr(left, 'request_id', None) != environ[keys.REQUEST_ID]
    ):
        left = environ
    body.scope = CURRENT, left
    return body
