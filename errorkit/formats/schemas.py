# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of an error's body, in each of the formats."""

from __future__ import annotations

from typing import Any

_VERSION = '^([1-9][0-9]*)[.]([1-9][0-9]*|0)$'
_TEXT = {'type': 'string', 'minLength': 1}
_STATUS = {'type': 'integer', 'minimum': 400, 'maximum': 599}
_CODE = {
    'type': 'string',
    'maxLength': 128,
    'pattern': '^[a-z0-9_-]+([.][a-z0-9_-]+)+$',
}
_ID = {
    'type': 'string',
    'minLength': 40,
    'maxLength': 40,
    'pattern': '^req-[0-9a-f-]{36}$',
}
_LINK = {
    'type': 'object',
    'required': ['rel', 'href'],
    'additionalProperties': False,
    'properties': {'rel': _TEXT, 'href': _TEXT},
}
_SOURCE = {
    'type': 'object',
    'minProperties': 1,
    'additionalProperties': False,
    'properties': {
        'pointer': {'type': 'string'},
        'parameter': _TEXT,
        'header': _TEXT,
    },
}
_LIMITS = {
    'max_version': ['min_version'],
    'min_version': ['max_version'],
}

#: One entry of ``errors``. Members that are not named here are the author's.
ENTRY: dict[str, Any] = {
    'type': 'object',
    'required': ['status', 'title', 'detail'],
    'properties': {
        'code': _CODE,
        'status': _STATUS,
        'title': _TEXT,
        'detail': _TEXT,
        'request_id': _ID,
        'links': {'type': 'array', 'minItems': 1, 'items': _LINK},
        'source': _SOURCE,
        'retry': {'enum': ['never', 'same', 'after-refresh', 'later']},
        'max_version': {'type': 'string', 'pattern': _VERSION},
        'min_version': {'type': 'string', 'pattern': _VERSION},
        'trace_id': _TEXT,
        'truncated': {'const': True},
    },
    'dependentRequired': _LIMITS,
}
_ENTRIES = {'type': 'array', 'minItems': 1, 'maxItems': 20, 'items': ENTRY}
_FAULT = {
    'type': 'object',
    'required': ['code', 'message'],
    'properties': {
        'code': _STATUS,
        'message': _TEXT,
        'retryAfter': {'type': 'string'},
    },
}

#: ``application/json``, the API-SIG's ``errors``.
SCHEMA: dict[str, Any] = {
    'type': 'object',
    'additionalProperties': False,
    'required': ['errors'],
    'properties': {'errors': _ENTRIES},
}
#: ``application/json``, a fault under a name of its own.
COMPUTE: dict[str, Any] = {
    'type': 'object',
    'minProperties': 1,
    'maxProperties': 1,
    'not': {'required': ['errors']},
    'additionalProperties': _FAULT,
}
#: Both in one body.
BRIDGE: dict[str, Any] = {
    'type': 'object',
    'minProperties': 2,
    'maxProperties': 2,
    'required': ['errors'],
    'properties': {'errors': _ENTRIES},
    'additionalProperties': _FAULT,
}
#: ``application/problem+json`` (RFC 9457).
PROBLEM: dict[str, Any] = {
    'type': 'object',
    'required': ['type', 'title', 'status', 'detail'],
    'properties': {
        'type': _TEXT,
        'title': _TEXT,
        'status': _STATUS,
        'detail': _TEXT,
        'instance': {'type': 'string', 'pattern': '^urn:uuid:[0-9a-f-]{36}$'},
        'code': _CODE,
        'request_id': _ID,
        'errors': {'type': 'array', 'minItems': 1, 'maxItems': 20},
    },
}

SCHEMAS = {
    'errors': SCHEMA,
    'compute': COMPUTE,
    'bridge': BRIDGE,
    'problem': PROBLEM,
}
