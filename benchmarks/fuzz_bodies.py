# SPDX-License-Identifier: Apache-2.0
"""Reads bodies that a fuzzer makes up: nothing raises, the answer has form.

::

    pip install atheris
    python benchmarks/fuzz_bodies.py -max_total_time=180 -max_len=4096 CORPUS

The first byte chooses the Content-Type and the status. The readers are called
past the guard that ``foreign.read`` puts around them: only a body nested too
deeply may raise, and only RecursionError.
"""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports(include=['errorkit.formats.foreign']):
    from errorkit.formats import foreign
    from errorkit.formats.foreign import page, plain, shapes

from errorkit import codes, ids
from errorkit.error import Error

TYPES = (
    '',
    'application/json',
    'text/html',
    'text/html; charset=utf-8',
    'text/plain; charset=latin-1',
    'application/xml',
    'text/plain; charset=utf-16',
    'application/problem+json; charset="x',
)
STATUSES = (400, 404, 409, 500, 503, 599)
READERS = {'json': shapes.read, 'page': page.read, 'text': plain.read}


def one(data: bytes) -> None:
    """Read one body, and check what came of it."""
    choice = data[0] if data else 0
    content_type = TYPES[choice % len(TYPES)]
    status = STATUSES[choice // len(TYPES) % len(STATUSES)]
    parsed = foreign.parse(content_type, data[1:])
    found = foreign.read(status, parsed)
    check(status, found)
    reader = READERS.get(parsed.kind)
    if reader is not None:
        with contextlib.suppress(RecursionError):
            check(status, reader(status, parsed.data))


def check(status: int, found: tuple[Error, ...]) -> None:
    """Tell whether these can be the Errors of a response."""
    assert type(found) is tuple and 1 <= len(found) <= 21, found
    for error in found:
        assert error.status == status, error
        assert type(error.title) is str, error
        assert type(error.detail) is str, error
        assert 'Traceback (most recent call last' not in error.detail, error
        assert error.code is None or codes.is_valid(error.code), error
        assert error.request_id is None or ids.is_valid(
            error.request_id, strict=False
        ), error
        for rel, href in error.links:
            assert rel and href.startswith(('http://', 'https://')), error
        if error.source is not None:
            ((name, value),) = error.source.items()
            assert name in ('pointer', 'parameter', 'header'), error
            assert type(value) is str, error


if __name__ == '__main__':
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
