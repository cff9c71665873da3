# SPDX-License-Identifier: Apache-2.0
"""Which user message is due when an action fails."""

from __future__ import annotations

import contextlib

from errorkit.exceptions import ConfigError
from errorkit.outcomes.composing import composed
from errorkit.outcomes.declared import Action as PermittedAction
from errorkit.outcomes.exceptions import InvalidParams, UnknownResourceType
from errorkit.outcomes.messages import API


def declared_types(messages: API | None) -> tuple[str, ...]:
    """Return the resource types that there are; none: there may be any."""
    if messages is None:
        return ()
    return tuple(messages.permitted.resource_types)


def check_type(messages: API | None, resource_type: str) -> None:
    """Refuse a resource type of which no message could be told.

    :param messages: where the types are declared; without any, every type
        is right
    :param resource_type: of the resource
    :raises UnknownResourceType: others are declared
    """
    known = declared_types(messages)
    if known and resource_type not in known:
        raise UnknownResourceType(
            f'{str(resource_type)!r} is not declared, only {", ".join(known)}'
        )


def check_message(
    messages: API | None, on_failure: str | None, resource_type: str
) -> None:
    """Tell a mistake at once, and not when there is a failure.

    :param messages: where it would go
    :param on_failure: the permitted message; None: there is none
    :param resource_type: of the resource
    :raises ConfigError: there are no messages
    :raises InvalidMessage: it, or the resource type, is not permitted
    """
    check_type(messages, resource_type)
    if on_failure is None:
        return
    if messages is None:
        raise ConfigError(
            'errorkit.outcomes.actions.Actions', 'on_failure', on_failure,
            'only with messages it is allowed',
        )
    # Values of parameters are known when there is a failure.
    with contextlib.suppress(InvalidParams):
        composed(messages.permitted, on_failure, resource_type)


def id_of_message(
    messages: API | None, on_failure: str | None, resource_type: str
) -> str | None:
    """Return the id of a message, as it is kept with an action."""
    if isinstance(on_failure, PermittedAction) and messages:
        permitted = messages.permitted
        return permitted.compose(
            resource_type, on_failure, permitted.unknown_error
        )
    return None if on_failure is None else str(on_failure)
