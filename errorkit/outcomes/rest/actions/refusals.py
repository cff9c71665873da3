# SPDX-License-Identifier: Apache-2.0
"""What the actions API refuses: its error codes, and who raises them."""

from __future__ import annotations

import webob.exc

from errorkit._i18n import Text, _
from errorkit.codes import Catalog, ErrorCode
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.rest.refusing import (
    METHOD,
    Refusing,
    cut,
    declared,
    not_valid,
)

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
#: Of any other name only what stands around it can be translated.
_NOT_THERE = {
    'Instance': _('Instance %(id)s could not be found.'),
    'Resource': _('Resource %(id)s could not be found.'),
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
            _('Action %(id)s not found', id=cut(request_id)),
            _NO_ACTION,
        )

    def no_resource(self, id: str) -> Exception:
        """Return the 404 for a resource, of whomever it may be."""
        known = _NOT_THERE.get(self._what)
        if known is not None:
            detail = Text(known.msgid, id=cut(id))
        else:
            detail = _(
                '%(what)s %(id)s could not be found.',
                what=self._what,
                id=cut(id),
            )
        return self.made(webob.exc.HTTPNotFound, detail, _NO_RESOURCE)

    def no_marker(self, marker: str) -> Exception:
        """Return the 400 for the marker of a list, as nova has it."""
        return self.made(
            webob.exc.HTTPBadRequest,
            _('Marker %(id)s could not be found.', id=cut(marker)),
            _NO_MARKER,
        )

    def invalid(self, raised: InvalidInput) -> Exception:
        """Return the 400 for a parameter."""
        detail = not_valid(raised.parameter, raised.allowed)
        if isinstance(raised.value, tuple):
            names = ', '.join(cut(str(one), 64) for one in raised.value[:10])
            detail = _(
                'Additional properties are not allowed: %(names)s. The '
                'parameters are %(known)s.',
                names=names,
                known=raised.allowed.removeprefix('parameters are '),
            )
        elif raised.parameter == 'changes-since' and raised.value is None:
            detail = raised.allowed
        return self.made(webob.exc.HTTPBadRequest, detail, _QUERY)
