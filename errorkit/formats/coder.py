# SPDX-License-Identifier: Apache-2.0
"""Which code an error gets: the author's, or the one of its status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from errorkit import codes, log
from errorkit.codes import Catalog, ErrorCode

LOG = logging.getLogger('errorkit.formatter')

#: How many valid codes are remembered as such.
_MAX_SEEN = 1000

Chosen = tuple[str, ErrorCode | None]


class Coder:
    """A service's codes, as its errors need them.

    :param service_type: the prefix of the default code
    :param catalog: the declared codes, or None
    :param default_codes: for a status, the code of an error without one
    """

    def __init__(
        self,
        service_type: str,
        catalog: Catalog | None,
        default_codes: Mapping[int, str],
    ) -> None:
        self._catalog = catalog
        self._default = self._found(codes.undefined(service_type))
        self._defaults = {
            status: self._found(code)
            for status, code in default_codes.items()
        }
        self._seen: dict[str, Chosen] = {}

    def _found(self, code: str) -> Chosen:
        declared = self._catalog.find(code) if self._catalog else None
        return (code if declared is None else str(declared)), declared

    def choose(self, status: int, code: Any) -> Chosen:
        """Return the code of an error, and its declaration if it has one.

        :param status: the error's
        :param code: what its author gave, of any type: used when it is a
            valid code
        """
        if code is not None and isinstance(code, str):
            if type(code) is not str:
                # An ErrorCode, an enum's member, or what lies about itself.
                code = str.__str__(code)
            chosen = self._seen.get(code)
            if chosen is not None:
                declared = chosen[1]
                if declared is None or status in declared.statuses:
                    return chosen
            if codes.is_valid(code):
                return self._noted(status, code)
            if code:
                log.say(LOG, logging.DEBUG, 'a comment is not a valid code')
        elif code is not None:
            log.say(LOG, logging.DEBUG, 'a comment is not a valid code')
        return self._defaults.get(status, self._default)

    def _noted(self, status: int, code: str) -> Chosen:
        """Return a code; remember it, if the catalog has no objection."""
        catalog = self._catalog
        chosen = self._found(code)
        objection = catalog and catalog.objection(code, status)
        if catalog is None or not objection:
            if len(self._seen) < _MAX_SEEN:
                self._seen[code] = chosen
        elif catalog.note_undeclared(code, objection):
            log.say(LOG, logging.WARNING, 'the code %s %s', code, objection)
        return chosen
