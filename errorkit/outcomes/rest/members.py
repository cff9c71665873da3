# SPDX-License-Identifier: Apache-2.0
"""A message as it goes over the wire, in JSON.

It is put together from its strings: a page has a thousand messages, and
making dicts to dump takes longer than everything else about it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring_ascii as _quoted

from errorkit.outcomes.rest.links import Links
from errorkit.outcomes.views import View

#: Whether times say that they are in UTC. cinder's do not.
TIMESTAMPS = ('naive', 'offset')


def dump(view: View, links: Links, timestamps: str) -> str:
    """Return a message as JSON, its members in their order.

    :param timestamps: one of ``TIMESTAMPS``
    """
    return next(_dumped((view,), links, timestamps))


def dump_all(views: Iterable[View], links: Links, timestamps: str) -> str:
    """Return a list of messages as JSON."""
    return f'[{", ".join(_dumped(views, links, timestamps))}]'


def _dumped(
    views: Iterable[View], links: Links, timestamps: str
) -> Iterator[str]:
    # Without the offset it is 26 characters long, always.
    end = 26 if timestamps == 'naive' else None
    own, bookmark = _quoted(links.own)[:-1], _quoted(links.bookmark)[:-1]
    for view in views:
        message = view.message
        last = links.last(message.id)
        resource = ''
        if message.resource_type:
            resource = f'"resource_type": {_quoted(message.resource_type)}, '
        if message.resource_uuid:
            resource += f'"resource_uuid": {_quoted(message.resource_uuid)}, '
        request_id = 'null'
        if message.request_id is not None:
            request_id = _quoted(message.request_id)
        yield (
            f'{{"id": {_quoted(message.id)}, '
            f'"event_id": {_quoted(message.event_id)}, '
            f'"user_message": {_quoted(view.user_message)}, '
            f'"message_level": {_quoted(message.message_level)}, '
            f'{resource}'
            f'"created_at": "{_time(message.created_at)[:end]}", '
            f'"guaranteed_until": "{_time(message.expires_at)[:end]}", '
            f'"request_id": {request_id}, '
            f'"links": [{{"rel": "self", "href": {own}{last}"}}, '
            f'{{"rel": "bookmark", "href": {bookmark}{last}"}}]}}'
        )


def _time(time: datetime.datetime) -> str:
    """Return a time in UTC, in ISO 8601, with microseconds always."""
    if time.tzinfo is not datetime.UTC:
        time = time.astimezone(datetime.UTC)
    return time.isoformat(timespec='microseconds')
