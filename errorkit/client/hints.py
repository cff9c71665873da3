# SPDX-License-Identifier: Apache-2.0
"""What a caller asks of an answer: its id, when to try again, and whether."""

from __future__ import annotations

from typing import Any

from errorkit import codes
from errorkit.client import catalogs, parsing, responses, waiting
from errorkit.client.catalogs import Exceptions
from errorkit.client.headers import Pairs, pairs
from errorkit.client.response_error import ResponseError
from errorkit.client.waiting import MAX_WAIT, Clock
from errorkit.error import Error
from errorkit.exceptions import ConfigError
from errorkit.formats import checked, response_body
from errorkit.formats.response_body import attribute

# RFC 9110, section 9.2.2.
_IDEMPOTENT = frozenset(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE'])
# Refused before anything was done: RFC 6585 section 4, RFC 8470 section 5.2.
_REFUSED = frozenset([425, 429])
# The same, where the service says when: RFC 9110, 15.5.14 and 15.6.4.
_REFUSED_FOR_NOW = frozenset([413, 503])
# Nobody knows whether something was done.
_UNKNOWN = frozenset([408, 502, 503, 504])


def request_id(response_or_headers: Any, body: Any = None) -> str | None:
    """Return the local id of a request, as its service has told it.

    Of ``X-Openstack-Request-Id``, else of any header that ends in
    ``-Request-Id``, else of the body. Only what is exactly ``req-`` and a
    UUID is one. Never raises.

    :param response_or_headers: a response of any library, an exception that
        holds one, or headers
    :param body: the body that belongs to headers, bytes or str
    """
    answer = responses.inner(response_or_headers)
    if responses.is_a(answer, ResponseError):
        known: str | None = answer.request_id
        return known
    told = _headers(answer)
    found = checked.id_of(told)
    if found is not None:
        return found
    status = responses.status(answer)
    if body is None and status >= 400:
        body = response_body.read(answer)
    if body is None:
        return None
    return parsing.read(max(status, 400), told, body)[0].request_id


def retry_after(
    response: Any,
    *,
    clock: Clock | None = None,
    limit: float = MAX_WAIT,
) -> float | None:
    """Return for how many seconds a service asks to wait.

    :param response: a response of any library, an exception that holds one,
        a ``ResponseError`` or headers
    :param clock: tells the time, in seconds since 1970. None: a date in
        Retry-After counts from the response's own Date, so that the clocks
        of both sides may differ, or from the system's time
    :param limit: in seconds; no answer is more
    :returns: from 0, also for a time that has passed; None where nothing
        that can be read is said
    :raises ConfigError: the limit is no number of seconds
    """
    if (
        isinstance(limit, bool)
        or not isinstance(limit, (int, float))
        or not limit >= 0
    ):
        raise ConfigError(
            'client.retry_after', 'limit', limit, 'seconds, from 0 on, are'
        )
    told = _headers(responses.inner(response))
    return waiting.seconds(told, clock, float(limit))


def is_retryable(
    failed: Any,
    *,
    method: str | None = None,
    catalog: Exceptions | None = None,
    refreshed: bool = False,
) -> bool:
    """Tell whether it makes sense to send the same request again.

    What the answer says of its error decides (``retry``); else what the
    catalog says of the code; else the status: yes for 425 and 429, for 413
    and 503 with Retry-After; for 408, 502, 503 and 504 only if the method is
    idempotent.

    :param failed: an ``Error``, a ``ResponseError``, a response of any
        library or an exception that holds one. Without a status, as that of
        a broken connection, the answer is no
    :param method: the request's, where ``failed`` does not know it; without
        it, it may not have been idempotent
    :param catalog: the service's codes, if ``failed`` was made without
    :param refreshed: the caller reads the resource anew and makes the
        request of that: for ``after-refresh`` the answer is yes then
    :raises ConfigError: the catalog is none, and for nothing else
    """
    catalogs.check(catalog, 'client.is_retryable')
    told: Pairs = []
    if responses.is_a(failed, Error):
        status, error, retry = failed.status, failed, failed.retry
    elif responses.is_a(failed, ResponseError):
        status, error, retry = failed.status, failed.error, failed.retry
        told = pairs(failed.headers)
        method = method or failed.method
    else:
        answer = responses.inner(failed)
        status = responses.status(answer)
        if status < 400:
            return False
        told = responses.headers(answer)
        error = parsing.read(status, told, response_body.read(answer))[0]
        retry = error.retry
        method = method or responses.method(answer)
    if retry is None and catalog is not None:
        declared = catalog.find(error.code)
        retry = None if declared is None else declared.retry
    if retry in codes.RETRIES:
        return retry in ('same', 'later') or (
            retry == 'after-refresh' and refreshed
        )
    if status in _REFUSED:
        return True
    if status in _REFUSED_FOR_NOW and waiting.seconds(told) is not None:
        return True
    return status in _UNKNOWN and _is_idempotent(method)


def _is_idempotent(method: Any) -> bool:
    return (
        responses.is_a(method, str)
        and str.upper(method) in _IDEMPOTENT
    )


def _headers(answer: Any) -> Pairs:
    found = attribute(answer, 'headers')
    return pairs(answer if found is None else found)
