# SPDX-License-Identifier: Apache-2.0
"""What the actions API refuses: its error codes, and who raises them."""

from __future__ import annotations

import webob.exc

from errorkit.codes import Catalog, ErrorCode
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.rest.refusing import METHOD, Refusing, cut, declared

_NO_ACTION = 'not_found'
_NO_RESOURCE = 'resource_not_found'
_NO_MARKER = 'marker_not_found'
_QUERY = 'invalid_query'

_MEANINGS = {
    _NO_ACTION: (404, 'The resource has no action of this request.'),
    _NO_RESOURCE: (404, 'The project has no such resource.'),
    _NO_MARKER: (
        400, 'The page begins after something that is not there.',
    ),
    _QUERY: (
        400,
        'A parameter of the list is unknown, given twice, or has a value '
        'that cannot be.',
    ),
    METHOD: (405, 'Actions and faults can be listed and shown.'),
}


def declare(catalog: Catalog) -> dict[str, ErrorCode]:
    """Declare the codes of the actions API in a service's catalog.

    To be called where the service declares its own.

    :returns: them, by their strings; declared before: as they are
    :raises InvalidCode: one of them is a name that another code had
    """
    return declared(catalog, 'action', _MEANINGS)


class Refusals(Refusing):
    """Makes the exceptions; each has its code as its comment.

    :param service_type: the prefix of the codes
    :param what: what a resource is called, such as ``Instance``
    """

    def __init__(self, service_type: str, what: str = 'Resource') -> None:
        super().__init__(service_type, 'action')
        self._what = what

    def no_action(self, request_id: str) -> Exception:
        """Return the 404 for an action."""
        return self.made(
            webob.exc.HTTPNotFound,
            f'Action {cut(request_id)} not found',
            _NO_ACTION,
        )

    def no_resource(self, id: str) -> Exception:
        """Return the 404 for a resource, of whomever it may be."""
        return self.made(
            webob.exc.HTTPNotFound,
            f'{self._what} {cut(id)} could not be found.',
            _NO_RESOURCE,
        )

    def no_marker(self, marker: str) -> Exception:
        """Return the 400 for the marker of a list, as nova has it."""
        return self.made(
            webob.exc.HTTPBadRequest,
            f'Marker {cut(marker)} could not be found.',
            _NO_MARKER,
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
        return self.made(webob.exc.HTTPBadRequest, detail, _QUERY)
