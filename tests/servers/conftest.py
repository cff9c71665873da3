# SPDX-License-Identifier: Apache-2.0
"""The running servers, each started once for all tests that need it."""

import launch
import pytest


class Fleet:
    """Starts a server when it is first asked for, and stops them all."""

    def __init__(self):
        self._servers = {}

    def get(self, kind):
        """The running server of this kind."""
        if kind not in self._servers:
            self._servers[kind] = launch.start(kind)
        return self._servers[kind]

    def stop(self):
        """Stop every server, also when stopping one of them fails."""
        failures = []
        for server in self._servers.values():
            try:
                server.stop()
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup('servers that did not stop', failures)


@pytest.fixture(scope='session')
def fleet():
    """All servers that this run needs."""
    fleet = Fleet()
    yield fleet
    fleet.stop()


@pytest.fixture
def server(kind, fleet):
    """The running server of the test's kind; a skip says why there is none."""
    reason = launch.missing(kind)
    if reason:
        pytest.skip(reason)
    return fleet.get(kind)
