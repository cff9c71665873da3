# SPDX-License-Identifier: Apache-2.0
"""What may stand in a log line: one line, and no value that is a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from errorkit.secrets import MASK as MASK
from errorkit.secrets import mask

#: A message longer than this many bytes is cut.
MAX_MESSAGE = 16 * 1024

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

#: Headers whose values are logged; every other value is masked.
HEADERS = frozenset(
    [
        'accept',
        'accept-encoding',
        'accept-language',
        'allow',
        'cache-control',
        'connection',
        'content-encoding',
        'content-language',
        'content-length',
        'content-type',
        'date',
        'etag',
        'expires',
        'host',
        'if-match',
        'if-modified-since',
        'if-none-match',
        'if-unmodified-since',
        'last-modified',
        'openstack-api-version',
        'openstack-error-code',
        'range',
        'retry-after',
        'server',
        'traceparent',
        'transfer-encoding',
        'user-agent',
        'vary',
        'via',
        'x-openstack-request-id',
    ]
)
_MAX_HEADER = 256

# C0, DEL, C1, the two Unicode line ends, the bidirectional controls (Unicode
# Technical Report 36), the byte order mark and lone surrogates.
_UNSAFE = (
    range(0x00, 0x20),
    range(0x7F, 0xA0),
    (0x061C, 0x200E, 0x200F),
    range(0x2028, 0x202F),
    range(0x2066, 0x206A),
    (0xFEFF,),
    range(0xD800, 0xE000),
)
_SHORT = {0x09: '\\t', 0x0A: '\\n', 0x0D: '\\r'}
_ESCAPES = {
    code: _SHORT.get(code) or (
        f'\\x{code:02x}' if code < 0x100 else f'\\u{code:04x}'
    )
    for codes in _UNSAFE
    for code in codes
}
# What a known parameter's value may be made of to be shown: no separator,
# neither plain nor escaped, behind which another parameter could stand.
_PLAIN_VALUE = re.compile(
    '(?:[A-Za-z0-9._:,+-]|%20|%2[BCbc]|%3[Aa]){0,128}'
)
_PLAIN_NAME = re.compile('[A-Za-z_][A-Za-z0-9_.-]{0,63}')
_PATH_SAFE = "/._~!$&'()*+,;=:@%-"
# What nearly every request asks for, matched without a way back; any other
# is taken apart. Nothing to escape, and no secret: the forms of tokens have
# capital letters or a colon, and between a name and its value stands
# something else.
_PLAIN_PAIR = (
    '(?:'
    + '|'.join(map(re.escape, sorted(QUERY_PARAMETERS)))
    + ')=[a-z0-9._,+-]{0,128}+'
)
_PLAIN_PATH = re.compile('[a-z0-9/._-]*+')
_PLAIN_URI = re.compile(
    f'{_PLAIN_PATH.pattern}\\?{_PLAIN_PAIR}(?:&{_PLAIN_PAIR})*+'
)
_PRINTABLE = bytes(range(0x20, 0x7F))


def one_line(text: str) -> str:
    """Escape what could end a line, reorder it or drive a terminal.

    :returns: at most 16 KiB in UTF-8, which any such text can be written in
    """
    if len(text) <= MAX_MESSAGE and text.isascii() and text.isprintable():
        return text
    return fitted(escaped(text[:MAX_MESSAGE]), len(text) > MAX_MESSAGE)


def is_plain(text: str) -> bool:
    """Tell whether a text is of printable ASCII characters alone."""
    # Of a whole line that takes half the time of str.isprintable.
    return text.isascii() and not text.encode().translate(None, _PRINTABLE)


def fitted(text: str, cut: bool = False) -> str:
    """Cut a text to 16 KiB in UTF-8, visibly.

    :param cut: some of it is missing already
    """
    encoded = text.encode('utf-8')
    if cut or len(encoded) > MAX_MESSAGE:
        keep = encoded[: MAX_MESSAGE - len(_ELLIPSIS.encode())]
        return keep.decode('utf-8', 'ignore') + _ELLIPSIS
    return text


_ELLIPSIS = '\N{HORIZONTAL ELLIPSIS}'


def escaped(text: str) -> str:
    """Write every character as an escape that no log line may hold."""
    return text.translate(_ESCAPES)


def uri(path: str, query: str) -> str:
    """Return a path and a query as they are logged, without secrets.

    :param path: as in environ, bytes decoded as latin-1
    :param query: the query string; the values of parameters that are not in
        ``QUERY_PARAMETERS`` are masked
    """
    if query:
        joined = f'{path}?{query}'
        if len(joined) <= _MAX_URI and _PLAIN_URI.fullmatch(joined):
            return joined
    if len(path) > _MAX_URI:
        path = path[:_MAX_URI] + '...'
    if not _PLAIN_PATH.fullmatch(path):
        if (
            not (path.isascii() and path.isprintable())
            or '"' in path
            or ' ' in path
        ):
            path = quote(path.encode('latin-1', 'replace'), _PATH_SAFE)
        path = mask(path)
    if not query:
        return path
    query = masked_query(query)
    if ':' in query or not query.islower():
        query = mask(query)
    return f'{path}?{query}'


def headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers as they may be logged.

    :param pairs: names and values; the values of those that are not in
        ``HEADERS`` are masked, and so is what in the others looks like a
        secret
    """
    shown = {}
    for name, value in pairs:
        known = name.lower() in HEADERS
        shown[one_line(name[:_MAX_HEADER])] = (
            one_line(mask(value)[:_MAX_HEADER]) if known else MASK
        )
    return shown


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
