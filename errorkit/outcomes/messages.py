# SPDX-License-Identifier: Apache-2.0
"""User messages: why an accepted request has failed, for its user to read.

::

    messages = API(store, permitted=PERMITTED)
    messages.create(context, UNABLE_TO_ALLOCATE, project_id,
                    resource_type=VOLUME, resource_uuid=volume_id)
    for view in messages.get_all(context):
        print(view.user_message)

The signatures are cinder's of 2016, where this interface comes from. What
they do not have is keyword-only.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from errorkit.exceptions import ConfigError
from errorkit.observers import Observed, Observers
from errorkit.outcomes import stores, telling
from errorkit.outcomes.capture import Capture
from errorkit.outcomes.composing import composed
from errorkit.outcomes.exceptions import InvalidLevel
from errorkit.outcomes.fitting import fitted
from errorkit.outcomes.permitted import LEVELS, Permitted
from errorkit.outcomes.reading import Reader, attribute, is_admin, tenant_of
from errorkit.outcomes.records import Message
from errorkit.outcomes.writer import NO_PROJECT, Created, Writer

_LONGEST_TTL = 100 * 365 * 86400


def utc_now() -> datetime.datetime:
    """Return the time, aware, in UTC, with microseconds."""
    return datetime.datetime.now(datetime.UTC)


class _Defaults:
    permitted: Permitted | None = None
    db_driver: Any = 'memory'


def set_up(permitted: Permitted, db_driver: Any = 'memory') -> None:
    """Say what ``API()`` uses in this process when it is not told.

    :param permitted: the permitted messages of the service
    :param db_driver: see ``stores.find``
    """
    _Defaults.permitted = permitted
    _Defaults.db_driver = db_driver


class API(Reader):
    """API for handling user messages.

    Any oslo.context serves as ``context``; of it are read ``project_id``,
    ``user_id``, ``request_id``, ``global_request_id`` and ``is_admin``.

    :param db_driver: a store, or the name of one, see ``stores.find``; None:
        that of ``set_up``, or in memory
    :param permitted: the permitted messages; None: those of ``set_up``
    :param message_ttl: seconds that a message is kept at least
    :param max_limit: rows of a page at most; asking for more gives these
    :param budget: seconds that ``create`` takes at most, whatever the store
        does
    :param breaker_failures: after so many failures in a row the store is
        left alone
    :param breaker_seconds: for so long at first
    :param cursor_key: signs the markers of pages, see ``cursor``
    :param sees_all: tells whether a context may see all projects
    :param observers: told of each ``ERROR`` that is created, see
        ``errorkit.observers``; those of ``Actions`` tell of theirs
    :param clock: the time, see ``utc_now``
    :raises ConfigError: one of them cannot be
    """

    def __init__(
        self,
        db_driver: Any = None,
        *,
        permitted: Permitted | None = None,
        message_ttl: int = 2592000,
        max_limit: int = 1000,
        budget: float = 2.0,
        breaker_failures: int = 5,
        breaker_seconds: float = 5.0,
        cursor_key: bytes = b'',
        sees_all: Callable[[Any], bool] = is_admin,
        observers: Observed = (),
        clock: Callable[[], datetime.datetime] = utc_now,
    ) -> None:
        chosen = permitted or _Defaults.permitted
        _check('permitted', chosen, isinstance(chosen, Permitted),
               'a Permitted, here or in set_up(), is')
        assert chosen is not None
        for option, value, most in (
            ('message_ttl', message_ttl, _LONGEST_TTL),
            ('max_limit', max_limit, 100_000),
            ('budget', budget, 3600),
            ('breaker_failures', breaker_failures, 1_000_000),
            ('breaker_seconds', breaker_seconds, 86400),
        ):
            _check(
                option, value,
                type(value) in (int, float) and 0 < value <= most,
                f'a number above 0, {most} at most, is',
            )
        _check('cursor_key', type(cursor_key).__name__,
               isinstance(cursor_key, bytes) and len(cursor_key) <= 64,
               '64 bytes at most are')
        super().__init__(
            stores.find(
                _Defaults.db_driver if db_driver is None else db_driver
            ),
            chosen,
            max_limit,
            cursor_key,
            sees_all,
        )
        self._ttl = datetime.timedelta(seconds=message_ttl)
        self._clock = clock
        self._observers = Observers(observers)
        self._writer = Writer(
            self.store, budget, breaker_failures, breaker_seconds
        )

    @property
    def counters(self) -> dict[str, int]:
        """How often what became of a message, in this process.

        By the outcomes of ``Created``, and ``late``: of those that had
        ``timed_out``, so many were stored after all.
        """
        return self._writer.counters

    def create(
        self,
        context: Any,
        event_id: str | None,
        project_id: str | None,
        resource_type: str | None = None,
        resource_uuid: object = None,
        level: str = 'ERROR',
        *,
        action: str | None = None,
        detail: str | None = None,
        exception: BaseException | None = None,
        params: Mapping[str, object] | None = None,
        request_id: str | None = None,
        connection: Any = None,
    ) -> Created:
        """Create a message with the specified information.

        Whatever the store does, this returns, and within the budget. Only
        what is wrong in the calling code raises. But with ``connection`` the
        message joins its transaction, in this thread, without a budget, and
        what the store raises passes: that transaction may be spoilt.

        :param context: of the request that was accepted
        :param event_id: a permitted event; None where ``action`` or
            ``exception`` says what happened
        :param project_id: whose message it is; None: the context's
        :param resource_type: a declared one, or None
        :param resource_uuid: of the resource, cut to 255 characters
        :param level: ``ERROR``, ``WARNING`` or ``INFO``
        :param action: a permitted action, of a composite event
        :param detail: a permitted detail, of a composite event
        :param exception: what it means wins over ``event_id`` or ``detail``;
            nothing it says is kept
        :param params: the values of the text's parameters
        :param request_id: in place of the context's
        :param connection: see ``MessageStore.add``
        :returns: what became of it; true if it is kept
        :raises InvalidMessage: event, type, level or parameters are not
            permitted
        """
        message, has_project = self.composed(
            context, event_id, project_id, resource_type, resource_uuid,
            level, action=action, detail=detail, exception=exception,
            params=params, request_id=request_id,
        )
        if not has_project:
            created = self._writer.dropped(message, NO_PROJECT)
        elif connection is not None:
            created = self._writer.join(message, connection)
        else:
            created = self._writer.write(message)
        if level == 'ERROR' and self._observers.present:
            # Whether it could be kept or not: it has happened.
            telling.tell(
                self._observers, exception, message, kind='message',
                service=self.permitted.service_type,
                code=self.permitted.code_of(message.event_id),
                detail=self.permitted.get_message_text(
                    message.event_id, message.params
                ),
                resource_type=message.resource_type,
                resource_uuid=message.resource_uuid,
            )
        return created

    def composed(
        self,
        context: Any,
        event_id: str | None,
        project_id: str | None,
        resource_type: str | None = None,
        resource_uuid: object = None,
        level: str = 'ERROR',
        *,
        action: str | None = None,
        detail: str | None = None,
        exception: BaseException | None = None,
        params: Mapping[str, object] | None = None,
        request_id: str | None = None,
    ) -> tuple[Message, bool]:
        """Return the message that ``create`` would keep, and keep nothing.

        For who keeps it together with something else.

        :returns: and whether it has a project: without one it cannot be kept
        :raises InvalidMessage: see ``create``
        """
        if level not in LEVELS:
            raise InvalidLevel(f'{level!r} is none of {", ".join(LEVELS)}')
        event, of_type, values = composed(
            self.permitted, event_id, resource_type, action=action,
            detail=detail, exception=exception, params=params,
        )
        now = self._clock()
        if project_id is None:
            project_id = attribute(context, 'project_id')
        if request_id is None:
            request_id = attribute(context, 'request_id')
        tenant = tenant_of(project_id)
        message = Message(
            id=str(uuid.uuid4()),
            # A tenant's name that is cut may be that of another.
            project_id=tenant or fitted(project_id) or '',
            event_id=event,
            message_level=level,
            created_at=now,
            expires_at=now + self._ttl,
            request_id=fitted(request_id),
            resource_type=None if of_type is None else str(of_type),
            resource_uuid=fitted(resource_uuid),
            user_id=fitted(attribute(context, 'user_id')),
            global_request_id=fitted(
                attribute(context, 'global_request_id')
            ),
            params=values,
        )
        return message, tenant is not None

    def keep(self, message: Message) -> Created:
        """Keep what ``composed`` gave; see ``create``."""
        return self._writer.write(message)

    def capture(
        self, context: Any, event: str | None, **keywords: Any
    ) -> Capture:
        """Write a message when a block, or a function, raises.

        See ``capture.Capture``, which also has the keywords.
        """
        return Capture(self, context, event, **keywords)

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


def _check(option: str, value: object, right: bool, allowed: str) -> None:
    if not right:
        raise ConfigError(
            'errorkit.outcomes.messages.API', option, value,
            f'{allowed} allowed',
        )
