# SPDX-License-Identifier: Apache-2.0
"""The local id on a response: its headers, and what CORS has to expose."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from errorkit import _headers, keys, log

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LOG = logging.getLogger('errorkit.request_id')

_ALLOW_ORIGIN = 'access-control-allow-origin'
_EXPOSE = 'access-control-expose-headers'
#: How many spellings of other headers' names are remembered.
_MAX_NAMES = 500


class IdHeaders:
    """Puts the local id into a response's headers.

    :param compat: further headers that carry it
    :param gate: the environ key of the microversion, and the version from
        which on the standard header is sent; None: always
    :param expose: add the headers to ``Access-Control-Expose-Headers`` where
        a response has CORS headers
    """

    def __init__(
        self,
        compat: Iterable[str],
        gate: tuple[str, tuple[int, int]] | None,
        expose: bool,
    ) -> None:
        standard = keys.REQUEST_ID_HEADER
        named = {name.lower(): name for name in compat}
        named.pop(standard.lower(), None)
        self._compat = tuple(named.values())
        self._names = (standard, *self._compat)
        self._ours = frozenset(name.lower() for name in self._names)
        self._gate = gate
        self._expose = expose
        #: The usual case: one header, whatever the version.
        self.is_single = gate is None and not self._compat
        #: Names of headers, as spelled, that are neither ours nor CORS'.
        self.harmless: set[str] = set()

    def concerns(self, name: str) -> bool:
        """Tell whether a header is ours or makes the response a CORS one."""
        if name.lower() in self._ours or name.lower() == _ALLOW_ORIGIN:
            return True
        if len(self.harmless) < _MAX_NAMES:
            self.harmless.add(name)
        return False

    def own(
        self, request_id: str, environ: WSGIEnvironment
    ) -> _headers.Headers:
        """Return our headers alone."""
        names = self._names
        if self._gate is not None:
            key, minimum = self._gate
            version = environ.get(key)
            if version is None or version < minimum:
                names = self._compat
        return [(name, request_id) for name in names]

    def merged(
        self,
        headers: _headers.Headers,
        request_id: str,
        environ: WSGIEnvironment,
    ) -> _headers.Headers:
        """Put our headers in the place of an inner layer's; expose them."""
        ours = self.own(request_id, environ)
        kept = []
        exposed: list[str] = []
        cors = False
        for name, value in headers:
            lowered = name.lower()
            if lowered in self._ours:
                if value != request_id:
                    log.say(
                        LOG,
                        logging.INFO,
                        'an inner layer answered with request id %s',
                        ascii(value[:64])[:64],
                    )
                continue
            cors = cors or lowered == _ALLOW_ORIGIN
            if self._expose and lowered == _EXPOSE:
                exposed.append(value)
            else:
                kept.append((name, value))
        if self._expose and (cors or exposed):
            listed = {
                item.strip().lower()
                for value in exposed
                for item in value.split(',')
            }
            if '*' not in listed:
                exposed += [
                    name for name, _ in ours if name.lower() not in listed
                ]
            kept.append(('Access-Control-Expose-Headers', ', '.join(exposed)))
        return kept + ours
