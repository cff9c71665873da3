# SPDX-License-Identifier: Apache-2.0
"""Which codes were answered while somebody looked on.

Those of this process are noted where they are made, and those of a service
elsewhere where ``assert_error`` or gabbi reads them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errorkit.codes import Catalog

_looking: list[CodesSeen] = []


def note(codes: Iterable[str | None]) -> None:
    """Tell whoever looks on of the codes of an answer."""
    for seen in _looking:
        seen.codes.update(code for code in codes if code)


class CodesSeen:
    """Notes codes from ``start`` to ``stop``."""

    def __init__(self) -> None:
        self.codes: set[str] = set()
        self._undo: tuple[Any, Any] | None = None

    def start(self) -> None:
        """Note codes from now on."""
        from errorkit.formats.viewer import Viewer

        show = Viewer.shown

        @functools.wraps(show)
        def noting(viewer: Any, errors: Any, *rest: Any) -> Any:
            note([one.code for one in errors])
            return show(viewer, errors, *rest)

        self._undo = Viewer, show
        setattr(Viewer, show.__name__, noting)
        _looking.append(self)

    def stop(self) -> None:
        """Put everything back."""
        if self._undo is not None:
            viewer, show = self._undo
            setattr(viewer, show.__name__, show)
            self._undo = None
            _looking.remove(self)

    def missing(self, catalog: Catalog) -> list[str]:
        """Return the codes of a catalog that were not answered.

        :returns: sorted; neither those that every catalog has nor retired
            ones are among them
        """
        # An old client reads another string for the same code.
        seen = {catalog.find(code) for code in self.codes}
        return sorted(
            code
            for code, declared in catalog.items()
            if declared not in seen
            and code not in catalog.built_in
            and not declared.retired
        )
