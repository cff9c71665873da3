# SPDX-License-Identifier: Apache-2.0
"""A service of its own: which images there are to be copied to volumes."""

import logging

from webob import Response
from webob.dec import wsgify
from webob.exc import HTTPMethodNotAllowed, HTTPNotFound

import errorkit

from . import logs

LOG = logging.getLogger(__name__)

#: The smallest volume that an image goes into, in GiB.
IMAGES = {'cirros': 1, 'debian-13': 3}

CATALOG = errorkit.Catalog('image')
NOT_FOUND = CATALOG.define(
    'image.not_found',
    status=404,
    title='Not found',
    meaning='The service has nothing at this path.',
)
NO_SUCH_IMAGE = CATALOG.define(
    'image.no_such_image',
    status=404,
    title='No such image',
    meaning='There is no image with this name.',
)
METHOD_NOT_ALLOWED = CATALOG.define(
    'image.method_not_allowed',
    status=405,
    title='Method not allowed',
    meaning='Images can only be looked at.',
)


@wsgify
def application(request):
    """``GET /v2/images/{name}``"""
    *place, name = request.path_info.split('/')
    if place != ['', 'v2', 'images'] or not name:
        raise HTTPNotFound('There are images only.', comment=NOT_FOUND)
    if request.method not in ('GET', 'HEAD'):
        raise HTTPMethodNotAllowed(
            'Images can only be looked at.',
            headers=[('Allow', 'GET')],
            comment=METHOD_NOT_ALLOWED,
        )
    if name not in IMAGES:
        raise HTTPNotFound(
            f'There is no image {name}.', comment=NO_SUCH_IMAGE
        )
    LOG.info('Found image %s', name)
    return Response(json_body={
        'name': name,
        'status': 'active',
        'min_disk': IMAGES[name],
    })


def from_code():
    """What a WSGI server runs."""
    logs.set_up('image', 'json')
    return errorkit.wrap(
        application,
        service_type='image',
        catalog=CATALOG,
        # wsgify answers a 405 by itself, and WebOb leaves its code out.
        default_codes={405: METHOD_NOT_ALLOWED},
    )
