# SPDX-License-Identifier: Apache-2.0
"""Status, headers and body of any response, read as Errors."""

from __future__ import annotations

import re
from typing import Any

from errorkit import formats
from errorkit.client import content, origins
from errorkit.client.headers import Pairs, first, pairs
from errorkit.error import Error
from errorkit.formats.checked import CODE_HEADER, checked, id_of

#: Of more errors in one answer no more are told.
MAX_ERRORS = 100
_MAX_STATUS = 999
_STATUS = re.compile('[1-9][0-9]{2}(?![0-9])')


def parse(status: Any, headers: Any, body: Any) -> list[Error]:
    """Return the errors that a response tells, in whatever format it does.

    Nothing is raised, whatever the values.

    :param status: a number, or a status line such as ``404 Not Found``
    :param headers: a mapping, pairs, or what an HTTP library has; str or
        bytes
    :param body: bytes or str; None where there is none. A compressed one is
        decompressed. Of one over 1 MiB nothing is read
    :returns: the response's own error first: its status is that of the
        response, its title never empty, its detail empty where the service
        gives none, its request id and code those of the headers where the
        body has none. 100 at most; none for a status below 400
    """
    number = number_of(status)
    if number < 400:
        return []
    return read(number, pairs(headers), body)


def read(
    status: int, headers: Pairs, body: Any, origin: str = ''
) -> list[Error]:
    """Do what ``parse`` does, of a number from 400 to 999 and of pairs.

    :param origin: whose answer it is; see ``origins.of``
    """
    data, content_type = content.of(body, headers)
    try:
        told = formats.load(status, content_type, data)
        own, *more = (origins.linked(one, origin) for one in told)
    except Exception:  # the status is still an answer
        own, more = Error(status, '', ''), []
    own = checked(
        own,
        status,
        code=first(headers, CODE_HEADER),
        request_id=id_of(headers),
    )
    return [own, *map(checked, more[: MAX_ERRORS - 1])]


def number_of(status: Any) -> int:
    """Return a status as a number from 0 to 999; 0 for what is none.

    :param status: a number, ``http.HTTPStatus`` or a status line
    """
    try:
        if isinstance(status, int) and not isinstance(status, bool):
            return min(max(int.__int__(status), 0), _MAX_STATUS)
        if isinstance(status, bytes):
            status = status[:16].decode('latin-1')
        if isinstance(status, str):
            found = _STATUS.match(str.__str__(status))
            return int(found[0]) if found else 0
    except Exception:  # an object that lies about its class
        pass
    return 0
