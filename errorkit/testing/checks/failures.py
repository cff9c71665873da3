# SPDX-License-Identifier: Apache-2.0
"""Failures: hostile requests, and bugs of the service that tell nothing."""

from __future__ import annotations

import functools
import re

from errorkit.testing.asking import Answer
from errorkit.testing.checking import (
    SPLIT,
    Failed,
    Headers,
    NotAsked,
    Service,
    brief,
)
from errorkit.testing.error_body import one_id, sound
from errorkit.testing.verdicts import Chapter

CHAPTER = Chapter('4.4 Failures')
_SPLITTING = f'%0d%0a{SPLIT}:%20path'
#: Paths and queries that handlers stumble over: name, promise, what is put
#: in the place of the missing thing, and whether a server may refuse it.
HOSTILE = (
    ('crlf', 'a line end in a path', _SPLITTING, False),
    ('nul', 'a NUL in a path', 'a%00b', True),
    ('not-text', 'a path that is no UTF-8', '%ff%fe', False),
    ('long', 'a path of 3,000 characters', 'x' * 3000, True),
    ('percent', 'a path with a broken escape', '%zz%', True),
    ('query', 'a query that is no UTF-8', 'x?%ff=%fe&limit=%00', False),
    ('dots', 'a path that climbs', '..%2f..%2f..%2fetc%2fpasswd', True),
)
#: What betrays an exception.
_TOLD = re.compile(
    rb'Traceback \(most recent|File "[^"]{1,200}", line \d|'
    rb'\b[A-Z][A-Za-z]{1,40}(?:Error|Exception)\b|'
    rb'(?:/[\w.-]{1,60}){1,12}\.py\b'
)


def _hostile(service: Service, segment: str, odd: bool) -> str:
    path = service.sibling(segment)
    answer = service.ask(path, odd=odd)
    if answer.all(SPLIT):
        raise Failed(f'the answer is split: it has {SPLIT}')
    one_id(answer, service.options)
    if answer.status >= 500:
        raise Failed(f"{answer.status}: a client's mistake is no 5xx")
    if answer.status >= 400:
        sound(answer, service.options)
    return brief(answer)


for _name, _promise, _segment, _odd in HOSTILE:
    CHAPTER.check(f'hostile.{_name}', f'{_promise}: a sound answer')(
        functools.partial(_hostile, segment=_segment, odd=_odd)
    )


def _fault(service: Service, headers: Headers = ()) -> Answer:
    path = service.options.fault
    if not path:
        raise NotAsked('name a path that fails with --fault')
    answer = service.ask(path, headers=headers)
    if answer.status < 500:
        raise NotAsked(f'{path} was answered {answer.status}, which is no 5xx')
    return answer


@CHAPTER.check('fault.clean', 'a bug is an error like others, with an id')
def clean(service: Service) -> str:
    answer = _fault(service)
    sound(answer, service.options)
    return brief(answer)


@CHAPTER.check('fault.silent', 'nothing of the exception is told')
def silent(service: Service) -> str:
    for accept in (b'application/json', b'text/html', b'text/plain'):
        answer = _fault(service, [('Accept', accept)])
        headers = '\n'.join(value for _, value in answer.headers).encode()
        found = _TOLD.search(answer.body) or _TOLD.search(headers)
        if found:
            raise Failed(f'it tells {found[0][:40]!a}')
    return 'nothing found in JSON, HTML and text'


@CHAPTER.check('fault.constant', 'its text is the same each time')
def constant(service: Service) -> str:
    texts = set()
    for _ in range(2):
        _fault(service)
        answer = service.ask(service.options.fault, again=True)
        said = sound(answer, service.options)
        texts.add(said.detail)
    if len(texts) > 1:
        raise Failed('the details differ')
    return texts.pop()


@CHAPTER.check('fault.head', 'a HEAD of a bug has an id and no body')
def head(service: Service) -> str:
    _fault(service)
    answer = service.ask(service.options.fault, 'HEAD')
    if answer.body:
        raise Failed(f'{len(answer.body)} bytes came')
    return one_id(answer, service.options)


@CHAPTER.check('fault.body', 'with a body that is no UTF-8, it is the same')
def body(service: Service) -> str:
    status = _fault(service).status
    answer = service.ask(service.options.fault, body=b'\xff\xfe\x00\x01')
    sound(answer, service.options)
    if answer.status != status:
        raise Failed(f'{answer.status} instead of {status}')
    return brief(answer)


@CHAPTER.check('fault.unread', 'with a body that breaks off, it is the same')
def unread(service: Service) -> str:
    status = _fault(service).status
    if service.served:
        raise NotAsked('some servers wait for the body by themselves')
    answer = service.ask(service.options.fault, promised=100, readable=False)
    sound(answer, service.options)
    if answer.status != status:
        raise Failed(f'{answer.status} instead of {status}')
    return brief(answer)


@CHAPTER.check('alive', 'after all this, it answers as before')
def alive(service: Service) -> str:
    before = service.ask()
    after = service.ask(again=True)
    if before.status != after.status:
        raise Failed(f'{after.status}; it was {before.status}')
    return brief(after)
