# SPDX-License-Identifier: Apache-2.0
"""Who asks: the context of a request, and never that of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from errorkit import current, keys
from errorkit.outcomes.reading import attribute

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def of(environ: WSGIEnvironment) -> Any:
    """Return the context of a request; None if nothing vouches for one.

    The current one counts if it has the id of this request, and then before
    the one in environ: a layer further in has made it. oslo.context by itself
    leaves the context of an earlier request behind in the thread.
    """
    found = current.current()
    id = environ.get(keys.REQUEST_ID)
    if id and attribute(found, 'request_id') == id:
        return found
    return environ.get(keys.CONTEXT)
