# SPDX-License-Identifier: Apache-2.0
"""What the store will not do, one exception for each cause.

They know no HTTP: ``registry.py`` and ``wire.py`` say which status and which
code each is.
The text of each ``Refused`` is written for the user.
"""


class Refused(Exception):
    """The store did not do it; the text is for the user."""


class VolumeNotFound(Refused):
    def __init__(self, volume_id):
        super().__init__(f'There is no volume {volume_id}.')


class SnapshotNotFound(Refused):
    def __init__(self, snapshot_id):
        super().__init__(f'There is no snapshot {snapshot_id}.')


class NameExists(Refused):
    def __init__(self, name):
        super().__init__(f'A volume named {name} exists already.')


class VolumeInUse(Refused):
    def __init__(self, volume):
        super().__init__(f'The volume is attached to {volume["attached_to"]}.')


class VolumeNotInUse(Refused):
    def __init__(self):
        super().__init__('The volume is attached to nothing.')


class VolumeHasSnapshots(Refused):
    def __init__(self, count):
        super().__init__(f'Snapshots of the volume: {count}.')


class VolumeIsExtending(Refused):
    def __init__(self):
        super().__init__('The volume is being extended already.')


class SizeTooSmall(Refused):
    def __init__(self, size):
        super().__init__(f'The volume has {size} GiB and can only grow.')


class QuotaExceeded(Refused):
    def __init__(self, quota):
        super().__init__(f'The project may have {quota} GiB in all.')


class NoRoom(Exception):
    """No backend could take a volume that was accepted.

    Its text is for the operator; what the user is told is in
    ``permitted.py``.
    """

    def __init__(self, size, backends):
        super().__init__(f'None of {", ".join(backends)} has {size} GiB.')
