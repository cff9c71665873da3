# SPDX-License-Identifier: Apache-2.0
"""Notifications: errors as structured records for a service's operators.

``Notifications`` is an observer. It chooses, limits and masks, all away from
the request, and hands each notification to a notifier: the log by default,
or a message bus.
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from errorkit import masking
from errorkit.exceptions import ConfigError
from errorkit.observers.limiting import Limit
from errorkit.observers.payload import fitted, payload_of
from errorkit.observers.process import PerProcess
from errorkit.observers.record import ErrorRecord

LOG = logging.getLogger(__name__)

PRIORITY = 'ERROR'
#: A line of the log has 16 KiB; this much is left for the payload in it.
_MAX_LOGGED = masking.MAX_MESSAGE - 1024
_WHERE = __name__


@dataclass(frozen=True, slots=True)
class Notification:
    """One error, as operators are told of it.

    :param event_type: ``<service>.error``
    :param publisher_id: ``<service>.<host>``
    :param payload: JSON's own types, at most 64 KiB as JSON, see
        ``errorkit.observers.payload``
    :param context: the ids of the request and of its user, and no token
    :param priority: ``ERROR``
    """

    event_type: str
    publisher_id: str
    payload: Mapping[str, Any]
    context: Mapping[str, str | None]
    priority: str = PRIORITY


class Notifier(Protocol):
    """Takes notifications to somewhere."""

    def notify(self, notification: Notification, /) -> object:
        """Pass a notification on; it is called in a thread of its own.

        :raises Undelivered: it could not, and says why in one line
        """


class LogNotifier:
    """Writes each notification as a line of JSON to a log, at ERROR.

    The line is at most 16 KiB long; the traceback is cut for that. It has
    the request's ids as attributes, as every record of the request has.

    :param logger: where to; None: ``errorkit.observers.notify``
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or LOG

    def notify(self, notification: Notification) -> None:
        """Write a notification."""
        if not self._logger.isEnabledFor(logging.ERROR):
            return
        payload = fitted(dict(notification.payload), _MAX_LOGGED)
        self._logger.error(
            '%s %s %s',
            notification.event_type,
            notification.publisher_id,
            json.dumps(payload),
            extra={
                name: value
                for name, value in notification.context.items()
                if value is not None
            },
        )


class Notifications:
    """Observer: tells a notifier of the errors that are operators' business.

    These are the ones with a status from 500 on, those whose body broke off,
    and the ones of the codes given. Of each code so many are sent at most;
    the next one says how many were not.

    :param notifier: who passes them on; None: a ``LogNotifier``
    :param service: the service's name in event type and publisher; None: the
        record's own, the first label of its code
    :param host: the host's name in the publisher; None: this one's
    :param codes: codes of which notifications are sent whatever the status
    :param rate: notifications of one code a second, in the long run
    :param burst: notifications of one code at once
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        notifier: Notifier | None = None,
        *,
        service: str | None = None,
        host: str | None = None,
        codes: Iterable[str] = (),
        rate: float = 1.0,
        burst: int = 10,
    ) -> None:
        self._notifier: Notifier = LogNotifier()
        if notifier is not None:
            self._notifier = notifier
            if not callable(getattr(notifier, 'notify', None)):
                raise ConfigError(
                    _WHERE, 'notifier', notifier,
                    'allowed: an object with notify(notification)',
                )
        for option, word in (('service', service), ('host', host)):
            if word is not None and not (isinstance(word, str) and word):
                raise ConfigError(_WHERE, option, word, 'allowed: a name')
        if isinstance(codes, str) or not isinstance(codes, Iterable):
            raise ConfigError(_WHERE, 'codes', codes, 'allowed: a list')
        if not _is_number(rate) or not 0 < rate < float('inf'):
            raise ConfigError(
                _WHERE, 'rate', rate, 'allowed: a number above 0'
            )
        if type(burst) is not int or burst < 1:
            raise ConfigError(
                _WHERE, 'burst', burst, 'allowed: a whole number from 1 on'
            )
        #: What it is called in the log and in the counts.
        self.name = getattr(notifier, 'name', 'notifications')
        self._service = service
        self._host = host or socket.gethostname()
        self._codes = frozenset(codes)
        self._limits = PerProcess(lambda: Limit(rate, burst))

    @property
    def suppressed(self) -> int:
        """How many were not sent because there were too many of their code."""
        limit = self._limits.peek()
        return limit.suppressed if limit else 0

    def accepts(self, record: ErrorRecord) -> bool:
        """Tell whether a record is to be queued, and take its token."""
        if record.error.status < 500 and record.code not in self._codes:
            return False
        return self._limits.get().passes(record.code)

    def __call__(self, record: ErrorRecord) -> None:
        """Send a record that was accepted.

        :raises Exception: whatever the notifier raises
        """
        service = self._service or record.service or 'errorkit'
        suppressed = self._limits.get().take_suppressed(record.code)
        self._notifier.notify(
            Notification(
                event_type=f'{service}.error',
                publisher_id=f'{service}.{self._host}',
                payload=payload_of(record, suppressed),
                context={
                    name: getattr(record, name)
                    for name in (
                        'request_id',
                        'global_request_id',
                        'user_id',
                        'project_id',
                    )
                },
            )
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
