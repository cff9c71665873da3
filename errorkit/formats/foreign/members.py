# SPDX-License-Identifier: Apache-2.0
"""What one object of JSON says by itself: text, title, code and the rest."""

from __future__ import annotations

from typing import Any

from errorkit import codes, ids
from errorkit.error import Error
from errorkit.formats import webob_body
from errorkit.formats.composed import without_comments
from errorkit.formats.foreign import fields, links, private, reasons


def own(
    status: int,
    data: dict[str, Any],
    title: str,
    texts: list[str],
    has_more: bool,
) -> Error:
    """Return the Error of an object's own members.

    :param status: the response's
    :param data: the object
    :param title: its title, or an empty string
    :param texts: its texts for people, the most telling first
    :param has_more: other errors stand in it: a text that only repeats the
        status says nothing then
    """
    code = data.get('code')
    if len(texts) == 1 and not has_more:
        detail = texts[0]
        if '<br /><br />' in detail and data.keys() == _WEBOB:
            detail, code = _webob(detail, code)
    else:
        telling = _telling(status, texts)
        if not telling and not has_more:
            telling = texts[:1]
        detail = '\n'.join(telling)
    if detail and (
        private.is_text(detail) or ('faultstring' in data and _is_bug(data))
    ):
        detail = ''
    if title:
        title = reasons.without_number(status, title)
        if private.is_text(title):
            title = ''
    request_id = data.get('request_id')
    return Error(
        status,
        title,
        detail,
        code if codes.is_valid(code) else None,
        request_id
        if isinstance(request_id, str) and ids.is_valid(request_id, False)
        else None,
        links.of(data),
        _source(data),
    )


_WEBOB = {'message', 'code', 'title'}


def _webob(text: str, status_line: Any) -> tuple[str, str | None]:
    found = webob_body.split(str(status_line), text)
    if found is None:
        return without_comments(text), None
    return found.detail or found.explanation, found.comment


def _telling(status: int, texts: list[str]) -> list[str]:
    """Return the texts that say what no other says."""
    found: list[str] = []
    for text in texts:
        if (
            text in found
            or (' ' not in text and text.replace('_', '').isalnum())
            or reasons.repeats(status, text)
            or reasons.is_standard(status, text)
        ):
            continue
        found.append(text)
    return found


def _is_bug(data: dict[str, Any]) -> bool:
    # WSME's faultstring is then the text of whatever was raised.
    return str(data.get('faultcode')).lower().endswith('server')


def _source(data: dict[str, Any]) -> dict[str, str] | None:
    source = data.get('source')
    if isinstance(source, dict):
        for name in ('pointer', 'parameter', 'header'):
            value = source.get(name)
            if isinstance(value, str) and (
                value[:1] in ('/', '') if name == 'pointer' else value
            ):
                return {name: value}
    return fields.source_of(data.get('loc')) or fields.pointer_of(
        data.get('pointer')
    )
