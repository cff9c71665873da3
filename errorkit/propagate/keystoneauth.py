# SPDX-License-Identifier: Apache-2.0
"""The ids on calls of ``keystoneauth1``: the session under its session.

keystoneauth follows redirects itself, and there makes the local id that one
service has answered with the global id of the next request. That would break
the chain and give an id to whatever host it is sent to: it is put right.
"""

from __future__ import annotations

import contextvars
import functools
import logging
from typing import TYPE_CHECKING, Any

import requests
from keystoneauth1 import session as keystone_session

from errorkit import keys
from errorkit.exceptions import ConfigError
from errorkit.propagate import requests as of_requests

if TYPE_CHECKING:
    from errorkit.propagate import Propagation
    from errorkit.propagate.calls import Call

_LOGGER = 'keystoneauth.session'
_SPLIT_LOGGER = 'keystoneauth.session.request-id'
#: Of adapters around adapters around a session.
_MAX_DEPTH = 8


class _Asked:
    """What one ``Session.request`` is about."""

    def __init__(self, service: str | None, said: bool) -> None:
        self.service = service
        self.said = said
        self.redirected: str | None = None


_ASKED: contextvars.ContextVar[_Asked | None] = contextvars.ContextVar(
    'errorkit.propagate.keystoneauth', default=None
)


class _Adapter(of_requests.PropagatingAdapter):
    """The same, knowing what keystoneauth does around it."""

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        asked = _ASKED.get()
        if asked is not None and asked.redirected is not None:
            name = keys.REQUEST_ID_HEADER
            if request.headers.get(name) == asked.redirected:
                # Not the caller's: it is the last hop's answer.
                request = request.copy()
                del request.headers[name]
        response = super().send(request, *args, **kwargs)
        if asked is not None:
            # As keystoneauth reads it, whatever stands there.
            asked.redirected = response.headers.get(keys.REQUEST_ID_HEADER)
        return response

    def answered(self, call: Call, response: requests.Response) -> None:
        asked = _ASKED.get()
        if asked is None:
            call.note(response.headers)
        else:
            call.note(response.headers, asked.said, asked.service)


def install(propagation: Propagation, session: Any) -> Any:
    """Have a session of keystoneauth send the ids.

    :param propagation: knows the hosts
    :param session: a ``Session``, or an ``Adapter``
    :raises ConfigError: it is neither
    """
    found = _session_of(session)
    if found is None:
        raise ConfigError(
            'errorkit.propagate',
            'session',
            session,
            'allowed: a keystoneauth1 Session or Adapter',
        )
    of_requests.install(propagation, found.session, _Adapter)
    inner = found.request
    if not hasattr(inner, 'errorkit_propagates'):

        @functools.wraps(inner)
        def request(*args: Any, **kwargs: Any) -> Any:
            asked = _Asked(_service(kwargs), _is_said(found, kwargs))
            token = _ASKED.set(asked)
            try:
                return inner(*args, **kwargs)
            finally:
                _ASKED.reset(token)

        request.errorkit_propagates = True  # type: ignore[attr-defined] # a mark of ours
        found.request = request  # type: ignore[method-assign] # of this one
    return session


def _session_of(given: Any) -> keystone_session.Session | None:
    """Return the session that an object is, or has."""
    # A mock has a session that has a session, and so on.
    for _ in range(_MAX_DEPTH):
        if isinstance(given, keystone_session.Session):
            return given
        try:
            given = getattr(given, 'session', None)
        except Exception:  # of a foreign object
            return None
    return None


def _service(kwargs: dict[str, Any]) -> str | None:
    """Return the name keystoneauth itself would log, or None."""
    wanted = kwargs.get('endpoint_filter')
    if not isinstance(wanted, dict):
        return None
    name = wanted.get('service_name') or wanted.get('service_type')
    return name if type(name) is str else None


def _is_said(session: Any, kwargs: dict[str, Any]) -> bool:
    """Tell whether keystoneauth will log the answer's id by itself."""
    if not kwargs.get('log', True):
        return False
    split = kwargs.get('split_loggers')
    if split is None:
        split = getattr(session, '_split_loggers', None)
    logger = logging.getLogger(_SPLIT_LOGGER)
    if not split:
        logger = kwargs.get('logger') or logging.getLogger(_LOGGER)
    return bool(logger.isEnabledFor(logging.DEBUG))
