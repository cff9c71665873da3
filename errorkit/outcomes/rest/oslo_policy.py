# SPDX-License-Identifier: Apache-2.0
"""The policy of messages as rules of oslo.policy; needs the extra policy.

::

    policy = OsloPolicy(enforcer)
    messages = API(store, permitted=PERMITTED, sees_all=policy.sees_all)
    application = Messages(messages, policy=policy)
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

from errorkit.outcomes.rest.policy import DELETE, GET, GET_ALL, Target

ADMIN = 'context_is_admin'
_OWNER = f'rule:{ADMIN} or project_id:%(project_id)s'
_PATH = '/{project_id}/messages'


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
                name, _OWNER, what, [{'method': method, 'path': path}]
            )
            for name, what, method, path in (
                (GET_ALL, 'List user messages.', 'GET', _PATH),
                (GET, 'Show a user message.', 'GET', _PATH + '/{id}'),
                (DELETE, 'Delete a user message.', 'DELETE', _PATH + '/{id}'),
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
        """Tell whether a context is an admin's, for ``messages.API``."""
        return self(context, ADMIN, {})
