# SPDX-License-Identifier: Apache-2.0
"""The service: which path leads where, and its paste factory."""

import os

from routes import Mapper
from webob.exc import HTTPForbidden, HTTPMethodNotAllowed, HTTPNotFound

from . import codes, reports, snapshot_api, volume_api
from .store import Store

ROUTES = {
    '/v3/{project_id}/volumes': {
        'GET': volume_api.index,
        'POST': volume_api.create,
    },
    '/v3/{project_id}/volumes/{volume_id}': {
        'GET': volume_api.show,
        'DELETE': volume_api.delete,
    },
    '/v3/{project_id}/volumes/{volume_id}/action': {'POST': volume_api.act},
    '/v3/{project_id}/volumes/{volume_id}/export': {'GET': volume_api.export},
    '/v3/{project_id}/volumes/{volume_id}/statistics': {
        'GET': volume_api.statistics,
    },
    '/v3/{project_id}/snapshots': {
        'GET': snapshot_api.index,
        'POST': snapshot_api.create,
    },
    '/v3/{project_id}/snapshots/{snapshot_id}': {
        'GET': snapshot_api.show,
        'DELETE': snapshot_api.delete,
    },
    '/v3/{project_id}/reports/{name}': {'GET': reports.application},
}


class Service:
    """Finds the handler of a request; every handler is a WSGI application.

    ``database`` is the path of the SQLite file, which is made when missing.
    """

    def __init__(self, database=None):
        self._store = Store(
            database or os.environ.get('VOLUMES_DATABASE', 'volumes.sqlite')
        )
        self._mapper = Mapper()
        for path in ROUTES:
            self._mapper.connect(path, path=path)

    def __call__(self, environ, start_response):
        # PEP 3333 hands the bytes of the path over as latin-1.
        path = environ['PATH_INFO'].encode('latin-1').decode(errors='replace')
        variables = self._mapper.match(path)
        if variables is None:
            raise HTTPNotFound(f'Nothing is at {path}.')
        methods = ROUTES[variables.pop('path')]
        method = environ['REQUEST_METHOD']
        # A server sends no body to HEAD, whatever the handler returns.
        handler = methods.get('GET' if method == 'HEAD' else method)
        if handler is None:
            raise HTTPMethodNotAllowed(
                f'{method} is not possible here.',
                headers=[('Allow', ', '.join(methods))],
                comment=codes.METHOD_NOT_ALLOWED,
            )
        # Set by whatever authenticates; without it there is one tenant.
        project_id = environ.get('HTTP_X_PROJECT_ID')
        if project_id not in (None, variables['project_id']):
            raise HTTPForbidden(
                'The credentials are for another project.',
                comment=codes.OTHER_PROJECT,
            )
        environ['wsgiorg.routing_args'] = ((), variables)
        environ['volumes.store'] = self._store
        return handler(environ, start_response)


def factory(global_conf, *, database=None):
    """Make the service for paste."""
    return Service(database)
