# SPDX-License-Identifier: Apache-2.0
"""What a log says: one record, whatever format it was written in."""

from __future__ import annotations

import dataclasses
import datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """An outbound call, as its caller logged it.

    :param method: such as ``POST``; None where the line does not say
    :param service: what was called, by its name or type
    :param url: as logged
    :param request_id: the local id that the service answered with
    """

    method: str | None
    service: str | None
    url: str | None
    request_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One record of a log; what its format does not hold is None.

    :param source: the file's name, or ``-`` for standard input
    :param line: of its first line in that file, from 1 on; 0 where nobody
        counted
    :param text: the whole record as it was read, undecodable bytes escaped,
        further lines (a traceback) after a newline each
    :param timestamp: aware; what is written without a zone is taken as UTC
    :param host: the machine it was written on
    :param service: who wrote it, such as ``nova-api`` or ``volume``
    :param pid: of the process
    :param level: such as ``ERROR``
    :param logger: its name
    :param message: without all that the other members hold
    :param traceback: the further lines, if they are one
    :param request_id: the local id
    :param global_request_id: the caller's
    :param user_id: who asked
    :param project_id: of the user
    :param method: of the request that this record tells the end of
    :param path: of that request, with its query
    :param status: of that request's response
    :param code: the error code
    :param duration: seconds that the request took
    :param call: the outbound call that this record tells of
    :param trace_id: of a distributed trace
    """

    source: str
    line: int
    text: str
    timestamp: datetime.datetime | None = None
    host: str | None = None
    service: str | None = None
    pid: int | None = None
    level: str | None = None
    logger: str | None = None
    message: str = ''
    traceback: str | None = None
    request_id: str | None = None
    global_request_id: str | None = None
    user_id: str | None = None
    project_id: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None
    code: str | None = None
    duration: float | None = None
    call: Call | None = None
    trace_id: str | None = None
