# SPDX-License-Identifier: Apache-2.0
"""Which user message is due when an action fails."""

from __future__ import annotations

import contextlib

from errorkit.exceptions import ConfigError
from errorkit.outcomes.composing import composed
from errorkit.outcomes.declared import Action as PermittedAction
from errorkit.outcomes.exceptions import InvalidParams
from errorkit.outcomes.messages import API


def check_message(
    messages: API | None, on_failure: str | None, resource_type: str
) -> None:
    """Tell a mistake at once, and not when there is a failure.

    :param messages: where it would go
    :param on_failure: the permitted message; None: there is none
    :param resource_type: of the resource
    :raises ConfigError: there are no messages
    :raises InvalidMessage: it is not permitted
    """
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
