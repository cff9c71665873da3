# SPDX-License-Identifier: Apache-2.0
"""Log records with both ids, one line each, in text or JSON; and masking.

oslo.log needs none of this: its context formatter reads the same oslo.context
and shows the same ids. It is for services that log with the standard library.
"""

from __future__ import annotations

import datetime
import json
import logging
import re
from typing import Any
from urllib.parse import quote

from oslo_context import context as oslo_context

#: A message longer than this many characters is cut.
MAX_MESSAGE = 16 * 1024
MASK = '***'

#: The default line, in the order oslo.log uses.
FORMAT = (
    '%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s '
    '[%(global_request_id)s %(request_id)s %(user_id)s %(project_id)s] '
    '%(message)s'
)
DATE_FORMAT = '%Y-%m-%d %H:%M:%S'

#: Query parameters whose values are logged; every other value is masked.
QUERY_PARAMETERS = frozenset(
    [
        'all_projects',
        'all_tenants',
        'changes-before',
        'changes-since',
        'detail',
        'details',
        'fields',
        'limit',
        'marker',
        'offset',
        'page',
        'page_size',
        'request_id',
        'sort',
        'sort_dir',
        'sort_dirs',
        'sort_key',
        'sort_keys',
        'status',
    ]
)
#: A logged value is at most this long; a longer one is masked.
_MAX_VALUE = 128
_MAX_URI = 2048

# C0, DEL, C1, the two Unicode line ends, the bidirectional controls (Unicode
# Technical Report 36), the byte order mark and lone surrogates.
_UNSAFE = re.compile(
    '[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069'
    '\ufeff\ud800-\udfff]'
)
_PLAIN_QUERY = re.compile(
    '(?:(?:'
    + '|'.join(map(re.escape, sorted(QUERY_PARAMETERS)))
    + ')=[A-Za-z0-9._:,+-]{0,128}(?:&|$))*'
)
_PATH_SAFE = "/._~!$&'()*+,;=:@%-"


def one_line(text: str) -> str:
    """Escape what could end a line, reorder it or drive a terminal.

    :param text: cut to 16 KiB first
    :returns: text that any encoding of Unicode can carry
    """
    if len(text) > MAX_MESSAGE:
        text = text[: MAX_MESSAGE - 1] + '\N{HORIZONTAL ELLIPSIS}'
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode('unicode_escape').decode('ascii')


def uri(path: str, query: str) -> str:
    """Return a path and a query as they are logged.

    :param path: as in environ, bytes decoded as latin-1
    :param query: the query string; the values of parameters that are not in
        ``QUERY_PARAMETERS`` are masked
    """
    if len(path) > _MAX_URI:
        path = path[:_MAX_URI] + '...'
    if (
        not (path.isascii() and path.isprintable())
        or '"' in path
        or ' ' in path
    ):
        path = quote(path.encode('latin-1', 'replace'), _PATH_SAFE)
    if not query:
        return path
    if len(query) > _MAX_URI or not _PLAIN_QUERY.fullmatch(query):
        query = masked_query(query)
    return f'{path}?{query}'


def masked_query(query: str) -> str:
    """Mask the values of a query string, but for the known parameters."""
    parts = []
    for part in query[:_MAX_URI].split('&'):
        name, found, value = part.partition('=')
        if not found:
            # A bare word may be a secret as well as a flag.
            parts.append(MASK if part else '')
        elif name in QUERY_PARAMETERS and len(value) <= _MAX_VALUE:
            parts.append(f'{name}={_quoted(value)}')
        else:
            parts.append(f'{_quoted(name[:_MAX_VALUE])}={MASK}')
    if len(query) > _MAX_URI:
        parts.append('...')
    return '&'.join(parts)


def _quoted(text: str) -> str:
    return quote(text.encode('latin-1', 'replace'), '._~:,+%-')


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
            if getattr(record, name, None) is None:
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

    def formatException(self, ei: Any) -> str:
        """Return a traceback whose lines cannot be taken for records."""
        return _barred(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """Return a stack whose lines cannot be taken for records."""
        return _barred(stack_info)


def _barred(text: str) -> str:
    return '\n'.join(
        '| ' + _UNSAFE.sub(_escaped, line) for line in text.split('\n')
    )


class JSONFormatter(logging.Formatter):
    """One JSON object a line, for a log engine.

    Members: ``timestamp`` (UTC, ISO 8601), ``level``, ``logger``,
    ``message``, ``request_id``, ``global_request_id``, ``user_id``,
    ``project_id`` and, where a record has them, ``code``, ``status``,
    ``resource`` and ``traceback``. Works with and without ``ContextFilter``.
    """

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
            'message': one_line(record.getMessage()),
        }
        for name in _CONTEXT_FIELDS:
            value = getattr(record, name, None) or getattr(
                context, name, None
            )
            line[name] = None if value == '-' else value
        for name in ('code', 'status', 'resource'):
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value
        if record.exc_info:
            line['traceback'] = self.formatException(record.exc_info)
        elif record.exc_text:
            line['traceback'] = record.exc_text
        return json.dumps(line, default=str)
