# SPDX-License-Identifier: Apache-2.0
"""Log records with both ids, one line each, in text or JSON.

oslo.log needs none of this: its context formatter reads the same oslo.context
and shows the same ids. It is for services that log with the standard library.
"""

from __future__ import annotations

import datetime
import json
import logging
import traceback
from typing import Any

from oslo_context import context as oslo_context

from errorkit.masking import MAX_MESSAGE, escaped, one_line

#: A traceback is cut to so many characters, and each line of it.
MAX_TRACEBACK = 32 * 1024
MAX_LINE = 4 * 1024

#: The default line, in the order oslo.log uses.
FORMAT = (
    '%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s '
    '[%(global_request_id)s %(request_id)s %(user_id)s %(project_id)s] '
    '%(message)s'
)
DATE_FORMAT = '%Y-%m-%d %H:%M:%S'

def traceback_of(exc_info: Any) -> str:
    """Return the text of a traceback, whatever the exception does.

    :param exc_info: a triple of class, exception and traceback
    :returns: at most 32 KiB, the middle left out of a longer one; where the
        exception cannot be formatted, its frames and the name of its class
    """
    kind, raised, tb = exc_info
    try:
        told = traceback.TracebackException(kind, raised, tb)
        _shorten(told)
        text = ''.join(_cut(line, MAX_LINE) for line in told.format())
    except Exception:  # of a foreign __str__, __cause__, __notes__, ...
        text = ''.join(traceback.format_tb(tb)) + class_name(kind)
    return _cut(text.rstrip('\n'), MAX_TRACEBACK)


def _shorten(told: Any) -> None:
    # format() indents and joins all of a text before it could be cut here.
    waiting, seen = [told], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if type(getattr(one, '_str', None)) is str:
            one._str = _cut(one._str, MAX_LINE)
        waiting += [one.__cause__, one.__context__]
        waiting += one.exceptions or () if hasattr(one, 'exceptions') else ()


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f'{text[:half]} [...] {text[-half:]}'


def class_name(kind: type) -> str:
    """Return module and name of a class, past what its metaclass does."""
    parts = []
    for name in ('__module__', '__qualname__'):
        try:
            part = type.__dict__[name].__get__(kind)
        except Exception:  # a module that is a property, or none at all
            part = '?'
        parts.append(part if type(part) is str else '?')
    return '.'.join(parts)


def emit(
    logger: logging.Logger,
    level: int,
    message: str,
    args: tuple[object, ...],
    exc_info: Any = None,
    error: Any = None,
) -> None:
    """Log as ``Logger.log`` does, without looking for the caller: it is us.

    That search costs a fifth of a record. The level is the caller's to ask.

    :param exc_info: a triple of class, exception and traceback, or None
    :param error: an ``Error`` whose code and status the record is to carry
    """
    record = logger.makeRecord(
        logger.name, level, __file__, 0, message, args, exc_info, 'emit'
    )
    if error is not None:
        record.code = error.code
        record.status = error.status
    logger.handle(record)


def say(
    logger: logging.Logger,
    level: int,
    message: str,
    *args: object,
    raised: BaseException | None = None,
) -> None:
    """Log, where the level is on, without ever failing the request.

    :param raised: an exception whose traceback belongs to the record
    """
    try:
        if logger.isEnabledFor(level):
            triple = raised and (type(raised), raised, raised.__traceback__)
            emit(logger, level, message, args, triple)
    except Exception as exc:  # a log never fails a request
        note_lost({}, exc)


class _Lost:
    """How many log records were lost to a failing handler."""

    count = 0


def note_lost(environ: dict[str, Any], error: BaseException) -> None:
    """Count a log record that failed, and say so where the server listens.

    Never raises: a failing log must not fail a request.

    :param environ: of the request
    :param error: what the logging raised; only its class is named
    """
    _Lost.count += 1
    try:
        environ['wsgi.errors'].write(
            f'errorkit: a log record was lost: {type(error).__name__}\n'
        )
    except Exception:  # nothing is left to say it to
        return


