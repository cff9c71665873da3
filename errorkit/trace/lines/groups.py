# SPDX-License-Identifier: Apache-2.0
"""Which lines are one record: a traceback stays with what it belongs to.

A line without a head belongs to the record of the line before it. oslo.log
gives each line of a traceback a head of its own, which has no ids: such a
line belongs to the record with the same time, process and logger, between
whose lines those of other processes may stand.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import re
from collections.abc import Iterator

from errorkit.trace.lines import access, heads, services
from errorkit.trace.lines.heads import Head
from errorkit.trace.lines.messages import told
from errorkit.trace.records import Record

#: Records that wait for further lines, while those of others come.
OPEN = 16
#: Characters of a record of many lines; what follows them is left out.
MAX_SIZE = 4 << 20
_QUIET = ('DEBUG', 'INFO')
_COLOURS = re.compile(r'(?:\x1b|#033)\[[0-9;]{0,32}m').sub
_TRACEBACK = 'Traceback (most recent call last):'


@dataclasses.dataclass(slots=True)
class Group:
    """The lines of one record.

    :param line: number of the first line
    :param offset: of the first line, in bytes
    :param lines: all of them
    :param further: those after the first, without their heads
    :param size: of all lines, in characters
    """

    head: Head | None
    line: int
    offset: int
    lines: list[str]
    further: list[str]
    size: int

    def record(
        self, source: str, named: str | None, written: datetime.datetime
    ) -> Record:
        """Return what the lines say.

        :param source: the name of the file
        :param named: the service that the file is named after
        :param written: when the file was last written
        """
        text = '\n'.join(self.lines)
        if self.head is None:
            return Record(source, self.line, text, message=self.lines[0],
                          service=named)
        head = self.head.read(written)
        fields = dict(head.fields)
        message = fields.setdefault('message', head.rest)
        further = '\n'.join(self.further)
        told_of = told(message, further or fields.get('traceback', ''))
        if not told_of and '] "' in message:  # eventlet's, in oslo.log's
            told_of = access.fields(message) or {}
        for name, value in told_of.items():
            if fields.get(name) is None:
                fields[name] = value
        if fields.get('service') is None:
            fields['service'] = named or services.of_logger(
                fields.get('logger') or ''
            )
        if _TRACEBACK in further and not fields.get('traceback'):
            fields['traceback'] = further
        return Record(source=source, line=self.line, text=text, **fields)


class Grouping:
    """Puts lines together, with a bounded look back.

    :param written: when the file was last written
    """

    def __init__(self, written: datetime.datetime) -> None:
        self._written = written
        self._open: collections.deque[Group] = collections.deque()
        self._last: Group | None = None
        self._size = 0
        #: How many records have begun.
        self.begun = 0
        #: Within how many more of them lines of this one may stand.
        self.ahead = 1

    def add(self, raw: bytes, line: int, offset: int) -> Iterator[Group]:
        """Take the next line; yield the records that are complete.

        :param raw: with or without the end of the line
        :param line: its number
        :param offset: of its first byte
        """
        text = decoded(raw)
        found = heads.head(text, self._written)
        group = self._owner(found, text)
        if group is not None:
            self._last = group
            if found:
                self.ahead = OPEN
            if group.size + len(text) <= MAX_SIZE:
                group.size += len(text)
                self._size += len(text)
                group.lines.append(text)
                group.further.append(
                    found.rest if found else text.removeprefix('| ')
                )
            return
        if found is None and not text.strip():
            return
        group = Group(found, line, offset, [text], [], len(text))
        self._open.append(group)
        self.begun += 1
        self._last = group if found else None
        self.ahead = _ahead(found)
        self._size += len(text)
        while len(self._open) > OPEN or (
            self._size > MAX_SIZE and len(self._open) > 1
        ):
            done = self._open.popleft()
            self._size -= done.size
            if done is self._last:
                self._last = None
            yield done

    def finish(self) -> Iterator[Group]:
        """Yield what is left when there are no more lines."""
        yield from self._open
        self._open.clear()

    def _owner(self, found: Head | None, text: str) -> Group | None:
        """Return the record that a line continues, or None."""
        if found is None:
            return self._last
        if found.bare:
            for group in reversed(self._open):
                if group.head and group.head.key == found.key:
                    return group
        return None


def _ahead(head: Head | None) -> int:
    if head is None or head.key is None:
        return 1
    # A traceback below INFO is rare, and follows at once.
    return 2 if head.fields['level'] in _QUIET else OPEN


def decoded(raw: bytes) -> str:
    """Return a line's text, without its end and without colours.

    :returns: bytes that are not UTF-8 written as backslash, x and digits
    """
    text = raw.rstrip(b'\r\n').decode('utf-8', 'backslashreplace')
    if '[' in text and ('\x1b[' in text or '#033[' in text):
        text = _COLOURS('', text)
    return text
