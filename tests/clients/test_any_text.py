# SPDX-License-Identifier: Apache-2.0
"""Whatever an author writes, every client finds it in the bridge format.

The clients' own readers of a response, without a network in between.
"""

import cinderclient.exceptions
import keystoneauth1.exceptions
import novaclient.exceptions
import openstack.exceptions
import pytest
import requests
import webob
import webob.exc
from hypothesis import given, settings
from hypothesis import strategies as st

import errorkit

URL = 'http://127.0.0.1/v3/volumes/x'


def answer(status, texts):
    """Return what a service answers, as a response of requests."""

    def application(environ, start_response):
        raise errorkit.MultiError(
            [errorkit.Error(status, 'A title', text) for text in texts]
        )

    wrapped = errorkit.wrap(
        application,
        service_type='volume',
        format='bridge',
        compat_headers=['X-Compute-Request-Id'],
        log_requests=False,
    )
    sent = webob.Request.blank('/v3/volumes/x').get_response(wrapped)
    received = requests.Response()
    received.status_code = sent.status_int
    received.reason = sent.status.partition(' ')[2]
    received.headers.update(sent.headers)
    received.url = URL
    received._content = sent.body
    return received


def openstacksdk(response):
    """Return what openstacksdk raises for a response."""
    with pytest.raises(openstack.exceptions.HttpException) as caught:
        openstack.exceptions.raise_from_response(response)
    return caught.value


@settings(deadline=None, max_examples=150)
@given(
    status=st.integers(400, 599),
    texts=st.lists(
        st.text(st.characters(), min_size=1)
        | st.sampled_from(['"', '</script>', '{"message": "x"}', '\\', '0']),
        min_size=1,
        max_size=3,
    ),
)
def test_every_client_shows_the_text_the_status_and_the_id(status, texts):
    response = answer(status, texts)
    assert response.status_code == status
    told = response.json()['errors'][0]['detail']
    request_id = response.headers['X-Openstack-Request-Id']
    by_keystoneauth = keystoneauth1.exceptions.from_response(
        response, 'GET', URL
    )
    by_cinder = cinderclient.exceptions.from_response(
        response, response.json()
    )
    by_nova = novaclient.exceptions.from_response(
        response, response.json(), URL
    )
    by_sdk = openstacksdk(response)
    assert (
        by_keystoneauth.details,
        by_cinder.message,
        by_nova.message,
        by_sdk.details,
    ) == (told,) * 4
    if texts[0].isprintable() and texts[0].strip():
        assert told == texts[0]
    assert (
        by_keystoneauth.http_status,
        by_cinder.code,
        by_nova.code,
        by_sdk.status_code,
    ) == (status,) * 4
    assert (
        by_keystoneauth.request_id,
        by_cinder.request_id,
        by_nova.request_id,
        by_sdk.request_id,
    ) == (request_id,) * 4
