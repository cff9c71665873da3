# SPDX-License-Identifier: Apache-2.0
"""What an action is about, and the row that it is known by."""

from __future__ import annotations

import dataclasses
import logging
import uuid
from typing import Any

from errorkit import current, ids, log
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.decorating import told
from errorkit.outcomes.fitting import WIDTH, fitted, is_fit
from errorkit.outcomes.reading import attribute, tenant_of

LOG = logging.getLogger('errorkit.outcomes')

#: Of the ids of actions: the same action, started again, has the same.
_NAMESPACE = uuid.UUID('5c9f6a0e-1d63-5b0a-9a54-0d6a8f7c2b11')


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What an action is, or should have been, about.

    :param resource_type: of the resource
    :param resource_id: of the resource, or None
    :param project_id: whose it is, or None
    :param request_id: the local id of the request, or None
    """

    resource_type: str
    resource_id: str | None = None
    project_id: str | None = None
    request_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class About:
    """What a call will be about: values, or functions of its arguments.

    :param context: of the request; None: the current one
    :param resource_type: of the resource
    :param resource_id: see ``subject_of``, as are the others
    """

    context: Any
    resource_type: str
    resource_id: Any
    project_id: Any
    request_id: Any

    def of_call(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, Subject]:
        """Return the context of a call, and what it is about."""
        context = told(self.context, args, kwargs)
        if context is None:
            context = current.current()
        return context, subject_of(
            context,
            self.resource_type,
            told(self.resource_id, args, kwargs),
            # None would be the project of the context.
            told(self.project_id, args, kwargs, ''),
            told(self.request_id, args, kwargs),
        )


def subject_of(
    context: Any,
    resource_type: str,
    resource_id: object,
    project_id: object = None,
    request_id: object = None,
) -> Subject:
    """Return what an action is about.

    :param context: of the request; gives what is None below
    :param resource_type: of the resource
    :param resource_id: of the resource
    :param project_id: whose it is
    :param request_id: the local id of the request
    """
    if project_id is None:
        project_id = attribute(context, 'project_id')
    if request_id is None:
        request_id = attribute(context, 'request_id')
    return Subject(
        str(resource_type),
        fitted(resource_id) or None,
        tenant_of(project_id),
        fitted(request_id) or None,
    )


def new_action(
    subject: Subject,
    context: Any,
    name: str,
    host: str,
    failure_event: str | None,
) -> Action | None:
    """Return an action to be started, with a token of its own.

    :param subject: what it is about
    :param context: of the request
    :param name: of the action
    :param host: of this process
    :param failure_event: the id of the message of its failure
    :returns: None: it has no project, or no resource, which is logged
    """
    tenant, resource = subject.project_id, subject.resource_id
    if tenant is None or not resource:
        log.say(
            LOG, logging.WARNING,
            'an action %s is not recorded: it has no %s',
            name, 'resource' if tenant else 'project',
        )
        return None
    request = subject.request_id or ids.generate()
    named = '\0'.join(
        (tenant, subject.resource_type, resource, request, name)
    )
    return Action(
        id=str(uuid.uuid5(_NAMESPACE, named)),
        project_id=tenant,
        resource_type=subject.resource_type,
        resource_id=resource,
        request_id=request,
        action=str(name),
        user_id=fitted(attribute(context, 'user_id')),
        global_request_id=fitted(attribute(context, 'global_request_id')),
        host=host,
        token=str(uuid.uuid4()),
        failure_event=failure_event,
    )


def check_name(what: str, value: object, width: int = WIDTH) -> None:
    """Tell a mistake at once.

    :raises ValueError: a name has a form that no store keeps
    """
    plain = str.__str__(value) if isinstance(value, str) else value
    if not plain or not is_fit(plain, width):
        raise ValueError(
            f'{what}={value!r}: a text of 1 to {width} characters, none of '
            'them a control character, is needed'
        )
