# SPDX-License-Identifier: Apache-2.0
"""How long Retry-After says to wait, in seconds (RFC 9110, section 10.2.3)."""

from __future__ import annotations

import calendar
import email.utils
import re
import time
from collections.abc import Callable

from errorkit.client.headers import Pairs, first

Clock = Callable[[], float]

#: No wait is longer, whatever a service asks for: a day, in seconds.
MAX_WAIT = 86400.0
_MAX_LENGTH = 128
# A service may count in fractions, or have let the time pass.
_SECONDS = re.compile(r'[+-]?[0-9]+(?:\.[0-9]*)?')


def seconds(
    headers: Pairs, clock: Clock | None = None, limit: float = MAX_WAIT
) -> float | None:
    """Return the wait of the first Retry-After that can be read, or None.

    :param clock: tells the time, in seconds since 1970. None: a date counts
        from the response's own Date, so that both are of one clock, or from
        the system's time where there is none
    :param limit: in seconds
    :returns: from 0 to the limit; None without such a header
    """
    for name, value in headers:
        if name != 'retry-after':
            continue
        value = value.strip()
        if len(value) > _MAX_LENGTH:
            continue
        if _SECONDS.fullmatch(value):
            return _within(float(value), limit)
        date = _timestamp(value)
        if date is not None:
            return _within(date - _now(headers, clock), limit)
    return None


def _within(wait: float, limit: float) -> float:
    return min(max(wait, 0.0), limit)


def _now(headers: Pairs, clock: Clock | None) -> float:
    if clock is not None:
        return clock()
    sent = _timestamp(first(headers, 'date')[:_MAX_LENGTH])
    return time.time() if sent is None else sent


def _timestamp(date: str) -> float | None:
    """Return the time of an HTTP-date, in any of its three forms."""
    try:
        read = email.utils.parsedate_tz(date)
        if read is None:
            return None
        # The form without a zone is in UTC too.
        return calendar.timegm((*read[:6], 0, 1, 0)) - (read[9] or 0)
    except Exception:  # a thirteenth month, a year of five digits
        return None
