# SPDX-License-Identifier: Apache-2.0
"""What a log engine is asked for, whatever its mapping.

Phrases find an id in a field of text, where the hyphens part it, as they do
in a field of keywords. A query may find too much: what it finds is looked at
again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from errorkit.trace.outcome import LEVELS

_ID_FIELDS = [
    'request_id', 'global_request_id', 'context.request_id',
    'context.global_request_id', 'extra.request_id', 'message', 'traceback',
]
_LEVEL_FIELDS = ['level', 'levelname', 'log.level', 'log_level', 'severity']
_STATUS_FIELDS = ['status', 'extra.status', 'http.response.status_code']
#: How messages show a status; the last word is the beginning of one.
_PHRASES = ('status: ', 'answered with ', 'HTTP/1.1 ', 'HTTP/1.0 ', 'HTTP ')


def with_ids(wanted: Iterable[str]) -> dict[str, Any]:
    """Return the query for the documents that hold one of some ids."""
    return _any([_phrase(one, _ID_FIELDS) for one in wanted])


def failures() -> dict[str, Any]:
    """Return the query for the documents that tell of a failed request."""
    return _any(
        [{'range': {field: {'gte': 400}}} for field in _STATUS_FIELDS]
        + [
            _phrase(level, [*_LEVEL_FIELDS, 'message'])
            for level in (*LEVELS, *map(str.lower, LEVELS))
        ]
        + [
            {
                'match_phrase_prefix': {
                    'message': {
                        'query': f'{phrase}{digit}', 'max_expansions': 200,
                    },
                },
            }
            for phrase in _PHRASES for digit in '45'
        ]
    )


def _phrase(text: str, fields: list[str]) -> dict[str, Any]:
    return {
        'multi_match': {
            'query': text, 'type': 'phrase', 'fields': fields,
            'lenient': True,
        },
    }


def _any(clauses: list[dict[str, Any]]) -> dict[str, Any]:
    return {'bool': {'should': clauses, 'minimum_should_match': 1}}
