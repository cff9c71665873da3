# SPDX-License-Identifier: Apache-2.0
"""The codes as a table: Markdown (GitHub's) and reStructuredText.

Whatever a text holds stays text: no markup of it is taken for ours.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable

from errorkit.codes import Catalog, ErrorCode, lock
from errorkit.export import facts

_COLUMNS = ('Code', 'Status', 'Title', 'Meaning', 'Since', 'Retry', 'Notes')

# An underscore between letters is one in both languages, and a URL keeps it.
_LONE = r'(?<![^\W_])_|_(?![^\W_])'
# CommonMark 0.31, section 2.4: any ASCII punctuation may be escaped. These
# begin something inside a line; so does & as the start of a reference.
_MARKDOWN = re.compile(rf'[\\`*<>\[\]|~&$]|{_LONE}')
_RST = re.compile(rf'[\\`*|]|:(?=:)|(?<=:):|{_LONE}')
# A line that begins like this begins a paragraph and no list or the like.
_PROSE = re.compile(r'[^\W\d_]+(?![\w.)])')
_BLANK = re.compile(r'[\s\x00-\x1f\x7f-\x9f]+')

Text = Callable[[str], str]


def markdown(text: str) -> str:
    """Return a text for a line of Markdown, so that it shows as it is."""
    return _MARKDOWN.sub(r'\\\g<0>', _one_line(text))


def rst(text: str) -> str:
    """Return a text for a line of reStructuredText, shown as it is."""
    escaped = _RST.sub(r'\\\g<0>', _one_line(text))
    if not escaped:
        return ''
    return escaped if _PROSE.match(escaped) else f'\\ {escaped}'


def _one_line(text: str) -> str:
    return _BLANK.sub(' ', text).strip()


def markdown_table(catalog: Catalog) -> str:
    """Return the table in Markdown."""
    rows = [_COLUMNS, ('---',) * len(_COLUMNS)]
    for code in facts.listed(catalog):
        rows.append(tuple(_row(code, markdown, _markdown_link, '`')))
    return ''.join(f'| {" | ".join(row)} |\n' for row in rows)


def rst_table(catalog: Catalog) -> str:
    """Return the table in reStructuredText, a ``list-table``."""
    lines = ['.. list-table::', '   :header-rows: 1', '']
    rows = [[*_COLUMNS]]
    for code in facts.listed(catalog):
        rows.append(_row(code, rst, _rst_link, '``'))
    for row in rows:
        for number, cell in enumerate(row):
            lines.append(f'   {"  " if number else "* "}- {cell}'.rstrip())
    return '\n'.join(lines) + '\n'


def _row(
    code: ErrorCode, text: Text, link: Callable[[str], str], quote: str
) -> list[str]:
    notes = ['retired'] if code.retired else []
    for fact in facts.changes(code):
        shown = text(fact.text)
        if fact.kind == 'code':
            shown = f'{quote}{fact.text}{quote}'
        notes.append(f'{fact.name} {shown}')
    if code.help and facts.is_web(code.help):
        notes.append(link(code.help))
    return [
        f'{quote}{code}{quote}',
        facts.statuses(code),
        text(facts.title(code)),
        text(code.meaning),
        lock.dotted(code.since) or '',
        code.retry or '',
        '; '.join(notes),
    ]


# What may stand in a URL (RFC 3986) but for the signs that end a link, or
# that begin something in one of the languages.
_SAFE = "/%:@!$'+,;=?#"


def _markdown_link(url: str) -> str:
    safe = urllib.parse.quote(url, safe=_SAFE + '&', errors='replace')
    return f'[help](<{safe}>)'.replace('&', '\\&')


def _rst_link(url: str) -> str:
    safe = urllib.parse.quote(url, safe=_SAFE + '&', errors='replace')
    if safe.endswith('_'):
        safe = f'{safe[:-1]}\\_'
    return f'`help <{safe}>`__'
