# SPDX-License-Identifier: Apache-2.0
"""A tree in the terminal: a line for each request, and why it failed."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator

from errorkit.trace.outcome import is_error, is_warning
from errorkit.trace.records import Record
from errorkit.trace.safe import escaped, fitted, width
from errorkit.trace.spans import Kind, Shift, Span, Tree

_HEAD = '    start   duration  status request'
_NUMBERS = 29
#: Below this nothing can be read; lines are then wider than the terminal.
_NARROWEST = 50
#: A cell is looked at as far as any terminal is wide.
_LONGEST = 2000
_LEAST = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """What a terminal can show.

    :param columns: its width
    :param colours: whether it has any
    :param plain: it has only ASCII
    """

    columns: int = 80
    colours: bool = False
    plain: bool = False

    @property
    def more(self) -> str:
        """What stands for what is cut off."""
        return '...' if self.plain else '\N{HORIZONTAL ELLIPSIS}'

    def painted(self, text: str, style: str) -> str:
        """Colour an escaped text."""
        if not self.colours or not text or not style:
            return text
        return f'\x1b[{_STYLES[style]}m{text}\x1b[0m'


_STYLES = {
    'bold': '1',
    'dim': '2',
    'failed': '31',
    'worst': '1;31',
    'warned': '33',
    'good': '32',
}


def lines(tree: Tree, look: Look) -> Iterator[str]:
    """Yield the lines of a tree, none wider than the terminal.

    :param look: at least 50 columns are used
    """
    look = dataclasses.replace(look, columns=max(look.columns, _NARROWEST))
    yield from _summary(tree, look)
    yield ''
    yield look.painted(_HEAD, 'dim')
    # Of each level above the span: whether another child follows there.
    following: list[bool] = []
    marked = tree.marked
    for span in tree.spans:
        del following[span.depth :]
        siblings = (
            () if span.parent is None else tree.spans[span.parent].children
        )
        following.append(bool(siblings) and siblings[-1] != span.position)
        yield from _span(
            tree, span, following, look, span.position == marked
        )


def _summary(tree: Tree, look: Look) -> Iterator[str]:
    def fit(text: str, style: str = '') -> str:
        shown = fitted(text, look.columns, look.more)
        return look.painted(shown, style)

    counts = collections.Counter(span.kind for span in tree.spans)
    failed = sum(span.failed for span in tree.spans)
    told = [
        _counted(counts[Kind.REQUEST], 'request'),
        _counted(len(tree.services), 'service'),
        seconds(tree.duration),
    ]
    if failed:
        told.append(f'{failed} failed')
    if counts[Kind.MISSING]:
        told.append(f'{counts[Kind.MISSING]} without logs')
    if tree.wanted:
        yield fit(tree.wanted, 'bold')
    yield fit(', '.join(told))
    if tree.started is not None:
        stamp = tree.started.isoformat(sep=' ', timespec='milliseconds')
        yield fit(f'from {stamp}')
    for shift in tree.notable_shifts:
        yield fit(shifted(shift), 'warned')
    if tree.culprit is not None:
        span = tree.spans[tree.culprit]
        words = [f'failed first: {_title(span)[0]}', span.request_id or '']
        # An id that is cut is of no use.
        if width(escaped(' '.join(words))) <= look.columns:
            words = [' '.join(words).rstrip()]
        for line in words:
            yield fit(line, 'worst')


def _counted(number: int, word: str) -> str:
    return f'{number} {word}' if number == 1 else f'{number} {word}s'


def seconds(value: float) -> str:
    """Return a duration as it is shown."""
    places = 3 if value < 100 else 1 if value < 10_000 else 0
    return f'{value:.{places}f} s'


def shifted(shift: Shift) -> str:
    """Say that a clock was set right; which one is wrong nobody knows."""
    return (
        f'clocks are apart: {shift.seconds:+.3f} s are added to the times '
        f'of {shift.clock}'
    )


def why(record: Record) -> str:
    """Return what a record says of an error, as one line."""
    said = record.message.strip() or record.text.strip()
    raised = (record.traceback or '').rstrip().rpartition('\n')[2]
    raised = raised.removeprefix('| ').strip()
    if raised and raised not in said:
        said = f'{said} ({raised})'
    level = '' if record.level is None else f'{record.level} '
    return f'{level}{said}'


def _title(span: Span) -> tuple[str, str]:
    """Return who was asked, and for what."""
    asked = ' '.join(filter(None, [span.method, span.path]))
    name = span.service or '?'
    if span.kind is Kind.CALLER:
        return 'caller', asked or 'has logged nothing here'
    if span.kind is Kind.OTHER:
        return name, 'lines of no request'
    if span.kind is Kind.MISSING:
        return span.service or 'no logs', asked
    return ' +'.join([name, *span.others]), asked


def _span(
    tree: Tree, span: Span, following: list[bool], look: Look, marked: bool
) -> Iterator[str]:
    branch, below = _branches(span, following, look)
    style = 'failed' if span.failed else ''
    if span.position == tree.culprit:
        style = 'worst'
    left = look.columns - _NUMBERS - width(branch)
    name, asked = _title(span)
    cells = [(name, style or 'bold'), (asked, style)]
    if span.kind is Kind.MISSING and span.service:
        cells.append(('no logs', 'warned'))
    if span.code:
        cells.append((span.code, style or 'dim'))
    request_id = span.request_id if span.kind is not Kind.OTHER else None
    taken = sum(width(escaped(text)) + 1 for text, _ in cells if text)
    fits = request_id and taken + width(escaped(request_id)) <= left
    if request_id and fits and not marked:
        cells.append((request_id, 'dim'))
    yield (
        _numbers(span, style, look)
        + look.painted(branch, 'dim')
        + _joined(cells, left, look)
    )
    notes = []
    if request_id and marked:
        # Of one length with the narrowest line: it is not cut either.
        request_id = f'asked for {request_id}'
        notes.append((request_id, 'bold'))
    elif request_id and not fits and (
        style or span.kind is not Kind.REQUEST
    ):
        notes.append((request_id, 'dim'))
    if span.error is not None:
        record = span.records[span.error]
        # A line that only repeats status and code is not told.
        if record.traceback or is_error(record) or is_warning(record):
            notes.append((why(record), style or 'warned'))
    for text, style in notes:
        before, room = ' ' * _NUMBERS + look.painted(below, 'dim'), left
        if text is request_id and (wide := width(escaped(text))) > left:
            # It moves to the left, and is not cut.
            before, room = ' ' * (look.columns - wide), look.columns
        yield before + look.painted(fitted(text, room, look.more), style)


def _joined(cells: list[tuple[str, str]], left: int, look: Look) -> str:
    """Put cells beside each other; what is asked for gives way first."""
    wide = [width(escaped(text[:_LONGEST])) for text, _ in cells]
    for at in (1, *range(len(cells) - 1, 1, -1), 0):
        over = sum(wide) + sum(map(bool, wide)) - 1 - left
        if over > 0:
            wide[at] = max(wide[at] - over, min(wide[at], _LEAST))
    shown = []
    for (text, style), columns in zip(cells, wide, strict=True):
        columns = min(columns, left)
        if text and columns > 0:
            shown.append(
                look.painted(fitted(text, columns, look.more), style)
            )
            left -= columns + 1
    return ' '.join(shown)


def _numbers(span: Span, style: str, look: Look) -> str:
    begin = '' if span.begin is None else f'+{span.begin:.3f}'
    duration = '' if span.duration is None else seconds(span.duration)
    if duration and not span.measured:
        duration = f'~{duration}'
    status = '-' if span.status is None else str(span.status)
    if not style and span.status is not None:
        style = 'good'
    return (
        look.painted(f'{fitted(begin, 9, "~"):>9}', 'dim')
        + f'  {fitted(duration, 9, "~"):>9}  '
        + look.painted(f'{fitted(status, 6, "~"):>6}', style)
        + ' '
    )


def _branches(
    span: Span, following: list[bool], look: Look
) -> tuple[str, str]:
    """Return what leads to a span, and what leads past it."""
    if not span.depth:
        return '', ''
    bar, fork, end = ('|', '|-', '`-') if look.plain else ('│', '├─', '└─')
    most = (look.columns - _NUMBERS) // 2 // 3
    levels = following[1 : span.depth]
    if len(levels) >= most:
        # A level deeper than fits is told by its number.
        above = f'[{span.depth}] '
    else:
        above = ''.join(f'{bar}  ' if more else '   ' for more in levels)
    last = not following[span.depth]
    below = above if len(levels) < most else ' ' * len(above)
    return (
        f'{above}{end if last else fork} ',
        f'{below}{" " if last else bar}  ',
    )
