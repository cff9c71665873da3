# SPDX-License-Identifier: Apache-2.0
"""Writes the demonstration: 100 columns, in colour where there is any."""

import json
import os
import re
import textwrap

WIDTH = 96  # and two spaces on either side

COLOURS = {
    'bold': 1,
    'dim': 2,
    'red': 31,
    'green': 32,
    'yellow': 33,
    'magenta': 35,
    'cyan': 36,
}
BY_CLASS = {2: 'green', 3: 'cyan', 4: 'yellow', 5: 'red'}


class Screen:
    """Titles, sentences, requests, replies, logs, commands and checks."""

    def __init__(self, stream):
        # A terminal that cannot show a character gets a question mark.
        stream.reconfigure(errors='replace', line_buffering=True)
        self._stream = stream
        self._coloured = bool(os.environ.get('FORCE_COLOR')) or (
            stream.isatty() and 'NO_COLOR' not in os.environ
        )
        self._before = None

    def title(self, text, *colours):
        self._begin('title')
        self._print(self._paint(text, 'bold', *colours))
        self._print(self._paint('─' * len(text), 'dim'))
        self._before = None  # what follows stands close to its title

    def say(self, text):
        self._begin('say')
        self._lines(text)

    def request(self, method, path, headers, body):
        self._begin('request')
        self._lines(f'{method} {path}', 'bold', mark='> ')
        for name, value in headers.items():
            self._lines(f'{name}: {value}', mark='> ', hang='  ')
        if body is not None:
            self._lines(json.dumps(body), mark='> ', hang='  ')

    def reply(self, reply, names):
        self._begin('reply')
        colour = BY_CLASS[reply.status // 100]
        self._lines(
            f'{reply.status} {reply.reason}', 'bold', colour, mark='< '
        )
        for name in names:
            for value in reply.headers.get_all(name, ()):
                self._lines(f'{name}: {value}', mark='< ', hang='  ')

    def json(self, value):
        # Of the lines of JSON only; a text may hold other separators.
        text = json.dumps(value, indent=2, ensure_ascii=False)
        for line in text.split('\n'):
            self._lines(line, mark='< ', hang='  ', paint=self._json)

    def text(self, text, mark='< '):
        for line in text.splitlines():
            self._lines(line, mark=mark)

    def command(self, line):
        self._begin('command')
        self._lines(line, 'bold', mark='$ ')

    def log(self, record, sought):
        """One record, with the id that it was found by painted."""
        self._begin('log')
        first, *traceback = record.splitlines()

        def paint(line):
            painted = self._paint(sought, 'bold', 'magenta')
            return line.replace(sought, painted)

        self._lines(first, mark='| ', hang='    ', paint=paint)
        for line in traceback:
            self._lines(line, 'red', mark='| ', hang='  ')

    def check(self, sentence, passed):
        self._begin('check')
        if passed:
            self._print(f'  {self._paint("✓", "green")} {sentence}')
        else:
            self._print(f'  {self._paint("✗ NOT SO:", "red")} {sentence}')

    def _begin(self, kind):
        """Leave a line between things of different kinds."""
        if self._before not in (None, kind):
            self._print()
        self._before = kind

    def _lines(self, text, *colours, mark='', hang='', paint=None):
        paint = paint or (lambda line: self._paint(line, *colours))
        indent = text[: len(text) - len(text.lstrip())]
        for line in textwrap.wrap(
            text,
            WIDTH - len(mark),
            subsequent_indent=indent + hang,
            break_on_hyphens=False,
        ) or ['']:
            self._print(f'  {self._paint(mark, "dim")}{paint(line)}'.rstrip())

    def _json(self, line):
        line = re.sub(
            r'(?<="code": )".*"',
            lambda found: self._paint(found[0], 'bold', 'magenta'),
            line,
        )
        return re.sub(
            r'^(\s*)("\w+")(?=: )',
            lambda found: found[1] + self._paint(found[2], 'cyan'),
            line,
        )

    def _paint(self, text, *colours):
        if not (self._coloured and text and colours):
            return text
        numbers = ';'.join(str(COLOURS[colour]) for colour in colours)
        return f'\x1b[{numbers}m{text}\x1b[0m'

    def _print(self, line=''):
        print(line, file=self._stream)
