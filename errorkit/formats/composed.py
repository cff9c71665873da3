# SPDX-License-Identifier: Apache-2.0
"""The detail as placement sends it: webob's text without its markup.

For ``detail_style='webob'``: the exact string, in linear time.
"""

from __future__ import annotations

from collections.abc import Mapping

from errorkit import keys

_BREAK = '<br /><br />\n'


def composed(
    status: int, explanation: str, detail: str, environ: Mapping[str, object]
) -> str:
    """Return the detail as placement sends it: webob's body without markup.

    For ``detail_style='webob'``, so that a service whose clients know that
    string can change over without changing it.

    :param status: the response's status
    :param explanation: of the exception
    :param detail: of the exception, or empty
    :param environ: of the request, for the four templates that quote it
    """
    method = environ.get('REQUEST_METHOD', '')
    if status == 405:
        body = f'The method {method} is not allowed for this resource. '
    elif status == 406:
        accept = environ.get(keys.ACCEPT, environ.get('HTTP_ACCEPT')) or ''
        body = (
            'The resource could not be generated that was acceptable to '
            f'your browser\n(content of type {accept}. '
        )
    elif status == 415:
        kind = environ.get('CONTENT_TYPE', '')
        body = (
            f'The request media type {kind} is not supported by this '
            'server.\n'
        )
    elif status == 501:
        body = (
            f'\nThe request method {method} is not implemented for this '
            'server. '
        )
    else:
        return _stripped(f'{explanation}{_BREAK}{detail}\n\n')
    return _stripped(f'{body}{_BREAK}{detail}')


def _stripped(text: str) -> str:
    text = text.replace('\n', ' ').replace('\r', '')
    text = without(text, '<br', '\n')
    text = text.replace('<!--', '').replace('-->', '')
    return without(text, '<', '')


def without(text: str, start: str, instead: str) -> str:
    """Put something in the place of everything from a start to a ``>``."""
    # One pass: a pattern like <.*?> looks for the end again and again.
    parts = []
    at = 0
    lowered = text.lower() if text.isascii() else _ascii_lower(text)
    while True:
        begin = lowered.find(start, at)
        end = text.find('>', begin + len(start)) if begin >= 0 else -1
        if end < 0:
            parts.append(text[at:])
            return ''.join(parts)
        parts.append(text[at:begin])
        parts.append(instead)
        at = end + 1


def without_comments(text: str) -> str:
    """Return a text without what stands between ``<!--`` and ``-->``."""
    first, *pieces = text.split('<!--')
    kept = [first]
    for piece in pieces:
        # Within a comment a second beginning means nothing.
        kept.append(piece.partition('-->')[2])
    return ''.join(kept)


def _ascii_lower(text: str) -> str:
    # str.lower can change the length, and the places are needed.
    return text.translate(_LOWER)


_LOWER = {code: code + 32 for code in range(ord('A'), ord('Z') + 1)}
