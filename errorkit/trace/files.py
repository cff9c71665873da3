# SPDX-License-Identifier: Apache-2.0
"""What is read: files, plain or packed, folders, and standard input.

What cannot be read is told in ``Sources.unread``, and the rest is read.
Standard input and named pipes, which cannot be read twice, are first copied
to a temporary file; packed files are unpacked anew each time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Protocol, overload

from errorkit.trace import packing
from errorkit.trace.packing import Stream

#: The name that means standard input.
STDIN = '-'


class Progress(Protocol):
    """Is told how far the reading is."""

    def __call__(self, done: int, total: int) -> None:
        """Take note.

        :param done: bytes
        :param total: bytes; more with each new round of reading
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, or not to its end.

    :param name: of the file or folder
    :param reason: one line
    :param partly: some of it was read
    """

    name: str
    reason: str
    partly: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A log.

    :param name: as records show it: a path, or ``-``
    :param path: where its bytes are
    :param size: of the file, in bytes
    :param written: when it was last written
    :param packing: ``gzip``, ``xz``, ``bzip2``, ``zstd``, or None
    """

    name: str
    path: str
    size: int
    written: datetime.datetime
    packing: str | None

    def open(self) -> Stream:
        """Return the stream of its unpacked bytes, to be closed.

        :raises OSError: it cannot be read any more
        :raises zstd.ZstdMissing: it needs the extra ``trace``
        """
        packed = open(self.path, 'rb')  # noqa: SIM115 - the caller's to close
        try:
            return packing.unpacked(packed, self.packing)
        except BaseException:
            packed.close()
            raise


class Sources(Sequence[Source]):
    """The logs that are there, in the order they were named.

    A context manager; at its end the copy of standard input is removed.
    """

    def __init__(self) -> None:
        #: What could not be read; more may come while the rest is read.
        self.unread: list[Unread] = []
        self._sources: list[Source] = []
        self._seen: set[tuple[int, int]] = set()
        self._copies = contextlib.ExitStack()

    @property
    def size(self) -> int:
        """Return how many bytes there are, packed as they are."""
        return sum(one.size for one in self._sources)

    @overload
    def __getitem__(self, place: int) -> Source: ...

    @overload
    def __getitem__(self, place: slice) -> list[Source]: ...

    def __getitem__(self, place: int | slice) -> Source | list[Source]:
        return self._sources[place]

    def __len__(self) -> int:
        return len(self._sources)

    def __enter__(self) -> Sources:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the copies that were made."""
        self._copies.close()

    def tell(
        self, name: str, reason: object, *, partly: bool = False
    ) -> None:
        """Note that something could not be read, or not to its end.

        :param reason: a text, or what was raised
        :param partly: some of it was read
        """
        if isinstance(reason, OSError) and reason.strerror:
            reason = reason.strerror
        words = ' '.join(str(reason).split()) or type(reason).__name__
        # Each round of reading, and each part of a log, tells it again.
        if Unread(name, words, partly=True) in self.unread:
            return
        note = Unread(name, words, partly)
        if partly and (other := Unread(name, words)) in self.unread:
            self.unread[self.unread.index(other)] = note
        elif note not in self.unread:
            self.unread.append(note)

    def add(self, name: str, path: str) -> None:
        """Add a file, unless it is one of them already."""
        try:
            with open(path, 'rb', buffering=0) as stream:
                found = os.fstat(stream.fileno())
                if stat.S_ISDIR(found.st_mode):
                    raise IsADirectoryError('is a folder')
                if not stat.S_ISREG(found.st_mode):
                    self.copy(name, stream)
                    return
                start = stream.read(packing.MAGIC_LENGTH)
        except OSError as exc:
            self.tell(name, exc)
            return
        if (found.st_dev, found.st_ino) in self._seen:
            return
        self._seen.add((found.st_dev, found.st_ino))
        if (packer := packing.foreign(start)) is not None:
            # Searched as text, it would hold nothing, and nobody told.
            self.tell(
                name,
                f'it is packed with {packer}, which errorkit trace does not '
                'read',
            )
            return
        self._sources.append(
            Source(
                name, path, found.st_size,
                _moment(found.st_mtime),
                packing.packing_of(start),
            )
        )

    def copy(self, name: str, stream: BinaryIO) -> None:
        """Add a stream that cannot be read twice."""
        try:
            copied = tempfile.NamedTemporaryFile(  # noqa: SIM115 - see close
                prefix='errorkit-trace-'
            )
            self._copies.enter_context(copied)
            shutil.copyfileobj(stream, copied, 1 << 20)
            copied.flush()
        except OSError as exc:
            self.tell(name, exc)
            return
        self.add(name, copied.name)


def sources(
    names: Iterable[str], stdin: BinaryIO | None = None
) -> Sources:
    """Find the logs that are named.

    A file that is named twice, or linked to twice, is read once. Links to
    folders are not followed inside a folder.

    :param names: files; folders, read with all that is below; ``-``
    :param stdin: what is read for ``-``; None: standard input
    :returns: to be closed, see ``Sources``
    """
    found = Sources()
    given = False
    for name in names:
        if name == STDIN:
            if not given:
                found.copy(STDIN, stdin or sys.stdin.buffer)
            given = True
        elif os.path.isdir(name):
            for path in _below(name, found):
                found.add(path, path)
        else:
            found.add(name, name)
    return found


def _moment(seconds: float) -> datetime.datetime:
    """Return a time of last writing; now, where no calendar has it."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.datetime.now(datetime.UTC)


def _below(folder: str, found: Sources) -> Iterator[str]:
    """Yield the regular files below a folder, in the order of names."""

    def tell(failure: OSError) -> None:
        found.tell(failure.filename or folder, failure)

    for parent, folders, names in os.walk(folder, onerror=tell):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            try:
                # Sockets, devices and pipes would block.
                if stat.S_ISREG(os.stat(path).st_mode):
                    yield path
            except OSError as exc:
                found.tell(path, exc)
