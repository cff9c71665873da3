# SPDX-License-Identifier: Apache-2.0
"""What can be had of a response object, whatever library made it.

No library is imported: a response is known by its attributes. requests and
httpx have ``status_code``, urllib3 and http.client ``status``, webob
``status_int``; an exception of theirs has ``response``.
"""

from __future__ import annotations

from typing import Any

from errorkit.client import headers as _headers
from errorkit.client import origins, parsing
from errorkit.client.headers import Pairs
from errorkit.formats.response_body import attribute


def inner(failed: Any) -> Any:
    """Return the response that an exception was raised for, or the object."""
    if is_a(failed, BaseException):
        response = attribute(failed, 'response')
        if response is not None:
            return response
    return failed


def status(response: Any) -> int:
    """Return the status from 0 to 999; 0 where the object has none."""
    for name in ('status_code', 'status_int', 'status', 'http_status'):
        found = attribute(response, name)
        if is_a(found, int):
            return parsing.number_of(found)
    return 0


def headers(response: Any) -> Pairs:
    """Return the headers, none where they cannot be had."""
    return _headers.pairs(attribute(response, 'headers'))


def method(response: Any) -> str | None:
    """Return the method of the request, where the response knows it."""
    found = attribute(attribute(response, 'request'), 'method')
    return str.__str__(found) if is_a(found, str) else None


def origin(response: Any) -> str:
    """Return who has answered, see ``origins.of``; empty where unknown."""
    return origins.of(attribute(response, 'url'))


def is_a(value: Any, kind: type) -> bool:
    """Tell whether a value is of a class, by its type alone.

    What ``isinstance`` asks too, its ``__class__``, may fail or lie.
    """
    return issubclass(type(value), kind)
