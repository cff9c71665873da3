# SPDX-License-Identifier: Apache-2.0
"""What a message tells: that a request has ended, failed or called another.

Every expression here takes time linear in the message: none begins with
something that may be repeated, or what is repeated cannot be given back.
"""

from __future__ import annotations

import re
from typing import Any

from errorkit import ids
from errorkit.trace.records import Call

_ID = '(req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})'
_NO_MORE = '(?![0-9A-Za-z-])'
#: RequestLog's line, oslo.service's and placement's.
_ENDED = re.compile(
    r'(?P<address>[^\s"]{1,512}) "(?P<request>[^"]*+)" '
    r'status: {1,2}(?P<status>[0-9]{3}|-) {1,2}len: {1,2}(?:[0-9]++|-)'
    r'(?: microversion: \S{1,64})?'
    r'(?: {1,2}time: {1,2}(?P<time>[0-9]{1,12}(?:\.[0-9]{1,12})?))?'
    r'(?: code: (?P<code>[a-z0-9._-]{1,128}+))?',
    re.ASCII,
).match
#: What cinder and others say at the end.
_RETURNED = re.compile(
    r'(?P<url>https?://\S{1,8192}+) returned with HTTP (?P<status>[0-9]{3})',
    re.ASCII,
).match
_ANSWERED = re.compile(
    r'(?:unexpected error, )?answered with (?P<status>[0-9]{3}) '
    r'(?P<code>[a-z0-9._-]{1,128}+)',
    re.ASCII,
).match
_BROKE_OFF = re.compile(
    r'(?:closing the body failed|the (?:body|request) broke off) '
    r'(?:after|before) the response had begun; (?P<code>[a-z0-9._-]{1,128}+)',
    re.ASCII,
).match
_UPSTREAM = re.compile(
    r'an upstream service answered \S{1,16} \S{1,128}, request id ' + _ID
    + _NO_MORE,
    re.ASCII,
).match
_METHOD = re.compile(r'[A-Z]{1,32}', re.ASCII).fullmatch
_PROTOCOL = re.compile(r'HTTP/[0-9](?:\.[0-9])?', re.ASCII).fullmatch
_USED = ' used request id '
_RESPONSE = re.compile(
    'x-(?:openstack|compute)-request-id: ' + _ID + _NO_MORE,
    re.ASCII | re.IGNORECASE,
).search
#: How clients show the id of a response that was an error.
_TOLD = re.compile(r'\(Request-ID: ' + _ID + r'\)', re.ASCII).search


def request_line(text: str) -> dict[str, Any]:
    """Return method and path of ``METHOD uri`` with or without HTTP/x."""
    words = text.split(' ')
    if len(words) > 2 and _PROTOCOL(words[-1]):
        words.pop()
    if len(words) != 2 or not _METHOD(words[0]) or not words[1]:
        return {}
    return {'method': words[0], 'path': words[1]}


def is_end(message: str) -> bool:
    """Tell whether a message is a request log's."""
    return _ENDED(message) is not None


def is_call(message: str) -> bool:
    """Tell whether a message is keystoneauth's of a call."""
    return _used(message) is not None


def told(message: str, further: str = '') -> dict[str, Any]:
    """Return the members of a Record that a message fills.

    :param further: the other lines of the record
    """
    if match := _ENDED(message):
        found = request_line(match['request'])
        if match['status'] != '-':
            found['status'] = int(match['status'])
        if match['time']:
            found['duration'] = float(match['time'])
        if match['code']:
            found.update(_code(match['code']))
        return found
    if match := _ANSWERED(message):
        return {'status': int(match['status']), **_code(match['code'])}
    if match := _BROKE_OFF(message):
        return _code(match['code'])
    if match := _RETURNED(message):
        path = match['url'].partition('://')[2].partition('/')
        return {
            'path': path[1] + path[2], 'status': int(match['status']),
        }
    call = _used(message)
    if call is None:
        match = _UPSTREAM(message)
        if match is None and message.startswith('RESP: '):
            match = _RESPONSE(message)
        match = match or _TOLD(message) or (further and _TOLD(further)) or None
        if match:
            call = Call(None, None, None, match[1].lower())
    return {'call': call} if call else {}


def _used(message: str) -> Call | None:
    """Read ``<METHOD> call to <service> for <url> used request id <id>``."""
    before, used, request_id = message.rpartition(_USED)
    # oslo.log puts the place in the source behind a debug message.
    request_id = request_id[:ids.LENGTH + 1].rstrip()
    if not used or not ids.is_valid(request_id, strict=False):
        return None
    method, call, subject = before.partition(' call to ')
    if not call or not _METHOD(method):
        return None
    service, _, url = subject.rpartition(' for ')
    return Call(method, service or None, url or None, request_id)


def _code(text: str) -> dict[str, str]:
    return {'code': text} if '.' in text.strip('.') else {}
