# SPDX-License-Identifier: Apache-2.0
"""A tree as one page that needs nothing else: no server, no other file.

The page's own style and script are allowed by their hashes and nothing else
is, so that a log line could not run even if it were ever taken for markup. It
is not: the lines are data, and the script shows them as text.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import importlib.resources
import json
import re
from typing import Any

from errorkit.trace.records import Record
from errorkit.trace.safe import escaped, escaped_lines
from errorkit.trace.spans import NOTABLE_SHIFT, Span, Tree
from errorkit.trace.text import shifted

#: In the order in which they build upon each other.
_SCRIPTS = (
    'model.js', 'drawing.js', 'list.js', 'tree.js', 'log.js', 'main.js',
)
_PLACE = re.compile(r'\{\{(\w+)\}\}')
# What could end the element, or a line of a script.
_UNSAFE = {
    ord(character): f'\\u{ord(character):04x}'
    for character in '<>&\x7f\u2028\u2029'
}


def page(tree: Tree) -> str:
    """Return the page.

    Whatever the logs hold, it has characters that UTF-8 has a form for, and
    no control but the line feed.
    """
    template, style, script = _files()
    filled = {
        'policy': (
            f"default-src 'none'; script-src '{_hash(script)}'; "
            f"style-src '{_hash(style)}'; base-uri 'none'; "
            "form-action 'none'"
        ),
        'title': html.escape(escaped(f'Trace of {tree.wanted or "logs"}')),
        'style': style,
        'script': script,
        'data': data(tree),
    }
    parts = _PLACE.split(template)
    parts[1::2] = (filled[name] for name in parts[1::2])
    return ''.join(parts)


@functools.cache
def _files() -> tuple[str, str, str]:
    folder = importlib.resources.files('errorkit.trace') / 'page'

    def read(name: str) -> str:
        return (folder / name).read_text('utf-8')

    scripts = '\n'.join(map(read, _SCRIPTS))
    script = f"(() => {{\n'use strict';\n{scripts}}})();\n"
    return read('page.html'), f'\n{read("page.css")}', f'\n{script}'


def _hash(text: str) -> str:
    """Return what names an element's text in a policy (CSP 3, 8.3)."""
    digest = hashlib.sha256(text.encode()).digest()
    return f'sha256-{base64.b64encode(digest).decode("ascii")}'


def data(tree: Tree) -> str:
    """Return what the page shows, as JSON that markup cannot end."""
    spans: list[dict[str, Any]] = []
    records: list[list[Any]] = []
    for span in tree.spans:
        first = len(records)
        records += map(_record, span.records, span.offsets)
        spans.append(_span(span, first, len(records)))
    given = {
        'wanted': _shown(tree.wanted),
        'started': _stamp(tree.started),
        'duration': tree.duration,
        'asked': tree.marked,
        'culprit': tree.culprit,
        'notable': NOTABLE_SHIFT,
        'shifts': [escaped(shifted(one)) for one in tree.notable_shifts],
        'spans': spans,
        'records': records,
    }
    text = json.dumps(given, ensure_ascii=False, separators=(',', ':'))
    return text.translate(_UNSAFE)


def _shown(text: str | None) -> str | None:
    return None if text is None else escaped(text)


def _stamp(stamp: Any) -> str | None:
    return None if stamp is None else str(stamp.isoformat(sep=' '))


def _span(span: Span, first: int, last: int) -> dict[str, Any]:
    return {
        'parent': span.parent,
        'depth': span.depth,
        'kind': span.kind.value,
        'id': _shown(span.request_id),
        'global': _shown(span.global_request_id),
        'service': _shown(span.service),
        'others': [escaped(name) for name in span.others],
        'host': _shown(span.host),
        'method': _shown(span.method),
        'path': _shown(span.path),
        'started': _stamp(span.started),
        'begin': span.begin,
        'duration': span.duration,
        'measured': span.measured,
        'until': span.until,
        'shift': span.shift,
        'status': span.status,
        'code': _shown(span.code),
        'failed': span.failed,
        'error': span.error,
        'first': first,
        'last': last,
    }


def _record(record: Record, begin: float | None) -> list[Any]:
    return [
        begin,
        _stamp(record.timestamp),
        _shown(record.level),
        _shown(record.service),
        _shown(record.logger),
        escaped(record.message),
        escaped(record.source),
        record.line,
        escaped_lines(record.text),
    ]
