# SPDX-License-Identifier: Apache-2.0
"""Trail: what a request came with and has called, kept on its context.

It hangs on the request's context object, so that it goes wherever that goes:
into a thread pool, into a task, into a service's own context of the same
request. It is made when somebody asks, and refers to nothing.
"""

from __future__ import annotations

import collections
from typing import Any

from errorkit import traceparent

#: So many ids of downstream services are kept, the last ones.
MAX_IDS = 50
_ATTRIBUTE = 'errorkit_trail'


class Trail:
    """The trace headers that came in, and the ids that came back.

    :param parent: the ``traceparent`` header as it came, or None
    :param state: the ``tracestate`` header as it came, or None
    """

    __slots__ = ('_ids', '_parent', '_parsed', '_state')

    def __init__(
        self, parent: str | None = None, state: str | None = None
    ) -> None:
        self._parent = parent
        self._state = state
        self._parsed: traceparent.Traceparent | bool | None = False
        self._ids: collections.deque[str] = collections.deque(maxlen=MAX_IDS)

    @property
    def trace_id(self) -> str | None:
        """The id of the client's trace, None where it sent no valid one."""
        if self._parent is None:
            return None
        if self._parsed is False:
            self._parsed = traceparent.parse(self._parent)
        parsed = self._parsed
        if isinstance(parsed, traceparent.Traceparent):
            return parsed.trace_id
        return None

    def headers(self) -> dict[str, str]:
        """Return the trace headers to pass on, as they came; maybe none."""
        if self._parent is None or self.trace_id is None:
            return {}
        passed = {traceparent.HEADER: self._parent}
        if self._state and traceparent.state(self._state):
            passed[traceparent.STATE_HEADER] = self._state
        return passed

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that called services have answered with, oldest first."""
        # A copy is made in one step; a deque may not grow while it is read.
        return tuple(self._ids.copy())

    def note(self, request_id: str) -> bool:
        """Keep the id of a downstream request; tell whether it is new."""
        if request_id in self.ids:
            return False
        self._ids.append(request_id)
        return True


def found(context: Any) -> Trail | None:
    """Return the trail of a context, None where nobody has made one."""
    try:
        held = getattr(context, _ATTRIBUTE, None)
    except Exception:  # of anybody's object
        return None
    return held if type(held) is Trail else None


def attached(context: Any, made: Trail) -> Trail:
    """Put a trail on a context that has none; return the one it has then.

    :param context: any object; one that takes no attribute is left alone
    """
    held = found(context)
    if held is not None:
        return held
    try:
        # In one step: two threads of a request may be first at once.
        kept = vars(context).setdefault(_ATTRIBUTE, made)
    except TypeError:  # it has no attributes of its own
        return made
    return kept if type(kept) is Trail else made


def is_on(attributes: dict[str, Any]) -> bool:
    """Tell whether the attributes of a context include a trail."""
    return _ATTRIBUTE in attributes


def without(values: dict[str, Any]) -> None:
    """Take the trail out of a copy of a context's attributes."""
    values.pop(_ATTRIBUTE, None)
