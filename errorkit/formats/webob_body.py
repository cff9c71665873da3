# SPDX-License-Identifier: Apache-2.0
"""What webob writes when an error answers for itself, read back.

A handler under plain ``webob.dec.wsgify`` turns its error into a response
before anything outside can see an exception. The text and the comment are
still in the body: webob fills a fixed template with them. Its HTML is
escaped and therefore unambiguous, its JSON holds the text as it is; its plain
text has lost both, which is why ``negotiation.inner`` makes it write one of
the others.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from errorkit import codes
from errorkit.error import MAX_DETAIL
from errorkit.formats.composed import without, without_comments

# Of a body no more is read than can be shown: its beginning, in which every
# character takes twelve bytes at most, and its end, where the comment is.
_HEAD = (MAX_DETAIL + 1) * 12 + 4096
_TAIL = 2048

_BREAK = '<br /><br />\n'
_COMMENT = '\n<!-- '
_COMMENT_END = ' -->\n'
_HTML_BEFORE = '<html>\n <head>\n  <title>'
_JSON_BEFORE = '{"message": "'
_BEGINNINGS = (_HTML_BEFORE.encode(), _JSON_BEFORE.encode())
_HTML_TITLE = '</title>\n </head>\n <body>\n  <h1>'
_HTML_BODY = '</h1>\n  '
_HTML_AFTER = '\n </body>\n</html>'

# How the four templates begin that have no place for the comment.
_WITHOUT_COMMENT = {
    '405': 'The method ',
    '406': 'The resource could not be generated that was acceptable ',
    '415': 'The request media type ',
    '501': '\nThe request method ',
}

# What webob's html_escape writes. html.unescape reads the numbers 128 to 159
# as Windows characters and drops others, so it would alter the text.
_NUMBER = re.compile(r'&#([0-9]{2,7});')
_NAMED = (
    ('&#x27;', "'"),
    ('&quot;', '"'),
    ('&gt;', '>'),
    ('&lt;', '<'),
    ('&amp;', '&'),
)
_LONGEST = len('&#1114111;')


class Found(NamedTuple):
    """What webob put into a body: any of it may be empty."""

    explanation: str
    detail: str
    comment: str


def may_be(content_type: str) -> bool:
    """Tell whether webob can have made a body of this Content-Type."""
    return content_type.startswith(('application/json', 'text/html'))


def begins(body: bytes) -> bool:
    """Tell whether a body begins as webob's do."""
    return body.startswith(_BEGINNINGS)


def load(status: str, content_type: str, body: bytes) -> Found | None:
    """Read back what a handler gave to a webob exception.

    :param status: the response's status line
    :param content_type: its Content-Type
    :param body: the whole body
    :returns: None when webob did not make this body
    """
    head = body[:_HEAD].decode('utf-8', 'replace')
    tail = body[-_TAIL:].decode('utf-8', 'replace')
    whole = len(body) <= _HEAD
    if content_type.startswith('application/json'):
        return _load_json(status, head, tail, whole)
    if content_type.startswith('text/html'):
        return _load_html(status, head, tail, whole)
    return None


def _load_json(
    status: str, head: str, tail: str, whole: bool
) -> Found | None:
    after = f'", "code": {json.dumps(status)}, "title": "'
    if not head.startswith(_JSON_BEFORE) or after not in tail:
        return None
    if whole:
        try:
            found = json.loads(head)
        except (ValueError, RecursionError):
            return None
        if set(found) != {'message', 'code', 'title'}:
            return None
        message = str(found['message'])
        return split(status, message) or Found('', _plain(message), '')
    text = _unquoted(head[len(_JSON_BEFORE) :])
    comment = tail[: tail.rindex(after)].rpartition(r'\n<!-- ')[2]
    return _cut(text, comment, r' -->\n')


def _unquoted(text: str) -> str:
    # The cut may have gone through an escape.
    for end in range(len(text), len(text) - 12, -1):
        try:
            return str(json.loads(f'"{text[:end]}"'))
        except ValueError:
            continue
    return ''


def _load_html(
    status: str, head: str, tail: str, whole: bool
) -> Found | None:
    shown = status.replace('&', '&amp;')
    for title in (status, shown):
        page = _HTML_BEFORE + title + _HTML_TITLE + title + _HTML_BODY
        if head.startswith(page) and tail.endswith(_HTML_AFTER):
            break
    else:
        return None
    if whole:
        text = head[len(page) : -len(_HTML_AFTER)]
        found = split(status, text) or Found('', _plain(text), '')
    else:
        comment = tail[: -len(_HTML_AFTER)].rpartition(_COMMENT)[2]
        text = head[len(page) :]
        # The cut may have gone through an entity.
        text = text[: max(text.rfind('&'), len(text) - _LONGEST)]
        found = _cut(text, comment, _COMMENT_END)
    return Found(
        _unescaped(found.explanation),
        _unescaped(found.detail),
        _unescaped(found.comment),
    )


def _cut(text: str, comment: str, end: str) -> Found:
    """Return what can be had of a text whose middle was not read."""
    explanation, found, detail = text.partition(_BREAK)
    if not found:
        explanation, detail = '', ''
    return Found(
        explanation,
        # The comment may begin in what was read, and is not to be shown.
        detail.partition(_COMMENT)[0],
        comment[: -len(end)] if comment.endswith(end) else '',
    )


def _plain(text: str) -> str:
    """Return the text of a template not known here: no comment, no tags."""
    return without(without_comments(text), '<', '').strip()


def split(status: str, text: str) -> Found | None:
    """Take apart the text webob's template was filled to.

    Without escapes (in JSON) a comment that holds the comment's own mark and
    a valid code behind it cannot be told from a text that holds the mark.

    :param status: the response's status line
    :param text: with or without escapes, as the template had it
    :returns: None when it is of no template known here
    """
    explanation, found, detail = text.partition(_BREAK)
    if not found:
        return None
    bare = _WITHOUT_COMMENT.get(status[:3])
    if bare is not None and text.startswith(bare):
        return Found('', detail, '')
    if detail.endswith('\n\n'):
        return Found(explanation, detail[:-2], '')
    at = detail.rfind(_COMMENT)
    if at < 0 or not detail.endswith(_COMMENT_END):
        return None
    comment = detail[at + len(_COMMENT) : -len(_COMMENT_END)]
    if not codes.is_valid(comment):
        # It may hold the mark itself. Rather lose some of the text than show
        # a part of the comment.
        at = detail.find(_COMMENT)
    return Found(explanation, detail[:at], comment)


def _unescaped(text: str) -> str:
    # Only so much of it can be shown; the cut comes before the work.
    text = text[: (MAX_DETAIL + 1) * _LONGEST]
    if '&' in text:
        text = _NUMBER.sub(
            lambda match: _character(match[1]), text, count=MAX_DETAIL + 1
        )
        for entity, character in _NAMED:
            text = text.replace(entity, character)
    return text


def _character(number: str) -> str:
    try:
        return chr(int(number))
    except (ValueError, OverflowError):
        return '\N{REPLACEMENT CHARACTER}'
