# SPDX-License-Identifier: Apache-2.0
"""A page of a list of actions, and where the next one begins."""

from __future__ import annotations

from collections.abc import Sequence

from errorkit.outcomes import cursor
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.records import Order

#: Of a list of actions; the newest start comes first.
ORDER = (Order('start_time'), Order('id'))


class ActionListing(list[Action]):
    """A page of a list of actions, and where the next one begins.

    :param actions: in the order of the list
    :param limit: how many there could have been
    :param bound: what the marker is good for
    :param key: see ``cursor.dump``
    """

    def __init__(
        self, actions: Sequence[Action], limit: int, bound: str, key: bytes
    ) -> None:
        super().__init__(actions)
        self.limit = limit
        self._bound = bound
        self._key = key

    @property
    def next_marker(self) -> str | None:
        """The marker of the next page; None if there is none.

        A page that is full may be the last, and the next then is empty.
        """
        if not self or len(self) < self.limit:
            return None
        return cursor.dump(self[-1], ORDER, self._bound, self._key)
