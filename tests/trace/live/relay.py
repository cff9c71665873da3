# SPDX-License-Identifier: Apache-2.0
"""A small service that asks the next one, as its environment tells it.

RELAY_NAME: its service type. RELAY_NEXT: the URL of the next one; without it
the service says no. RELAY_BY: ``keystoneauth`` or ``requests``. RELAY_LOG:
the file for its log. RELAY_FORM: ``json`` or ``text``.
"""

import logging
import os
import time
import urllib.parse

import requests
import webob.dec
import webob.exc
from keystoneauth1 import adapter, noauth, session

import errorkit
import errorkit.log
from errorkit.propagate import Propagation

NAME = os.environ['RELAY_NAME']
SERVICE, _, URL = os.environ.get('RELAY_NEXT', '').partition('=')
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


PROPAGATION = Propagation(
    {urllib.parse.urlsplit(URL).netloc: SERVICE} if URL else {})


def ask_by_keystoneauth():
    """Ask, and let keystoneauth log the id that the answer has."""
    client = adapter.Adapter(
        PROPAGATION.keystoneauth(session.Session(auth=noauth.NoAuth())),
        service_type=SERVICE, endpoint_override=URL)
    return client.post('/claims', json={}, raise_exc=False)


def ask_by_requests():
    """Ask; the propagation logs the id, in keystoneauth's form."""
    with PROPAGATION.requests(requests.Session()) as client:
        return client.post(f'{URL}/claims', json={}, timeout=20)


ASK = {'keystoneauth': ask_by_keystoneauth, 'requests': ask_by_requests}


@webob.dec.wsgify
def relay(request):
    """Do a little, ask the next one, and answer as it did."""
    if request.method == 'GET':
        return webob.Response('well')
    LOG.info('asked for room')
    time.sleep(0.02)
    if not URL:
        LOG.warning('no room left')
        raise webob.exc.HTTPConflict(
            'There is no room left.', comment=f'{NAME}.exceeded')
    answer = ASK[BY]()
    time.sleep(0.02)
    if answer.status_code == 409:
        raise webob.exc.HTTPConflict(
            f'{SERVICE} refused.', comment=f'{NAME}.refused')
    return webob.Response('claimed')


set_up_logs()
application = errorkit.wrap(relay, service_type=NAME)
