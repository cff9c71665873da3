# SPDX-License-Identifier: Apache-2.0
"""Where volumes and snapshots are kept: one SQLite file.

It is right under several threads and several processes at once: each
transaction has a connection of its own, and the file appears complete.
"""

import contextlib
import datetime
import os
import sqlite3
import uuid

from . import refusals

QUOTA = 1000  # GiB in each project
BACKENDS = {'storage-1': 500, 'storage-2': 300}  # GiB on each

SCHEMA = """
CREATE TABLE volumes (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    image TEXT,
    snapshot_id TEXT,
    attached_to TEXT,
    status TEXT NOT NULL,
    backend TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (project_id, name)
);
CREATE TABLE extensions (
    id INTEGER PRIMARY KEY,
    volume_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    asked TEXT NOT NULL
);
CREATE TABLE snapshots (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    volume_id TEXT NOT NULL REFERENCES volumes (id),
    name TEXT NOT NULL,
    created_at TEXT NOT NULL
);
"""


class Store:
    """The volumes and snapshots of all projects."""

    def __init__(self, path):
        self._path = os.fspath(path)

    def volumes(self, project_id, limit):
        with self._transaction() as db:
            return db.execute(
                'SELECT * FROM volumes WHERE project_id = ?'
                ' ORDER BY created_at DESC, id DESC LIMIT ?',
                (project_id, limit),
            ).fetchall()

    def volume(self, project_id, volume_id):
        with self._transaction() as db:
            return _volume(db, project_id, volume_id)

    def create_volume(self, project_id, name, size, image, snapshot_id):
        with self._transaction('IMMEDIATE') as db:
            if snapshot_id is not None:
                _snapshot(db, project_id, snapshot_id)
            _check_quota(db, project_id, size)
            volume_id = str(uuid.uuid4())
            try:
                db.execute(
                    'INSERT INTO volumes VALUES'
                    " (?, ?, ?, ?, ?, ?, NULL, 'creating', NULL, ?)",
                    (volume_id, project_id, name, size, image, snapshot_id,
                     _now()),
                )
            except sqlite3.IntegrityError as error:
                raise refusals.NameExists(name) from error
            return _volume(db, project_id, volume_id)

    def allocate(self, volume_id, size):
        """Put a volume where there is room, and return where that is."""
        with self._transaction('IMMEDIATE') as db:
            for backend, room in BACKENDS.items():
                [used] = db.execute(
                    'SELECT coalesce(sum(size), 0) FROM volumes'
                    ' WHERE backend = ?',
                    (backend,),
                ).fetchone()
                if used + size <= room:
                    db.execute(
                        "UPDATE volumes SET status = 'available',"
                        ' backend = ? WHERE id = ?',
                        (backend, volume_id),
                    )
                    return backend
            raise refusals.NoRoom(size, BACKENDS)

    def fail(self, volume_id, status='error'):
        with self._transaction('IMMEDIATE') as db:
            db.execute(
                'UPDATE volumes SET status = ? WHERE id = ?',
                (status, volume_id),
            )

    def delete_volume(self, project_id, volume_id):
        with self._transaction('IMMEDIATE') as db:
            volume = _volume(db, project_id, volume_id)
            if volume['attached_to'] is not None:
                raise refusals.VolumeInUse(volume)
            [count] = db.execute(
                'SELECT count(*) FROM snapshots WHERE volume_id = ?',
                (volume_id,),
            ).fetchone()
            if count:
                raise refusals.VolumeHasSnapshots(count)
            db.execute('DELETE FROM volumes WHERE id = ?', (volume_id,))

    def attach(self, project_id, volume_id, server_id):
        with self._transaction('IMMEDIATE') as db:
            volume = _volume(db, project_id, volume_id)
            if volume['attached_to'] is not None:
                raise refusals.VolumeInUse(volume)
            db.execute(
                'UPDATE volumes SET attached_to = ? WHERE id = ?',
                (server_id, volume_id),
            )

    def detach(self, project_id, volume_id):
        with self._transaction('IMMEDIATE') as db:
            volume = _volume(db, project_id, volume_id)
            if volume['attached_to'] is None:
                raise refusals.VolumeNotInUse
            db.execute(
                'UPDATE volumes SET attached_to = NULL WHERE id = ?',
                (volume_id,),
            )

    def ask_to_extend(self, project_id, volume_id, size, asked):
        """Leave it to the process that extends volumes.

        ``asked`` is a text that it gets: who asked, and in which request.
        """
        with self._transaction('IMMEDIATE') as db:
            volume = _volume(db, project_id, volume_id)
            if volume['status'] == 'extending':
                raise refusals.VolumeIsExtending
            if size <= volume['size']:
                raise refusals.SizeTooSmall(volume['size'])
            _check_quota(db, project_id, size - volume['size'])
            db.execute(
                "UPDATE volumes SET status = 'extending' WHERE id = ?",
                (volume_id,),
            )
            db.execute(
                'INSERT INTO extensions (volume_id, size, asked)'
                ' VALUES (?, ?, ?)',
                (volume_id, size, asked),
            )

    def next_extension(self):
        """Take the oldest extension that is asked for, or None."""
        with self._transaction('IMMEDIATE') as db:
            row = db.execute(
                'SELECT * FROM extensions ORDER BY id LIMIT 1'
            ).fetchone()
            if row is not None:
                db.execute('DELETE FROM extensions WHERE id = ?', (row['id'],))
            return row

    def check_growth(self, project_id, volume_id, size):
        """See that the quota still allows what it did when it was asked."""
        with self._transaction() as db:
            volume = _volume(db, project_id, volume_id)
            _check_quota(db, project_id, size - volume['size'])

    def extend(self, volume_id, size):
        """Make a volume larger, where it is."""
        with self._transaction('IMMEDIATE') as db:
            [backend, old] = db.execute(
                'SELECT backend, size FROM volumes WHERE id = ?', (volume_id,)
            ).fetchone()
            [used] = db.execute(
                'SELECT coalesce(sum(size), 0) FROM volumes WHERE backend = ?',
                (backend,),
            ).fetchone()
            if used - old + size > BACKENDS.get(backend, 0):
                raise refusals.NoRoom(size, [backend or 'nothing'])
            db.execute(
                "UPDATE volumes SET status = 'available', size = ?"
                ' WHERE id = ?',
                (size, volume_id),
            )

    def snapshots(self, project_id, limit):
        with self._transaction() as db:
            return db.execute(
                'SELECT * FROM snapshots WHERE project_id = ?'
                ' ORDER BY created_at DESC, id DESC LIMIT ?',
                (project_id, limit),
            ).fetchall()

    def snapshot(self, project_id, snapshot_id):
        with self._transaction() as db:
            return _snapshot(db, project_id, snapshot_id)

    def create_snapshot(self, project_id, volume_id, name):
        with self._transaction('IMMEDIATE') as db:
            _volume(db, project_id, volume_id)
            snapshot_id = str(uuid.uuid4())
            db.execute(
                'INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)',
                (snapshot_id, project_id, volume_id, name, _now()),
            )
            return _snapshot(db, project_id, snapshot_id)

    def delete_snapshot(self, project_id, snapshot_id):
        with self._transaction('IMMEDIATE') as db:
            _snapshot(db, project_id, snapshot_id)
            db.execute('DELETE FROM snapshots WHERE id = ?', (snapshot_id,))

    def usage(self, project_id):
        with self._transaction() as db:
            return _usage(db, project_id)

    @contextlib.contextmanager
    def _transaction(self, kind='DEFERRED'):
        if not os.path.exists(self._path):
            _create(self._path)
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute(f'BEGIN {kind}')
            with db:
                yield db
        finally:
            db.close()


