# SPDX-License-Identifier: Apache-2.0
"""What the demonstration stands on: servers, a client, and checks."""

import dataclasses
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SERVE = pathlib.Path(__file__).resolve().parent / 'serve.py'
PATIENCE = 30  # seconds, for the servers to start or to write a line
ID = 'X-Openstack-Request-Id'
KNOWN = {'X-User-Id': 'ada', 'X-Project-Id': 'bakery'}


class Server:
    """The services under gunicorn, on free ports, their logs in a folder.

    :param environment: what they find in it beside what there is
    """

    def __init__(self, **environment):
        self._environment = environment

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        #: Where each process has a file for its log.
        self.logs = folder / 'logs'
        self.logs.mkdir()
        self.database = folder / 'volumes.sqlite'
        self._output = folder / 'output'
        with self._output.open('wb') as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, SERVE, '--port=0'),
                    f'--database={self.database}',
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    'VOLUMES_LOG_DIR': str(self.logs),
                    **self._environment,
                },
            )
        try:
            [line] = self._wait(
                lambda: re.findall('The volume service.*', self.output()),
                'address',
            )
            self.port = int(re.search(r'127\.0\.0\.1:(\d+)', line)[1])
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if kind and issubclass(kind, Exception):
            print(self.output(), file=sys.stderr)
        self._folder.cleanup()

    @property
    def pid(self):
        """Of the process that has started all others."""
        return self._process.pid

    def output(self):
        """What all processes have written to where they were started."""
        return self._output.read_text(errors='replace')

    def log(self, word, *lines):
        """The volume service's records with this word, when all are there.

        They are waited for: a request's line comes after its last byte.

        :param lines: what has to stand in them
        """

        def found():
            records = [one for one in self._records() if word in one]
            text = '\n'.join(records)
            return records and all(line in text for line in lines) and records

        return self._wait(found, f'{word} {lines}')

    def notifications(self, word):
        """What operators were told with this word in it, as payloads."""

        def found():
            text = ''.join(
                path.read_text()
                for path in self.logs.glob('notifications/*.log')
            )
            lines = [line for line in text.splitlines() if word in line]
            return [json.loads(line[line.index('{') :]) for line in lines]

        return self._wait(found, f'notification of {word}')

    def trace(self, request_id, *options):
        """What ``errorkit trace`` says of a request, by all logs."""
        environment = {**os.environ, 'NO_COLOR': '1', 'COLUMNS': '94'}
        environment.pop('FORCE_COLOR', None)
        done = subprocess.run(
            [
                *(sys.executable, '-m', 'errorkit', 'trace'),
                *options,
                *(request_id, self.logs),
            ],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        return done.stdout

    def _records(self):
        """The records of the API and of its workers, by time."""
        text = ''.join(
            (self.logs / name).read_text()
            for name in ('volume.log', 'volume-extender.log')
            if (self.logs / name).exists()
        )
        # What begins with no date belongs to the record above it.
        records = re.split(r'\n(?=\d{4}-)', text.rstrip('\n'))
        return sorted(records, key=lambda record: record[:23])

    def _wait(self, condition, what):
        """Wait until there is something, and return it."""
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f'no {what} in the log')
            time.sleep(0.02)
        return found

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

    def drop(self, sentence, path):
        """Delete something, which is not worth showing."""
        reply = self._send('DELETE', path, None, {})
        self.check(sentence, reply.status == 202)

    def make(self, sentence, path, body):
        """Post a volume, wait until it is there, and return its path."""
        reply = self._send('POST', path, body, {})
        self.check(sentence, reply.status == 202)
        made = f'{path}/{reply.json["volume"]["id"]}'
        self._wait(made, 'available')
        return made

    def poll(self, path, status):
        """Ask for a volume until it has a status, and show the last answer."""
        self._wait(path, status)
        return self.ask('GET', path)

    def _wait(self, path, status):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            reply = self._send('GET', path, None, {})
            if reply.json['volume']['status'] == status:
                break
            time.sleep(0.05)

    def log(self, request_id, *lines):
        """Show and return the log of a request, once it has these lines."""
        records = self._server.log(request_id, *lines)
        for record in records:
            self._screen.log(record, request_id)
        return records

    def notification(self, request_id):
        """Return what operators were told of a request."""
        [payload] = self._server.notifications(request_id)
        return payload

    def trace(self, request_id, count):
        """Show the tree of a request of so many; return it as data."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            tree = json.loads(self._server.trace(request_id, '--json'))
            answered = [one for one in tree['spans'] if one['status']]
            # The line of a request comes after its last byte.
            if len(answered) >= count:
                break
        self._screen.command(f'errorkit trace {request_id} logs')
        self._screen.text(self._server.trace(request_id), mark='| ')
        return tree

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
