# SPDX-License-Identifier: Apache-2.0
"""The current request's oslo.context, per thread, greenlet and task.

oslo.context keeps its current context in a thread-local, which two coroutines
or two interleaved bodies of one thread share. Here the same functions read a
contextvar. What it holds is a request's environ, and an anonymous context is
made of that when somebody looks.
"""

from __future__ import annotations

import contextvars
import functools
from typing import TYPE_CHECKING, Any

from oslo_context import context as oslo_context

from errorkit import _wsgi, keys, trail
from errorkit.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIEnvironment

CURRENT: contextvars.ContextVar[Any] = contextvars.ContextVar(
    'errorkit.context', default=None
)

class _FreshList:
    """A list of its own for each context that is asked for it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        made: list[str] = []
        instance.__dict__[self._name] = made
        return made


class RequestContext(oslo_context.RequestContext):
    """The oslo.context of a request.

    An anonymous one is nothing but its ids: all else is the class's, so that
    making it costs next to nothing.
    """

    roles = _FreshList()
    service_roles = _FreshList()

    def identify(self, source: dict[str, Any]) -> None:
        """Take on the identity that an auth layer has established.

        :param source: environ keys and values
        """
        # from_environ of the dict class gives the keywords themselves.
        keywords = _from_environ(
            dict,
            source,
            request_id=self.request_id,
            global_request_id=self.global_request_id,
        )
        token = CURRENT.set(self)
        try:
            self.__init__(overwrite=False, **keywords)  # type: ignore[misc] # on purpose: the same object, from now on with an identity
        finally:
            CURRENT.reset(token)

    def get_logging_values(self) -> dict[str, Any]:
        """Return what oslo.log shows in a record; it asks twice for each."""
        own = self.__dict__
        if (
            len(own) - trail.is_on(own) != 2
            or type(self) is not RequestContext
        ):
            values: dict[str, Any] = super().get_logging_values()
            return values
        # Still as anonymous() made it: nothing but its two ids is its own.
        values = _values_of_anonymous(self.user_idt_format).copy()
        values.update(own)
        trail.without(values)
        values['roles'] = []
        return values

    @property
    def downstream_request_ids(self) -> tuple[str, ...]:
        """What called services have answered with, oldest first."""
        return downstream_request_ids(self)

    def redacted_copy(self, **kwargs: Any) -> Any:
        """Return a copy without secrets; it does not become the current."""
        token = CURRENT.set(CURRENT.get())
        try:
            return super().redacted_copy(**kwargs)
        finally:
            CURRENT.reset(token)


_from_environ: Any = oslo_context.RequestContext.__dict__[
    'from_environ'
].__func__


def _default_attributes() -> dict[str, Any]:
    """Return what oslo.context gives a context that is told nothing."""
    token = CURRENT.set(object())
    store = oslo_context._request_store
    try:
        oslo_context._request_store = _Store(store)  # type: ignore[assignment] # see install()
        made = oslo_context.RequestContext(request_id='-', overwrite=False)
    finally:
        oslo_context._request_store = store
        CURRENT.reset(token)
    return {
        name: value
        for name, value in vars(made).items()
        if name not in ('request_id', 'global_request_id')
        and not isinstance(value, list)
    }


def anonymous(
    request_id: str, global_request_id: str | None = None
) -> RequestContext:
    """Return the context of a request that nobody has vouched for yet."""
    made = RequestContext.__new__(RequestContext)
    made.request_id = request_id
    made.global_request_id = global_request_id
    return made


@functools.lru_cache(maxsize=8)
def _values_of_anonymous(user_idt_format: str) -> dict[str, Any]:
    """Return what a record shows of a context without an identity.

    :param user_idt_format: of the class, which a service may change
    """
    values: dict[str, Any] = super(
        RequestContext, anonymous('-')
    ).get_logging_values()
    return values


class _Store:
    """Stands in for oslo.context's thread-local of the current context."""

    def __init__(self, before: Any) -> None:
        self._before = before

    @property
    def context(self) -> Any:
        found = CURRENT.get()
        if type(found) is dict and keys.CLOSED not in found:
            return of(found)
        if found is None or type(found) is dict:
            # Whatever the service had stored before errorkit was set up.
            return self._before.context
        return found

    @context.setter
    def context(self, value: Any) -> None:
        before = CURRENT.get()
        if before is not None:
            _hand_over(before, value)
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
        if keys.HTTP_TRACEPARENT in environ:
            trail_of(environ)
    return found


def trail_of(environ: WSGIEnvironment) -> Trail:
    """Return the trail of a request, made of its headers by now."""
    context = of(environ)
    return trail.found(context) or trail.attached(
        context,
        Trail(
            environ.get(keys.HTTP_TRACEPARENT),
            environ.get(keys.HTTP_TRACESTATE),
        ),
    )


def current_trail() -> Trail | None:
    """Return the trail of the request being handled here, or None."""
    held = CURRENT.get()
    if type(held) is dict and keys.CLOSED not in held:
        return trail_of(held)
    context = current()
    if context is None:
        return None
    return trail.found(context) or trail.attached(context, Trail())


def downstream_request_ids(context: Any = None) -> tuple[str, ...]:
    """Return the ids that the services a request has called answered with.

    :param context: a context of any class; None for the current one
    :returns: the last 50, oldest first
    """
    if context is None:
        context = current()
    held = trail.found(context)
    return held.ids if held is not None else ()


def _hand_over(before: Any, context: Any) -> None:
    """Let a service's own context go on with the trail of its request.

    :param before: what was current until now, an environ or a context
    :param context: what a service makes current
    """
    try:
        if type(before) is dict:
            if (
                keys.CLOSED not in before
                and context.request_id == before[keys.REQUEST_ID]
            ):
                trail.attached(context, trail_of(before))
            return
        held = trail.found(before)
        if held is not None and context.request_id == before.request_id:
            trail.attached(context, held)
    except Exception:  # of anybody's object: it only goes without
        return


def streamed(
    body: Iterable[bytes], environ: WSGIEnvironment, ends: bool
) -> _wsgi.Body:
    """Return a body that streams in the context of its request.

    In the one the application has left current, where that is of the same
    request.

    :param ends: the request ends with this body
    """
    if not isinstance(body, _wsgi.Body):
        body = _wsgi.Body(body)
    left = CURRENT.get()
    if left is not environ and (
        getattr(left, 'request_id', None) == environ[keys.REQUEST_ID]
    ):
        environ[keys.CONTEXT] = left
    body.scope = CURRENT, environ
    body.ends = body.ends or ends
    return body


for _name, _value in _default_attributes().items():
    setattr(RequestContext, _name, _value)
