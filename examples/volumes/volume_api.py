# SPDX-License-Identifier: Apache-2.0
"""The volumes: handlers under WebOb's own ``wsgify``.

It makes a response of an HTTP error before anything around it sees one.
"""

import logging

from webob import Response
from webob.dec import wsgify
from webob.exc import HTTPBadRequest

from . import codes, wire

LOG = logging.getLogger(__name__)

BLOCK = b'\0' * 65536
BLOCKS_PER_GIB = 4  # a small world

# The deliberate bug: the device was exchanged, and this table was not told.
DEVICE = 'storage-3.rack-12.internal:/dev/nvme1n1'
BUSY_SECONDS = {'storage-3.rack-12.internal:/dev/nvme0n1': 86}


@wsgify
def index(request):
    rows = _store(request).volumes(_project(request), wire.read_limit(request))
    return wire.answer(200, volumes=_views(request, rows))


@wsgify
def create(request):
    wanted = wire.read_object(request, 'volume')
    name = wire.read_name(wanted)
    size = wire.read_size(wanted)
    image = wanted.get('imageRef')
    if image is not None:
        _neighbours(request).check_image(wire.read_id(wanted, 'imageRef'))
    snapshot_id = wanted.get('snapshot_id')
    if snapshot_id is not None:
        snapshot_id = wire.read_id(wanted, 'snapshot_id')
    _reserve(request, size)
    with wire.explained():
        row = _store(request).create_volume(
            _project(request), name, size, image, snapshot_id
        )
    LOG.info('Created volume %s of %d GiB', row['id'], size)
    request.environ['volumes.worker'].accept(
        _project(request), row['id'], size
    )
    answer = wire.answer(202, volume=_view(row))
    answer.headers['Link'] = wire.monitor(request)
    return answer


@wsgify
def show(request):
    [view] = _views(request, [_find(request)])
    return wire.answer(200, volume=view)


@wsgify
def delete(request):
    volume_id = request.urlvars['volume_id']
    with wire.explained():
        _store(request).delete_volume(_project(request), volume_id)
    LOG.info('Deleted volume %s', volume_id)
    return Response(status=202)


@wsgify
def act(request):
    """``{"os-extend": {"new_size": 5}}`` and its like."""
    body = wire.read_body(request)
    name = next(iter(body), None)
    if len(body) != 1 or name not in ACTIONS:
        raise HTTPBadRequest(
            f'The body must hold one of {", ".join(ACTIONS)}.',
            comment=codes.UNKNOWN_ACTION,
        )
    volume_id = request.urlvars['volume_id']
    with wire.explained():
        response = ACTIONS[name](
            request, volume_id, wire.read_object(request, name)
        )
    LOG.info('Action %s on volume %s', name, volume_id)
    return response or Response(status=202)


@wsgify
def export(request):
    """The bytes of the volume, made while they are sent."""
    row = _find(request)
    return Response(
        content_type='application/octet-stream',
        app_iter=_blocks(row['id'], row['size'] * BLOCKS_PER_GIB),
    )


@wsgify
def statistics(request):
    _find(request)
    return wire.answer(
        200, statistics={'busy_seconds': BUSY_SECONDS[DEVICE]}
    )


def _attach(request, volume_id, arguments):
    server_id = wire.read_id(arguments, 'instance_uuid')
    _store(request).attach(_project(request), volume_id, server_id)


def _detach(request, volume_id, arguments):
    _store(request).detach(_project(request), volume_id)


def _extend(request, volume_id, arguments):
    size = wire.read_size(arguments, 'new_size')
    _reserve(request, size - _find(request)['size'])
    outcomes = request.environ['volumes.outcomes']
    return outcomes.extend(request, _store(request), volume_id, size)


ACTIONS = {'os-attach': _attach, 'os-detach': _detach, 'os-extend': _extend}


def _store(request):
    return request.environ['volumes.store']


def _neighbours(request):
    return request.environ['volumes.neighbours']


def _reserve(request, more):
    """Ask for so many GiB more; the store looks again when it has them."""
    project_id = _project(request)
    used = _store(request).usage(project_id)['gigabytes']
    _neighbours(request).reserve(project_id, used + more)


def _project(request):
    return request.urlvars['project_id']


def _find(request):
    volume_id = request.urlvars['volume_id']
    return _store(request).volume(_project(request), volume_id)


def _blocks(volume_id, count):
    for _ in range(count):
        yield BLOCK
    # Said after the handler returned, and still with the request's id.
    LOG.info('Exported volume %s in %d blocks', volume_id, count)


def _views(request, rows):
    """What clients see of volumes; one that is broken says why."""
    views = [_view(row) for row in rows]
    outcomes = request.environ['volumes.outcomes']
    outcomes.faults.embed_many(request.environ.get('errorkit.context'), views)
    return views


def _view(row):
    attached = row['attached_to']
    return {
        'id': row['id'],
        'name': row['name'],
        'size': row['size'],
        'status': 'in-use' if attached else row['status'],
        'attachments': [{'server_id': attached}] if attached else [],
        'image': row['image'],
        'metadata': {},  # the cinder command looks into it
        'snapshot_id': row['snapshot_id'],
        'created_at': row['created_at'],
    }
