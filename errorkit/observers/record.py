# SPDX-License-Identifier: Apache-2.0
"""The frozen record of an error, and how one is made of an exception."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from oslo_context import context as oslo_context

from errorkit import error as errors
from errorkit import tracebacks
from errorkit.error import Error

#: What an error was the end of.
KINDS = ('response', 'aborted', 'action', 'fault', 'message')

#: So many characters of what an exception says are kept.
MAX_MESSAGE = 4 * 1024
MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """What happened, to be passed on; nothing in it refers to the request.

    :param error: the response's own error, as the client reads it
    :param code: its code, also where the client's microversion hides it
    :param status: the status of the response, or None when the body died
        after a response had begun
    :param request_id: the local id
    :param global_request_id: the caller's id, or None
    :param user_id: of the authenticated user, or None
    :param project_id: of the authenticated user's project, or None
    :param method: the request's method; empty outside a request
    :param path: SCRIPT_NAME and PATH_INFO; empty outside a request
    :param exception: module and name of the exception's class, or None when
        the error was answered on purpose
    :param traceback: the text of the traceback, for operators only; secrets
        masked
    :param duration: seconds from the request's arrival, 0.0 if unknown
    :param kind: ``response``; ``aborted`` when the body died; ``action``,
        ``fault`` or ``message`` for what became of an accepted request
    :param service: the service's type, such as ``volume``, or None
    :param module_name: the module the exception was raised in: the innermost
        frame that is neither errorkit's nor the standard library's
    :param function_name: the function of that frame
    :param exception_message: what the exception says, at most 4096
        characters, for operators only; secrets masked
    :param resource_type: of the resource the error is about, or None
    :param resource_uuid: its id, or None
    """

    error: Error
    code: str | None
    status: int | None
    request_id: str | None
    global_request_id: str | None
    user_id: str | None
    project_id: str | None
    method: str
    path: str
    exception: str | None
    traceback: str | None
    duration: float
    kind: str = 'response'
    service: str | None = None
    module_name: str | None = None
    function_name: str | None = None
    exception_message: str | None = None
    resource_type: str | None = None
    resource_uuid: str | None = None


def of_failure(
    raised: BaseException,
    *,
    kind: str,
    service: str,
    code: str | None = None,
    status: int = 500,
    detail: str | None = None,
    context: Any = None,
    resource_type: str | None = None,
    resource_uuid: str | None = None,
    duration: float = 0.0,
) -> ErrorRecord:
    """Return the record of a failure outside a request, as of a worker.

    ::

        observers.tell(of_failure(exc, kind='action', service='volume'), exc)

    :param raised: the exception; it is not kept
    :param kind: one of ``KINDS``
    :param service: the service's type, such as ``volume``
    :param code: the catalog's code; None: ``<service>.undefined_code``
    :param status: the status an API would answer with
    :param detail: for a user's eyes; None: the standard explanation
    :param context: an oslo.context, for ids and user; None: the current one
    :param duration: seconds the work took until it failed
    :raises ValueError: the kind is unknown
    """
    if kind not in KINDS:
        raise ValueError(f'{kind!r} is none of {", ".join(KINDS)}')
    who = oslo_context.get_current() if context is None else context
    request_id = getattr(who, 'request_id', None)
    made = Error(
        status,
        errors.title_of(status),
        errors.explanation_of(status) if detail is None else detail,
        code or f'{service}.undefined_code',
        request_id,
    )
    return made_of(
        made,
        raised,
        raised.__traceback__,
        bug=True,
        status=None,
        request_id=request_id,
        global_request_id=getattr(who, 'global_request_id', None),
        user_id=getattr(who, 'user_id', None),
        project_id=getattr(who, 'project_id', None),
        method='',
        path='',
        duration=duration,
        kind=kind,
        service=service,
        resource_type=resource_type,
        resource_uuid=resource_uuid,
    )


def made_of(
    error: Error,
    raised: BaseException | None,
    tb: TracebackType | None,
    *,
    bug: bool,
    **known: Any,
) -> ErrorRecord:
    """Return a record, with what an exception tells an operator.

    :param error: as the client reads it
    :param raised: what was raised, or None where that is of no interest
    :param tb: its traceback
    :param bug: nobody meant to raise it
    :param known: the other fields of the record
    """
    name = text = said = module = function = None
    if raised is not None:
        if bug:
            name = _cut(tracebacks.class_name(type(raised)))
        text = tracebacks.traceback_of((type(raised), raised, tb))
        said = tracebacks.said_by(raised, MAX_MESSAGE)
        module, function = place_of(tb)
    known.setdefault('service', (error.code or '').partition('.')[0] or None)
    return ErrorRecord(
        error=error,
        code=error.code,
        exception=name,
        traceback=text,
        module_name=module,
        function_name=function,
        exception_message=said,
        **known,
    )


def place_of(tb: TracebackType | None) -> tuple[str | None, str | None]:
    """Return the module and the function an exception was raised in.

    The innermost frame that is neither errorkit's nor the standard
    library's: ``json.loads`` is nobody's place. Where there is none, the
    innermost of all.
    """
    found = last = None
    while tb is not None:
        last = tb.tb_frame
        if not _is_foreign(last.f_code.co_filename):
            found = last
        tb = tb.tb_next
    frame: FrameType | None = found or last
    if frame is None:
        return None, None
    module = frame.f_globals.get('__name__')
    return (
        _cut(module) if type(module) is str else None,
        _cut(frame.f_code.co_qualname),
    )


_OURS = __file__.rpartition('observers')[0]
_LIBRARIES = tuple(
    {sysconfig.get_path(name) + '/' for name in ('stdlib', 'platstdlib')}
)
_SITES = ('/site-packages/', '/dist-packages/')


def _is_foreign(filename: str) -> bool:
    if filename.startswith((_OURS, '<frozen ')):
        return True
    return filename.startswith(_LIBRARIES) and not any(
        site in filename for site in _SITES
    )


def _cut(name: str) -> str:
    return name if len(name) <= MAX_NAME else name[:MAX_NAME]
