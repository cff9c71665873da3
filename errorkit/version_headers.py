# SPDX-License-Identifier: Apache-2.0
"""The microversion on a response: its headers, and what the Vary names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from errorkit import _headers, keys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_Own = tuple[tuple[str, str], ...]

#: How many spellings of other headers' names are remembered.
_MAX_NAMES = 1000


class VersionHeaders:
    """Puts the version into a response's headers.

    :param service_type: the first word of the header
    :param legacy: older headers that hold a bare version
    """

    def __init__(self, service_type: str, legacy: Iterable[str]) -> None:
        self._service_type = service_type
        self._names = (keys.VERSION_HEADER, *legacy)
        self._vary = ', '.join(self._names)
        self._ours = frozenset(
            [name.lower() for name in self._names] + ['vary']
        )
        #: Names of headers, as spelled, that are none of ours.
        self.harmless: set[str] = set()

    def own(self, version: str) -> _Own:
        """Return our headers alone."""
        named = [(keys.VERSION_HEADER, f'{self._service_type} {version}')]
        named += [(name, version) for name in self._names[1:]]
        return (*named, ('Vary', self._vary))

    def concerns(self, name: str) -> bool:
        """Tell whether a header of the application is one we set."""
        if name.lower() in self._ours:
            return True
        if len(self.harmless) < _MAX_NAMES:
            self.harmless.add(name)
        return False

    def merged(
        self,
        headers: _headers.Headers,
        ours: _Own,
        environ: WSGIEnvironment,
    ) -> _headers.Headers:
        """Put our headers in the place of an inner layer's; merge the Vary.

        :param headers: not changed
        :param ours: of this response, as ``own`` returned them
        :param environ: of the request
        """
        if ours[0] in headers and (
            keys.ANSWERED in environ or self._is_complete(headers, ours)
        ):
            return headers  # an error of ours, or an inner one of us
        mine = {name.lower() for name in self._names}
        kept = [
            item
            for item in headers
            if item[0].lower() not in mine or self._is_others(*item, environ)
        ]
        return [*ours[:-1], *_headers.with_vary(kept, *self._names)]

    def _is_others(
        self, name: str, value: str, environ: WSGIEnvironment
    ) -> bool:
        """Tell whether a version is that of a service mounted inside."""
        other = value.partition(' ')[0]
        return (
            name.lower() == keys.VERSION_HEADER.lower()
            and other != self._service_type
            and keys.microversion(other) in environ
        )

    def _is_complete(
        self, headers: _headers.Headers, ours: _Own
    ) -> bool:
        """Tell whether each of ours is there once, as we would say it."""
        said = [item for item in headers if item[0].lower() in self._ours]
        varies = [value for name, value in said if name.lower() == 'vary']
        if sorted(said) != sorted([*ours[:-1], ('Vary', *varies)]):
            return False
        named = {item.strip().lower() for item in varies[0].split(',')}
        return '*' in named or named >= {
            name.lower() for name in self._names
        }
