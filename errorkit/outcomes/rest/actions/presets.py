# SPDX-License-Identifier: Apache-2.0
"""How actions look on the wire: names, and what there is since when.

nova's is that of its ``os-instance-actions``, microversion by microversion;
the neutral one says what nova leaves unsaid: the status, the error code, and
to the owner why it failed.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """The names of an actions API.

    The versions are those from which on something is there; None: always.

    :param collection: of the resources, in the path
    :param actions: of a resource's actions, behind its id
    :param listed: the member of the list
    :param single: the member of a single action
    :param links: the member of the list's links
    :param resource_id: the member that holds the id of the resource
    :param plain: nova's members, and no others
    :param deleted_since: the actions of deleted resources
    :param events_since: the events, for others than admins
    :param paging_since: the query of a list, its links, ``updated_at``
    :param hosts_since: ``host`` and ``hostId`` of an event
    :param before_since: ``changes-before``
    :param details_since: ``details`` of an event, for admins
    :param strict_since: a single action has no query
    """

    collection: str
    actions: str
    listed: str
    single: str
    links: str
    resource_id: str
    plain: bool = False
    deleted_since: str | None = None
    events_since: str | None = None
    paging_since: str | None = None
    hosts_since: str | None = None
    before_since: str | None = None
    details_since: str | None = None
    strict_since: str | None = None


NEUTRAL = Preset(
    'resources', 'actions', 'actions', 'action', 'actions_links',
    'resource_id',
)
NOVA = Preset(
    'servers', 'os-instance-actions', 'instanceActions', 'instanceAction',
    'links', 'instance_uuid',
    plain=True,
    deleted_since='2.21',
    events_since='2.51',
    paging_since='2.58',
    hosts_since='2.62',
    before_since='2.66',
    details_since='2.84',
    strict_since='2.102',
)
PRESETS = {'neutral': NEUTRAL, 'nova': NOVA}
