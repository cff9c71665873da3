# SPDX-License-Identifier: Apache-2.0
"""The current request's oslo.context, per thread, greenlet and task.

oslo.context keeps its current context in a thread-local, which two coroutines
or two interleaved bodies of one thread share. Here the same functions read a
contextvar. What it holds is a request's environ, and an anonymous context is
made of that when somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oslo_context import context as oslo_context

from errorkit import keys, trail
from errorkit._wsgi.body import Body
from errorkit.request_context import CURRENT, anonymous
from errorkit.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIEnvironment


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
) -> Body:
    """Return a body that streams in the context of its request.

    In the one the application has left current, where that is of the same
    request.

    :param ends: the request ends with this body
    """
    if not isinstance(body, Body):
        body = Body(body)
    left = CURRENT.get()
    if left is not environ and (
        getattr(left, 'request_id', None) == environ[keys.REQUEST_ID]
    ):
        environ[keys.CONTEXT] = left
    body.scope = CURRENT, environ
    body.ends = body.ends or ends
    return body
