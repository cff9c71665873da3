# SPDX-License-Identifier: Apache-2.0
"""The services that this one asks: for images, and for the quota.

``VOLUMES_IMAGE_URL`` and ``VOLUMES_QUOTA_URL`` say where they are. Without
them the service goes on alone. The request's id goes along, to these two and
nobody else; what they refuse becomes an error of ours, and theirs is behind
it, in the log.
"""

import logging
import os
import urllib.parse

import requests
from keystoneauth1 import adapter, noauth, session
from keystoneauth1.exceptions import ClientException
from webob.exc import HTTPBadGateway, HTTPRequestEntityTooLarge

from errorkit import Error, MultiError
from errorkit.propagate import Propagation

from . import codes

LOG = logging.getLogger(__name__)

#: Where no image service is asked.
IMAGES = {'cirros', 'debian-13'}

PATIENCE = 10  # seconds for an answer


class Neighbours:
    """What the handlers want to know from others.

    :param image_url: of the image service, asked with ``requests``
    :param quota_url: of the quota service, asked with ``keystoneauth1``
    """

    def __init__(self, image_url=None, quota_url=None):
        propagation = Propagation({
            _place(url): service
            for url, service in ((image_url, 'image'), (quota_url, 'quota'))
            if url
        })
        self._image_url = image_url
        self._images = propagation.requests(_direct())
        self._quota = quota_url and adapter.Adapter(
            propagation.keystoneauth(
                session.Session(
                    noauth.NoAuth(), session=_direct(), timeout=PATIENCE
                )
            ),
            service_type='quota',
            endpoint_override=quota_url,
        )

    def check_image(self, name):
        """Refuse a name that no image has."""
        if not self._image_url:
            if name not in IMAGES:
                raise codes.IMAGE_NOT_FOUND.error(name=name)
            return
        path = urllib.parse.quote(name, safe='')
        try:
            response = self._images.get(
                f'{self._image_url}/v2/images/{path}', timeout=PATIENCE
            )
        except requests.RequestException as error:
            raise _away('image') from error
        if response.status_code == 404:
            raise MultiError([
                codes.IMAGE_NOT_FOUND.error(name=name),
                Error.from_response(response),
            ])
        _check(response, 'image')

    def reserve(self, project_id, gigabytes):
        """Refuse what a project may not have in all."""
        if not self._quota:
            return  # the store looks itself
        project = urllib.parse.quote(project_id, safe='')
        try:
            response = self._quota.put(
                f'/v1/{project}/reservations',
                json={'gigabytes': gigabytes},
                raise_exc=False,
            )
        except ClientException as error:
            raise _away('quota') from error
        if response.status_code == 409:
            raise MultiError([
                HTTPRequestEntityTooLarge(
                    f'The project may not have {gigabytes} GiB in all.',
                    comment=codes.QUOTA_EXCEEDED,
                ),
                Error.from_response(response),
            ])
        _check(response, 'quota')


def from_environment():
    """Return the neighbours that the environment names."""
    return Neighbours(
        os.environ.get('VOLUMES_IMAGE_URL'),
        os.environ.get('VOLUMES_QUOTA_URL'),
    )


def _direct():
    made = requests.Session()
    # No proxy and no netrc of whoever has started the service.
    made.trust_env = False
    return made


def _place(url):
    """The host and port of a URL."""
    return urllib.parse.urlsplit(url).netloc.rpartition('@')[2]


def _check(response, service):
    """Refuse to go on after any answer that is no success."""
    if response.status_code >= 400:
        raise MultiError([_away(service), Error.from_response(response)])
    if response.status_code >= 300:
        raise _away(service)


def _away(service):
    return HTTPBadGateway(
        f'The {service} service does not do its part at the moment.',
        comment=codes.NEIGHBOUR_FAILED,
    )
