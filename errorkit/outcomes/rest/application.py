# SPDX-License-Identifier: Apache-2.0
"""A WSGI application: the messages of the caller's project, to be mounted.

Mounted at ``/v3`` it answers ``/{project_id}/messages`` and what is below, as
cinder does. What it refuses is answered as by any handler of the service:
inside a ``FaultWrapper`` by that, alone by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import webob

from errorkit import _paste, handler
from errorkit.exceptions import ConfigError
from errorkit.formats.formatter import Formatter
from errorkit.outcomes.messages import API
from errorkit.outcomes.reading import attribute
from errorkit.outcomes.rest import caller, gates, members, policy, routes
from errorkit.outcomes.rest.languages import Languages
from errorkit.outcomes.rest.links import Links
from errorkit.outcomes.rest.listed import Lists
from errorkit.outcomes.rest.refusals import Refusals
from errorkit.outcomes.rest.single import Single

if TYPE_CHECKING:
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

_WHERE = 'errorkit#messages'
_OF_LIST = ('GET', 'HEAD')
_OF_ONE = ('GET', 'HEAD', 'DELETE')
_NO_STORE = ('Cache-Control', 'no-store')


class Messages:
    """A WSGI application: lists, shows and deletes user messages.

    :param api: where they are
    :param policy: called with the context, ``message:get_all``,
        ``message:get`` or ``message:delete``, and a mapping with
        ``project_id`` and ``user_id``: tells whether it is allowed. None:
        to the project itself, and to who sees all. ``OsloPolicy`` is one
    :param project_in_path: ``required``, ``optional`` or ``absent``; links
        have it where the request has it
    :param public_endpoint: the URL in links, in place of scheme and host of
        the request; its path comes before that of the service
    :param timestamps: ``naive`` as cinder's, or ``offset``: with ``+00:00``
    :param since: the microversion that has messages; None: all have, as
        where nobody parses microversions. Below it all is 404
    :param paging_since: from then on the query of a list counts
    :param filters_since: from then on an unknown filter is 400; before,
        nothing matches it
    :param context_of: gives the context for an environ; None: errorkit's, or
        the current one if it is of the same request
    :param for_sdk: a message that is shown is there a second time, as
        ``messages``: openstacksdk looks for it there and nowhere else
    :param format: of errors, where no ``FaultWrapper`` is outside
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        api: API,
        *,
        policy: policy.Policy | None = None,
        project_in_path: str = 'optional',
        public_endpoint: str | None = None,
        timestamps: str = 'naive',
        since: str | None = gates.MESSAGES,
        paging_since: str | None = gates.PAGING,
        filters_since: str | None = gates.FILTERS,
        context_of: Callable[[WSGIEnvironment], Any] | None = None,
        for_sdk: bool = False,
        format: str = 'bridge',
    ) -> None:
        if not isinstance(api, API):
            raise _bad('api', type(api).__name__, 'a messages.API')
        for option, value, allowed in (
            ('project_in_path', project_in_path, routes.PROJECT),
            ('timestamps', timestamps, members.TIMESTAMPS),
        ):
            if value not in allowed:
                raise _bad(option, value, ', '.join(allowed))
        for option, function in (
            ('policy', policy), ('context_of', context_of),
        ):
            if function is not None and not callable(function):
                raise _bad(option, function, 'what can be called')
        if public_endpoint is not None:
            public_endpoint = public_endpoint.rstrip('/')
            if not public_endpoint.startswith(('http://', 'https://')):
                raise _bad('public_endpoint', public_endpoint, 'a URL')
        service_type = api.permitted.service_type
        self._since, paging, filters = (
            _gate(option, service_type, version)
            for option, version in (
                ('since', since),
                ('paging_since', paging_since),
                ('filters_since', filters_since),
            )
        )
        allows = policy or _default_policy(api)
        refusals = Refusals(service_type)
        self._lists = Lists(api, allows, refusals, paging, filters)
        self._single = Single(api, allows, refusals)
        self._project = project_in_path
        self._endpoint = public_endpoint
        self._timestamps = timestamps
        self._context_of = context_of or caller.of
        self._for_sdk = for_sdk
        self._languages = Languages(api.permitted)
        self._refusals = refusals
        self._answer = handler.wsgify(
            self._respond,
            formatter=Formatter(
                service_type, catalog=api.permitted.catalog, format=format
            ),
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        body: Iterable[bytes] = self._answer(environ, start_response)
        return body

    def _respond(self, request: webob.Request) -> webob.Response:
        environ = request.environ
        route = routes.find(environ.get('PATH_INFO', ''), self._project)
        if route is None or not self._since.is_open(environ):
            raise self._refusals.no_page()
        allowed = _OF_LIST if route.id is None else _OF_ONE
        method = environ['REQUEST_METHOD']
        if method not in allowed:
            raise self._refusals.method(', '.join(allowed))
        context = self._context_of(environ)
        own = attribute(context, 'project_id')
        if route.project_id not in (None, own) and own is not None:
            raise self._refusals.wrong_project()
        if route.id is not None and method == 'DELETE':
            self._single.delete(context, route.id)
            return webob.Response(status=204, headerlist=[_NO_STORE])
        language = self._languages.chosen(environ)
        address = Links(environ, route, self._endpoint)
        if route.id is not None:
            view = self._single.get(context, route.id, language)
            shown = members.dump(view, address, self._timestamps)
            content = f'{{"message": {shown}}}'
            if self._for_sdk:
                content = f'{{"message": {shown}, "messages": {shown}}}'
            return _response(content, language)
        views, following = self._lists.page(environ, context, language)
        listed = members.dump_all(views, address, self._timestamps)
        more = ''
        if following is not None:
            link = json.dumps([address.next(following)])
            more = f', "messages_links": {link}'
        return _response(f'{{"messages": {listed}{more}}}', language)


def _response(content: str, language: str | None) -> webob.Response:
    body = content.encode('ascii')
    headers = [
        ('Content-Type', 'application/json'),
        ('Content-Length', str(len(body))),
        ('X-Content-Type-Options', 'nosniff'),
        _NO_STORE,
    ]
    if language is not None:
        headers += [
            ('Content-Language', language.replace('_', '-')),
            ('Vary', 'Accept-Language'),
        ]
    return webob.Response(headerlist=headers, app_iter=[body])


def _default_policy(api: API) -> policy.Policy:
    return policy.owner_or_admin(api.sees_all)


def _gate(option: str, service_type: str, version: str | None) -> gates.Gate:
    try:
        return gates.Gate(service_type, version)
    except (TypeError, ValueError) as exc:
        raise _bad(option, version, 'a version such as 3.5') from exc


def _bad(option: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(_WHERE, option, value, f'allowed: {allowed}')


def _version(value: str) -> str | None:
    return None if value.strip() == 'none' else _paste.text(value)


PASTE_OPTIONS: dict[str, _paste.Converter] = {
    'api': _paste.loaded,
    'policy': _paste.loaded,
    'project_in_path': _paste.text,
    'public_endpoint': _paste.text,
    'timestamps': _paste.text,
    'since': _version,
    'paging_since': _version,
    'filters_since': _version,
    'context_of': _paste.loaded,
    'for_sdk': _paste.boolean,
    'format': _paste.text,
}


def paste_app(
    global_conf: Mapping[str, str], **local_conf: str
) -> WSGIApplication:
    """Return the application for ``use = egg:errorkit#messages``.

    :param local_conf: the options of ``Messages``; ``api``, ``policy`` and
        ``context_of`` are a ``module:name``; a version may be ``none``
    :raises ConfigError: an option is unknown or missing, or a value is bad
    """
    options = _paste.converted(_WHERE, local_conf, PASTE_OPTIONS, ['api'])
    return Messages(options.pop('api'), **options)
