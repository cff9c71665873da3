# SPDX-License-Identifier: Apache-2.0
"""The permitted messages of a small volume service, and who asks it."""

import datetime
import re
import uuid

from oslo_context.context import RequestContext

from errorkit.codes import Catalog
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.records import Message

NOW = datetime.datetime(2026, 3, 4, 5, 6, 7, 890123, datetime.UTC)
DAY = datetime.timedelta(days=1)

CODES = Catalog('volume', help_base='https://volumes.example/errors/')
NO_ROOM = CODES.define('volume.no_room', status=503)
TOO_BIG = CODES.define('volume.too_big', status=400)


class NoRoom(Exception):
    """No backend has room."""


class NoRoomInZone(NoRoom):
    """The same, more special."""


class TooBig(Exception):
    """What was asked for is too big."""

    def __init__(self, limit):
        super().__init__('the password is hunter2')
        self.limit = limit


PERMITTED = Permitted('volume', catalog=CODES)
VOLUME = PERMITTED.resource_type('VOLUME')
SNAPSHOT = PERMITTED.resource_type('VOLUME_SNAPSHOT')
UNABLE_TO_ALLOCATE = PERMITTED.event(
    '000002', 'No storage could be allocated for this volume request.',
    code=NO_ROOM)
ATTACHED = PERMITTED.event(
    '000005', 'It is attached to %(server)s as %(mode)s.', cause='user',
    params={'server': uuid.UUID, 'mode': ('rw', 'ro')})
EXCEEDS = PERMITTED.event(
    '000006', 'At most %(limit)d GiB, 100 %% of it: %(all)s, by %(rule)s.',
    cause='user', code=TOO_BIG,
    params={'limit': int, 'all': bool, 'rule': re.compile('rule-[0-9]+')})
MISSED = PERMITTED.event('000007', 'It was missed.', exceptions=[NoRoom])
SCHEDULE = PERMITTED.action('001', 'schedule allocate volume')
CREATE = PERMITTED.action('006', 'create volume')
NOT_ENOUGH = PERMITTED.detail(
    '007', 'Storage could not be allocated.', code=NO_ROOM,
    exceptions=[NoRoom])
LIMIT = PERMITTED.detail(
    '008', 'At most %(limit)d GiB.', cause='user', code=TOO_BIG,
    params={'limit': int})
PERMITTED.map_exception(
    TooBig, LIMIT, params=lambda error: {'limit': error.limit})


def context(project_id='alpha', **members):
    """Return a context, as a service has it."""
    return RequestContext(project_id=project_id, overwrite=False, **members)


def message(project_id='alpha', **members):
    """Return a message as a store is given it."""
    members.setdefault('id', str(uuid.uuid4()))
    members.setdefault('event_id', UNABLE_TO_ALLOCATE)
    members.setdefault('message_level', 'ERROR')
    members.setdefault('created_at', NOW)
    members.setdefault('expires_at', members['created_at'] + 30 * DAY)
    return Message(project_id=project_id, **members)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        """Return the time."""
        return self.now
