# SPDX-License-Identifier: Apache-2.0
"""What may stand in a log line: one line, and no value that is a secret."""

from __future__ import annotations

import re
from urllib.parse import quote

#: A message longer than this many characters is cut.
MAX_MESSAGE = 16 * 1024
MASK = '***'

#: Query parameters whose values are logged; every other value is masked.
QUERY_PARAMETERS = frozenset(
    [
        'all_projects',
        'all_tenants',
        'changes-before',
        'changes-since',
        'detail',
        'details',
        'fields',
        'limit',
        'marker',
        'offset',
        'page',
        'page_size',
        'request_id',
        'sort',
        'sort_dir',
        'sort_dirs',
        'sort_key',
        'sort_keys',
        'status',
    ]
)
_MAX_URI = 2048

# C0, DEL, C1, the two Unicode line ends, the bidirectional controls (Unicode
# Technical Report 36), the byte order mark and lone surrogates.
_UNSAFE = re.compile(
    '[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069'
    '\ufeff\ud800-\udfff]'
)
# What a known parameter's value may be made of to be shown: no separator,
# neither plain nor escaped, behind which another parameter could stand.
_VALUE = r'(?:[A-Za-z0-9._:,+-]|%20|%2[BCbc]|%3[Aa]){0,128}'
_PLAIN_VALUE = re.compile(_VALUE)
_PLAIN_NAME = re.compile('[A-Za-z_][A-Za-z0-9_.-]{0,63}')
_PLAIN_QUERY = re.compile(
    '(?:(?:'
    + '|'.join(map(re.escape, sorted(QUERY_PARAMETERS)))
    + f')={_VALUE}(?:&|$))*'
)
_PATH_SAFE = "/._~!$&'()*+,;=:@%-"


def one_line(text: str) -> str:
    """Escape what could end a line, reorder it or drive a terminal.

    :param text: cut to 16 KiB first
    :returns: text that any encoding of Unicode can carry
    """
    if len(text) > MAX_MESSAGE:
        text = text[: MAX_MESSAGE - 1] + '\N{HORIZONTAL ELLIPSIS}'
    if text.isascii() and text.isprintable():
        return text
    return escaped(text)


def escaped(text: str) -> str:
    """Write every character as an escape that no log line may hold."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode('unicode_escape').decode('ascii')


def uri(path: str, query: str) -> str:
    """Return a path and a query as they are logged.

    :param path: as in environ, bytes decoded as latin-1
    :param query: the query string; the values of parameters that are not in
        ``QUERY_PARAMETERS`` are masked
    """
    if len(path) > _MAX_URI:
        path = path[:_MAX_URI] + '...'
    if (
        not (path.isascii() and path.isprintable())
        or '"' in path
        or ' ' in path
    ):
        path = quote(path.encode('latin-1', 'replace'), _PATH_SAFE)
    if not query:
        return path
    if len(query) > _MAX_URI or not _PLAIN_QUERY.fullmatch(query):
        query = masked_query(query)
    return f'{path}?{query}'


def masked_query(query: str) -> str:
    """Mask the values of a query string, but for the known parameters."""
    parts = []
    for part in query[:_MAX_URI].split('&'):
        name, _, value = part.partition('=')
        if not part:
            parts.append('')
        elif name in QUERY_PARAMETERS and _PLAIN_VALUE.fullmatch(value):
            parts.append(part)
        elif value.strip('=') and _PLAIN_NAME.fullmatch(name):
            parts.append(f'{name}={MASK}')
        else:
            # What has no value, or no plain name, may be a secret itself.
            parts.append(MASK)
    if len(query) > _MAX_URI:
        parts.append('...')
    return '&'.join(parts)
