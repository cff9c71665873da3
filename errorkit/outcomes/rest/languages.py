# SPDX-License-Identifier: Apache-2.0
"""The language of an answer: one in which there are all texts of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errorkit import _i18n
from errorkit.formats import negotiation
from errorkit.outcomes.permitted import Permitted

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Languages:
    """Chooses among the languages of the permitted messages.

    :param permitted: more can be declared later
    """

    def __init__(self, permitted: Permitted) -> None:
        self._permitted = permitted
        self._seen: tuple[int, tuple[str, ...]] = (-1, ())

    def chosen(self, environ: WSGIEnvironment) -> str | None:
        """Return a locale name; None if the texts have one language only."""
        available = self._available()
        if not available:
            return None
        return negotiation.choose_language(
            environ.get('HTTP_ACCEPT_LANGUAGE'), available
        )

    def _available(self) -> tuple[str, ...]:
        permitted = self._permitted
        declared = [
            *permitted.events.values(),
            *permitted.actions.values(),
            *permitted.details.values(),
        ]
        size, found = self._seen
        if size != len(declared):
            domains = {
                _i18n.domain_of(one.text)
                for one in declared
                # Nobody has declared this text: it follows the others.
                if one is not permitted.unknown_error
                and _i18n.is_translatable(one.text)
            }
            found = ()
            for number, domain in enumerate(sorted(domains)):
                there = _i18n.languages(domain)
                found = tuple(
                    name for name in there if not number or name in found
                )
            self._seen = len(declared), found
        return found
