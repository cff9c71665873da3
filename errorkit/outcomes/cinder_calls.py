# SPDX-License-Identifier: Apache-2.0
"""The calls of cinder's message API of today, by way of ``create``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from errorkit.outcomes.reading import attribute
from errorkit.outcomes.writer import Created


class CinderCalls:
    """What ``messages.API`` has for services that were written for cinder."""

    create: Callable[..., Created]

    def create_for_action(
        self,
        context: Any,
        action: str,
        resource_type: str | None = None,
        resource_uuid: object = None,
        exception: BaseException | None = None,
        detail: str | None = None,
        level: str = 'ERROR',
    ) -> Created:
        """Create a message in the context's project, as cinder does today.

        See ``create``. The resource type is ``VOLUME`` there if not given.
        """
        return self.create(
            context, None, None, resource_type, resource_uuid, level,
            action=action, exception=exception, detail=detail,
        )

    def create_from_request_context(
        self,
        context: Any,
        exception: BaseException | None = None,
        detail: str | None = None,
        level: str = 'ERROR',
    ) -> Created:
        """Create a message of what the context says is being done.

        As in cinder, by its attributes ``message_action``,
        ``message_resource_type`` and ``message_resource_id``.
        """
        return self.create_for_action(
            context,
            attribute(context, 'message_action'),
            attribute(context, 'message_resource_type'),
            attribute(context, 'message_resource_id'),
            exception,
            detail,
            level,
        )
