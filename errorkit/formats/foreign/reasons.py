# SPDX-License-Identifier: Apache-2.0
"""What only repeats the status: its reason phrase, its explanation."""

from __future__ import annotations

import functools
import http

import webob.exc

from errorkit import error

# What servers and frameworks say in place of the registered phrase.
_ALIASES = {
    400: ('Bad request syntax or unsupported method',),
    404: ('Page not found', 'File not found'),
    408: ('Request Time-out',),
    413: ('Payload Too Large', 'Content Too Large', 'Request Too Large'),
    414: (
        'Request-URI Too Large',
        'Request URI Too Long',
        'Request-URI Too Long',
        'URI Too Long',
    ),
    416: ('Requested Range Not Satisfiable', 'Range Not Satisfiable'),
    418: ("I'm a Teapot",),
    422: ('Unprocessable Content', 'Unprocessable Entity'),
    500: ('Server Error', 'Application Error'),
    503: ('Service Temporarily Unavailable',),
    504: ('Gateway Time-out',),
}
_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}
_LONGEST = 96


def repeats(status: int, text: str) -> bool:
    """Tell whether a text is the status' reason phrase, or status line.

    :param status: the response's
    :param text: a line; its case does not matter
    """
    return len(text) <= _LONGEST and text.strip(' .').lower() in _forms(
        status
    )


@functools.lru_cache(maxsize=512)
def _forms(status: int) -> frozenset[str]:
    phrases = {
        error.title_of(status),
        _PHRASES.get(status, ''),
        *_ALIASES.get(status, ()),
        'Error',
        'Unknown',
        'Unknown Error',
        '',
    }
    found = set()
    for phrase in phrases:
        for form in (
            '{1}',
            '{0}',
            '{0} {1}',
            '{0} - {1}',
            '{0}: {1}',
            '{0} error: {1}',
            '{1} ({0})',
            '({0}) {1}',
            'error {0}: {1}',
            'error: {0} {1}',
            'error {0}',
            'error code: {0}',
            'http {0} {1}',
            'http error {0}',
            'http/1.0 {0} {1}',
            'http/1.1 {0} {1}',
        ):
            found.add(form.format(status, phrase).strip(' .').lower())
    return frozenset(found - {''})


def without_number(status: int, title: str) -> str:
    """Return a title without the status in front: ``404 Not Found``."""
    number = f'{status} '
    return title[len(number) :] if title.startswith(number) else title


_STANDARD = {
    status: ' '.join(kind.explanation.split())
    for status, kind in webob.exc.status_map.items()
    if status >= 400
}


def is_standard(status: int, text: str) -> bool:
    """Tell whether a text is webob's explanation of the status."""
    standard = _STANDARD.get(status)
    return (
        standard is not None
        and len(text) <= len(standard) + 32
        and ' '.join(text.split()) == standard
    )
