# SPDX-License-Identifier: Apache-2.0
"""``{"itemNotFound": {...}}``, the faults that compute's clients read.

It carries the status and the text of the response's own error, and no more:
code, title, request id, links, source and the further errors are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from errorkit.error import Error, title_of
from errorkit.formats.api_sig import without_markup

CONTENT_TYPE = 'application/json'

#: The key of a fault whose status has none of its own.
FALLBACK = 'computeFault'

FAULTS = {
    400: 'badRequest',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'itemNotFound',
    405: 'badMethod',
    409: 'conflictingRequest',
    413: 'overLimit',
    415: 'badMediaType',
    429: 'overLimit',
    501: 'notImplemented',
    503: 'serviceUnavailable',
}
#: The statuses whose Retry-After is said in the body too.
RETRIED = frozenset([413, 429])

_NAMES = frozenset(FAULTS.values())
_MEMBERS = frozenset(['code', 'message', 'retryAfter', 'details', 'created'])


def dump(
    errors: Sequence[Error],
    fallback: str = FALLBACK,
    retry_after: str | None = None,
) -> bytes:
    """Return the body, ASCII only.

    :param errors: the first one is told
    :param fallback: the key for a status that has none
    :param retry_after: the response's Retry-After, for 413 and 429
    """
    fault = entry(errors[0], fallback, retry_after)
    return without_markup(f'{{{fault}}}').encode('ascii')


def entry(error: Error, fallback: str, retry_after: str | None) -> str:
    """Return the fault's key and object."""
    name = FAULTS.get(error.status, fallback)
    retry = ''
    if retry_after and error.status in RETRIED:
        retry = f', "retryAfter": {quoted(retry_after)}'
    return (
        f'{quoted(name)}: {{"code": {error.status}, '
        f'"message": {quoted(error.detail)}{retry}}}'
    )


def load(data: Any, fallback: str = FALLBACK) -> tuple[Error, ...] | None:
    """Read a parsed body.

    :param data: what the JSON held
    :param fallback: a further key that is known to name a fault
    :returns: None when it is no fault
    """
    if type(data) is not dict or len(data) != 1:
        return None
    [(name, fault)] = data.items()
    if not is_fault(name, fault, fallback):
        return None
    status = fault['code']
    return (Error(status, title_of(status), fault['message']),)


def is_fault(name: str, fault: Any, fallback: str = FALLBACK) -> bool:
    """Tell whether a member of a body is a fault."""
    return (
        (name in _NAMES or name == fallback or name.endswith('Fault'))
        and type(fault) is dict
        and _MEMBERS.issuperset(fault)
        and type(fault.get('code')) is int
        and 400 <= fault['code'] <= 599
        and type(fault.get('message')) is str
    )
