# SPDX-License-Identifier: Apache-2.0
"""A fault and ``errors`` in one body, for clients that know either.

The fault's key comes first: there are clients that read the first key of a
body, whatever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errorkit.error import Error
from errorkit.formats import api_sig, compute

CONTENT_TYPE = 'application/json'


def dump(
    errors: Sequence[Error],
    truncated: bool = False,
    fallback: str = compute.FALLBACK,
    retry_after: str | None = None,
) -> bytes:
    """Return the body, ASCII only.

    :param errors: the response's own error first
    :param truncated: mark the last one: there were more
    :param fallback: the fault's key for a status that has none
    :param retry_after: the response's Retry-After, for 413 and 429
    """
    fault = compute.entry(errors[0], fallback, retry_after)
    listed = api_sig.entries(errors, truncated)
    return api_sig.without_markup(
        f'{{{fault}, "errors": [{listed}]}}'
    ).encode('ascii')


def load(
    data: Any, fallback: str = compute.FALLBACK
) -> tuple[Error, ...] | None:
    """Read a parsed body.

    :param data: what the JSON held
    :param fallback: a further key that is known to name a fault
    :returns: None when it is not both a fault and a list of errors
    """
    if type(data) is not dict or len(data) != 2 or 'errors' not in data:
        return None
    name = next(key for key in data if key != 'errors')
    if not compute.is_fault(name, data[name], fallback):
        return None
    return api_sig.load({'errors': data['errors']})
