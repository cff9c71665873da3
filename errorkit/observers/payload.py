# SPDX-License-Identifier: Apache-2.0
"""The payload of a notification: its members, and how it is kept small."""

from __future__ import annotations

import json
from typing import Any

from errorkit.observers.record import ErrorRecord

#: Of the payload's form: the second number goes up when members are added.
VERSION = '1.0'
#: Bytes of a payload as JSON.
MAX_PAYLOAD = 64 * 1024

_MAX_WORDS = 255
_CUT = ' [...] '


def payload_of(record: ErrorRecord, suppressed: int = 0) -> dict[str, Any]:
    """Return what is told of an error, 64 KiB as JSON at the most.

    :param suppressed: notifications of the same code that were not sent
        since the last one that was
    :returns: JSON's own types, all members always present
    """
    payload: dict[str, Any] = {
        'version': VERSION,
        'kind': record.kind,
        'code': record.code,
        'status': record.status,
        'request_id': record.request_id,
        'global_request_id': record.global_request_id,
        'resource_type': record.resource_type,
        'resource_uuid': record.resource_uuid,
        'module_name': record.module_name,
        'function_name': record.function_name,
        'exception': record.exception,
    }
    for name, value in payload.items():
        if isinstance(value, str):
            payload[name] = value[:_MAX_WORDS]
    payload['exception_message'] = record.exception_message
    payload['traceback'] = record.traceback
    payload['suppressed'] = suppressed
    return fitted(payload, MAX_PAYLOAD)


def fitted(payload: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return a payload cut to so many bytes of JSON, visibly.

    The traceback is cut first, from its middle: its ends say the most.

    :param payload: as ``payload_of`` makes it
    :param limit: bytes, 4096 at least
    """
    cut = dict(payload)
    for name in ('traceback', 'exception_message'):
        excess = len(json.dumps(cut)) - limit
        if excess <= 0:
            break
        text = cut[name]
        if text:
            cut[name] = _cut_to(text, len(json.dumps(text)) - excess)
    return cut


def _cut_to(text: str, room: int) -> str:
    """Return the most of a text's two ends that is so long as JSON."""
    least, most = 0, len(text) // 2
    while least < most:
        half = (least + most + 1) // 2
        if len(json.dumps(_ends(text, half))) <= room:
            least = half
        else:
            most = half - 1
    return _ends(text, least)


def _ends(text: str, half: int) -> str:
    return text[:half] + _CUT + text[len(text) - half :]
