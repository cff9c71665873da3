# SPDX-License-Identifier: Apache-2.0
"""Notifications on a message bus, by oslo.messaging; the extra ``messaging``.

It sends in the thread of ``Notifications``, never in a request's, and each
process has connections of its own. While the bus is away a notification
waits, and the queue behind it fills and drops; when it is back, what waits is
sent.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import re
import threading
import time
import uuid
import warnings
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

try:
    with warnings.catch_warnings():
        # It imports oslo.service, that eventlet, and that warns of itself.
        warnings.simplefilter('ignore')
        import oslo_messaging
        from oslo_config import cfg
except ImportError as missing:
    raise ImportError(
        f'errorkit.observers.oslo_messaging needs {missing.name}: '
        "pip install 'errorkit[messaging]'",
        name=missing.name,
    ) from missing

from errorkit import log, masking, secrets
from errorkit.exceptions import ConfigError
from errorkit.observers.notify import Notification, Notifications
from errorkit.observers.observer import Undelivered
from errorkit.observers.process import PerProcess
from errorkit.observers.quiet import Quiet

LOG = logging.getLogger(__name__)

_WHERE = __name__
_GROUP = 'oslo_messaging_notifications'
_RABBIT = 'oslo_messaging_rabbit'
#: Seconds between two attempts; doubled each time, up to the second.
_PAUSES = 1.0, 30.0
_MAX_REASON = 200


class OsloMessagingNotifier:
    """Notifier: sends to topics of a message bus, in oslo.messaging's format.

    :param url: the transport, such as ``rabbit://user:password@host:5672/``;
        None: what ``conf`` says
    :param conf: the service's ``oslo_config.cfg.ConfigOpts``, whose
        ``[oslo_messaging_notifications]`` and ``[oslo_messaging_rabbit]``
        are read, but for the drivers; None, with a URL: one of its own
    :param topics: names of topics; None: what ``conf`` says, else
        ``notifications``
    :param exchange: the exchange; None: ``control_exchange`` of ``conf``,
        else ``openstack``
    :param timeout: seconds after which a connection that says nothing is
        given up; without ``conf`` only, which has its own
    :param patience: seconds a notification is tried before it is given up
    :raises ConfigError: an option has a bad value
    """

    #: What it is called in the log and in the counts.
    name = 'oslo_messaging'

    def __init__(
        self,
        url: str | None = None,
        *,
        conf: Any = None,
        topics: Iterable[str] | None = None,
        exchange: str | None = None,
        timeout: int = 30,
        patience: float = 60.0,
    ) -> None:
        if url is None and conf is None:
            raise ConfigError(_WHERE, 'url', url, 'allowed: a transport URL')
        if type(timeout) is not int or timeout < 1:
            raise ConfigError(
                _WHERE, 'timeout', timeout, 'allowed: whole seconds from 1 on'
            )
        if not isinstance(patience, (int, float)) or not patience >= 0:
            raise ConfigError(_WHERE, 'patience', patience, 'allowed: seconds')
        listed = None if topics is None else _listed(topics)
        self._url = url
        self._conf = conf
        if conf is None:
            self._conf = cfg.ConfigOpts()
            self._conf([], default_config_files=[], default_config_dirs=[])
        self._exchange = exchange
        self._patience = patience
        self._links = PerProcess(self._link)
        # Now, so that a bad URL is told now, and that no request has to
        # share the interpreter with the import of a driver. Nothing connects
        # before the first notification is sent.
        try:
            transport = self._links.get().transport
        except Exception as exc:  # each driver has its own
            raise ConfigError(
                _WHERE, 'url', url and _without_password(url),
                _without_password(f'allowed: a transport URL; {exc}'),
            ) from None
        if conf is None:
            with contextlib.suppress(cfg.NoSuchGroupError):
                self._conf.set_override(
                    'heartbeat_timeout_threshold', timeout, group=_RABBIT
                )
        self._topics = listed or list(transport.conf[_GROUP].topics)
        if url is None and not _names_a_transport(self._conf):
            log.say(
                LOG, logging.WARNING,
                'no transport_url is configured: notifications go to a '
                'RabbitMQ on this host, as oslo.messaging has it; was the '
                'configuration read before the observer was made?',
            )
        _mute()

    def notify(self, notification: Notification) -> None:
        """Send a notification, and wait for the bus while it is away.

        :raises Undelivered: it was not sent within the time
        """
        link = self._links.get()
        message = {
            'message_id': str(uuid.uuid4()),
            'publisher_id': notification.publisher_id,
            'event_type': notification.event_type,
            'priority': notification.priority,
            'payload': dict(notification.payload),
            'timestamp': datetime.datetime.now(datetime.UTC)
            .replace(tzinfo=None)
            .isoformat(' ', 'microseconds'),
        }
        waiting = [
            oslo_messaging.Target(
                exchange=self._exchange,
                topic=f'{topic}.{notification.priority.lower()}',
            )
            for topic in self._topics
        ]
        end = time.monotonic() + self._patience
        pause, longest = _PAUSES
        while True:
            try:
                while waiting:
                    link.send(waiting[0], notification.context, message)
                    del waiting[0]
                return
            except Exception as exc:
                reason = _reason(exc)
            over = time.monotonic() + pause > end
            link.given_up += over
            link.quiet.say(
                'notifications wait for the message bus: %s; '
                '%d given up so far',
                reason,
                link.given_up,
            )
            if over:
                raise Undelivered(reason, logged=True) from None
            time.sleep(pause)
            pause = min(2 * pause, longest)

    def _link(self) -> _Link:
        return _Link(
            oslo_messaging.get_notification_transport(self._conf, self._url)
        )


class _Link:
    """The way to the bus of one process."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.given_up = 0
        self.quiet = Quiet(LOG)

    def send(self, target: Any, context: Any, message: Any) -> None:
        with _muted():
            # What oslo.messaging's Notifier does, without its log of the
            # whole payload and its silence about a failure. One retry: it is
            # what reconnects. The driver adds to what it is given.
            self.transport._send_notification(
                target, dict(context), dict(message), version=2.0, retry=1
            )


