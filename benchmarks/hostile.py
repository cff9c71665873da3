# SPDX-License-Identifier: Apache-2.0
"""What hostile text costs: 1 MiB of it in any place, and twice as much.

::

    python benchmarks/hostile.py

One request through the whole stack is measured, its log lines written; an
answer of webob's is made beforehand. A line of the table is the dearest
pattern of a place. The program exits with 1 when a place costs more than 5 ms
at 1 MiB, or when doubling the text costs more than 2.6 times as much.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import webob.dec
import webob.exc
from patterns import PATTERNS

import errorkit

SIZE = 1024 * 1024
MAX_SECONDS = 0.005
MAX_RATIO = 2.6
#: Ratios of less than this are those of the clock.
MIN_SECONDS = 0.0005

Work = Callable[[], object]


class Lines(logging.Handler):
    """Writes every record as a service would, and forgets it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(errorkit.log.TextFormatter())
        self.addFilter(errorkit.log.ContextFilter())
        self.longest = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record to nowhere."""
        self.longest = max(self.longest, len(self.format(record)))


LINES = Lines()


def environ(**more: str) -> dict[str, Any]:
    """Return a request."""
    return {
        'REQUEST_METHOD': 'GET',
        'SCRIPT_NAME': '',
        'PATH_INFO': '/v3/volumes',
        'QUERY_STRING': '',
        'SERVER_NAME': 'localhost',
        'SERVER_PORT': '80',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'REMOTE_ADDR': '192.0.2.7',
        'wsgi.url_scheme': 'http',
        'wsgi.input': io.BytesIO(),
        'wsgi.errors': io.StringIO(),
    } | more


class Served:
    """What came of one request."""

    status = ''

    def __init__(self, application: Any, request: dict[str, Any]) -> None:
        self.headers: list[tuple[str, str]] = []
        body = application(request, self.start)
        self.body = b''.join(body)
        if hasattr(body, 'close'):
            body.close()

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        """Take status and headers."""
        self.status, self.headers = status, headers
        return lambda data: None


def stack(application: Any, **options: Any) -> Any:
    """Return the application in the whole stack."""
    return errorkit.wrap(
        application,
        service_type='volume',
        versions='3.0-3.5',
        legacy_headers=['X-OpenStack-Volume-API-Version'],
        **options,
    )


def raised(make: Callable[[], BaseException], accept: str = '') -> Work:
    """Return a request whose application raises."""

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise make()

    wrapped = stack(application)
    return lambda: Served(wrapped, environ(HTTP_ACCEPT=accept))


def handled(make: Callable[[], Any]) -> Work:
    """Return a request whose handler raises under our decorator."""

    @errorkit.wsgify
    def handler(request: Any) -> Any:
        raise make()

    wrapped = stack(handler)
    return lambda: Served(wrapped, environ(HTTP_ACCEPT=JSON))


def answered(make: Callable[[], Any], accept: str) -> Work:
    """Return a request that webob has answered: what it did is done."""

    @webob.dec.wsgify  # type: ignore[untyped-decorator] # webob has no types
    def handler(request: Any) -> Any:
        raise make()

    done = Served(handler, environ(HTTP_ACCEPT=accept))

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(done.status, done.headers[:])
        return [done.body]

    wrapped = stack(application)
    return lambda: Served(wrapped, environ(HTTP_ACCEPT=accept))


def conflict(**said: Any) -> Callable[[], webob.exc.HTTPConflict]:
    """Return what makes an error that says this."""
    return lambda: webob.exc.HTTPConflict(**said)


def fine(environ: Any, start_response: Any) -> list[bytes]:
    """Answer."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'fine']


def asked(key: str, **options: Any) -> Callable[[str], Work]:
    """Return the place that is an entry of environ."""

    def place(text: str) -> Work:
        wrapped = stack(fine, **options)
        given = text.encode('utf-8', 'replace').decode('latin-1')[: len(text)]
        return lambda: Served(wrapped, environ(**{key: given}))

    return place


def with_header(text: str) -> Work:
    """Return a request whose error has a long header."""
    return raised(conflict(headers=[('X-Thing', text)]))


def with_title(text: str) -> Work:
    """Return a request whose error has a long title."""
    return raised(conflict(title=text))


def with_bug(text: str) -> Work:
    """Return a request whose application fails with a long text."""
    return raised(lambda: LookupError(text))


