# SPDX-License-Identifier: Apache-2.0
"""What is not there is a 404, whichever handler looked for it.

The other refusals are errors of WebOb, which ``wire.py`` makes of them. A
service may do it either way, and clients see no difference.
"""

from errorkit import ExceptionRegistry

from . import codes, refusals

EXCEPTIONS = ExceptionRegistry()

# ``safe``: their own text is for the user.
EXCEPTIONS.register(
    refusals.VolumeNotFound, 404, codes.VOLUME_NOT_FOUND, safe=True
)
EXCEPTIONS.register(
    refusals.SnapshotNotFound, 404, codes.SNAPSHOT_NOT_FOUND, safe=True
)
# This one's names backends; the user reads another text.
EXCEPTIONS.register(
    refusals.NoRoom,
    503,
    codes.NO_ROOM,
    detail='No backend has room for a volume of this size.',
)
