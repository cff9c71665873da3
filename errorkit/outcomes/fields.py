# SPDX-License-Identifier: Apache-2.0
"""All that a record holds, for the log where a store has failed to keep it."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any


class Fields:
    """A record's fields that have a value, as JSON, when a handler asks.

    :param record: a dataclass
    """

    def __init__(self, record: Any) -> None:
        self._record = record

    def __str__(self) -> str:
        return json.dumps(_plain(self._record))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        # A token is of no use to who reads a log.
        return {
            field.name: _plain(found)
            for field in dataclasses.fields(value)
            if field.name != 'token'
            and (found := getattr(value, field.name)) not in (None, ())
        }
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value
