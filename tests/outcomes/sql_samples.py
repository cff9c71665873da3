# SPDX-License-Identifier: Apache-2.0
"""Messages to put into databases."""

import datetime
import uuid

from errorkit.outcomes.records import Message
from errorkit.outcomes.sql import messages
from errorkit.outcomes.sql.tables import MESSAGES

BEGIN = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, datetime.UTC)
MONTH = datetime.timedelta(days=30)


def sample(seconds=0, **members):
    """Return a message, made so many seconds after the first one."""
    created = BEGIN + datetime.timedelta(seconds=seconds)
    return Message(
        **{
            'id': str(uuid.uuid4()),
            'project_id': 'blue',
            'event_id': 'VOLUME_000001',
            'message_level': 'ERROR',
            'created_at': created,
            'expires_at': created + MONTH,
            **members,
        }
    )


def fill(store, samples):
    """Put many messages into a store at once."""
    rows = [messages._row(message) for message in samples]
    store.database.transact(lambda own: own.execute(MESSAGES.insert(), rows))
