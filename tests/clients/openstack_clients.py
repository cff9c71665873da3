# SPDX-License-Identifier: Apache-2.0
"""A client of each kind, for the service on loopback."""

import openstack
from cinderclient import client as cinder
from keystoneauth1 import adapter, noauth, session
from novaclient import client as nova


class Clients:
    """Makes clients of the service; none of them asks an identity service.

    :param url: of the service's root
    """

    def __init__(self, url):
        self._url = url
        self._sessions = []

    def session(self):
        """Return a session of keystoneauth1 without authentication."""
        made = session.Session(auth=noauth.NoAuth())
        self._sessions.append(made)
        return made

    def keystoneauth(self, form='bridge', **more):
        """Return an adapter of keystoneauth1 for the volume service."""
        return adapter.Adapter(
            self.session(),
            endpoint_override=f'{self._url}/{form}/volume/v3/p',
            **more,
        )

    def cinder(self, form='bridge', version='3.50', **more):
        """Return a client of python-cinderclient."""
        return cinder.Client(
            version,
            session=self.session(),
            endpoint_override=f'{self._url}/{form}/volume/v3/p',
            **more,
        )

    def nova(self, form='bridge', version='2.79', **more):
        """Return a client of python-novaclient."""
        return nova.Client(
            version,
            session=self.session(),
            endpoint_override=f'{self._url}/{form}/compute/v2.1',
            **more,
        )

    def sdk(self, form='bridge'):
        """Return a connection of openstacksdk."""
        return openstack.connection.Connection(
            session=self.session(),
            block_storage_endpoint_override=f'{self._url}/{form}/volume/v3',
            compute_endpoint_override=f'{self._url}/{form}/compute/v2.1',
            block_storage_api_version='3',
            compute_api_version='2',
        )

    def close(self):
        """Close every connection."""
        for made in self._sessions:
            made.session.close()
