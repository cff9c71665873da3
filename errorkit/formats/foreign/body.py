# SPDX-License-Identifier: Apache-2.0
"""What a body is, whatever its Content-Type says: JSON, a page, text.

Servers send HTML under ``application/json`` and JSON under ``text/html``, in
charsets that they do not name or name wrongly. So the bytes are asked first.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NamedTuple


class Parsed(NamedTuple):
    """A body that was looked at once."""

    kind: str
    """``json``, ``page``, ``text`` or ``empty``"""
    data: Any
    """the parsed JSON, or the text"""


_EMPTY = Parsed('empty', '')
_MARKS = (
    (codecs.BOM_UTF8, 'utf-8'),
    # The first two bytes of UTF-32's mark are those of UTF-16's.
    (codecs.BOM_UTF32_LE, 'utf-32'),
    (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)
# Charsets of text. Python knows others by such names, which run programs of
# their own: unicode_escape, punycode, utf-7.
_CHARSET = re.compile(
    r'(?:utf[-_]?(?:8|16|32)(?:[-_]?[bl]e)?'
    r'|us-ascii|ascii|latin-?[0-9]{1,2}'
    r'|(?:iso[-_]?8859|windows|koi8|cp|euc|iso-2022)[-_]?[a-z0-9]{1,5}'
    r'|shift_jis|gbk|gb2312|gb18030|big5)'
)
# How a page begins. What begins otherwise is one only where the
# Content-Type says so: <cake> may be the first word of a text.
_PAGE = (
    '<!doctype',
    '<html',
    '<head',
    '<body',
    '<title>',
    '<h1',
    '<?xml',
    '<!--',
)
_BLANK = ' \t\r\n'


def parse(content_type: str, body: bytes) -> Parsed:
    """Find out what a body is. Never raises.

    :param content_type: the Content-Type, or an empty string
    :param body: the whole body, of any size
    """
    said = content_type.lower()
    try:
        text = body.decode() if body.isascii() else decoded(said, body)
        if '\0' in text[:4]:
            text = decoded(said, body)
    except Exception:  # whatever a codec does
        text = body.decode('latin-1')
    begin = text[:256].lstrip(_BLANK)
    if not begin:
        text = text.lstrip(_BLANK)
        begin = text[:256]
        if not begin:
            return _EMPTY
    first = begin[0]
    if first in '{[' or 'json' in said:
        try:
            return Parsed('json', json.loads(text))
        except ValueError:
            found = _with_long_numbers(text)
            if found is not None:
                return found
        except RecursionError:
            pass
    elif 'html' in said or 'xml' in said:
        return Parsed('page', text)
    if first == '<' and begin.lower().startswith(_PAGE):
        # What calls itself plain text may speak of a tag.
        end = text[-64:].lower()
        if 'text/plain' not in said or '</html>' in end or '</body>' in end:
            return Parsed('page', text)
    return Parsed('text', text)


def _with_long_numbers(text: str) -> Parsed | None:
    # Python refuses to read a number of more than 4300 digits.
    try:
        return Parsed('json', json.loads(text, parse_int=str))
    except (ValueError, RecursionError):
        return None


def decoded(said: str, body: bytes) -> str:
    """Return the text of bytes; every byte of it, where it can be done.

    :param said: the Content-Type, in lower case
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body.decode(charset, 'replace').lstrip('\ufeff')
    if body[:4].count(0):
        return body.decode(json.detect_encoding(body), 'replace')
    at = said.find('charset=')
    if at >= 0:
        charset = said[at + 8 : at + 48].partition(';')[0].strip(' "\'')
        if charset != 'utf-8' and _CHARSET.fullmatch(charset):
            try:
                return body.decode(charset)
            except (LookupError, ValueError):
                pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        text = body.decode('utf-8', 'replace')
    # One bad byte among good UTF-8, or another charset altogether?
    if text.replace('\ufffd', '').isascii():
        return body.decode('cp1252', 'replace')
    return text
