# SPDX-License-Identifier: Apache-2.0
"""Asks a running service: HTTP/1.1 over a socket, each byte as it is given.

``http.client`` refuses to send what the checks have to send, so it only reads
the answers.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
import urllib.parse
from typing import Any

from errorkit.testing.asking import MAX_BODY, Answer, Request, Unreachable

_BLOCK = 65536
# A server that keeps the connection of a HEAD open has sent no body by then.
_AFTER_HEAD = 1.0


#: Seconds for an answer to a request whose body is announced and not sent.
_PATIENCE = 2.0


class Url:
    """A service at an address.

    :param url: ``http`` or ``https``; its path stands before each request's
    :param timeout: seconds for a whole request and its answer
    :param insecure: do not check the server's certificate
    :raises ValueError: it is not such a URL
    """

    served = True

    def __init__(
        self, url: str, timeout: float = 10.0, insecure: bool = False
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ('http', 'https') or not parts.hostname:
            raise ValueError('a URL starts with http:// or https://')
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError('a URL is scheme, host, port and path only')
        self.target = url
        self._timeout = timeout
        self._host = parts.hostname
        self._authority = parts.netloc.encode('idna')
        self._prefix = urllib.parse.quote(
            parts.path.rstrip('/'), safe="/%:@!$&'()*+,;=~"
        )
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == 'https':
            self._tls = ssl.create_default_context()
            if insecure:
                self._tls.check_hostname = False
                self._tls.verify_mode = ssl.CERT_NONE
        self._port = parts.port or (443 if self._tls else 80)

    def ask(self, request: Request) -> Answer:
        """Send a request on a connection of its own, and read the answer.

        :raises Unreachable: no connection could be made
        """
        timeout = self._timeout
        if request.promised is not None:
            # Whoever waits for a body that never comes waits for ever.
            timeout = min(timeout, _PATIENCE)
        deadline = time.monotonic() + timeout
        with self._connected() as connection:
            reader = _Reader(connection, deadline)
            sent = _send(connection, self._bytes_of(request))
            return _answer(request, reader, timeout, sent)

    def _connected(self) -> socket.socket:
        try:
            connection = socket.create_connection(
                (self._host, self._port), self._timeout
            )
        except OSError as exc:
            raise Unreachable(
                f'no connection to {self._host} port {self._port}: {exc}'
            ) from exc
        if self._tls is None:
            return connection
        try:
            return self._tls.wrap_socket(
                connection, server_hostname=self._host
            )
        except OSError as exc:
            connection.close()
            raise Unreachable(
                f'no TLS with {self._host} port {self._port}: {exc}'
            ) from exc

    def _bytes_of(self, request: Request) -> bytes:
        target = (self._prefix + request.path) or '/'
        lines = [f'{request.method} {target} HTTP/1.1'.encode('ascii')]
        if not any(name.lower() == 'host' for name, _ in request.headers):
            lines.append(b'Host: ' + self._authority)
        # Before the headers of a check, one of which may end the head.
        lines.append(b'Connection: close')
        if request.length is not None:
            lines.append(b'Content-Length: %d' % request.length)
        lines += [
            name.encode('ascii') + b': ' + value
            for name, value in request.headers
        ]
        return b'\r\n'.join([*lines, b'', request.body])


class _Reader(io.RawIOBase):
    """A socket, read until a moment and not longer, however slowly it drips.

    ``makefile`` is all that ``HTTPResponse`` wants of a socket.
    """

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self.deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, _BLOCK)


def _send(connection: socket.socket, data: bytes) -> str:
    """Send a request; a server may well answer before it has read it all."""
    try:
        connection.sendall(data)
    except OSError as exc:
        return f'{type(exc).__name__} while the request was sent'
    return ''


def _answer(
    request: Request, reader: _Reader, timeout: float, sent: str
) -> Answer:
    response = http.client.HTTPResponse(
        reader,  # type: ignore[arg-type]
        method=request.method,
    )
    status, problem, timed_out, chunks = 0, '', False, []
    try:
        response.begin()
        status = response.status
        if request.method == 'HEAD':
            chunks = _after_head(response, reader)
        else:
            chunks = _body(response)
    except TimeoutError:
        timed_out = True
        problem = f'no whole answer within {timeout:g} s'
    except http.client.IncompleteRead:
        problem = 'the body broke off'
    except (http.client.HTTPException, OSError, ValueError) as exc:
        problem = sent or 'the connection was closed without an answer'
        if not isinstance(exc, OSError | http.client.RemoteDisconnected):
            problem = f'no HTTP: {type(exc).__name__}'
    finally:
        response.close()
    return Answer(
        request,
        status,
        response.reason if status else '',
        tuple(response.getheaders()) if status else (),
        b''.join(chunks),
        problem,
        timed_out,
    )


def _body(response: http.client.HTTPResponse) -> list[bytes]:
    chunks: list[bytes] = []
    left = MAX_BODY
    while left and (chunk := response.read1(min(left, _BLOCK))):
        chunks.append(chunk)
        left -= len(chunk)
    if not left:
        return chunks
    if response.length:  # read1 takes a cut body for a whole one
        raise http.client.IncompleteRead(b'', response.length)
    return chunks


def _after_head(
    response: http.client.HTTPResponse, reader: _Reader
) -> list[bytes]:
    """Return what follows the head of an answer that has no body."""
    reader.deadline = min(reader.deadline, time.monotonic() + _AFTER_HEAD)
    try:
        return [response.fp.read1(_BLOCK)]
    except (OSError, AttributeError):
        return []
