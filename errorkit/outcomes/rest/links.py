# SPDX-License-Identifier: Apache-2.0
"""The addresses in an answer: of a message, and of the next page.

They are absolute, and of what environ says the service is called. What a
proxy says belongs into environ before: that is oslo.middleware's
``http_proxy_to_wsgi``, where the operator trusts his proxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from errorkit.outcomes.rest.routes import COLLECTION, Route

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HOST = re.compile(
    r'(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?'
)
_VERSION = re.compile(r'v[0-9]+(?:\.[0-9]+)?')
_PORTS = {'http': ':80', 'https': ':443'}
_PLAIN = re.compile('[A-Za-z0-9-]+')
_SAFE = "/~:@!$&'()*+,;="


class Links:
    """Makes the addresses of one request.

    :param environ: of the request
    :param route: what it is about
    :param public_endpoint: what clients call the root of the host, and a
        path before that of the service; None: as environ has it
    """

    def __init__(
        self,
        environ: WSGIEnvironment,
        route: Route,
        public_endpoint: str | None,
    ) -> None:
        root = public_endpoint or root_of(environ)
        script = quoted(environ.get('SCRIPT_NAME', ''))
        project = ''
        if route.project_id is not None:
            project = '/' + quote(route.project_id, safe='')
        below = f'{project}/{COLLECTION}'
        self._list = f'{root}{script}{below}'
        #: What an address of a message begins with: with the version of the
        #: API in it, and without.
        self.own = self._list + '/'
        self.bookmark = f'{root}{_without_version(script)}{below}/'

    def last(self, id: str) -> str:
        """Return what an address of a message ends with."""
        if _PLAIN.fullmatch(id):
            return id
        return quote(id.encode('utf-8', 'replace'), safe='')

    def next(self, parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the link of the next page, by its query."""
        query = urlencode([*parameters])
        return {'rel': 'next', 'href': f'{self._list}?{query}'}


def root_of(environ: WSGIEnvironment) -> str:
    """Return scheme and host as clients write them."""
    scheme = environ.get('wsgi.url_scheme')
    if scheme not in _PORTS:
        scheme = 'http'
    host = environ.get('HTTP_HOST')
    if not host or not _HOST.fullmatch(host):
        host = environ.get('SERVER_NAME', '')
        if ':' in host and not host.startswith('['):
            host = f'[{host}]'
        if environ.get('SERVER_PORT'):
            host = f'{host}:{environ["SERVER_PORT"]}'
    return f'{scheme}://{host.removesuffix(_PORTS[scheme])}'


def quoted(path: str) -> str:
    """Return a path of environ as it stands in an address."""
    try:
        return quote(path.encode('latin-1'), safe=_SAFE)
    except UnicodeEncodeError:  # of no server that keeps to PEP 3333
        return quote(path.encode('utf-8', 'replace'), safe=_SAFE)


def _without_version(script: str) -> str:
    parts = script.split('/')
    for place in range(len(parts) - 1, -1, -1):
        if _VERSION.fullmatch(parts[place]):
            return '/'.join(parts[:place] + parts[place + 1 :])
    return script