def lost() -> int:
    """Return how many log records errorkit has lost in this process."""
    return _Lost.count


class ContextFilter(logging.Filter):
    """Give every record the ids and the user of the request it belongs to.

    Adds ``request_id``, ``global_request_id``, ``user_id`` and
    ``project_id``, ``-`` where there is none, and escapes the message so
    that one record is one line. Put it on a handler: a logger's filter does
    not see the records of the loggers below it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Amend a record; every record passes."""
        context = oslo_context.get_current()
        for name in _CONTEXT_FIELDS:
            value = getattr(record, name, None)
            if value is None:
                value = getattr(context, name, None)
            setattr(record, name, one_line(str(value)) if value else '-')
        try:
            message = record.getMessage()
        except Exception:  # wrong arguments: logging reports it by itself
            return True
        clean = one_line(message)
        if clean is not message:
            record.msg, record.args = clean, None
        return True


_CONTEXT_FIELDS = ('request_id', 'global_request_id', 'user_id', 'project_id')


class TextFormatter(logging.Formatter):
    """One line a record, oslo.log's order of ids; needs ``ContextFilter``.

    Each line of a traceback begins with a bar, so that no text in it can
    pass for a record.

    :param fmt: the line, in ``logging``'s %-style
    :param datefmt: of the time
    """

    def __init__(
        self, fmt: str | None = FORMAT, datefmt: str | None = DATE_FORMAT
    ) -> None:
        super().__init__(fmt, datefmt)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and below it the traceback."""
        # logging keeps the first formatter's text of a traceback for all.
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatException(self, ei: Any) -> str:
        """Return a traceback whose lines cannot be taken for records."""
        return _barred(traceback_of(ei))

    def formatStack(self, stack_info: str) -> str:
        """Return a stack whose lines cannot be taken for records."""
        return _barred(stack_info)


def _barred(text: str) -> str:
    return '\n'.join(
        '| ' + escaped(line) for line in text.split('\n')
    )


def _fitting(message: str) -> str:
    """Cut a message whose JSON, with its escapes, would pass 16 KiB."""
    while (size := len(json.dumps(message))) > MAX_MESSAGE:
        message = message[: len(message) * (MAX_MESSAGE - 8) // size]
    return message


class JSONFormatter(logging.Formatter):
    """One JSON object a line, for a log engine.

    Members: ``timestamp`` (UTC, ISO 8601), ``level``, ``logger``,
    ``message``, ``request_id``, ``global_request_id``, ``user_id``,
    ``project_id`` and, where a record has them, ``code``, ``status``,
    ``resource`` and ``traceback``. Works with and without ``ContextFilter``.
    """

    def formatException(self, ei: Any) -> str:
        """Return the traceback."""
        return traceback_of(ei)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        context = oslo_context.get_current()
        when = datetime.datetime.fromtimestamp(
            record.created, datetime.UTC
        )
        line: dict[str, Any] = {
            'timestamp': when.isoformat(timespec='microseconds'),
            'level': record.levelname,
            'logger': record.name,
            'message': _fitting(one_line(record.getMessage())),
        }
        for name in _CONTEXT_FIELDS:
            value = getattr(record, name, None) or getattr(
                context, name, None
            )
            known = value and value != '-'
            line[name] = one_line(str(value)) if known else None
        for name in ('code', 'status', 'resource'):
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value
        if record.exc_info:
            line['traceback'] = self.formatException(record.exc_info)
        elif record.exc_text:
            line['traceback'] = record.exc_text
        try:
            return json.dumps(line, default=str, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            # An attribute JSON has no form for: its text instead.
            for name in ('code', 'status', 'resource'):
                if name in line:
                    line[name] = one_line(repr(line[name]))
            return json.dumps(line)
