# SPDX-License-Identifier: Apache-2.0
"""A service that refuses, wrapped by errorkit."""

import webob
import webob.exc

import errorkit

CATALOG = errorkit.Catalog('volume')
NAME_EXISTS = CATALOG.define(
    'volume.name_exists', status=409, title='Name exists', retry='never',
    help='https://docs.example/volume.name_exists')
BUSY = CATALOG.define(
    'volume.busy', status=503, retry='later', help='/errors/volume.busy')
MIB = 1024 * 1024


@errorkit.wsgify
def volumes(request):
    """Answer what the path asks for."""
    path = request.path_info.removeprefix('/compute').removeprefix('/bridge')
    path = path.removesuffix('/volumes') or path
    if path == '/taken':
        raise webob.exc.HTTPConflict(
            'A volume <data> exists.', comment=NAME_EXISTS)
    if path == '/busy':
        raise webob.exc.HTTPServiceUnavailable(
            'Come back.', comment=BUSY, headers=[('Retry-After', '7')])
    if path == '/bug':
        raise RuntimeError('secret')
    if path == '/big':
        return webob.Response(
            status=502, body=b'a' * (2 * MIB), content_type='text/plain',
            headerlist=[('X-Errorkit', 'pass')])
    if path == '/broken':
        response = webob.Response(
            status=404, app_iter=[b'half'], content_type='text/plain')
        response.headers['X-Errorkit'] = 'pass'
        response.headers['Content-Length'] = '5000'
        return response
    return webob.Response(json_body={'path': path})


APPLICATION = errorkit.wrap(
    volumes, service_type='volume', catalog=CATALOG,
    compat_headers=['X-Compute-Request-Id'],
    format={'/compute': 'compute', '/bridge': 'bridge'})
