# SPDX-License-Identifier: Apache-2.0
"""Microversion: the version a client asked for, and the headers that say so.

Parsing is microversion_parse's; what is ours is that every response carries
the version and the Vary, errors included, and what an error looks like. The
rules are those of the API-SIG microversion specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import microversion_parse

from errorkit import _headers, _paste, codes, keys
from errorkit._i18n import _
from errorkit.exceptions import ConfigError
from errorkit.formats.formatter import Formatter
from errorkit.version_headers import VersionHeaders
from errorkit.versions import expand, parse, pattern

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

#: A header longer than this is malformed.
_MAX_HEADER = 1024
#: How many spellings of valid headers are remembered.
_MAX_KNOWN = 1000

Version = microversion_parse.Version

_Reply = tuple[Version, tuple[tuple[str, str], ...]]

# Bound once: the success path of every request runs through here.
_HTTP_VERSION = keys.HTTP_VERSION
_VERSION_HEADERS = keys.VERSION_HEADERS


class Microversion:
    """WSGI middleware: ``environ['<service_type>.microversion']``.

    The value is a ``microversion_parse.Version``. A malformed version is
    answered with 400, an unsupported one with 406 whose error names the
    oldest and the newest. Every response gets ``OpenStack-API-Version`` and
    ``Vary``.

    :param application: the wrapped WSGI application
    :param service_type: such as ``volume``, the first word of the header
    :param versions: all supported versions, or a range such as ``1.0-1.39``
    :param legacy_headers: older headers that hold a bare version, such as
        ``X-OpenStack-Nova-API-Version``
    :param formatter: how errors are said; made from ``service_type`` if None
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        service_type: str,
        versions: str | Sequence[str],
        legacy_headers: str | Iterable[str] = (),
        formatter: Formatter | None = None,
    ) -> None:
        if not codes.is_valid_service_type(service_type):
            raise _bad('service_type', service_type, 'such as volume')
        try:
            self.versions = expand(versions)
        except (TypeError, ValueError) as exc:
            raise _bad(
                'versions', versions, f'a list or a range 1.0-1.39; {exc}'
            ) from exc
        if isinstance(legacy_headers, str):
            legacy_headers = [legacy_headers]
        legacy = list(legacy_headers)
        for name in legacy:
            if not _headers.is_name(name):
                raise _bad('legacy_headers', name, 'names of headers')
        self._legacy = [
            (name, 'HTTP_' + name.upper().replace('-', '_'))
            for name in legacy
        ]
        self.application = application
        self.service_type = service_type
        self._key = keys.microversion(service_type)
        self._formatter = formatter or Formatter(service_type)
        self._outbound = VersionHeaders(service_type, legacy)
        # At hand: the success path of every request runs through here.
        self._harmless = self._outbound.harmless
        self._concerns = self._outbound.concerns
        self._replies = {
            version: (self._version(version), self.headers(version))
            for version in self.versions
        }
        # Most requests say the same few things: from the header to the
        # version and the response's headers in one look.
        self._known: dict[str | None, _Reply] = {
            None: self._replies[self.versions[0]]
        }

    def headers(self, version: str) -> tuple[tuple[str, str], ...]:
        """Return the headers of a response of a version."""
        return self._outbound.own(version)

    def _version(self, version: str) -> Version:
        parsed = Version(*parse(version))
        parsed.min_version = parse(self.versions[0])
        parsed.max_version = parse(self.versions[-1])
        return parsed

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        asked = environ.get(_HTTP_VERSION)
        found = None
        if asked is not None or not self._legacy:
            found = self._known.get(asked)
        if found is None:
            try:
                found = self._look_up(environ, asked)
            except _WrongVersion as exc:
                return self._refused(exc, environ, start_response)
        environ[self._key], ours = found
        environ[_VERSION_HEADERS] = ours

        def start(
            status: str,
            headers: _headers.Headers,
            exc_info: OptExcInfo | None = None,
        ) -> _headers.Write:
            for name, _value in headers:
                if name not in self._harmless and self._concerns(name):
                    headers = self._outbound.merged(headers, ours, environ)
                    break
            else:
                headers = [*headers, *ours]
            if exc_info is None:
                return start_response(status, headers)
            try:
                return start_response(status, headers, exc_info)
            finally:
                exc_info = None  # PEP 3333: no circular reference

        return self.application(environ, start)

    def _look_up(
        self, environ: WSGIEnvironment, asked: str | None
    ) -> _Reply:
        """Parse the headers of a request.

        :raises _WrongVersion: malformed or not supported
        """
        if asked is not None:
            wanted = self._named(keys.VERSION_HEADER, asked, ())
            if wanted is not None:
                found = self._reply(wanted, keys.VERSION_HEADER)
                if len(self._known) < _MAX_KNOWN:
                    self._known[asked] = found
                return found
        for name, key in self._legacy:
            value = environ.get(key)
            if value is not None:
                wanted = self._named(name, value, [name])
                if wanted is not None:
                    return self._reply(wanted, name)
        return self._replies[self.versions[0]]

    def _named(
        self, name: str, value: str, legacy: Sequence[str]
    ) -> str | None:
        """Return the version a header names for this service."""
        if len(value) > _MAX_HEADER:
            raise _WrongVersion(400, name)
        return microversion_parse.get_version(
            {name.lower(): value}, self.service_type, legacy
        )

    def _reply(self, wanted: str, name: str) -> _Reply:
        if wanted == 'latest':
            wanted = self.versions[-1]
        elif pattern.fullmatch(wanted) is None:
            raise _WrongVersion(400, name)
        found = self._replies.get(wanted)
        if found is None:
            raise _WrongVersion(406, name)
        return found

    def _refused(
        self,
        wrong: _WrongVersion,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> list[bytes]:
        oldest, newest = self.versions[0], self.versions[-1]
        formatter = environ.get(keys.FORMATTER, self._formatter)
        environ[_VERSION_HEADERS] = self._replies[oldest][1]
        if wrong.status == 400:
            made = formatter.make(
                400,
                environ,
                detail=_(
                    'The microversion in the %(header)s header is '
                    'malformed. It must be two numbers such as %(version)s, '
                    'or "latest".',
                    header=wrong.header,
                    version=newest,
                ),
                code=f'{self.service_type}.microversion.invalid',
                source={'header': wrong.header},
            )
        else:
            made = formatter.make(
                406,
                environ,
                detail=_(
                    'The microversion asked for is not supported. The '
                    'oldest is %(oldest)s and the newest %(newest)s.',
                    oldest=oldest,
                    newest=newest,
                ),
                code=f'{self.service_type}.microversion.unsupported',
                source={'header': wrong.header},
                versions=(oldest, newest),
            )
        answer: list[bytes] = formatter.answer(
            (made,), environ, start_response
        )
        return answer


class _WrongVersion(Exception):
    def __init__(self, status: int, header: str) -> None:
        super().__init__(status, header)
        self.status = status
        self.header = header


def _bad(option: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(
        'errorkit#microversion', option, value, f'allowed: {allowed}'
    )


paste_filter = _paste.filter_factory(
    'microversion',
    Microversion,
    {
        'service_type': _paste.text,
        'versions': _paste.text,
        'legacy_headers': _paste.words,
    },
)
