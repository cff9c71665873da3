# SPDX-License-Identifier: Apache-2.0
"""What a client accepts: the format, the language, and webob's share.

JSON is the answer unless the client truly prefers another. An application
inside may be shown an Accept that makes webob write what can be read back.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from webob.acceptparse import AcceptValidHeader, create_accept_header

from errorkit import keys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: Accept headers beyond this many characters are not parsed.
MAX_LENGTH = 512

# In the order in which they win a tie.
_OFFERS = {
    'problem': 'application/problem+json',
    'json': 'application/json',
    'html': 'text/html',
    'text': 'text/plain',
}
_LAST = ', text/html;q=0.001'


def negotiate(accept: str | None) -> str:
    """Choose the kind of an error's body for an Accept header.

    No header, a wildcard, a parameter, a ``+json`` type, a tie and whatever
    cannot be parsed all mean JSON (RFC 9110 section 12.5.1 gives the
    qualities; that JSON wins a tie is our rule). Problem details are for a
    client that names them, no less than it wants plain JSON.

    :param accept: the header's value, or None
    :returns: ``json``, ``problem``, ``html`` or ``text``
    """
    if not accept or len(accept) > MAX_LENGTH:
        return 'json'
    return _negotiated(accept)


@functools.lru_cache(maxsize=256)
def _negotiated(accept: str) -> str:
    header = create_accept_header(accept)
    if not isinstance(header, AcceptValidHeader):
        return 'json'
    ranges = [
        (item[0].partition(';')[0].strip().lower(), item[1])
        for item in header.parsed or ()
    ]
    qualities = {
        kind: _quality(ranges, offer) for kind, offer in _OFFERS.items()
    }
    named = [q for range_, q in ranges if range_ == _OFFERS['problem']]
    qualities['problem'] = max(named, default=0.0)
    qualities['json'] = max(
        [qualities['json']] + [q for range_, q in ranges if _is_json(range_)]
    )
    best = max(qualities.values())
    if best == 0:
        return 'json'
    return next(kind for kind in qualities if qualities[kind] == best)


def _quality(ranges: list[tuple[str, float]], offer: str) -> float:
    # The most specific range that matches decides.
    kind = offer.partition('/')[0]
    for wanted in (offer, f'{kind}/*', '*/*'):
        found = [quality for range_, quality in ranges if range_ == wanted]
        if found:
            return max(found)
    return 0.0


def _is_json(range_: str) -> bool:
    return (
        range_.startswith('application/')
        and range_.endswith('+json')
        and range_ != _OFFERS['problem']
    )


def inner(accept: str | None) -> str | None:
    """Return the Accept an application should see, or None for its own.

    Where nothing was said, ``*/*`` says the same and makes webob write HTML.
    Where neither HTML nor JSON is welcome, HTML is added as the very last
    choice: a service that offers JSON goes on answering 406 then.
    """
    if accept is not None and len(accept) > MAX_LENGTH:
        return accept + _LAST  # neither parsed nor remembered
    return _widened(accept)


@functools.lru_cache(maxsize=256)
def _widened(accept: str | None) -> str | None:
    if not accept or not accept.strip():
        return '*/*'
    if _is_readable(accept):
        return None
    if not _is_readable(accept + _LAST):
        # The client refuses HTML by name. It will not get any: we answer.
        accept = ','.join(
            part
            for part in accept.split(',')
            if not part.strip().lower().startswith(('text/html', 'text/*'))
        )
    return accept + _LAST if accept.strip() else 'text/html'


def _is_readable(accept: str) -> bool:
    header = create_accept_header(accept)
    return bool(
        header.acceptable_offers(['text/html', 'application/json'])
    )


def restore(environ: WSGIEnvironment) -> None:
    """Give an application back the client's own Accept.

    What it makes of it from here on is its response and goes out as it is.
    """
    if keys.ACCEPT in environ:
        accept = environ.pop(keys.ACCEPT)
        if accept is None:
            environ.pop('HTTP_ACCEPT', None)
        else:
            environ['HTTP_ACCEPT'] = accept


def choose_language(
    accept_language: str | None, available: tuple[str, ...]
) -> str:
    """Choose the language of a text.

    :param accept_language: the header's value, or None
    :param available: locale names such as ``de`` or ``pt_BR``; the first is
        the one to fall back on
    """
    if not accept_language or len(accept_language) > MAX_LENGTH:
        return available[0]
    return _chosen(accept_language, available)


@functools.lru_cache(maxsize=256)
def _chosen(accept_language: str, available: tuple[str, ...]) -> str:
    wanted = []
    for position, item in enumerate(accept_language.split(',')):
        tag, _, parameter = item.partition(';')
        quality = _language_quality(parameter)
        if quality > 0:
            wanted.append((-quality, position, tag.strip().lower()))
    by_tag = {name.lower().replace('_', '-'): name for name in available}
    for _, _, tag in sorted(wanted):
        # RFC 4647 section 3.4, lookup: cut the tag from its end.
        while tag:
            if tag in by_tag:
                return by_tag[tag]
            tag = tag.rpartition('-')[0]
    return available[0]


def _language_quality(parameter: str) -> float:
    name, _, value = parameter.partition('=')
    if not name.strip():
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
