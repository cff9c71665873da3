# SPDX-License-Identifier: Apache-2.0
"""Propagation: the request's ids on outbound calls, to listed hosts alone.

::

    propagation = Propagation({'nova.internal:8774': 'compute'})
    session = propagation.requests(requests.Session())
    session.get('http://nova.internal:8774/v2.1/servers')

sends ``X-Openstack-Request-Id`` (the global id, the local one where there is
none) and the client's own ``traceparent``, and logs and keeps the id that
nova answers with. A host that is not listed gets nothing and is not looked
at, by a redirect neither.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from errorkit import log
from errorkit.exceptions import ConfigError
from errorkit.propagate import hosts
from errorkit.propagate.calls import Call

if TYPE_CHECKING:
    from httpx import AsyncClient
    from httpx import Client as SyncClient
    from requests import Session as RequestsSession
    from urllib3 import PoolManager

    Client = TypeVar('Client', SyncClient, AsyncClient)
    Pool = TypeVar('Pool', bound=PoolManager)
Session = TypeVar('Session')

__all__ = ['Propagation']

LOG = logging.getLogger('errorkit.propagate')


class Propagation:
    """Which hosts get the ids of a request, and the clients that send them.

    Each method changes the client it is given and returns it; doing it twice
    is doing it once. A header that the caller sets himself stays his.

    :param allow: the hosts, by default none: ``nova.internal``,
        ``nova.internal:8774``, ``[::1]:8774``; ``.svc.example`` or
        ``*.svc.example`` for every name below that one; or a mapping from
        these to names of services, for the log
    :param traceparent: pass the client's ``traceparent`` and ``tracestate``
        on, unchanged
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        allow: str | Iterable[str] | Mapping[str, str | None] = (),
        *,
        traceparent: bool = True,
    ) -> None:
        self._hosts = hosts.Hosts(allow)
        if type(traceparent) is not bool:
            raise ConfigError(
                'errorkit.propagate',
                'traceparent',
                traceparent,
                'allowed: True, False',
            )
        self._traces = traceparent

    def requests(
        self, session: RequestsSession | None = None
    ) -> RequestsSession:
        """Have a session of ``requests`` send the ids.

        :param session: with all its adapters mounted; None makes one
        :raises ConfigError: it is none
        """
        return _adapter('requests').install(self, session)  # type: ignore[no-any-return] # see _adapter

    def httpx(self, client: Client) -> Client:
        """Have a client of ``httpx`` send the ids, by its event hooks.

        :param client: an ``httpx.Client`` or ``httpx.AsyncClient``
        :raises ConfigError: it is neither
        """
        return _adapter('httpx').install(self, client)  # type: ignore[no-any-return] # see _adapter

    def urllib3(self, pool: Pool) -> Pool:
        """Have a pool manager of ``urllib3`` send the ids.

        :param pool: an ``urllib3.PoolManager`` or ``urllib3.ProxyManager``;
            its idle connections are closed
        :raises ConfigError: it is neither
        """
        return _adapter('urllib3').install(self, pool)  # type: ignore[no-any-return] # see _adapter

    def keystoneauth(self, session: Session) -> Session:
        """Have a session of ``keystoneauth1`` send the ids.

        :param session: a ``keystoneauth1.session.Session``, or an
            ``Adapter`` whose session is meant
        :raises ConfigError: it is neither
        """
        return _adapter('keystoneauth').install(self, session)  # type: ignore[no-any-return] # see _adapter

    def call(
        self, method: str, url: str, place: hosts.Place | None = None
    ) -> Call | None:
        """Return the call that a request is, None where it gets nothing.

        For an adapter of another client. Never raises.

        :param method: of the request
        :param url: of the request
        :param place: whom the client will really connect to, where it says
            so; otherwise read from the URL
        """
        try:
            if place is None:
                place = hosts.place_of(url)
            if place is None:
                return None
            service = self._hosts.service_at(place)
        except Exception as exc:  # of a client's odd objects
            log.say(LOG, logging.DEBUG, 'a call was not read', raised=exc)
            return None
        if service is None:
            return None
        return Call(method, service, url, self._traces)


def _adapter(library: str) -> Any:
    # Each one imports its library, which is the caller's and no extra.
    return importlib.import_module(f'{__name__}.{library}')
