# SPDX-License-Identifier: Apache-2.0
"""Whose global request id is accepted: the ``trust`` option, read."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from errorkit import _paste
from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def predicate(trust: Any) -> Callable[[WSGIEnvironment], object] | None:
    """Turn the option into a question; None stands for a yes to all."""
    if trust == 'all':
        return None
    if trust == 'service_token':
        return bool
    if callable(trust):
        return trust  # type: ignore[no-any-return] # the caller's predicate
    networks = [trust] if isinstance(trust, str) else trust
    try:
        listed = [ipaddress.ip_network(one) for one in networks]
    except (TypeError, ValueError) as exc:
        raise ConfigError(
            'errorkit#request_id',
            'trust',
            trust,
            'allowed: all, service_token, networks such as 10.0.0.0/8, or a '
            'function of environ',
        ) from exc

    def trusted(environ: WSGIEnvironment) -> bool:
        try:
            address = ipaddress.ip_address(environ.get('REMOTE_ADDR', ''))
        except ValueError:
            return False
        # A socket of both families calls an IPv4 client ::ffff:192.0.2.1.
        mapped = getattr(address, 'ipv4_mapped', None) or address
        return any(
            address in network or mapped in network for network in listed
        )

    return trusted


def trust_option(value: str) -> Any:
    """Read the paste form of ``trust``: words, networks or module:name."""
    words = _paste.words(value)
    if len(words) == 1 and words[0] in ('all', 'service_token'):
        return words[0]
    try:
        for word in words:
            ipaddress.ip_network(word)
    except ValueError:
        try:
            return _paste.loaded(value)
        except ValueError as exc:
            raise ValueError(
                'allowed: all, service_token, networks such as 10.0.0.0/8, '
                f'or module:name; {exc}'
            ) from exc
    return words
