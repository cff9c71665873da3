# SPDX-License-Identifier: Apache-2.0
"""Shows actions and events as the preset and the microversion want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from errorkit.codes import Catalog
from errorkit.outcomes.actions.records import Action, Event
from errorkit.outcomes.rest.actions import members
from errorkit.outcomes.rest.actions.addresses import Addresses
from errorkit.outcomes.rest.actions.gating import Gates
from errorkit.outcomes.rest.actions.presets import Preset
from errorkit.outcomes.rest.actions.routes import Route

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Showing:
    """Shows them, with their links.

    :param preset: the names, and the form
    :param gates: what there is in which microversion
    :param addresses: where the actions are found
    :param catalog: the service's codes, or None
    """

    def __init__(
        self,
        preset: Preset,
        gates: Gates,
        addresses: Addresses,
        catalog: Catalog | None,
    ) -> None:
        self._preset = preset
        self._gates = gates
        self._addresses = addresses
        self._catalog = catalog

    def action(
        self, environ: WSGIEnvironment, route: Route, action: Action
    ) -> dict[str, Any]:
        """Return an action as it is shown, without its events.

        :param environ: of the request
        :param route: of the request
        :param action: is shown
        """
        if self._preset.plain:
            return members.nova_action(
                action, self._preset.resource_id,
                self._gates.paging.is_open(environ),
            )
        own = Route(route.project_id, action.resource_id, action.request_id)
        links = [{'rel': 'self', 'href': self._addresses.of(environ, own)}]
        return members.neutral_action(
            action, self._preset.resource_id,
            links + help_links(self._catalog, action.code),
        )

    def event(
        self,
        environ: WSGIEnvironment,
        event: Event,
        action: Action,
        *,
        admin: bool,
    ) -> dict[str, Any]:
        """Return an event as it is shown.

        :param environ: of the request
        :param event: is shown
        :param action: that it is of
        :param admin: who asks may see all of it
        """
        if self._preset.plain:
            return members.nova_event(
                event, action,
                admin=admin,
                hosts=self._gates.hosts.is_open(environ),
                details=self._gates.details.is_open(environ),
            )
        return members.neutral_event(
            event, action, help_links(self._catalog, event.code), admin=admin
        )


def help_links(
    catalog: Catalog | None, code: str | None
) -> list[dict[str, str]]:
    """Return the link to the help for a code, if there is any."""
    declared = code and catalog and catalog.get(code)
    if not declared or not declared.help:
        return []
    return [{'rel': 'help', 'href': declared.help}]
