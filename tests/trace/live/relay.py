# SPDX-License-Identifier: Apache-2.0
"""A small service that asks the next one, as its environment tells it.

RELAY_NAME: its service type. RELAY_NEXT: the URL of the next one; without it
the service says no. RELAY_BY: ``keystoneauth`` or ``requests``. RELAY_LOG:
the file for its log. RELAY_FORM: ``json`` or ``text``.
"""

import logging
import os
import time

import requests
import webob.dec
import webob.exc
from keystoneauth1 import adapter, noauth, session

import errorkit
import errorkit.context
import errorkit.log

NAME = os.environ['RELAY_NAME']
NEXT = os.environ.get('RELAY_NEXT')
BY = os.environ.get('RELAY_BY')
LOG = logging.getLogger(f'{NAME}.api')


def set_up_logs():
    """As a service's own set-up does: INFO, and keystoneauth's calls."""
    handler = logging.FileHandler(os.environ['RELAY_LOG'], delay=False)
    handler.addFilter(errorkit.log.ContextFilter())
    form = {'json': errorkit.log.JSONFormatter,
            'text': errorkit.log.TextFormatter}[os.environ['RELAY_FORM']]
    handler.setFormatter(form())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger('keystoneauth').setLevel(logging.DEBUG)
    # In text, the code of a 4xx is in a line of its own.
    logging.getLogger('errorkit.fault_wrap').setLevel(logging.DEBUG)


def ask_by_keystoneauth(service, url, global_id):
    """Ask, and let keystoneauth log the id that the answer has."""
    client = adapter.Adapter(
        session.Session(auth=noauth.NoAuth(endpoint=url)),
        service_type=service, endpoint_override=url,
        global_request_id=global_id)
    return client.post('/claims', json={}, raise_exc=False)


def ask_by_requests(service, url, global_id):
    """Ask, and log the id in keystoneauth's form."""
    answer = requests.post(
        f'{url}/claims', json={}, timeout=20,
        headers={'X-Openstack-Request-Id': global_id})
    LOG.info('POST call to %s for %s used request id %s', service,
             answer.url, answer.headers['X-Openstack-Request-Id'])
    return answer


ASK = {'keystoneauth': ask_by_keystoneauth, 'requests': ask_by_requests}


@webob.dec.wsgify
def relay(request):
    """Do a little, ask the next one, and answer as it did."""
    if request.method == 'GET':
        return webob.Response('well')
    LOG.info('asked for room')
    time.sleep(0.02)
    if NEXT is None:
        LOG.warning('no room left')
        raise webob.exc.HTTPConflict(
            'There is no room left.', comment=f'{NAME}.exceeded')
    service, url = NEXT.split('=', 1)
    answer = ASK[BY](service, url, errorkit.context.current().global_id)
    time.sleep(0.02)
    if answer.status_code == 409:
        raise webob.exc.HTTPConflict(
            f'{service} refused.', comment=f'{NAME}.refused')
    return webob.Response('claimed')


set_up_logs()
application = errorkit.wrap(relay, service_type=NAME)
