# SPDX-License-Identifier: Apache-2.0
"""A WSGI application: the actions on the caller's resources, to be mounted.

Mounted at ``/v2.1`` with nova's preset it answers
``/servers/{id}/os-instance-actions`` and what is below. What it refuses is
answered as by any handler of the service: inside a ``FaultWrapper`` by that,
alone by itself.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import webob

from errorkit import _paste, handler
from errorkit.codes import Catalog
from errorkit.exceptions import ConfigError
from errorkit.formats.formatter import Formatter
from errorkit.outcomes.actions import Actions, Live
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.exceptions import (
    ActionNotFound,
    InvalidInput,
    MarkerNotFound,
)
from errorkit.outcomes.reading import attribute
from errorkit.outcomes.rest import caller
from errorkit.outcomes.rest.actions import members, routes
from errorkit.outcomes.rest.actions.asking import Asking, Sees
from errorkit.outcomes.rest.actions.gating import Gates
from errorkit.outcomes.rest.actions.presets import PRESETS, Preset
from errorkit.outcomes.rest.actions.refusals import Refusals
from errorkit.outcomes.rest.actions.routes import Route
from errorkit.outcomes.rest.links import quoted, root_of
from errorkit.outcomes.rest.policy import Policy, owner_or_admin

if TYPE_CHECKING:
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

_WHERE = 'errorkit#actions'
_METHODS = ('GET', 'HEAD')


class ActionPages:
    """A WSGI application: lists and shows actions with their events.

    :param actions: where they are
    :param service_type: whose microversion counts, and whose the codes are
    :param resource_type: as the actions have it, such as ``VOLUME``
    :param preset: the names, and what there is since when: ``neutral``,
        ``nova``, or a ``Preset``
    :param collection: of the resources in the path, in place of the preset's
    :param resource: called with the context and an id: tells what is known
        of a resource: ``active``, ``deleted``, or None for one that the
        caller shall not know of. None: whoever has actions is active
    :param policy: called with the context, ``action:get_all``,
        ``action:get`` or ``action:details``, and a mapping with
        ``project_id`` and ``user_id``: tells whether it is allowed. None:
        all but details to the project itself, all to who sees all
    :param public_endpoint: the URL in links, in place of scheme and host of
        the request; its path comes before that of the service
    :param what: a resource, in the words of an answer
    :param catalog: the service's codes; gives help links
    :param context_of: gives the context for an environ; None: errorkit's, or
        the current one if it is of the same request
    :param format: of errors, where no ``FaultWrapper`` is outside
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        actions: Actions,
        *,
        service_type: str,
        resource_type: str,
        preset: str | Preset = 'neutral',
        collection: str | None = None,
        resource: Callable[[Any, str], str | None] | None = None,
        policy: Policy | None = None,
        public_endpoint: str | None = None,
        what: str | None = None,
        catalog: Catalog | None = None,
        context_of: Callable[[WSGIEnvironment], Any] | None = None,
        format: str = 'bridge',
    ) -> None:
        if not isinstance(actions, Actions):
            raise _bad('actions', type(actions).__name__, 'an Actions')
        found = PRESETS.get(preset) if isinstance(preset, str) else preset
        if not isinstance(found, Preset):
            raise _bad('preset', preset, f'{", ".join(PRESETS)}, a Preset')
        for option, function in (
            ('policy', policy), ('context_of', context_of),
            ('resource', resource),
        ):
            if function is not None and not callable(function):
                raise _bad(option, function, 'what can be called')
        for option, text in (
            ('service_type', service_type), ('resource_type', resource_type),
            ('collection', collection or found.collection),
            ('what', what or 'Resource'),
        ):
            if not isinstance(text, str) or not text or '/' in text:
                raise _bad(option, text, 'a name')
        self._preset = dataclasses.replace(
            found, collection=collection or found.collection
        )
        self._endpoint = endpoint(_WHERE, public_endpoint)
        self._gates = Gates(service_type, self._preset)
        self._refusals = Refusals(
            service_type, what or ('Instance' if found.plain else 'Resource')
        )
        self._actions = actions
        self._catalog = catalog
        self._context_of = context_of or caller.of
        self._asking = Asking(
            actions, str(resource_type), resource,
            policy or owner_or_admin(actions.sees_all), self._refusals,
        )
        self._answer = handler.wsgify(
            self._respond,
            formatter=Formatter(service_type, catalog=catalog, format=format),
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        body: Iterable[bytes] = self._answer(environ, start_response)
        return body

    def accepted(
        self,
        request: webob.Request,
        action: Live | Action | None,
        *,
        mount: str | None = None,
        project_id: str | None = None,
        json_body: Any = None,
    ) -> webob.Response:
        """Return the 202 for an accepted request, and where to ask for it.

        With ``Location``, and ``Link`` with ``rel="monitor"``: the address
        of the action.

        :param request: the request, answered by any handler of the service
        :param action: that was started; None, or one that could not be: the
            response leads nowhere
        :param mount: the path that this application is mounted at, below the
            host; None: that of the service
        :param project_id: stands in the address, where the mount has it
        :param json_body: what the body says; None: there is none
        """
        response = webob.Response(status=202)
        del response.headers['Content-Type']
        if json_body is not None:
            response.content_type = 'application/json'
            response.body = json.dumps(json_body).encode()
        found = action.action if isinstance(action, Live) else action
        if found is not None:
            environ = request.environ
            script = environ.get('SCRIPT_NAME', '') if mount is None else mount
            route = Route(project_id, found.resource_id, found.request_id)
            address = self._address(environ, route, script)
            # webob makes it absolute by the request's own host otherwise.
            response.headers['Location'] = address
            response.headers['Link'] = f'<{address}>; rel="monitor"'
        return response

    def _respond(self, request: webob.Request) -> webob.Response:
        environ = request.environ
        route = routes.find(environ.get('PATH_INFO', ''), self._preset)
        if route is None:
            raise self._refusals.no_page()
        if environ['REQUEST_METHOD'] not in _METHODS:
            raise self._refusals.method(', '.join(_METHODS))
        context = self._context_of(environ)
        own = attribute(context, 'project_id')
        if route.project_id not in (None, own) and own is not None:
            raise self._refusals.wrong_project()
        gates = self._gates
        sees = self._asking.may_see(
            context, route, deleted=gates.deleted.is_open(environ)
        )
        try:
            if route.request_id is None:
                content = self._list(environ, route, sees)
            else:
                gates.check_query(environ)
                content = self._single(environ, route, sees)
        except InvalidInput as exc:
            raise self._refusals.invalid(exc) from None
        except MarkerNotFound as exc:
            raise self._refusals.no_marker(str(exc.id)) from None
        except ActionNotFound:
            raise self._refusals.no_action(route.request_id or '') from None
        return json_response(content)

    def _list(
        self, environ: WSGIEnvironment, route: Route, sees: Sees
    ) -> dict[str, Any]:
        wanted = self._gates.query(environ)
        found = sees.actions(wanted)
        shown = [self._shown(environ, route, one) for one in found]
        content: dict[str, Any] = {self._preset.listed: shown}
        marker = found.next_marker
        if marker is not None and self._gates.paging.is_open(environ):
            query = {**wanted.parameters, 'marker': marker}
            address = self._address(environ, route)
            content[self._preset.links] = [
                {'rel': 'next', 'href': f'{address}?{urlencode(query)}'}
            ]
        return content

    def _single(
        self, environ: WSGIEnvironment, route: Route, sees: Sees
    ) -> dict[str, Any]:
        action = sees.action(route.request_id or '')
        shown = self._shown(environ, route, action)
        if sees.details or self._gates.events.is_open(environ):
            shown['events'] = [
                members.nova_event(
                    event, action,
                    admin=sees.details,
                    hosts=self._gates.hosts.is_open(environ),
                    details=self._gates.details.is_open(environ),
                )
                if self._preset.plain
                else members.neutral_event(
                    event, action, self._help(event.code), admin=sees.details
                )
                for event in self._actions.events(action)
            ]
        return {self._preset.single: shown}

    def _shown(
        self, environ: WSGIEnvironment, route: Route, action: Action
    ) -> dict[str, Any]:
        if self._preset.plain:
            return members.nova_action(
                action, self._preset.resource_id,
                self._gates.paging.is_open(environ),
            )
        own = Route(route.project_id, action.resource_id, action.request_id)
        links = [{'rel': 'self', 'href': self._address(environ, own)}]
        return members.neutral_action(
            action, self._preset.resource_id, links + self._help(action.code)
        )

    def _help(self, code: str | None) -> list[dict[str, str]]:
        declared = code and self._catalog and self._catalog.get(code)
        if not declared or not declared.help:
            return []
        return [{'rel': 'help', 'href': declared.help}]

    def _address(
        self, environ: WSGIEnvironment, route: Route, script: str | None = None
    ) -> str:
        root = self._endpoint or root_of(environ)
        path = environ.get('SCRIPT_NAME', '') if script is None else script
        parts = [
            route.project_id, self._preset.collection, route.resource_id,
            self._preset.actions, route.request_id,
        ]
        below = '/'.join(quote(one, safe='') for one in parts if one)
        return f'{root}{quoted(path).rstrip("/")}/{below}'


def json_response(content: Any) -> webob.Response:
    """Return a response with JSON that nobody shall keep."""
    body = json.dumps(content).encode('ascii')
    return webob.Response(
        headerlist=[
            ('Content-Type', 'application/json'),
            ('Content-Length', str(len(body))),
            ('X-Content-Type-Options', 'nosniff'),
            ('Cache-Control', 'no-store'),
        ],
        app_iter=[body],
    )


def endpoint(where: str, value: str | None) -> str | None:
    """Return a public endpoint, checked.

    :raises ConfigError: it is no URL
    """
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith(
        ('http://', 'https://')
    ):
        raise ConfigError(where, 'public_endpoint', value, 'allowed: a URL')
    return value.rstrip('/')


def _bad(option: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(_WHERE, option, value, f'allowed: {allowed}')


PASTE_OPTIONS: dict[str, _paste.Converter] = {
    'actions': _paste.loaded,
    'service_type': _paste.text,
    'resource_type': _paste.text,
    'preset': _paste.text,
    'collection': _paste.text,
    'resource': _paste.loaded,
    'policy': _paste.loaded,
    'public_endpoint': _paste.text,
    'what': _paste.text,
    'catalog': _paste.loaded,
    'context_of': _paste.loaded,
    'format': _paste.text,
}


def paste_app(
    global_conf: Mapping[str, str], **local_conf: str
) -> WSGIApplication:
    """Return the application for ``use = egg:errorkit#actions``.

    :param local_conf: the options of ``ActionPages``; ``actions``,
        ``resource``, ``policy``, ``catalog`` and ``context_of`` are a
        ``module:name``
    :raises ConfigError: an option is unknown or missing, or a value is bad
    """
    options = _paste.converted(
        _WHERE, local_conf, PASTE_OPTIONS,
        ['actions', 'service_type', 'resource_type'],
    )
    return ActionPages(options.pop('actions'), **options)
