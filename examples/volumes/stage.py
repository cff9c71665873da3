# SPDX-License-Identifier: Apache-2.0
"""What the demonstration stands on: a server, a client, and checks."""

import dataclasses
import http.client
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SERVE = pathlib.Path(__file__).resolve().parent / 'serve.py'
PATIENCE = 20  # seconds, for the server to start or to write a line
ID = 'X-Openstack-Request-Id'
KNOWN = {'X-User-Id': 'ada', 'X-Project-Id': 'bakery'}


class Server:
    """The service under gunicorn, on a free port, with its log in a file."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self._log = folder / 'log'
        database = folder / 'volumes.sqlite'
        with self._log.open('wb') as log:
            self._process = subprocess.Popen(
                [sys.executable, SERVE, '--port=0', f'--database={database}'],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            [line] = self.log('Listening at')
            self.port = int(re.search(r'127\.0\.0\.1:(\d+)', line)[1])
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if kind and issubclass(kind, Exception):
            print(self._log.read_text(), file=sys.stderr)
        self._folder.cleanup()

    def log(self, word, *lines):
        """The records with this word, once these are among their lines.

        They are waited for: a request's line comes after its last byte.
        """
        end = time.monotonic() + PATIENCE
        while True:
            # What begins with no date belongs to the record above it.
            records = re.split(r'\n(?=\[?\d{4}-)', self._log.read_text())
            found = [record for record in records if word in record]
            text = '\n'.join(found)
            if found and all(line in text for line in lines):
                return found
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f'no {word} {lines} in the log')
            time.sleep(0.02)

    def ask(self, method, path, headers, body):
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.port, timeout=PATIENCE
        )
        try:
            connection.request(method, path, body, headers)
            got = connection.getresponse()
            return Reply(got.status, got.reason, got.headers, got.read())
        finally:
            connection.close()


@dataclasses.dataclass
class Reply:
    """One response, as the client got it."""

    status: int
    reason: str
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        # Problem details are the one error themselves.
        return self.json.get('errors', [self.json])[0]

    @property
    def request_id(self):
        return self.headers[ID]


class Stage:
    """Shows what is asked, answered and logged, and counts what is wrong."""

    def __init__(self, server, screen):
        self._server = server
        self._screen = screen
        self.failed = 0
        self.title = screen.title
        self.say = screen.say

    def ask(
        self, method, path, body=None, *, version='3.70', headers=(), show=()
    ):
        """Send a request of Ada's, and show it and what comes back.

        ``show`` names the headers of the response that are worth a look.
        """
        sent = {'OpenStack-API-Version': f'volume {version}'}
        sent.update(headers)
        reply = self._send(method, path, body, sent)
        self._screen.request(method, path, sent, body)
        self._screen.reply(reply, show)
        kind = reply.headers.get_content_type()
        if kind.endswith('json'):
            self._screen.json(reply.json)
        elif kind == 'text/html':
            # Its head, with the style, says nothing about the error.
            page = reply.body.decode()
            self._screen.text(page[page.index('<body>') :])
        else:
            self._screen.text(f'({len(reply.body)} bytes)')
        return reply

    def prepare(self, sentence, path, body):
        """Post something that is not worth showing."""
        self.check(sentence, self._send('POST', path, body, {}).status == 202)

    def poll(self, path, status):
        """Ask for a volume until it has a status, and show the last answer."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            reply = self._send('GET', path, None, {})
            if reply.json['volume']['status'] == status:
                break
            time.sleep(0.05)
        return self.ask('GET', path)

    def log(self, request_id, *lines):
        """Show and return the log of a request, once it has these lines."""
        records = self._server.log(request_id, *lines)
        for record in records:
            self._screen.log(record, request_id)
        return records

    def finish(self):
        if self.failed:
            self._screen.title(f'Checks that failed: {self.failed}', 'red')
        else:
            self._screen.title('Everything is as it should be.', 'green')

    def check(self, sentence, passed):
        self._screen.check(sentence, passed)
        self.failed += not passed

    def check_error(self, reply, status, code):
        """Check one of our errors: its status, its code and its id."""
        error = reply.error
        self.check(
            f'{status} with code {code}' if code else f'{status}, no code',
            reply.status == error['status'] == status
            and error.get('code') == code
            and ('code' in error) == (code is not None),
        )
        self.check(
            'the body has the id of the header',
            reply.headers.get_all(ID) == [error['request_id']],
        )

    def _send(self, method, path, body, headers):
        content = None if body is None else json.dumps(body)
        return self._server.ask(method, path, KNOWN | headers, content)
