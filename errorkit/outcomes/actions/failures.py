# SPDX-License-Identifier: Apache-2.0
"""What may be said of a failure: to the owner of a resource, and to admins.

The text of an exception is for the owner when its class was registered as
``safe``, when it says of itself ``safe = True``, or when it is an error of
``webob.exc``, which is written for clients. Of any other he reads the name of
its class, and no more.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Mapping
from typing import Any

import webob.exc

from errorkit import codes, domain, error, log, masking, tracebacks
from errorkit.domain import Known
from errorkit.error import MultiError
from errorkit.outcomes.actions.records import MESSAGE_WIDTH

#: Characters of an exception's own text that are kept for admins.
_MAX_DETAILS = 4096


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """A failure, in words.

    :param status: as an HTTP status, 400 to 599
    :param code: the error code, or None
    :param message: fit for the owner, ``MESSAGE_WIDTH`` characters at most
    :param details: the exception's own text, for admins, without secrets
    :param traceback: the same for its traceback
    """

    status: int
    code: str | None
    message: str
    details: str | None
    traceback: str


def read(
    raised: BaseException,
    registered: Mapping[type[BaseException], Known],
) -> Failure:
    """Return what may be said of an exception; never raises.

    :param registered: what exception classes become, ``domain.table_of``
    """
    try:
        status, code, text = _told(raised, registered)
    except BaseException:  # whatever its attributes and its text do
        status, code, text = 500, None, ''
    name = log.class_name(type(raised)).rpartition('.')[2]
    return Failure(
        status if 400 <= status <= 599 else 500,
        code,
        fitted(text) or fitted(name) or 'Exception',
        masking.one_line(tracebacks.said_by(raised, _MAX_DETAILS)) or None,
        storable(log.traceback_of((type(raised), raised, _of(raised)))),
    )


def _told(
    raised: Any, registered: Mapping[type[BaseException], Known]
) -> tuple[int, str | None, str]:
    """Return status, code and a text for the owner, which may be empty."""
    # Not isinstance: an exception may say it is of another class.
    kind = type(raised)
    if issubclass(kind, MultiError):
        raised = raised.errors[0]
        kind = type(raised)
        if not issubclass(kind, BaseException):
            return raised.status, raised.code, error.text_of(
                raised.detail or ''
            )
    if issubclass(kind, webob.exc.WSGIHTTPException):
        comment = raised.comment
        return (
            int(raised.status[:3]),
            str(comment) if codes.is_valid(comment) else None,
            error.text_of(raised.detail or raised.explanation or ''),
        )
    found = domain.known(raised, registered)
    if found is None:
        return 500, None, ''
    if found.detail is not None:
        return found.status, found.code, error.text_of(found.detail)
    text = error.words_of(raised) if found.safe else ''
    return found.status, found.code, text


def fitted(text: str, width: int = MESSAGE_WIDTH) -> str:
    """Return a text on one line, cut to a width; no character is split.

    A character that is written with combining ones after it stays whole.

    :param width: in characters, the ellipsis of a cut among them
    """
    line = ' '.join(storable(text[: 4 * width]).split())
    if len(line) <= width:
        return line
    end = width - 1
    while end and (_continues(line[end]) or line[end - 1] == _JOINER):
        end -= 1
    return line[: end or width - 1].rstrip() + error.ELLIPSIS


def storable(text: str) -> str:
    """Return a text that every database keeps: without NUL and surrogates."""
    return text.replace('\0', '\N{REPLACEMENT CHARACTER}').encode(
        'utf-8', 'replace'
    ).decode('utf-8')


# Past what the exception's class does.
_of: Any = BaseException.__dict__['__traceback__'].__get__


_JOINER = '\N{ZERO WIDTH JOINER}'


def _continues(character: str) -> bool:
    # Accents, vowel signs, variation selectors, and the tones of a skin.
    return (
        unicodedata.category(character) in ('Mn', 'Mc', 'Me')
        or character == _JOINER
        or '\U0001f3fb' <= character <= '\U0001f3ff'
    )