def _create(path):
    """Make the file beside its place, and give it its name when complete.

    Several workers come by here at once, and SQLite does not wait for its
    lock while it changes the journal mode. The first one to link wins.
    """
    draft = f'{path}.{uuid.uuid4()}'
    with contextlib.closing(sqlite3.connect(draft)) as db:
        db.execute('PRAGMA journal_mode = WAL')
        db.executescript(SCHEMA)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


def _volume(db, project_id, volume_id):
    row = db.execute(
        'SELECT * FROM volumes WHERE id = ? AND project_id = ?',
        (volume_id, project_id),
    ).fetchone()
    if row is None:
        raise refusals.VolumeNotFound(volume_id)
    return row


def _snapshot(db, project_id, snapshot_id):
    row = db.execute(
        'SELECT * FROM snapshots WHERE id = ? AND project_id = ?',
        (snapshot_id, project_id),
    ).fetchone()
    if row is None:
        raise refusals.SnapshotNotFound(snapshot_id)
    return row


def _usage(db, project_id):
    return db.execute(
        'SELECT count(*) AS volumes, coalesce(sum(size), 0) AS gigabytes'
        ' FROM volumes WHERE project_id = ?',
        (project_id,),
    ).fetchone()


def _check_quota(db, project_id, more):
    if _usage(db, project_id)['gigabytes'] + more > QUOTA:
        raise refusals.QuotaExceeded(QUOTA)


def _now():
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    return now.isoformat(timespec='microseconds')
