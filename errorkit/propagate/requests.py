# SPDX-License-Identifier: Apache-2.0
"""The ids on calls of ``requests``: an adapter around each mounted one.

A session calls its adapter for each hop of a redirect, so each is judged by
its own host. The ids go on a copy of the request: the session makes the next
hop of the original, which has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter

from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from errorkit.propagate import Propagation
    from errorkit.propagate.calls import Call


class PropagatingAdapter(BaseAdapter):
    """An adapter that adds the ids and hands the request to another.

    :param inner: sends the requests
    :param propagation: knows the hosts
    """

    def __init__(self, inner: BaseAdapter, propagation: Propagation) -> None:
        super().__init__()
        self.inner = inner
        self.propagation = propagation

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send a request, with the ids where its host is listed."""
        call = self.propagation.call(request.method or '', request.url or '')
        if call is None:
            return self.inner.send(request, *args, **kwargs)
        added = call.headers(request.headers)
        if added:
            request = request.copy()
            request.headers.update(added)
        response = self.inner.send(request, *args, **kwargs)
        self.answered(call, response)
        return response

    def answered(self, call: Call, response: requests.Response) -> None:
        """Note what a listed host has answered."""
        call.note(response.headers)

    def close(self) -> None:
        """Close the adapter inside."""
        self.inner.close()

    def __getattr__(self, name: str) -> Any:
        # poolmanager, max_retries, ...: what is asked of an HTTPAdapter.
        if name == 'inner' or name.startswith('__'):
            raise AttributeError(name)  # not made yet, as in unpickling
        return getattr(self.inner, name)


def install(
    propagation: Propagation,
    session: requests.Session | None,
    kind: type[PropagatingAdapter] = PropagatingAdapter,
) -> requests.Session:
    """Put an adapter around each one of a session.

    :param propagation: knows the hosts
    :param session: None makes a new one
    :param kind: the class of the adapter
    :raises ConfigError: it is no session
    """
    if session is None:
        session = requests.Session()
    if not isinstance(session, requests.Session):
        raise ConfigError(
            'errorkit.propagate',
            'session',
            session,
            'allowed: a requests.Session, or None',
        )
    for prefix, adapter in session.adapters.items():
        if not is_inside(propagation, adapter):
            session.adapters[prefix] = kind(adapter, propagation)
    return session


def is_inside(propagation: Propagation, adapter: Any) -> bool:
    """Tell whether an adapter works for a propagation already."""
    while isinstance(adapter, PropagatingAdapter):
        if adapter.propagation is propagation:
            return True
        adapter = adapter.inner
    return False
