# SPDX-License-Identifier: Apache-2.0
"""A tree as a graph in the language of Graphviz.

https://graphviz.org/doc/info/lang.html; in a label, a backslash begins an
escape, and ``&`` a character reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from errorkit.trace.safe import fitted
from errorkit.trace.spans import Kind, Link, Span, Tree
from errorkit.trace.text import seconds

#: Of each line of a label; Graphviz takes no string over 16 KiB.
_COLUMNS = 100
_STYLE = {
    Kind.REQUEST: 'style="rounded,filled"',
    Kind.MISSING: 'style="rounded,dashed"',
    Kind.CALLER: 'style="rounded,dotted"',
    Kind.OTHER: 'style="dotted"',
}


def lines(tree: Tree) -> Iterator[str]:
    """Yield the lines of the graph.

    A node for each span, the failed ones red; an edge is dashed where the
    call was not logged, but told by the global id.
    """
    yield f'digraph {_quoted(tree.wanted or "trace")} {{'
    yield '  rankdir=LR;'
    yield (
        '  node [shape=box, fontname="sans-serif", fontsize=10, '
        'color="#5b6675", fillcolor="#f3f5f8"];'
    )
    yield '  edge [color="#5b6675"];'
    marked = tree.marked
    for span in tree.spans:
        failed = ''
        if span.failed:
            failed = ', color="#b3261e", fillcolor="#fbe9e7"'
        if span.position == tree.culprit:
            failed += ', penwidth=2'
        label = list(_label(span))
        if span.position == marked:
            failed += ', peripheries=2'
            label.insert(-1, 'asked for')
        yield (
            f'  n{span.position} [label={_quoted(*label)}, '
            f'{_STYLE[span.kind]}{failed}];'
        )
    for span in tree.spans:
        if span.parent is not None:
            dashed = '' if span.link is Link.CALL else ' [style=dashed]'
            yield f'  n{span.parent} -> n{span.position}{dashed};'
    yield '}'


def _label(span: Span) -> Iterator[str]:
    if span.kind is Kind.CALLER:
        yield 'caller'
    elif span.service:
        yield span.service
    if span.kind is Kind.MISSING:
        yield 'no logs'
    asked = ' '.join(filter(None, [span.method, span.path]))
    if asked:
        yield asked
    told = []
    if span.status is not None:
        told.append(str(span.status))
    if span.code:
        told.append(span.code)
    if span.duration is not None:
        told.append(seconds(span.duration))
    if told:
        yield ' '.join(told)
    if span.request_id:
        yield span.request_id


def _quoted(*parts: str) -> str:
    shown = []
    for part in parts:
        text = fitted(part, _COLUMNS)
        for plain, escape in (('\\', '\\\\'), ('"', '\\"'), ('&', '&amp;')):
            text = text.replace(plain, escape)
        shown.append(text)
    return '"' + '\\n'.join(shown) + '"'
