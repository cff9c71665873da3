# SPDX-License-Identifier: Apache-2.0
"""Whether a contender does the job it is about to be timed for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import inputs

CHUNKS = 1000
ID = re.compile(
    'req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer of a contender, and what it logged meanwhile.

    ``role`` is ``ours``, ``peer`` or ``floor``: errorkit has to keep all it
    promises, a peer what it promises itself, a floor the bare job.
    """

    role: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    log: str

    def values(self, name: str) -> list[str]:
        """Return the values of a header."""
        return [value for key, value in self.headers if key.lower() == name]


Check = Callable[[Seen], Iterator[str]]


def has_id(seen: Seen) -> Iterator[str]:
    """The answer has one new request id."""
    found = seen.values('x-openstack-request-id')
    if len(found) != 1 or not ID.fullmatch(found[0]):
        yield f'request ids {found}'
    elif found[0] == inputs.GLOBAL_ID:
        yield "the client's id came back"


def is_ok(seen: Seen) -> Iterator[str]:
    """The application's own answer came through, with an id."""
    if (seen.status, seen.body) != (200, inputs.OK_BODY):
        yield f'answer {seen.status} {seen.body!r:.60}'
    yield from has_id(seen)


def is_stacked(seen: Seen) -> Iterator[str]:
    """The version is answered, and one line of the log tells the rest."""
    if seen.values('openstack-api-version') != ['placement 1.23']:
        yield 'no microversion in the headers'
    lines = [line for line in seen.log.splitlines() if inputs.PATH in line]
    if len(lines) != 1:
        yield f'{len(lines)} log lines'
    elif f'status: {seen.status}' not in lines[0]:
        yield f'log line {lines[0]!r}'


def knows_context(seen: Seen) -> Iterator[str]:
    """oslo.log's line shows the ids and the user of the context."""
    if seen.role != 'floor':
        for part in (
            *seen.values('x-openstack-request-id'),
            inputs.GLOBAL_ID,
            inputs.USER_ID,
        ):
            if part not in seen.log:
                yield f'{part} is not in the log'


def is_conflict(seen: Seen) -> Iterator[str]:
    """The answer is the handler's 409, with code, text and id in the body."""
    error = _first_error(seen)
    if seen.status != 409 or error.get('code') != inputs.CONFLICT['code']:
        yield f'answer {seen.status} {seen.body!r:.80}'
    shown = error.get('detail', '')
    # placement's text has webob's explanation around it.
    if seen.role != 'peer' and shown != inputs.CONFLICT['detail']:
        yield f'detail {shown!r}'
    if inputs.CONFLICT['detail'] not in shown:
        yield 'the text is lost'
    ids = seen.values('x-openstack-request-id') or [inputs.GLOBAL_ID]
    if error.get('request_id') not in ids:
        yield f'id {error.get("request_id")} in the body'


def is_fault(seen: Seen) -> Iterator[str]:
    """The answer is a 500, the log has the traceback, the client has not."""
    if seen.status != 500:
        yield f'status {seen.status}'
    if 'Traceback' not in seen.log or inputs.PRIVATE not in seen.log:
        yield 'no traceback in the log'
    # placement shows the exception's text, CatchErrors has no errors[].
    if seen.role == 'ours':
        if _first_error(seen).get('status') != 500:
            yield f'body {seen.body!r:.80}'
        if inputs.PRIVATE.encode() in seen.body:
            yield "the exception's text reaches the client"


def is_stream(seen: Seen) -> Iterator[str]:
    """All of the stream came through, and but for the bare app the stack."""
    if (seen.status, len(seen.body)) != (200, CHUNKS * 1024):
        yield f'answer {seen.status}, {len(seen.body)} bytes'
    if seen.role != 'peer':
        yield from has_id(seen)
        yield from is_stacked(seen)


def _first_error(seen: Seen) -> dict[str, Any]:
    try:
        error: dict[str, Any] = json.loads(seen.body)['errors'][0]
    except (ValueError, LookupError, TypeError):
        return {}
    return error
