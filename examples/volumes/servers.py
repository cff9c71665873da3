# SPDX-License-Identifier: Apache-2.0
"""The volumes once more, as servers: for the clients of a compute service.

Each volume is served by a machine that has its id. What happened to it is
what happened to the volume, and is told in the form that those clients know.
"""

from webob.dec import wsgify

from errorkit import Microversion
from errorkit.outcomes.faults import Faults
from errorkit.outcomes.rest.actions import ActionPages

from . import wire
from .permitted import VOLUME

VERSIONS = '2.1', '2.96'


def application(actions):
    """Return the WSGI application that is mounted at /v2.1."""
    faults = Faults(actions.store, VOLUME, sees_all=actions.sees_all)
    pages = ActionPages(
        actions, service_type='compute', resource_type=VOLUME, preset='nova'
    )

    @wsgify
    def respond(request):
        parts = request.path_info.strip('/').split('/')
        if parts == ['']:
            return wire.answer(200, version=_version(request))
        if parts[0] == 'servers' and len(parts) == 2:
            return _show(request, parts[1], faults)
        return pages

    return Microversion(
        respond,
        service_type='compute',
        versions='-'.join(VERSIONS),
        legacy_headers=['X-OpenStack-Nova-API-Version'],
    )


def _version(request):
    return {
        'id': 'v2.1',
        'status': 'CURRENT',
        'version': VERSIONS[1],
        'min_version': VERSIONS[0],
        'links': [{'rel': 'self', 'href': f'{request.application_url}/'}],
    }


def _show(request, volume_id, faults):
    project_id = request.headers.get('X-Project-Id', '')
    row = request.environ['volumes.store'].volume(project_id, volume_id)
    server = {
        'id': row['id'],
        'name': row['name'],
        'tenant_id': row['project_id'],
        'status': 'ERROR' if row['status'].startswith('error') else 'ACTIVE',
    }
    faults.embed(request.environ['errorkit.context'], server)
    return wire.answer(200, server=server)
