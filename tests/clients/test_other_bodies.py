# SPDX-License-Identifier: Apache-2.0
"""What other layers answer reaches every client in the bridge format."""

import contextlib
import logging

import pytest
import refusing
import webob
import webob.exc
from loopback import serving
from openstack_clients import Clients

import errorkit
from errorkit.error import FAULT_DETAIL, explanation_of

# openstacksdk warns of what it calls in itself.
pytestmark = pytest.mark.filterwarnings(
    'ignore::openstack.warnings.RemovedInSDK50Warning'
)

#: How each client is asked, and where it keeps status and text.
CLIENTS = {
    'keystoneauth1': (
        lambda clients: clients.keystoneauth().get('/volumes/x'),
        'http_status',
        'details',
    ),
    'python-cinderclient': (
        lambda clients: clients.cinder().volumes.get('x'),
        'code',
        'message',
    ),
    'python-novaclient': (
        lambda clients: clients.nova().servers.get('x'),
        'code',
        'message',
    ),
    'openstacksdk': (
        lambda clients: clients.sdk().compute.get_server('x'),
        'status_code',
        'details',
    ),
}
BOTH = {
    'conflictingRequest': {'code': 409, 'message': 'A volume is in use.'},
    'errors': [
        {
            'status': 409,
            'title': 'Conflict',
            'detail': 'A volume is in use.',
        }
    ],
}


def raising(exception):
    """Return an application that raises."""

    def application(environ, start_response):
        raise exception

    return application


#: What is inside the stack: its answer, and the status and text of it.
LAYERS = {
    'keystonemiddleware': (
        webob.Response(
            status=401,
            json_body={
                'error': {
                    'code': 401,
                    'title': 'Unauthorized',
                    'message': 'The request you have made is not for you.',
                }
            },
        ),
        401,
        'The request you have made is not for you.',
    ),
    'a text': (
        webob.Response(
            status=413, body=b'Over the limit.', content_type='text/plain'
        ),
        413,
        'Over the limit.',
    ),
    'a page': (
        webob.Response(
            status=502, body=b'<html><body><h1>Bad Gateway</h1></body></html>'
        ),
        502,
        explanation_of(502),
    ),
    'nothing': (
        webob.Response(status=404, body=b''),
        404,
        explanation_of(404),
    ),
    'both already': (
        webob.Response(status=409, json_body=BOTH),
        409,
        'A volume is in use.',
    ),
    'several': (
        raising(
            errorkit.MultiError(
                [
                    webob.exc.HTTPBadRequest('The name is too long.'),
                    webob.exc.HTTPBadRequest('The size is no number.'),
                ]
            )
        ),
        400,
        'The name is too long.',
    ),
    'a header that cannot be sent': (
        raising(
            webob.exc.HTTPConflict('x', headers=[('X-Name', 'a\r\nb: c')])
        ),
        500,
        FAULT_DETAIL,
    ),
    'a bug': (raising(RuntimeError(refusing.SECRET)), 500, FAULT_DETAIL),
}


@contextlib.contextmanager
def asked(layer):
    """Serve one layer inside the stack; give clients of it."""

    def inside(environ, start_response):
        if environ['PATH_INFO'].endswith('/x'):
            return layer(environ, start_response)
        return refusing.service(environ, start_response)  # discovery

    sent = refusing.Sent(refusing.mounted(inside))
    with serving(sent) as url:
        clients = Clients(url)
        yield clients, sent
        clients.close()


@pytest.mark.parametrize('client', CLIENTS)
@pytest.mark.parametrize('name', LAYERS)
def test_a_layers_answer_is_told_by_the_clients_own_exception(
    name, client, caplog
):
    caplog.set_level(logging.CRITICAL)
    layer, status, text = LAYERS[name]
    ask, status_name, text_name = CLIENTS[client]
    with asked(layer) as (clients, sent):
        with pytest.raises(Exception) as caught:
            ask(clients)
        raised = caught.value
        package = client.removeprefix('python-').removesuffix('sdk')
        assert type(raised).__module__.startswith(package)
        assert getattr(raised, status_name) == status
        assert getattr(raised, text_name) == text
        assert raised.request_id == sent.request_id
        assert refusing.SECRET not in str(raised)
        assert 'Unrecognized' not in str(raised)
