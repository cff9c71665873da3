# SPDX-License-Identifier: Apache-2.0
"""A page of a list, and where the next one begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from errorkit.outcomes import cursor
from errorkit.outcomes.records import Order

Row = TypeVar('Row')


class Listed(list[Row], Generic[Row]):
    """A page of a list, and where the next one begins.

    :param rows: in the order of the list
    :param limit: how many there could have been
    :param order: of the list
    :param bound: what the markers are good for, see ``cursor.dump``
    :param key: see ``cursor.dump``
    """

    def __init__(
        self,
        rows: Iterable[Row],
        limit: int,
        order: tuple[Order, ...],
        bound: str | None,
        key: bytes,
    ) -> None:
        super().__init__(rows)
        self.limit = limit
        self._order = order
        self._bound = bound
        self._key = key

    @property
    def next_marker(self) -> str | None:
        """The marker of the next page; None if there is none.

        A page that is full may be the last, and the next then is empty.
        """
        if not self or len(self) < self.limit:
            return None
        return self.marker_after(self[-1])

    def marker_after(self, row: Row) -> str:
        """Return the marker of the page that begins after a row."""
        return cursor.dump(
            self._kept(row), self._order, self._bound, self._key
        )

    def _kept(self, row: Row) -> object:
        """Return what a store has of a row."""
        return row
