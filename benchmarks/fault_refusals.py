# SPDX-License-Identifier: Apache-2.0
"""Scenarios of ``faults.py``: a database that says no for a while."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time

import sql_engines
import sql_servers
import sqlalchemy
from sql_load import Load

from errorkit.outcomes.sql.migrate import upgrade

RENAMED = (
    ['ALTER TABLE errorkit_messages RENAME TO away'],
    ['ALTER TABLE away RENAME TO errorkit_messages'],
)
RELOAD = 'SELECT pg_reload_conf()'
READ_ONLY = {
    'postgresql': (
        ['ALTER SYSTEM SET default_transaction_read_only = on', RELOAD],
        ['ALTER SYSTEM RESET default_transaction_read_only', RELOAD],
    ),
    'mysql': (['SET GLOBAL read_only = 1'], ['SET GLOBAL read_only = 0']),
}
# One that is no administrator has no connection kept for it.
SERVICE = {
    'postgresql': [
        'CREATE ROLE service LOGIN',
        'GRANT ALL ON ALL TABLES IN SCHEMA public TO service',
    ],
    'mysql': [
        'CREATE USER service@127.0.0.1',
        'GRANT ALL ON test.* TO service@127.0.0.1',
    ],
}
FEW = {
    'postgresql': ['-c', 'max_connections=9'],
    'mysql': ['--max-connections=10'],
}
SMALL = {
    'postgresql': ['-c', 'min_wal_size=2MB', '-c', 'max_wal_size=4MB',
                   '-c', 'shared_buffers=8MB'],
    'mysql': ['--innodb-temp-data-file-path=ibtmp1:1M:autoextend'],
}
NOBODY = 65534


def full(kind):
    """Fill the disk for 8 s under 8 threads that write; needs root."""
    with small_disk() as disk, contextlib.ExitStack() as stack:
        server = None
        url = f'sqlite:///{disk}/store.sqlite'
        if kind != 'sqlite':
            server = stack.enter_context(sql_servers.running(
                kind, *SMALL[kind], within=disk))
            url = server.url
        upgrade(url)
        filler = disk / 'filler'
        with Load(url) as load:
            load.wait_for_more()
            fill(filler)
            while load.outcomes.total() == load.outcomes['stored']:
                fill(filler)
                time.sleep(0.1)
            time.sleep(8)
            filler.unlink()
            ended = server is not None and server.process.poll() is not None
            if ended:
                server.process = None
                server.start()
            after = load.wait_for_more()
            time.sleep(1)
        return (f'{"the server ended; " if ended else ""}stored again after '
                f'{after:.2f} s; {load.told(sql_engines.ids(url))}')


def refused(kind):
    """Refuse for 8 s what 8 threads write: three ways to say no."""
    found = [f'no table: {told(kind, *RENAMED)}']
    if kind == 'sqlite':
        found.append(f'read only: {read_only_file()}')
    else:
        found += [f'read only: {told(kind, *READ_ONLY[kind])}',
                  f'no connections: {no_connections(kind)}']
    return '\n  '.join(['', *found])


def told(kind, hurt, heal):
    """Refuse by what an administrator says."""
    with service(kind) as (owner, url), Load(url) as load:
        load.wait_for_more()
        sql_engines.run(owner, *hurt)
        return refusal(load, owner, lambda: sql_engines.run(owner, *heal))


def read_only_file():
    """Refuse by the owner of the file, who is root."""
    with service('sqlite') as (owner, url):
        os.seteuid(NOBODY)
        try:
            with Load(url) as load:
                return refusal(load, owner, lambda: os.seteuid(0))
        finally:
            os.seteuid(0)


def no_connections(kind):
    """Refuse by others, who have all connections there are."""
    with service(kind) as (owner, url), contextlib.ExitStack() as stack:
        engine = sqlalchemy.create_engine(
            url, poolclass=sqlalchemy.NullPool)
        with contextlib.suppress(sqlalchemy.exc.DBAPIError):
            while True:
                stack.enter_context(engine.connect())
        with Load(url) as load:
            return refusal(load, owner, stack.close)


def refusal(load, owner, heal):
    """Let the database refuse for 8 s, and heal it."""
    load.wait_for_failures()
    time.sleep(8)
    heal()
    after = load.wait_for_more()
    load.stop()
    return (f'stored again after {after:.2f} s; '
            f'{load.told(sql_engines.ids(owner))}')


@contextlib.contextmanager
def service(kind):
    """Give the addresses of a database, of its owner and of a service."""
    with contextlib.ExitStack() as stack:
        if kind == 'sqlite':
            folder = stack.enter_context(sql_servers.folder())
            url = f'sqlite:///{folder}/store.sqlite'
            upgrade(url)
            yield url, url
            return
        server = stack.enter_context(sql_servers.running(kind, *FEW[kind]))
        upgrade(server.url)
        sql_engines.run(server.url, *SERVICE[kind])
        yield server.url, sqlalchemy.make_url(server.url).set(
            username='service')


def fill(path):
    """Write a file until the disk has no room."""
    with path.open('ab', buffering=0) as file, \
            contextlib.suppress(OSError):
        while True:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    if size == 1:
                        raise


@contextlib.contextmanager
def small_disk(megabytes=160):
    """Give a folder that is a small disk; needs root."""
    with sql_servers.folder() as parent:
        disk = parent / 'disk'
        disk.mkdir()
        subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', f'size={megabytes}m,mode=755',
             'errorkit', disk], check=True)
        try:
            yield disk
        finally:
            subprocess.run(['umount', '-l', disk], check=True)
