# SPDX-License-Identifier: Apache-2.0
"""Secrets by their form: keys, users of URLs, tokens, credentials."""

from __future__ import annotations

import base64
import re

MASK = '***'

_FERNET = re.compile(r'gAAAAA[A-Za-z0-9_-]{20,}+={0,2}')
_JWT = re.compile(r'eyJ[A-Za-z0-9_-]{5,}+((?:\.[A-Za-z0-9_-]*+){1,4}+)?')
# Of ASCII alone: four more letters have a small or capital one in A-Z.
_FOLDED = re.IGNORECASE | re.ASCII
_BEARER = re.compile(
    r'(bearer[ \t]{1,4}+)([A-Za-z0-9._~+/=-]{6,}+)', _FOLDED
)
_BASIC = re.compile(
    r'(basic[ \t]{1,4}+)([A-Za-z0-9+/]{4,}+={0,2})', _FOLDED
)
_AWS_ID = re.compile('(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])')
_URLS = re.compile(r'://([^\s"\'<>]++)')
_AUTHORITY = re.compile('[^/?#]*+')
_PORT = re.compile('.*:[0-9]{0,5}')
_KEY_LINE = re.compile(
    '-----(BEGIN|END) (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----'
)
# Of a key without its end: the first line, old headers, Base64.
_HALF_KEY = re.compile(
    r'-----BEGIN [A-Z0-9 ]{0,99}-----'
    r'(?:\s{0,9}(?:Proc-Type|DEK-Info): [A-Z0-9,-]{0,99}+){0,2}'
    r'[A-Za-z0-9+/=|\s\\]*+'
)
_KEY_END = re.compile(r'[A-Za-z0-9+/=|\s\\]*+')


def without_blocks(text: str) -> str:
    """Mask private keys, and the users and passwords of URLs."""
    if 'PRIVATE KEY' in text:
        text = _without_keys(text)
    if '@' in text and '://' in text:
        text = _URLS.sub(_without_users, text)
    return text


def without_tokens(text: str, low: str) -> str:
    """Mask tokens and credentials of a known form.

    :param low: the text in small letters, with or without names' secrets
    """
    if 'gAAAAA' in text:
        text = _FERNET.sub(MASK, text)
    if 'eyJ' in text:
        text = _JWT.sub(_masked_jwt, text)
    if 'bearer' in low:
        text = _BEARER.sub(_masked_bearer, text)
    if 'basic' in low:
        text = _BASIC.sub(_masked_basic, text)
    if 'AKIA' in text or 'ASIA' in text:
        text = _AWS_ID.sub(MASK, text)
    return text


def _without_keys(text: str) -> str:
    """Mask private keys, and what is left of one whose half was cut off."""
    parts = []
    done = 0
    begun = None
    for line in _KEY_LINE.finditer(text):
        if begun is not None and line[1] == 'BEGIN':
            parts += [text[done:begun], MASK]
            done = _end_of_half(text, begun)
        if line[1] == 'BEGIN':
            begun = line.start()
            continue
        start = begun
        if start is None:
            start = line.start() - _length_of_key(text, done, line.start())
        parts += [text[done:start], MASK]
        begun, done = None, line.end()
    if begun is not None:
        parts += [text[done:begun], MASK]
        done = _end_of_half(text, begun)
    return ''.join(parts) + text[done:]


def _end_of_half(text: str, start: int) -> int:
    found = _HALF_KEY.match(text, start)
    return found.end() if found else start


def _length_of_key(text: str, start: int, end: int) -> int:
    """Return how much before an end may be of a key."""
    found = _KEY_END.match(text[start:end][::-1])
    return found.end() if found else 0


def _without_users(found: re.Match[str]) -> str:
    # What looks like one URL may hold others.
    return '://' + '://'.join(map(_without_user, found[1].split('://')))


def _without_user(url: str) -> str:
    """Mask user and password at the beginning of a URL without its scheme."""
    found = _AUTHORITY.match(url)
    end = found.end() if found else 0
    authority = url[:end]
    at = authority.rfind('@')
    if (
        at < 0
        and ':' in authority
        and not authority.startswith('[')
        and not _PORT.fullmatch(authority)
    ):
        # No port: a password with a character that should be escaped.
        at = url.rfind('@')
    return MASK + url[at:] if at > 0 else url


def _masked_jwt(found: re.Match[str]) -> str:
    return MASK if found[1] else found[0]


def _masked_bearer(found: re.Match[str]) -> str:
    token = found[2]
    if len(token) < 20 and not any(map(str.isdigit, token)):
        return found[0]  # a word, as in "bearer tokens"
    return found[1] + MASK


def _masked_basic(found: re.Match[str]) -> str:
    coded = found[2].rstrip('=')
    coded = coded[: len(coded) - (len(coded) % 4 == 1)]
    try:
        told = base64.b64decode(coded + '=' * (-len(coded) % 4))
    except ValueError:  # no Base64
        return found[0]
    return found[1] + MASK if b':' in told else found[0]
