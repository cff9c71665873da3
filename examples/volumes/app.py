# SPDX-License-Identifier: Apache-2.0
"""The service: which path leads where, and its paste factories."""

import os

from routes import Mapper
from webob.exc import HTTPForbidden, HTTPMethodNotAllowed, HTTPNotFound

from . import (
    codes,
    neighbours,
    reports,
    snapshot_api,
    versions,
    volume_api,
)
from .outcomes import Outcomes
from .store import Store
from .worker import Worker


def by_method(**handlers):
    """Leave each method to its handler; all are WSGI applications."""

    def application(environ, start_response):
        method = environ['REQUEST_METHOD']
        # A server sends no body to HEAD, whatever the handler returns.
        handler = handlers.get('GET' if method == 'HEAD' else method)
        if handler is None:
            raise HTTPMethodNotAllowed(
                f'{method} is not possible here.',
                headers=[('Allow', ', '.join(handlers))],
                comment=codes.METHOD_NOT_ALLOWED,
            )
        return handler(environ, start_response)

    return application


ROUTES = {
    '/': by_method(GET=versions.index),
    '/v3': by_method(GET=versions.index),
    '/v3/': by_method(GET=versions.index),
    '/v3/{project_id}/volumes': by_method(
        GET=volume_api.index, POST=volume_api.create
    ),
    '/v3/{project_id}/volumes/{volume_id}': by_method(
        GET=volume_api.show, DELETE=volume_api.delete
    ),
    '/v3/{project_id}/volumes/{volume_id}/action': by_method(
        POST=volume_api.act
    ),
    '/v3/{project_id}/volumes/{volume_id}/export': by_method(
        GET=volume_api.export
    ),
    '/v3/{project_id}/volumes/{volume_id}/statistics': by_method(
        GET=volume_api.statistics
    ),
    '/v3/{project_id}/snapshots': by_method(
        GET=snapshot_api.index, POST=snapshot_api.create
    ),
    '/v3/{project_id}/snapshots/{snapshot_id}': by_method(
        GET=snapshot_api.show, DELETE=snapshot_api.delete
    ),
    # Flask knows its methods itself.
    '/v3/{project_id}/reports/{name}': reports.application,
}


class Service:
    """Finds the WSGI application that a path belongs to.

    ``database`` is the path of the SQLite file, which is made when missing;
    what became of accepted requests is in a second one beside it.
    """

    def __init__(self, database=None):
        database = database or os.environ.get(
            'VOLUMES_DATABASE', 'volumes.sqlite'
        )
        self._store = Store(database)
        outcomes = Outcomes(database)
        self._outcomes = outcomes
        self._neighbours = neighbours.from_environment()
        self._worker = Worker(self._store, outcomes.actions)
        actions = '/v3/{project_id}/volumes/{volume_id}/actions'
        self._routes = {
            **ROUTES,
            '/v3/{project_id}/messages': outcomes.message_pages,
            '/v3/{project_id}/messages/{message_id}': outcomes.message_pages,
            actions: outcomes.action_pages,
            f'{actions}/{{request_id}}': outcomes.action_pages,
            '/v3/faults': outcomes.fault_pages,
            '/v2.1': outcomes.server_pages,
            '/v2.1/{below:.*}': outcomes.server_pages,
        }
        self._mapper = Mapper()
        for path in self._routes:
            self._mapper.connect(path, path=path)

    def __call__(self, environ, start_response):
        # PEP 3333 hands the bytes of the path over as latin-1.
        path = environ['PATH_INFO'].encode('latin-1').decode(errors='replace')
        variables = self._mapper.match(path)
        if variables is None:
            raise HTTPNotFound(
                f'Nothing is at {path}.', comment=codes.NOT_FOUND
            )
        application = self._routes[variables.pop('path')]
        # Set by whatever authenticates; without it there is one tenant.
        project_id = environ.get('HTTP_X_PROJECT_ID')
        named = variables.get('project_id', project_id)
        if project_id not in (None, named):
            raise HTTPForbidden(
                'The credentials are for another project.',
                comment=codes.OTHER_PROJECT,
            )
        environ['wsgiorg.routing_args'] = ((), variables)
        environ['volumes.store'] = self._store
        environ['volumes.worker'] = self._worker
        environ['volumes.neighbours'] = self._neighbours
        environ['volumes.outcomes'] = self._outcomes
        return application(environ, start_response)


def mounted(service, **others):
    """Applications, each under the first part of its path, else the service.

    :param others: by that part, such as ``errors`` for ``/errors``
    """

    def application(environ, start_response):
        first = environ['PATH_INFO'].split('/')[1:2]
        found = others.get(first[0], service) if first else service
        return found(environ, start_response)

    return application


def factory(global_conf, *, database=None):
    """Make the service for paste."""
    return Service(database)


def composite_factory(loader, global_conf, *, service, **others):
    """Mount applications of the ini file beside another one."""
    return mounted(
        loader.get_app(service),
        **{part: loader.get_app(name) for part, name in others.items()},
    )
