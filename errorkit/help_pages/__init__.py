# SPDX-License-Identifier: Apache-2.0
"""A WSGI application: the page behind each code's help link.

Mounted at ``/errors`` it answers there with the list, and below it with one
page a code. It serves what the catalog says and nothing of the request. What
it refuses is answered as by any handler of the service: inside a
``FaultWrapper`` by that, alone by itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import webob
import webob.exc

from errorkit import _paste, handler, keys
from errorkit._i18n import _
from errorkit.codes import Catalog, ErrorCode, lock
from errorkit.exceptions import ConfigError
from errorkit.export import facts
from errorkit.formats import api_sig, negotiation
from errorkit.formats.formatter import Formatter
from errorkit.help_pages import pages, relatives

if TYPE_CHECKING:
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

_WHERE = 'errorkit#help_pages'
_METHODS = ('GET', 'HEAD')
#: Where nothing outside has taken it off the path. No code is one label.
_MOUNT = '/errors'


class HelpPages:
    """A WSGI application: a list of error codes, and a page for each.

    HTML for a browser, else JSON with the members of the lock file. A string
    that a code was renamed to has the page of the code.

    :param catalog: a service's codes, or several catalogs
    :param title: the heading of the list
    :param max_age: for how many seconds a page may be cached
    :param not_found: the code of the 404 for an unknown code, declared for
        this status in the first catalog; None: the one that such a 404 of the
        service has anyway
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        catalog: Catalog | Iterable[Catalog],
        *,
        title: str | None = None,
        max_age: int = 3600,
        not_found: str | None = None,
    ) -> None:
        given: list[Any] = [catalog]
        if not isinstance(catalog, Catalog) and isinstance(catalog, Iterable):
            given = [*catalog]
        if not given or not all(isinstance(one, Catalog) for one in given):
            raise _bad('catalog', catalog, 'an errorkit.Catalog, or several')
        if not isinstance(max_age, int) or max_age < 0:
            raise _bad('max_age', max_age, 'seconds, from 0 on')
        if not_found is not None and given[0].objection(not_found, 404):
            raise _bad('not_found', not_found, 'a code declared for 404')
        self._catalogs = tuple(given)
        services = ', '.join(one.service_type for one in given)
        self.title = title or f'Error codes of {services}'
        self._cache = f'public, max-age={max_age}'
        self._not_found = not_found
        self._seen: tuple[tuple[int, ...], Mapping[str, ErrorCode]] = ((), {})
        self._answer = handler.wsgify(
            self._respond, formatter=Formatter(catalog=given[0])
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        body: Iterable[bytes] = self._answer(environ, start_response)
        return body

    def _respond(self, request: webob.Request) -> webob.Response:
        environ = request.environ
        if environ['REQUEST_METHOD'] not in _METHODS:
            raise webob.exc.HTTPMethodNotAllowed(
                _('A page about error codes can only be read.'),
                headers=[('Allow', ', '.join(_METHODS))],
            )
        # Not request.path_info: it raises for bytes that are not UTF-8.
        path = environ.get('PATH_INFO', '')
        if path == _MOUNT or path.startswith(_MOUNT + '/'):
            path = path[len(_MOUNT) :]
        name = path[1:].removesuffix('/')
        if '/' in name or path == '//':
            raise self._unknown()
        accept = environ.get('HTTP_ACCEPT')
        if keys.ACCEPT in environ:
            accept = environ[keys.ACCEPT]
        is_page = negotiation.negotiate(accept) == 'html'
        if not name:
            made = self._list(environ, is_page)
        else:
            prefix = '../' if path.endswith('/') else './'
            made = self._one(name, prefix, is_page)
        return self._response(request, made, is_page)

    def _list(self, environ: WSGIEnvironment, is_page: bool) -> str:
        known = self._known()
        if not is_page:
            return _json({'codes': _members(known)})
        return pages.index(self.title, known.values(), _below(environ))

    def _one(self, name: str, prefix: str, is_page: bool) -> str:
        known = self._known()
        declared = None
        for catalog in self._catalogs:
            declared = declared or catalog.find(name)
        if declared is None:
            raise self._unknown()
        code = known[declared]
        related = relatives.of(code, known)
        if not is_page:
            [members] = _members({str(code): code})
            return _json({**members, 'related': related})
        linked = known.keys() | relatives.renamed(known)
        return pages.one(code, related, linked, self.title, prefix)

    def _known(self) -> Mapping[str, ErrorCode]:
        """Return the codes by their strings, sorted."""
        # A catalog can only grow: modules that declare codes come later.
        sizes = tuple(map(len, self._catalogs))
        seen, known = self._seen
        if seen != sizes:
            known = {
                str(code): code
                for catalog in reversed(self._catalogs)
                for code in facts.listed(catalog)
            }
            known = dict(sorted(known.items()))
            self._seen = sizes, known
        return known

    def _unknown(self) -> webob.exc.WSGIHTTPException:
        return webob.exc.HTTPNotFound(
            _('There is no error code of this name.'),
            comment=self._not_found,
        )

    def _response(
        self, request: webob.Request, text: str, is_page: bool
    ) -> webob.Response:
        body = text.encode('utf-8', 'backslashreplace')
        digest = hashlib.sha256(body).digest()[:18]
        tag = base64.urlsafe_b64encode(digest).decode('ascii')
        headers = [
            ('ETag', f'"{tag}"'),
            ('Cache-Control', self._cache),
            ('Vary', 'Accept'),
        ]
        if tag in request.if_none_match:
            return webob.Response(status=304, headerlist=headers)
        kind = api_sig.CONTENT_TYPE
        if is_page:
            kind = pages.CONTENT_TYPE
            headers += pages.HEADERS
        headers += [
            ('Content-Type', kind),
            ('Content-Length', str(len(body))),
            ('X-Content-Type-Options', 'nosniff'),
        ]
        return webob.Response(headerlist=headers, app_iter=[body])


def _below(environ: WSGIEnvironment) -> str:
    """Return how to get from the list to what is below it, relatively.

    A whole path would be of the request, and could be ``//another.host``.
    """
    path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
    last = path.rpartition('/')[2].encode('latin-1', 'replace')
    return f'./{urllib.parse.quote(last, safe="")}/' if last else './'


def _members(known: Mapping[str, ErrorCode]) -> list[dict[str, Any]]:
    """Return what the lock says of each code, and the code."""
    dumped = lock.dump(lock.Published('', known))
    return [
        {'code': code, **members}
        for code, members in json.loads(dumped)['codes'].items()
    ]


def _json(content: object) -> str:
    return api_sig.without_markup(json.dumps(content))


def _bad(option: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(_WHERE, option, value, f'allowed: {allowed}')


def _catalogs(value: str) -> list[Any]:
    return [_paste.loaded(word) for word in _paste.words(value)]


PASTE_OPTIONS: dict[str, _paste.Converter] = {
    'catalog': _catalogs,
    'title': _paste.text,
    'max_age': _paste.integer,
    'not_found': _paste.text,
}


def paste_app(
    global_conf: Mapping[str, str], **local_conf: str
) -> WSGIApplication:
    """Return the application for ``use = egg:errorkit#help_pages``.

    :param local_conf: the options of ``HelpPages``; ``catalog`` is one
        ``module:name`` or several
    :raises ConfigError: an option is unknown or missing, or a value is bad
    """
    options = _paste.converted(
        _WHERE, local_conf, PASTE_OPTIONS, ['catalog']
    )
    return HelpPages(options.pop('catalog'), **options)
