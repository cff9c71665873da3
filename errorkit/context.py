# SPDX-License-Identifier: Apache-2.0
"""The request's oslo.context: who asks, under which ids, and for how long.

oslo.context keeps its current context in a thread-local, which two coroutines
or two interleaved bodies of one thread share. Here the same functions read a
contextvar: every thread, greenlet and task has its own.

``RequestContext`` is read from environ at once but put together only when
somebody looks at it; a request that nobody logs never pays for it.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from oslo_context import context as oslo_context

from errorkit import _paste, _wsgi, keys
from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

LOG = logging.getLogger('errorkit.context')

P = ParamSpec('P')
R = TypeVar('R')

CURRENT: contextvars.ContextVar[Any] = contextvars.ContextVar(
    'errorkit.context', default=None
)

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
_TOKEN_AUTH, _TOKEN_INFO = keys.KEYSTONE_MARKS

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


def restore(environ: WSGIEnvironment) -> None:
    """Make a request's own context current again.

    An application may have made another one current, whose ids are not those
    of the request.
    """
    if keys.REQUEST_ID in environ:
        CURRENT.set(environ)


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


class Context:
    """WSGI middleware: the context gets what the auth layer found out.

    It belongs inside the auth layer. An identity is believed when an auth
    layer put it into environ: when keystonemiddleware's auth_token left its
    own mark there, or when a header differs from what the client had sent
    (``FaultWrapper``, outside the auth layer, notes that). A client's own
    ``X-User-Id``, ``X-Project-Id`` or ``X-Roles`` is never an identity.

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
        if CURRENT.get() is environ:
            return self.application(environ, start_response)
        token = CURRENT.set(environ)
        try:
            body = self.application(environ, start_response)
            if not alone or type(body) is list or type(body) is tuple:
                return body
            return streamed(body, environ)
        finally:
            CURRENT.reset(token)

    def _established(self, environ: WSGIEnvironment) -> dict[str, Any]:
        """Return the environ entries that make up a believed identity."""
        claimed: dict[str, Any] = {}
        if not (
            self._believes or _TOKEN_AUTH in environ or _TOKEN_INFO in environ
        ):
            claimed = environ[keys.CLAIMS]
        source = {
            key: environ[key]
            for key in IDENTITY
            if key in environ and environ[key] != claimed.get(key)
        }
        if source:
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
