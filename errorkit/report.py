# SPDX-License-Identifier: Apache-2.0
"""An error is logged once, with its ids and code, and told to the observers.

4xx at INFO, 5xx at ERROR with the traceback. Inside a RequestLog, whose INFO
record carries the code already, the line for a 4xx is a DEBUG one. It is
written in the context of the request, whatever the application has made
current, and neither a failing log handler nor a failing observer is heard of
by the client.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from errorkit import current, keys, log
from errorkit.error import Error, UpstreamError
from errorkit.observers import ErrorRecord, Observers
from errorkit.observers.record import made_of
from errorkit.request_context import CURRENT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LOG = logging.getLogger('errorkit.fault_wrap')

_PACKAGE = __file__.rpartition('report')[0]


def answered(
    observers: Observers,
    environ: WSGIEnvironment,
    error: Error,
    raised: BaseException | None = None,
    *,
    bug: bool = False,
    started: float = 0.0,
) -> None:
    """Report an error that a client is told of.

    :param observers: told after the log
    :param environ: of the request
    :param error: as the client reads it, its code included
    :param raised: what was raised; its traceback is logged from 500 on
    :param bug: nobody meant to raise it
    :param started: when the request began, by ``time.perf_counter``
    """
    environ[keys.ERROR] = error
    if error.status >= 500:
        level = logging.ERROR
    elif keys.REQUEST_LOG in environ:
        level = logging.DEBUG
    else:
        level = logging.INFO
    try:
        if not observers.present and not LOG.isEnabledFor(level):
            return
    except Exception as exc:  # a log never fails a request
        log.note_lost(environ, exc)
        return
    what = 'unexpected error, answered with' if bug else 'answered with'
    _report(
        observers,
        environ,
        error,
        error.status,
        raised if error.status >= 500 else None,
        bug,
        started,
        level,
        '%s %s %s',
        (what, error.status, error.code),
    )


def upstream(environ: WSGIEnvironment, errors: Sequence[Error]) -> None:
    """Log which services' errors are behind the one that was answered."""
    found = [one for one in errors if isinstance(one, UpstreamError)]
    if not found:
        return
    token = None
    if keys.REQUEST_ID in environ:
        token = CURRENT.set(environ)
    try:
        for one in found:
            log.say(
                LOG,
                logging.INFO,
                'an upstream service answered %s %s, request id %s: %s',
                one.status,
                one.code or '-',
                one.request_id or '-',
                one.detail,
            )
    finally:
        if token is not None:
            CURRENT.reset(token)


def aborted(
    observers: Observers,
    environ: WSGIEnvironment,
    error: Error,
    raised: BaseException,
    *,
    begun: bool = True,
    closing: bool = False,
    started: float = 0.0,
) -> None:
    """Report a failure that has no answer.

    :param begun: the head was sent; else the server is to end the request
    :param closing: it came from the body's ``close()``
    """
    if closing:
        what = 'closing the body failed'
    else:
        what = 'the body broke off' if begun else 'the request broke off'
    _report(
        observers,
        environ,
        error,
        None,
        raised,
        True,
        started,
        logging.ERROR,
        '%s %s the response had begun; %s',
        (what, 'after' if begun else 'before', error.code),
    )


def clock() -> float:
    """Return ``time.perf_counter()``, or 0.0 where that fails."""
    try:
        return time.perf_counter()
    except Exception:  # an answer is worth more than its duration
        return 0.0


def failed(environ: WSGIEnvironment, failure: BaseException) -> None:
    """Log that errorkit itself failed over an error; the answer goes on."""
    token = None
    if keys.REQUEST_ID in environ:
        token = CURRENT.set(environ)
    try:
        log.emit(
            LOG,
            logging.ERROR,
            'errorkit failed over an error',
            (),
            _exc_info(failure),
        )
    except Exception as exc:  # a log never fails a request
        log.note_lost(environ, exc)
    finally:
        if token is not None:
            CURRENT.reset(token)


def _report(
    observers: Observers,
    environ: WSGIEnvironment,
    error: Error,
    status: int | None,
    raised: BaseException | None,
    bug: bool,
    started: float,
    level: int,
    message: str,
    args: tuple[object, ...],
) -> None:
    token = None
    if keys.REQUEST_ID in environ:
        token = CURRENT.set(environ)
    try:
        if LOG.isEnabledFor(level):
            called: tuple[str, ...] = ()
            if keys.CONTEXT in environ:
                called = current.downstream_request_ids(environ[keys.CONTEXT])
            if called:
                message += ', downstream %s'
                args = (*args, ' '.join(called))
            log.emit(
                LOG, level, message, args, _exc_info(raised), error, called
            )
    except Exception as exc:  # a log never fails a request
        log.note_lost(environ, exc)
    try:
        if observers.present:
            observers.tell(
                _record(environ, error, status, raised, bug, started), raised
            )
    except Exception as exc:  # nor does an observer
        log.note_lost(environ, exc)
    finally:
        if token is not None:
            CURRENT.reset(token)


def _exc_info(raised: BaseException | None) -> Any:
    if raised is None:
        return None
    return type(raised), raised, _trimmed(traceback_of(raised))


def traceback_of(raised: BaseException) -> TracebackType | None:
    """Return an exception's traceback, past what its class does."""
    found: TracebackType | None = _TRACEBACK.__get__(raised)
    return found


_TRACEBACK: Any = BaseException.__dict__['__traceback__']


def _trimmed(tb: TracebackType | None) -> TracebackType | None:
    """Drop our own frames from the beginning of a traceback.

    They say nothing about the error, and each costs as much as the rest of
    the request.
    """
    while tb is not None and tb.tb_next is not None:
        if not tb.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            break
        tb = tb.tb_next
    return tb


def _record(
    environ: WSGIEnvironment,
    error: Error,
    status: int | None,
    raised: BaseException | None,
    bug: bool,
    started: float,
) -> ErrorRecord:
    who: Any = None
    if keys.REQUEST_ID in environ:
        who = current.of(environ)
    return made_of(
        error,
        raised,
        None if raised is None else _trimmed(traceback_of(raised)),
        bug=bug,
        status=status,
        request_id=environ.get(keys.REQUEST_ID),
        global_request_id=environ.get(keys.GLOBAL_REQUEST_ID),
        user_id=getattr(who, 'user_id', None),
        project_id=getattr(who, 'project_id', None),
        method=environ.get('REQUEST_METHOD', ''),
        path=environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', ''),
        duration=clock() - started if started else 0.0,
        kind='response' if status is not None else 'aborted',
    )
