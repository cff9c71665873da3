# SPDX-License-Identifier: Apache-2.0
"""Who is told of errors, by requests and by the work that goes on after them.

The log; and where ``VOLUMES_AMQP_URL`` names a message bus, that too, in the
topic ``VOLUMES_AMQP_TOPIC``. It needs the extra ``messaging`` of errorkit.
"""

import os

from errorkit.observers import Observers
from errorkit.observers.notify import Notifications


def _bus(url):
    if not url:
        return []
    from errorkit.observers.oslo_messaging import OsloMessagingNotifier

    topic = os.environ.get('VOLUMES_AMQP_TOPIC', 'notifications')
    return [Notifications(OsloMessagingNotifier(url, topics=[topic]))]


OBSERVERS = Observers([
    Notifications(),
    *_bus(os.environ.get('VOLUMES_AMQP_URL')),
])
