# SPDX-License-Identifier: Apache-2.0
"""A WSGI application: the actions on the caller's resources, to be mounted.

Mounted at ``/v2.1`` with nova's preset it answers
``/servers/{id}/os-instance-actions`` and what is below. What it refuses is
answered as by any handler of the service: inside a ``FaultWrapper`` by that,
alone by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import webob

from errorkit import handler
from errorkit.codes import Catalog
from errorkit.exceptions import ConfigError
from errorkit.formats.formatter import Formatter
from errorkit.outcomes.actions import Actions, Live
from errorkit.outcomes.actions.due import declared_types
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.exceptions import (
    ActionNotFound,
    InvalidInput,
    MarkerNotFound,
)
from errorkit.outcomes.reading import attribute
from errorkit.outcomes.rest import caller
from errorkit.outcomes.rest.actions import responses, routes
from errorkit.outcomes.rest.actions.addresses import Addresses, endpoint
from errorkit.outcomes.rest.actions.asking import Asking, Sees
from errorkit.outcomes.rest.actions.gating import Gates
from errorkit.outcomes.rest.actions.presets import PRESETS, Preset
from errorkit.outcomes.rest.actions.refusals import Refusals
from errorkit.outcomes.rest.actions.routes import Route
from errorkit.outcomes.rest.actions.showing import Showing
from errorkit.outcomes.rest.policy import Policy, owner_or_admin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: How paste names it.
WHERE = 'errorkit#actions'
_METHODS = ('GET', 'HEAD')


class ActionPages:
    """A WSGI application: lists and shows actions with their events.

    :param actions: where they are
    :param service_type: whose microversion counts, and whose the codes are
    :param resource_type: as the actions have it, such as ``VOLUME``; one
        that their messages declare, where these declare any
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
        types = declared_types(actions.messages)
        if types and resource_type not in types:
            # All its pages would be a 404.
            raise _bad(
                'resource_type', str(resource_type),
                f'what messages declare, {", ".join(types)}',
            )
        self._preset = dataclasses.replace(
            found, collection=collection or found.collection
        )
        self._gates = Gates(service_type, self._preset)
        self._addresses = Addresses(
            self._preset, endpoint(WHERE, public_endpoint)
        )
        self._showing = Showing(
            self._preset, self._gates, self._addresses, catalog
        )
        self._refusals = Refusals(
            service_type, what or ('Instance' if found.plain else 'Resource')
        )
        self._actions = actions
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
        found = action.action if isinstance(action, Live) else action
        address = None
        if found is not None:
            address = self._addresses.of(
                request.environ,
                Route(project_id, found.resource_id, found.request_id),
                mount,
            )
        return responses.accepted(address, json_body)

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
        return responses.json_response(content)

    def _list(
        self, environ: WSGIEnvironment, route: Route, sees: Sees
    ) -> dict[str, Any]:
        wanted = self._gates.query(environ)
        found = sees.actions(wanted)
        shown = [self._showing.action(environ, route, one) for one in found]
        content: dict[str, Any] = {self._preset.listed: shown}
        marker = found.next_marker
        if marker is not None and self._gates.paging.is_open(environ):
            query = {**wanted.parameters, 'marker': marker}
            address = self._addresses.of(environ, route)
            content[self._preset.links] = [
                {'rel': 'next', 'href': f'{address}?{urlencode(query)}'}
            ]
        return content

    def _single(
        self, environ: WSGIEnvironment, route: Route, sees: Sees
    ) -> dict[str, Any]:
        action = sees.action(route.request_id or '')
        shown = self._showing.action(environ, route, action)
        if sees.details or self._gates.events.is_open(environ):
            shown['events'] = [
                self._showing.event(
                    environ, event, action, admin=sees.details
                )
                for event in self._actions.events(action)
            ]
        return {self._preset.single: shown}


def _bad(option: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(WHERE, option, value, f'allowed: {allowed}')
