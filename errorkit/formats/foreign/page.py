# SPDX-License-Identifier: Apache-2.0
"""A page of HTML, or an XML document: what is written on it for people."""

from __future__ import annotations

from typing import Any

from errorkit.error import Error
from errorkit.formats.foreign import (
    browsable,
    markup,
    plain,
    private,
    reasons,
    shapes,
)

# What HTML calls a tag. Whatever else stands in <> in a page, somebody
# forgot to escape: it is text.
_INLINE, _BLOCK, _HEAD, _SPECIAL, _NO_TAG = 1, 2, 3, 4, 5
_RAW = frozenset(
    [
        'address',
        'iframe',
        'math',
        'object',
        'script',
        'style',
        'svg',
        'template',
    ]
)
_KINDS = {
    name: kind
    for kind, names in (
        (
            _INLINE,
            'a abbr acronym b bdi bdo big cite code data del dfn em font i '
            'ins kbd label mark meter nobr progress q rp rt ruby s samp '
            'small span strike strong sub sup time tt u var wbr',
        ),
        (_NO_TAG, '! !- ?'),
        (
            _BLOCK,
            'area article aside audio blockquote body br button canvas '
            'caption center col colgroup dd details dialog dir div dl dt '
            'embed fieldset figcaption figure footer form frame frameset h1 '
            'h2 h3 h4 h5 h6 header hgroup html img input legend li main map '
            'menu nav noframes ol optgroup option output p param picture '
            'section select source summary table tbody td textarea tfoot th '
            'thead tr track ul video',
        ),
        (_HEAD, ' '.join(['base link meta noscript', *_RAW])),
        (_SPECIAL, 'head hr pre title'),
    )
    for name in names.split()
}
_NOTHING: frozenset[str] = frozenset()
_MAX_SIGNATURE = 100
_BLANK = ' \t\r\n\ufeff'


def read(status: int, text: str) -> tuple[Error, ...]:
    """Return the Errors a page stands for; a debugger's says nothing.

    :param status: the response's
    :param text: of any length
    """
    text = text.strip(_BLANK)
    if _is_xml(text):
        return _xml(status, text)
    if private.is_page(text):
        return (Error(status, '', ''),)
    data = browsable.data_of(text)
    if data is not None:
        return shapes.read(status, data)
    detail = markup.resolved('\n'.join(_lines(status, text)))
    if private.is_text(detail):
        detail = ''
    return (Error(status, '', detail),)


def _lines(status: int, text: str) -> list[str]:
    """Return a page's lines, without those that only repeat the status."""
    lines: list[str] = []
    line: list[str] = []
    titles: list[str] = []
    rule = -1
    preformatted = 0
    has_tags = in_head = in_title = False
    for before, close, name, rest in markup.tokens(text, _RAW):
        if before and (line or in_title or not before.isspace()):
            if in_title:
                titles.append(before)
            elif not in_head:
                line.append(before)
        kind = _KINDS.get(name) or _KINDS.get(name.lower())
        if kind == _NO_TAG:
            continue
        if kind is None:
            if name and '=' not in rest and not in_head:
                line.append(f'&lt;{close}{name}{rest}&gt;')
            continue
        has_tags = True
        if kind == _INLINE:
            continue
        if line:
            _end_line(line, lines, preformatted)
        if kind == _SPECIAL:
            name = name.lower()
            if name == 'title':
                in_title = not close
            elif name == 'head':
                in_head = not close
            elif name == 'hr':
                rule = len(lines)
            else:
                preformatted = max(0, preformatted + (-1 if close else 1))
        elif kind == _BLOCK:
            in_head = False
    if not has_tags:
        # A text that calls itself HTML. Its lines are its own.
        return [plain.without_status(status, ''.join(line).strip())]
    if line:
        _end_line(line, lines, preformatted)
    if rule >= 0 and len(lines) == rule + 1 and _is_signature(lines[-1]):
        lines.pop()
    found = [
        one
        for one in lines
        if not reasons.repeats(status, markup.resolved(one))
    ]
    if titles:
        title = ' '.join(''.join(titles).split())
        said = reasons.without_number(status, title)
        if title and not reasons.repeats(
            status, markup.resolved(title)
        ) and not any(
            said in one for one in found
        ):
            found.insert(0, title)
    if len(found) > 1:
        told = [
            one for one in found if not reasons.is_standard(status, one)
        ]
        found = told or found
    return found


def _end_line(line: list[str], lines: list[str], preformatted: int) -> None:
    whole = ''.join(line)
    line.clear()
    for one in whole.split('\n') if preformatted else (whole,):
        shown = one.strip()
        if '\n' in shown or '  ' in shown or '\t' in shown or '\r' in shown:
            shown = ' '.join(shown.split())
        if shown:
            lines.append(shown)


def _is_signature(line: str) -> bool:
    """Tell a server's name from a sentence, in the line below a rule."""
    return len(line) <= _MAX_SIGNATURE and line[-1] not in '.!?'


def _is_xml(text: str) -> bool:
    if text.startswith('<?xml') and '<html' not in text[:512].lower():
        return True
    end = text.find('>', 0, 128)
    name = text[1:end].partition(' ')[0].partition('\n')[0]
    return (
        text[:1] == '<'
        and end > 0
        and name[:1].isalpha()
        and name.lower() not in _KINDS
        # <cake> may be the first word of a text.
        and (
            text.endswith(f'</{name}>')
            or text[end + 1 : end + 65].lstrip().startswith('<')
        )
    )


def _xml(status: int, text: str) -> tuple[Error, ...]:
    """Read an XML document: its elements as members, or as lines."""
    lines: list[str] = []
    members: dict[str, Any] = {}
    line: list[str] = []
    hidden = ''
    depth = 0
    is_list = False
    for before, close, name, rest in markup.tokens(text, _NOTHING):
        is_empty = rest[-1:] == '/'
        if hidden:
            if name == hidden and not is_empty:
                depth += -1 if close else 1
                if depth == 0:
                    hidden = ''
            continue
        if before:
            line.append(before)
        if name in ('!', '?', '!-'):
            continue
        shown = markup.resolved(''.join(line)).strip()
        line.clear()
        bare = name.rpartition(':')[2]
        # Some write <Message>, others <message>.
        bare = bare[:1].lower() + bare[1:]
        if shown:
            lines.append(shown)
            if close:
                is_list = is_list or bare in members
                members[bare] = shown
                if bare == 'href':
                    members.setdefault('link', shown)
        if not close and not is_empty and private.is_member(bare):
            hidden, depth = name, 1
    if not is_list:
        found = shapes.read_members(status, members)
        if found:
            return found
    detail = '\n'.join(
        one for one in lines if not reasons.repeats(status, one)
    )
    if private.is_text(detail):
        detail = ''
    return (Error(status, '', detail),)
