# SPDX-License-Identifier: Apache-2.0
"""Held: a start_response that keeps the status until the first chunk is here.

So a failure before that chunk can still become a clean answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from errorkit._headers import Headers, Write, check_head
from errorkit.exceptions import InvalidResponse

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse

#: Statuses, beside 1xx, that have neither a body nor a Content-Type.
BODYLESS = frozenset([204, 205, 304])


class Held:
    """A start_response kept back until ``commit``.

    Only the first chunk given to ``write`` is kept too; the second commits.

    :param start_response: the outer one
    """

    # Class attributes for what most requests never change: an instance is
    # made for each request.
    status: str | None = None
    headers: Headers = []  # noqa: RUF012 - replaced, never changed
    #: The status as a number.
    code = 0
    #: What ``write`` was given first, or the body's first chunk.
    chunk = b''
    #: The outer one was called, and whether it returned.
    tried = False
    committed = False
    _write: Write | None = None

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response

    def __call__(
        self,
        status: str,
        headers: Headers,
        exc_info: OptExcInfo | None = None,
    ) -> Write:
        if exc_info is not None:
            try:
                if self.committed and exc_info[1] is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
                self.chunk = b''
            finally:
                exc_info = None  # PEP 3333: no circular reference
        elif self.status is not None:
            raise InvalidResponse('start_response was called twice')
        self.code = check_head(status, headers)
        self.status = status
        self.headers = headers
        return self.write

    def write(self, data: bytes) -> None:
        """Keep the first chunk; with the second all goes to the server."""
        if not self.committed:
            if not self.chunk:
                self.chunk = data
                return
            self.commit_response()
            if self._write is not None:
                self._write(self.take())
        if self._write is not None:
            self._write(data)

    def is_plain(self) -> bool:
        """Tell whether it is a success with an ordinary body, still held."""
        return (
            200 <= self.code < 400
            and not self.chunk
            and not self.committed
            and self.code not in BODYLESS
        )

    def take(self) -> bytes:
        """Return the chunk kept back by ``write`` and forget it."""
        chunk, self.chunk = self.chunk, b''
        return chunk

    def commit_response(self) -> None:
        """Commit with the head as it is to be sent."""
        self.commit()

    def restart(self) -> None:
        """Forget what was held, for another response in its place."""
        self.status, self.headers, self.code, self.chunk = None, [], 0, b''

    def commit(self) -> None:
        """Call the outer start_response with what was held.

        :raises InvalidResponse: the application never called ours
        """
        if self.status is None:
            raise InvalidResponse('start_response was not called')
        self.tried = True
        self._write = self._start_response(self.status, self.headers)
        self.committed = True
