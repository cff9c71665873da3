# SPDX-License-Identifier: Apache-2.0
"""Context: who asks, once the auth layer has found out; and wrap().

It stands inside the auth layer and believes it alone: no header of the
client's becomes an identity by itself.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from oslo_context import context as oslo_context

from errorkit import _paste, keys
from errorkit.current import (
    current,
    downstream_request_ids,
    install,
    of,
    streamed,
    trail_of,
)
from errorkit.exceptions import ConfigError
from errorkit.request_context import CURRENT, RequestContext, anonymous

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

__all__ = [
    'Context',
    'RequestContext',
    'current',
    'downstream_request_ids',
    'wrap',
]

LOG = logging.getLogger('errorkit.context')

P = ParamSpec('P')
R = TypeVar('R')

#: What ``RequestContext.from_environ`` reads of a request's identity.
IDENTITY = (
    'HTTP_X_USER_ID',
    'HTTP_X_PROJECT_ID',
    'HTTP_X_ROLES',
    'HTTP_X_USER_NAME',
    'HTTP_X_PROJECT_NAME',
    'HTTP_X_USER_DOMAIN_ID',
    'HTTP_X_USER_DOMAIN_NAME',
    'HTTP_X_PROJECT_DOMAIN_ID',
    'HTTP_X_PROJECT_DOMAIN_NAME',
    'HTTP_X_DOMAIN_ID',
    'HTTP_X_DOMAIN_NAME',
    'HTTP_OPENSTACK_SYSTEM_SCOPE',
    'HTTP_X_IS_ADMIN_PROJECT',
    'HTTP_X_SERVICE_USER_ID',
    'HTTP_X_SERVICE_USER_NAME',
    'HTTP_X_SERVICE_USER_DOMAIN_ID',
    'HTTP_X_SERVICE_USER_DOMAIN_NAME',
    'HTTP_X_SERVICE_PROJECT_ID',
    'HTTP_X_SERVICE_PROJECT_NAME',
    'HTTP_X_SERVICE_PROJECT_DOMAIN_ID',
    'HTTP_X_SERVICE_PROJECT_DOMAIN_NAME',
    'HTTP_X_SERVICE_ROLES',
    'HTTP_X_USER',
    'HTTP_X_ROLE',
    'HTTP_X_TENANT',
    'HTTP_X_TENANT_ID',
    'HTTP_X_TENANT_NAME',
)
#: The client's own proof of it, kept where an identity was established.
_TOKENS = (
    'HTTP_X_AUTH_TOKEN',
    'HTTP_X_STORAGE_TOKEN',
    'HTTP_X_SERVICE_TOKEN',
)

# Bound once: the success path of every request runs through here.
_REQUEST_ID = keys.REQUEST_ID
_CONTEXT = keys.CONTEXT
_CLAIMS = keys.CLAIMS
_HTTP_TRACEPARENT = keys.HTTP_TRACEPARENT
_TOKEN_AUTH, _TOKEN_INFO = keys.KEYSTONE_MARKS


def wrap(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that runs in the context of now, on any thread.

    ``executor.submit(errorkit.context.wrap(work), …)`` gives the work the
    ids and the user of the request that submits it.

    :param function: a plain or an ``async def`` function
    """
    carried = current()
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            before = CURRENT.get()
            CURRENT.set(carried)
            try:
                return await function(*args, **kwargs)
            finally:
                CURRENT.set(before)

        return run_async  # type: ignore[return-value] # R is its coroutine

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        before = CURRENT.get()
        CURRENT.set(carried)
        try:
            return function(*args, **kwargs)
        finally:
            CURRENT.set(before)

    return run


