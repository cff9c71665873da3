# SPDX-License-Identifier: Apache-2.0
"""keystoneauth1 against the service: its exceptions, its retries."""

import pytest
import refusing
from keystoneauth1 import exceptions

from errorkit.error import explanation_of, title_of

KINDS = {
    'bad-request': exceptions.BadRequest,
    'unauthorized': exceptions.Unauthorized,
    'forbidden': exceptions.Forbidden,
    'not-found': exceptions.NotFound,
    'method': exceptions.MethodNotAllowed,
    'media-type': exceptions.NotAcceptable,
    'conflict': exceptions.Conflict,
    'over-limit': exceptions.RequestEntityTooLarge,
    'rate-limit': exceptions.TooManyRequests,
    'unavailable': exceptions.ServiceUnavailable,
    'not-implemented': exceptions.HttpNotImplemented,
    'gone': exceptions.Gone,
    'non-ascii': exceptions.Conflict,
    'markup': exceptions.Conflict,
    'lines': exceptions.Conflict,
    'no-text': exceptions.Conflict,
    'bug': exceptions.InternalServerError,
}


def refusal(client, name, method='GET', **more):
    """Return what the client raises for a name."""
    with pytest.raises(Exception) as caught:
        client.request(f'/volumes/{name}', method, **more)
    return caught.value


def test_each_refusal_of_the_service_has_its_exception():
    assert set(KINDS) == set(refusing.STATUSES)


@pytest.mark.parametrize('form', ['bridge', 'errors'])
@pytest.mark.parametrize('name', KINDS)
def test_it_raises_its_own_exception_with_text_status_and_id(
    clients, sent, name, form
):
    status = refusing.STATUSES[name]
    raised = refusal(clients.keystoneauth(form), name)
    assert type(raised) is KINDS[name]
    assert raised.http_status == status
    assert raised.request_id == sent.request_id
    assert str(raised) == (
        f'{title_of(status)} (HTTP {status}) (Request-ID: {sent.request_id})'
    )
    assert raised.details == (
        refusing.TEXTS.get(name) or explanation_of(status)
    )


@pytest.mark.parametrize('name', KINDS)
def test_the_faults_of_compute_alone_say_nothing_to_it(clients, sent, name):
    raised = refusal(clients.keystoneauth('compute'), name)
    assert type(raised) is KINDS[name]
    assert str(raised).startswith('Unrecognized schema in response body.')
    assert raised.details is None
    assert raised.request_id == sent.request_id


@pytest.mark.parametrize('form', refusing.FORMATS)
def test_a_head_raises_its_exception_with_the_id(clients, sent, form):
    raised = refusal(clients.keystoneauth(form), 'not-found', 'HEAD')
    assert type(raised) is exceptions.NotFound
    assert raised.request_id == sent.request_id
    assert raised.details is None


@pytest.mark.parametrize('form', ['bridge', 'errors'])
def test_a_microversion_that_is_not_supported_is_told(clients, sent, form):
    client = clients.keystoneauth(form, service_type='volume')
    raised = refusal(client, 'x', microversion='3.99')
    assert type(raised) is exceptions.NotAcceptable
    assert '3.0' in raised.details
    assert '3.70' in raised.details
    assert raised.request_id == sent.request_id
    [error] = raised.response.json()['errors']
    assert (error['min_version'], error['max_version']) == ('3.0', '3.70')


def test_of_several_errors_it_shows_the_first_and_says_so(clients, sent):
    raised = refusal(clients.keystoneauth(), 'several')
    assert type(raised) is exceptions.BadRequest
    assert str(raised).startswith(
        'Multiple error responses, showing first only: Bad Request'
    )
    assert raised.details == 'The name is too long.'


def test_a_bug_shows_nothing_of_itself(clients):
    raised = refusal(clients.keystoneauth(), 'bug')
    assert raised.response.status_code == 500
    for told in (str(raised), raised.details, raised.response.text):
        assert refusing.SECRET not in told
        assert 'RuntimeError' not in told


def test_it_knows_when_to_come_back_after_a_429(clients):
    assert refusal(clients.keystoneauth(), 'rate-limit').retry_after == 9


@pytest.mark.parametrize('form', refusing.FORMATS)
def test_it_retries_a_503_when_it_is_told_to(clients, sent, form):
    client = clients.keystoneauth(form)
    raised = refusal(client, 'unavailable', status_code_retries=2)
    assert type(raised) is exceptions.ServiceUnavailable
    assert [status for _, status, _ in sent.answers] == (
        ['503 Service Unavailable'] * 3
    )
    ids = {headers['X-Openstack-Request-Id']
           for _, _, headers in sent.answers}
    assert len(ids) == 3
    assert raised.request_id == sent.request_id


def test_it_does_not_retry_a_503_by_itself(clients, sent):
    refusal(clients.keystoneauth(), 'unavailable')
    assert len(sent.answers) == 1


@pytest.mark.parametrize('form', refusing.FORMATS)
def test_a_redirect_is_followed_and_its_error_is_raised(
    clients, sent, form
):
    raised = refusal(clients.keystoneauth(form), 'moved')
    assert [status[:3] for _, status, _ in sent.answers] == ['302', '404']
    assert type(raised) is exceptions.NotFound
    assert raised.request_id == sent.request_id


def test_our_id_that_it_sends_back_is_a_valid_global_id(clients, sent):
    refusal(clients.keystoneauth(), 'moved')
    first = sent.answers[0][2]['X-Openstack-Request-Id']
    assert sent.global_ids == [None, first]
    assert sent.request_id != first
