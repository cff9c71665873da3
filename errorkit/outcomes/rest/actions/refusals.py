# SPDX-License-Identifier: Apache-2.0
"""What the actions API refuses: its error codes, and who raises them."""

from __future__ import annotations

from collections.abc import Callable

import webob.exc

from errorkit.codes import Catalog, ErrorCode
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.rest.refusals import cut

_NO_ACTION = 'action.not_found'
_NO_RESOURCE = 'action.resource_not_found'
_NO_MARKER = 'action.marker_not_found'
_NO_PAGE = 'action.no_such_page'
_QUERY = 'action.invalid_query'
_METHOD = 'action.method_not_allowed'
_FORBIDDEN = 'action.forbidden'
_PROJECT = 'action.wrong_project'

_MEANINGS = {
    _NO_ACTION: (404, 'The resource has no action of this request.'),
    _NO_RESOURCE: (404, 'The project has no such resource.'),
    _NO_MARKER: (
        400, 'The page begins after something that is not there.',
    ),
    _NO_PAGE: (
        404,
        'There is nothing at this address, or not in this microversion.',
    ),
    _QUERY: (
        400,
        'A parameter of the list is unknown, given twice, or has a value '
        'that cannot be.',
    ),
    _METHOD: (405, 'Actions and faults can be listed and shown.'),
    _FORBIDDEN: (403, 'The policy of the service does not allow this.'),
    _PROJECT: (400, 'The address names another project than the token.'),
}


def declare(catalog: Catalog) -> dict[str, ErrorCode]:
    """Declare the codes of the actions API in a service's catalog.

    To be called where the service declares its own.

    :returns: them, by their strings; declared before: as they are
    :raises InvalidCode: one of them is a name that another code had
    """
    found = {}
    for reason, (status, meaning) in _MEANINGS.items():
        code = f'{catalog.service_type}.{reason}'
        found[code] = catalog.get(code) or catalog.define(
            code, status=status, meaning=meaning
        )
    # The service itself raises none of them.
    catalog.built_in |= frozenset(found)
    return found


class Refusals:
    """Makes the exceptions; each has its code as its comment.

    :param service_type: the prefix of the codes
    :param what: what a resource is called, such as ``Instance``
    """

    def __init__(self, service_type: str, what: str = 'Resource') -> None:
        self._prefix = service_type + '.'
        self._what = what

    def no_action(self, request_id: str) -> Exception:
        """Return the 404 for an action."""
        return self._made(
            webob.exc.HTTPNotFound,
            f'Action {cut(request_id)} not found',
            _NO_ACTION,
        )

    def no_resource(self, id: str) -> Exception:
        """Return the 404 for a resource, of whomever it may be."""
        return self._made(
            webob.exc.HTTPNotFound,
            f'{self._what} {cut(id)} could not be found.',
            _NO_RESOURCE,
        )

    def no_marker(self, marker: str) -> Exception:
        """Return the 400 for the marker of a list, as nova has it."""
        return self._made(
            webob.exc.HTTPBadRequest,
            f'Marker {cut(marker)} could not be found.',
            _NO_MARKER,
        )

    def no_page(self) -> Exception:
        """Return the 404 for an address that has nothing."""
        return self._made(
            webob.exc.HTTPNotFound,
            'The resource could not be found.',
            _NO_PAGE,
        )

    def invalid(self, raised: InvalidInput) -> Exception:
        """Return the 400 for a parameter."""
        detail = (
            f'The parameter {cut(raised.parameter)} is not valid: '
            f'{raised.allowed}.'
        )
        if isinstance(raised.value, tuple):
            names = ', '.join(cut(str(one), 64) for one in raised.value[:10])
            detail = (
                f'Additional properties are not allowed: {names}. The '
                f'{raised.allowed}.'
            )
        elif raised.parameter == 'changes-since' and raised.value is None:
            detail = raised.allowed
        return self._made(webob.exc.HTTPBadRequest, detail, _QUERY)

    def method(self, allow: str) -> Exception:
        """Return the 405.

        :param allow: the methods there are
        """
        return self._made(
            webob.exc.HTTPMethodNotAllowed,
            f'The methods here are {allow}.',
            _METHOD,
            headers=[('Allow', allow)],
        )

    def forbidden(self, action: str) -> Exception:
        """Return the 403.

        :param action: as the policy calls it
        """
        return self._made(
            webob.exc.HTTPForbidden,
            f'The policy does not allow {action} to be performed.',
            _FORBIDDEN,
        )

    def wrong_project(self) -> Exception:
        """Return the 400 for an address of another project."""
        return self._made(
            webob.exc.HTTPBadRequest,
            'The project in the address is not that of the token.',
            _PROJECT,
        )

    def _made(
        self,
        kind: Callable[..., Exception],
        detail: str,
        reason: str,
        headers: list[tuple[str, str]] | None = None,
    ) -> Exception:
        return kind(detail, headers=headers, comment=self._prefix + reason)