JSON, HTML, PLAIN = 'application/json', 'text/html', 'text/plain'
PLACES: dict[str, Callable[[str], Work]] = {
    'detail, JSON': lambda text: raised(conflict(detail=text), JSON),
    'detail, HTML': lambda text: raised(conflict(detail=text), HTML),
    'detail, text': lambda text: raised(conflict(detail=text), PLAIN),
    'comment': lambda text: raised(conflict(comment=text)),
    'title': with_title,
    'header of an error': with_header,
    'text of a bug': with_bug,
    'detail, errorkit.wsgify': lambda text: handled(conflict(detail=text)),
    'detail, webob, JSON': lambda text: answered(
        conflict(detail=text, comment='a.b'), JSON
    ),
    'detail, webob, HTML': lambda text: answered(
        conflict(detail=text, comment='a.b'), HTML
    ),
    'comment, webob, JSON': lambda text: answered(
        conflict(detail='a', comment=text), JSON
    ),
    'comment, webob, HTML': lambda text: answered(
        conflict(detail='a', comment=text), HTML
    ),
    'path': asked('PATH_INFO'),
    'query': asked('QUERY_STRING'),
    'method': asked('REQUEST_METHOD'),
    'address': asked('REMOTE_ADDR'),
    'Accept': asked('HTTP_ACCEPT'),
    'Accept-Language': asked('HTTP_ACCEPT_LANGUAGE'),
    'version': asked('HTTP_OPENSTACK_API_VERSION'),
    'legacy version': asked('HTTP_X_OPENSTACK_VOLUME_API_VERSION'),
    'id, ignored': asked('HTTP_X_OPENSTACK_REQUEST_ID'),
    'id, warned': asked('HTTP_X_OPENSTACK_REQUEST_ID', on_invalid='warn'),
    'id, rejected': asked(
        'HTTP_X_OPENSTACK_REQUEST_ID', on_invalid='reject'
    ),
    'user': asked('HTTP_X_USER_ID', auth='noauth'),
}


def seconds(work: Work, rounds: int) -> float:
    """Return the least processor time of several rounds."""
    best = float('inf')
    for _ in range(rounds):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best


def cost(place: str, text: str, rounds: int) -> float:
    """Return what errorkit spends on a text in a place, in seconds."""
    return seconds(PLACES[place](text), rounds)


def text_of(pattern: str, size: int) -> str:
    """Return a text of this many characters."""
    return (pattern * (size // len(pattern) + 1))[:size]


def measure(place: str, rounds: int) -> tuple[str, float, float, str]:
    """Return the dearest pattern, its time, the worst ratio, and whose."""
    dearest, worst = ('', 0.0), ('', 0.0)
    for name, pattern in PATTERNS.items():
        whole = cost(place, text_of(pattern, SIZE), rounds)
        if whole > dearest[1]:
            dearest = name, whole
        if whole > MIN_SECONDS:
            half = cost(place, text_of(pattern, SIZE // 2), rounds)
            ratio = whole / max(half, MIN_SECONDS / 4)
            if ratio > worst[1]:
                worst = name, ratio
    return (*dearest, worst[1], worst[0])


def main() -> int:
    """Print the table; return 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('places', nargs='*', help='all of them by default')
    parser.add_argument('--rounds', type=int, default=5)
    given = parser.parse_args()
    logger = logging.getLogger('errorkit')
    logger.setLevel(logging.DEBUG)
    logger.addHandler(LINES)
    logger.propagate = False
    print(f'{"place":26}{"ms":>9}  {"pattern":18}{"doubled":>8}  pattern')
    broken = 0
    for place in given.places or PLACES:
        name, spent, ratio, other = measure(place, given.rounds)
        bad = spent > MAX_SECONDS or ratio > MAX_RATIO
        if bad:  # a busy machine may have been in the way
            name, spent, ratio, other = measure(place, 4 * given.rounds)
            bad = spent > MAX_SECONDS or ratio > MAX_RATIO
        broken += bad
        print(
            f'{place:26}{spent * 1000:9.3f}  {name:18}'
            f'{ratio:8.2f}  {other:18}{"BROKEN" if bad else ""}',
            flush=True,
        )
    print(
        f'{broken} of {len(given.places or PLACES)} places beyond '
        f'{MAX_SECONDS * 1000:g} ms at 1 MiB or {MAX_RATIO} when doubled'
    )
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
