# SPDX-License-Identifier: Apache-2.0
"""Every error code of the service, declared once.

A handler writes ``comment=codes.VOLUME_IN_USE``, or lets the code make the
exception. A code is a promise to clients: its name here may change, its
string may not, and ``error-codes.lock`` has those that were published.
"""

from errorkit import Catalog
from errorkit.outcomes import rest
from errorkit.outcomes.rest import actions

# The pages are mounted there. A service whose clients show the links to
# people elsewhere names the whole URL.
CATALOG = Catalog('volume', help_base='/errors/')

# 400: the request has to change.

MALFORMED_JSON = CATALOG.define(
    'volume.malformed_json',
    status=400,
    title='Malformed JSON',
    meaning='The request body could not be read as JSON.',
    retry='never',
)
MALFORMED_BODY = CATALOG.define(
    'volume.malformed_body',
    status=400,
    title='Malformed body',
    meaning='The body is JSON, but not of the shape this request takes.',
)
INVALID_NAME = CATALOG.define(
    'volume.invalid_name',
    status=400,
    title='Invalid name',
    meaning='A name is 1 to 255 printable characters.',
)
INVALID_SIZE = CATALOG.define(
    'volume.invalid_size',
    status=400,
    title='Invalid size',
    meaning='A size is a whole number of GiB, and a volume only grows.',
)
INVALID_LIMIT = CATALOG.define(
    'volume.invalid_limit',
    status=400,
    title='Invalid limit',
    meaning='The limit of a list is a whole number from 0 to 1000.',
)
UNKNOWN_ACTION = CATALOG.define(
    'volume.unknown_action',
    status=400,
    title='Unknown action',
    meaning='A volume has no action of this name.',
)

# 403 and 413: not here, not that much.

OTHER_PROJECT = CATALOG.define(
    'volume.other_project',
    status=403,
    title='Other project',
    meaning='The project in the path is not the one of the credentials.',
)
QUOTA_EXCEEDED = CATALOG.define(
    'volume.quota_exceeded',
    status=413,
    title='Quota exceeded',
    meaning='The volumes of the project would be too large together.',
    retry='later',
)

# 404 and 405: one status, several things that can be missing.

NOT_FOUND = CATALOG.define(
    'volume.not_found',
    status=404,
    title='Not found',
    meaning='The service has nothing at this path.',
)
VOLUME_NOT_FOUND = CATALOG.define(
    'volume.volume_not_found',
    status=404,
    title='Volume not found',
    meaning='The project has no volume with this id.',
)
SNAPSHOT_NOT_FOUND = CATALOG.define(
    'volume.snapshot_not_found',
    status=404,
    title='Snapshot not found',
    meaning='The project has no snapshot with this id.',
)
IMAGE_NOT_FOUND = CATALOG.define(
    'volume.image_not_found',
    status=404,
    title='Image not found',
    meaning='No image with this name can be copied to a volume.',
    # What ``error(name=...)`` says.
    text='There is no image %(name)s.',
    params={'name': str},
)
METHOD_NOT_ALLOWED = CATALOG.define(
    'volume.method_not_allowed',
    status=405,
    title='Method not allowed',
    meaning='The resource exists, but does not take this method.',
)

# 409: each one asks the client for something else. Where the client's picture
# of the volume is an old one, it should look before it tries again.

NAME_EXISTS = CATALOG.define(
    'volume.name_exists',
    status=409,
    title='Name exists',
    meaning='Choose another name: the project has a volume of this one.',
    retry='never',
)
VOLUME_IN_USE = CATALOG.define(
    'volume.in_use',
    status=409,
    title='Volume in use',
    meaning='Detach the volume from its server first.',
    retry='after-refresh',
)
VOLUME_NOT_IN_USE = CATALOG.define(
    'volume.not_in_use',
    status=409,
    title='Volume not in use',
    meaning='The volume is attached to no server.',
    retry='after-refresh',
)
VOLUME_IS_EXTENDING = CATALOG.define(
    'volume.is_extending',
    status=409,
    title='Volume is extending',
    meaning='The volume grows already; see its actions for how far it is.',
    retry='later',
)
VOLUME_HAS_SNAPSHOTS = CATALOG.define(
    'volume.has_snapshots',
    status=409,
    title='Volume has snapshots',
    meaning='Delete the snapshots of the volume first.',
    retry='after-refresh',
)

# 502: it is not our fault, and not the client's either.

NEIGHBOUR_FAILED = CATALOG.define(
    'volume.neighbour_failed',
    status=502,
    title='Neighbour failed',
    meaning='A service that this one asks gave no answer, or a wrong one.',
    retry='later',
)

# 503: nobody waits any more when it happens, and a user message tells of it.

NO_ROOM = CATALOG.define(
    'volume.no_room',
    status=503,
    title='No room',
    meaning='No backend has room for a volume of this size.',
    retry='later',
)

# What the user messages and the actions are refused with.
rest.declare(CATALOG)
actions.declare(CATALOG)
