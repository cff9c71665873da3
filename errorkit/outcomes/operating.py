# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a store, and says in one line what is wrong."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from errorkit import log, secrets
from errorkit.exceptions import ConfigError
from errorkit.masking import one_line

#: Where the store is looked for when none is given: other users of a host
#: can read a command line.
VARIABLE = 'ERRORKIT_DB_URL'
#: What is to be done about tables that are missing or old.
UPGRADE = "run 'errorkit db upgrade --url …'"
#: The logger of databases, which says that in a service.
DATABASES = 'errorkit.outcomes.sql'

# What is imported for a database, and the extra it comes with.
_EXTRAS = {
    'sqlalchemy': 'errorkit[db]',
    'oslo_db': 'errorkit[db]',
    'alembic': 'errorkit[db]',
    'psycopg2': 'errorkit[postgresql]',
    'pymysql': 'errorkit[mysql]',
}
# Drivers that are taken, and come with no extra.
_PACKAGES = {'psycopg': 'psycopg', 'MySQLdb': 'mysqlclient'}
# It logs with a traceback and the SQL what it then raises; the command says
# that, and what is to be done, in a line.
_FILTERS = 'oslo_db.sqlalchemy.exc_filters'
_Store = TypeVar('_Store')


def run(
    what: str,
    name: str | None,
    find: Callable[[str], _Store],
    work: Callable[[_Store], object],
    printed: str | None = None,
) -> int:
    """Run a command on a store, and say what is wrong.

    :param what: the command's name
    :param name: of the store; None: that of the environment
    :param find: makes a store of its name
    :param work: the command
    :param printed: a log message that says what the command prints by
        itself; it is left out where nobody has set up logging
    :returns: 0; 1 where the store failed; 2 for a wrong use
    """
    say = functools.partial(print, file=sys.stderr)
    source = 'STORE' if name else VARIABLE
    name = name or os.environ.get(VARIABLE)
    if name is None:
        say(f'{what}: STORE or {VARIABLE} is needed')
        return 2
    if '://' not in name:
        _import_from_here()
    database: Any = None
    with _logging_in_lines(what, printed):
        try:
            store = find(name)
            database = getattr(store, 'database', None)
            try:
                if _is_sql(database):
                    _of_sql('address:require_file')(database.url)
                work(store)
            finally:
                # Of an address it is ours; what Python names is the
                # service's.
                if '://' in name and database is not None:
                    database.dispose()
        except ConfigError as exc:
            say(f'{what}: {_refusal(exc, source, name)}')
            return 2
        except ImportError as exc:
            say(f'{what}: {missing(exc)}')
            return 2
        except Exception as exc:
            kind = log.class_name(type(exc))
            hint = ''
            if _is_sql(database) and _of_sql('outdated:is_outdated')(exc):
                hint = f'; {UPGRADE}'
            say(f'{what}: the store failed: {kind}: {first_line(exc)}{hint}')
            return 1
    return 0


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f'{number} {noun}' if number == 1 else f'{number} {noun}s'


def first_line(error: BaseException) -> str:
    """Return the first line of what an exception says, without secrets.

    SQLAlchemy has the statement below it.
    """
    lines = str(error).strip().splitlines()
    return one_line(secrets.mask(lines[0])) if lines else ''


def missing(error: ImportError) -> str:
    """Return what is not installed, and what has to be."""
    name = error.name or ''
    if name in _EXTRAS:
        return (
            f'{name} is not installed. It comes with the extra: '
            f"pip install '{_EXTRAS[name]}'"
        )
    if name in _PACKAGES:
        return f'{name} is not installed: pip install {_PACKAGES[name]}'
    return f'{type(error).__name__}: {first_line(error)}'


def _import_from_here() -> None:
    """Let a service's own module be imported, after what is installed."""
    with contextlib.suppress(OSError):  # the folder is gone
        here = os.getcwd()
        if here not in sys.path:
            sys.path.append(here)


def _refusal(error: ConfigError, source: str, name: str) -> str:
    cause = error.__cause__
    if error.value not in (name, '…'):
        return one_line(str(error))
    allowed = error.allowed
    if isinstance(cause, ImportError) and (cause.name or '') in _EXTRAS:
        allowed = missing(cause)
    return one_line(f'{source}: {error.value!r} is not allowed; {allowed}')


def _is_sql(database: Any) -> bool:
    # Whoever has one has imported it; without the extra there is none.
    room = sys.modules.get('errorkit.outcomes.sql.engine')
    return room is not None and isinstance(database, room.Database)


def _of_sql(name: str) -> Any:
    return pkgutil.resolve_name(f'errorkit.outcomes.sql.{name}')


class _Lines(logging.Handler):
    """Says in a line each what nobody else would log."""

    def __init__(self, what: str, printed: str | None) -> None:
        super().__init__(logging.WARNING)
        self._what = what
        self._printed = printed

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        if self._printed is not None and record.msg == self._printed:
            return
        text = one_line(secrets.mask(record.getMessage()))
        raised = record.exc_info and record.exc_info[1]
        if raised:
            kind = log.class_name(type(raised))
            text = f'{text}: {kind}: {first_line(raised)}'
        print(f'{self._what}: {text}', file=sys.stderr)


@contextlib.contextmanager
def _logging_in_lines(what: str, printed: str | None) -> Iterator[None]:
    quiet = [logging.getLogger(name) for name in (_FILTERS, DATABASES)]
    before = logging.lastResort, [one.disabled for one in quiet]
    logging.lastResort = _Lines(what, printed)
    for one in quiet:
        one.disabled = True
    try:
        yield
    finally:
        logging.lastResort = before[0]
        for one, was in zip(quiet, before[1], strict=True):
            one.disabled = was
