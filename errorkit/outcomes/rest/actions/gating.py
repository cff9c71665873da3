# SPDX-License-Identifier: Apache-2.0
"""What of the actions API there is for a request: its query, its members."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from errorkit._i18n import _
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.rest.actions import asked
from errorkit.outcomes.rest.actions.presets import Preset
from errorkit.outcomes.rest.gates import Gate

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PAGING = ('limit', 'marker', 'changes-since')
_BEFORE = 'changes-before'


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """What the query of a list asks for.

    :param parameters: as they were written
    :param since: the time in ``changes-since``
    :param before: the time in ``changes-before``
    """

    parameters: dict[str, str] = dataclasses.field(default_factory=dict)
    since: datetime.datetime | None = None
    before: datetime.datetime | None = None


class Gates:
    """The gates of a preset.

    :param service_type: whose microversion counts
    :param preset: the versions
    """

    def __init__(self, service_type: str, preset: Preset) -> None:
        def gate(since: str | None) -> Gate:
            return Gate(service_type, since)

        self.deleted = gate(preset.deleted_since)
        self.events = gate(preset.events_since)
        self.paging = gate(preset.paging_since)
        self.hosts = gate(preset.hosts_since)
        self.details = gate(preset.details_since)
        self._before = gate(preset.before_since)
        self._strict = gate(preset.strict_since)

    def query(self, environ: WSGIEnvironment) -> Wanted:
        """Return what a list's query asks for; before paging, nothing.

        :raises InvalidInput: a parameter is not right
        """
        if not self.paging.is_open(environ):
            return Wanted()
        known: tuple[str, ...] = _PAGING
        if self._before.is_open(environ):
            known = (*_PAGING, _BEFORE)
        found = asked.read(environ.get('QUERY_STRING', ''), known)
        since, before = (
            asked.time(name, found) for name in ('changes-since', _BEFORE)
        )
        if since is not None and before is not None and since > before:
            raise InvalidInput(
                'changes-since', None,
                _(
                    'The value of changes-since must be less than or equal '
                    'to changes-before.'
                ),
            )
        return Wanted(found, since, before)

    def check_query(self, environ: WSGIEnvironment) -> None:
        """Refuse a query where there is none to be.

        :raises InvalidInput: there is one
        """
        if self._strict.is_open(environ):
            asked.read(environ.get('QUERY_STRING', ''), ())
