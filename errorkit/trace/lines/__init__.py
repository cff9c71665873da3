# SPDX-License-Identifier: Apache-2.0
"""The lines of a log become Records, whatever format they have.

::

    heads       what stands before a message, in any format
    access      the lines of access logs
    json_lines  the objects of JSON logs
    messages    what a message tells of a request
    groups      which lines are one record
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Protocol

from errorkit.trace.lines import groups, services
from errorkit.trace.records import Record

#: A longer line, in bytes, is read as several.
MAX_LINE = 8 << 20


class Lines(Protocol):
    """A stream of bytes, such as a file opened for reading."""

    def readline(self, limit: int, /) -> bytes:
        """Return the bytes to the end of the line, at most so many."""


def records(
    stream: Lines,
    name: str,
    written: datetime.datetime | None = None,
) -> Iterator[Record]:
    """Yield all records of a log.

    A line of unknown format is a record too, of which only the text is
    known.

    :param stream: unpacked
    :param name: of the file, or ``-``
    :param written: aware, when the log was last written, for the formats
        that show no year; None: now
    """
    if written is None:
        written = datetime.datetime.now(datetime.UTC)
    grouping = groups.Grouping(written)
    named = services.of_file(name)
    number = offset = 0
    while raw := stream.readline(MAX_LINE):
        number += 1
        for group in grouping.add(raw, number, offset):
            yield group.record(name, named, written)
        offset += len(raw)
    for group in grouping.finish():
        yield group.record(name, named, written)
