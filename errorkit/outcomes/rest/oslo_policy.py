# SPDX-License-Identifier: Apache-2.0
"""The policy of messages and actions in oslo.policy; needs the extra policy.

::

    policy = OsloPolicy(enforcer)
    messages = API(store, permitted=PERMITTED, sees_all=policy.sees_all)
    application = Messages(messages, policy=policy)
    actions = Actions(store, messages=messages, sees_all=policy.sees_all)
    pages = ActionPages(actions, …, policy=policy)
    faults = FaultPages(actions, …, policy=policy)
"""

from __future__ import annotations

from typing import Any

from oslo_context.context import RequestContext

try:
    from oslo_policy import policy
except ImportError as exc:
    raise ImportError(
        'errorkit.outcomes.rest.oslo_policy needs oslo.policy: '
        "pip install 'errorkit[policy]'",
        name='oslo_policy',
    ) from exc

from errorkit.outcomes.rest.actions import asking, fault_pages
from errorkit.outcomes.rest.policy import DELETE, GET, GET_ALL, Target

ADMIN = 'context_is_admin'
_OWNER = f'rule:{ADMIN} or project_id:%(project_id)s'
_ADMIN = f'rule:{ADMIN}'
_PATH = '/{project_id}/messages'
_ACTIONS = '/{resources}/{resource_id}/actions'
_ACTION = _ACTIONS + '/{request_id}'


def rules() -> list[Any]:
    """Return the rules and their defaults, to be registered or generated.

    For the entry point ``oslo.policy.policies`` of a service, too.
    """
    return [
        policy.RuleDefault(
            ADMIN, 'role:admin', 'Decides who is an admin.'
        ),
        *(
            policy.DocumentedRuleDefault(
                name, check, what, [{'method': method, 'path': path}]
            )
            for name, check, what, method, path in (
                (GET_ALL, _OWNER, 'List user messages.', 'GET', _PATH),
                (
                    GET, _OWNER, 'Show a user message.', 'GET',
                    _PATH + '/{id}',
                ),
                (
                    DELETE, _OWNER, 'Delete a user message.', 'DELETE',
                    _PATH + '/{id}',
                ),
                (
                    asking.GET_ALL, _OWNER,
                    'List the actions on a resource.', 'GET', _ACTIONS,
                ),
                (
                    asking.GET, _OWNER,
                    'Show an action and its events.', 'GET', _ACTION,
                ),
                (
                    asking.DETAILS, _ADMIN,
                    'See host, details and traceback of the events.', 'GET',
                    _ACTION,
                ),
                (
                    fault_pages.GET_ALL, _ADMIN,
                    'List the faults of all projects.', 'GET', '/faults',
                ),
            )
        ),
    ]


class OsloPolicy:
    """Asks an enforcer of oslo.policy.

    :param enforcer: the service's; a rule that it has is left as it is
    """

    def __init__(self, enforcer: Any) -> None:
        self._enforcer = enforcer
        for rule in rules():
            if rule.name not in enforcer.registered_rules:
                enforcer.register_default(rule)

    def __call__(self, context: Any, action: str, target: Target) -> bool:
        """Tell whether an action is allowed."""
        # To a rule, no project would be the same as no project.
        known = {
            name: value for name, value in target.items() if value is not None
        }
        # The enforcer raises for what is no context.
        return isinstance(context, RequestContext) and bool(
            self._enforcer.authorize(action, known, context)
        )

    def sees_all(self, context: Any) -> bool:
        """Tell whether a context is an admin's.

        For ``messages.API``, ``Actions`` and ``Faults``.
        """
        return self(context, ADMIN, {})
