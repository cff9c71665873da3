# SPDX-License-Identifier: Apache-2.0
"""The headers of an answer: its own, those that were given, and one Vary."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from errorkit import _headers

# They describe the body that is replaced; RFC 9110 section 8.
_REPLACED = frozenset(
    [
        'content-type',
        'content-length',
        'content-encoding',
        'content-md5',
        'etag',
        'digest',
        'content-digest',
        'repr-digest',
        # not of the entity, but of how its bytes would have been sent
        'transfer-encoding',
        # ours says the same
        'x-content-type-options',
        'openstack-error-code',
        # for us, see answering.reshaping
        'x-errorkit',
    ]
)
# Those of them that each webob error has, as it spells them.
_WEBOBS = frozenset(['Content-Type', 'Content-Length'])

NOSNIFF = ('X-Content-Type-Options', 'nosniff')
NO_STORE = ('Cache-Control', 'no-store')


def completed(
    own: _headers.Headers,
    given: Iterable[tuple[str, str]],
    language: str | None,
    vary: str,
    versions: tuple[tuple[str, str], ...],
) -> _headers.Headers:
    """Return all headers of an answer.

    :param own: those of its body; the others are added to it
    :param given: of what was raised; what describes its body is left out
    :param language: of the answer's texts, where it is said
    :param vary: what the answer varies by, beside the version
    :param versions: the version's headers, or none
    :raises InvalidResponse: a given header cannot be sent
    """
    cached = False
    for name, value in given:
        if name in _WEBOBS:
            continue
        lowered = name.lower()
        if lowered in _REPLACED or (
            versions and lowered in _names_of(versions)
        ):
            continue
        if lowered == 'content-language' and language:
            continue
        if lowered == 'vary':
            vary = f'{vary}, {value}'
            continue
        cached = cached or lowered == 'cache-control'
        _headers.check_header(name, value)
        own.append((name, value))
    if not cached:
        own.append(NO_STORE)
    if versions or ',' in vary:
        own += _last_headers(vary, versions)
    else:
        own.append(('Vary', vary))
    return own


def retry_after_of(headers: Iterable[tuple[str, str]]) -> str | None:
    """Return the value of Retry-After, or None."""
    for name, value in headers:
        if name.lower() == 'retry-after':
            return value
    return None


@functools.lru_cache(maxsize=256)
def _last_headers(
    vary: str, versions: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Return the headers of the version, and all that the answer varies by."""
    listed = ', '.join(
        [vary, *(value for name, value in versions if name == 'Vary')]
    )
    others = [item for item in versions if item[0] != 'Vary']
    return (*others, ('Vary', _merged(listed)))


def _merged(vary: str) -> str:
    listed = [item.strip() for item in vary.split(',')]
    if '*' in listed:
        return '*'
    # The first spelling of each, in order.
    named = {item.lower(): item for item in reversed(listed) if item}
    return ', '.join(reversed(named.values()))


@functools.lru_cache(maxsize=256)
def _names_of(versions: tuple[tuple[str, str], ...]) -> frozenset[str]:
    return frozenset(name.lower() for name, _ in versions) - {'vary'}
