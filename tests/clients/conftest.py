# SPDX-License-Identifier: Apache-2.0
"""The refusing service on loopback, and what makes clients of it."""

import pytest
import refusing
from loopback import serving
from openstack_clients import Clients


@pytest.fixture(scope='session')
def _served():
    sent = refusing.Sent(refusing.mounted())
    with serving(sent) as url:
        yield url, sent


@pytest.fixture
def url(_served):
    """The URL of the service's root."""
    return _served[0]


@pytest.fixture
def sent(_served):
    """What the service has sent since the test began."""
    _served[1].clear()
    return _served[1]


@pytest.fixture
def clients(url):
    """What makes the clients; their connections are closed afterwards."""
    made = Clients(url)
    yield made
    made.close()
