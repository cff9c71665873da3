# SPDX-License-Identifier: Apache-2.0
"""Lines of access logs: Apache, gunicorn, eventlet and uWSGI."""

from __future__ import annotations

import re
from typing import Any

from errorkit import ids
from errorkit.trace.lines import messages, stamps

_COMMON = re.compile(
    r'(?:[^\s"\[]{1,255} )?'  # the virtual host, where it is logged
    r'[^\s"\[]{1,255} [^\s"\[]{1,255} (?P<user>[^\s"\[]{1,255}) '
    r'\[(?P<when>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}[: ][0-9:]{8}'
    r'(?: [+-][0-9]{4})?)\] '
    r'"(?P<request>(?:[^"\\]++|\\.)*+)" '
    r'(?P<status>[0-9]{3}) (?:[0-9]++|-)',
    re.ASCII | re.DOTALL,
).match
_UWSGI = re.compile(
    r'\[pid: (?P<pid>[0-9]{1,10})\|app: [^|\]]{1,20}\|req: [^\]]{1,40}\] '
    r'[^\s(]{0,255} \((?P<user>[^)]{0,255})\) \{[^}]{0,255}\} '
    r'\[(?P<when>[^\]]{1,40})\] (?P<method>[A-Z]{1,32}) (?P<path>\S*+) '
    r'=> generated [0-9]++ bytes in (?P<time>[0-9]{1,12}) '
    r'(?P<unit>msecs|micros)(?: via [a-z]{1,20}\(\))? '
    r'\(HTTP/[0-9.]{1,4} (?P<status>[0-9]{3})\)',
    re.ASCII,
).match
#: A quote that begins a text: no client's can stand so.
_OPENING = re.compile('(?<= )"(?! |$)').split
_SECONDS = re.compile(r' ([0-9]{1,9}\.[0-9]{3,9})(?= |$)', re.ASCII).match
#: Nothing of an access line is looked for behind so many characters.
_MAX_TAIL = 16384


def fields(line: str) -> dict[str, Any] | None:
    """Return the members of a Record that a line fills, or None."""
    if line.startswith('[pid: '):
        return _of_uwsgi(line)
    match = _COMMON(line)
    if match is None:
        return None
    found = {
        'timestamp': stamps.common(match['when']),
        'status': int(match['status']),
        'message': line,
        **messages.request_line(match['request']),
    }
    if match['user'] != '-':
        found['user_id'] = match['user']
    tail = line[match.end():match.end() + _MAX_TAIL]
    if seconds := _SECONDS(tail):
        found['duration'] = float(seconds[1])
    return {**found, **_ids(tail)}


def _of_uwsgi(line: str) -> dict[str, Any] | None:
    match = _UWSGI(line)
    if match is None:
        return None
    parts = 1000 if match['unit'] == 'msecs' else 1_000_000
    found = {
        'timestamp': stamps.ctime(match['when']),
        'pid': int(match['pid']),
        'method': match['method'],
        'path': match['path'] or None,
        'status': int(match['status']),
        'duration': int(match['time']) / parts,
        'message': line,
    }
    if match['user']:
        found['user_id'] = match['user']
    return {**found, **_ids(line[match.end():match.end() + _MAX_TAIL])}


def _ids(tail: str) -> dict[str, str]:
    """Return the ids behind the usual members, in oslo.log's order.

    The first two quoted texts are the client's own words, Referer and
    User-Agent: an id in them says nothing. Servers write a backslash before
    each quote of theirs, but not all of them one before a backslash: where
    such a text ends is told by the last quote before the next text.
    """
    first, *texts = _OPENING(tail)
    if '"' in first:  # the request may have ended elsewhere
        return {}
    words = first.split()
    for place, text in enumerate(texts):
        inside, closing, behind = text.rpartition('"')
        if not closing or inside.endswith('\\'):
            continue  # it may go on, if the line was cut
        if place >= 2:
            words.append(inside)
        words += behind.split()
    found = [word for word in words if ids.is_valid(word, strict=False)]
    if len(found) > 1:
        return {'global_request_id': found[0], 'request_id': found[1]}
    return {'request_id': found[0]} if found else {}
