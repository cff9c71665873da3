# SPDX-License-Identifier: Apache-2.0
"""The wire formats, and the choice among them for a request.

A format is a module with ``CONTENT_TYPE`` and ``dump``. JSON is the answer
unless the client truly prefers another.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from webob.acceptparse import AcceptValidHeader, create_accept_header

from errorkit import keys
from errorkit.error import Error
from errorkit.formats import api_sig, html, text
from errorkit.formats.webob_body import MAX_ACCEPT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_OFFERS = ('application/json', 'text/html', 'text/plain')


def content(
    name: str, errors: Sequence[Error], truncated: bool, language: str
) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    """Write errors in a format.

    :param name: what ``negotiate`` returned
    :param errors: the response's own error first
    :param truncated: there were more of them
    :param language: of the details
    :returns: the Content-Type, further headers, and the body
    """
    if name == _OFFERS[0]:
        return api_sig.CONTENT_TYPE, (), api_sig.dump(errors, truncated)
    if name == 'text/html':
        page = html.dump(errors, truncated, language)
        return html.CONTENT_TYPE, html.HEADERS, page
    return text.CONTENT_TYPE, (), text.dump(errors, truncated)


def restore_accept(environ: WSGIEnvironment) -> None:
    """Give an application back the client's own Accept.

    What it makes of it from here on is its response and goes out as it is.
    """
    if keys.ACCEPT in environ:
        accept = environ.pop(keys.ACCEPT)
        if accept is None:
            del environ['HTTP_ACCEPT']
        else:
            environ['HTTP_ACCEPT'] = accept


def negotiate(accept: str | None) -> str:
    """Choose the media type of an error for an Accept header.

    No header, a wildcard, a parameter, a ``+json`` type, a tie and whatever
    cannot be parsed all mean JSON (RFC 9110 section 12.5.1 gives the
    qualities; that JSON wins a tie is our rule).

    :param accept: the header's value, or None
    :returns: ``application/json``, ``text/html`` or ``text/plain``
    """
    if not accept or len(accept) > MAX_ACCEPT:
        return _OFFERS[0]
    return _negotiated(accept)


@functools.lru_cache(maxsize=256)
def _negotiated(accept: str) -> str:
    header = create_accept_header(accept)
    if not isinstance(header, AcceptValidHeader):
        return _OFFERS[0]
    ranges = [
        (item[0].partition(';')[0].strip().lower(), item[1])
        for item in header.parsed or ()
    ]
    qualities = [_quality(ranges, offer) for offer in _OFFERS]
    qualities[0] = max(
        [qualities[0]] + [q for range_, q in ranges if _is_json(range_)]
    )
    best = max(qualities)
    return _OFFERS[qualities.index(best)] if best > 0 else _OFFERS[0]


def _quality(ranges: list[tuple[str, float]], offer: str) -> float:
    # The most specific range that matches decides.
    kind = offer.partition('/')[0]
    for wanted in (offer, f'{kind}/*', '*/*'):
        found = [quality for range_, quality in ranges if range_ == wanted]
        if found:
            return max(found)
    return 0.0


def _is_json(range_: str) -> bool:
    return range_.startswith('application/') and range_.endswith('+json')


def choose_language(
    accept_language: str | None, available: tuple[str, ...]
) -> str:
    """Choose the language of a text.

    :param accept_language: the header's value, or None
    :param available: locale names such as ``de`` or ``pt_BR``; the first is
        the one to fall back on
    """
    if not accept_language or len(accept_language) > MAX_ACCEPT:
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
