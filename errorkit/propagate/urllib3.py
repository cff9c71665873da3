# SPDX-License-Identifier: Apache-2.0
"""The ids on calls of ``urllib3``: the pools that a manager makes.

A manager follows redirects itself, with the headers it was given, and asks a
pool of the new host: each hop is judged by its own. The ids go on a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import urllib3

from errorkit.exceptions import ConfigError
from errorkit.propagate import hosts

if TYPE_CHECKING:
    from errorkit.propagate import Propagation


class _Sent(urllib3.HTTPHeaderDict):
    """Headers that have been looked at: a pool retries with the same ones."""


class _Propagating:
    """What a pool does more; stands before the pool's own class."""

    propagation: Propagation

    def urlopen(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Send a request, with the ids where the host is listed."""
        inner: Any = super()
        call = None
        if not isinstance(headers, _Sent):
            full, place = _target(self, url)
            call = self.propagation.call(method, full, place)
        if call is None:
            return inner.urlopen(method, url, body, headers, *args, **kwargs)
        pool: Any = self
        sent = _Sent(pool.headers if headers is None else headers)
        for name, value in call.headers(sent).items():
            sent[name] = value
        response = inner.urlopen(method, url, body, sent, *args, **kwargs)
        call.note(response.headers)
        return response


def _target(pool: Any, url: str) -> tuple[str, hosts.Place | None]:
    """Return the whole URL and whom it calls."""
    if pool.proxy is not None and not url.startswith('/'):
        # The pool is the proxy's; it is told the whole URL.
        return url, hosts.place_of(url)
    host = f'[{pool.host}]' if ':' in pool.host else pool.host
    port = f':{pool.port}' if pool.port else ''
    place = (pool.scheme, pool.host, pool.port)
    return f'{pool.scheme}://{host}{port}{url}', place


def install(propagation: Propagation, manager: Any) -> Any:
    """Have a manager make pools that send the ids.

    :param propagation: knows the hosts
    :param manager: an ``urllib3.PoolManager``
    :raises ConfigError: it is none
    """
    if not isinstance(manager, urllib3.PoolManager):
        raise ConfigError(
            'errorkit.propagate',
            'pool',
            manager,
            'allowed: an urllib3.PoolManager or ProxyManager',
        )
    kinds: dict[str, Any] = {}
    for scheme, kind in manager.pool_classes_by_scheme.items():
        if any(
            vars(base).get('propagation') is propagation
            for base in kind.__mro__
        ):
            return manager
        kinds[scheme] = type(
            kind.__name__, (_Propagating, kind), {'propagation': propagation}
        )
    manager.pool_classes_by_scheme = kinds
    manager.clear()
    return manager
