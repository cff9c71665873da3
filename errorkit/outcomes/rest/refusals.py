# SPDX-License-Identifier: Apache-2.0
"""What the messages API refuses: its error codes, and who raises them."""

from __future__ import annotations

import webob.exc

from errorkit._i18n import _
from errorkit.codes import Catalog, ErrorCode
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.records import SORTABLE
from errorkit.outcomes.rest.refusing import (
    METHOD,
    Refusing,
    cut,
    declared,
    not_valid,
)

_NO_MESSAGE = 'not_found'
_NO_MARKER = 'marker_not_found'
_QUERY = 'invalid_query'
_FILTER = 'unknown_filter'

_MEANINGS = {
    _NO_MESSAGE: (404, 'The project has no user message with this id.'),
    _NO_MARKER: (
        404,
        'The page of user messages begins after something that is not there.',
    ),
    _QUERY: (
        400,
        'A parameter of the list of user messages is given twice, or has a '
        'value that cannot be.',
    ),
    _FILTER: (400, 'User messages cannot be filtered by this name.'),
    METHOD: (405, 'User messages can be listed, shown and deleted.'),
}
_MOST = 10


def declare(catalog: Catalog) -> dict[str, ErrorCode]:
    """Declare the codes of the messages API in a service's catalog.

    To be called where the service declares its own: the codes then are in
    its lock, its documentation and its help pages.

    :returns: them, by their strings; declared before: as they are
    :raises InvalidCode: one of them is a name that another code had
    """
    return declared(catalog, 'message', _MEANINGS)


class Refusals(Refusing):
    """Makes the exceptions; each has its code as its comment.

    :param service_type: the prefix of the codes
    """

    def __init__(self, service_type: str) -> None:
        super().__init__(service_type, 'message')

    def no_message(self, id: str) -> Exception:
        """Return the 404 for a message, of whomever it may be."""
        return self.made(
            webob.exc.HTTPNotFound,
            _('Message %(id)s could not be found.', id=cut(id)),
            _NO_MESSAGE,
        )

    def no_marker(self, marker: str) -> Exception:
        """Return the 404 for the marker of a list."""
        return self.made(
            webob.exc.HTTPNotFound,
            _('Marker %(id)s could not be found.', id=cut(marker)),
            _NO_MARKER,
        )

    def invalid(self, raised: InvalidInput) -> Exception:
        """Return the 400 for a parameter."""
        if isinstance(raised.value, tuple):
            return self._unknown(raised.value, raised.allowed)
        name, allowed = raised.parameter, raised.allowed
        if name in ('sort_keys', 'sort_dirs'):
            name = 'sort'
            allowed = _(
                'keys are %(keys)s; directions are asc, desc',
                keys=', '.join(SORTABLE),
            )
        return self.made(
            webob.exc.HTTPBadRequest,
            not_valid(name, allowed),
            _QUERY,
        )

    def _unknown(self, names: tuple[object, ...], allowed: str) -> Exception:
        listed = ', '.join(cut(str(name), 64) for name in names[:_MOST])
        if len(names) > _MOST:
            listed += ', …'
        return self.made(
            webob.exc.HTTPBadRequest,
            _(
                'Invalid filters: %(names)s. The filters are %(known)s.',
                names=listed,
                known=allowed.removeprefix('filters are '),
            ),
            _FILTER,
        )
