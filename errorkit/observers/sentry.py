# SPDX-License-Identifier: Apache-2.0
"""Errors sent to Sentry, with ids and code; needs the extra ``sentry``.

::

    sentry_sdk.init(dsn=...)
    errorkit.wrap(handler, observers=[Sentry()], ...)

Beside Sentry's own WSGI integration or without it. What errorkit answers never
reaches that integration: this is what tells Sentry of it.
"""

from __future__ import annotations

import logging
from typing import Any

try:
    import sentry_sdk
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.logging import ignore_logger
    from sentry_sdk.utils import event_from_exception
except ImportError as missing:
    raise ImportError(
        f'errorkit.observers.sentry needs {missing.name}: '
        "pip install 'errorkit[sentry]'",
        name=missing.name,
    ) from missing

from errorkit import log, masking, secrets
from errorkit.observers import ErrorRecord

LOG = logging.getLogger('errorkit.observers.sentry')

#: Ours that log what is sent anyway, and would be sent a second time.
_LOGGERS = ('errorkit.fault_wrap', 'errorkit.observers.notify', LOG.name)
#: What stays of a request that Sentry's own integration has described.
_OF_REQUEST = ('method', 'url')
#: The lines of source around a frame's own.
_OF_SOURCE = ('pre_context', 'context_line', 'post_context')
#: What stays of an event that cannot be read.
_OURS = ('event_id', 'level', 'timestamp', 'fingerprint')
_TAGS = ('code', 'status', 'kind', 'request_id', 'global_request_id')
#: What others put into events, in any form.
_FREE = ('breadcrumbs', 'contexts', 'extra', 'tags', 'user')
_MAX_TEXT = masking.MAX_MESSAGE
# A cut could leave a secret without the name before it, so that comes last.
_MAX_READ = 8 * _MAX_TEXT


class Sentry:
    """An inline observer: errors from status 500 on become Sentry events.

    Each has the tags ``code``, ``status``, ``request_id`` and
    ``global_request_id``. Events of one code are one issue, but for bugs,
    which have one code and are told apart by where they were raised too.
    An event holds no header, cookie, body or query of the request and no
    local variables, whatever the client's options say, and secrets in texts
    are masked. Sending is the SDK's own thread's.

    To be made before the first request: it tells Sentry's logging integration
    to leave errorkit's own lines alone.
    """

    inline = True
    name = 'sentry'

    def __init__(self) -> None:
        for logger in _LOGGERS:
            ignore_logger(logger)

    def __call__(
        self, record: ErrorRecord, raised: BaseException | None
    ) -> None:
        """Send an event, unless the error is the client's own.

        :param record: of the error
        :param raised: what was raised; not kept
        """
        if record.error.status < 500:
            return
        client = sentry_sdk.get_client()
        if not client.is_active():
            return
        event, hint = _event(record, raised, client.options)
        with sentry_sdk.new_scope() as scope:
            # The last of all processors: it sees what the others have added.
            scope.add_event_processor(_processed)
            event_id = sentry_sdk.capture_event(event, hint)
        if record.kind != 'aborted':
            # Sentry would keep a built-in exception until the next event.
            _forget_last()
        if event_id:
            log.say(LOG, logging.INFO, 'sent to Sentry as event %s', event_id)


def _event(
    record: ErrorRecord, raised: BaseException | None, options: Any
) -> tuple[Any, Any]:
    """Return an event and its hint."""
    event: Any = {'level': 'error', 'message': _summary(record)}
    hint: Any = {}
    if raised is not None:
        event, hint = event_from_exception(
            raised,
            # Not read at all, where the release of the SDK obeys.
            client_options={**options, 'include_local_variables': False},
            mechanism={'type': 'errorkit', 'handled': False},
        )
        # With the hint, Sentry's integration around us does not send the same
        # again when it passes there; nor would Sentry send an exception that
        # is raised twice, a module's own.
        if not _forget_last() and record.kind != 'aborted':
            hint = {}
    event['tags'] = {
        name: str(value)
        for name in _TAGS
        if (value := getattr(record, name)) is not None
    }
    event['fingerprint'] = ['errorkit', str(record.code)]
    if record.exception is not None:
        event['fingerprint'] = ['{{ default }}', str(record.code)]
    return event, hint


def _summary(record: ErrorRecord) -> str:
    return f'{record.error.status} {record.error.title}: {record.code}'


def _forget_last() -> bool:
    """Make Sentry forget the last exception it has sent, if it can."""
    forget = getattr(DedupeIntegration, 'reset_last_seen', None)
    if forget is not None:  # not in the first releases of sentry_sdk 2
        forget()
    return forget is not None


def _processed(event: Any, hint: Any) -> Any:
    """Return an event that may be sent."""
    try:
        return _without_secrets(event, hint)
    except Exception as exc:  # the SDK would send it as it was
        log.say(LOG, logging.ERROR, 'an event was not read', raised=exc)
        return {
            **{name: event[name] for name in _OURS if name in event},
            'tags': {
                name: event['tags'][name]
                for name in _TAGS
                if name in event['tags']
            },
        }


def _without_secrets(event: Any, hint: Any) -> Any:
    """Take out of an event what no operator needs to see."""
    request = event.get('request') or {}
    event['request'] = {
        name: _masked(request[name]) for name in _OF_REQUEST if name in request
    }
    for one in (event.get('exception') or {}).get('values') or ():
        one['value'] = _masked(one.get('value'))
        for frame in (one.get('stacktrace') or {}).get('frames') or ():
            # One of a frame's variables is the request's environ.
            frame.pop('vars', None)
            for name in _OF_SOURCE:
                if name in frame:
                    frame[name] = _masked(frame[name])
    if 'exception' not in event:
        # Else the SDK may add the stack, with its variables.
        event['threads'] = {'values': []}
    for name in _FREE:
        if name in event:
            event[name] = _masked(event[name])
    return event


def _masked(value: Any, depth: int = 8) -> Any:
    """Return the same of dicts and lists, secrets in its texts masked."""
    if isinstance(value, str):
        return secrets.mask(value[:_MAX_READ])[:_MAX_TEXT]
    if not isinstance(value, dict | list | tuple):
        return value
    if not depth:
        return masking.MASK
    if isinstance(value, dict):
        return {
            name: _named(name, one, depth - 1) for name, one in value.items()
        }
    return [_masked(one, depth - 1) for one in value]


def _named(name: Any, value: Any, depth: int) -> Any:
    """Return a value, masked where its name or itself says it is a secret."""
    if isinstance(value, str):
        before = f'{name}='
        text: str = _masked(before + value)
        if text.startswith(before):
            return text[len(before) :]
    return _masked(value, depth)
