# SPDX-License-Identifier: Apache-2.0
"""What every API of outcomes refuses, and how its codes are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import webob.exc

from errorkit._i18n import _
from errorkit.codes import Catalog, ErrorCode

_WIDTH = 255

#: The last labels of the codes that every one of them has.
NO_PAGE = 'no_such_page'
METHOD = 'method_not_allowed'
FORBIDDEN = 'forbidden'
PROJECT = 'wrong_project'

_MEANINGS = {
    NO_PAGE: (
        404,
        'There is nothing at this address, or not in this microversion.',
    ),
    FORBIDDEN: (403, 'The policy of the service does not allow this.'),
    PROJECT: (400, 'The address names another project than the token.'),
}


def declared(
    catalog: Catalog, group: str, meanings: Mapping[str, tuple[int, str]]
) -> dict[str, ErrorCode]:
    """Declare codes in a service's catalog, where they are not yet.

    :param group: their second label
    :param meanings: status and meaning of more than every API has, by the
        last label
    :returns: the codes, by their strings
    :raises InvalidCode: one of them is a name that another code had
    """
    found = {}
    for reason, (status, meaning) in {**meanings, **_MEANINGS}.items():
        code = f'{catalog.service_type}.{group}.{reason}'
        found[code] = catalog.get(code) or catalog.define(
            code, status=status, meaning=meaning
        )
    # The service itself raises none of them.
    catalog.built_in |= frozenset(found)
    return found


class Refusing:
    """Makes exceptions; each has its code as its comment.

    :param service_type: the first label of the codes
    :param group: the second
    """

    def __init__(self, service_type: str, group: str) -> None:
        self._prefix = f'{service_type}.{group}.'

    def no_page(self) -> Exception:
        """Return the 404 for an address that has nothing."""
        return self.made(
            webob.exc.HTTPNotFound,
            _('The resource could not be found.'),
            NO_PAGE,
        )

    def method(self, allow: str) -> Exception:
        """Return the 405.

        :param allow: the methods there are
        """
        return self.made(
            webob.exc.HTTPMethodNotAllowed,
            _('The methods here are %(methods)s.', methods=allow),
            METHOD,
            headers=[('Allow', allow)],
        )

    def forbidden(self, action: str) -> Exception:
        """Return the 403.

        :param action: as the policy calls it
        """
        return self.made(
            webob.exc.HTTPForbidden,
            _(
                'The policy does not allow %(action)s to be performed.',
                action=action,
            ),
            FORBIDDEN,
        )

    def wrong_project(self) -> Exception:
        """Return the 400 for an address of another project."""
        return self.made(
            webob.exc.HTTPBadRequest,
            _('The project in the address is not that of the token.'),
            PROJECT,
        )

    def made(
        self,
        kind: Callable[..., Exception],
        detail: str,
        reason: str,
        headers: list[tuple[str, str]] | None = None,
    ) -> Exception:
        """Return an exception.

        :param detail: translatable, where it is errorkit's own
        :param reason: the last label of its code
        """
        return kind(detail, headers=headers, comment=self._prefix + reason)


def cut(value: str, width: int = _WIDTH) -> str:
    """Return a client's value as an answer may repeat it."""
    return value if len(value) <= width else value[:width] + '…'


def not_valid(name: str, allowed: str) -> str:
    """Return what a client is told of a parameter.

    :param name: of the parameter
    :param allowed: what would have been right, or what is wrong
    """
    return _(
        'The parameter %(name)s is not valid: %(allowed)s.',
        name=cut(name),
        allowed=allowed,
    )
