# SPDX-License-Identifier: Apache-2.0
"""Negotiation: JSON unless the client truly prefers another; HEAD; text."""

from __future__ import annotations

import functools

from errorkit import keys
from errorkit.testing.asking import Answer
from errorkit.testing.checking import (
    Failed,
    NotAsked,
    Service,
    brief,
    unlikely,
)
from errorkit.testing.error_body import JSON, PROBLEM, one_id, read, sound
from errorkit.testing.verdicts import Chapter

CHAPTER = Chapter('4.2 Negotiation')
BROWSER = (
    b'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,'
    b'*/*;q=0.8'
)
#: Accept headers: name, value, the type of an error, and whether a server
#: may refuse it.
ACCEPTS: tuple[tuple[str, bytes | None, str, bool], ...] = (
    ('none', None, JSON, False),
    ('empty', b'', JSON, False),
    ('anything', b'*/*', JSON, False),
    ('application', b'application/*', JSON, False),
    ('json', b'application/json', JSON, False),
    ('charset', b'application/json;charset=utf-8', JSON, False),
    ('vendor', b'application/vnd.errorkit+json', JSON, False),
    ('image', b'image/png', JSON, False),
    ('tie', b'text/html, application/json', JSON, False),
    ('json-first', b'text/html;q=0.5, application/json', JSON, False),
    ('garbage', b';;;/,=', JSON, False),
    ('quality', b'text/html;q=2', JSON, False),
    ('eight-bit', b'text/html\xff', JSON, True),
    ('nul', b'text/html\0', JSON, True),
    ('long', b'text/html;q=0.1,' * 400, JSON, True),
    ('problem', PROBLEM.encode(), PROBLEM, False),
    ('browser', BROWSER, 'text/html', False),
    ('html', b'text/html', 'text/html', False),
    ('text', b'text/plain', 'text/plain', False),
)
_BY_CONNECTION = frozenset([
    'connection', 'date', 'keep-alive', 'server', 'set-cookie',
    'transfer-encoding',
])


def _accepted(
    service: Service, value: bytes | None, kind: str, odd: bool
) -> str:
    service.refusal()
    given = [] if value is None else [('Accept', value)]
    answer = service.ask(service.missing, headers=given, odd=odd)
    if answer.kind != kind:
        raise Failed(
            f'{answer.status} is {answer.kind or "without a type"}, '
            f'not {kind}'
        )
    if kind in (JSON, PROBLEM):
        sound(answer, service.options)
    else:
        request_id = one_id(answer, service.options)
        if request_id.encode() not in answer.body:
            raise Failed('the body does not name the request id')
    return brief(answer)


_SHORT = {
    JSON: 'JSON', PROBLEM: 'a problem', 'text/html': 'HTML',
    'text/plain': 'text',
}


def _promise(name: str, value: bytes | None, kind: str) -> str:
    if value is None:
        return f'no Accept gets {_SHORT[kind]}'
    if len(value) <= 30 and value.isascii() and b'\0' not in value:
        name = f'"{value.decode()}"'
    return f'{name} gets {_SHORT[kind]}'


for _name, _value, _kind, _odd in ACCEPTS:
    CHAPTER.check(f'accept.{_name}', _promise(_name, _value, _kind))(
        functools.partial(_accepted, value=_value, kind=_kind, odd=_odd)
    )


@CHAPTER.check('accept.vary', 'an error has one Vary, and it names Accept')
def vary(service: Service) -> str:
    answer = service.refusal()
    if len(answer.all('Vary')) > 1:
        raise Failed(f'there are {len(answer.all("Vary"))}')
    if not answer.listed('Vary') & {'accept', '*'}:
        raise Failed(f'Vary is {answer.first("Vary") or "absent"}')
    return answer.first('Vary')


@CHAPTER.check('html.closed', 'the page has no script, no comment, a policy')
def page(service: Service) -> str:
    answer = _page(service, service.missing)
    text = answer.body.lower()
    for found in (b'<script', b'<!--', b'src=', b' onload'):
        if found in text:
            raise Failed(f'it holds {found.decode()}')
    policy = answer.first('Content-Security-Policy')
    if "default-src 'none'" not in policy:
        raise Failed(f'Content-Security-Policy is {policy or "absent"}')
    return policy


@CHAPTER.check('html.escaped', 'markup in a path is text on the page')
def escaped(service: Service) -> str:
    answer = _page(service, service.sibling('%3Cimg%20title%3Dx%3E'))
    if b'<img' in answer.body.lower():
        raise Failed('the markup of the path is markup of the page')
    return brief(answer)


def _page(service: Service, path: str) -> Answer:
    service.refusal()
    answer = service.ask(path, headers=[('Accept', 'text/html')])
    if answer.kind != 'text/html':
        raise NotAsked(f'errors come as {answer.kind or "no type"} only')
    return answer


@CHAPTER.check('text.lossless', 'markup in the text of an error survives')
def lossless(service: Service) -> str:
    service.refusal()
    mark = unlikely()[-12:]
    for path in (service.sibling(f'%3Cuuid%3E{mark}'),
                 f'/%3Cuuid%3E{mark}'):
        answer = service.ask(path)
        text = answer.body.decode('utf-8', 'replace')
        if answer.kind == JSON and answer.status >= 400:
            text = read(answer, service.options).detail
        if mark in text and f'<uuid>{mark}' not in text:
            if f'%3Cuuid%3E{mark}' in text:
                continue  # the service shows the path as it was sent
            raise Failed('of <uuid> not all is left')
        if mark in text:
            return 'as it was written'
    raise NotAsked('no error repeats its path')


@CHAPTER.check('head.body', 'a HEAD of an error has no body')
def head_body(service: Service) -> str:
    answer = service.refusal(method='HEAD')
    if answer.body:
        raise Failed(f'{len(answer.body)} bytes came')
    return str(answer.status)


@CHAPTER.check('head.same', 'a HEAD of an error has the headers of the GET')
def head_same(service: Service) -> str:
    get, head = service.refusal(), service.refusal(method='HEAD')
    if get.status != head.status:
        raise Failed(f'{head.status}; the GET was {get.status}')
    own = {*get.all(service.options.id_header), ''} - {''}
    for name, value in get.headers:
        lowered = name.lower()
        if (lowered in _BY_CONNECTION or value in own
                or lowered == keys.REQUEST_ID_HEADER.lower()):
            continue
        if lowered == 'content-length' and not head.all(name):
            continue  # RFC 9110 9.3.2: only the GET would have told it
        if lowered == keys.CODE_HEADER.lower() and not head.all(name):
            # Most frameworks drop the body of a HEAD, and what is around them
            # then has no code to tell. One that is told has to be right.
            continue
        if get.all(name) != head.all(name):
            raise Failed(
                f'{name} is {", ".join(head.all(name)) or "absent"}; of the '
                f'GET {", ".join(get.all(name))}'
            )
    return f'{len(head.headers)} headers'
