# SPDX-License-Identifier: Apache-2.0
"""A request to the service under test, and what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

#: No more than this many bytes of an answer's body are read.
MAX_BODY = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Request:
    """One request, sent as it stands.

    :param method: any token
    :param path: percent-encoded, with its query if any, below the address
    :param headers: the values are bytes, and nothing is done to them
    :param body: the bytes that are sent
    :param promised: the Content-Length to announce when it is not that of
        ``body``, in bytes
    :param readable: False makes each read of the body fail; only an
        application can be asked so
    """

    method: str
    path: str
    headers: tuple[tuple[str, bytes], ...] = ()
    body: bytes = b''
    promised: int | None = None
    readable: bool = True

    @property
    def length(self) -> int | None:
        """The Content-Length to send; None sends none."""
        if self.promised is not None:
            return self.promised
        return len(self.body) or None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a service said.

    :param status: 0 when there was no answer
    :param headers: in the order they came
    :param body: at most 1 MiB of it
    :param problem: why this is no sound answer; empty when it is one
    :param timed_out: nothing more came in time
    :param environ: of an application that was called in this process
    """

    request: Request
    status: int = 0
    reason: str = ''
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b''
    problem: str = ''
    timed_out: bool = False
    environ: Mapping[str, Any] | None = None

    def all(self, name: str) -> list[str]:
        """Return the values of a header, whatever its case."""
        lowered = name.lower()
        return [value for key, value in self.headers if key.lower() == lowered]

    def first(self, name: str) -> str:
        """Return a header's first value, or an empty text."""
        return next(iter(self.all(name)), '')

    def listed(self, name: str) -> set[str]:
        """Return the items of a header that is a list, in lower case."""
        joined = ','.join(self.all(name)).lower()
        return {item.strip() for item in joined.split(',')} - {''}

    @property
    def kind(self) -> str:
        """The media type, without parameters."""
        return self.first('Content-Type').partition(';')[0].strip().lower()


class Unreachable(Exception):
    """There is nothing that could be asked; the text says why."""


class Asker(Protocol):
    """Sends requests: to a server, or to an application."""

    #: What is asked, as the user named it.
    target: str
    #: A server stands between us and the service.
    served: bool

    def ask(self, request: Request) -> Answer:
        """Send a request; whatever comes of it is in the answer."""
