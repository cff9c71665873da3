# SPDX-License-Identifier: Apache-2.0
"""Sources: every error is alike, whichever part of the service made it."""

from __future__ import annotations

import functools

from errorkit.testing.asking import Answer
from errorkit.testing.checking import (
    Failed,
    NotAsked,
    Service,
    brief,
    unlikely,
)
from errorkit.testing.error_body import sound
from errorkit.testing.verdicts import Chapter

CHAPTER = Chapter('4.3 Sources')
_JSON = ('Content-Type', 'application/json')
#: What announces more than any service takes, in bytes.
_HUGE = 2 ** 40
#: Bodies that no handler can take: name, promise, bytes.
BODIES = (
    ('malformed', 'a body that is no JSON', b'{"a": '),
    ('not-text', 'a body that is no UTF-8', b'\xff\xfe\x00\x01'),
    ('deep', 'a body of 100,000 brackets', b'[' * 100_000),
    ('number', 'a number of 5,000 digits', b'[' + b'9' * 5000 + b']'),
    ('surrogate', 'half a character', b'{"name": "\\ud800"}'),
    ('type', 'a body of the wrong shape', b'[]'),
)


def error(answer: Answer, service: Service) -> str:
    """Require an error, and one of the format.

    :raises NotAsked: it was a success
    """
    if answer.status < 400:
        raise NotAsked(f'it was answered {answer.status}')
    sound(answer, service.options)
    return brief(answer)


@CHAPTER.check('source.router', 'a path that nothing serves: a sound error')
def router(service: Service) -> str:
    return error(service.ask(unlikely()), service)


@CHAPTER.check('source.method', 'a method that nothing takes: a sound error')
def method(service: Service) -> str:
    answer = service.ask(method='BREW', odd=True)
    came = error(answer, service)
    if answer.status == 405 and not answer.all('Allow'):
        raise Failed('a 405 has no Allow (RFC 9110)')
    return came


@CHAPTER.check('source.login', 'without your headers: a sound error')
def login(service: Service) -> str:
    if not service.options.headers:
        raise NotAsked('nothing was given with --header')
    answer = service.ask(anonymous=True)
    came = error(answer, service)
    if answer.status == 401 and not answer.all('WWW-Authenticate'):
        raise Failed('a 401 has no WWW-Authenticate (RFC 9110)')
    return came


@CHAPTER.check('source.type', 'an unknown media type: a sound error')
def media_type(service: Service) -> str:
    return error(
        service.ask(
            _post(service), 'POST',
            [('Content-Type', 'application/x-errorkit-check')],
            body=b'\xff\xfe',
        ),
        service,
    )


@CHAPTER.check('source.size', 'a body that is too large: a sound error')
def size(service: Service) -> str:
    try:
        answer = service.ask(
            _post(service), 'POST', [_JSON], promised=_HUGE, odd=True
        )
    except Failed as exc:
        if service.served and exc.answer is not None and not exc.answer.status:
            raise NotAsked('the service waits for the whole body') from exc
        raise
    return error(answer, service)


def _body(service: Service, body: bytes) -> str:
    answer = service.ask(_post(service), 'POST', [_JSON], body=body)
    came = error(answer, service)
    if answer.status >= 500:
        raise Failed(f"{answer.status}: a client's mistake is no 5xx")
    return came


for _name, _promise, _bytes in BODIES:
    CHAPTER.check(f'source.body.{_name}', f'{_promise}: a sound error')(
        functools.partial(_body, body=_bytes)
    )


def _post(service: Service) -> str:
    if not service.options.post:
        raise NotAsked('name a path that takes a POST with --post')
    return service.options.post


def _unsafe(service: Service, method: str) -> str:
    if not service.options.unsafe:
        raise NotAsked('it may change what is there: --unsafe')
    return error(service.ask(method=method), service)


for _method in ('POST', 'PUT', 'PATCH', 'DELETE'):
    CHAPTER.check(f'source.unsafe.{_method.lower()}',
                  f'a {_method}: if an error, a sound one')(
        functools.partial(_unsafe, method=_method)
    )
