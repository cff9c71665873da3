# SPDX-License-Identifier: Apache-2.0
"""python-novaclient against the service: what it raises."""

import pytest
import refusing
from novaclient import exceptions

from errorkit.error import explanation_of

KINDS = {
    'bad-request': exceptions.BadRequest,
    'unauthorized': exceptions.Unauthorized,
    'forbidden': exceptions.Forbidden,
    'not-found': exceptions.NotFound,
    'method': exceptions.MethodNotAllowed,
    'media-type': exceptions.NotAcceptable,
    'conflict': exceptions.Conflict,
    'over-limit': exceptions.OverLimit,
    'rate-limit': exceptions.RateLimit,
    'unavailable': exceptions.ClientException,
    'not-implemented': exceptions.HTTPNotImplemented,
    'gone': exceptions.ClientException,
    'non-ascii': exceptions.Conflict,
    'markup': exceptions.Conflict,
    'lines': exceptions.Conflict,
    'no-text': exceptions.Conflict,
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
    raised = refusal(clients.nova(form).servers.get, name)
    assert type(raised) is KINDS[name]
    assert raised.code == status
    assert raised.message == text
    assert raised.request_id == sent.request_id
    assert str(raised) == (
        f'{text} (HTTP {status}) (Request-ID: {sent.request_id})'
    )


@pytest.mark.parametrize('name', KINDS)
def test_a_list_of_errors_alone_is_not_what_it_reads(clients, name):
    raised = refusal(clients.nova('errors').servers.get, name)
    assert type(raised) is AttributeError


@pytest.mark.parametrize('form', refusing.FORMATS)
def test_a_head_raises_its_exception_with_the_id(clients, sent, form):
    client = clients.nova(form).client
    raised = refusal(client.request, '/servers/not-found', 'HEAD')
    assert type(raised) is exceptions.NotFound
    assert raised.message == exceptions.NotFound.message
    assert raised.request_id == sent.request_id


@pytest.mark.parametrize('form', ['bridge', 'compute'])
def test_a_microversion_that_is_not_supported_is_told(clients, sent, form):
    raised = refusal(clients.nova(form, '2.81').servers.get, 'x')
    assert type(raised) is exceptions.NotAcceptable
    assert '2.1' in raised.message
    assert '2.80' in raised.message
    assert raised.request_id == sent.request_id


@pytest.mark.parametrize(
    ('name', 'seconds'), [('over-limit', 7), ('rate-limit', 9)]
)
def test_it_knows_when_to_come_back(clients, name, seconds):
    raised = refusal(clients.nova().servers.get, name)
    assert raised.retry_after == seconds


def test_of_several_errors_it_shows_the_first(clients):
    raised = refusal(clients.nova().servers.get, 'several')
    assert type(raised) is exceptions.BadRequest
    assert raised.message == 'The name is too long.'


def test_a_bug_shows_nothing_of_itself(clients):
    raised = refusal(clients.nova().servers.get, 'bug')
    assert raised.code == 500
    assert refusing.SECRET not in str(raised)
    assert 'RuntimeError' not in str(raised)


def test_a_legacy_version_header_alone_is_answered_in_its_exception(
    clients, sent
):
    client = clients.nova(version='2.10').client
    raised = refusal(client.request, '/servers/conflict', 'GET')
    assert type(raised) is exceptions.Conflict
    assert sent.answers[-1][2]['X-OpenStack-Nova-API-Version'] == '2.10'
