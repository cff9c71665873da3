# SPDX-License-Identifier: Apache-2.0
"""Which records belong together: by their ids, and by who called whom."""

from __future__ import annotations

from errorkit.trace.records import Record


class Kin:
    """The ids of one tree of requests, as they become known.

    A record belongs to the tree by its own ids, local or global, or by a
    call that it tells of. An id that only stands in the text of another
    request's record, such as in a path that was asked for, is no link.

    :param request_ids: local or global ids
    """

    def __init__(self, *request_ids: str) -> None:
        #: All ids of the tree that are known so far.
        self.known = set(request_ids)
        #: Those of them that its records have told, until somebody takes
        #: them out.
        self.new: set[str] = set()

    def take(self, record: Record) -> bool:
        """Tell whether a record, that holds a known id, is of the tree.

        If it is, its ids become known.
        """
        own = {record.request_id, record.global_request_id} - {None}
        called = record.call.request_id if record.call else None
        if not own and called is None:
            return True
        if self.known.isdisjoint(own) and called not in self.known:
            return False
        new = {one for one in (*own, called) if one} - self.known
        self.known |= new
        self.new |= new
        return True