def notifications() -> Notifications:
    """Return the observer that sends to where the service's own conf says.

    It is what ``observers = oslo_messaging`` stands for.
    """
    return Notifications(OsloMessagingNotifier(conf=cfg.CONF))


def _names_a_transport(conf: Any) -> bool:
    """Tell whether a configuration says where the bus is.

    The options are oslo.messaging's: they are known once it was asked for a
    transport.
    """
    if conf[_GROUP].transport_url:
        return True
    # What was said may be the same as the default.
    where = conf.get_location('transport_url')
    return where is None or where.location is not cfg.Locations.opt_default


def _listed(topics: Iterable[str]) -> list[str]:
    listed: list[str] = []
    if isinstance(topics, Iterable) and not isinstance(topics, str):
        listed = list(topics)
    if not listed or not all(isinstance(one, str) and one for one in listed):
        raise ConfigError(_WHERE, 'topics', topics, 'allowed: names in a list')
    return listed


def _without_password(text: str) -> str:
    return secrets.mask(re.sub('://[^/]*@', f'://{secrets.MASK}@', text))


def _reason(exc: BaseException) -> str:
    try:
        text = masking.one_line(_without_password(str(exc)))
    except Exception:  # a foreign __str__
        text = ''
    # The driver says of whatever it met that it could not connect.
    first = exc
    while first.__context__ is not None:
        first = first.__context__
    return f'{type(first).__name__}: {text[:_MAX_REASON]}'


# The threads in which oslo.messaging works for us: it logs each attempt of
# each of them, and we say once a minute what has become of it.
_OURS: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
_LOUD = ('amqp', 'kombu', 'oslo.messaging', 'oslo_messaging')
_HEARTBEAT = 'Rabbit-heartbeat'


def _is_not_ours(record: logging.LogRecord) -> bool:
    return threading.current_thread() not in _OURS


def _mute() -> None:
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(_LOUD):
            logging.getLogger(name).addFilter(_is_not_ours)


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    thread = threading.current_thread()
    before = set(threading.enumerate())
    _OURS.add(thread)
    try:
        yield
    finally:
        _OURS.discard(thread)
        # A connection starts one, to find out that the broker is gone.
        _OURS.update(
            one
            for one in threading.enumerate()
            if one.name == _HEARTBEAT and one not in before
        )
