# SPDX-License-Identifier: Apache-2.0
"""Answers that a fuzzer makes up, read by the client: none makes it fail.

::

    pip install atheris
    python benchmarks/fuzz_client.py -max_total_time=300 -max_len=4096 CORPUS

The first bytes choose the status and the headers, the rest is the body. The
guards that the client puts around the readers of formats are checked too: of
what is behind them nothing may raise but RecursionError.
"""

from __future__ import annotations

import contextlib
import copy
import math
import pickle
import sys
from typing import Any

import atheris

with atheris.instrument_imports(
    include=['errorkit.client', 'errorkit.formats']
):
    from errorkit import client, formats
    from errorkit.client import content
    from errorkit.client.headers import pairs

from errorkit import codes, ids
from errorkit.error import Error

STATUSES: tuple[Any, ...] = (
    400, 404, 406, 409, 413, 429, 500, 503, 599, 302, 999, '404 Not Found',
)
TYPES = (
    '',
    'application/json',
    'application/problem+json',
    'text/html; charset=utf-8',
    'text/plain',
    'application/xml',
    'text/plain; charset=utf-16',
)
ENCODINGS = ('', '', '', 'gzip', 'deflate', 'zz')
NAMES = (
    'Retry-After',
    'X-Openstack-Request-Id',
    'X-Compute-Request-Id',
    'OpenStack-Error-Code',
    'Date',
)
CATALOG = client.load_catalog(codes.Catalog('volume'))


class Response:
    """What a library would return."""

    def __init__(self, status: Any, headers: Any, body: bytes) -> None:
        self.status_code = status
        self.headers = headers
        self.content = body


def one(data: bytes) -> None:
    """Read one answer, and check what came of it."""
    made = atheris.FuzzedDataProvider(data)
    status = STATUSES[made.ConsumeIntInRange(0, len(STATUSES) - 1)]
    content_type = TYPES[made.ConsumeIntInRange(0, len(TYPES) - 1)]
    encoding = ENCODINGS[made.ConsumeIntInRange(0, len(ENCODINGS) - 1)]
    headers: Any = [('Content-Type', content_type)]
    if encoding:
        headers.append((b'content-encoding', encoding.encode()))
    if made.ConsumeBool():
        name = NAMES[made.ConsumeIntInRange(0, len(NAMES) - 1)]
        headers.append((name, made.ConsumeUnicode(48)))
    if made.ConsumeBool():
        headers.append((made.ConsumeBytes(8), made.ConsumeBytes(8)))
    is_text = made.ConsumeBool()
    body: Any = made.ConsumeBytes(made.remaining_bytes())
    if is_text:
        body = body.decode('utf-8', 'surrogateescape')
    found = client.parse(status, headers, body)
    check(status, found)
    wait = client.retry_after(headers)
    assert wait is None or (0 <= wait <= 86400 and not math.isnan(wait))
    named = client.request_id(headers, body)
    assert named is None or ids.is_valid(named, strict=False)
    if type(status) is int and found and not is_text:
        raised(Response(status, headers, body), found)
    bare, kind = content.of(body, pairs(headers))
    with contextlib.suppress(RecursionError):
        formats.load(404, kind, bare)


def check(status: Any, found: list[Error]) -> None:
    """Tell whether these can be the errors of a response."""
    number = status if type(status) is int else 404
    assert type(found) is list and len(found) <= 100
    assert bool(found) == (number >= 400), found
    for index, error in enumerate(found):
        assert index or error.status == number, error
        assert error.title and type(error.title) is str, error
        assert type(error.detail) is str and len(error.detail) <= 8192
        assert len(error.title) <= 256, error
        assert 'Traceback (most recent call last' not in error.detail, error
        assert error.code is None or codes.is_valid(error.code), error
        assert error.retry in (None, *codes.RETRIES), error
        assert error.request_id is None or ids.is_valid(
            error.request_id, strict=False
        ), error
        for rel, href in error.links:
            assert rel and href.startswith(('http://', 'https://')), error
        for name, value in (error.source or {}).items():
            assert name in ('pointer', 'parameter', 'header'), error
            assert type(value) is str, error


def raised(response: Response, found: list[Error]) -> None:
    """Check the exception that these errors become."""
    try:
        client.raise_for_error(response, CATALOG)
    except client.ResponseError as exc:
        assert repr(list(exc.errors)) == repr(found)
        shown = str(exc)
        assert shown.isprintable() or not shown.isascii(), shown
        assert '\n' not in shown and '\x1b' not in shown, shown
        shown.encode('utf-8')
        again = pickle.loads(pickle.dumps(exc))
        assert type(again) is type(exc) and str(again) == shown
        assert type(copy.deepcopy(exc)) is type(exc)
        assert type(client.is_retryable(exc, method='GET')) is bool
        assert client.request_id(exc) == exc.request_id
    else:
        raise AssertionError('an error was not raised')


if __name__ == '__main__':
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
