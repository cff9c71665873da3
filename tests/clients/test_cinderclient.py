# SPDX-License-Identifier: Apache-2.0
"""python-cinderclient against the service: what it raises."""

import pytest
import refusing
from cinderclient import exceptions

from errorkit.error import explanation_of, title_of

KINDS = {
    'bad-request': exceptions.BadRequest,
    'unauthorized': exceptions.Unauthorized,
    'forbidden': exceptions.Forbidden,
    'not-found': exceptions.NotFound,
    'method': exceptions.ClientException,
    'media-type': exceptions.NotAcceptable,
    'conflict': exceptions.ClientException,
    'over-limit': exceptions.OverLimit,
    'rate-limit': exceptions.ClientException,
    'unavailable': exceptions.ClientException,
    'not-implemented': exceptions.HTTPNotImplemented,
    'gone': exceptions.ClientException,
    'non-ascii': exceptions.ClientException,
    'markup': exceptions.ClientException,
    'lines': exceptions.ClientException,
    'no-text': exceptions.ClientException,
    'bug': exceptions.ClientException,
}


def refusal(call, *args):
    """Return what a call of the client raises."""
    with pytest.raises(Exception) as caught:
        call(*args)
    return caught.value


def test_each_refusal_of_the_service_has_its_exception():
    assert set(KINDS) == set(refusing.STATUSES)


@pytest.mark.parametrize('form', ['bridge', 'compute'])
@pytest.mark.parametrize('name', KINDS)
def test_it_raises_its_own_exception_with_text_status_and_id(
    clients, sent, name, form
):
    status = refusing.STATUSES[name]
    text = refusing.TEXTS.get(name) or explanation_of(status)
    raised = refusal(clients.cinder(form).volumes.get, name)
    assert type(raised) is KINDS[name]
    assert raised.code == status
    assert raised.message == text
    assert raised.request_id == sent.request_id
    assert str(raised) == (
        f'{text} (HTTP {status}) (Request-ID: {sent.request_id})'
    )


@pytest.mark.parametrize('name', KINDS)
def test_a_list_of_errors_alone_is_not_what_it_reads(clients, name):
    raised = refusal(clients.cinder('errors').volumes.get, name)
    assert type(raised) is AttributeError


@pytest.mark.parametrize('form', refusing.FORMATS)
def test_a_head_raises_its_exception_with_the_id(clients, sent, form):
    client = clients.cinder(form).client
    raised = refusal(client.request, '/volumes/not-found', 'HEAD')
    assert type(raised) is exceptions.NotFound
    assert raised.message == title_of(404)
    assert raised.request_id == sent.request_id


@pytest.mark.parametrize('form', ['bridge', 'compute'])
def test_a_microversion_that_is_not_supported_is_told(clients, sent, form):
    raised = refusal(clients.cinder(form, '3.71').volumes.get, 'x')
    assert type(raised) is exceptions.NotAcceptable
    assert '3.0' in raised.message
    assert '3.70' in raised.message
    assert raised.request_id == sent.request_id


def test_it_knows_when_to_come_back_after_a_413(clients):
    raised = refusal(clients.cinder().volumes.get, 'over-limit')
    assert raised.retry_after == 7


def test_of_several_errors_it_shows_the_first(clients):
    raised = refusal(clients.cinder().volumes.get, 'several')
    assert type(raised) is exceptions.BadRequest
    assert raised.message == 'The name is too long.'


def test_a_bug_shows_nothing_of_itself(clients):
    raised = refusal(clients.cinder().volumes.get, 'bug')
    assert raised.code == 500
    assert refusing.SECRET not in str(raised)
    assert 'RuntimeError' not in str(raised)


def test_our_id_that_it_sends_from_then_on_is_a_valid_global_id(
    clients, sent
):
    client = clients.cinder()
    client.client.get('/')
    first = sent.request_id
    refusal(client.volumes.get, 'conflict')
    assert sent.global_ids == [None, first]
    assert sent.request_id != first


def test_an_id_of_the_caller_is_refused_in_its_own_exception(clients, sent):
    client = clients.cinder('reject', global_request_id='not-an-id')
    raised = refusal(client.volumes.get, 'x')
    assert type(raised) is exceptions.BadRequest
    assert raised.request_id == sent.request_id
    assert 'X-Openstack-Request-Id' in raised.message
