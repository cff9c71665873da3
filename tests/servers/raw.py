# SPDX-License-Identifier: Apache-2.0
"""A client that speaks bytes: what a server really put on the socket."""

import dataclasses
import re
import socket
import struct
import time

STATUS_LINE = re.compile(rb'HTTP/(1\.[01]) (\d{3})(?: (.*))?', re.DOTALL)


class NoAnswerError(Exception):
    """The server closed the connection, or kept silent, without an answer."""


@dataclasses.dataclass
class Response:
    """One response as it was found on the wire."""

    version: str
    status: int
    reason: str
    headers: list
    head: bytes
    framing: str = 'none'       # none, length, chunked, close
    body: bytes = b''
    complete: bool = True       # False: the framing says that bytes lack
    trailing: bytes = b''       # what came after it, up to the close
    interim: tuple = ()         # the 1xx statuses before it
    seconds: float = 0.0        # from the request to the first byte

    def all(self, name):
        """The values of every header of this name."""
        return [value for key, value in self.headers
                if key.lower() == name.lower()]

    def one(self, name):
        """The value of a header that must be there once."""
        values = self.all(name)
        assert len(values) == 1, f'{name}: {values} in {self.head!r}'
        return values[0]

    @property
    def request_id(self):
        """The id this response carries."""
        return self.one('X-Openstack-Request-Id')

    @property
    def lines(self):
        """The lines of the head, as the most lenient client splits them."""
        return re.split(rb'\r\n|\r|\n', self.head)


class Connection:
    """A socket, and the bytes read from it that nobody has used yet."""

    def __init__(self, port, timeout=5.0):
        self._timeout = timeout
        self._buffer = b''
        #: How the server ended: '', 'closed', 'reset' or 'silent'.
        self.ended = ''
        self._sent = time.monotonic()
        self._arrived = 0.0
        self._socket = socket.create_connection(('127.0.0.1', port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._socket.close()

    def send(self, data):
        """Send these bytes; a peer that has closed already is no error."""
        self._sent = time.monotonic()
        self._arrived = 0.0
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.ended = 'reset'

    def reset(self):
        """Close with RST, as a client does that has crashed."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack('ii', 1, 0))
        self._socket.close()

    def response(self, method='GET'):
        """Read one response, with the interim ones before it."""
        interim = []
        while True:
            answer = self.head()
            answer.seconds = max(0.0, self._arrived - self._sent)
            if not 100 <= answer.status < 200:
                break
            interim.append(answer.status)
        answer.interim = tuple(interim)
        self._read_body(answer, method)
        return answer

    def rest(self):
        """All that still comes until the server closes."""
        while self._fill():
            pass
        rest, self._buffer = self._buffer, b''
        return rest

    def until(self, text):
        """All that comes up to and with this text, framing and all."""
        while text not in self._buffer:
            if not self._fill():
                raise NoAnswerError(f'{self.ended}: {self._buffer!r}')
        end = self._buffer.index(text) + len(text)
        found, self._buffer = self._buffer[:end], self._buffer[end:]
        return found

    def silent_for(self, seconds):
        """Whether the server neither sends nor closes for so long."""
        timeout, self._timeout = self._timeout, seconds
        heard = self._fill()
        self._timeout = timeout
        return not heard and self.ended == 'silent'

    def _fill(self):
        """Read some more; False when nothing more will come."""
        if self.ended == 'closed':
            return False
        self._socket.settimeout(self._timeout)
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            self.ended = 'silent'
            return False
        except ConnectionResetError:
            self.ended = 'reset'
            return False
        if not data:
            self.ended = 'closed'
            return False
        if not self._arrived:
            self._arrived = time.monotonic()
        self._buffer += data
        return True

    def head(self):
        """Read the head of a response, an interim one too."""
        while b'\r\n\r\n' not in self._buffer:
            if not self._fill():
                raise NoAnswerError(f'{self.ended}: {self._buffer!r}')
        head, self._buffer = self._buffer.split(b'\r\n\r\n', 1)
        first, *lines = head.split(b'\r\n')
        match = STATUS_LINE.fullmatch(first)
        if match is None:
            raise NoAnswerError(f'no status line: {head!r}')
        version, status, reason = match.groups()
        headers = []
        for line in lines:
            name, colon, value = line.partition(b':')
            if not colon:
                raise NoAnswerError(f'no header line: {line!r}')
            headers.append((name.decode('latin-1'),
                            value.strip(b' \t').decode('latin-1')))
        return Response(version.decode(), int(status),
                        (reason or b'').decode('latin-1'), headers, head)

    def _read_body(self, answer, method):
        if method == 'HEAD' or answer.status in (204, 304):
            return
        if answer.all('Transfer-Encoding'):
            answer.framing = 'chunked'
            self._read_chunks(answer)
        elif answer.all('Content-Length'):
            answer.framing = 'length'
            length = int(answer.one('Content-Length'))
            answer.body = self._take(length)
            answer.complete = len(answer.body) == length
        else:
            answer.framing = 'close'
            answer.body = self.rest()
            answer.complete = self.ended == 'closed'

    def _read_chunks(self, answer):
        while True:
            size = self._line()
            if not re.fullmatch(rb'[0-9A-Fa-f]+', size):
                break
            count = int(size, 16)
            chunk = self._take(count)
            answer.body += chunk
            if len(chunk) < count or self._line() != b'':
                break
            if count == 0:
                return
        answer.complete = False

    def _take(self, count):
        while len(self._buffer) < count and self._fill():
            pass
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _line(self):
        """A line without its end; b'?' when it was cut."""
        while b'\r\n' not in self._buffer:
            if not self._fill():
                return b'?'
        line, self._buffer = self._buffer.split(b'\r\n', 1)
        return line


def request(path, method='GET', headers=(), body=b'', version='1.1',
            close=True):
    """The bytes of a request."""
    lines = [f'{method} {path} HTTP/{version}', 'Host: 127.0.0.1',
             *(f'{name}: {value}' for name, value in headers)]
    if body:
        lines.append(f'Content-Length: {len(body)}')
    if close:
        lines.append('Connection: close')
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + body


def ask(port, path, method='GET', timeout=5.0, **kwargs):
    """One request on a connection of its own, read until the close."""
    with Connection(port, timeout) as connection:
        connection.send(request(path, method, **kwargs))
        answer = connection.response(method)
        answer.trailing = connection.rest()
        return answer