class Context:
    """WSGI middleware: the context gets what the auth layer found out.

    It belongs inside the auth layer. An identity is believed when an auth
    layer put it into environ: when keystonemiddleware's auth_token left its
    own mark there, or when a layer between ``FaultWrapper``, which notes what
    the client sent, and here has set headers that the client had not sent
    like that. A client's own ``X-User-Id``, ``X-Project-Id`` or ``X-Roles``
    is never an identity.

    :param application: the wrapped WSGI application
    :param auth: None as above; ``outside`` when a layer outside errorkit
        authenticates and sets or removes every identity header; ``noauth``
        to believe the client, which is logged as a WARNING
    :param context_class: a class with ``from_environ``, such as the
        service's own subclass of ``oslo_context.context.RequestContext``
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        auth: str | None = None,
        context_class: type[oslo_context.RequestContext] | None = None,
    ) -> None:
        if auth not in (None, 'outside', 'noauth'):
            raise ConfigError(
                'errorkit#context', 'auth', auth, 'allowed: outside, noauth'
            )
        if context_class is not None and not hasattr(
            context_class, 'from_environ'
        ):
            raise ConfigError(
                'errorkit#context',
                'context_class',
                context_class,
                'allowed: a class with from_environ',
            )
        self.application = application
        self._believes = auth is not None
        self._context_class = context_class
        install()
        if auth == 'noauth':
            LOG.warning(
                'auth = noauth: every client is whoever its own headers say'
            )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        alone = _REQUEST_ID not in environ
        if alone:
            environ[_REQUEST_ID] = oslo_context.generate_request_id()
        source: dict[str, Any] = {}
        if (
            self._believes
            or _CLAIMS in environ
            or _TOKEN_AUTH in environ
            or _TOKEN_INFO in environ
        ):
            source = self._established(environ)
        if source and keys.PENDING_GLOBAL_ID in environ:
            _vouch(environ, source)
        if self._context_class is not None:
            environ[_CONTEXT] = self._made(environ, source)
        elif source:
            of(environ).identify(source)
        elif _CONTEXT not in environ:
            environ[_CONTEXT] = anonymous(
                environ[_REQUEST_ID], environ.get(keys.GLOBAL_REQUEST_ID)
            )
        if _HTTP_TRACEPARENT in environ:
            # Now, since the context may leave this thread and its environ.
            trail_of(environ)
        if CURRENT.get() is environ:
            return self.application(environ, start_response)
        token = CURRENT.set(environ)
        try:
            body = self.application(environ, start_response)
            if not alone or type(body) is list or type(body) is tuple:
                return body
            return streamed(body, environ, ends=True)
        finally:
            CURRENT.reset(token)

    def _established(self, environ: WSGIEnvironment) -> dict[str, Any]:
        """Return the environ entries that make up a believed identity."""
        if self._believes or _TOKEN_AUTH in environ or _TOKEN_INFO in environ:
            return environ
        # What an auth layer has put there is another object than what the
        # client sent, even where it is equal; what it left is the same one.
        # And one at least has another value: a layer that only decodes or
        # copies what the client sent vouches for nobody.
        claimed = environ[keys.CLAIMS]
        source = {
            key: environ[key]
            for key in IDENTITY
            if key in environ and environ[key] is not claimed.get(key)
        }
        if all(claimed.get(key) == value for key, value in source.items()):
            return {}
        for key in _TOKENS:
            if key in environ:
                source[key] = environ[key]
        return source

    def _made(self, environ: WSGIEnvironment, source: dict[str, Any]) -> Any:
        """Return a context of the service's own class."""
        # It may read more of environ than the identity.
        assert self._context_class is not None
        seen = {
            key: value
            for key, value in environ.items()
            if key not in _IDENTITY_KEYS
        }
        seen.update(source)
        token = CURRENT.set(environ)
        try:
            return self._context_class.from_environ(seen)
        finally:
            CURRENT.reset(token)


_IDENTITY_KEYS = frozenset(IDENTITY + _TOKENS)


def _vouch(environ: WSGIEnvironment, source: dict[str, Any]) -> None:
    """Accept a global id that waited for a service token to be validated."""
    pending = environ.pop(keys.PENDING_GLOBAL_ID)
    if source.get(keys.SERVICE_ROLES):
        environ[keys.GLOBAL_REQUEST_ID] = pending
        environ[keys.HTTP_REQUEST_ID] = pending
        of(environ).global_request_id = pending


paste_filter = _paste.filter_factory(
    'context',
    Context,
    {'auth': _paste.text, 'context_class': _paste.loaded},
)
