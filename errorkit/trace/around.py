# SPDX-License-Identifier: Apache-2.0
"""The whole records around some places of a block."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from errorkit.trace.blocks import Block
from errorkit.trace.lines.groups import Group, Grouping, decoded
from errorkit.trace.lines.heads import head

#: So many lines back is the beginning of a record looked for.
_BACK = 200


def groups(
    block: Block,
    places: list[int],
    written: datetime.datetime,
    matches: Callable[[str], bool],
) -> Iterator[Group]:
    """Yield the records that hold the places.

    One may begin before the block, and is then yielded for each block that
    holds a place of it.

    :param places: ascending, in bytes from the block's beginning
    :param written: when the log was last written
    :param matches: tells whether a record's text holds what was looked for
    """

    def holds(group: Group) -> bool:
        return any(map(matches, group.lines))

    before, after = block.before(), block.after()
    data = b''.join((before, memoryview(block.data)[:block.end], after))
    first = block.offset - len(before)
    end = len(before) + block.end
    places = [place + len(before) for place in places]
    done = number = 0
    while number < len(places):
        done = _start(data, places[number], done, written)
        grouping = Grouping(written)
        # The records that hold a place, and then as many as may stand
        # between the lines of the last of them.
        limit = None
        while done < len(data):
            stop = data.find(b'\n', done) + 1 or len(data)
            for group in grouping.add(data[done:stop], 0, first + done):
                # At once: a block may hold very many of them.
                if group.offset < first + end and holds(group):
                    yield group
            if number < len(places) and places[number] < stop:
                limit = grouping.begun + grouping.ahead - 1
                while number < len(places) and places[number] < stop:
                    number += 1
            elif limit is not None and grouping.begun > limit:
                break  # the last one has only begun
            done = stop
        for group in grouping.finish():
            if group.offset < first + min(done, end) and holds(group):
                yield group


def _start(
    data: bytes, place: int, least: int, written: datetime.datetime
) -> int:
    """Return where the record begins that a place belongs to."""
    line = start = data.rfind(b'\n', least, place) + 1 or least
    stop = data.find(b'\n', place)
    this = head(decoded(data[start:stop if stop >= 0 else None]), written)
    if this is not None and not this.bare:
        return start
    key = this.key if this else None
    for _ in range(_BACK):
        if start <= least:
            break
        end = start
        start = data.rfind(b'\n', least, end - 1) + 1 or least
        found = head(decoded(data[start:end]), written)
        if found is None:
            continue
        if key is None and found.bare:
            key = found.key
        elif not found.bare and (key is None or found.key == key):
            return start
    return line
