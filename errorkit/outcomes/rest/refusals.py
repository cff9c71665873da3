# SPDX-License-Identifier: Apache-2.0
"""What the messages API refuses: its error codes, and who raises them."""

from __future__ import annotations

from collections.abc import Callable

import webob.exc

from errorkit.codes import Catalog, ErrorCode
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.records import SORTABLE

_NO_MESSAGE = 'message.not_found'
_NO_MARKER = 'message.marker_not_found'
_NO_PAGE = 'message.no_such_page'
_QUERY = 'message.invalid_query'
_FILTER = 'message.unknown_filter'
_METHOD = 'message.method_not_allowed'
_FORBIDDEN = 'message.forbidden'
_PROJECT = 'message.wrong_project'

_MEANINGS = {
    _NO_MESSAGE: (404, 'The project has no user message with this id.'),
    _NO_MARKER: (
        404,
        'The page of user messages begins after something that is not there.',
    ),
    _NO_PAGE: (
        404,
        'There is nothing at this address, or not in this microversion.',
    ),
    _QUERY: (
        400,
        'A parameter of the list of user messages is given twice, or has a '
        'value that cannot be.',
    ),
    _FILTER: (400, 'User messages cannot be filtered by this name.'),
    _METHOD: (405, 'User messages can be listed, shown and deleted.'),
    _FORBIDDEN: (403, 'The policy of the service does not allow this.'),
    _PROJECT: (400, 'The address names another project than the token.'),
}
_WIDTH = 255
_MOST = 10


def declare(catalog: Catalog) -> dict[str, ErrorCode]:
    """Declare the codes of the messages API in a service's catalog.

    To be called where the service declares its own: the codes then are in
    its lock, its documentation and its help pages.

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
    """

    def __init__(self, service_type: str) -> None:
        self._prefix = service_type + '.'

    def no_message(self, id: str) -> Exception:
        """Return the 404 for a message, of whomever it may be."""
        return self._made(
            webob.exc.HTTPNotFound,
            f'Message {cut(id)} could not be found.',
            _NO_MESSAGE,
        )

    def no_marker(self, marker: str) -> Exception:
        """Return the 404 for the marker of a list."""
        return self._made(
            webob.exc.HTTPNotFound,
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
        if isinstance(raised.value, tuple):
            return self._unknown(raised.value, raised.allowed)
        name, allowed = raised.parameter, raised.allowed
        if name in ('sort_keys', 'sort_dirs'):
            name = 'sort'
            allowed = (
                f'keys are {", ".join(SORTABLE)}; directions are asc, desc'
            )
        return self._made(
            webob.exc.HTTPBadRequest,
            f'The parameter {cut(name)} is not valid: {allowed}.',
            _QUERY,
        )

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

    def _unknown(self, names: tuple[object, ...], allowed: str) -> Exception:
        listed = ', '.join(cut(str(name), 64) for name in names[:_MOST])
        if len(names) > _MOST:
            listed += ', …'
        return self._made(
            webob.exc.HTTPBadRequest,
            f'Invalid filters: {listed}. The {allowed}.',
            _FILTER,
        )

    def _made(
        self,
        kind: Callable[..., Exception],
        detail: str,
        reason: str,
        headers: list[tuple[str, str]] | None = None,
    ) -> Exception:
        return kind(detail, headers=headers, comment=self._prefix + reason)


def cut(value: str, width: int = _WIDTH) -> str:
    """Return a client's value as an answer may repeat it."""
    return value if len(value) <= width else value[:width] + '…'
