# SPDX-License-Identifier: Apache-2.0
"""The snapshots: handlers that let every exception through.

What the store refuses to them is in ``registry.py``: no try, no webob error.
"""

import logging

from webob import Response

from . import wire

LOG = logging.getLogger(__name__)


@wire.raising
def index(request):
    rows = request.environ['volumes.store'].snapshots(
        request.urlvars['project_id'], wire.read_limit(request)
    )
    return wire.answer(200, snapshots=[_view(row) for row in rows])


@wire.raising
def create(request):
    wanted = wire.read_object(request, 'snapshot')
    name = wire.read_name(wanted)
    volume_id = wire.read_id(wanted, 'volume_id')
    row = request.environ['volumes.store'].create_snapshot(
        request.urlvars['project_id'], volume_id, name
    )
    LOG.info('Created snapshot %s of volume %s', row['id'], volume_id)
    return wire.answer(202, snapshot=_view(row))


@wire.raising
def show(request):
    row = request.environ['volumes.store'].snapshot(
        request.urlvars['project_id'], request.urlvars['snapshot_id']
    )
    return wire.answer(200, snapshot=_view(row))


@wire.raising
def delete(request):
    snapshot_id = request.urlvars['snapshot_id']
    request.environ['volumes.store'].delete_snapshot(
        request.urlvars['project_id'], snapshot_id
    )
    LOG.info('Deleted snapshot %s', snapshot_id)
    return Response(status=202)


def _view(row):
    return {
        'id': row['id'],
        'name': row['name'],
        'volume_id': row['volume_id'],
        'status': 'available',
        'created_at': row['created_at'],
    }
