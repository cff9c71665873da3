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
from collections.abc import Callable, Mapping
from typing import Any

from errorkit.exceptions import ConfigError
from errorkit.observers import Observed, Observers
from errorkit.outcomes import stores, telling
from errorkit.outcomes.capture import Capture
from errorkit.outcomes.cinder_calls import CinderCalls
from errorkit.outcomes.drafting import draft
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.reading import Reader, is_admin
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


class API(CinderCalls, Reader):
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
        return draft(
            self.permitted, context, event_id, project_id, resource_type,
            resource_uuid, level, action=action, detail=detail,
            exception=exception, params=params, request_id=request_id,
            now=self._clock(), ttl=self._ttl,
        )

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


def _check(option: str, value: object, right: bool, allowed: str) -> None:
    if not right:
        raise ConfigError(
            'errorkit.outcomes.messages.API', option, value,
            f'{allowed} allowed',
        )
