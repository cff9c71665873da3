# SPDX-License-Identifier: Apache-2.0
"""Two services on loopback: one is listed, the other is not."""

import pytest
from called_services import CLIENTS, Service
from loopback import serving
from oslo_context import context as oslo_context


@pytest.fixture(autouse=True)
def _nobody_stays_current():
    """Forget the context that oslo.context keeps of any that is made."""
    yield
    if oslo_context.get_current() is not None:
        del oslo_context._request_store.context


@pytest.fixture(scope='session')
def _services():
    ours, foreign = Service(), Service()
    with serving(ours) as url, serving(foreign) as other:
        yield (ours, url), (foreign, other)


@pytest.fixture
def ours(_services):
    """The listed service, its host and port."""
    service, service.url = _services[0]
    service.seen.clear()
    service.place = service.url.removeprefix('http://')
    return service


@pytest.fixture
def foreign(_services):
    """The service that nobody has listed."""
    service, service.url = _services[1]
    service.seen.clear()
    service.place = service.url.removeprefix('http://')
    return service


@pytest.fixture(params=list(CLIENTS))
def get(request):
    """A function that calls a URL, with each of the clients."""
    return CLIENTS[request.param]
