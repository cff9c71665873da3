# SPDX-License-Identifier: Apache-2.0
"""Where actions are found by HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from errorkit.exceptions import ConfigError
from errorkit.outcomes.rest.actions.presets import Preset
from errorkit.outcomes.rest.actions.routes import Route
from errorkit.outcomes.rest.links import quoted, root_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Addresses:
    """Makes the addresses of actions, and of lists of them.

    :param preset: the names in a path
    :param endpoint: the URL before it; None: scheme and host of the request
    """

    def __init__(self, preset: Preset, endpoint: str | None) -> None:
        self._preset = preset
        self._endpoint = endpoint

    def of(
        self, environ: WSGIEnvironment, route: Route, mount: str | None = None
    ) -> str:
        """Return the address of what a route leads to.

        :param environ: of the request
        :param route: to the action, or to the list
        :param mount: the path before it; None: that of the application
        """
        root = self._endpoint or root_of(environ)
        path = environ.get('SCRIPT_NAME', '') if mount is None else mount
        parts = [
            route.project_id, self._preset.collection, route.resource_id,
            self._preset.actions, route.request_id,
        ]
        below = '/'.join(quote(one, safe='') for one in parts if one)
        return f'{root}{quoted(path).rstrip("/")}/{below}'


def endpoint(where: str, value: str | None) -> str | None:
    """Return a public endpoint, checked.

    :raises ConfigError: it is no URL
    """
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith(
        ('http://', 'https://')
    ):
        raise ConfigError(where, 'public_endpoint', value, 'allowed: a URL')
    return value.rstrip('/')
