# SPDX-License-Identifier: Apache-2.0
"""openstacksdk against the service: what it raises, for two services."""

import pytest
import refusing
from openstack import exceptions

from errorkit.error import explanation_of, title_of

# It warns of what it calls in itself.
pytestmark = pytest.mark.filterwarnings(
    'ignore::openstack.warnings.RemovedInSDK50Warning'
)

KINDS = {
    'bad-request': exceptions.BadRequestException,
    'unauthorized': exceptions.HttpException,
    'forbidden': exceptions.ForbiddenException,
    'not-found': exceptions.NotFoundException,
    'method': exceptions.HttpException,
    'media-type': exceptions.HttpException,
    'conflict': exceptions.ConflictException,
    'over-limit': exceptions.HttpException,
    'rate-limit': exceptions.HttpException,
    'unavailable': exceptions.HttpException,
    'not-implemented': exceptions.HttpException,
    'gone': exceptions.HttpException,
    'non-ascii': exceptions.ConflictException,
    'markup': exceptions.ConflictException,
    'lines': exceptions.ConflictException,
    'no-text': exceptions.ConflictException,
    'bug': exceptions.HttpException,
}
CALLS = {
    'volume': lambda sdk, name: sdk.block_storage.get_volume(name),
    'compute': lambda sdk, name: sdk.compute.get_server(name),
}


def refusal(call, *args, **more):
    """Return what a call of the client raises."""
    with pytest.raises(Exception) as caught:
        call(*args, **more)
    return caught.value


def head(sdk):
    """Ask for the headers of a server that is not there."""
    exceptions.raise_from_response(sdk.compute.head('/servers/not-found'))


def future(sdk):
    """Ask in a microversion that the service does not have."""
    exceptions.raise_from_response(
        sdk.compute.get('/servers/x', microversion='2.81')
    )


def test_each_refusal_of_the_service_has_its_exception():
    assert set(KINDS) == set(refusing.STATUSES)


@pytest.mark.parametrize('form', ['bridge', 'compute'])
@pytest.mark.parametrize('kind', CALLS)
@pytest.mark.parametrize('name', KINDS)
def test_it_raises_its_own_exception_with_text_status_and_id(
    clients, sent, name, kind, form
):
    status = refusing.STATUSES[name]
    text = refusing.TEXTS.get(name) or explanation_of(status)
    raised = refusal(CALLS[kind], clients.sdk(form), name)
    assert type(raised) is KINDS[name]
    assert raised.status_code == status
    assert raised.details == text
    assert str(raised).endswith(f', {text}')
    assert raised.request_id == sent.request_id


@pytest.mark.parametrize('name', KINDS)
def test_of_a_list_of_errors_alone_it_shows_no_text(clients, sent, name):
    raised = refusal(CALLS['volume'], clients.sdk('errors'), name)
    assert type(raised) is KINDS[name]
    assert raised.details == title_of(refusing.STATUSES[name])
    assert raised.request_id == sent.request_id


@pytest.mark.parametrize('form', refusing.FORMATS)
def test_a_head_raises_its_exception_with_the_id(clients, sent, form):
    raised = refusal(head, clients.sdk(form))
    assert type(raised) is exceptions.NotFoundException
    assert raised.details == title_of(404)
    assert raised.request_id == sent.request_id


@pytest.mark.parametrize('form', ['bridge', 'compute'])
def test_a_microversion_that_is_not_supported_is_told(clients, sent, form):
    raised = refusal(future, clients.sdk(form))
    assert type(raised) is exceptions.HttpException
    assert raised.status_code == 406
    assert '2.1' in raised.details
    assert '2.80' in raised.details
    assert raised.request_id == sent.request_id


def test_of_several_errors_it_shows_the_first(clients):
    raised = refusal(CALLS['compute'], clients.sdk(), 'several')
    assert type(raised) is exceptions.BadRequestException
    assert raised.details == 'The name is too long.'


def test_a_bug_shows_nothing_of_itself(clients):
    raised = refusal(CALLS['compute'], clients.sdk(), 'bug')
    assert raised.status_code == 500
    assert refusing.SECRET not in str(raised)
    assert 'RuntimeError' not in str(raised)
