# SPDX-License-Identifier: Apache-2.0
"""How errorkit itself logs: cheaply, and never failing a request by it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

_CLEAN: set[str] = set()


def clean(message: str) -> str:
    """Note that a message's arguments are masked before they are logged.

    :param message: with its ``%s``, as loggers are given it
    :returns: the same
    """
    _CLEAN.add(message)
    return message


def is_clean(message: object) -> bool:
    """Tell whether it was noted so."""
    return type(message) is str and message in _CLEAN


def emit(
    logger: logging.Logger,
    level: int,
    message: str,
    args: tuple[object, ...],
    exc_info: Any = None,
    error: Any = None,
    downstream: Sequence[str] = (),
) -> None:
    """Log as ``Logger.log`` does, without looking for the caller: it is us.

    That search costs a fifth of a record. The level is the caller's to ask.

    :param exc_info: a triple of class, exception and traceback, or None
    :param error: an ``Error`` whose code and status the record is to carry
    :param downstream: ids that called services have answered with
    """
    record = logger.makeRecord(
        logger.name, level, __file__, 0, message, args, exc_info, 'emit'
    )
    if error is not None:
        record.code = error.code
        record.status = error.status
    if downstream:
        record.downstream_request_ids = downstream
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
