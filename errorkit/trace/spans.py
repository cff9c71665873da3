# SPDX-License-Identifier: Apache-2.0
"""A tree of requests, flat: each span knows its place, none holds another.

Trees may be ten thousand levels deep; whoever shows one goes through a list.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum

from errorkit.trace.records import Record

#: A shift of a clock is told when it is more than this; in seconds.
NOTABLE_SHIFT = 0.05


class Kind(enum.StrEnum):
    """What a span stands for."""

    #: a request that has logged something
    REQUEST = 'request'
    #: a call whose other end has logged nothing that is here
    MISSING = 'missing'
    #: a global id whose owner has logged nothing that is here
    CALLER = 'caller'
    #: lines of one service that belong to no request
    OTHER = 'other'


class Link(enum.StrEnum):
    """How a span was found to be its parent's."""

    #: the parent has logged the call
    CALL = 'call'
    #: it has the parent's id, or the same one, as its global id
    GLOBAL_ID = 'global_request_id'


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """One request, or what stands in its place.

    :param position: of this span in its tree
    :param parent: the position of its parent; None: it has none
    :param children: the positions of its children, in the order of time
    :param depth: how many are above it
    :param kind: what it stands for
    :param link: how it was found to be its parent's
    :param request_id: the local id; for a caller, the global id; None for
        lines of no request
    :param global_request_id: the id that its caller sent
    :param service: who answered it
    :param others: further services that logged under the same id
    :param host: where
    :param method: such as ``POST``
    :param path: with its query; of a missing one the URL
    :param started: by the clock of its host
    :param begin: seconds after the tree's start, the clocks set right
    :param duration: in seconds
    :param measured: the service told the duration; otherwise it runs from
        the first record to the last
    :param until: when its last record was written, as ``begin``
    :param shift: seconds that were added to the stamps of its service
    :param status: of its response
    :param code: the error code
    :param failed: its status is 400 or more, or it has logged an ERROR
    :param error: the position of its first error among its records
    :param records: its records, in the order of time
    :param offsets: of each record, as ``begin``
    :param call: the caller's record of the call
    """

    position: int
    parent: int | None
    children: tuple[int, ...]
    depth: int
    kind: Kind
    link: Link | None
    request_id: str | None
    global_request_id: str | None
    service: str | None
    others: tuple[str, ...]
    host: str | None
    method: str | None
    path: str | None
    started: datetime.datetime | None
    begin: float | None
    duration: float | None
    measured: bool
    until: float | None
    shift: float
    status: int | None
    code: str | None
    failed: bool
    error: int | None
    records: tuple[Record, ...]
    offsets: tuple[float | None, ...]
    call: Record | None

    @property
    def end(self) -> float | None:
        """When it ended, as ``begin``."""
        if self.begin is None:
            return None
        return self.begin + (self.duration or 0.0)


@dataclasses.dataclass(frozen=True, slots=True)
class Shift:
    """How far a clock was found to be from the first span's.

    :param clock: the name of the host; where none is known, of the service
    :param seconds: added to its stamps
    """

    clock: str
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Tree:
    """All that was found.

    :param wanted: the id that was asked for
    :param spans: each behind its parent, and before its next sibling
    :param shifts: of the clocks that were set right
    :param started: the first stamp
    :param duration: seconds from the first instant to the last
    :param asked: the position of the span whose local id is the wanted one;
        None for a global id that no span but a caller has
    :param culprit: the position of the span that a failure began in: from
        the one that was asked for, or from a root, the last failed child of
        each
    """

    wanted: str | None
    spans: tuple[Span, ...]
    shifts: tuple[Shift, ...]
    started: datetime.datetime | None
    duration: float
    asked: int | None
    culprit: int | None

    @property
    def marked(self) -> int | None:
        """What was asked for, unless every other request is below it."""
        for span in self.spans:
            if (
                span.parent is None
                and span.kind is not Kind.OTHER
                and span.position != self.asked
            ):
                return self.asked
        return None

    @property
    def services(self) -> tuple[str, ...]:
        """The names of all the services, in the order of the tree."""
        found: dict[str, None] = {}
        for span in self.spans:
            for name in (span.service, *span.others):
                if name:
                    found[name] = None
        return tuple(found)

    @property
    def notable_shifts(self) -> tuple[Shift, ...]:
        """The shifts that a reader has to know of."""
        return tuple(
            shift
            for shift in self.shifts
            if abs(shift.seconds) > NOTABLE_SHIFT
        )
