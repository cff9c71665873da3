# SPDX-License-Identifier: Apache-2.0
"""The lock, the check and the lint of a catalog, on the command line.

An action is a function from its options to the exit status: 0 when all is
well, 1 when something has to be mended, 2 when there is nothing to look at.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
from collections.abc import Sequence

from errorkit import versions
from errorkit.codes import loading, lock, promises
from errorkit.codes.lint import command as lint_command
from errorkit.codes.lint.findings import print_anything, printable

_CATALOG = 'where the catalog is, such as volumes.codes:CATALOG'


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the actions and their options; ``run`` is what does an action."""
    text = 'write the published codes to the lock file'
    adding = actions.add_parser('lock', help=text, description=text)
    _add_catalog(adding)
    adding.add_argument(
        '--force', action='store_true',
        help='also where published codes are broken by it',
    )
    adding.add_argument(
        '--newest', type=_version, metavar='VERSION',
        help='the newest microversion of the service, such as 1.30, which is '
        'kept in the lock: no rename may begin before it or with it',
    )
    adding.set_defaults(run=write)
    text = 'fail when a published code was broken, or the lock is out of date'
    checking = actions.add_parser('check', help=text, description=text)
    _add_catalog(checking)
    checking.set_defaults(run=check)
    text = 'compare the codes that the source uses with the declared ones'
    linting = actions.add_parser('lint', help=text, description=text)
    lint_command.configure(linting)
    linting.set_defaults(run=lint_command.main)


def _version(text: str) -> tuple[int, int]:
    try:
        return versions.parse(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


def _add_catalog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('catalog', metavar='MODULE:CATALOG', help=_CATALOG)
    parser.add_argument(
        '--file', default=lock.NAME, metavar='FILE',
        help='the lock file (default: %(default)s)',
    )


def check(options: argparse.Namespace) -> int:
    """Compare a catalog with its lock."""
    print_anything()
    try:
        now = lock.of(loading.load(options.catalog))
        locked = _read(options.file)
    except loading.BadCatalog as exc:
        return _say('check', str(exc), 1)
    except (loading.CannotLoad, lock.LockError) as exc:
        return _say('check', str(exc), 2)
    if locked is None:
        return _say(
            'check',
            f'there is no {options.file}. Write it with "{_lock(options)}" '
            'and commit it.',
            2,
        )
    broken = promises.broken(locked, now, _name(options))
    flaws = promises.flaws(now)
    _show([*map(str, broken), *flaws])
    if broken or flaws:
        print(
            f'{len(broken)} published codes broken, {len(flaws)} other '
            f'faults, against {printable(options.file)}.'
        )
        return 1
    changes = promises.changes(locked, now)
    if changes:
        _show(changes)
        print(
            f'These changes are legal, but {printable(options.file)} is out '
            f'of date. Run: {printable(_lock(options))}'
        )
        return 1
    print(f'{len(now.codes)} codes are as published.')
    return 0


def write(options: argparse.Namespace) -> int:
    """Write the lock of a catalog."""
    print_anything()
    try:
        now = lock.of(loading.load(options.catalog))
    except (loading.CannotLoad, lock.LockError) as exc:
        bad = isinstance(exc, loading.BadCatalog)
        return _say('lock', str(exc), 1 if bad else 2)
    now = dataclasses.replace(now, newest=options.newest)
    flaws = promises.flaws(now)
    if flaws:
        _show(flaws)
        return _say('lock', 'nothing was written', 1)
    try:
        locked = _read(options.file)
    except lock.LockError as exc:
        if not options.force:
            return _say('lock', f'{exc}. --force writes it anew.', 2)
        locked = None
    if locked is not None:
        broken = promises.broken(locked, now, _name(options))
        _show(map(str, broken))
        if broken and not options.force:
            return _say(
                'lock',
                'nothing was written: these changes break clients. Make them '
                'legal as said above; --force publishes them all the same.',
                1,
            )
        told = [one for one in (now.newest, locked.newest) if one is not None]
        now = dataclasses.replace(now, newest=max(told, default=None))
        same = now.newest == locked.newest
        if same and not broken and not promises.changes(locked, now):
            print(f'{printable(options.file)} is up to date.')
            return 0
    try:
        _replace(options.file, lock.dump(now))
    except OSError as exc:
        return _say('lock', f'cannot write {options.file}: {exc}', 2)
    print(f'{len(now.codes)} codes written to {printable(options.file)}.')
    return 0


def _read(name: str) -> lock.Published | None:
    try:
        with open(name, encoding='utf-8') as file:
            return lock.load(file.read())
    except FileNotFoundError:
        return None
    except lock.LockError as exc:
        raise lock.LockError(f'{name}: {exc}') from exc
    except UnicodeDecodeError as exc:
        raise lock.LockError(f'{name}: it is not UTF-8') from exc
    except OSError as exc:
        raise lock.LockError(f'cannot read {name}: {exc}') from exc


def _replace(name: str, text: str) -> None:
    """Write a file whole: a reader finds the old one or the new one."""
    target = os.path.realpath(name)
    mode = 0o666 & ~_umask()
    with tempfile.NamedTemporaryFile(
        'w', encoding='utf-8', newline='\n', delete=False,
        dir=os.path.dirname(target), prefix='.' + os.path.basename(target),
    ) as file:
        try:
            file.write(text)
            file.close()
            os.chmod(file.name, mode)
            os.replace(file.name, target)
        except BaseException:
            os.unlink(file.name)
            raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _name(options: argparse.Namespace) -> str:
    """Return the catalog's name in its source."""
    name: str = options.catalog.partition(':')[2]
    return name


def _lock(options: argparse.Namespace) -> str:
    file = '' if options.file == lock.NAME else f' --file {options.file}'
    return f'errorkit codes lock {options.catalog}{file}'


def _show(texts: Sequence[str] | map[str]) -> None:
    for text in texts:
        print('\n'.join(printable(line) for line in text.split('\n')))


def _say(action: str, text: str, status: int) -> int:
    told = '\n'.join(printable(line) for line in text.split('\n'))
    print(f'errorkit codes {action}: {told}', file=sys.stderr)
    return status
