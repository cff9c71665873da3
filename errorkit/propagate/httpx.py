# SPDX-License-Identifier: Apache-2.0
"""The ids on calls of ``httpx``: event hooks of a client, sync or async.

A client runs its hooks for each hop of a redirect, whose request is made of
the one before: what we have put there is taken back first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from errorkit.propagate import Propagation
    from errorkit.propagate.calls import Call


class _Hooks:
    def __init__(self, propagation: Propagation) -> None:
        self.propagation = propagation
        # Where a request tells what of its headers is ours.
        self._mark = f'errorkit.propagate.{id(propagation)}'

    def _call(self, request: httpx.Request) -> Call | None:
        url = request.url
        try:
            host = url.raw_host.decode('ascii')
            place = (url.scheme, host, url.port)
            return self.propagation.call(request.method, str(url), place)
        except Exception:  # of a URL that is httpx' to complain of
            return None

    def before(self, request: httpx.Request) -> None:
        """Put the ids on a request whose host is listed."""
        self._take_back(request)
        call = self._call(request)
        if call is not None:
            added = call.headers(request.headers)
            request.headers.update(added)
            request.extensions = {**request.extensions, self._mark: added}

    def after(self, response: httpx.Response) -> None:
        """Note what a listed host has answered."""
        call = self._call(response.request)
        if call is not None:
            call.note(response.headers)
        if response.has_redirect_location:
            self._take_back(response.request)

    def _take_back(self, request: httpx.Request) -> None:
        added: Any = request.extensions.get(self._mark)
        for name, value in (added or {}).items():
            if request.headers.get(name) == value:
                del request.headers[name]


class _AsyncHooks(_Hooks):
    async def before_async(self, request: httpx.Request) -> None:
        self.before(request)

    async def after_async(self, response: httpx.Response) -> None:
        self.after(response)


def install(propagation: Propagation, client: Any) -> Any:
    """Hook into a client.

    :param propagation: knows the hosts
    :param client: an ``httpx.Client`` or ``httpx.AsyncClient``
    :raises ConfigError: it is neither
    """
    hooks: _Hooks
    before: Any
    after: Any
    if isinstance(client, httpx.AsyncClient):
        hooks = asynchronous = _AsyncHooks(propagation)
        before, after = asynchronous.before_async, asynchronous.after_async
    elif isinstance(client, httpx.Client):
        hooks = _Hooks(propagation)
        before, after = hooks.before, hooks.after
    else:
        raise ConfigError(
            'errorkit.propagate',
            'client',
            client,
            'allowed: an httpx.Client or httpx.AsyncClient',
        )
    for hook in client.event_hooks['request']:
        there = getattr(hook, '__self__', None)
        if isinstance(there, _Hooks) and there.propagation is propagation:
            return client
    # Behind the service's own, which may set a header; and before it, since
    # a hook that raises for a status ends the list.
    client.event_hooks['request'].append(before)
    client.event_hooks['response'].insert(0, after)
    return client
