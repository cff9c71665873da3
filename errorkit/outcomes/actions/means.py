# SPDX-License-Identifier: Apache-2.0
"""What it takes to record an action, and what is done when it has failed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from errorkit.outcomes.actions.failures import Failure
from errorkit.outcomes.actions.heartbeat import Heartbeat
from errorkit.outcomes.actions.records import Action, Ending
from errorkit.outcomes.actions.subjects import Subject
from errorkit.outcomes.actions.writer import ActionWriter


class Work(Protocol):
    """An action that is worked on; see ``recording.Live``."""

    means: Means
    action: Action | None
    context: Any
    subject: Subject
    connection: Any
    on_failure: str | None
    params: Any
    tells: Callable[[BaseException], str | None] | None


class Fails(Protocol):
    """What is done when an action, or an event on its own, has failed."""

    def __call__(
        self,
        work: Work,
        raised: BaseException,
        failure: Failure,
        ending: Ending,
        event_id: str,
    ) -> None:
        """Write an ending with its fault and message, and tell of it.

        :param work: the action
        :param raised: what was raised
        :param failure: the same in words
        :param ending: what there is to be written, fault and message not yet
        :param event_id: the event that has failed
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Means:
    """What recording needs.

    :param writer: of the store
    :param heartbeat: of the same store
    :param lease: seconds that an event, or an action that is worked on, is
        believed to be alive after its last sign of life
    :param hand_over: seconds that an action may wait for its next worker
    :param host: of this process
    :param reads: makes a failure of an exception
    :param fails: see ``Fails``
    """

    writer: ActionWriter
    heartbeat: Heartbeat
    lease: float
    hand_over: float
    host: str
    reads: Callable[[BaseException], Failure]
    fails: Fails
