# SPDX-License-Identifier: Apache-2.0
"""A shop in webob alone, to be mounted beside those of the frameworks."""

import webob.dec
import webob.exc
from one_shape import SECRET, TEXT


@webob.dec.wsgify
def shop(request):
    """Fail as the path says."""
    path = request.path_info
    if path == '/full':
        raise webob.exc.HTTPConflict(TEXT)
    if path == '/who':
        raise webob.exc.HTTPUnauthorized(
            TEXT, headers=[('WWW-Authenticate', 'Basic realm="shop"')]
        )
    if path == '/slow_down':
        raise webob.exc.HTTPTooManyRequests(
            TEXT, headers=[('Retry-After', '30')]
        )
    if path == '/order':
        raise webob.exc.HTTPMethodNotAllowed(headers=[('Allow', 'PUT')])
    if path == '/bug':
        raise ValueError(SECRET)
    raise webob.exc.HTTPNotFound()


def app_factory(global_conf, **local_conf):
    """Return the application to PasteDeploy."""
    return shop
