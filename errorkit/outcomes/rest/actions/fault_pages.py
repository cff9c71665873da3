# SPDX-License-Identifier: Apache-2.0
"""A WSGI application for admins: the faults of all projects, to be mounted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import webob

from errorkit import handler
from errorkit.codes import Catalog
from errorkit.exceptions import ConfigError
from errorkit.formats.formatter import Formatter
from errorkit.outcomes.actions import Actions
from errorkit.outcomes.actions.records import FAULT_FILTERS
from errorkit.outcomes.exceptions import (
    InvalidInput,
    MarkerNotFound,
    NotAllowed,
)
from errorkit.outcomes.fault_listing import faults_of_all_projects
from errorkit.outcomes.rest import caller
from errorkit.outcomes.rest import policy as policies
from errorkit.outcomes.rest.actions import asked, members
from errorkit.outcomes.rest.actions.addresses import endpoint
from errorkit.outcomes.rest.actions.refusals import Refusals
from errorkit.outcomes.rest.actions.responses import json_response
from errorkit.outcomes.rest.actions.showing import help_links
from errorkit.outcomes.rest.links import quoted, root_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: How paste names it.
WHERE = 'errorkit#faults'
#: What the policy is asked.
GET_ALL = 'fault:get_all'
#: What the query calls a filter.
_FILTERS = {
    'code' if name == 'error_code' else name: name for name in FAULT_FILTERS
}
_KNOWN = (*_FILTERS, 'since', 'before', 'limit', 'marker')


class FaultPages:
    """A WSGI application: ``GET /faults``, for who sees all projects.

    Filters are ``resource_type``, ``resource_id``, ``request_id``,
    ``global_request_id`` and ``code``; ``since`` and ``before`` are times.

    :param actions: where the faults are
    :param service_type: whose the error codes are
    :param policy: called with the context, ``fault:get_all`` and a mapping
        with the caller's ``project_id`` and ``user_id``: tells whether who
        sees all projects may do this, too. None: he may
    :param public_endpoint: see ``ActionPages``, as are the others
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        actions: Actions,
        *,
        service_type: str,
        policy: policies.Policy | None = None,
        public_endpoint: str | None = None,
        catalog: Catalog | None = None,
        context_of: Callable[[WSGIEnvironment], Any] | None = None,
        format: str = 'bridge',
    ) -> None:
        if not isinstance(actions, Actions):
            raise ConfigError(
                WHERE, 'actions', type(actions).__name__,
                'allowed: an Actions',
            )
        if not isinstance(service_type, str) or not service_type:
            raise ConfigError(
                WHERE, 'service_type', service_type, 'allowed: a name'
            )
        for option, function in (
            ('policy', policy), ('context_of', context_of),
        ):
            if function is not None and not callable(function):
                raise ConfigError(
                    WHERE, option, function, 'allowed: what can be called'
                )
        self._actions = actions
        self._allows = policy
        self._endpoint = endpoint(WHERE, public_endpoint)
        self._catalog = catalog
        self._context_of = context_of or caller.of
        self._refusals = Refusals(service_type)
        self._answer = handler.wsgify(
            self._respond,
            formatter=Formatter(service_type, catalog=catalog, format=format),
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        body: Iterable[bytes] = self._answer(environ, start_response)
        return body

    def _respond(self, request: webob.Request) -> webob.Response:
        environ = request.environ
        if environ.get('PATH_INFO', '') not in ('/faults', '/faults/'):
            raise self._refusals.no_page()
        if environ['REQUEST_METHOD'] not in ('GET', 'HEAD'):
            raise self._refusals.method('GET, HEAD')
        actions = self._actions
        context = self._context_of(environ)
        if self._allows is not None and not self._allows(
            context, GET_ALL, policies.target_of(context)
        ):
            raise self._refusals.forbidden(GET_ALL)
        try:
            found = asked.read(environ.get('QUERY_STRING', ''), _KNOWN)
            faults = faults_of_all_projects(
                actions.store,
                context,
                {
                    _FILTERS[name]: value
                    for name, value in found.items()
                    if name in _FILTERS
                },
                found.get('marker'),
                found.get('limit'),
                since=asked.time('since', found),
                before=asked.time('before', found),
                max_limit=actions.max_limit,
                cursor_key=actions.cursor_key,
                sees_all=actions.sees_all,
            )
        except NotAllowed:
            raise self._refusals.forbidden(GET_ALL) from None
        except InvalidInput as exc:
            raise self._refusals.invalid(exc) from None
        except MarkerNotFound as exc:
            raise self._refusals.no_marker(str(exc.id)) from None
        content: dict[str, Any] = {
            'faults': [
                members.fault(
                    one, help_links(self._catalog, one.error_code)
                )
                for one in faults
            ]
        }
        marker = faults.next_marker
        if marker is not None:
            root = self._endpoint or root_of(environ)
            script = quoted(environ.get('SCRIPT_NAME', ''))
            query = urlencode({**found, 'marker': marker})
            content['faults_links'] = [
                {'rel': 'next', 'href': f'{root}{script}/faults?{query}'}
            ]
        return json_response(content)
