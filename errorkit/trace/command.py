# SPDX-License-Identifier: Apache-2.0
"""``errorkit trace``: from an id, or from nothing, to what happened."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from errorkit import ids
from errorkit.trace import (
    arguments,
    as_json,
    dot,
    failures,
    files,
    find,
    graph,
    html,
    listing,
    output,
    text,
)
from errorkit.trace.progress import Bar
from errorkit.trace.records import Record

configure = arguments.configure

_HINT = (
    'Is the log of the service that answered with it among them, and that '
    'of its time? Its level has to be INFO or lower.'
)

_Found = TypeVar('_Found')


class _Failed(Exception):
    """Wrong use, or nothing could be read; its text is for the user."""


def main(options: argparse.Namespace) -> int:
    """Run the command.

    :returns: 0; 1: nothing was found; 2: wrong use, or nothing to read
    """
    try:
        wanted, names = _asked(options)
        if wanted is None:
            return _errors(options, names)
        return _tree(options, wanted, names)
    except _Failed as exc:
        output.say(str(exc))
        return 2


def _asked(options: argparse.Namespace) -> tuple[str | None, list[str]]:
    """Return the id, and what is to be read."""
    names = list(options.given)
    wanted = None
    if options.limit < 1:
        raise _Failed('--limit has to be 1 at least')
    if options.errors:
        if options.html or options.dot:
            raise _Failed('--errors is a list: text, or --json')
    elif not names:
        raise _Failed('an id is needed, or --errors; --help tells more')
    else:
        wanted = names.pop(0)
        if not ids.is_valid(wanted, strict=False):
            raise _Failed(
                f'{wanted[:100]!a} is no id: it has to be req- and a UUID '
                'in lower case'
            )
    if options.opensearch:
        if names:
            raise _Failed('there is a file and --opensearch: one of them')
    elif not names:
        raise _Failed(
            'a log file or a folder is needed, or - for the standard input'
        )
    for name in names:
        if name != '-' and not os.path.exists(name):
            raise _Failed(f'{name!a} is not there')
    return wanted, names


def _tree(
    options: argparse.Namespace, wanted: str, names: list[str]
) -> int:
    if options.opensearch:
        records, where = _searched(
            options,
            lambda engine: engine.tree(
                options.opensearch,
                options.index,
                wanted,
                ca_file=options.ca_file,
            ),
        )
    else:
        records, where = _read(
            names, lambda found, bar: find.tree(wanted, found, bar)
        )
    if not records:
        output.say(f'nothing is known of {wanted} {where}')
        output.say(_HINT)
        return 1
    tree = graph.build(records, wanted)
    if options.html:
        _write(options.html, html.page(tree))
    elif options.dot:
        output.put(dot.lines(tree))
    elif options.json:
        output.put(as_json.tree_lines(tree))
    else:
        output.put(text.lines(tree, output.look()))
    return 0


def _errors(options: argparse.Namespace, names: list[str]) -> int:
    def listed(records: Iterable[Record]) -> failures.Failures:
        return failures.collect(records, options.limit)

    if options.opensearch:
        found, where = _searched(
            options,
            lambda engine: listed(
                engine.errors(
                    options.opensearch, options.index, ca_file=options.ca_file
                )
            ),
        )
    else:
        found, where = _read(
            names, lambda sources, bar: listed(find.errors(sources, bar))
        )
    if options.json:
        output.put(as_json.failure_lines(found.newest))
    elif found.newest:
        output.put(listing.lines(found, output.look()))
    if not found.newest:
        output.say(f'no request failed {where}')
        return 1
    return 0


def _read(
    names: list[str], reader: Callable[[files.Sources, Bar], _Found]
) -> tuple[_Found, str]:
    """Read files, with a bar, and tell of those that could not be read."""
    with files.sources(names) as sources:
        with Bar() as bar:
            found = reader(sources, bar)
        for one in sources.unread:
            how = 'read in part' if one.partly else 'not read'
            output.say(f'{how}: {one.name}: {one.reason}')
        count = len(sources)
        if not count:
            raise _Failed(
                'nothing could be read' if sources.unread
                else 'there is no file to read'
            )
        return found, 'in 1 file' if count == 1 else f'in {count} files'


def _searched(
    options: argparse.Namespace, search: Callable[[Any], _Found]
) -> tuple[_Found, str]:
    """Ask a log engine; its client is an extra."""
    try:
        from errorkit.trace import opensearch as engine

        try:
            found = search(engine)
        except engine.SearchError as exc:
            raise _Failed(str(exc)) from None
    except ImportError as exc:
        name = exc.name or 'opensearchpy'
        if name.partition('.')[0] == 'errorkit':
            raise
        raise _Failed(
            f'{name} is not installed. It comes with the extra: '
            "pip install 'errorkit[opensearch]'"
        ) from None
    return found, f'in {options.index}'


def _write(name: str, page: str) -> None:
    try:
        output.write(name, page)
    except OSError as exc:
        if name == '-':
            raise
        raise _Failed(f'{name!a} cannot be written: {exc.strerror}') from None
    if name != '-':
        output.say(f'{name} is written')
