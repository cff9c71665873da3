# SPDX-License-Identifier: Apache-2.0
"""What became of accepted requests: user messages, actions, faults.

They are in one database, so that what belongs together is written at once. It
needs the extra ``db`` of errorkit, which ``examples`` includes; stores in
memory would not do: every process had its own.
"""

import json
import os
import pathlib

from webob import Request

from errorkit.outcomes.actions import Actions
from errorkit.outcomes.faults import Faults
from errorkit.outcomes.messages import API
from errorkit.outcomes.rest import Messages
from errorkit.outcomes.rest.actions import ActionPages, FaultPages
from errorkit.outcomes.sql import Database, SqlActions, SqlMessages, migrate

from . import codes, servers, told
from .permitted import EXTEND_FAILED, PERMITTED, VOLUME
from .registry import EXCEPTIONS

#: The states in which a volume says what broke it.
BROKEN = ('error', 'error_extending')
#: Seconds after its last sign of life that what was worked on counts as lost.
LEASE = float(os.environ.get('VOLUMES_LEASE', 60))


class Outcomes:
    """The messages, actions and faults beside the file of the volumes.

    A file of its own: SQLite has one writer at a time. All workers come by
    here at once; one makes the tables, and the others wait for it.
    """

    def __init__(self, database):
        path = pathlib.Path(database).resolve()
        path = path.with_name(f'{path.stem}-outcomes.sqlite')
        url = f'sqlite:///{path}'
        migrate.upgrade(url)
        shared = Database(url)
        self.messages = API(
            SqlMessages(shared), permitted=PERMITTED, sees_all=is_admin
        )
        self.actions = Actions(
            SqlActions(shared),
            messages=self.messages,
            exceptions=EXCEPTIONS,
            observers=told.OBSERVERS,
            lease=LEASE,
            sees_all=is_admin,
        )
        self.faults = Faults(
            self.actions.store, VOLUME, states=BROKEN, sees_all=is_admin
        )
        self.volume_actions = ActionPages(
            self.actions,
            service_type='volume',
            resource_type=VOLUME,
            collection='volumes',
            catalog=codes.CATALOG,
            what='Volume',
        )
        # The WSGI applications, each at its mount.
        self.message_pages = _mounted(Messages(self.messages))
        self.action_pages = _mounted(self.volume_actions)
        self.fault_pages = _mounted(
            FaultPages(
                self.actions, service_type='volume', catalog=codes.CATALOG
            )
        )
        self.server_pages = _mounted(servers.application(self.actions))

    def extend(self, request, store, volume_id, size):
        """Leave an extension to its process, and say where to look."""
        context = request.environ['errorkit.context']
        project_id = request.urlvars['project_id']
        asked = context.to_dict()
        del asked['auth_token']  # nothing to be kept
        asked['project_id'] = project_id
        store.ask_to_extend(project_id, volume_id, size, json.dumps(asked))
        action = self.actions.start(
            context,
            'extend',
            VOLUME,
            volume_id,
            project_id=project_id,
            on_failure=EXTEND_FAILED,
        )
        return self.volume_actions.accepted(
            request, action, mount='/v3', project_id=project_id
        )


def is_admin(context):
    """Tell whether somebody sees what is of all projects."""
    return 'admin' in (getattr(context, 'roles', None) or ())


def _mounted(pages):
    def application(environ, start_response):
        # It is mounted at /v3 or /v2.1, and its links have to say so.
        Request(environ).path_info_pop()
        return pages(environ, start_response)

    return application
