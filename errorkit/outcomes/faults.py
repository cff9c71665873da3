# SPDX-License-Identifier: Apache-2.0
"""Faults: why a resource is broken, inside the resource.

::

    faults = Faults(actions.store, 'VOLUME', states=('error',))
    faults.embed(context, volume)
    # {'id': …, 'status': 'error', 'fault': {'code': 500, 'created': …}}

The form is that of compute faults, as nova's guide has it for servers and
images. A fault is recorded when an action fails, see ``actions``; the newest
of a resource is shown, and the others are kept.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

from errorkit import log
from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions.records import Fault
from errorkit.outcomes.actions.store import ActionStore
from errorkit.outcomes.fitting import fitted
from errorkit.outcomes.reading import attribute, is_admin, tenant_of

LOG = logging.getLogger('errorkit.outcomes')

#: The states of a nova server that show a fault.
STATES = ('ERROR', 'DELETED')

Resource = MutableMapping[str, Any]


class Faults:
    """Puts faults into resources of one type.

    :param store: where they are kept: that of the ``Actions``
    :param resource_type: as the actions have it, such as ``VOLUME``
    :param states: a resource in one of these shows its fault, in upper or
        lower case; None: in any
    :param id_member: of a resource, that holds its id
    :param state_member: of a resource, that holds its state
    :param more: show the error code and the request id, too
    :param sees_all: tells whether a context may see all projects, and with
        that the details
    :raises ConfigError: ``states`` is a text
    """

    def __init__(
        self,
        store: ActionStore,
        resource_type: str,
        *,
        states: Iterable[str] | None = STATES,
        id_member: str = 'id',
        state_member: str = 'status',
        more: bool = False,
        sees_all: Callable[[Any], bool] = is_admin,
    ) -> None:
        if isinstance(states, str):
            raise ConfigError(
                'errorkit.outcomes.faults.Faults', 'states', states,
                'a list of states is allowed',
            )
        self._store = store
        self._type = str(resource_type)
        self._states = (
            None if states is None else {one.casefold() for one in states}
        )
        self._id = id_member
        self._state = state_member
        self._more = more
        self._sees_all = sees_all

    def embed(self, context: Any, resource: Resource) -> None:
        """Put its fault into a resource, if it has one to show.

        :param context: of who will read it
        :param resource: gets the member ``fault``, or none
        """
        self.embed_many(context, [resource])

    def embed_many(
        self, context: Any, resources: Iterable[Resource]
    ) -> None:
        """Put their faults into resources, by one query for all.

        Where the store fails, that is logged, and they have none: who asks
        for his resources shall get them.

        :param context: of who will read them
        :param resources: each gets the member ``fault``, or none
        """
        broken: dict[str, list[Resource]] = {}
        for resource in resources:
            id = resource.get(self._id)
            if self._shows(resource.get(self._state)) and id is not None:
                known = fitted(id)
                if known:
                    broken.setdefault(known, []).append(resource)
        if not broken:
            return
        sees_all = self._sees_all(context) is True
        for id, fault in self._latest(context, list(broken), sees_all).items():
            for resource in broken.get(id, ()):
                resource['fault'] = self.view(fault, sees_all)

    def view(self, fault: Fault, sees_all: bool = False) -> dict[str, Any]:
        """Return a fault as it stands in a resource.

        :param sees_all: the reader is an admin
        """
        view: dict[str, Any] = {'code': fault.code}
        if fault.created_at is not None:
            view['created'] = stamp(fault.created_at)
        view['message'] = fault.message
        if fault.details and (
            sees_all or (fault.public and fault.code != 500)
        ):
            view['details'] = fault.details
        if self._more:
            view['error_code'] = fault.error_code
            view['request_id'] = fault.request_id
        return view

    def _shows(self, state: object) -> bool:
        if self._states is None:
            return True
        return isinstance(state, str) and state.casefold() in self._states

    def _latest(
        self, context: Any, ids: list[str], sees_all: bool
    ) -> Mapping[str, Fault]:
        store = self._store
        project_id = tenant_of(attribute(context, 'project_id'))
        try:
            if sees_all:
                return store.latest_faults_of_any_project(self._type, ids)
            if project_id is not None:
                return store.latest_faults(project_id, self._type, ids)
        except Exception as exc:
            log.say(
                LOG, logging.ERROR,
                'the faults of %d resources are not shown', len(ids),
                raised=exc,
            )
        return {}


def stamp(time: datetime.datetime) -> str:
    """Return a time as faults have it: UTC, whole seconds, ``Z``."""
    return time.astimezone(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')
