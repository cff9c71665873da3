# SPDX-License-Identifier: Apache-2.0
"""What of the messages API there is in which microversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errorkit import keys, versions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: cinder's: the messages, their paging, and the check of filters' names.
MESSAGES, PAGING, FILTERS = '3.3', '3.5', '3.31'


class Gate:
    """Open from a microversion on; and where nobody parses microversions.

    :param service_type: whose microversion counts
    :param since: such as ``3.5``; None: always open
    :raises ValueError: it is no version
    """

    def __init__(self, service_type: str, since: str | None) -> None:
        self._key = keys.microversion(service_type)
        self._since = None if since is None else versions.parse(since)

    def is_open(self, environ: WSGIEnvironment) -> bool:
        """Tell whether a request gets what is behind it."""
        if self._since is None:
            return True
        version = environ.get(self._key)
        return version is None or bool(version >= self._since)
