# SPDX-License-Identifier: Apache-2.0
"""What random errors, texts and headers are made of."""

import dataclasses
import string
from typing import Any

import webob.exc
from hypothesis import strategies as st

#: Every webob class that is an error, base classes too.
ERROR_CLASSES = sorted(
    {kind for kind in vars(webob.exc).values()
     if isinstance(kind, type)
     and issubclass(kind, webob.exc.WSGIHTTPException)
     and not issubclass(kind, webob.exc.HTTPRedirection)
     and kind.code >= 400},
    key=lambda kind: kind.__name__)

#: Those whose webob template has no place for the comment.
TEMPLATED = frozenset([405, 406, 415, 501])

#: What parsers, templates, terminals and encoders stumble on.
FRAGMENTS = [
    '', ' ', '\t', '\n', '\r\n', '\r', '\x00', '\x0b', '\x1b[31m', '\x7f',
    '\x85', '\x9f', '\xa0', '\xad', '\u061c', '\u200b', '\u2028', '\u2029',
    '\u202e', '\u2066', '\ufeff', '\ufffd', '\uffff', '\ud800', '\udfff',
    '\udc80', '\U0001f600', '\U000e0001', '\U0010ffff', 'e\u0301' * 3,
    '${x}', '${detail}', '$', '$$', '$x', '%s', '%', '%(x)s', '{0}', '{}',
    '\\', '\\u0041', '\\n', '"', "'", '`', '<', '>', '&', '&amp;', '&#39;',
    '&#128;', '&#55296;', '&lt;b&gt;', '<b>', '</p>', '<br>', '<br />',
    '<br /><br />\n', '<!--', '-->', '<!-- x -->', '<script>', ']]>',
    '<uuid>', 'a < b', 'List<String>', ' }', '{"errors": []}', '\n\n',
    'volume', 'No volume with id <uuid> found', 'x' * 60,
]

VALID_CODES = [
    'volume.name_exists', 'a.b', '0.0', 'volume.a-b.c_d', '-._', 'x.' * 63
    + 'xx', 'compute.instance.not_found', 'errors.are.many.labels.long',
]
#: Each holds a mark, so that it is seen wherever it is shown.
MARK = 'Hidden0Comment'
INVALID_COMMENTS = [
    f'{MARK}', f'remove later: {MARK}; password=hunter2', f'a.{MARK}',
    f'{MARK}.b', f'volume.x\r\n{MARK}: 1', f'{MARK}\N{SNOWMAN}',
    f'<b>{MARK}</b>', f'-->{MARK}', f'<!-- {MARK} -->', f'volume..{MARK}',
    f'.{MARK}', f'volume.name {MARK}', f'volume.name\x00{MARK}',
    f'{MARK}${{detail}}', f'volume.name_exists\n{MARK}', f'{MARK}\ud800',
    f'{MARK}%s', f' {MARK}', 'a.' * 64 + MARK,
]

#: Headers of an error that a client must find in the response.
KEPT_HEADERS = [
    ('WWW-Authenticate', 'Basic realm="a"'),
    ('WWW-Authenticate', 'Bearer'), ('Allow', 'GET, HEAD'),
    ('Retry-After', '30'), ('Set-Cookie', 'a=1; Path=/'),
    ('Set-Cookie', 'b=2'), ('X-Thing', 'caf\xe9'), ('X-Empty', ''),
    ('Cache-Control', 'max-age=5'), ('Link', '</v3>; rel="up"'),
]

RANGES = [
    'application/json', 'text/html', 'text/plain', '*/*', 'application/*',
    'text/*', 'application/xml', 'image/png', 'application/vnd.x+json',
    'application/json;charset=utf-8', 'application/problem+json',
]
UNPARSABLE_ACCEPTS = [
    'text', ';', 'text/html;q=2', 'text/html;q=x', 'text/html;q=', '/',
    'text/html text/plain', 'text/html;q=0.1234', 'text/', '/html', '<>/*',
    'text/html; q=-1', '"text/html"', 'text/html;q=1;=', 'caf\xe9/*',
]
BROWSER = ('text/html,application/xhtml+xml,application/xml;q=0.9,'
           'image/avif,image/webp,*/*;q=0.8')
METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']


@dataclasses.dataclass(frozen=True)
class RandomError:
    """An error, how it gets out of its application, and who asked."""

    kind: type
    detail: str | None
    comment: str | None
    headers: tuple[tuple[str, str], ...]
    method: str
    source: str
    #: Pairs of media range and quality in thousandths, or None.
    ranges: tuple[tuple[str, int], ...] | None
    #: The header where it is none of these.
    accept: str | None = None

    def make(self):
        """Return a new exception."""
        return self.kind(self.detail, headers=list(self.headers),
                         comment=self.comment)

    def header(self):
        """Return the Accept header as the client wrote it."""
        if self.ranges is None:
            return self.accept
        return ', '.join(
            name if quality == 1000 else f'{name};q={quality / 1000:.3f}'
            for name, quality in self.ranges)


SOURCES = ['raised', 'ours raised', 'ours returned', 'webob raised',
           'webob returned']


def random_text(rng: Any) -> str:
    """Return a text of any length out of all of Unicode."""
    length = rng.choice((0, 1, 2, 3, 5, 9, 20))
    pieces = []
    for _ in range(length):
        dice = rng.random()
        if dice < 0.6:
            pieces.append(rng.choice(FRAGMENTS))
        elif dice < 0.8:
            pieces.append(chr(rng.randrange(0x110000)))
        else:
            pieces.append(rng.choice(string.printable))
    text = ''.join(pieces)
    return text * 3000 if rng.random() < 0.004 else text


def random_error(rng: Any) -> RandomError:
    """Return an error like no other."""
    comment = rng.choice((None, '', rng.choice(VALID_CODES),
                          rng.choice(INVALID_COMMENTS)))
    ranges, accept = None, None
    dice = rng.random()
    if dice < 0.6:
        names = rng.sample(RANGES, rng.choice((1, 1, 2, 3, 4)))
        ranges = tuple((name, rng.choice((0, 1, 500, 999, 1000, 1000)))
                       for name in names)
    elif dice < 0.8:
        accept = rng.choice(UNPARSABLE_ACCEPTS)
    return RandomError(
        rng.choice(ERROR_CLASSES),
        rng.choice((None, random_text(rng), random_text(rng))),
        comment,
        tuple(rng.sample(KEPT_HEADERS, rng.choice((0, 0, 1, 3)))),
        rng.choice(METHODS),
        rng.choice(SOURCES),
        ranges,
        accept,
    )


def texts(**limits):
    """Return a strategy: all of Unicode, lone surrogates too."""
    return st.one_of(
        st.text(st.characters(), **limits),
        st.lists(st.sampled_from(FRAGMENTS), max_size=8).map(''.join))


def latin1(**limits):
    """Return a strategy: what a server can put into environ."""
    return st.one_of(
        st.text(st.characters(max_codepoint=255), **limits),
        st.lists(st.sampled_from(
            [one for one in FRAGMENTS if one.isascii()]), max_size=8
        ).map(''.join))


def random_errors():
    """Return a strategy: any ``RandomError``."""
    qualities = st.sampled_from([0, 1, 500, 999, 1000])
    ranges = st.lists(
        st.tuples(st.sampled_from(RANGES), qualities), min_size=1,
        max_size=4, unique_by=lambda pair: pair[0]).map(tuple)
    return st.builds(
        RandomError,
        kind=st.sampled_from(ERROR_CLASSES),
        detail=st.none() | texts(),
        comment=st.none() | st.sampled_from(VALID_CODES + INVALID_COMMENTS),
        headers=st.lists(st.sampled_from(KEPT_HEADERS), max_size=3,
                         unique=True).map(tuple),
        method=st.sampled_from(METHODS),
        source=st.sampled_from(SOURCES),
        ranges=st.none() | ranges,
        accept=st.none() | st.sampled_from(UNPARSABLE_ACCEPTS),
    )
