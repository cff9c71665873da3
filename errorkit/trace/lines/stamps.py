# SPDX-License-Identifier: Apache-2.0
"""When a record was written: the clocks of the log formats.

A time without a zone is taken as UTC. What is no time gives None.
"""

from __future__ import annotations

import datetime
import math
import re

_UTC = datetime.UTC
_MONTHS = {
    name: number
    for number, name in enumerate(
        (
            'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun',
            'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec',
        ),
        1,
    )
}
_SYSLOG = re.compile(
    r'([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) '
    r'([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?',
    re.ASCII,
).fullmatch
_COMMON = re.compile(
    r'([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4})[: ]'
    r'([0-9]{2}):([0-9]{2}):([0-9]{2})(?: ([+-][0-9]{2})([0-9]{2}))?',
    re.ASCII,
).fullmatch
_CTIME = re.compile(
    r'[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) '
    r'([0-9]{2}):([0-9]{2}):([0-9]{2}) ([0-9]{4})',
    re.ASCII,
).fullmatch
_ZONE = re.compile(' (?=[+-]|Z$)').sub
_DAY = datetime.timedelta(days=1)
_LATEST = datetime.datetime.max.replace(tzinfo=_UTC) - _DAY
_MILLISECONDS = 100_000_000_000


def iso(text: str) -> datetime.datetime | None:
    """Read ISO 8601, with a blank or a comma where ``logging`` has them."""
    try:
        # Some formats put a blank before the zone.
        when = datetime.datetime.fromisoformat(_ZONE('', text))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=_UTC)


def syslog(
    text: str, written: datetime.datetime
) -> datetime.datetime | None:
    """Read ``Nov 22 10:00:00.123456``, which has no year.

    :param written: aware; the last year in which the time is not later than
        a day after this
    """
    match = _SYSLOG(text)
    if match is None or match[1] not in _MONTHS:
        return None
    fraction = (match[6] or '').ljust(6, '0')
    latest = min(written, _LATEST) + _DAY
    # A 29th of February may be eight years away, around 1900 or 2100.
    for year in range(latest.year, latest.year - 9, -1):
        try:
            when = datetime.datetime(
                year, _MONTHS[match[1]], int(match[2]), int(match[3]),
                int(match[4]), int(match[5]), int(fraction), _UTC,
            )
        except ValueError:
            continue
        if when <= latest:
            return when
    return None


def common(text: str) -> datetime.datetime | None:
    """Read ``22/Nov/2026:10:00:00 +0000``, or the form without a zone."""
    match = _COMMON(text)
    if match is None or match[2] not in _MONTHS:
        return None
    zone = _UTC
    try:
        if match[7]:
            minutes = int(match[8])
            minutes = int(match[7]) * 60 + (
                -minutes if match[7][0] == '-' else minutes
            )
            zone = datetime.timezone(datetime.timedelta(minutes=minutes))
        return datetime.datetime(
            int(match[3]), _MONTHS[match[2]], int(match[1]), int(match[4]),
            int(match[5]), int(match[6]), tzinfo=zone,
        )
    except ValueError:
        return None


def ctime(text: str) -> datetime.datetime | None:
    """Read ``Sun Nov 22 10:00:00 2026``."""
    match = _CTIME(text)
    if match is None or match[1] not in _MONTHS:
        return None
    try:
        return datetime.datetime(
            int(match[6]), _MONTHS[match[1]], int(match[2]), int(match[3]),
            int(match[4]), int(match[5]), tzinfo=_UTC,
        )
    except ValueError:
        return None


def epoch(number: float) -> datetime.datetime | None:
    """Read seconds, or milliseconds, since 1970."""
    if not math.isfinite(number):
        return None
    if abs(number) >= _MILLISECONDS:
        number /= 1000
    try:
        return datetime.datetime.fromtimestamp(number, _UTC)
    except (ValueError, OverflowError, OSError):
        return None
