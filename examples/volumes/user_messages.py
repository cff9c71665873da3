# SPDX-License-Identifier: Apache-2.0
"""The user messages: where they are kept, and what answers with them.

It needs the extra ``db`` of errorkit, which ``examples`` includes. The store
in memory would not do: every worker process had its own.
"""

import pathlib

from webob import Request

from errorkit.outcomes.messages import API
from errorkit.outcomes.rest import Messages
from errorkit.outcomes.sql import migrate

from .permitted import PERMITTED


def opened(database):
    """Return the API on a file beside that of the volumes.

    A file of its own: SQLite has one writer at a time. All workers come by
    here at once; one makes the tables, and the others wait for it.
    """
    path = pathlib.Path(database).resolve()
    path = path.with_name(f'{path.stem}-messages.sqlite')
    url = f'sqlite:///{path}'
    migrate.upgrade(url)
    return API(url, permitted=PERMITTED)


def mounted(api):
    """Return the WSGI application for ``/v3/{project_id}/messages``."""
    messages = Messages(api)

    def application(environ, start_response):
        # It is mounted at /v3, and its links have to say so.
        Request(environ).path_info_pop()
        return messages(environ, start_response)

    return application
