# SPDX-License-Identifier: Apache-2.0
"""Log records with both ids, one line each, in text or JSON.

oslo.log needs none of this: its context formatter reads the same oslo.context
and shows the same ids. It is for services that log with the standard library.
"""

from __future__ import annotations

import datetime
import json
import logging
from typing import Any

from oslo_context import context as oslo_context

from errorkit import secrets, trail
from errorkit.masking import MAX_MESSAGE, escaped, is_plain, one_line
from errorkit.saying import clean as clean
from errorkit.saying import emit as emit
from errorkit.saying import is_clean
from errorkit.saying import lost as lost
from errorkit.saying import note_lost as note_lost
from errorkit.saying import say as say
from errorkit.tracebacks import class_name as class_name
from errorkit.tracebacks import traceback_of as traceback_of

#: The default line, in the order oslo.log uses.
FORMAT = (
    '%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s '
    '[%(global_request_id)s %(request_id)s %(user_id)s %(project_id)s] '
    '%(message)s'
)
DATE_FORMAT = '%Y-%m-%d %H:%M:%S'

#: The members of a JSON line; the first eight are always there.
FIELDS = (
    'timestamp',
    'level',
    'logger',
    'message',
    'request_id',
    'global_request_id',
    'user_id',
    'project_id',
    'trace_id',
    'code',
    'status',
    'resource',
    'downstream_request_ids',
    'traceback',
)


# So much of a message is looked at; a longer one is cut anyway.
_MAX_READ = 2 * MAX_MESSAGE
_ELLIPSIS = '\N{HORIZONTAL ELLIPSIS}'


def _masked(record: logging.LogRecord, message: str) -> str:
    """Return the message of a record without secrets."""
    if is_clean(record.msg):
        return message
    if len(message) <= _MAX_READ:
        return secrets.mask(message)
    # A cut leaves the end of a secret away, never its beginning.
    return secrets.mask(message[:_MAX_READ]) + _ELLIPSIS


class ContextFilter(logging.Filter):
    """Give every record the ids and the user of the request it belongs to.

    Adds ``request_id``, ``global_request_id``, ``user_id``, ``project_id``
    and ``trace_id``, ``-`` where there is none, and escapes the message so
    that one record is one line. Put it on a handler: a logger's filter does
    not see the records of the loggers below it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Amend a record; every record passes."""
        _identify(record)
        try:
            message = record.getMessage()
        except Exception:  # wrong arguments: logging reports it by itself
            return True
        clean = one_line(message)
        if clean is not message:
            record.msg, record.args = clean, None
        return True


_CONTEXT_FIELDS = ('request_id', 'global_request_id', 'user_id', 'project_id')


def _identify(record: logging.LogRecord) -> None:
    context = oslo_context.get_current()
    given = record.__dict__
    for name in _CONTEXT_FIELDS:
        value = given.get(name)
        if value is None:
            value = getattr(context, name, None)
        given[name] = one_line(str(value)) if value else '-'
    if 'trace_id' not in given:
        held = trail.found(context)
        given['trace_id'] = (held and held.trace_id) or '-'


def _trace_id(context: Any) -> str | None:
    held = trail.found(context)
    return held.trace_id if held is not None else None


