# SPDX-License-Identifier: Apache-2.0
"""Hosts: to whom our ids may go, as the operator has listed them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from errorkit.exceptions import ConfigError

#: What a client calls: a scheme, a host without brackets, a port or None.
Place = tuple[str, str, int | None]

_PORTS = {'http': 80, 'https': 443}
_NAME = '[a-z0-9_](?:[a-z0-9_-]{0,62})(?:[.][a-z0-9_-]{1,63}){0,126}'
_PATTERN = re.compile(
    r'(?P<suffix>[*]?[.])?'
    rf'(?:(?P<name>{_NAME})|\[(?P<six>[0-9a-f:.]{{2,45}})\])'
    r'(?::(?P<port>[0-9]{1,5}))?'
)
_BARE_SIX = re.compile('[0-9a-f.]{0,4}(?::[0-9a-f.]{0,15}){2,8}')
# Where two readers of a URL could see two hosts, none is seen: a backslash,
# a control character or a second @ ends the match.
_URL = re.compile(
    r'(?P<scheme>https?)://'
    r'(?:[^/?#@\\\x00-\x20\x7f]{0,1024}@)?'
    rf'(?:(?P<name>{_NAME})[.]?|\[(?P<six>[0-9a-f:.]{{2,45}})\])'
    r'(?::(?P<port>[0-9]{1,5}))?'
    r'(?=[/?#]|\Z)',
    re.IGNORECASE,
)


def place_of(url: str) -> Place | None:
    """Return whom a URL calls, None where that is not beyond doubt."""
    found = _URL.match(url)
    if found is None:
        return None
    port = found['port']
    host = found['name'] or found['six']
    return found['scheme'].lower(), host, int(port) if port else None


class Hosts:
    """The listed hosts, each with the name of its service.

    :param allow: ``nova.internal``, ``nova.internal:8774``, ``[::1]:8774``;
        ``.svc.example`` or ``*.svc.example`` for every name below that one;
        or a mapping from such patterns to the names of services
    :raises ConfigError: an entry is none of these
    """

    def __init__(
        self, allow: str | Iterable[str] | Mapping[str, str | None]
    ) -> None:
        self._hosts: dict[tuple[str, int | None], str | None] = {}
        self._suffixes: list[tuple[str, int | None, str | None]] = []
        if isinstance(allow, str):
            allow = [allow]
        services = allow if isinstance(allow, Mapping) else {}
        try:
            patterns = list(allow)
        except TypeError as exc:
            raise _bad(allow) from exc
        for pattern in patterns:
            self._add(pattern, services.get(pattern))

    def _add(self, pattern: Any, service: Any) -> None:
        if type(pattern) is not str or not (
            service is None or (type(service) is str and service)
        ):
            raise _bad(pattern if service is None else {pattern: service})
        lowered = pattern.lower()
        if _BARE_SIX.fullmatch(lowered):
            lowered = f'[{lowered}]'
        found = _PATTERN.fullmatch(lowered)
        if found is None or (found['suffix'] and found['six']):
            raise _bad(pattern)
        port = int(found['port']) if found['port'] else None
        if port is not None and not 0 < port < 65536:
            raise _bad(pattern)
        if found['suffix']:
            self._suffixes.append((f'.{found["name"]}', port, service))
        else:
            host = _one_form(found['name'] or found['six'])
            if host is None:
                raise _bad(pattern)
            self._hosts[host, port] = service

    def service_at(self, place: Place) -> str | None:
        """Return the name of the service at a place, None if not listed.

        :returns: the host's own where the operator has given none
        """
        scheme, named, port = place
        host = _one_form(named.lower().strip('[]').removesuffix('.'))
        if host is None:
            return None
        if port is None:
            port = _PORTS.get(scheme)
        for key in ((host, port), (host, None)):
            if key in self._hosts:
                return self._hosts[key] or host
        for suffix, wanted, service in self._suffixes:
            if host.endswith(suffix) and wanted in (None, port):
                return service or host
        return None


def _one_form(host: str) -> str | None:
    """Return a host as it is compared: an IPv6 address has many forms."""
    if ':' not in host:
        return host
    try:
        return ipaddress.IPv6Address(host).compressed
    except ValueError:
        return None


def _bad(value: object) -> ConfigError:
    return ConfigError(
        'errorkit.propagate',
        'allow',
        value,
        'allowed: names of hosts, .suffix, *.suffix, each maybe with :port',
    )
