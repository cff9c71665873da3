# SPDX-License-Identifier: Apache-2.0
"""The responses of test clients and HTTP clients, all alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Pairs = Iterable[tuple[Any, Any]]


@dataclasses.dataclass(frozen=True)
class Response:
    """What a client got, whichever client it was.

    :param status: a number
    :param headers: pairs in the order they came, repeated ones too
    :param body: the whole of it
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return the values of a header, whatever its case."""
        lowered = name.lower()
        return [value for key, value in self.headers if key.lower() == lowered]

    @property
    def kind(self) -> str:
        """The media type, in lower case and without parameters."""
        found = self.all('Content-Type') or ['']
        return found[0].partition(';')[0].strip().lower()


def read(response: Any) -> Response:
    """Return the response of some client as a ``Response``.

    Headers that were sent twice are there twice, but with Falcon's and
    Django's clients, which keep one of each name.

    :param response: of WebOb, WebTest, Flask's, Django's or Falcon's test
        client, requests, httpx or urllib3
    :raises TypeError: it is of none of these
    """
    if isinstance(response, Response):
        return response
    status = _first_of(response, ('status_code', 'status_int', 'status'), int)
    body = _first_of(response, ('content', 'body', 'data'), bytes)
    if body is None:
        body = _streamed(response)
    headers = _headers(response)
    if status is None or body is None or headers is None:
        raise TypeError(
            f'{type(response).__name__} is no response: it has not a status, '
            'headers and a body'
        )
    return Response(status, headers, body)


def _first_of(response: Any, names: tuple[str, ...], kind: type) -> Any:
    for name in names:
        value = getattr(response, name, None)
        if isinstance(value, kind):
            return kind(value)
    return None


def _streamed(response: Any) -> bytes | None:
    """Read what Django streams."""
    if getattr(response, 'streaming', False) is True:
        return bytes(response.getvalue())
    return None


def _headers(response: Any) -> tuple[tuple[str, str], ...] | None:
    for pairs in _ways(response):
        if callable(pairs):
            pairs = pairs()
        return tuple((str(name), str(value)) for name, value in pairs)
    return None


def _ways(response: Any) -> Iterator[Pairs | Callable[[], Pairs]]:
    """Give the headers as a client has them, the least joined first."""
    headers = getattr(response, 'headers', None)
    raw = getattr(getattr(response, 'raw', None), 'headers', None)
    for source, name in (
        (response, 'headerlist'),  # webob
        (headers, 'multi_items'),  # httpx joins in items
        (raw, 'iteritems'),  # requests joins, and urllib3 below it does not
        (headers, 'iteritems'),
        (headers, 'items'),
    ):
        found = getattr(source, name, None)
        if found is not None:
            yield found