class TextFormatter(logging.Formatter):
    """One line a record, oslo.log's order of ids; secrets are masked.

    Each line of a traceback begins with a bar, so that no text in it can
    pass for a record. Works with and without ``ContextFilter``.

    :param fmt: the line, in ``logging``'s %-style
    :param datefmt: of the time
    """

    def __init__(
        self, fmt: str | None = FORMAT, datefmt: str | None = DATE_FORMAT
    ) -> None:
        super().__init__(fmt, datefmt)
        self._second: tuple[int, str | None, str] = 0, None, ''

    def formatTime(
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """Return the time; that of a second is written once."""
        if not datefmt:
            return super().formatTime(record, datefmt)
        # One tuple: threads may come in between.
        second, form, text = self._second
        if second != int(record.created) or form != datefmt:
            text = super().formatTime(record, datefmt)
            self._second = int(record.created), datefmt, text
        return text

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and below it the traceback."""
        given = record.__dict__
        # A filter has set all of them, whoever logs perhaps one or two.
        if not (
            'trace_id' in given
            and 'request_id' in given
            and 'global_request_id' in given
            and 'user_id' in given
            and 'project_id' in given
        ):
            _identify(record)
        # logging keeps the first formatter's text of a traceback for all.
        kept, record.exc_text = record.exc_text, None
        if kept and not record.exc_info:
            # All that is left of it, where another process has sent it.
            record.exc_text = _barred(secrets.mask(kept))
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line, without secrets."""
        record.message = _masked(record, record.message)
        line = super().formatMessage(record)
        if len(line) <= MAX_MESSAGE and is_plain(line):
            return line
        record.message = one_line(record.message)
        line = super().formatMessage(record)
        return line if line.isprintable() else escaped(line)

    def formatException(self, ei: Any) -> str:
        """Return a traceback whose lines cannot be taken for records."""
        return _barred(traceback_of(ei))

    def formatStack(self, stack_info: str) -> str:
        """Return a stack whose lines cannot be taken for records."""
        return _barred(secrets.mask(stack_info))


def _barred(text: str) -> str:
    return '\n'.join('| ' + escaped(line) for line in text.split('\n'))


# What JSON writes for a character: a pair of surrogates at the most.
_WIDEST = len(r'\ud83d\ude00')


def _fitting(message: str) -> str:
    """Cut a message whose JSON, with its escapes, would pass 16 KiB."""
    if len(message) * _WIDEST + 2 <= MAX_MESSAGE:
        return message
    while (size := len(json.dumps(message))) > MAX_MESSAGE:
        message = message[: len(message) * (MAX_MESSAGE - 8) // size]
    return message


class JSONFormatter(logging.Formatter):
    """One JSON object a line, for a log engine; secrets are masked.

    Members: ``timestamp`` (UTC, ISO 8601), ``level``, ``logger``,
    ``message``, ``request_id``, ``global_request_id``, ``user_id``,
    ``project_id`` and, where a record has them, ``trace_id``, ``code``,
    ``status``, ``resource``, ``downstream_request_ids`` (a list) and
    ``traceback``. Works with and without ``ContextFilter``.
    """

    def formatException(self, ei: Any) -> str:
        """Return the traceback."""
        return traceback_of(ei)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        context = oslo_context.get_current()
        given = record.__dict__
        when = datetime.datetime.fromtimestamp(
            record.created, datetime.UTC
        )
        message = _masked(record, record.getMessage())
        line: dict[str, Any] = {
            'timestamp': when.isoformat(timespec='microseconds'),
            'level': record.levelname,
            'logger': record.name,
            'message': _fitting(one_line(message)),
        }
        for name in _CONTEXT_FIELDS:
            value = given.get(name) or getattr(context, name, None)
            known = value and value != '-'
            line[name] = one_line(str(value)) if known else None
        trace_id = given.get('trace_id') or _trace_id(context)
        if trace_id and trace_id != '-':
            line['trace_id'] = one_line(str(trace_id))
        for name in ('code', 'status', 'resource'):
            value = given.get(name)
            if value is not None:
                # Python writes no number of very many digits.
                is_number = type(value) is int and value.bit_length() < 64
                line[name] = value if is_number else _plain(value)
        called = given.get('downstream_request_ids')
        if isinstance(called, (list, tuple)) and called:
            line['downstream_request_ids'] = [_plain(one) for one in called]
        if record.exc_info:
            line['traceback'] = self.formatException(record.exc_info)
        elif record.exc_text:
            line['traceback'] = secrets.mask(record.exc_text)
        if 'traceback' in line:
            line['traceback'] = _lines(line['traceback'])
        return json.dumps(line)


def _lines(text: str) -> str:
    if is_plain(text.replace('\n', ' ')):
        return text
    return '\n'.join(map(escaped, text.split('\n')))


def _plain(value: object) -> str:
    """Return a value that somebody has put on a record as a short text.

    An engine gives each field one type, by what it sees first.
    """
    try:
        text = str(value)
    except Exception:  # of a foreign __str__
        text = object.__repr__(value)
    return one_line(secrets.mask(text[:MAX_MESSAGE]))
